//! Flat columns for tables hold what encodings hold.

use proptest::prelude::*;

use super::{MINILM, SMOLLM2};
use crate::{BatchEncoding, EncodeOptions, Padding, TokenColumns, Tokenizer, Truncation};

fn columns_of(batch: &BatchEncoding) -> TokenColumns {
    let mut columns = TokenColumns { offsets: vec![0], ..TokenColumns::default() };
    for row in batch {
        columns.input_ids.extend(row.input_ids().iter().map(|id| *id as i32));
        columns.attention_mask.extend(row.attention_mask().iter().map(|mask| *mask as i8));
        columns.token_type_ids.extend(row.token_type_ids().iter().map(|kind| *kind as i8));
        columns.offsets.push(columns.input_ids.len());
    }
    columns.overflow_to_sample_mapping =
        batch.overflow_to_sample_mapping().iter().map(|sample| *sample as i64).collect();
    columns
}

fn tokenizers() -> [&'static Tokenizer; 2] {
    [&MINILM, &SMOLLM2]
}

proptest! {
    #[test]
    fn columns_are_those_of_the_encodings(
        texts in prop::collection::vec("[a-zA-Z ,.é👍]{0,40}", 0..80),
        padding in prop::sample::select(vec![Padding::None, Padding::Longest, Padding::Fixed(12), Padding::MaxLength]),
        overflow in any::<bool>(),
    ) {
        let options = EncodeOptions::new()
            .padding(padding)
            .max_length(9)
            .stride(2)
            .truncation(Truncation::LongestFirst)
            .return_overflowing_tokens(overflow);
        let texts = texts.iter().map(String::as_str).collect::<Vec<_>>();
        for tokenizer in tokenizers() {
            let batch = tokenizer.encode_batch_with(&texts, &options).unwrap();
            let columns = tokenizer.encode_columns(&texts, None, &options).unwrap();
            prop_assert_eq!(&columns, &columns_of(&batch));
            prop_assert_eq!(columns.len(), batch.len());
        }
    }

    #[test]
    fn so_are_those_of_pairs(pairs in prop::collection::vec(("[a-z ]{0,30}", "[a-z ]{0,60}"), 0..40)) {
        let (first, second): (Vec<&str>, Vec<&str>) = pairs.iter().map(|(first, second)| (&**first, &**second)).unzip();
        let options = EncodeOptions::new().padding(Padding::Longest).max_length(20).return_overflowing_tokens(true);
        for tokenizer in tokenizers() {
            let batch = tokenizer.encode_pairs(&first, &second, &options).unwrap();
            let columns = tokenizer.encode_columns(&first, Some(&second), &options).unwrap();
            prop_assert_eq!(columns, columns_of(&batch));
        }
    }
}

/// Texts that try the places where a text may be cut into pieces.
const TRICKY: &str = "([a-zA-Z0-9]{1,6}| {1,3}|\\t|\\n|\\r\\n|['’.,;:!?(){}\\[\\]<>|_=+\\-*/\"]|'(s|t|re|ve|m|ll|d)|[\u{a0}\u{3000}\u{85}\u{200b}\u{300}\u{301}\u{1}\u{b}\u{c}éÜßİıſΣςﬁ½²٣Ⅷ漢字かな한국👍🏽🇩🇪]|\\[MASK\\]|<\\|im_end\\|>|\\PC){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn pieces_give_the_ids_of_the_library(texts in prop::collection::vec(TRICKY, 1..4), left in any::<bool>(), room in 4usize..40) {
        let texts = texts.iter().map(String::as_str).collect::<Vec<_>>();
        let side = if left { crate::Side::Left } else { crate::Side::Right };
        for options in [EncodeOptions::new(), EncodeOptions::new().max_length(room).truncation_side(side)] {
            for tokenizer in tokenizers() {
                prop_assert!(tokenizer.pieces().is_some());
                let batch = tokenizer.encode_batch_with(&texts, &options).unwrap();
                prop_assert_eq!(tokenizer.encode_columns(&texts, None, &options).unwrap(), columns_of(&batch), "{:?}", texts);
            }
        }
    }
}

#[test]
fn a_changed_tokenizer_remembers_nothing() {
    let ids =
        |tokenizer: &Tokenizer| tokenizer.encode_columns(&["a <tab>"], None, &EncodeOptions::new()).unwrap().input_ids;
    let before = ids(&MINILM);
    let changed = MINILM.clone().with_added_special_tokens(["<tab>"]).unwrap();
    assert!(changed.pieces().is_some());
    assert_eq!(ids(&changed)[2], 30_522);
    assert_eq!(ids(&MINILM), before);
}

#[test]
fn a_row_is_found_by_its_number() {
    let columns = MINILM.encode_columns(&["hello", "hello hello"], None, &EncodeOptions::new()).unwrap();
    assert_eq!(columns.row(1), Some(&[101, 7592, 7592, 102][..]));
    assert_eq!(columns.row(2), None);
    assert!(MINILM.encode_columns(&["a"], Some(&[]), &EncodeOptions::new()).is_err());
    assert!(MINILM.encode_columns(&[], None, &EncodeOptions::new()).unwrap().is_empty());
}
