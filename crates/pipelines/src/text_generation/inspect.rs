//! Looking into generation: the logits, what settings make of them, the tree of a beam search, the clock.

use course_display::{Figure, bar_panels};
use course_models::from_scratch::{BeamTree, Timings, beam_search, likeliest_first};
use course_models::{GenerationConfig, generation};

use super::{Generation, Generations, TextGeneration};
use crate::next_token::{next_logits, visible};
use crate::{Error, Prompt, Prompts, Result};

/// How many tokens have a bar in a comparison.
const COMPARED: usize = 10;

impl TextGeneration {
    /// The logits of every token of the vocabulary after `prompt`, by id.
    ///
    /// # Errors
    /// When the prompt is empty or too long.
    pub fn next_logits(&self, prompt: impl Into<Prompts>) -> Result<Vec<f32>> {
        let Prompts(prompts) = prompt.into();
        next_logits(&self.model, one(&prompts)?)
    }

    /// Distributions over the vocabulary as bars side by side: each with a name, and a probability for every id. The rows are
    /// the ten likeliest tokens of the first one, and all others together; what has no probability at all has a dash.
    ///
    /// # Errors
    /// When there is none, or one has another length than the vocabulary.
    pub fn compare_distributions<T: AsRef<str>>(&self, distributions: &[(T, Vec<f32>)]) -> Result<Figure> {
        let size = self.model.model.config().vocab_size;
        let Some((_, first)) = distributions.first() else {
            return Err(Error::input("distributions", "there are none; pass at least one name with its probabilities"));
        };
        if let Some((name, other)) = distributions.iter().find(|(_, other)| other.len() != size) {
            let problem =
                format!("{:?} has {} probabilities, but the vocabulary has {size} tokens", name.as_ref(), other.len());
            return Err(Error::input("distributions", problem));
        }
        let shown: Vec<usize> = likeliest_first(first).into_iter().take(COMPARED).collect();
        let text = |id: &usize| Ok(visible(&self.model.tokenizer.decode_with(&[*id as u32], false)?));
        let mut labels = shown.iter().map(text).collect::<Result<Vec<_>>>()?;
        labels.push("(any other)".into());
        let panels = distributions.iter().map(|(name, probabilities)| {
            let listed: Vec<f64> = shown.iter().map(|id| f64::from(probabilities[*id])).collect();
            let others = probabilities.iter().map(|probability| f64::from(*probability)).sum::<f64>();
            let rest = others - listed.iter().sum::<f64>();
            // What is left of rounding is nothing.
            let rest = if rest < 1e-5 { 0.0 } else { rest };
            let share = |share: f64| if share > 0.0 { (share * 1e4).round() / 1e4 } else { f64::NAN };
            (name.as_ref(), listed.into_iter().chain([rest]).map(share).collect::<Vec<f64>>())
        });
        Ok(bar_panels(&labels, &panels.collect::<Vec<_>>())?)
    }

    /// Searches for the likeliest continuation with `num_beams` beams, and shows the tree that it looked at. It is the plain
    /// search of `from_scratch`, without a cache: for a few tokens.
    ///
    /// # Errors
    /// When the prompt is empty or too long, or a number is 0.
    pub fn beam_tree(&self, prompt: impl Into<Prompts>, num_beams: usize, max_new_tokens: usize) -> Result<BeamTree> {
        for (argument, number) in [("num_beams", num_beams), ("max_new_tokens", max_new_tokens)] {
            if number == 0 {
                return Err(Error::input(
                    argument,
                    "is 0, so there is nothing to search; 3 is a good number to look at",
                ));
            }
        }
        let Prompts(prompts) = prompt.into();
        let ids = self.model.encode(one(&prompts)?)?;
        let tree = beam_search(&self.model.model, &ids, num_beams, max_new_tokens, 1.0)?;
        Ok(tree.with_text(&self.model.tokenizer)?)
    }

    /// Like [`generate_with`](Self::generate_with), with a clock beside it: time to first token, time per output token and
    /// throughput.
    ///
    /// # Errors
    /// As [`generate_with`](Self::generate_with).
    pub fn generate_timed(
        &self,
        prompts: impl Into<Prompts>,
        config: &GenerationConfig,
    ) -> Result<(Generations, Timings)> {
        let Prompts(prompts) = prompts.into();
        let ids = self.encode(&prompts)?;
        let (texts, timings) =
            generation::generate_timed(&self.model.model, &ids, config, Some(&self.model.tokenizer))?;
        let prompt_of = |index: usize| prompts.get(index).cloned().unwrap_or_else(|| Prompt::Text(String::new()));
        let texts = texts.into_iter().map(|text| Generation::new(prompt_of(text.prompt), text)).collect();
        Ok((Generations(texts), timings))
    }
}

/// The prompt, where there must be one.
pub(super) fn one(prompts: &[Prompt]) -> Result<&Prompt> {
    match prompts {
        [prompt] => Ok(prompt),
        others => Err(Error::input("prompt", format!("{} were given; pass one", others.len()))),
    }
}
