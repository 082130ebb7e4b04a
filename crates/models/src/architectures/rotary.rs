//! Positions told by turning: each pair of numbers of a head by an angle that grows with the position, slower from pair to pair.
//!
//! What the configuration says of it: the base, and how the angles were slowed for longer texts (`linear`, `llama3`).

use candle_core::Tensor;
use serde_json::Value;

use crate::nn::{rope_angles, rope_speeds};
use crate::{Error, Result};

/// How fast each pair turns: radians a position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rotary {
    speeds: Vec<f64>,
}

impl Rotary {
    /// For heads of `head_dim` numbers, from `rope_parameters` of newer files or `rope_theta` and `rope_scaling` of older ones.
    pub(super) fn new(head_dim: usize, theta: Option<f64>, settings: Option<&Value>) -> Result<Self> {
        let number = |name: &str| settings.and_then(|settings| settings.get(name)).and_then(Value::as_f64);
        let theta = number("rope_theta").or(theta).unwrap_or(10_000.0);
        let plain = rope_speeds(head_dim, theta);
        let kind = |name: &str| settings.and_then(|settings| settings.get(name)).and_then(Value::as_str);
        let needed = |name: &'static str| {
            number(name).ok_or_else(|| Error::model("the rotary settings", format!("lack the number `{name}`")))
        };
        let speeds = match kind("rope_type").or_else(|| kind("type")).unwrap_or("default") {
            "default" => plain,
            "linear" => {
                let factor = needed("factor")?;
                plain.into_iter().map(|speed| speed / factor).collect()
            }
            "llama3" => {
                let (factor, original) = (needed("factor")?, needed("original_max_position_embeddings")?);
                let (low, high) = (needed("low_freq_factor")?, needed("high_freq_factor")?);
                // Pairs that turn fully several times within the original length stay, slow ones are slowed, between is a slope.
                let slowed = |speed: f64| {
                    let turns = original * speed / std::f64::consts::TAU;
                    let share = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    share * speed + (1.0 - share) * speed / factor
                };
                plain.into_iter().map(slowed).collect()
            }
            other => {
                let problem = format!("ask for `{other}`; `default`, `linear` and `llama3` are read");
                return Err(Error::model("the rotary settings", problem));
            }
        };
        Ok(Self { speeds })
    }

    /// Cosines and sines for `positions`, `(batch, length)` of `u32`: `(batch, length, head_dim / 2)` each.
    pub(super) fn angles(&self, positions: &Tensor) -> Result<(Tensor, Tensor)> {
        let (rows, length) = positions.dims2()?;
        let places: Vec<u32> = positions.flatten_all()?.to_vec1()?;
        let (cos, sin) = rope_angles(&places, &self.speeds, positions.device())?;
        let shape = (rows, length, self.speeds.len());
        Ok((cos.reshape(shape)?, sin.reshape(shape)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn speeds_follow_the_settings() {
        let plain = Rotary::new(4, Some(100.0), None).unwrap();
        assert_eq!(plain.speeds, [1.0, 0.1]);
        let inside = json!({ "rope_theta": 100.0, "rope_type": "linear", "factor": 2.0 });
        assert_eq!(Rotary::new(4, None, Some(&inside)).unwrap().speeds, [0.5, 0.05]);
        let error = Rotary::new(4, None, Some(&json!({ "rope_type": "yarn" }))).unwrap_err();
        assert!(error.to_string().contains("`yarn`"), "{error}");
    }

    /// Of `ROPE_INIT_FUNCTIONS["llama3"]` in transformers 5.24, with Llama 3.2's own settings and heads of 16 numbers.
    #[test]
    fn llama3_slows_what_turns_slowly() {
        let settings = json!({ "rope_theta": 500_000.0, "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192 });
        let ours = Rotary::new(16, None, Some(&settings)).unwrap().speeds;
        for (ours, theirs) in ours.iter().zip(LLAMA_3_2) {
            assert!((ours - theirs).abs() < 1e-6 * theirs, "{ours} {theirs}");
        }
    }

    const LLAMA_3_2: [f64; 8] =
        [1.0, 0.19392276, 0.037606031, 0.0072926651, 0.00042955671, 8.5702559e-06, 1.6619674e-06, 3.2229329e-07];
}
