//! From a model's labels for tokens to names in the text: `B-PER I-PER` on `S`, `##yl`, `##va`, `##in` become one person, Sylvain.

use serde::Serialize;

use crate::{Encoding, Error, Result};

/// The label of tokens that belong to no name.
const OUTSIDE: &str = "O";

/// What a model says about one token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenPrediction {
    /// The likeliest label, such as `I-PER`.
    pub entity: String,
    /// Its probability.
    pub score: f32,
    /// The token's place, special tokens counted.
    pub index: usize,
    /// The token as the vocabulary spells it.
    pub word: String,
    /// The byte of the text at which it begins.
    pub start: usize,
    /// The byte of the text before which it ends.
    pub end: usize,
}

/// A name in the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    /// The label without `B-` and `I-`.
    pub entity_group: String,
    /// How sure the model is, from the scores of the tokens or words.
    pub score: f32,
    /// The piece of the text.
    pub word: String,
    /// The byte of the text at which it begins.
    pub start: usize,
    /// The byte of the text before which it ends.
    pub end: usize,
}

/// How tokens become names.
///
/// With all but the first, the tokens of a word get one label together, which keeps a word whole when a model is in two minds about
/// its pieces; the score of a name is then the mean of its words' scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregation {
    /// Neighbouring tokens of one label; the score is the mean of the tokens'.
    #[default]
    Simple,
    /// A word gets the label and the score of its first token.
    First,
    /// A word gets the label that is likeliest when its tokens' probabilities are averaged, and that average.
    Average,
    /// A word gets the label and the score of its surest token.
    Max,
}

/// The likeliest label of every token of the text; special tokens are left out.
///
/// `probabilities` has the shape (tokens, labels), special tokens included.
///
/// # Errors
/// [`Error::Misfit`], when the shape is another one.
pub fn token_predictions<L: AsRef<str>>(
    encoding: &Encoding,
    probabilities: &[Vec<f32>],
    labels: &[L],
) -> Result<Vec<TokenPrediction>> {
    check(encoding, probabilities, labels.len())?;
    let units = tokens(encoding).filter_map(|token| {
        let (label, score) = likeliest(probabilities.get(token)?)?;
        Some(TokenPrediction {
            entity: labels.get(label)?.as_ref().to_owned(),
            score,
            index: token,
            word: encoding.tokens().get(token)?.clone(),
            start: encoding.offsets().get(token)?.0,
            end: encoding.offsets().get(token)?.1,
        })
    });
    Ok(units.collect())
}

/// Names from the labels of tokens: neighbours whose labels differ in `B-` and `I-` only, until a `B-` begins the next name.
///
/// The score is the mean of the tokens' scores. Predictions of the label `O` may be left out.
pub fn group_entities(encoding: &Encoding, predictions: &[TokenPrediction]) -> Vec<Entity> {
    let units = predictions.iter().map(|prediction| Unit {
        label: prediction.entity.clone(),
        score: prediction.score,
        tokens: (prediction.index, prediction.index),
        start: prediction.start,
        end: prediction.end,
    });
    group(encoding, units.collect())
}

/// Names from a model's probabilities, of the shape (tokens, labels), special tokens included.
///
/// # Errors
/// [`Error::Misfit`], when the shape is another one.
pub fn find_entities<L: AsRef<str>>(
    encoding: &Encoding,
    probabilities: &[Vec<f32>],
    labels: &[L],
    aggregation: Aggregation,
) -> Result<Vec<Entity>> {
    if aggregation == Aggregation::Simple {
        return Ok(group_entities(encoding, &token_predictions(encoding, probabilities, labels)?));
    }
    check(encoding, probabilities, labels.len())?;
    let words = words(encoding).into_iter().filter_map(|(first, last)| {
        let (label, score) = word_label(probabilities.get(first..=last)?, aggregation)?;
        let (start, end) = (encoding.offsets().get(first)?.0, encoding.offsets().get(last)?.1);
        Some(Unit { label: labels.get(label)?.as_ref().to_owned(), score, tokens: (first, last), start, end })
    });
    Ok(group(encoding, words.collect()))
}

/// A token or a word with its label.
struct Unit {
    label: String,
    score: f32,
    /// Its first and its last token.
    tokens: (usize, usize),
    start: usize,
    end: usize,
}

fn group(encoding: &Encoding, units: Vec<Unit>) -> Vec<Entity> {
    let mut groups: Vec<Vec<Unit>> = Vec::new();
    for unit in units.into_iter().filter(|unit| unit.label != OUTSIDE) {
        let goes_on = groups.last().and_then(|group| group.last()).is_some_and(|last| {
            // Between them lies neither a token of the text nor the other text of a pair.
            let neighbours = last.tokens.1 + 1 == unit.tokens.0;
            neighbours && name_of(&last.label) == name_of(&unit.label) && !unit.label.starts_with("B-")
        });
        match groups.last_mut() {
            Some(group) if goes_on => group.push(unit),
            _ => groups.push(vec![unit]),
        }
    }
    groups.iter().filter_map(|group| entity(encoding, group)).collect()
}

fn entity(encoding: &Encoding, group: &[Unit]) -> Option<Entity> {
    let (first, last) = (group.first()?, group.last()?);
    let mean = group.iter().map(|unit| f64::from(unit.score)).sum::<f64>() / group.len() as f64;
    let text = match encoding.token_to_sequence(first.tokens.0)? {
        0 => encoding.text(),
        _ => encoding.pair_text(),
    };
    let word = match text {
        Some(text) => text.get(first.start..last.end)?.to_owned(),
        // The text came cut into words.
        None => {
            let pieces = group.iter().flat_map(|unit| unit.tokens.0..=unit.tokens.1);
            let pieces =
                pieces.map(|token| (encoding.token_to_word(token), encoding.token_text(token).unwrap_or_default()));
            joined(pieces)
        }
    };
    let entity_group = name_of(&first.label).to_owned();
    Some(Entity { entity_group, score: mean as f32, word, start: first.start, end: last.end })
}

/// Pieces of words, with a space where a new word begins.
fn joined<'a>(pieces: impl Iterator<Item = (Option<u32>, &'a str)>) -> String {
    let (mut text, mut before) = (String::new(), None);
    for (word, piece) in pieces {
        if before.is_some_and(|before| before != word) {
            text.push(' ');
        }
        text += piece;
        before = Some(word);
    }
    text
}

/// `PER` of `B-PER` and `I-PER`.
fn name_of(label: &str) -> &str {
    label.strip_prefix("B-").or_else(|| label.strip_prefix("I-")).unwrap_or(label)
}

/// The tokens that stand for text.
fn tokens(encoding: &Encoding) -> impl Iterator<Item = usize> {
    let mask = encoding.special_tokens_mask().iter().enumerate();
    mask.filter(|(_, special)| **special == 0).map(|(token, _)| token)
}

/// The first and the last token of every word.
fn words(encoding: &Encoding) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let key = |token: usize| (encoding.token_to_sequence(token), encoding.token_to_word(token));
    for token in tokens(encoding) {
        match words.last_mut() {
            Some(word) if word.1 + 1 == token && key(word.1) == key(token) => word.1 = token,
            _ => words.push((token, token)),
        }
    }
    words
}

fn word_label(rows: &[Vec<f32>], aggregation: Aggregation) -> Option<(usize, f32)> {
    match aggregation {
        Aggregation::Simple | Aggregation::First => likeliest(rows.first()?),
        Aggregation::Max => {
            let labels = rows.iter().filter_map(|row| likeliest(row));
            // Of equally sure ones the first.
            labels.reduce(|best, other| if other.1 > best.1 { other } else { best })
        }
        Aggregation::Average => {
            let count = rows.len() as f64;
            let labels = 0..rows.first()?.len();
            let mean =
                |label| rows.iter().filter_map(|row| row.get(label)).map(|one| f64::from(*one)).sum::<f64>() / count;
            likeliest(&labels.map(|label| mean(label) as f32).collect::<Vec<_>>())
        }
    }
}

/// The highest number and its place, of equal ones the first.
fn likeliest(row: &[f32]) -> Option<(usize, f32)> {
    let row = row.iter().copied().enumerate();
    row.reduce(|best, other| if other.1 > best.1 { other } else { best })
}

fn check(encoding: &Encoding, probabilities: &[Vec<f32>], labels: usize) -> Result<()> {
    if probabilities.len() != encoding.len() {
        let (found, expected) = (probabilities.len(), encoding.len());
        return Err(Error::Misfit { what: "rows of probabilities", found, expected, of: "tokens" });
    }
    match probabilities.iter().find(|row| row.len() != labels) {
        Some(row) => {
            Err(Error::Misfit { what: "probabilities of a token", found: row.len(), expected: labels, of: "labels" })
        }
        None => Ok(()),
    }
}
