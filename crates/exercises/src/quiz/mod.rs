//! Quizzes: a file of questions for each chapter, graded in the notebook.
