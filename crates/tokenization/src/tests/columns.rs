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

#[test]
fn a_row_is_found_by_its_number() {
    let columns = MINILM.encode_columns(&["hello", "hello hello"], None, &EncodeOptions::new()).unwrap();
    assert_eq!(columns.row(1), Some(&[101, 7592, 7592, 102][..]));
    assert_eq!(columns.row(2), None);
    assert!(MINILM.encode_columns(&["a"], Some(&[]), &EncodeOptions::new()).is_err());
    assert!(MINILM.encode_columns(&[], None, &EncodeOptions::new()).unwrap().is_empty());
}
