//! What a model is told for the time of a run, and told back after it: bf16, noise on embeddings, gradient checkpointing.

use course_models::nn::Parameters;

use super::Trainer;
use crate::{Error, Result};

/// Puts the switches of a model back, however the run ends.
pub(super) struct Switched {
    parameters: Parameters,
    bf16: bool,
    noise: f64,
    checkpointing: bool,
}

impl Trainer {
    /// Switches the model to what the arguments ask for, until the result is dropped.
    ///
    /// # Errors
    /// [`Error::Argument`] where the model has no layers or embeddings for it.
    pub(super) fn switched(&self) -> Result<Switched> {
        let (args, parameters, model) = (&self.args, self.model.parameters(), self.model.architecture());
        if args.gradient_checkpointing && !parameters.can_recompute() {
            let problem = format!(
                "{model} has no layers that can compute their activations again; run a layer by `course::models::nn::Recompute`, or leave the argument out"
            );
            return Err(Error::argument("gradient_checkpointing", problem));
        }
        let noise = args.neftune_noise_alpha.unwrap_or(0.0);
        if noise > 0.0 && !parameters.can_be_noisy() {
            let problem = format!(
                "{model} has no embeddings of tokens that take noise; mark them by `Embedding::noisy`, or leave the argument out"
            );
            return Err(Error::argument("neftune_noise_alpha", problem));
        }
        let switched = Switched {
            parameters: parameters.clone(),
            bf16: parameters.is_bf16(),
            noise: parameters.neftune_noise_alpha(),
            checkpointing: parameters.gradient_checkpointing(),
        };
        // What the model was told before the trainer had it stays.
        parameters.set_bf16(args.bf16 || switched.bf16);
        parameters.set_gradient_checkpointing(args.gradient_checkpointing || switched.checkpointing);
        parameters.set_neftune_noise_alpha(args.neftune_noise_alpha.unwrap_or(switched.noise));
        Ok(switched)
    }
}

impl Drop for Switched {
    fn drop(&mut self) {
        self.parameters.set_bf16(self.bf16);
        self.parameters.set_neftune_noise_alpha(self.noise);
        self.parameters.set_gradient_checkpointing(self.checkpointing);
    }
}
