//! Hidden tokens, or next tokens, as labels.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;
use course_tokenization::Tokenizer;

use super::field::{Field, fields};
use super::masking::Masking;
use super::padding::{Padding, inputs, padding_setters};
use super::{DataCollator, IGNORED};
use crate::{Error, Result};

/// Makes the labels of a language model from its texts.
///
/// Masked: 15 % of the tokens are labels, and 80 % of those are replaced by the mask token, 10 % by any token, 10 % left. Causal
/// ([`mlm(false)`](Self::mlm)): the labels are the tokens themselves, −100 where there is padding; the model moves them by one.
#[derive(Debug, Clone)]
pub struct DataCollatorForLanguageModeling {
    padding: Padding,
    masked: bool,
    masking: Masking,
    whole_words: bool,
    seed: Option<u64>,
    has_mask: bool,
    /// Of each id: whether it is a special token.
    special: Vec<bool>,
    /// Of each id: whether it goes on with a word, as WordPiece's `##ing`.
    continues: Vec<bool>,
    name: String,
}

padding_setters!(DataCollatorForLanguageModeling);

impl DataCollatorForLanguageModeling {
    /// Masked language modelling with the tokenizer's mask and padding tokens.
    ///
    /// # Errors
    /// [`Error::Data`] where the tokenizer has no padding token.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self> {
        let mask = tokenizer.special_tokens().mask.as_deref().and_then(|mask| tokenizer.token_to_id(mask));
        let vocabulary = tokenizer.vocab_size() as u32;
        let continues = |id: u32| tokenizer.id_to_token(id).is_some_and(|token| token.starts_with("##"));
        Ok(Self {
            padding: Padding::of(tokenizer)?,
            masked: true,
            masking: Masking {
                probability: 0.15,
                replaced: 0.8,
                random: 0.1,
                mask_id: i64::from(mask.unwrap_or_default()),
                vocabulary,
            },
            whole_words: false,
            seed: None,
            has_mask: mask.is_some(),
            special: (0..vocabulary).map(|id| tokenizer.is_special(id)).collect(),
            continues: (0..vocabulary).map(continues).collect(),
            name: tokenizer.name().to_owned(),
        })
    }

    /// Whether tokens are hidden; otherwise the labels are the tokens themselves.
    #[must_use]
    pub fn mlm(mut self, on: bool) -> Self {
        self.masked = on;
        self
    }

    /// Which part of the tokens (or words) is hidden.
    #[must_use]
    pub fn mlm_probability(mut self, probability: f64) -> Self {
        self.masking.probability = probability;
        self
    }

    /// Which part of the hidden tokens becomes the mask token, and which any token.
    #[must_use]
    pub fn replace(mut self, by_mask: f64, by_random: f64) -> Self {
        (self.masking.replaced, self.masking.random) = (by_mask, by_random);
        self
    }

    /// Hides whole words, all their tokens by the mask token. Words are told by the column `word_ids`, or by WordPiece's `##`.
    #[must_use]
    pub fn whole_word_mask(mut self, on: bool) -> Self {
        self.whole_words = on;
        if on {
            (self.masking.replaced, self.masking.random) = (1.0, 0.0);
        }
        self
    }

    /// Hides the same tokens of the same rows each time, for an evaluation that is to be compared.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    fn check(&self) -> Result<()> {
        let masking = &self.masking;
        let share = |number: f64| (0.0..=1.0).contains(&number);
        let name = "DataCollatorForLanguageModeling";
        if !self.has_mask {
            let problem =
                format!("the tokenizer {} has no mask token; `.mlm(false)` learns the next token instead", self.name);
            return Err(Error::argument(name, problem));
        }
        if !share(masking.probability) || !share(masking.replaced) || !share(masking.replaced + masking.random) {
            return Err(Error::argument(name, "probabilities are from 0 to 1, and so is the sum of `replace`"));
        }
        Ok(())
    }

    /// The word of each token; none for special ones and padding.
    fn words(&self, row: &[i64], special: Option<&Vec<i64>>, known: Option<&Vec<Option<i64>>>) -> Vec<Option<usize>> {
        let of =
            |table: &[bool], id: i64| usize::try_from(id).ok().and_then(|id| table.get(id)).copied().unwrap_or(false);
        let mut word = 0;
        let mut last = None;
        row.iter()
            .enumerate()
            .map(|(place, &id)| {
                let is_special = match special {
                    Some(special) => special.get(place) != Some(&0),
                    None => of(&self.special, id) || id == self.padding.pad_id,
                };
                let number = known.map(|known| known.get(place).copied().flatten());
                let same = self.whole_words
                    && match number {
                        Some(number) => number.is_some() && last == Some(number),
                        None => of(&self.continues, id),
                    };
                last = number;
                word += usize::from(!same);
                (!is_special).then_some(word)
            })
            .collect()
    }
}

impl DataCollator for DataCollatorForLanguageModeling {
    fn collate_with(&self, batch: &Batch, random: &mut Philox) -> Result<ModelInputs> {
        let known: Option<Vec<Vec<Option<i64>>>> =
            match self.whole_words && batch.names().any(|name| name == "word_ids") {
                true => Some(batch.get("word_ids")?),
                false => None,
            };
        let helpers = ["word_ids", "offset_mapping", "labels"];
        let mut without = batch.clone();
        helpers.iter().chain(&["label"]).for_each(|name| {
            without.remove(name);
        });
        let mut fields = self.padding.fields(fields(&without)?)?;
        let special = fields.iter().position(|(name, _)| name == "special_tokens_mask");
        let special = special.map(|place| fields.remove(place).1);
        let Some((_, Field::IntLists(ids))) = fields.iter_mut().find(|(name, _)| name == "input_ids") else {
            return Err(Error::data("column \"input_ids\"", "it holds no lists of token ids"));
        };
        let labels = if self.masked {
            self.check()?;
            let mut own = self.seed.map(Philox::new);
            let random = own.as_mut().unwrap_or(random);
            let mut labels = Vec::with_capacity(ids.len());
            for (place, row) in ids.iter_mut().enumerate() {
                let special = match &special {
                    Some(Field::IntLists(rows)) => rows.get(place),
                    _ => None,
                };
                let known = known.as_ref().and_then(|rows| rows.get(place)).map(|words| {
                    let rest = vec![None; if self.padding.left { row.len().saturating_sub(words.len()) } else { 0 }];
                    [rest, words.clone()].concat()
                });
                let words = self.words(row, special, known.as_ref());
                labels.push(self.masking.hide(row, &words, random));
            }
            labels
        } else {
            let label = |&id: &i64| if id == self.padding.pad_id { IGNORED } else { id };
            ids.iter().map(|row| row.iter().map(label).collect()).collect()
        };
        fields.push(("labels".to_owned(), Field::IntLists(labels)));
        inputs(fields)
    }
}
