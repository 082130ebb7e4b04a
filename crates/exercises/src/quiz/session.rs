//! One learner's way through a quiz: which question is asked, what was answered, what is asked again.

use std::collections::VecDeque;

use course_quizzes::{Answer, Kind, Question, Quiz, Uuid, Verdict};

/// A way through a quiz. Questions come in the order of the file; those answered wrong come again in the next round, until every
/// one was right. Each asking is a *turn*, and an answer names the turn that it is for: two views of a quiz, or a double
/// click, answer once.
#[derive(Debug)]
pub(crate) struct Session {
    quiz: Quiz,
    /// The questions of this round that are not done, by their place; the first is being asked.
    waiting: VecDeque<usize>,
    /// Those for the next round.
    again: Vec<usize>,
    round: u32,
    /// How many questions this round has.
    round_of: usize,
    turn: u64,
    /// In which order the choices of the question are shown: places in the file.
    order: Vec<usize>,
    /// What was answered in this turn.
    given: Option<(Answer, Verdict)>,
    /// By question: whether the first answer was right.
    first: Vec<Option<bool>>,
}

impl Session {
    pub(crate) fn new(quiz: Quiz) -> Self {
        let mut session = Self {
            quiz,
            waiting: VecDeque::new(),
            again: Vec::new(),
            round: 0,
            round_of: 0,
            turn: 0,
            order: Vec::new(),
            given: None,
            first: Vec::new(),
        };
        session.start();
        session
    }

    fn start(&mut self) {
        self.first = vec![None; self.quiz.questions.len()];
        self.again = (0..self.quiz.questions.len()).collect();
        self.round = 0;
        self.begin_round();
    }

    fn begin_round(&mut self) {
        self.waiting = self.again.drain(..).collect();
        self.round_of = self.waiting.len();
        self.round += 1;
        self.ask();
    }

    fn ask(&mut self) {
        self.turn += 1;
        self.given = None;
        let choices = match self.question().map(|question| &question.kind) {
            Some(Kind::MultipleChoice { choices }) => choices.len(),
            _ => 0,
        };
        self.order = shuffled(choices);
    }

    pub(crate) fn quiz(&self) -> &Quiz {
        &self.quiz
    }

    /// The question that is asked; none when all are done.
    pub(crate) fn question(&self) -> Option<&Question> {
        self.waiting.front().and_then(|place| self.quiz.questions.get(*place))
    }

    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    pub(crate) fn round(&self) -> u32 {
        self.round
    }

    /// The question's number in its round, from 1, and how many the round has.
    pub(crate) fn place(&self) -> (usize, usize) {
        (self.round_of - self.waiting.len() + 1, self.round_of)
    }

    /// In which order the choices are shown: the place in the file of each.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The answer of this turn and what to say to it.
    pub(crate) fn given(&self) -> Option<&(Answer, Verdict)> {
        self.given.as_ref()
    }

    /// How many questions were right at the first answer, and how many there are.
    pub(crate) fn score(&self) -> (u32, u32) {
        let right = self.first.iter().filter(|first| **first == Some(true)).count();
        (right as u32, self.first.len() as u32)
    }

    /// How many questions need no more answers.
    pub(crate) fn done(&self) -> usize {
        let open = self.waiting.len() + self.again.len();
        // The one just answered still stands in front; where it was wrong, it stands in both.
        let settled = usize::from(self.given.is_some());
        self.first.len() - (open - settled)
    }

    /// The questions whose first answer was wrong.
    pub(crate) fn missed(&self) -> impl Iterator<Item = &Question> {
        let missed = self.quiz.questions.iter().zip(&self.first);
        missed.filter(|(_, first)| **first == Some(false)).map(|(question, _)| question)
    }

    /// Takes an answer, with choices by the place at which they are shown; says whether it counts.
    pub(crate) fn answer(&mut self, turn: u64, answer: Answer) -> bool {
        let Some(question) = self.question().filter(|_| turn == self.turn && self.given.is_none()) else {
            return false;
        };
        let answer = match (&question.kind, answer) {
            (Kind::MultipleChoice { .. }, Answer::Choices(shown)) => {
                let places: Option<Vec<usize>> = shown.iter().map(|shown| self.order.get(*shown).copied()).collect();
                let Some(places) = places.filter(|places| !places.is_empty()) else { return false };
                Answer::Choices(places)
            }
            (Kind::ShortAnswer { .. }, Answer::Text(text)) if !text.trim().is_empty() => Answer::Text(text),
            (Kind::Tracing { .. }, outcome @ Answer::Outcome(_)) => outcome,
            _ => return false,
        };
        let verdict = question.grade(&answer);
        if let Some(&place) = self.waiting.front() {
            if let Some(first) = self.first.get_mut(place) {
                first.get_or_insert(verdict.right);
            }
            if !verdict.right {
                self.again.push(place);
            }
        }
        self.given = Some((answer, verdict));
        true
    }

    /// Goes on after an answer; says whether there was something to go on from.
    pub(crate) fn next(&mut self, turn: u64) -> bool {
        if turn != self.turn || self.given.is_none() {
            return false;
        }
        self.waiting.pop_front();
        if self.waiting.is_empty() && !self.again.is_empty() {
            self.begin_round();
        } else {
            self.ask();
        }
        true
    }

    /// Begins anew after the end; says whether it was the end.
    pub(crate) fn restart(&mut self, turn: u64) -> bool {
        let over = turn == self.turn && self.question().is_none();
        if over {
            self.start();
        }
        over
    }
}

/// The numbers below `count` in an order of chance.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // The low bits of a version 4 UUID are random.
        let draw = (Uuid::new_v4().as_u128() as u64 & 0xffff_ffff) as usize;
        order.swap(last, draw % (last + 1));
    }
    order
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two questions: a choice between four, and a number.
    pub(crate) fn session() -> Session {
        let text = r#"
title = "A short quiz"

[[questions]]
id = "00000000-0000-4000-8000-000000000001"
kind = "multiple-choice"
prompt = "Which of `a < b`?"
section = "01-welcome"
choices = [
    { text = "a", explanation = "why not a" },
    { text = "b", right = true, explanation = "why b" },
    { text = "c", explanation = "why not c" },
    { text = "d", explanation = "why not d" },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000002"
kind = "short-answer"
prompt = "How many?"
answers = ["7"]
explanation = "seven it is"
"#;
        Session::new(Quiz::parse("00-setup.toml", text).unwrap())
    }

    /// Where a choice of the first question is shown.
    pub(crate) fn shown(session: &Session, place: usize) -> Answer {
        Answer::Choices(vec![session.order().iter().position(|shown| *shown == place).unwrap()])
    }

    fn seven() -> Answer {
        Answer::Text("7".into())
    }

    #[test]
    fn what_was_wrong_comes_again_until_it_is_right() {
        let mut session = session();
        assert_eq!((session.place(), session.done()), ((1, 2), 0));
        let wrong = shown(&session, 2);
        assert!(session.answer(1, wrong));
        assert!(!session.given().unwrap().1.right);
        assert_eq!(session.done(), 0);
        assert!(session.next(1));
        assert_eq!((session.place(), session.turn()), ((2, 2), 2));
        assert!(session.answer(2, seven()));
        assert_eq!(session.done(), 1);
        assert!(session.next(2));
        assert_eq!((session.round(), session.place()), (2, (1, 1)));
        let wrong = shown(&session, 0);
        assert!(session.answer(3, wrong) && session.next(3));
        assert_eq!((session.round(), session.place(), session.done()), (3, (1, 1), 1));
        let right = shown(&session, 1);
        assert!(session.answer(4, right));
        assert_eq!(session.done(), 2);
        assert!(session.next(4));
        assert!(session.question().is_none());
        assert_eq!(session.score(), (1, 2), "only first answers count");
        assert_eq!(session.missed().count(), 1);
        assert!(session.restart(5));
        assert_eq!((session.round(), session.place(), session.score(), session.done()), (1, (1, 2), (0, 2), 0));
    }

    #[test]
    fn an_answer_counts_once_and_for_its_turn() {
        let mut session = session();
        let right = shown(&session, 1);
        assert!(!session.next(1), "nothing was answered");
        assert!(!session.answer(2, right.clone()) && !session.answer(0, right.clone()));
        assert!(!session.restart(1), "it is not over");
        assert!(session.answer(1, right));
        let wrong = shown(&session, 0);
        assert!(!session.answer(1, wrong), "it is answered");
        assert!(session.given().unwrap().1.right);
        assert!(session.next(1) && !session.next(1));
    }

    #[test]
    fn answers_that_make_no_sense_do_not_count() {
        let mut session = session();
        for odd in [Answer::Choices(vec![]), Answer::Choices(vec![4]), seven(), Answer::Text(String::new())] {
            assert!(!session.answer(1, odd.clone()), "{odd:?}");
        }
        let right = shown(&session, 1);
        assert!(session.answer(1, right) && session.next(1));
        assert!(!session.answer(2, Answer::Text("  ".into())));
    }

    #[test]
    fn choices_stand_in_every_place() {
        let mut places = [0u32; 4];
        for _ in 0..400 {
            let order = shuffled(4);
            places[order.iter().position(|place| *place == 0).unwrap()] += 1;
        }
        // Far from what chance does in any sane number of runs.
        assert!(places.iter().all(|count| (30..=200).contains(count)), "{places:?}");
        assert_eq!(shuffled(0), Vec::<usize>::new());
    }
}
