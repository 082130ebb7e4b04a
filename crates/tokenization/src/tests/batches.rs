//! Padding, masks, tensors.

use course_display::Rich;
use proptest::prelude::*;

use super::{MINILM, SMOLLM2};
use crate::{EncodeOptions, Error, Padding, PaddingSide, Tokenizer};

#[test]
fn an_encoder_pads_behind_the_text() {
    let batch = MINILM.encode_batch(&["hello", "hello hello"]).unwrap();
    assert_eq!(batch.input_ids().unwrap().to_vec2::<u32>().unwrap(), [[101, 7592, 102, 0], [101, 7592, 7592, 102]]);
    assert_eq!(batch.attention_mask().unwrap().to_vec2::<u32>().unwrap(), [[1, 1, 1, 0], [1, 1, 1, 1]]);
    assert_eq!(batch.token_type_ids().unwrap().dims(), [2, 4]);
}

#[test]
fn a_decoder_pads_before_the_text() {
    let batch = SMOLLM2.encode_batch(&["Hello", "Hello, world!"]).unwrap();
    assert_eq!(batch.rows()[0].input_ids(), [2, 2, 2, 19556]);
    assert_eq!(batch.rows()[0].attention_mask(), [0, 0, 0, 1]);
}

#[test]
fn lengths_can_be_fixed_or_rounded_up() {
    let fixed = EncodeOptions::new().padding(Padding::Fixed(6));
    assert_eq!(MINILM.encode_with("hello", &fixed).unwrap().input_ids(), [101, 7592, 102, 0, 0, 0]);
    let rounded = EncodeOptions::new().padding(Padding::Longest).pad_to_multiple_of(8);
    let batch = MINILM.encode_batch_with(&["hello", "hello hello"], &rounded).unwrap();
    assert_eq!(batch.input_ids().unwrap().dims(), [2, 8]);
    // A row that is longer than the fixed length keeps all rows equal, and loses nothing.
    let short = EncodeOptions::new().padding(Padding::Fixed(2)).padding_side(PaddingSide::Left);
    let batch = MINILM.encode_batch_with(&["hello", "hello hello"], &short).unwrap();
    assert_eq!(batch.rows()[0].input_ids(), [0, 101, 7592, 102]);
}

#[test]
fn rows_of_different_lengths_are_no_tensor() {
    let batch = MINILM.encode_batch_with(&["hello", "hello hello"], &EncodeOptions::new()).unwrap();
    let error = batch.input_ids().unwrap_err();
    assert!(matches!(error, Error::Ragged { shortest: 3, longest: 4 }), "{error}");
}

#[test]
fn padding_needs_a_padding_token() {
    let library = MINILM.to_library();
    let tokenizer = Tokenizer::from_library("no roles", library).unwrap();
    assert!(matches!(tokenizer.encode_batch(&["hello", "hello hello"]), Err(Error::NoPadToken)));
    assert!(tokenizer.encode_batch(&["hello", "hello"]).is_ok());
    assert!(tokenizer.with_pad_token("[PAD]").encode_batch(&["hello", "hello hello"]).is_ok());
}

#[test]
fn encodings_show_their_tokens() {
    let batch = MINILM.encode_batch(&["hello", "hello hello"]).unwrap();
    assert!(
        batch.rows()[0].rich().plain().contains("[CLS]  hello  [SEP]  [PAD]"),
        "{}",
        batch.rows()[0].rich().plain()
    );
    let table = batch.rich().plain().to_owned();
    assert!(table.contains("[CLS] hello [SEP] [PAD]") && table.contains("of it padding"), "{table}");
}

#[test]
fn no_text_is_an_empty_batch() {
    let batch = MINILM.encode_batch::<&str>(&[]).unwrap();
    assert!(batch.is_empty());
    assert_eq!(batch.input_ids().unwrap().dims(), [0, 0]);
}

proptest! {
    #[test]
    fn a_row_without_its_padding_is_the_text_alone(texts in prop::collection::vec("[a-z ]{0,30}", 1..5)) {
        for tokenizer in [&*MINILM, &*SMOLLM2] {
            let batch = tokenizer.encode_batch(&texts).unwrap();
            for (row, text) in batch.rows().iter().zip(&texts) {
                let kept = row.input_ids().iter().zip(row.attention_mask()).filter(|(_, mask)| **mask == 1);
                let kept = kept.map(|(id, _)| *id).collect::<Vec<_>>();
                let alone = tokenizer.encode(text).unwrap();
                prop_assert_eq!(&kept, alone.input_ids());
            }
        }
    }
}
