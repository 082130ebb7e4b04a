use super::super::{Unigram, UnigramTrainer, count_substrings, seed, t5};
use super::{FIVE, sentencepiece_words};

const COUNTS: &[(&str, usize); 15] = &[
    ("h", 15),
    ("u", 36),
    ("g", 20),
    ("hu", 15),
    ("ug", 20),
    ("p", 17),
    ("pu", 17),
    ("n", 16),
    ("un", 16),
    ("b", 4),
    ("bu", 4),
    ("s", 5),
    ("hug", 15),
    ("gs", 5),
    ("ugs", 5),
];

fn close(value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() <= within, "{value} is not {expected}");
}

#[test]
fn the_counts_by_hand() {
    let (characters, longer) = count_substrings(FIVE, 16);
    for (token, count) in COUNTS {
        assert_eq!(characters.get(*token) + longer.get(*token), *count, "{token}");
    }
    // "Strict" parts: those that are no whole word, unless within another.
    let strict = longer.iter().filter(|(part, _)| !["pug", "pun", "bun", "hugs"].contains(&part.as_str()));
    assert_eq!(characters.len() + strict.count(), COUNTS.len());
    assert_eq!(Unigram::from_counts(COUNTS).counts().total(), 210);
}

#[test]
fn the_ways_to_cut_pug_by_hand() {
    let unigram = Unigram::from_counts(COUNTS);
    let way = |tokens: &[&str]| tokens.iter().map(|token| unigram.probability(token)).product::<f64>();
    // The course text counts "p" and "pu" 5 times here, and has 0.000389 and 0.0022676; they occur 17 times.
    close(way(&["p", "u", "g"]), 0.0013217, 5e-8);
    close(way(&["pu", "g"]), 0.0077098, 5e-8);
    close(way(&["p", "ug"]), 0.0077098, 5e-8);
    close(5.0 / 210.0 * 36.0 / 210.0 * 20.0 / 210.0, 0.000389, 5e-7);
    close(5.0 / 210.0 * 20.0 / 210.0, 0.0022676, 5e-8);
    close(unigram.segment("pug").unwrap().probability(), 0.007710, 5e-7);
}

#[test]
fn viterbi_by_hand() {
    let lattice = Unigram::from_counts(COUNTS).lattice("unhug");
    let expected = [("u", 0.171429), ("un", 0.076191), ("un h", 0.005442), ("un hu", 0.005442), ("un hug", 0.005442)];
    for (place, (way, probability)) in lattice.places().iter().zip(expected) {
        assert_eq!(place.tokens.as_ref().unwrap().join(" "), way);
        close(place.probability, probability, 1e-6);
    }
    let huggun = Unigram::from_counts(COUNTS).segment("huggun").unwrap();
    assert_eq!(huggun.tokens, ["hug", "g", "un"]);
    close(huggun.probability(), 0.000518303, 5e-10);
}

#[test]
fn the_loss_by_hand() {
    let unigram = Unigram::from_counts(COUNTS);
    let scores = [("hug", 0.071428), ("pug", 0.007710), ("pun", 0.006168), ("bun", 0.001451), ("hugs", 0.001701)];
    for (word, probability) in scores {
        close(unigram.segment(word).unwrap().probability(), probability, 1e-6);
    }
    close(unigram.loss(FIVE), 169.8028, 5e-5);
    let without = unigram.without("hug");
    // The course text has "hu" "g", which is as likely; the way whose last token starts first is kept.
    assert_eq!(without.encode_word("hug"), ["h", "ug"]);
    close(without.segment("hug").unwrap().probability(), 0.006802, 1e-6);
    close(without.segment("hugs").unwrap().probability(), 0.001701, 1e-6);
    let costs = unigram.removal_costs(FIVE).unwrap();
    let cost = |token: &str| costs.iter().find(|(other, _)| other == token).unwrap().1;
    close(cost("hug"), 23.5, 0.05);
    close(cost("pu"), 0.0, 1e-12);
}

#[test]
fn the_seed_of_the_four_sentences() {
    let words = sentencepiece_words();
    let (_, longer) = count_substrings(&words, 16);
    let first: Vec<String> = longer.most_common(10).iter().map(|(part, count)| format!("{part} {count}")).collect();
    assert_eq!(first.join(", "), "▁t 7, is 5, er 5, ▁a 5, ▁to 4, to 4, en 4, ▁T 3, ▁Th 3, ▁Thi 3");
    assert_eq!(seed(&words, 300).len(), 300);
}

/// The model before the first step, as the course text has it.
fn first_model() -> Unigram {
    Unigram::from_counts(seed(sentencepiece_words(), 300)).starting_at(1.0)
}

#[test]
fn scores_of_the_course_are_one_too_large() {
    let model = first_model();
    let hopefully = model.segment("Hopefully").unwrap();
    assert_eq!((hopefully.tokens.join(" "), hopefully.score), ("H o p e f u ll y".into(), 41.5157494601402));
    let this = model.segment("This").unwrap();
    assert_eq!((this.tokens.join(" "), this.score), ("This".into(), 6.288267030694535));
    let right = model.starting_at(0.0);
    close(right.segment("Hopefully").unwrap().score, 40.5157494601402, 1e-12);
    close(right.segment("This").unwrap().score, -right.probability("This").ln(), 1e-12);
}

#[test]
fn losses_of_the_four_sentences() {
    let (model, words) = (first_model(), sentencepiece_words());
    assert_eq!(model.loss(&words), 413.10377642940875);
    close(model.clone().starting_at(0.0).loss(&words), 413.10377642940875 - words.total() as f64, 1e-9);
    let cost = |token: &str| model.without(token).loss(&words) - model.loss(&words);
    assert_eq!((cost("ll"), cost("his")), (6.376412403623874, 0.0));
    let costs = model.removal_costs(&words).unwrap();
    close(costs.iter().find(|(token, _)| token == "ll").unwrap().1, 6.376412403623874, 1e-12);
}

#[test]
fn pruning_as_in_the_course() {
    let trainer = UnigramTrainer::new(100).seed_size(300).like_the_course();
    let unigram = trainer.train_fast(sentencepiece_words()).unwrap();
    let sizes: Vec<usize> = unigram.steps().iter().map(|step| step.before).chain([unigram.len()]).collect();
    assert_eq!(sizes, [300, 270, 243, 219, 198, 179, 162, 146, 132, 119, 108, 98]);
    assert_eq!(unigram.steps()[0].loss, 413.10377642940875);
    assert_eq!(
        unigram.tokenize("This is the Hugging Face course.", t5),
        ["▁This", "▁is", "▁the", "▁Hugging", "▁Face", "▁", "c", "ou", "r", "s", "e", "."]
    );
    assert_eq!(unigram, trainer.train(sentencepiece_words()).unwrap());
}

#[test]
fn the_size_that_was_asked_for() {
    let unigram = UnigramTrainer::new(100).seed_size(300).train_fast(sentencepiece_words()).unwrap();
    assert_eq!(unigram.len(), 100);
    // A vocabulary cannot get smaller than the alphabet.
    let (characters, _) = count_substrings(sentencepiece_words(), 16);
    assert_eq!(
        UnigramTrainer::new(1).seed_size(300).train_fast(sentencepiece_words()).unwrap().len(),
        characters.len()
    );
}

#[test]
fn what_cannot_be_cut_is_unknown() {
    let unigram = Unigram::from_counts(COUNTS);
    assert_eq!(unigram.encode_word("hux"), ["<unk>"]);
    assert!(unigram.loss([("hux", 1)]).is_infinite());
    assert!(unigram.removal_costs([("hux", 1), ("hug", 1)]).unwrap().iter().all(|(_, cost)| cost.is_finite()));
}
