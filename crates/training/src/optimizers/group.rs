//! Which parameters are updated together, and with what weight decay.

use candle_core::Var;

/// Parameters that share a weight decay and a factor on the learning rate.
#[derive(Debug, Clone)]
pub struct ParameterGroup {
    pub(crate) parameters: Vec<(String, Var)>,
    pub(crate) weight_decay: f64,
    pub(crate) rate_factor: f64,
}

impl ParameterGroup {
    /// A group of named parameters without weight decay.
    pub fn new(parameters: impl IntoIterator<Item = (String, Var)>) -> Self {
        Self { parameters: parameters.into_iter().collect(), weight_decay: 0.0, rate_factor: 1.0 }
    }

    /// Sets how much of a weight is taken away at each step, times the learning rate.
    #[must_use]
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = decay;
        self
    }

    /// Multiplies the learning rate for this group: 0.1 for layers that should move little.
    #[must_use]
    pub fn learning_rate_factor(mut self, factor: f64) -> Self {
        self.rate_factor = factor;
        self
    }

    /// Two groups: what decays, and biases and norms, which do not.
    ///
    /// Decay pulls weights towards zero so that a layer leans on many inputs; a bias or the scale of a norm has no inputs to spread over.
    pub fn with_decay(parameters: impl IntoIterator<Item = (String, Var)>, weight_decay: f64) -> Vec<Self> {
        let (decayed, kept): (Vec<_>, Vec<_>) =
            parameters.into_iter().partition(|(name, var)| decays(name, var.as_tensor().rank()));
        [Self::new(decayed).weight_decay(weight_decay), Self::new(kept)]
            .into_iter()
            .filter(|group| !group.parameters.is_empty())
            .collect()
    }

    /// The names of its parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }
}

/// Whether a parameter takes part in weight decay: a matrix or more, and neither bias nor norm by its name.
fn decays(name: &str, rank: usize) -> bool {
    let name = name.to_lowercase();
    let mut parts = name.split('.');
    let norm = |part: &str| part.contains("norm") || part.starts_with("ln_");
    rank > 1 && !parts.any(|part| part.contains("bias") || norm(part))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn biases_and_norms_do_not_decay() {
        let parameter =
            |name: &str, shape: &[usize]| (name.to_owned(), Var::zeros(shape, DType::F32, &Device::Cpu).unwrap());
        let groups = ParameterGroup::with_decay(
            [
                parameter("encoder.layer.0.attention.self.query.weight", &[4, 4]),
                parameter("encoder.layer.0.attention.self.query.bias", &[4]),
                parameter("encoder.layer.0.output.LayerNorm.weight", &[4]),
                parameter("h.0.ln_1.weight", &[4]),
                parameter("model.layers.0.input_layernorm.weight", &[4]),
                parameter("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", &[4, 2]),
                parameter("model.embed_tokens.weight", &[9, 4]),
            ],
            0.01,
        );
        assert_eq!(groups.len(), 2);
        let decayed: Vec<&str> = groups[0].names().collect();
        assert_eq!(decayed, ["encoder.layer.0.attention.self.query.weight", "model.embed_tokens.weight"]);
        assert_eq!((groups[0].weight_decay, groups[1].weight_decay), (0.01, 0.0));
        assert_eq!(groups[1].names().count(), 5);
    }
}
