//! Which label each token of a text has, and the names that neighbouring tokens make together: people, places, organisations.
//!
//! Text → tokens → the model's logits, one a label for each token → softmax → names ([`entities`](course_tokenization::entities)
//! does the last step). A long text is read in pieces that overlap; of names that overlap, the longer one stays.

mod shown;

use std::sync::Arc;

use course_models::architectures::Task as Head;
use course_tokenization::entities::{Aggregation, Entity, TokenPrediction, find_entities, token_predictions};
use course_tokenization::{BatchEncoding, Encoding, Truncation};

pub use self::shown::{Entities, TextEntities, TextTokenLabels, TokenLabels};
use crate::headed::{TextModel, check_texts, in_batches, shares};
use crate::text_classification::BATCH_SIZE;
use crate::{Error, Result, Task, Texts};

/// The label of tokens that belong to no name.
const OUTSIDE: &str = "O";

/// Finds names in texts.
#[derive(Debug, Clone)]
pub struct TokenClassification {
    pub(crate) model: Arc<TextModel>,
    aggregation: Aggregation,
    stride: Option<usize>,
    batch_size: usize,
}

impl TokenClassification {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, or has no trained head for classes of tokens.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let model = TextModel::load(name, Task::TokenClassification, Head::TokenClassification)?;
        Ok(Self { model, aggregation: Aggregation::Simple, stride: None, batch_size: BATCH_SIZE })
    }

    /// How tokens become names; default [`Aggregation::Simple`].
    #[must_use]
    pub fn aggregation_strategy(mut self, aggregation: Aggregation) -> Self {
        self.aggregation = aggregation;
        self
    }

    /// Reads texts that are longer than the model reads in pieces, each with this many tokens of the one before; default: they are an
    /// error.
    #[must_use]
    pub fn stride(mut self, tokens: usize) -> Self {
        self.stride = Some(tokens);
        self
    }

    /// How many texts go through the model at once; default 32.
    #[must_use]
    pub fn batch_size(mut self, texts: usize) -> Self {
        self.batch_size = texts.max(1);
        self
    }

    /// The labels, by their numbers.
    pub fn labels(&self) -> &[String] {
        &self.model.headed.labels.names
    }
}

impl TokenClassification {
    /// The names in each text, in their order.
    ///
    /// # Errors
    /// Without texts, for an empty one, for one that is longer than the model reads unless there is a
    /// [`stride`](Self::stride), or when the learner interrupts.
    pub fn entities(&self, texts: impl Into<Texts>) -> Result<Entities> {
        let texts = texts.into().0;
        let found = self.classify(&texts, |encoding, probabilities| {
            Ok(find_entities(encoding, probabilities, self.labels(), self.aggregation)?)
        })?;
        let items = texts.into_iter().zip(found).map(|(text, entities)| TextEntities { text, entities });
        Ok(Entities::new(items.collect(), &self.model.headed))
    }

    /// The label of each token that belongs to a name: what [`entities`](Self::entities) are made of.
    ///
    /// # Errors
    /// As [`entities`](Self::entities).
    pub fn token_labels(&self, texts: impl Into<Texts>) -> Result<TokenLabels> {
        let texts = texts.into().0;
        let unknown = self.model.tokenizer.special_tokens().unk.as_deref();
        let found = self.classify(&texts, |encoding, probabilities| {
            let mut tokens = token_predictions(encoding, probabilities, self.labels())?;
            tokens.retain(|token| token.entity != OUTSIDE);
            // Of a word that the vocabulary does not have, the word says more than the token.
            for token in tokens.iter_mut().filter(|token| Some(token.word.as_str()) == unknown) {
                token.word = encoding.token_text(token.index).unwrap_or(&token.word).to_owned();
            }
            Ok(tokens)
        })?;
        let items = texts.into_iter().zip(found).map(|(text, tokens)| TextTokenLabels { text, tokens });
        Ok(TokenLabels::new(items.collect(), &self.model.headed))
    }

    /// What `read` makes of each text's pieces, put together.
    fn classify<T: Piece>(
        &self,
        texts: &[String],
        read: impl Fn(&Encoding, &[Vec<f32>]) -> Result<Vec<T>>,
    ) -> Result<Vec<Vec<T>>> {
        check_texts("texts", texts)?;
        in_batches(
            texts.len(),
            self.batch_size,
            "reading",
            |item| texts[item].len(),
            |items| {
                let batch = self.encode(&items.iter().map(|&item| texts[item].as_str()).collect::<Vec<_>>())?;
                let logits = self
                    .model
                    .forward_in_parts(&batch, self.batch_size, |output| Ok(output.logits.to_vec3::<f32>()?))?;
                let mut found: Vec<(usize, Vec<T>)> = items.iter().map(|_| (0, Vec::new())).collect();
                for ((encoding, logits), &text) in batch.iter().zip(logits).zip(batch.overflow_to_sample_mapping()) {
                    let probabilities: Vec<Vec<f32>> = logits.iter().map(|token| shares(token)).collect();
                    if let Some((pieces, found)) = found.get_mut(text) {
                        *pieces += 1;
                        found.extend(read(encoding, &probabilities)?);
                    }
                }
                Ok(found
                    .into_iter()
                    .map(|(pieces, found)| if pieces > 1 { without_overlap(found) } else { found })
                    .collect())
            },
        )
    }

    fn encode(&self, texts: &[&str]) -> Result<BatchEncoding> {
        let Some(stride) = self.stride else {
            let batch = self.model.tokenizer.encode_batch_with(texts, &self.model.options())?;
            self.model.check_length(&batch, "shorten it, or have it read in pieces that overlap by `.stride(128)`")?;
            return Ok(batch);
        };
        let room = self.model.longest.saturating_sub(self.model.tokenizer.num_special_tokens_to_add(false));
        if stride >= room {
            let problem = format!("is {stride}, and a piece has {room} tokens; pieces overlap in part, not as a whole");
            return Err(Error::input("stride", problem));
        }
        let options = self.model.cut_options(Truncation::LongestFirst).stride(stride).return_overflowing_tokens(true);
        Ok(self.model.tokenizer.encode_batch_with(texts, &options)?)
    }
}

/// What has a place in the text and a score.
trait Piece {
    fn place(&self) -> (usize, usize, f32);
}

impl Piece for Entity {
    fn place(&self) -> (usize, usize, f32) {
        (self.start, self.end, self.score)
    }
}

impl Piece for TokenPrediction {
    fn place(&self) -> (usize, usize, f32) {
        (self.start, self.end, self.score)
    }
}

/// Of pieces that overlap, since two readings of the text have them, the longer one, or of equally long ones the surer.
fn without_overlap<T: Piece>(mut pieces: Vec<T>) -> Vec<T> {
    pieces.sort_by_key(|piece| piece.place().0);
    let mut kept: Vec<T> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (start, end, score) = piece.place();
        match kept.last_mut() {
            Some(last) if start < last.place().1 => {
                let (last_start, last_end, last_score) = last.place();
                let (length, last_length) = (end - start, last_end - last_start);
                if length > last_length || length == last_length && score > last_score {
                    *last = piece;
                }
            }
            _ => kept.push(piece),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_that_overlap_the_longer_or_the_surer_stays() {
        let entity = |start, end, score| Entity { entity_group: "PER".into(), score, word: String::new(), start, end };
        let places = |entities: Vec<Entity>| without_overlap(entities).iter().map(Piece::place).collect::<Vec<_>>();
        let entities = vec![entity(10, 12, 0.5), entity(0, 4, 0.2), entity(2, 8, 0.1), entity(10, 12, 0.9)];
        assert_eq!(places(entities), [(2, 8, 0.1), (10, 12, 0.9)]);
        assert_eq!(places(vec![entity(0, 2, 0.5), entity(2, 4, 0.5)]).len(), 2);
    }
}
