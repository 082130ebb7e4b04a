//! The quiz in the page: a widget whose front end shows what [`page`](super::page) tells, and says what the learner does.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::rc::Rc;

use course_display::{Bundle, Rich};
use course_quizzes::{Folder, Quiz};
use course_widgets::{AnyWidget, Widget};
use serde_json::{Value, json};

use super::page::{Event, page};
use super::session::Session;
use super::{Error, Result, score, still};

/// The variable that says where the course is.
const ROOT: &str = "COURSE_ROOT";

/// The quiz of a chapter, by its number or its folder's name: `quiz("01")?`, `quiz(1)?`, `quiz("01-transformer-models")?`.
///
/// As the last value of a cell it shows itself: one question at a time, graded at once; what was wrong is asked again at the end
/// until it is right. How many were right at the first answer is kept in the learner's progress, the best of all times.
///
/// # Errors
/// When `COURSE_ROOT` does not say where the course is, the chapter has no quiz (the error lists those that have), or its file
/// is not in order (the error names line and question).
pub fn quiz(chapter: impl Display) -> Result<QuizWidget> {
    let root = std::env::var_os(ROOT).filter(|root| !root.is_empty()).map(PathBuf::from).ok_or(Error::NoRoot)?;
    let mut quiz = Folder::open(root.join("quizzes"))?.quiz(&chapter.to_string())?;
    // A chapter may have its questions before its notebooks: what is not there yet is not named as a place to read.
    let chapter = root.join("chapters").join(&quiz.name);
    for question in &mut quiz.questions {
        question.section = question.section.take().filter(|name| chapter.join(format!("{name}.ipynb")).is_file());
    }
    Ok(QuizWidget::new(quiz))
}

/// A quiz that shows itself and grades; made by [`quiz`].
#[derive(Clone)]
pub struct QuizWidget {
    widget: AnyWidget,
    session: Rc<RefCell<Session>>,
}

impl QuizWidget {
    fn new(quiz: Quiz) -> Self {
        let session = Session::new(quiz);
        let best = score::best(&session.quiz().chapter, session.score().1);
        let widget = AnyWidget::new(include_str!("front.js"))
            .with_css(include_str!("front.css"))
            .with("page", page(&session, best, None))
            .with("draft", Value::Null);
        let quiz = Self { widget, session: Rc::new(RefCell::new(session)) };
        let own = quiz.clone();
        quiz.widget.on_message(move |content, _| own.hear(content));
        quiz
    }

    /// Follows what the page says. What makes no sense, or is for a question that is no longer asked, changes nothing.
    fn hear(&self, content: &Value) {
        let Ok(event) = serde_json::from_value::<Event>(content.clone()) else { return };
        let mut session = self.session.borrow_mut();
        let changed = event.perform(&mut session);
        let (right, of) = session.score();
        let chapter = session.quiz().chapter.clone();
        let answered = changed && session.round() == 1 && session.given().is_some();
        let note = if answered { score::keep(&chapter, right, of) } else { None };
        self.widget.set("page", page(&session, score::best(&chapter, of), note.as_deref()));
        // Also when nothing has changed: a page that waits must not take the kernel for busy.
        self.widget.send(json!({ "heard": session.turn() }), Vec::new());
    }

    /// How many questions were right at the first answer, and how many there are.
    pub fn score(&self) -> (u32, u32) {
        self.session.borrow().score()
    }
}

impl Rich for QuizWidget {
    fn rich(&self) -> Bundle {
        let mut bundle = self.widget.rich();
        let session = self.session.borrow();
        bundle.insert("text/plain", still::text(session.quiz()));
        bundle.insert("text/html", still::html(session.quiz()));
        bundle
    }
}

impl Widget for QuizWidget {
    fn model(&self) -> &course_widgets::Model {
        self.widget.model()
    }
}

impl fmt::Debug for QuizWidget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (right, of) = self.score();
        write!(formatter, "QuizWidget({}: {right} of {of} right)", self.session.borrow().quiz().name)
    }
}
