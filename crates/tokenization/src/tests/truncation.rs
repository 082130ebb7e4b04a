//! Length limits: what is cut, and what becomes of it. The lists are those of Python's `transformers` 5.24.

use proptest::prelude::*;

use super::{MINILM, SMOLLM2};
use crate::{BatchEncoding, EncodeOptions, Error, Padding, Side, Truncation};

fn chunks() -> EncodeOptions {
    EncodeOptions::new().return_overflowing_tokens(true)
}

fn texts(batch: &BatchEncoding) -> Vec<String> {
    batch.iter().map(|row| MINILM.decode_with(row.input_ids(), false).unwrap()).collect()
}

#[test]
fn section_6_3b_splits_two_sentences_into_eleven_chunks() {
    let sentences = [
        "This sentence is not too long but we are going to split it anyway.",
        "This sentence is shorter but will still get split.",
    ];
    let options = chunks().max_length(6).stride(2);
    let batch = MINILM.encode_batch_with(&sentences, &options).unwrap();
    assert_eq!(batch.overflow_to_sample_mapping(), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    let expected = [
        "[CLS] this sentence is not [SEP]",
        "[CLS] is not too long [SEP]",
        "[CLS] too long but we [SEP]",
        "[CLS] but we are going [SEP]",
        "[CLS] are going to split [SEP]",
        "[CLS] to split it anyway [SEP]",
        "[CLS] it anyway. [SEP]",
        "[CLS] this sentence is shorter [SEP]",
        "[CLS] is shorter but will [SEP]",
        "[CLS] but will still get [SEP]",
        "[CLS] still get split. [SEP]",
    ];
    assert_eq!(texts(&batch), expected);
    assert_eq!(batch.lengths(), [6, 6, 6, 6, 6, 6, 5, 6, 6, 6, 6]);
    let padded = MINILM.encode_batch_with(&sentences, &options.padding(Padding::Longest)).unwrap();
    assert_eq!(padded.input_ids().unwrap().dims(), [11, 6]);
    assert_eq!(padded.rows()[6].attention_mask(), [1, 1, 1, 1, 1, 0]);
}

#[test]
fn only_the_context_is_cut() {
    let options = chunks().truncation(Truncation::OnlySecond).max_length(14).stride(3);
    let batch = MINILM.encode_pairs(&["What is it?"], &["a b c d e f g h i j k l m n o p"], &options).unwrap();
    let expected = [
        "[CLS] what is it? [SEP] a b c d e f g [SEP]",
        "[CLS] what is it? [SEP] e f g h i j k [SEP]",
        "[CLS] what is it? [SEP] i j k l m n o [SEP]",
        "[CLS] what is it? [SEP] m n o p [SEP]",
    ];
    assert_eq!(texts(&batch), expected);
    assert_eq!(batch.rows()[3].token_type_ids(), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    assert_eq!(batch.rows()[3].offsets()[6], (24, 25));
    assert_eq!(batch.rows()[3].token_text(6), Some("m"));
    assert_eq!(batch.rows()[3].sequence_ids()[6], Some(1));
}

#[test]
fn the_longer_text_is_cut_first_and_both_overflow() {
    let options = chunks().truncation(Truncation::LongestFirst).max_length(14).stride(2);
    let pairs = (["What is it is it is it?"], ["a b c d e f g h i j k l m n o p"]);
    let batch = MINILM.encode_pairs(&pairs.0, &pairs.1, &options).unwrap();
    let expected = [
        "[CLS] what is it is it [SEP] a b c d e f [SEP]",
        "[CLS] is it is it? [SEP] a b c d e f [SEP]",
        "[CLS] is it is it? [SEP] e f g h i j [SEP]",
        "[CLS] is it is it? [SEP] i j k l m n [SEP]",
        "[CLS] is it is it? [SEP] m n o p [SEP]",
        "[CLS] what is it is it [SEP] e f g h i j [SEP]",
        "[CLS] what is it is it [SEP] i j k l m n [SEP]",
        "[CLS] what is it is it [SEP] m n o p [SEP]",
    ];
    assert_eq!(texts(&batch), expected);
    assert_eq!(batch.rows()[7].token_type_ids()[7..], [1, 1, 1, 1, 1]);
}

#[test]
fn the_left_side_can_be_cut() {
    let options = EncodeOptions::new().max_length(4).truncation_side(Side::Left);
    let encoding = MINILM.encode_with("one two three four", &options).unwrap();
    assert_eq!(encoding.tokens(), ["[CLS]", "three", "four", "[SEP]"]);
    let tokenizer = MINILM.clone().with_truncation_side(Side::Left);
    let encoding = tokenizer.encode_with("one two three four", &EncodeOptions::new().max_length(4)).unwrap();
    assert_eq!(encoding.tokens(), ["[CLS]", "three", "four", "[SEP]"]);
}

#[test]
fn a_strategy_alone_cuts_at_the_models_limit() {
    let long = "word ".repeat(1000);
    let encoding = MINILM.encode_with(&long, &EncodeOptions::new().truncation(Truncation::LongestFirst)).unwrap();
    assert_eq!(encoding.len(), 256);
    assert_eq!(MINILM.encode(&long).unwrap().len(), 1002);
    let unlimited = EncodeOptions::new().truncation(Truncation::None).max_length(4);
    assert_eq!(MINILM.encode_with("one two three four", &unlimited).unwrap().len(), 6);
}

#[test]
fn padding_goes_up_to_the_limit() {
    let options = EncodeOptions::new().padding(Padding::MaxLength).truncation(Truncation::LongestFirst).max_length(5);
    let batch = MINILM.encode_batch_with(&["one", "one two three four"], &options).unwrap();
    assert_eq!(batch.lengths(), [5, 5]);
    assert_eq!(batch.rows()[0].attention_mask(), [1, 1, 1, 0, 0]);
    let own = EncodeOptions::new().padding(Padding::MaxLength);
    assert_eq!(MINILM.encode_with("one", &own).unwrap().len(), 256);
    let rounded = options.pad_to_multiple_of(8);
    assert_eq!(MINILM.encode_with("one two three four", &rounded).unwrap().len(), 8);
    let library = MINILM.to_library();
    let unlimited = crate::Tokenizer::from_library("no limit", library).unwrap();
    assert!(matches!(unlimited.encode_with("one", &own), Err(Error::NoMaxLength)));
}

#[test]
fn what_cannot_be_cut_is_an_error_with_a_way_out() {
    let only_second = EncodeOptions::new().truncation(Truncation::OnlySecond).max_length(8);
    let error = MINILM.encode_pair("a b c d e f g h", "a b", &only_second).unwrap_err();
    assert!(error.to_string().contains("the first text alone has 8 tokens and there is room for 5"), "{error}");
    assert!(matches!(MINILM.encode_with("a b", &only_second), Err(Error::NoSecondText)));
    let error = MINILM.encode_pairs(&["a"], &["b", "c"], &EncodeOptions::new()).unwrap_err();
    assert!(matches!(error, Error::Uneven { first: 1, second: 2 }), "{error}");
    let error = MINILM.encode_with("a", &EncodeOptions::new().max_length(4).stride(2)).unwrap_err();
    assert!(matches!(error, Error::Stride { stride: 2, room: 2, max_length: 4 }), "{error}");
}

proptest! {
    #[test]
    fn chunks_overlap_by_the_stride_and_leave_nothing_out(
        words in prop::collection::vec("[a-z]{1,6}", 0..40),
        (room, stride) in (1usize..12).prop_flat_map(|room| (Just(room), 0..room)),
        left in any::<bool>(),
    ) {
        let text = words.join(" ");
        let whole = SMOLLM2.encode(&text).unwrap().input_ids().to_vec();
        let side = if left { Side::Left } else { Side::Right };
        let options = chunks().max_length(room).stride(stride).truncation_side(side);
        let batch = SMOLLM2.encode_batch_with(&[&text], &options).unwrap();
        let mut rows = batch.iter().map(|row| row.input_ids().to_vec()).collect::<Vec<_>>();
        if left {
            rows.reverse();
        }
        let mut joined = rows[0].clone();
        for (before, row) in rows.iter().zip(&rows[1..]) {
            prop_assert!(row.len() <= room);
            // From the left the first chunk may be the short one, and then repeats fewer.
            let shared = stride.min(before.len()).min(row.len());
            prop_assert!(joined.ends_with(&row[..shared]));
            joined.extend(&row[shared..]);
        }
        prop_assert_eq!(joined, whole);
    }
}
