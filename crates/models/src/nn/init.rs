//! The values that weights begin with.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::Philox;
use crate::Result;

/// The values that a parameter begins with.
///
/// Random ones depend on the seed, the parameter's name and the place in the tensor only: not on the threads, nor on what
/// other parameters a model has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Zeros, as for biases.
    Zeros,
    /// Ones, as for the scale of a norm.
    Ones,
    /// Normally distributed around 0; BERT and GPT-2 begin with a deviation of 0.02.
    Normal {
        /// The standard deviation.
        std: f64,
    },
    /// Evenly distributed between `-bound` and `bound`.
    Uniform {
        /// The largest value.
        bound: f64,
    },
    /// What PyTorch's `nn.Linear` begins with: uniform, with the bound 1 / √(inputs), the inputs being all dimensions but the
    /// first.
    KaimingUniform,
}

/// Each piece of so many numbers is drawn from a stream position of its own.
const PIECE: usize = 1 << 12;

impl Init {
    /// The values of the parameter `name`.
    pub(super) fn draw(self, shape: &[usize], seed: u64, name: &str) -> Result<Tensor> {
        let numbers = self.numbers(shape, seed, fnv_1a(name));
        Ok(Tensor::from_vec(numbers, shape, &Device::Cpu)?)
    }

    fn numbers(self, shape: &[usize], seed: u64, stream: u64) -> Vec<f32> {
        let count = shape.iter().product();
        let mut numbers = vec![0.0_f32; count];
        // Each number costs two of the generator's.
        let fill = |numbers: &mut [f32], each: &(dyn Fn(&mut Philox, &mut [f32]) + Sync)| {
            numbers.par_chunks_mut(PIECE).enumerate().for_each(|(piece, numbers)| {
                let mut random = Philox::with_stream(seed, stream);
                random.skip_to_block((piece * PIECE / 2) as u64);
                numbers.chunks_mut(2).for_each(|pair| each(&mut random, pair));
            });
        };
        match self {
            Self::Zeros => {}
            Self::Ones => numbers.fill(1.0),
            Self::Normal { std } => fill(&mut numbers, &|random, pair| {
                // Box and Muller: two evenly distributed numbers become two normal ones.
                let radius = std * (-2.0 * (1.0 - random.next_f64()).ln()).sqrt();
                let (sine, cosine) = (std::f64::consts::TAU * random.next_f64()).sin_cos();
                for (number, value) in pair.iter_mut().zip([radius * cosine, radius * sine]) {
                    *number = value as f32;
                }
            }),
            Self::Uniform { bound } => fill(&mut numbers, &|random, pair| {
                let values = [random.next_f64(), random.next_f64()];
                for (number, value) in pair.iter_mut().zip(values) {
                    *number = ((2.0 * value - 1.0) * bound) as f32;
                }
            }),
            Self::KaimingUniform => {
                let inputs = shape.iter().skip(1).product::<usize>().max(1);
                return Self::Uniform { bound: 1.0 / (inputs as f64).sqrt() }.numbers(shape, seed, stream);
            }
        }
        numbers
    }
}

/// A number for a name (Fowler, Noll, Vo): simple enough to be written again in any language.
fn fnv_1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_deviation_asked_for() {
        let numbers = Init::Normal { std: 0.02 }.numbers(&[100, 1000], 42, fnv_1a("weight"));
        let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / 1e5;
        // Four standard errors of the mean and of the deviation.
        assert!(mean.abs() < 4.0 * 0.02 / 1e5_f64.sqrt(), "{mean}");
        assert!((variance.sqrt() - 0.02).abs() < 4.0 * 0.02 / 2e5_f64.sqrt(), "{}", variance.sqrt());
        // 95.45 % within two deviations.
        let near = numbers.iter().filter(|x| x.abs() < 0.04).count() as f64 / 1e5;
        assert!((near - 0.9545).abs() < 0.003, "{near}");
    }

    #[test]
    fn kaiming_is_uniform_up_to_the_root_of_the_inputs() {
        let numbers = Init::KaimingUniform.numbers(&[300, 64], 1, 2);
        let largest = numbers.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        assert!(largest <= 0.125 && largest > 0.1245, "{largest}");
    }

    #[test]
    fn numbers_depend_on_seed_and_name_and_not_on_threads() {
        let init = Init::Normal { std: 1.0 };
        let draw = || init.numbers(&[3, 5000], 7, fnv_1a("a"));
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(draw);
        assert_eq!(alone, draw());
        assert_ne!(alone, init.numbers(&[3, 5000], 8, fnv_1a("a")));
        assert_ne!(alone, init.numbers(&[3, 5000], 7, fnv_1a("b")));
        assert_ne!(alone[..PIECE], alone[PIECE..2 * PIECE]);
    }
}
