//! One vector for a whole sentence.

use candle_core::{D, DType, Device, Tensor};
use course_hub::Repo;
use course_tokenization::{AutoTokenizer, EncodeOptions, Padding, Tokenizer};
use serde::Deserialize;

use crate::{Bert, Error, Result};

/// Sentences that go through the model together.
const BATCH: usize = 32;

/// A model with its tokenizer that turns a sentence into one vector; near vectors mean near sentences.
///
/// ```no_run
/// use course_models::{SentenceTransformer, cosine_similarity};
/// let model = SentenceTransformer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2")?;
/// let vectors = model.encode(&["A cat sleeps.", "A kitten naps.", "Stocks fell."])?;
/// println!("{}", cosine_similarity(&vectors, &vectors)?);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SentenceTransformer {
    model: Bert,
    tokenizer: Tokenizer,
    normalize: bool,
}

impl SentenceTransformer {
    /// The model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When it is not found, or is no BERT with a tokenizer.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Self::from_repo(&course_hub::resolve(name)?)
    }

    /// The model among a repository's files.
    ///
    /// # Errors
    /// When a file is missing, or pools in another way than by the mean.
    pub fn from_repo(repo: &Repo) -> Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Pooling {
            pooling_mode_mean_tokens: bool,
        }
        #[derive(Deserialize)]
        struct Module {
            r#type: String,
        }
        let pooling: Pooling = if repo.has("1_Pooling/config.json") {
            repo.read_json("1_Pooling/config.json")?
        } else {
            Pooling { pooling_mode_mean_tokens: true }
        };
        if !pooling.pooling_mode_mean_tokens {
            let problem = "makes its sentence vectors in another way than by the mean of the token vectors";
            return Err(Error::model(repo.name(), problem));
        }
        let modules: Vec<Module> = if repo.has("modules.json") { repo.read_json("modules.json")? } else { Vec::new() };
        let normalize = modules.iter().any(|module| module.r#type.ends_with("Normalize"));
        let (model, tokenizer) = (Bert::from_repo(repo)?, AutoTokenizer::from_repo(repo)?);
        Ok(Self { model, tokenizer, normalize })
    }

    /// The transformer inside.
    pub fn model(&self) -> &Bert {
        &self.model
    }

    /// The tokenizer inside.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The same model, scaling every vector to length 1 or not; the default is what the model's files say.
    #[must_use]
    pub fn with_normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// One vector a sentence: `(sentences, hidden_size)` in `f32`, in the order given. A sentence longer than the model
    /// reads is cut.
    ///
    /// # Errors
    /// When tokenizing fails, or the learner interrupts.
    pub fn encode<T: AsRef<str>>(&self, sentences: &[T]) -> Result<Tensor> {
        let limit = self.model.config().max_position_embeddings;
        let limit = self.tokenizer.model_max_length().map_or(limit, |length| length.min(limit));
        let cut = EncodeOptions::new().max_length(limit);
        // Sentences of like length together: little is padded.
        let mut order = (0..sentences.len()).collect::<Vec<_>>();
        order.sort_by_key(|&number| std::cmp::Reverse(sentences[number].as_ref().len()));
        let mut rows = vec![None; sentences.len()];
        for numbers in order.chunks(BATCH) {
            course_wire::interrupt::check()?;
            let texts = numbers.iter().map(|&number| sentences[number].as_ref()).collect::<Vec<_>>();
            let batch = self.tokenizer.encode_batch_with(&texts, &cut.clone().padding(Padding::Longest))?;
            let mask = batch.attention_mask()?;
            let hidden = self.model.forward(&batch.input_ids()?, Some(&mask), Some(&batch.token_type_ids()?))?;
            let pooled = mean_pooling(&hidden, &mask)?;
            let pooled = if self.normalize { normalize(&pooled)? } else { pooled };
            for (at, &number) in numbers.iter().enumerate() {
                rows[number] = Some(pooled.get(at)?);
            }
        }
        let rows = rows.into_iter().flatten().collect::<Vec<_>>();
        if rows.is_empty() {
            return Ok(Tensor::zeros((0, self.model.config().hidden_size), DType::F32, &Device::Cpu)?);
        }
        Ok(Tensor::stack(&rows, 0)?)
    }
}

/// The mean of the token vectors, padding left out: `(batch, length, hidden)` and `(batch, length)` to `(batch, hidden)`.
///
/// A row that is all padding gets zeros.
///
/// # Errors
/// When the shapes do not fit.
pub fn mean_pooling(hidden: &Tensor, attention_mask: &Tensor) -> Result<Tensor> {
    let mask = attention_mask.to_dtype(hidden.dtype())?.unsqueeze(D::Minus1)?;
    let sum = hidden.broadcast_mul(&mask)?.sum(1)?;
    let count = mask.sum(1)?.clamp(1e-9, f64::MAX)?;
    Ok(sum.broadcast_div(&count)?)
}

/// Each row scaled to length 1: `(rows, hidden)`. A row of zeros stays.
///
/// # Errors
/// When the tensor has no two dimensions.
pub fn normalize(rows: &Tensor) -> Result<Tensor> {
    rows.dims2()?;
    let length = rows.sqr()?.sum_keepdim(1)?.sqrt()?.clamp(1e-12, f64::MAX)?;
    Ok(rows.broadcast_div(&length)?)
}

/// The cosine between every row of `left`, `(n, hidden)`, and every row of `right`, `(m, hidden)`: `(n, m)`, from -1 to 1.
///
/// # Errors
/// When the shapes do not fit.
pub fn cosine_similarity(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    Ok(normalize(left)?.matmul(&normalize(right)?.t()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_leaves_padding_out() {
        let hidden = Tensor::new(
            &[[[1.0_f32, 2.0], [3.0, 6.0], [99.0, 99.0]], [[5.0, 5.0], [7.0, 7.0], [9.0, 0.0]]],
            &Device::Cpu,
        );
        let mask = Tensor::new(&[[1_u32, 1, 0], [0, 0, 0]], &Device::Cpu);
        let mean = mean_pooling(&hidden.unwrap(), &mask.unwrap()).unwrap();
        assert_eq!(mean.to_vec2::<f32>().unwrap(), [[2.0, 4.0], [0.0, 0.0]]);
    }

    #[test]
    fn the_cosine_looks_at_directions_only() {
        let rows = |rows: &[[f32; 2]]| Tensor::from_slice(rows.as_flattened(), (rows.len(), 2), &Device::Cpu).unwrap();
        let cosines = cosine_similarity(
            &rows(&[[1.0, 0.0], [0.0, 0.0]]),
            &rows(&[[5.0, 0.0], [0.0, 2.0], [-3.0, 0.0], [1.0, 1.0]]),
        );
        let cosines = cosines.unwrap().to_vec2::<f32>().unwrap();
        for (cosine, expected) in cosines[0].iter().zip([1.0, 0.0, -1.0, 0.5_f32.sqrt()]) {
            assert!((cosine - expected).abs() < 1e-6, "{cosines:?}");
        }
        assert_eq!(cosines[1], [0.0; 4]);
    }
}
