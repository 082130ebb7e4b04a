//! Names from token labels: the printed scores of chapter 6.3 of the course text.

use super::{CASED_TOKENIZER, SYLVAIN};
use crate::entities::{Aggregation, Entity, TokenPrediction, find_entities, group_entities, token_predictions};
use crate::{EncodeOptions, Encoding, Error};

const LABELS: [&str; 9] = ["O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"];
/// Tokens, their labels and scores; the others are `O`.
const SCORES: [(usize, usize, f32); 8] = [
    (4, 4, 0.999_382_8),
    (5, 4, 0.998_154_76),
    (6, 4, 0.995_907_25),
    (7, 4, 0.999_232_7),
    (12, 6, 0.973_893_34),
    (13, 6, 0.976_115),
    (14, 6, 0.988_797_66),
    (16, 8, 0.993_210_55),
];

/// Rows with these scores, the rest of each spread over the other labels.
fn probabilities(scores: &[(usize, usize, f32)]) -> Vec<Vec<f32>> {
    let row = |token| {
        let (label, score) = scores.iter().find(|one| one.0 == token).map_or((0, 0.99), |one| (one.1, one.2));
        let mut row = vec![(1.0 - score) / 8.0; LABELS.len()];
        row[label] = score;
        row
    };
    (0..19).map(row).collect()
}

fn example() -> Encoding {
    CASED_TOKENIZER.encode(SYLVAIN).unwrap()
}

fn shown(entities: &[Entity]) -> Vec<(&str, &str, usize, usize)> {
    entities.iter().map(|one| (&*one.entity_group, &*one.word, one.start, one.end)).collect()
}

fn scores(entities: &[Entity], expected: [f32; 3]) {
    assert_eq!(entities.len(), 3);
    for (entity, expected) in entities.iter().zip(expected) {
        assert!((entity.score - expected).abs() < 1e-6, "{} is {}, expected {expected}", entity.word, entity.score);
    }
}

#[test]
fn the_likeliest_labels() {
    let predictions = token_predictions(&example(), &probabilities(&SCORES), &LABELS).unwrap();
    let labels = predictions.iter().map(|one| LABELS.iter().position(|label| *label == one.entity).unwrap());
    // The list that the course text prints, without its first and last number, which are of special tokens.
    assert_eq!(labels.collect::<Vec<_>>(), [0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 6, 6, 6, 0, 8, 0]);
    let second = &predictions[4];
    assert_eq!((second.index, &*second.word, second.start, second.end), (5, "##yl", 12, 14));
}

#[test]
fn tokens_are_grouped_and_their_scores_averaged() {
    let encoding = example();
    let entities = find_entities(&encoding, &probabilities(&SCORES), &LABELS, Aggregation::Simple).unwrap();
    let expected = [("PER", "Sylvain", 11, 18), ("ORG", "Hugging Face", 33, 45), ("LOC", "Brooklyn", 49, 57)];
    assert_eq!(shown(&entities), expected);
    scores(&entities, [0.998_169_4, 0.979_602_04, 0.993_210_55]);
    // The printed predictions alone, without those of `O`, give the same.
    let predictions = token_predictions(&encoding, &probabilities(&SCORES), &LABELS).unwrap();
    let printed = predictions.into_iter().filter(|one| one.entity != "O").collect::<Vec<_>>();
    assert_eq!(printed.len(), 8);
    assert_eq!(group_entities(&encoding, &printed), entities);
}

#[test]
fn words_are_labelled_whole() {
    let find = |aggregation| find_entities(&example(), &probabilities(&SCORES), &LABELS, aggregation).unwrap();
    // The course text prints 0.993828 for S in one place, and 0.9993828, the token's score, in the other.
    scores(&find(Aggregation::First), [0.999_382_8, (0.973_893_34 + 0.988_797_66) / 2.0, 0.993_210_55]);
    scores(&find(Aggregation::Average), [0.998_169_4, 0.981_900_9, 0.993_210_55]);
    // The course text says 0.98879766, the surest token of the name; `transformers` takes the surest token of each word.
    scores(&find(Aggregation::Max), [0.999_382_8, (0.976_115 + 0.988_797_66) / 2.0, 0.993_210_55]);
}

#[test]
fn a_word_in_two_minds_is_one_name_with_words_and_two_without() {
    let torn = [(4, 3, 0.9), (5, 6, 0.8), (6, 4, 0.7), (7, 4, 0.6)];
    let find = |aggregation| find_entities(&example(), &probabilities(&torn), &LABELS, aggregation).unwrap();
    let words =
        |entities: Vec<Entity>| entities.into_iter().map(|one| (one.entity_group, one.word)).collect::<Vec<_>>();
    let owned =
        |list: &[(&str, &str)]| list.iter().map(|(one, other)| ((*one).into(), (*other).into())).collect::<Vec<_>>();
    assert_eq!(words(find(Aggregation::Simple)), owned(&[("PER", "S"), ("ORG", "yl"), ("PER", "vain")]));
    assert_eq!(words(find(Aggregation::First)), owned(&[("PER", "Sylvain")]));
    assert_eq!(words(find(Aggregation::Max)), owned(&[("PER", "Sylvain")]));
    assert_eq!(words(find(Aggregation::Average)), owned(&[("PER", "Sylvain")]));
}

#[test]
fn a_b_begins_a_new_name_of_the_same_kind() {
    let prediction = |index: usize, entity: &str| {
        let (start, end) = example().offsets()[index];
        TokenPrediction { entity: entity.into(), score: 0.5, index, word: String::new(), start, end }
    };
    let group = |labels: [&str; 3]| {
        let predictions = [prediction(12, labels[0]), prediction(13, labels[1]), prediction(14, labels[2])];
        group_entities(&example(), &predictions).into_iter().map(|one| one.word).collect::<Vec<_>>()
    };
    assert_eq!(group(["B-ORG", "I-ORG", "B-ORG"]), ["Hugging", "Face"]);
    assert_eq!(group(["I-ORG", "I-ORG", "I-ORG"]), ["Hugging Face"]);
    assert_eq!(group(["I-ORG", "O", "I-ORG"]), ["Hu", "Face"]);
    assert_eq!(group(["I-ORG", "I-PER", "I-PER"]), ["Hu", "gging Face"]);
}

#[test]
fn names_in_words_that_came_cut() {
    let words = ["Sylvain", "at", "Hugging", "Face"];
    let encoding = CASED_TOKENIZER.encode_words(&words, &EncodeOptions::new()).unwrap();
    let mut rows = vec![vec![1.0, 0.0]; encoding.len()];
    for token in [6, 7, 8] {
        rows[token] = vec![0.0, 1.0];
    }
    let entities = find_entities(&encoding, &rows, &["O", "ORG"], Aggregation::First).unwrap();
    assert_eq!(entities.len(), 1);
    assert_eq!((&*entities[0].entity_group, &*entities[0].word), ("ORG", "Hugging Face"));
}

#[test]
fn numbers_of_another_shape_are_refused() {
    let error = token_predictions(&example(), &[], &LABELS).unwrap_err();
    assert!(matches!(error, Error::Misfit { found: 0, expected: 19, .. }), "{error}");
    let error = find_entities(&example(), &vec![vec![1.0]; 19], &LABELS, Aggregation::Max).unwrap_err();
    assert_eq!(error.to_string(), "there are 1 probabilities of a token, but 9 labels");
}
