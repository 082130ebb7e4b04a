//! The same three algorithms, fast: they count again only what a step has changed.
//!
//! | plain | fast |
//! |---|---|
//! | counts all pairs of the corpus at every step | [`Words`](words::Words) keeps the counts, and for each pair the words that have it |
//! | looks through all pairs for the best | [`Queue`](queue::Queue), a heap whose entries may be out of date, and are looked at again when they come up |
//! | makes every merge that was learned, in order | [`FastBpe`]: a heap of the merges that the word has |
//! | looks up every piece of a word | [`Trie`](trie::Trie): goes along the characters of the word while some token goes on |
//! | cuts the corpus again without each token | only the words that use the token |

mod bpe;
mod hash;
mod queue;
mod trie;
mod unigram;
mod wordpiece;
mod words;

pub use bpe::FastBpe;
pub use unigram::FastUnigram;
pub use wordpiece::FastWordPiece;

use std::collections::HashMap;

use course_display::Progress;

use crate::Result;

/// Steps from which on a training shows how far it has come.
const LONG: usize = 2_000;

/// A bar for a training of `steps` steps, when it takes long enough.
fn bar(steps: usize, label: &str) -> Option<Progress> {
    (steps >= LONG).then(|| Progress::new(steps as u64, label))
}

/// A step is done: moves the bar now and then, and sees whether the learner wants to stop.
fn advance(bar: Option<&Progress>, steps: usize) -> Result<()> {
    match bar {
        Some(bar) if steps.is_multiple_of(64) => bar.set(steps as u64)?,
        _ => course_wire::interrupt::check()?,
    }
    Ok(())
}

/// Tokens and their ids.
#[derive(Debug, Clone, Default)]
struct Symbols {
    texts: Vec<String>,
    ids: HashMap<String, u32>,
}

impl Symbols {
    fn of(texts: &[String]) -> Self {
        let mut symbols = Self::default();
        for text in texts {
            symbols.id(text);
        }
        symbols
    }

    /// The id of a token, which is added if it is new.
    fn id(&mut self, text: &str) -> u32 {
        match self.ids.get(text) {
            Some(&id) => id,
            None => {
                let id = self.texts.len() as u32;
                self.texts.push(text.to_owned());
                self.ids.insert(text.to_owned(), id);
                id
            }
        }
    }

    fn get(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    fn text(&self, id: u32) -> &str {
        &self.texts[id as usize]
    }

    fn len(&self) -> usize {
        self.texts.len()
    }
}
