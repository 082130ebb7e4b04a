//! Metrics of tagged words: a tag for each word, which together mark entities.
//!
//! Tags such as `B-PER` say two things: where in an entity the word stands, and of which type the entity is.
//!
//! | letter | the word |
//! |---|---|
//! | `B` | begins an entity |
//! | `I` | is inside one |
//! | `E` | ends one |
//! | `S` | is one by itself |
//! | `O` | is outside of all |

mod chunks;
mod scheme;
mod seqeval;

pub use scheme::Scheme;
pub use seqeval::Seqeval;

/// Words `start` to `end` (the last one included) of a sentence are an entity of a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity {
    /// The sentence, counted from 0.
    pub sentence: usize,
    /// Its first word.
    pub start: usize,
    /// Its last word.
    pub end: usize,
    /// Its type, such as `PER`.
    pub kind: String,
}
