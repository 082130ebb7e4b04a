//! The three algorithms behind the tokenizers of today, in code that one reads: chapter 6, sections 5 to 7.
//!
//! | algorithm | learns | cuts a word by | code |
//! |---|---|---|---|
//! | byte-pair encoding (GPT-2, Llama, SmolLM2) | which two tokens to merge, the most frequent pair first | merging in the order that was learned | [`Bpe`], [`BpeTrainer`] |
//! | WordPiece (BERT) | a vocabulary, by merging pairs that are rarely apart | taking the longest token that fits, again and again | [`WordPiece`], [`WordPieceTrainer`] |
//! | Unigram (T5, ALBERT, XLNet) | a probability for each token, by dropping what is missed least | finding the likeliest path, by Viterbi's algorithm | [`Unigram`], [`UnigramTrainer`] |
//!
//! All three start from [`WordCounts`]: which words a text has, and how often. A text becomes words by one of the functions
//! that cut it first, such as [`byte_level`] and [`bert`].
//!
//! ```
//! use course_tokenization::from_scratch::{Bpe, byte_level, corpus, count_words};
//!
//! let words = count_words(corpus(), byte_level);
//! let bpe = Bpe::train(&words, 50)?;
//! assert_eq!(bpe.merges()[0].to_string(), "Ġ + t → Ġt");
//! assert_eq!(bpe.encode_word("Ġtokens"), ["Ġtoken", "s"]);
//! # Ok::<(), course_tokenization::Error>(())
//! ```
//!
//! The code here is for reading and takes its time: a step of the training counts all pairs of the whole corpus again. Each
//! trainer has a `train_fast` beside its `train`, which comes to the same result by counting only what changed; tests hold the
//! two equal on random corpora. Where the `tokenizers` library decides differently, the documentation says so.

mod bpe;
mod corpus;
mod counter;
mod fast;
mod normalize;
mod pretokenize;
mod split_word;
mod steps;
#[cfg(test)]
mod tests;
mod unigram;
mod unigram_training;
mod wordpiece;

pub use bpe::{Bpe, BpeTrainer, Merge, Ties, count_pairs, merge_pair};
pub use corpus::{WordCounts, corpus, count_words};
pub use counter::{Counter, Key};
pub use fast::{FastBpe, FastUnigram, FastWordPiece};
pub use normalize::{bert_normalize, clean_text, lowercase, squeeze_spaces, straight_quotes, strip_accents};
pub use pretokenize::{
    PreToken, bert, byte_level, byte_level_decode, metaspace, metaspace_decode, t5, whitespace, whitespace_split,
};
pub(crate) use split_word::replace_pair;
pub use split_word::{SplitWord, characters, prefixed_characters};
pub use steps::{MergeStep, MergeSteps, PruneStep, PruneSteps};
pub use unigram::{Segmentation, Unigram};
pub use unigram_training::{UnigramTrainer, count_substrings, seed};
pub use wordpiece::{PairScore, WordPiece, WordPieceTrainer, merge_pieces, pair_scores, word_piece_decode};
