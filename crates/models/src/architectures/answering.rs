//! Writing answers: the decoder of a model that reads one text and writes another, as [`generate`] sees it.

use candle_core::{DType, Device, Tensor};

use super::causal::{Continued, still};
use super::past::Past;
use super::seq2seq::{AnswerHead, Read, Seq2SeqModel};
use super::{Model, ModelInputs, mask};
use crate::{CausalLm, Error, ForwardOptions, Generated, GenerationConfig, KvCache, Result, generate};

/// The answers of `model`, one of Seq2Seq, to the texts in `inputs`: as Python's `model.generate(**inputs)`.
///
/// Each answer begins after the model's start token, which is not part of it. Beams, sampling and limits are those of [`generate`].
///
/// # Errors
/// When the model answers no texts, the inputs do not fit, or the learner interrupts.
pub fn generate_answers(model: &dyn Model, inputs: &ModelInputs, config: &GenerationConfig) -> Result<Vec<Generated>> {
    let answering = model.answering(inputs)?;
    let prompts = vec![[answering.start()]; answering.rows()];
    generate(&answering, &prompts, config)
}

/// A decoder with what its encoder has read. Keep the cache on: it also knows which text each row answers.
pub struct Answering<'a> {
    model: &'a Seq2SeqModel,
    /// `(batch, length, size)`.
    read: Tensor,
    mask: Option<Tensor>,
}

impl<'a> Answering<'a> {
    pub(super) fn new(model: &'a Seq2SeqModel, inputs: &ModelInputs) -> Result<Self> {
        if !matches!(model.head, AnswerHead::Words(_)) {
            let problem = "has no head that writes; load it by `AutoModelForSeq2SeqLM`";
            return Err(Error::model(model.architecture, problem));
        }
        let inputs = inputs.to_device(model.parameters.device())?;
        let ids = inputs.token_ids("input_ids", model.writing.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, model.writing.max_positions)?;
        let text = inputs.beside_ids("attention_mask", shape)?;
        let read = match inputs.get("encoder_last_hidden_state") {
            Some(read) => read.detach(),
            None => still(&model.parameters, || model.encoder.forward(&ids, text.as_ref(), None, None))?,
        };
        let mask = mask::padding(text.as_ref(), read.dtype())?;
        // One row each, so that rows can be chosen.
        let mask = mask.map(|mask| mask.broadcast_as((shape.0, 1, 1, shape.1))?.contiguous()).transpose()?;
        Ok(Self { model, read, mask })
    }

    /// The token that every answer begins with.
    pub fn start(&self) -> u32 {
        self.model.start
    }

    /// How many texts were read.
    pub fn rows(&self) -> usize {
        self.read.dims().first().copied().unwrap_or(0)
    }
}

impl CausalLm for Answering<'_> {
    fn vocab_size(&self) -> usize {
        self.model.writing.vocab_size
    }

    fn max_position_embeddings(&self) -> usize {
        self.model.writing.max_positions
    }

    fn eos_token_ids(&self) -> &[u32] {
        &self.model.writing.ends
    }

    fn pad_token_id(&self) -> Option<u32> {
        Some(self.model.padding)
    }

    fn forward_with(&self, input_ids: &Tensor, mut options: ForwardOptions<'_>) -> Result<Tensor> {
        let AnswerHead::Words(head) = &self.model.head else {
            return Err(Error::model(self.model.architecture, "has no head that writes"));
        };
        let mut no_cache = KvCache::default();
        let cache = options.cache.take().unwrap_or(&mut no_cache);
        let parameters = &self.model.parameters;
        let (new, tokens) = Continued::read(&self.model.writing, input_ids, &options, cache, parameters.device())?;
        still(parameters, || {
            let mut past: Past = cache.past.clone();
            past.prepare(cache.len())?;
            if !past.has_read() {
                if tokens.rows != self.rows() {
                    let problem = format!(
                        "has {} rows, but {} texts were read; which row answers which is kept in the cache: leave `use_cache` on",
                        tokens.rows,
                        self.rows()
                    );
                    return Err(Error::input("input_ids", problem));
                }
                past.set_read_mask(self.mask.clone());
            }
            let mask = past.read_mask().cloned();
            let read = Read { vectors: &self.read, mask: mask.as_ref() };
            let hidden = self.model.decoder.forward(&new.ids, Some(&new.text), Some(read), Some(&mut past))?;
            (cache.past, cache.visible) = (past, tokens.visible);
            let hidden = if options.last_only { hidden.narrow(1, tokens.length - 1, 1)? } else { hidden };
            let logits = head.forward(&hidden.contiguous()?, &ModelInputs::new())?.logits;
            Ok(logits.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)
        })
    }
}
