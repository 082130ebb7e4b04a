//! The smallest language model there is: what comes next depends on the last token alone.
//!
//! It is a table with a row for every token, and each row holds the probabilities of the token after it. Real models look back
//! on the whole text; this one can be followed by hand, which is what it is for.

use candle_core::{Device, Tensor};

use crate::{CausalLm, Error, ForwardOptions, Result};

/// A table of probabilities as a [`CausalLm`].
///
/// ```
/// use course_models::from_scratch::{Bigram, generate, greedy};
///
/// // After 0 comes 1, after 1 mostly 2, and 2 ends the text.
/// let model = Bigram::new(vec![vec![0.0, 1.0, 0.0], vec![0.3, 0.0, 0.7], vec![1.0, 0.0, 0.0]], 2)?;
/// assert_eq!(generate(&model, &[0], 10, true, |logits, _| greedy(logits))?, [1]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bigram {
    /// `logits[a][b]`: the logarithm of how likely `b` comes after `a`.
    logits: Vec<Vec<f32>>,
    ends: [u32; 1],
}

impl Bigram {
    /// The model where `b` comes after `a` with the probability `probabilities[a][b]`, and the token `end` ends a text.
    ///
    /// # Errors
    /// When the table is empty or not square, or a row does not add up to 1.
    pub fn new(probabilities: Vec<Vec<f32>>, end: u32) -> Result<Self> {
        let size = probabilities.len();
        let wrong = |problem: String| Err(Error::input("probabilities", problem));
        if size == 0 {
            return wrong("has no rows; a model needs at least one token".into());
        }
        for (number, row) in probabilities.iter().enumerate() {
            let sum = row.iter().sum::<f32>();
            if row.len() != size {
                return wrong(format!("row {number} has {} numbers, but there are {size} tokens", row.len()));
            }
            if (sum - 1.0).abs() > 1e-3 || row.iter().any(|probability| *probability < 0.0) {
                return wrong(format!("row {number} adds up to {sum}; a distribution adds up to 1, without negatives"));
            }
        }
        let logits = probabilities.into_iter().map(|row| row.into_iter().map(f32::ln).collect());
        Ok(Self { logits: logits.collect(), ends: [end] })
    }
}

impl CausalLm for Bigram {
    fn vocab_size(&self) -> usize {
        self.logits.len()
    }

    fn max_position_embeddings(&self) -> usize {
        usize::MAX
    }

    fn eos_token_ids(&self) -> &[u32] {
        &self.ends
    }

    fn pad_token_id(&self) -> Option<u32> {
        None
    }

    fn forward_with(&self, input_ids: &Tensor, options: ForwardOptions<'_>) -> Result<Tensor> {
        let rows = input_ids.to_vec2::<u32>()?;
        let length = rows.first().map_or(0, Vec::len);
        if length == 0 {
            return Err(Error::input("input_ids", "there is no token to read"));
        }
        // What came before the last token makes no difference, so all the cache has to keep is how much there was.
        if let Some(cache) = options.cache {
            cache.visible.resize(rows.len(), Vec::new());
            cache.visible.iter_mut().for_each(|row| row.extend(vec![1; length]));
        }
        let read = if options.last_only { length - 1 } else { 0 };
        let mut logits = Vec::new();
        for id in rows.iter().flat_map(|row| &row[read..]) {
            let row = self.logits.get(*id as usize).ok_or_else(|| {
                let last = self.vocab_size() - 1;
                Error::input("input_ids", format!("has the id {id}, but the vocabulary ends at {last}"))
            })?;
            logits.extend_from_slice(row);
        }
        Ok(Tensor::from_vec(logits, (rows.len(), length - read, self.vocab_size()), &Device::Cpu)?)
    }
}
