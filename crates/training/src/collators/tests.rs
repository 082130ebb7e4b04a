use candle_core::Tensor;
use course_datasets::{Batch, Column, batch};

use super::*;
use crate::testing::tokenizer;

fn lists(rows: &[&[i64]]) -> Column {
    Column::from(rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
}

fn u32s(inputs: &ModelInputs, name: &str) -> Vec<Vec<u32>> {
    inputs.get(name).unwrap().to_vec2().unwrap()
}

fn i64s(inputs: &ModelInputs, name: &str) -> Vec<Vec<i64>> {
    inputs.get(name).unwrap().to_vec2().unwrap()
}

#[test]
fn lengths_of_the_course_become_one_rectangle() {
    // The lengths of the first eight pairs of MRPC in chapter 3.
    let lengths = [50, 59, 47, 67, 59, 50, 62, 32];
    let rows: Vec<Vec<i64>> = lengths.iter().map(|&length| vec![5; length]).collect();
    let batch = batch! { "sentence1" => vec!["x"; 8], "label" => vec![1_i64; 8], "input_ids" => Column::from(rows) };
    let inputs = DataCollatorWithPadding::new(&tokenizer()).unwrap().collate(&batch).unwrap();
    assert_eq!(inputs.get("input_ids").unwrap().dims(), [8, 67]);
    assert_eq!(inputs.get("labels").unwrap().to_vec1::<i64>().unwrap(), [1; 8]);
    let mask = inputs.get("attention_mask").unwrap();
    let sums: Vec<usize> = u32s(&inputs, "attention_mask").iter().map(|row| row.iter().sum::<u32>() as usize).collect();
    assert_eq!((mask.dims(), sums), ([8, 67].as_slice(), lengths.to_vec()));
    let inputs = DataCollatorWithPadding::new(&tokenizer()).unwrap().pad_to_multiple_of(8).collate(&batch).unwrap();
    assert_eq!(inputs.get("input_ids").unwrap().dims(), [8, 72]);
}

#[test]
fn tokens_and_their_labels_are_padded_together() {
    let batch =
        batch! { "input_ids" => lists(&[&[2, 5, 3], &[2, 3]]), "labels" => lists(&[&[-100, 1, -100], &[-100, -100]]) };
    let collator = DataCollatorForTokenClassification::new(&tokenizer()).unwrap();
    let inputs = collator.collate(&batch).unwrap();
    assert_eq!(u32s(&inputs, "input_ids"), [[2, 5, 3], [2, 3, 0]]);
    assert_eq!(i64s(&inputs, "labels"), [[-100, 1, -100], [-100, -100, -100]]);
    let apart = batch! { "input_ids" => lists(&[&[2, 5, 3]]), "labels" => lists(&[&[1]]) };
    let error = collator.collate(&apart).unwrap_err().to_string();
    assert_eq!(
        error,
        "column \"labels\": row 0 of the batch has 1 labels for 3 tokens; align the labels of words with their tokens first"
    );
}

#[test]
fn targets_have_a_length_of_their_own_and_are_shifted() {
    let batch = batch! { "input_ids" => lists(&[&[5, 6, 3], &[7, 3]]), "labels" => lists(&[&[8, 3], &[9, 10, 11, 3]]) };
    let collator = DataCollatorForSeq2Seq::new(&tokenizer()).unwrap().decoder_start_token_id(2);
    let inputs = collator.collate(&batch).unwrap();
    assert_eq!(u32s(&inputs, "input_ids"), [[5, 6, 3], [7, 3, 0]]);
    assert_eq!(i64s(&inputs, "labels"), [[8, 3, -100, -100], [9, 10, 11, 3]]);
    assert_eq!(u32s(&inputs, "decoder_input_ids"), [[2, 8, 3, 0], [2, 9, 10, 11]]);
}

#[test]
fn choices_are_padded_over_all_rows() {
    let rows = vec![vec![vec![2_i64, 5, 3], vec![2, 3]], vec![vec![2, 3], vec![2, 6, 7, 3]]];
    let batch = batch! { "input_ids" => Column::from(rows), "label" => [0_i64, 1] };
    let inputs = DataCollatorForMultipleChoice::new(&tokenizer()).unwrap().collate(&batch).unwrap();
    assert_eq!(
        inputs.get("input_ids").unwrap().to_vec3::<u32>().unwrap(),
        [[[2, 5, 3, 0], [2, 3, 0, 0]], [[2, 3, 0, 0], [2, 6, 7, 3]]]
    );
    assert_eq!(inputs.get("attention_mask").unwrap().dims(), [2, 2, 4]);
}

/// The example of TRL's `padding_free` documentation.
#[test]
fn flattened_texts_begin_anew() {
    let batch = batch! { "input_ids" => lists(&[&[1, 2, 3], &[4, 5]]) };
    let inputs = DataCollatorWithFlattening::new().collate(&batch).unwrap();
    assert_eq!(u32s(&inputs, "input_ids"), [[1, 2, 3, 4, 5]]);
    assert_eq!(u32s(&inputs, "position_ids"), [[0, 1, 2, 0, 1]]);
    assert_eq!(i64s(&inputs, "labels"), [[-100, 2, 3, -100, 5]]);
    let roberta = DataCollatorWithFlattening::new().position_ids_start(2).return_seq_idx(true).collate(&batch).unwrap();
    assert_eq!(u32s(&roberta, "position_ids"), [[2, 3, 4, 2, 3]]);
    assert_eq!(u32s(&roberta, "seq_idx"), [[0, 0, 0, 1, 1]]);
}

#[test]
fn masked_tokens_are_15_percent_of_which_80_become_the_mask() {
    let rows: Vec<Vec<i64>> = (0..200).map(|_| [vec![2], vec![5; 98], vec![3]].concat()).collect();
    let batch: Batch = batch! { "input_ids" => Column::from(rows) };
    let collator = DataCollatorForLanguageModeling::new(&tokenizer()).unwrap();
    let inputs = collator.collate(&batch).unwrap();
    let (ids, labels) = (u32s(&inputs, "input_ids").concat(), i64s(&inputs, "labels").concat());
    let hidden: Vec<u32> = ids.iter().zip(&labels).filter(|(_, label)| **label != -100).map(|(id, _)| *id).collect();
    let part = |count: usize, of: usize| count as f64 / of as f64;
    // Four standard deviations of 19 600 draws at 15 %, and of the 2 940 hidden at 80 %.
    assert!((part(hidden.len(), 19_600) - 0.15).abs() < 0.011, "{}", part(hidden.len(), 19_600));
    let masks = hidden.iter().filter(|id| **id == 4).count();
    // 10 % are any of the 13 tokens, so that one in 130 becomes the mask too.
    assert!((part(masks, hidden.len()) - 0.8 - 0.1 / 13.0).abs() < 0.03, "{}", part(masks, hidden.len()));
    assert!(ids.iter().zip(&labels).all(|(id, label)| *label != -100 || matches!(id, 2 | 3 | 5)));
    assert!(labels.iter().all(|label| matches!(label, -100 | 5)), "special tokens are never hidden");
    let again = collator.collate(&batch).unwrap();
    assert_eq!(u32s(&again, "input_ids").concat(), ids);
    let other = collator.collate_with(&batch, &mut Philox::new(1)).unwrap();
    assert_ne!(u32s(&other, "input_ids").concat(), ids);
}

#[test]
fn whole_words_are_hidden_whole() {
    // film ##s ##ing good, over and over.
    let row = || [vec![2_i64], [7, 8, 9, 5].repeat(25), vec![3]].concat();
    let rows: Vec<Vec<i64>> = (0..20).map(|_| row()).collect();
    let words: Vec<Vec<Option<i64>>> = rows
        .iter()
        .map(|row| {
            (0..row.len() as i64)
                .map(|at| (at > 0 && at < 101).then_some((at - 1) / 4 * 2 + i64::from((at - 1) % 4 == 3)))
                .collect()
        })
        .collect();
    let by_prefix = batch! { "input_ids" => Column::from(rows.clone()) };
    let by_number = batch! { "input_ids" => Column::from(rows), "word_ids" => Column::from(words) };
    let collator =
        DataCollatorForLanguageModeling::new(&tokenizer()).unwrap().whole_word_mask(true).mlm_probability(0.3);
    for batch in [by_prefix, by_number] {
        let labels = i64s(&collator.collate(&batch).unwrap(), "labels");
        let mut some = false;
        for four in labels.iter().flat_map(|row| row[1..101].chunks(4)) {
            assert!(four[..3] == [-100; 3] || four[..3] == [7, 8, 9], "{four:?}");
            some |= four[..3] == [7, 8, 9] && four[3] == -100;
        }
        assert!(some);
    }
}

#[test]
fn causal_labels_are_the_tokens() {
    let batch = batch! { "input_ids" => lists(&[&[5, 6, 7], &[8]]) };
    let inputs = DataCollatorForLanguageModeling::new(&tokenizer()).unwrap().mlm(false).collate(&batch).unwrap();
    assert_eq!(i64s(&inputs, "labels"), [[5, 6, 7], [8, -100, -100]]);
}

#[test]
fn a_function_is_a_collator_and_what_does_not_fit_is_said() {
    let own = |batch: &Batch| -> Result<ModelInputs, AnyError> {
        let numbers = batch.get::<f32>("x")?;
        Ok(ModelInputs::new().with("x", Tensor::new(numbers, &candle_core::Device::Cpu)?))
    };
    let rows = batch! { "x" => [0.5_f32, 1.5], "input_ids" => lists(&[&[1], &[2, 3]]) };
    assert_eq!(own.collate(&rows).unwrap().rows(), 2);
    let error = DefaultDataCollator.collate(&rows).unwrap_err().to_string();
    assert!(error.contains("row 0 of the batch has 1 items and row 1 has 2") && error.contains("pads"), "{error}");
    let error = DataCollatorWithPadding::new(&tokenizer()).unwrap().collate(&batch! { "x" => [1] }).unwrap_err();
    assert!(error.to_string().contains("no column input_ids") && error.to_string().contains("\"x\""), "{error}");
    let empty = batch! { "x" => Vec::<i64>::new() };
    assert!(DefaultDataCollator.collate(&empty).is_err());
    assert!(own.collate(&batch! { "y" => [1] }).unwrap_err().to_string().starts_with("the collator: "));
}

#[test]
fn numbers_may_not_be_missing_and_texts_may() {
    let batch = batch! { "input_ids" => lists(&[&[2, 3], &[2, 4]]), "note" => Column::from(vec![Some("a"), None]) };
    let inputs = DefaultDataCollator.collate(&batch).unwrap();
    assert_eq!(inputs.names().collect::<Vec<_>>(), ["input_ids"]);
    let batch = batch! { "input_ids" => lists(&[&[2], &[3]]), "label" => Column::from(vec![Some(1_i64), None]) };
    let error = DefaultDataCollator.collate(&batch).unwrap_err().to_string();
    assert_eq!(error, "column \"label\": row 1 of the batch is missing (None)");
}
