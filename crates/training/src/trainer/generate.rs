//! Evaluations in which the model writes: `predict_with_generate`.

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use course_models::architectures::ModelInputs;
use course_models::{CausalLm, FinishReason, Generated, GenerationConfig, generate_with};

use super::Trainer;
use crate::{Error, Result};

impl Trainer {
    /// How answers are written: as set, else as the model's configuration says.
    fn answers_config(&self) -> Result<GenerationConfig> {
        let mut config = match &self.generation {
            Some(config) => config.clone(),
            None => GenerationConfig::of_model(&self.model.config()),
        };
        if let Some(length) = self.args.generation_max_length {
            config.max_new_tokens = length.saturating_sub(1);
            config.min_new_tokens = config.min_new_tokens.min(config.max_new_tokens);
        }
        if let Some(beams) = self.args.generation_num_beams {
            config.num_beams = beams;
        }
        if config.num_return_sequences != 1 {
            let several = config.num_return_sequences;
            return Err(Error::argument(
                "generation_config",
                format!("num_return_sequences is {several}; an evaluation compares one answer with each row"),
            ));
        }
        Ok(config)
    }

    /// The loss of a batch where it has labels, and the ids of what the model answers, `(rows, length)`: each row begins with the token that every
    /// answer begins with, ends with an end token unless it was cut, and is filled up with padding to the length that answers may have.
    pub(super) fn written(&self, inputs: &ModelInputs) -> Result<(Option<Tensor>, Tensor)> {
        let mut inputs = inputs.clone().loss_only(true);
        let mut loss = None;
        if !self.labels(&inputs).is_empty() {
            let output = self.model.parameters().no_grad(|| self.model.forward(&inputs))?;
            // What was read for the loss need not be read again.
            if let Some(read) = output.get("encoder_last_hidden_state") {
                inputs.set("encoder_last_hidden_state", read.clone());
            }
            loss = output.loss;
        }
        let config = self.answers_config()?;
        let answering = self.model.answering(&inputs)?;
        let prompts = vec![[answering.start()]; answering.rows()];
        let tokenizer = self.tokenizer.as_ref();
        let answers = generate_with(&answering, &prompts, &config, tokenizer, |_| ControlFlow::Continue(()))?;
        let (count, length) = (prompts.len(), config.max_new_tokens + 1);
        let ids = rows(&answers, count, (answering.start(), answering.pad_token_id().unwrap_or(0)), length);
        Ok((loss, Tensor::from_vec(ids, (count, length), &Device::Cpu)?))
    }
}

/// The ids of the answers to `count` texts, one row after the other, each of `length`; a text without an answer has padding alone.
fn rows(answers: &[Generated], count: usize, (start, padding): (u32, u32), length: usize) -> Vec<i64> {
    let row = move |place: usize| {
        let answer = answers.iter().find(|answer| answer.prompt == place);
        let end = match answer.map(|answer| &answer.finish_reason) {
            Some(FinishReason::EndOfText(id)) => Some(*id),
            _ => None,
        };
        let written =
            answer.into_iter().flat_map(move |answer| std::iter::once(start).chain(answer.tokens.iter().copied()));
        written.chain(end).chain(std::iter::repeat(padding)).take(length).map(i64::from)
    };
    (0..count).flat_map(row).collect()
}
