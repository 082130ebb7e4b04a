//! From tokens to the text and back. Numbers of chapter 6.3 of the course text, and of Python's `transformers` 5.24 for the rest.

use proptest::prelude::*;

use super::{CASED, CASED_TOKENIZER, MINILM, SMOLLM2, SYLVAIN};
use crate::EncodeOptions;

#[test]
fn the_example_of_section_6_3() {
    let encoding = CASED_TOKENIZER.encode(SYLVAIN).unwrap();
    assert_eq!(encoding.tokens(), CASED);
    let words = [0, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12].map(Some);
    assert_eq!(encoding.word_ids()[1..18], words);
    assert_eq!((encoding.word_ids()[0], encoding.word_ids()[18]), (None, None));
    let offsets = [
        (0, 0),
        (0, 2),
        (3, 7),
        (8, 10),
        (11, 12),
        (12, 14),
        (14, 16),
        (16, 18),
        (19, 22),
        (23, 24),
        (25, 29),
        (30, 32),
        (33, 35),
        (35, 40),
        (41, 45),
        (46, 48),
        (49, 57),
        (57, 58),
        (0, 0),
    ];
    assert_eq!(encoding.offsets(), offsets);
    assert_eq!(encoding.char_offsets(), offsets);
    assert_eq!(encoding.word_to_chars(3, 0), Some(11..18));
    assert_eq!(&SYLVAIN[encoding.word_to_bytes(3, 0).unwrap()], "Sylvain");
    assert_eq!(&SYLVAIN[12..14], encoding.token_text(5).unwrap());
    assert_eq!(&SYLVAIN[33..45], "Hugging Face");
    assert_eq!(encoding.word_to_tokens(3, 0), Some(4..8));
    assert_eq!(encoding.word_to_tokens(8, 0), Some(12..14));
}

#[test]
fn characters_are_those_of_python_where_they_are_no_bytes() {
    let encoding = MINILM.encode_pair("I've been héllo 👍🏽 çà.", "naïve  İstanbul ﬁ", &EncodeOptions::new()).unwrap();
    let tokens =
        ["[CLS]", "i", "'", "ve", "been", "hello", "[UNK]", "ca", ".", "[SEP]", "naive", "istanbul", "ﬁ", "[SEP]"];
    assert_eq!(encoding.tokens(), tokens);
    let chars = [
        (0, 0),
        (0, 1),
        (1, 2),
        (2, 4),
        (5, 9),
        (10, 15),
        (16, 18),
        (19, 21),
        (21, 22),
        (0, 0),
        (0, 5),
        (7, 15),
        (16, 17),
        (0, 0),
    ];
    assert_eq!(encoding.char_offsets(), chars);
    assert_eq!(encoding.char_to_token(3, 0), Some(3));
    assert_eq!(encoding.char_to_word(12, 0), Some(4));
    assert_eq!(encoding.token_to_chars(3), Some(2..4));
    assert_eq!(encoding.word_to_chars(2, 0), Some(2..4));
    assert_eq!(encoding.word_to_tokens(1, 0), Some(2..3));
    assert_eq!(encoding.char_to_token(0, 1), Some(10));
    assert_eq!(encoding.word_to_chars(0, 1), Some(0..5));
    assert_eq!(encoding.token_to_word(2), Some(1));
    assert_eq!(encoding.token_to_sequence(1), Some(0));
    assert_eq!(encoding.token_to_sequence(11), Some(1));
    // The bytes cut the text, the characters do not.
    assert_eq!(encoding.token_text(5), Some("héllo"));
    assert_eq!(encoding.token_text(6), Some("👍🏽"));
    assert_eq!(encoding.token_text(11), Some("İstanbul"));
    assert_eq!(encoding.token_text(0), None);
    assert_eq!(encoding.token_text(99), None);
    assert_eq!(encoding.pair_text(), Some("naïve  İstanbul ﬁ"));
}

#[test]
fn a_space_belongs_to_no_token_of_wordpiece() {
    let encoding = MINILM.encode(SYLVAIN).unwrap();
    assert_eq!(encoding.char_to_token(2, 0), None);
    assert_eq!(encoding.char_to_word(2, 0), None);
    assert_eq!(encoding.char_to_token(SYLVAIN.len(), 0), None);
    assert_eq!(encoding.char_to_token(0, 1), None);
    assert_eq!(encoding.word_to_chars(99, 0), None);
}

#[test]
fn words_that_came_cut_keep_their_numbers() {
    let words = ["Sylvain", "is", "in", "New-York"];
    let encoding = MINILM.encode_words(&words, &EncodeOptions::new()).unwrap();
    let ids = encoding.word_ids().iter().flatten().copied().collect::<Vec<_>>();
    assert_eq!(ids, [0, 0, 0, 1, 2, 3, 3, 3]);
    assert_eq!(encoding.token_text(2), Some("lva"));
    assert_eq!(encoding.token_text(8), Some("York"));
    // Offsets count within each word, as in Python.
    assert_eq!(encoding.offsets()[8], (4, 8));
    assert_eq!(encoding.text(), None);
}

#[test]
fn padding_belongs_to_no_text() {
    use crate::{Padding, Side};
    for side in [Side::Left, Side::Right] {
        let options = EncodeOptions::new().padding(Padding::Fixed(5)).padding_side(side);
        let encoding = SMOLLM2.encode_with("Hi", &options).unwrap();
        let text = if side == Side::Left { 4 } else { 0 };
        for token in 0..5 {
            let expected = (token == text).then_some(0);
            assert_eq!(encoding.sequence_ids()[token], expected, "{side:?} {token}");
            assert_eq!(encoding.token_to_sequence(token), expected, "{side:?} {token}");
        }
        assert_eq!(encoding.token_text(text), Some("Hi"));
    }
}

proptest! {
    #[test]
    fn every_way_to_the_text_and_back_agrees(text in "\\PC{0,30}|[a-zA-Z' .,éüß]{0,40}", second in "[a-z é]{0,12}") {
        for tokenizer in [&*MINILM, &*SMOLLM2] {
            let encoding = tokenizer.encode_pair(&text, &second, &EncodeOptions::new()).unwrap();
            let chars = [text.chars().collect::<Vec<_>>(), second.chars().collect::<Vec<_>>()];
            for token in 0..encoding.len() {
                let Some(sequence) = encoding.token_to_sequence(token) else {
                    prop_assert_eq!(encoding.token_to_bytes(token), None);
                    continue;
                };
                // Offsets slice the text, in bytes and in characters alike.
                let bytes = encoding.token_to_bytes(token).unwrap();
                let source = [&text, &second][sequence];
                let piece = source.get(bytes.clone());
                prop_assert!(piece.is_some(), "{:?} of {:?}", bytes, source);
                let range = encoding.token_to_chars(token).unwrap();
                prop_assert_eq!(piece.unwrap(), &*chars[sequence][range.clone()].iter().collect::<String>());
                if let (Some(word), false) = (encoding.token_to_word(token), range.is_empty()) {
                    let whole = encoding.word_to_bytes(word, sequence).unwrap();
                    prop_assert!(whole.start <= bytes.start && bytes.end <= whole.end);
                    prop_assert!(encoding.word_to_tokens(word, sequence).unwrap().contains(&token));
                    // A character may be spread over several tokens, of which the first answers.
                    let back = encoding.char_to_token(range.start, sequence).unwrap();
                    prop_assert!(back <= token && encoding.token_to_chars(back).unwrap().contains(&range.start));
                }
            }
        }
    }
}
