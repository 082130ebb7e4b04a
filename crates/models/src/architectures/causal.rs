//! Writing with a model that trains: a decoder as [`generate`](crate::generate) sees it.

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use super::ModelInputs;
use super::head::{Head, HeadedModel};
use super::past::Past;
use crate::models::input::NewTokens;
use crate::nn::Parameters;
use crate::{CausalLm, Error, ForwardOptions, KvCache, Result};

/// What a decoder needs to know to write.
pub(super) struct Writing {
    pub vocab_size: usize,
    pub max_positions: usize,
    pub ends: Vec<u32>,
    pub padding: Option<u32>,
}

impl Writing {
    /// From `config.json`; how long texts get is told by the decoder.
    pub(super) fn new(config: &Value, vocab_size: usize, max_positions: usize) -> Self {
        let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        let ends = match config.get("eos_token_id") {
            Some(Value::Array(ids)) => ids.iter().filter_map(id).collect(),
            Some(one) => id(one).into_iter().collect(),
            None => Vec::new(),
        };
        let padding = config.get("pad_token_id").and_then(id).or(ends.first().copied());
        Self { vocab_size, max_positions, ends, padding }
    }
}

/// Tokens to go on with, as a decoder takes them.
pub(super) struct Continued {
    /// `(rows, new)`.
    pub ids: Tensor,
    /// The place of each in its text: `(rows, new)`.
    pub places: Tensor,
    /// 1 for text, 0 for padding: `(rows, read before + new)`.
    pub text: Tensor,
}

impl Continued {
    pub(super) fn read(
        writing: &Writing,
        input_ids: &Tensor,
        options: &ForwardOptions<'_>,
        cache: &KvCache,
        device: &Device,
    ) -> Result<(Self, NewTokens)> {
        let new = NewTokens::read(input_ids, options, cache, writing.vocab_size, writing.max_positions)?;
        let tensor = |numbers: Vec<u32>| Tensor::from_vec(numbers, (new.rows, ()), device);
        let text = new.visible.iter().flatten().map(|visible| u32::from(*visible)).collect();
        let (ids, places) = (tensor(new.ids.clone())?, tensor(new.positions.clone())?);
        Ok((Self { ids, places, text: tensor(text)? }, new))
    }
}

/// Runs `work` as in evaluation, without dropout and without a graph, then puts the switch back, also when `work` panics.
pub(super) fn still<T>(parameters: &Parameters, work: impl FnOnce() -> T) -> T {
    struct Restore<'a>(&'a Parameters, bool);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.set_training(self.1);
        }
    }
    let _restore = Restore(parameters, parameters.is_training());
    parameters.set_training(false);
    parameters.no_grad(work)
}

impl CausalLm for HeadedModel {
    fn vocab_size(&self) -> usize {
        self.writing.as_ref().map_or(0, |writing| writing.vocab_size)
    }

    fn max_position_embeddings(&self) -> usize {
        self.writing.as_ref().map_or(0, |writing| writing.max_positions)
    }

    fn eos_token_ids(&self) -> &[u32] {
        self.writing.as_ref().map_or(&[], |writing| &writing.ends)
    }

    fn pad_token_id(&self) -> Option<u32> {
        self.writing.as_ref().and_then(|writing| writing.padding)
    }

    fn forward_with(&self, input_ids: &Tensor, mut options: ForwardOptions<'_>) -> Result<Tensor> {
        let (Some(writing), Head::Words(head)) = (&self.writing, &self.head) else {
            return Err(Error::model(self.architecture, "does not continue texts; load it by `AutoModelForCausalLM`"));
        };
        let mut no_cache = KvCache::default();
        let cache = options.cache.take().unwrap_or(&mut no_cache);
        let device = self.parameters.device().clone();
        let (new, tokens) = Continued::read(writing, input_ids, &options, cache, &device)?;
        still(&self.parameters, || {
            let mut past: Past = cache.past.clone();
            past.prepare(cache.len())?;
            let hidden = self.body.go_on(&new, &mut past)?;
            (cache.past, cache.visible) = (past, tokens.visible);
            let hidden = if options.last_only { hidden.narrow(1, tokens.length - 1, 1)? } else { hidden };
            let logits = head.forward(&hidden.contiguous()?, &ModelInputs::new())?.logits;
            Ok(logits.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)
        })
    }
}
