//! What a language model expects next.

use candle_core::{IndexOp, Tensor};
use course_display::{Bundle, Figure, Rich, bar_chart};
use course_models::{CausalLm, ForwardOptions};
use serde::Serialize;

use crate::language_model::LanguageModel;
use crate::{Error, Prompt, Result};

/// A token that may come next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextToken {
    /// Its text.
    pub token: String,
    /// Its id.
    pub id: u32,
    /// How likely the model finds it, from 0 to 1.
    pub probability: f32,
}

/// The likeliest tokens after a prompt, likeliest first; shows itself as a bar chart.
#[derive(Debug, Clone, PartialEq)]
pub struct NextTokens {
    /// The prompt.
    pub prompt: Prompt,
    /// The tokens, likeliest first.
    pub tokens: Vec<NextToken>,
}

impl NextTokens {
    /// The probability of every token that is not listed, together.
    pub fn rest(&self) -> f32 {
        (1.0 - self.tokens.iter().map(|token| token.probability).sum::<f32>()).max(0.0)
    }

    /// The tokens as bars, and one bar for all others together.
    ///
    /// # Errors
    /// When a probability is not a number.
    pub fn figure(&self) -> Result<Figure> {
        let rest = ("(any other)".to_owned(), self.rest());
        let bars = self.tokens.iter().map(|token| (visible(&token.token), token.probability)).chain([rest]);
        let (labels, values): (Vec<String>, Vec<f64>) =
            bars.map(|(label, value)| (label, crate::sentence_similarity::round(value))).unzip();
        Ok(bar_chart(&labels, &values)?)
    }
}

impl Rich for NextTokens {
    fn rich(&self) -> Bundle {
        self.figure().map_or_else(|error| Bundle::text(error.to_string()), |figure| figure.rich())
    }
}

/// The leading space that most tokens bring along, made visible.
pub(crate) fn visible(token: &str) -> String {
    token.replace(' ', "·").replace('\n', "⏎").replace('\t', "⇥")
}

/// The `count` likeliest tokens after `prompt`.
pub(crate) fn next_tokens(model: &LanguageModel, prompt: &Prompt, count: usize) -> Result<NextTokens> {
    if count == 0 {
        return Err(Error::input("count", "0 tokens would show nothing; ask for at least 1"));
    }
    let probabilities = softmax(&next_logits(model, prompt)?);
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&one, &other| probabilities[other].total_cmp(&probabilities[one]));
    let tokens = order
        .into_iter()
        .take(count)
        .map(|index| {
            let id = index as u32;
            let token = model.tokenizer.decode_with(&[id], false)?;
            Ok(NextToken { token, id, probability: probabilities[index] as f32 })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(NextTokens { prompt: prompt.clone(), tokens })
}

/// The logits of every token after `prompt`, by id.
pub(crate) fn next_logits(model: &LanguageModel, prompt: &Prompt) -> Result<Vec<f32>> {
    let ids = model.encode(prompt)?;
    if ids.is_empty() {
        return Err(Error::input("prompt", "it is empty; a model needs at least one token to go on from"));
    }
    let input = Tensor::new(ids.as_slice(), &candle_core::Device::Cpu)?.unsqueeze(0)?;
    let logits = model.model.forward_with(&input, ForwardOptions::new().last_only())?;
    Ok(logits.i((0, 0))?.to_vec1::<f32>()?)
}

/// Logits to probabilities, summed in `f64` so that fifty thousand of them add up to 1.
pub(crate) fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|exponential| exponential / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_to_one_even_for_huge_logits() {
        let probabilities = softmax(&[1000.0, 999.0, -1000.0]);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((probabilities[0] / probabilities[1] - 1f64.exp()).abs() < 1e-9);
    }

    #[test]
    fn the_chart_shows_spaces_and_what_is_left() {
        let token = |token: &str, probability| NextToken { token: token.into(), id: 0, probability };
        let next = NextTokens { prompt: Prompt::Text("x".into()), tokens: vec![token(" a", 0.5), token("\n", 0.25)] };
        assert_eq!(next.rest(), 0.25);
        let text = next.rich().plain().to_owned();
        assert!(text.contains("·a") && text.contains('⏎') && text.contains("(any other)"), "{text}");
    }
}
