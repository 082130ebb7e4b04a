use course_datasets::{Column, Dataset};

use super::*;
use crate::TrainingArguments;
use crate::testing::{Tiny, tokenizer};

/// Texts with a 5 are of class 1, texts with a 6 of class 0.
fn data(labels: impl Fn(usize) -> i64) -> Dataset {
    let ids: Vec<Vec<i64>> = (0..32).map(|row| vec![2, 5 + row as i64 % 2, 7 + row as i64 % 5, 3]).collect();
    let labels: Vec<i64> = (0..32).map(labels).collect();
    Dataset::from_columns([("input_ids", Column::from(ids)), ("label", Column::from(labels))]).unwrap()
}

fn diagnose(data: Dataset) -> Diagnosis {
    diagnose_with(data, 3e-3, |trainer| trainer)
}

fn diagnose_with(data: Dataset, learning_rate: f64, change: impl FnOnce(Trainer) -> Trainer) -> Diagnosis {
    let folder = tempfile::tempdir().unwrap();
    let args = TrainingArguments::new(folder.path()).batch_size(8).learning_rate(learning_rate).disable_tqdm(true);
    let trainer =
        Trainer::new(Tiny::boxed(13, 2, 0), args).unwrap().train_dataset(data).unwrap().tokenizer(tokenizer());
    let mut trainer = change(trainer);
    let before: Vec<String> = trainer.model().parameters().tensors().iter().map(|(_, t)| format!("{t}")).collect();
    let diagnosis = trainer.doctor().unwrap();
    let after: Vec<String> = trainer.model().parameters().tensors().iter().map(|(_, t)| format!("{t}")).collect();
    assert_eq!(before, after, "the weights are as before");
    diagnosis
}

fn problem(diagnosis: &Diagnosis, name: &str) -> String {
    assert!(!diagnosis.is_healthy() && diagnosis.check().is_err(), "{diagnosis}");
    let check = diagnosis.get(name).unwrap_or_else(|| panic!("{name} is not in {diagnosis}"));
    assert_eq!(check.verdict, Verdict::Problem, "{diagnosis}");
    check.finding.clone()
}

#[test]
fn a_healthy_run_is_told_with_its_numbers() {
    let diagnosis = diagnose(data(|row| row as i64 % 2));
    assert!(diagnosis.is_healthy(), "{diagnosis}");
    let finding = |name: &str| diagnosis.get(name).unwrap_or_else(|| panic!("{name}: {diagnosis}")).finding.clone();
    assert!(finding("first loss").contains("ln 2 = 0.6931"), "{diagnosis}");
    assert!(finding("labels").contains("0: 50.0 %, 1: 50.0 %"), "{diagnosis}");
    assert!(
        finding("baselines").contains("loss of a model that knows nothing but the shares is 0.6931"),
        "{diagnosis}"
    );
    assert!(finding("gradients").starts_with("all 3 parameters get one"), "{diagnosis}");
    assert!(finding("sample").contains("[CLS]"), "{diagnosis}");
    assert!(finding("one batch by heart").ends_with("accuracy 1.0"), "{diagnosis}");
    assert!(finding("twins").contains("repeats of others"), "{diagnosis}");
    let rate = diagnosis.get("learning rate").unwrap();
    assert_eq!(rate.verdict, Verdict::Good, "{diagnosis}");
    assert!(rate.finding.starts_with("10 steps of one batch at 3e-3: loss 0.69"), "{diagnosis}");
    assert_eq!(diagnosis.get("evaluation").unwrap().verdict, Verdict::Notice, "there is none: {diagnosis}");
}

#[test]
fn a_learning_rate_that_is_far_off_shows_in_ten_steps() {
    let balanced = || data(|row| row as i64 % 2);
    // (Anything smaller only makes this model, a linear one, surer of what is right.)
    let finding = problem(&diagnose_with(balanced(), 1e38, |trainer| trainer), "learning rate");
    assert!(finding.contains("much too long") && finding.contains("at 1e38"), "{finding}");
    let slow = diagnose_with(balanced(), 1e-9, |trainer| trainer);
    let check = slow.get("learning rate").unwrap();
    assert!(check.verdict == Verdict::Notice && check.finding.contains("hardly moves"), "{slow}");
}

#[test]
fn frozen_parameters_are_counted_and_all_of_them_are_a_problem() {
    let frozen = |name: &'static str| {
        diagnose_with(data(|row| row as i64 % 2), 3e-3, move |trainer| {
            trainer.model().parameters().freeze(|parameter| parameter.starts_with(name));
            trainer
        })
    };
    let some = frozen("embedding");
    let finding = &some.get("gradients").unwrap().finding;
    assert!(finding.starts_with("all 2 parameters get one (1 more are frozen)"), "{some}");
    assert!(problem(&frozen(""), "gradients").contains("is everything frozen"));
}

#[test]
fn an_evaluation_is_tried_before_the_run_needs_it() {
    let balanced = || data(|row| row as i64 % 2);
    let with = |eval: Dataset, fails: bool| {
        diagnose_with(balanced(), 3e-3, move |trainer| {
            trainer.eval_dataset(eval).unwrap().compute_metrics(move |prediction| {
                if fails {
                    return Err("predictions and references differ in number".into());
                }
                Ok([("rows", prediction.predicted()?.len() as f64)])
            })
        })
    };
    let good = with(balanced(), false);
    let check = good.get("evaluation").unwrap();
    assert!(check.verdict == Verdict::Good && check.finding.contains("eval_rows 8.0000"), "{good}");
    assert!(good.get("twins").unwrap().finding.contains("of the evaluation are in the training data"), "{good}");
    assert!(problem(&with(balanced(), true), "evaluation").contains("compute_metrics: predictions and references"));
    let labels = problem(&with(data(|_| 7), false), "evaluation");
    assert!(labels.contains('7'), "{labels}");
    let without = with(balanced().remove_columns(["label"]).unwrap(), false);
    assert_eq!(without.get("evaluation").unwrap().verdict, Verdict::Notice, "{without}");
}

#[test]
fn labels_that_the_model_does_not_know_are_named_with_their_row() {
    let finding = problem(&diagnose(data(|row| if row == 9 { 2 } else { row as i64 % 2 })), "labels");
    assert!(finding.starts_with("row 9 has the label 2, and the model has 2 classes, 0 to 1"), "{finding}");
}

#[test]
fn labels_that_are_all_the_same_or_missing() {
    assert!(problem(&diagnose(data(|_| 1)), "labels").ends_with("they are all the same"));
    let without = data(|_| 0).remove_columns(["label"]).unwrap();
    assert!(problem(&diagnose(without), "labels").contains("the batch has none, only [\"input_ids\""));
}

#[test]
fn texts_that_were_not_tokenized_are_no_input() {
    let texts = Dataset::from_columns([("text", Column::from(vec!["a", "b"]))]).unwrap();
    let finding = problem(&diagnose(texts), "columns");
    assert!(finding.contains("tokenize the texts") && finding.contains("\"text\""), "{finding}");
}

#[test]
fn labels_that_have_nothing_to_do_with_the_texts_cannot_be_learned() {
    let same: Vec<Vec<i64>> = vec![vec![2, 5, 3]; 32];
    let labels: Vec<i64> = (0..32).map(|row| row % 2).collect();
    let data = Dataset::from_columns([("input_ids", Column::from(same)), ("label", Column::from(labels))]).unwrap();
    let diagnosis = diagnose_with(data.clone(), 3e-3, |trainer| trainer.eval_dataset(data).unwrap());
    assert!(problem(&diagnosis, "twins").contains("all 32 rows are the same"), "also where the evaluation has them");
    assert!(diagnosis.rich().plain().contains("was the tokenizer given the right column?"), "nothing is cut");
}
