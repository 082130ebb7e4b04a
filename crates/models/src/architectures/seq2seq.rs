//! Models that answer a text with a text: an encoder reads the first, a decoder writes the second and looks at what was read.

use candle_core::{DType, Tensor};
use serde_json::Value;

use super::answering::Answering;
use super::causal::Writing;
use super::head::FirstToken;
use super::lm_head::LmHead;
use super::past::Past;
use super::{Labels, Model, ModelInputs, ModelOutput, loss, mask};
use crate::nn::Parameters;
use crate::{Error, Result};

/// An encoder or a decoder.
pub(super) trait Coder: Send + Sync {
    /// The vectors of `ids`: `(batch, length, size)`. `text` is 1 for text and 0 for padding, also of what was written before. A
    /// decoder looks at what was `read`, and goes on after what is in `past`.
    fn forward(
        &self,
        ids: &Tensor,
        text: Option<&Tensor>,
        read: Option<Read<'_>>,
        past: Option<&mut Past>,
    ) -> Result<Tensor>;
}

/// What the encoder made of the text that was read.
#[derive(Clone, Copy)]
pub(super) struct Read<'a> {
    /// `(batch, length, size)`; not looked at again when the past has seen it.
    pub vectors: &'a Tensor,
    /// What is added to the scores where it is padded.
    pub mask: Option<&'a Tensor>,
}

/// What sits on the decoder.
pub(super) enum AnswerHead {
    /// Nothing.
    None,
    /// The logits of the vocabulary.
    Words(LmHead),
    /// The logits of classes, from the vector of the last end of text.
    Classes(FirstToken),
}

/// Encoder and decoder with a head.
pub(super) struct Seq2SeqModel {
    pub architecture: &'static str,
    pub config: Value,
    pub labels: Labels,
    pub parameters: Parameters,
    pub encoder: Box<dyn Coder>,
    pub decoder: Box<dyn Coder>,
    pub head: AnswerHead,
    /// What the decoder needs to write; texts are as long as positions are told, any length when they are distances.
    pub writing: Writing,
    /// What the decoder begins with.
    pub start: u32,
    /// What fills up short rows.
    pub padding: u32,
    /// What ends a text.
    pub end: u32,
}

impl Seq2SeqModel {
    /// The answer moved by one to the right, the start before it; what is no label becomes padding.
    fn moved(&self, answer: &Tensor) -> Result<Tensor> {
        let rows = answer.to_dtype(DType::I64)?.to_vec2::<i64>()?.into_iter();
        let id = |id: i64| u32::try_from(id).unwrap_or(self.padding);
        let moved = rows.flat_map(|mut row| {
            row.pop();
            std::iter::once(self.start).chain(row.into_iter().map(id)).collect::<Vec<_>>()
        });
        Ok(Tensor::from_vec(moved.collect::<Vec<_>>(), answer.dims(), answer.device())?)
    }

    /// The vector of the last end of each text that was read.
    fn last_end(&self, hidden: &Tensor, ids: &Tensor) -> Result<Tensor> {
        let (rows, length, size) = hidden.dims3()?;
        let last = |(row, ids): (usize, Vec<u32>)| match ids.iter().rposition(|id| *id == self.end) {
            Some(place) => Ok((row * length + place) as u32),
            None => Err(Error::input("input_ids", format!("row {row} has no end of text (id {})", self.end))),
        };
        let places = ids.to_vec2::<u32>()?.into_iter().enumerate().map(last).collect::<Result<Vec<_>>>()?;
        Ok(hidden.reshape((rows * length, size))?.index_select(&Tensor::new(places, hidden.device())?, 0)?)
    }
}

impl Model for Seq2SeqModel {
    fn architecture(&self) -> &'static str {
        self.architecture
    }

    fn config(&self) -> Value {
        self.config.clone()
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn answering(&self, inputs: &ModelInputs) -> Result<Answering<'_>> {
        Answering::new(self, inputs)
    }

    fn input_names(&self) -> &[&str] {
        &[
            "input_ids",
            "attention_mask",
            "decoder_input_ids",
            "decoder_attention_mask",
            "encoder_last_hidden_state",
            "labels",
        ]
    }

    fn forward(&self, inputs: &ModelInputs) -> Result<ModelOutput> {
        let ids = inputs.token_ids("input_ids", self.writing.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.writing.max_positions)?;
        let text = inputs.beside_ids("attention_mask", shape)?;
        let classifies = matches!(self.head, AnswerHead::Classes(_));
        let written = match (inputs.get("decoder_input_ids"), inputs.get("labels")) {
            (Some(_), _) => inputs.token_ids("decoder_input_ids", self.writing.vocab_size)?,
            (None, Some(labels)) if !classifies && labels.rank() == 2 => {
                let labels = loss::whole_numbers(labels)?;
                loss::check_tokens(&labels.flatten_all()?, self.writing.vocab_size)?;
                self.moved(&labels)?
            }
            // As in pre-training, where a text is to be written as it was read.
            _ => self.moved(&ids)?,
        };
        inputs.check_length(written.dim(1)?, self.writing.max_positions)?;
        let written_text = inputs.beside_ids("decoder_attention_mask", written.dims2()?)?;
        let read = match inputs.get("encoder_last_hidden_state") {
            Some(read) => read.clone(),
            None => self.encoder.forward(&ids, text.as_ref(), None, None)?,
        };
        let mask = mask::padding(text.as_ref(), read.dtype())?;
        let seen = Read { vectors: &read, mask: mask.as_ref() };
        let hidden = self.decoder.forward(&written, written_text.as_ref(), Some(seen), None)?;
        let output = match &self.head {
            AnswerHead::None => ModelOutput::new(hidden),
            AnswerHead::Words(head) => head.forward(&hidden, inputs)?,
            AnswerHead::Classes(head) => {
                let logits = head.of_vector(self.last_end(&hidden, &ids)?)?;
                let loss = loss::of_sequences(&logits, inputs, &self.labels)?;
                ModelOutput::new(logits).loss(loss)
            }
        };
        Ok(output.with("encoder_last_hidden_state", read))
    }
}
