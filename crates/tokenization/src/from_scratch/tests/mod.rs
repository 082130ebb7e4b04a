//! Every number of chapter 6, sections 4 to 8, that needs no weights; and the fast twins on corpora drawn at random.

mod bpe;
mod fast;
mod library;
mod pretokenize;
mod unigram;
mod wordpiece;

use super::{WordCounts, bert, byte_level, corpus, count_words, t5};

/// The five words of the examples by hand.
const FIVE: &[(&str, usize); 5] = &[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)];

fn gpt2_words() -> WordCounts {
    count_words(corpus(), byte_level)
}

fn bert_words() -> WordCounts {
    count_words(corpus(), bert)
}

fn sentencepiece_words() -> WordCounts {
    count_words(corpus(), t5)
}
