//! Text that is shown while it grows: one output that changes in a notebook, words as they come in a terminal.

use std::io::Write;
use std::time::{Duration, Instant};

use course_display::{Bundle, DisplayHandle, Rich, display_handle};
use course_wire::link;

use super::Generations;
use super::shown::{Shown, State, bundle};
use crate::Prompt;

/// The least time between two updates.
const INTERVAL: Duration = Duration::from_millis(100);

pub(super) struct Live {
    /// The prompt of each text, and what was written on from it so far.
    texts: Vec<(Prompt, String)>,
    place: Place,
}

enum Place {
    Notebook {
        handle: DisplayHandle,
        shown: Instant,
    },
    /// One text can be printed as it comes; several at once cannot.
    Terminal {
        one: bool,
    },
}

impl Live {
    pub(super) fn new(prompts: &[Prompt], copies: usize) -> Self {
        let texts: Vec<(Prompt, String)> = prompts
            .iter()
            .flat_map(|prompt| std::iter::repeat_n(prompt, copies))
            .map(|prompt| (prompt.clone(), String::new()))
            .collect();
        let place = if link::connected() {
            let handle = display_handle(&Frame(&texts, State::Growing));
            Place::Notebook { handle, shown: Instant::now() }
        } else {
            let one = texts.len() == 1;
            if let ([(Prompt::Text(prompt), _)], true) = (texts.as_slice(), one) {
                print(prompt);
            }
            Place::Terminal { one }
        };
        Self { texts, place }
    }

    /// Adds what is new of text number `sequence`.
    pub(super) fn push(&mut self, sequence: usize, piece: &str) {
        let Some((_, text)) = self.texts.get_mut(sequence) else { return };
        text.push_str(piece);
        match &mut self.place {
            Place::Notebook { handle, shown } => {
                if shown.elapsed() >= INTERVAL {
                    handle.redraw(&Frame(&self.texts, State::Growing));
                    // After the kernel has taken it, so that a slow front end is not asked for more than it can show.
                    *shown = Instant::now();
                }
            }
            Place::Terminal { one: true } => print(piece),
            Place::Terminal { one: false } => {}
        }
    }

    /// Shows what there is as the whole.
    pub(super) fn finish(self, generations: &Generations) {
        match self.place {
            Place::Notebook { handle, .. } => handle.redraw(generations),
            Place::Terminal { one: true } => println!(),
            Place::Terminal { one: false } => println!("{}", generations.rich().plain()),
        }
    }

    /// Shows what there is as cut off.
    pub(super) fn stop(self) {
        match self.place {
            Place::Notebook { handle, .. } => handle.redraw(&Frame(&self.texts, State::Stopped)),
            Place::Terminal { .. } => println!(),
        }
    }
}

struct Frame<'a>(&'a [(Prompt, String)], State);

impl Rich for Frame<'_> {
    fn rich(&self) -> Bundle {
        let texts: Vec<Shown<'_>> = self.0.iter().map(|(prompt, text)| Shown { prompt, text, state: self.1 }).collect();
        bundle(&texts)
    }
}

fn print(text: &str) {
    print!("{text}");
    // Without this a word would wait for its line to end.
    let _ = std::io::stdout().flush();
}
