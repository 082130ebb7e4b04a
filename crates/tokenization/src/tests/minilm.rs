//! A tokenizer out of a `tokenizer.json`.

use super::MINILM;
use crate::{EncodeOptions, Error, PaddingSide};

#[test]
fn ids_are_those_of_the_course() {
    // The ids that the course text prints for the uncased vocabulary.
    let sentence = MINILM.encode("I've been waiting for a HuggingFace course my whole life.").unwrap();
    let ids = [101, 1045, 1005, 2310, 2042, 3403, 2005, 1037, 17662, 12172, 2607, 2026, 2878, 2166, 1012, 102];
    assert_eq!(sentence.input_ids(), ids);
    assert_eq!(MINILM.encode("So have I!").unwrap().input_ids(), [101, 2061, 2031, 1045, 999, 102]);
}

#[test]
fn special_tokens_have_their_roles() {
    let special = MINILM.special_tokens();
    let named = [&special.pad, &special.unk, &special.cls, &special.sep, &special.mask];
    let ids = named.map(|token| MINILM.token_to_id(token.as_deref().unwrap()).unwrap());
    assert_eq!(ids, [0, 100, 101, 102, 103]);
    assert_eq!(MINILM.vocab_size(), 30_522);
    assert_eq!(MINILM.padding_side(), PaddingSide::Right);
    // sentence-transformers reads 256 tokens of the 512 the tokenizer allows.
    assert_eq!(MINILM.model_max_length(), Some(256));
}

#[test]
fn special_tokens_are_added_or_not() {
    let plain = MINILM.encode_with("hello", &EncodeOptions::new().add_special_tokens(false)).unwrap();
    assert_eq!(plain.input_ids(), [7592]);
    let whole = MINILM.encode("hello").unwrap();
    assert_eq!(whole.special_tokens_mask(), [1, 0, 1]);
    assert_eq!(MINILM.decode(whole.input_ids()).unwrap(), "hello");
    assert_eq!(MINILM.decode_with(whole.input_ids(), false).unwrap(), "[CLS] hello [SEP]");
}

#[test]
fn a_pair_is_one_input_with_two_types() {
    let pair = MINILM.encode_pair("hello", "hello hello", &EncodeOptions::new()).unwrap();
    assert_eq!(pair.input_ids(), [101, 7592, 102, 7592, 7592, 102]);
    assert_eq!(pair.token_type_ids(), [0, 0, 0, 1, 1, 1]);
    assert_eq!(pair.sequence_ids(), [None, Some(0), None, Some(1), Some(1), None]);
    assert_eq!(pair.offsets()[4], (6, 11));
}

#[test]
fn words_bytes_and_tokens_lead_to_each_other() {
    let text = "My name is Sylvain and I work at Hugging Face in Brooklyn.";
    let encoding = MINILM.encode(text).unwrap();
    let word = encoding.word_to_bytes(3, 0).unwrap();
    assert_eq!(&text[word.clone()], "Sylvain");
    let token = encoding.byte_to_token(word.start, 0).unwrap();
    assert_eq!(encoding.word_ids()[token], Some(3));
    assert_eq!(encoding.tokens()[token..token + 3], ["sy", "##lva", "##in"]);
    assert_eq!(&text[encoding.token_to_bytes(token + 1).unwrap()], "lva");
}

#[test]
fn a_limit_cuts_the_text_and_keeps_the_special_tokens() {
    let options = EncodeOptions::new().max_length(4).stride(1);
    let encoding = MINILM.encode_with("hello hello hello hello", &options).unwrap();
    assert_eq!(encoding.input_ids(), [101, 7592, 7592, 102]);
    // With a stride of one, each further chunk repeats one token: 0-1, 1-2, 2-3.
    let starts = encoding.overflowing().iter().map(|chunk| chunk.offsets()[1].0).collect::<Vec<_>>();
    assert_eq!(starts, [6, 12]);
}

#[test]
fn a_limit_without_room_is_an_error_and_not_a_panic() {
    for max_length in 0..3 {
        let error = MINILM.encode_with("hello", &EncodeOptions::new().max_length(max_length)).unwrap_err();
        assert!(matches!(error, Error::MaxLength { added: 2, .. }), "{error}");
    }
    let error = MINILM.encode_with("hello", &EncodeOptions::new().max_length(4).stride(2)).unwrap_err();
    assert!(matches!(error, Error::Stride { .. }), "{error}");
}

#[test]
fn there_is_no_chat_template() {
    let error = MINILM.apply_chat_template(&[], false).unwrap_err();
    assert!(error.to_string().contains("sentence-transformers/all-MiniLM-L6-v2 has no chat template"), "{error}");
}

#[test]
fn the_librarys_tokenizer_is_whole() {
    let library = MINILM.to_library();
    assert_eq!(library.encode("hello", true).unwrap().get_ids(), [101, 7592, 102]);
}
