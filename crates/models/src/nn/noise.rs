//! Noise on embeddings while a model trains: NEFTune (Jain et al., 2023).

use candle_core::Tensor;

use super::{Parameters, Scope};
use crate::{Philox, Result};

/// Adds random numbers to the vectors of the tokens that a model reads, where its [`Parameters`] ask for it.
#[derive(Clone)]
pub(super) struct Noise {
    parameters: Parameters,
}

impl Noise {
    pub(super) fn new(scope: &Scope) -> Self {
        scope.parameters().set_can_be_noisy();
        Self { parameters: scope.parameters().clone() }
    }

    /// `(batch, length, size)`, each number with one between ±alpha / √(length · size) more; as it is while the model does not train.
    pub(super) fn forward(&self, vectors: &Tensor) -> Result<Tensor> {
        let alpha = self.parameters.neftune_noise_alpha();
        let &[_, length, size] = vectors.dims() else { return Ok(vectors.clone()) };
        if alpha <= 0.0 || !self.parameters.is_training() || vectors.elem_count() == 0 {
            return Ok(vectors.clone());
        }
        let most = (alpha / ((length * size) as f64).sqrt()) as f32;
        let state = self.parameters.draw();
        // As for dropout: streams far from those that weights are drawn from.
        let mut random = Philox::with_stream(state.seed, state.draws | 1 << 63);
        let noise = (0..vectors.elem_count()).map(|_| (random.next_f32() * 2.0 - 1.0) * most).collect::<Vec<_>>();
        let noise = Tensor::from_vec(noise, vectors.shape(), &candle_core::Device::Cpu)?;
        Ok((vectors + noise.to_dtype(vectors.dtype())?.to_device(vectors.device())?)?)
    }
}

impl std::fmt::Debug for Noise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Noise({})", self.parameters.neftune_noise_alpha())
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::testing::close;
    use crate::nn::{Embedding, Init, Parameters, backward};
    use candle_core::{Device, Tensor};

    #[test]
    fn noise_is_even_bounded_seeded_and_only_in_training() {
        let parameters = Parameters::new(&Device::Cpu, 5);
        let root = parameters.root();
        let plain = Embedding::new(&root, 20, 16, Init::Normal { std: 1.0 }).unwrap();
        assert!(!parameters.can_be_noisy());
        let noisy = plain.clone().noisy(&root);
        assert!(parameters.can_be_noisy());
        parameters.set_neftune_noise_alpha(5.0);
        let ids = Tensor::from_iter((0..100_u32).map(|id| id / 5), &Device::Cpu).unwrap().reshape((4, 25)).unwrap();
        let still = plain.forward(&ids).unwrap();
        close(&noisy.forward(&ids).unwrap(), &still, 0.0);

        parameters.set_training(true);
        let state = parameters.random_state();
        let first = noisy.forward(&ids).unwrap();
        let noise = (&first - &still).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let most = 5.0 / (25.0_f32 * 16.0).sqrt();
        assert!(noise.iter().all(|number| number.abs() <= most * 1.001));
        // Mean and deviation of an even spread, within five standard errors of 1,600 numbers.
        let count = noise.len() as f32;
        let mean = noise.iter().sum::<f32>() / count;
        let square = noise.iter().map(|number| number * number).sum::<f32>() / count;
        let deviation = most / 3.0_f32.sqrt();
        assert!(mean.abs() < 5.0 * deviation / count.sqrt(), "{mean}");
        assert!((square.sqrt() / deviation - 1.0).abs() < 0.06, "{}", square.sqrt());

        let second = noisy.forward(&ids).unwrap();
        assert_ne!(first.to_vec3::<f32>().unwrap(), second.to_vec3::<f32>().unwrap());
        parameters.set_random_state(state);
        close(&noisy.forward(&ids).unwrap(), &first, 0.0);
        // The gradient is that of the table without noise.
        let gradient = |layer: &Embedding| {
            let loss = layer.forward(&ids).unwrap().sum_all().unwrap();
            backward(&loss).unwrap().get(&plain.weight().var).unwrap().clone()
        };
        close(&gradient(&noisy), &gradient(&plain), 0.0);
        parameters.set_neftune_noise_alpha(0.0);
        close(&noisy.forward(&ids).unwrap(), &still, 0.0);
    }
}
