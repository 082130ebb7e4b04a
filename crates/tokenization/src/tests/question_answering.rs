//! Answers in a context, on scores made up for the purpose.

use super::MINILM;
use crate::question_answering::answer_mask;
use crate::{EncodeOptions, Error, Padding, Side, Truncation};

const QUESTION: &str = "Which libraries back it?";
const CONTEXT: &str = "It is backed by three libraries — Jax, PyTorch and TensorFlow — and joins them.";

#[test]
fn only_the_context_and_the_first_token_may_be_an_answer() {
    let options = EncodeOptions::new().padding(Padding::Fixed(40)).padding_side(Side::Right);
    for side in [Side::Left, Side::Right] {
        let encoding = MINILM.encode_pair(QUESTION, CONTEXT, &options.clone().padding_side(side)).unwrap();
        let mask = answer_mask(&encoding);
        let allowed = encoding.tokens().iter().zip(&mask).filter(|(_, allowed)| **allowed).map(|(token, _)| token);
        let allowed = allowed.cloned().collect::<Vec<_>>();
        assert_eq!(allowed[..4], ["[CLS]", "it", "is", "backed"], "{side:?}");
        assert_eq!(allowed.last().unwrap(), ".");
        assert_eq!(allowed.iter().filter(|token| token.starts_with('[')).count(), 1);
    }
}

#[test]
fn an_answer_is_a_piece_of_the_context() {
    let encoding = MINILM.encode_pair(QUESTION, CONTEXT, &EncodeOptions::new()).unwrap();
    let at = |text: &str| encoding.byte_to_token(CONTEXT.find(text).unwrap(), 1).unwrap();
    let (mut starts, mut ends) = (vec![0.0; encoding.len()], vec![0.0; encoding.len()]);
    starts[at("Jax")] = 9.0;
    ends[at("TensorFlow") + 1] = 8.0;
    ends[at("PyTorch")] = 6.0;
    // The highest scores of all lie in the question, where no answer can be.
    starts[1] = 50.0;
    ends[2] = 50.0;
    let answers = encoding.best_answers(&starts, &ends, 2).unwrap();
    assert_eq!(encoding.tokens()[at("TensorFlow")..at("TensorFlow") + 2], ["tensor", "##flow"]);
    assert_eq!(answers[0].answer, "Jax, PyTorch and TensorFlow");
    assert_eq!(&CONTEXT[answers[0].start..answers[0].end], "Jax, PyTorch and TensorFlow");
    assert!(answers[0].score > 0.8 && answers[1].score < answers[0].score, "{answers:?}");
    assert!(answers[1].answer.starts_with("Jax, "), "{answers:?}");
}

#[test]
fn the_best_answer_of_several_chunks_wins_and_counts_once() {
    let options = EncodeOptions::new()
        .truncation(Truncation::OnlySecond)
        .max_length(24)
        .stride(12)
        .padding(Padding::Longest)
        .return_overflowing_tokens(true);
    let batch = MINILM.encode_pairs(&[QUESTION], &[CONTEXT], &options).unwrap();
    assert!(batch.len() > 1);
    let jax = CONTEXT.find("Jax").unwrap();
    // Every chunk points at Jax where it has it, each more surely than the one before.
    let scores = batch.iter().enumerate().map(|(chunk, row)| {
        let mut scores = vec![0.0; row.len()];
        if let Some(token) = row.byte_to_token(jax, 1) {
            scores[token] = 5.0 + chunk as f32;
        }
        scores
    });
    let scores = scores.collect::<Vec<_>>();
    let chunks = batch.iter().filter(|row| row.byte_to_token(jax, 1).is_some()).count();
    assert!(chunks > 1, "the chunks do not overlap at the answer");
    let answers = batch.best_answers(&scores, &scores, 5).unwrap();
    assert_eq!((&*answers[0].answer, answers[0].start), ("Jax", jax));
    assert_eq!(answers.iter().filter(|answer| answer.start == jax && answer.end == jax + 3).count(), 1);
    assert!(answers.windows(2).all(|pair| pair[0].score >= pair[1].score));
}

#[test]
fn scores_that_do_not_fit_are_refused() {
    let pair = MINILM.encode_pair(QUESTION, CONTEXT, &EncodeOptions::new()).unwrap();
    assert!(matches!(pair.best_answers(&[0.0], &[0.0], 1), Err(Error::Misfit { found: 1, .. })));
    let single = MINILM.encode(QUESTION).unwrap();
    assert!(matches!(single.best_answers(&[], &[], 1), Err(Error::NoSecondText)));
    let batch = MINILM.encode_pairs(&[QUESTION], &[CONTEXT], &EncodeOptions::new()).unwrap();
    let error = batch.best_answers(&[], &[], 1).unwrap_err();
    assert_eq!(error.to_string(), "there are 0 rows of scores, but 1 rows");
}
