//! Perplexity, from the log-likelihoods of tokens.

use crate::{Inputs, Measure, Result, Scores, Values};

/// `perplexity`: among how many equally likely tokens a language model could as well have chosen.
///
/// PPL = exp(−(1/n) · Σ ln p(tokenᵢ | tokens before it))
///
/// The predictions are the natural logarithms of the probabilities that the model gave to the tokens that came, the first of a text left out,
/// since nothing comes before it. There are no references: `perplexity.compute(&log_likelihoods, ())?`.
///
/// | predictions | scores |
/// |---|---|
/// | a list of numbers | `perplexity` |
/// | a list of numbers for each text | `perplexities`, one a text; `mean_perplexity`, their mean; `perplexity`, over all tokens at once |
///
/// A loss of cross-entropy is the mean already: [`perplexity_of_loss`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Perplexity;

/// The perplexity of a mean cross-entropy loss (in nats): its exponential.
///
/// ```
/// assert_eq!(course_evaluation::perplexity_of_loss(10.934126853942871).round(), 56057.0);
/// ```
pub fn perplexity_of_loss(loss: f64) -> f64 {
    loss.exp()
}

impl Measure for Perplexity {
    fn name(&self) -> &str {
        "perplexity"
    }

    fn about(&self) -> &str {
        "among how many equally likely tokens the model could as well have chosen: exp of the mean negative log-likelihood"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        if !matches!(inputs.references, Values::None) {
            return Err(inputs.kind("references", "none", Some("pass `()` for the references")));
        }
        match inputs.predictions {
            Values::Numbers(tokens) => Ok(Scores::new().with("perplexity", of(inputs, tokens, 0)?)),
            Values::NumberLists(texts) => {
                let each = texts.iter().enumerate().map(|(row, tokens)| of(inputs, tokens, row));
                let each = each.collect::<Result<Vec<f64>>>()?;
                let all = of(inputs, &texts.concat(), 0)?;
                let mean = each.iter().sum::<f64>() / each.len() as f64;
                Ok(Scores::new().with("perplexities", each).with("mean_perplexity", mean).with("perplexity", all))
            }
            Values::None => Err(inputs.empty("no log-likelihoods were given")),
            _ => Err(inputs.kind("predictions", "the log-likelihood of each token, in one list or one a text", None)),
        }
    }
}

fn of(inputs: &Inputs<'_>, tokens: &[f64], row: usize) -> Result<f64> {
    if tokens.is_empty() {
        return Err(inputs.example(row, "it has no token that was predicted; leave texts of one token out"));
    }
    if let Some(wrong) = tokens.iter().find(|&&value| value > 1e-6 || value.is_nan()) {
        let reason = format!(
            "{wrong} is no logarithm of a probability, which is 0 at most; pass log-likelihoods, not losses or probabilities"
        );
        return Err(inputs.example(row, reason));
    }
    Ok(perplexity_of_loss(-tokens.iter().sum::<f64>() / tokens.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    #[test]
    fn a_loss_has_a_perplexity() {
        assert_eq!(format!("{:.2}", perplexity_of_loss(10.934126853942871)), "56057.14");
    }

    #[test]
    fn guessing_among_eight_has_a_perplexity_of_eight() {
        let metric = load("perplexity").unwrap();
        let score = metric.compute(&[(0.125f64).ln(); 5], ()).unwrap().get("perplexity").unwrap();
        assert!((score - 8.0).abs() < 1e-12);
        let scores = metric.compute(vec![vec![0.5f64.ln()], vec![0.25f64.ln(); 3]], ()).unwrap();
        assert!((scores.get("mean_perplexity").unwrap() - 3.0).abs() < 1e-12);
        assert!((scores.get("perplexity").unwrap() - 2f64.powf(7.0 / 4.0)).abs() < 1e-12);
    }

    #[test]
    fn losses_are_told_apart() {
        let metric = load("perplexity").unwrap();
        assert!(metric.compute(&[2.5], ()).unwrap_err().to_string().contains("is no logarithm of a probability"));
        assert!(metric.compute(&[-2.5], &[1]).unwrap_err().to_string().ends_with("pass `()` for the references"));
        assert!(metric.compute(vec![Vec::<f64>::new()], ()).is_err());
    }
}
