//! The quizzes of this course: well-formed, within the rules, and true.

use std::path::{Path, PathBuf};

use course_quizzes::{Folder, Kind, Quiz, rules, to_jupyterquiz};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn quizzes() -> Vec<Quiz> {
    let folder = Folder::open(root().join("quizzes")).unwrap();
    folder.all().into_iter().map(|quiz| quiz.unwrap_or_else(|error| panic!("{error}"))).collect()
}

#[test]
fn every_quiz_keeps_the_rules() {
    let quizzes = quizzes();
    assert!(quizzes.len() >= 2, "chapters 0 and 1 have a quiz");
    let broken = rules(&quizzes);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn most_questions_are_about_concepts() {
    for quiz in quizzes() {
        let traced = quiz.questions.iter().filter(|question| matches!(question.kind, Kind::Tracing { .. })).count();
        assert!(traced >= 1, "{} traces no program", quiz.name);
        assert!(2 * traced < quiz.questions.len(), "{} is mostly about programs", quiz.name);
    }
}

#[test]
fn programs_do_what_their_question_says() {
    for quiz in quizzes() {
        for question in &quiz.questions {
            let verified = question.verify(Path::new("rustc"));
            assert_eq!(verified, Ok(()), "{}, line {}", quiz.file.display(), question.line);
        }
    }
}

#[test]
fn every_question_is_exported() {
    for quiz in quizzes() {
        let exported = to_jupyterquiz(&quiz);
        assert_eq!(exported.as_array().unwrap().len(), quiz.questions.len());
    }
}

#[test]
fn a_chapter_is_found_by_number_and_name() {
    let folder = Folder::open(root().join("quizzes")).unwrap();
    for wanted in ["1", "01", " 01 ", "01-transformer-models"] {
        assert_eq!(folder.quiz(wanted).unwrap().chapter, "01", "{wanted}");
    }
    for none in ["", "99", "transformers", "01-", "-1"] {
        let error = folder.quiz(none).unwrap_err().to_string();
        assert!(error.contains("these have one: 00-setup, 01-transformer-models"), "{none}: {error}");
    }
}

#[test]
fn sections_are_notebooks_of_their_chapter() {
    let number = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    for quiz in quizzes() {
        // A chapter that is still to be written has no folder yet.
        let files = std::fs::read_dir(root().join("chapters").join(&quiz.name)).into_iter().flatten();
        let names = files.filter_map(|file| file.unwrap().file_name().into_string().ok());
        let notebooks: Vec<String> = names.filter_map(|name| name.strip_suffix(".ipynb").map(str::to_owned)).collect();
        for question in &quiz.questions {
            let section = question.section.as_deref().unwrap_or_else(|| panic!("{} names no section", question.id));
            // A notebook that is still to be written has no number yet.
            let known = notebooks.iter().find(|notebook| number(notebook) == number(section));
            assert!(known.is_none_or(|known| known == section), "{}, line {}: {section}", quiz.name, question.line);
        }
    }
}
