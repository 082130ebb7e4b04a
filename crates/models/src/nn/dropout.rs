//! Dropout by random numbers that are counted, not stored: the backward pass draws the same mask again.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, slice, with};
use super::{Parameters, RandomState};
use crate::{Error, Result};

/// Sets a share of the numbers to zero while its model trains, and scales the others so that the mean stays (Srivastava et al.,
/// 2014). Made by [`Scope::dropout`](super::Scope::dropout).
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use course_models::nn::Parameters;
///
/// let parameters = Parameters::new(&Device::Cpu, 42);
/// let dropout = parameters.root().dropout(0.5);
/// let x = Tensor::ones(8, DType::F32, &Device::Cpu)?;
/// assert_eq!(dropout.forward(&x)?.to_vec1::<f32>()?, [1.0; 8]); // not in training
/// parameters.set_training(true);
/// assert!(dropout.forward(&x)?.to_vec1::<f32>()?.iter().all(|y| [0.0, 2.0].contains(y)));
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone)]
pub struct Dropout {
    parameters: Parameters,
    p: f32,
}

impl Dropout {
    pub(super) fn new(parameters: Parameters, p: f32) -> Self {
        Self { parameters, p }
    }

    /// The share that is dropped.
    pub fn p(&self) -> f32 {
        self.p
    }

    /// `x` with some numbers dropped if the model trains, else `x`.
    ///
    /// # Errors
    /// A share that is not between 0 and 1.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self.mask()? {
            Some(mask) => dropout(x, mask),
            None => Ok(x.clone()),
        }
    }

    /// `forward(x) + residual`, one operation: what follows attention and the feed-forward block in every transformer layer.
    ///
    /// # Errors
    /// Two shapes.
    pub fn forward_residual(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        if x.dims() != residual.dims() {
            let problem = format!("has shape {:?}, but what it is added to is {:?}", x.dims(), residual.dims());
            return Err(Error::input("x", problem));
        }
        if !is_ours(x) || residual.dtype() != x.dtype() {
            return Ok((self.forward(x)? + residual)?);
        }
        Ok(x.contiguous()?.apply_op2(&residual.contiguous()?, Sum { mask: self.mask()? })?)
    }

    /// The next mask, if anything is to be dropped.
    pub(super) fn mask(&self) -> Result<Option<Mask>> {
        if !(0.0..=1.0).contains(&self.p) {
            return Err(Error::input("dropout", format!("drops a share between 0 and 1, not {}", self.p)));
        }
        let drops = self.p > 0.0 && self.parameters.is_training();
        Ok(drops.then(|| Mask::new(self.parameters.draw(), self.p)))
    }
}

impl std::fmt::Debug for Dropout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dropout({})", self.p)
    }
}

pub(super) fn dropout(x: &Tensor, mask: Mask) -> Result<Tensor> {
    if is_half(x) {
        return Ok(dropout(&x.to_dtype(DType::F32)?, mask)?.to_dtype(x.dtype())?);
    }
    if !is_ours(x) {
        let factors = mask.apply(&vec![1.0_f32; x.elem_count()]);
        let factors = Tensor::from_vec(factors, x.shape(), &candle_core::Device::Cpu)?;
        return Ok((x * factors.to_dtype(x.dtype())?.to_device(x.device())?)?);
    }
    Ok(x.contiguous()?.apply_op1(mask)?)
}

/// Which numbers of a tensor are dropped: a function of the seed, of which mask it is, and of the number's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask {
    key: [u32; 2],
    stream: [u32; 2],
    /// A number is dropped whose 16 random bits are below this: the share is rounded to a 65 536th, and the scale is that of the
    /// rounded one.
    threshold: u32,
    /// What the others are multiplied with.
    scale: f64,
}

/// A row here is any number of neighbours that whole draws make up.
const WIDTH: usize = 1 << 10;

/// Numbers decided at once: eight blocks of four times 32 random bits, of which each number takes 16.
pub(super) const DRAWN: usize = 64;

impl Mask {
    fn new(state: RandomState, p: f32) -> Self {
        let halves = |number: u64| [number as u32, (number >> 32) as u32];
        // Far from zero and counted up from there: weights of the same seed are drawn from streams that are hashes of their names, and
        // a mask would meet one of them only by a chance of one in 2⁶³.
        let stream = halves(state.draws | 1 << 63);
        let threshold = (f64::from(p) * 65_536.0).round();
        let scale = if threshold < 65_536.0 { 65_536.0 / (65_536.0 - threshold) } else { 0.0 };
        Self { key: halves(state.seed), stream, threshold: threshold as u32, scale }
    }

    /// Multiplies each number of `to` with its factor, 0 or the scale; `first` is the place of the first one in the tensor, a
    /// multiple of 64.
    #[inline(always)]
    pub(super) fn multiply<T: Real>(&self, first: usize, to: &mut [T]) {
        debug_assert!(first.is_multiple_of(DRAWN));
        let scale = T::of(self.scale);
        let factor = |bits: u32| if bits < self.threshold { T::ZERO } else { scale };
        for (number, to) in to.chunks_mut(DRAWN).enumerate() {
            let bits = self.bits((first / DRAWN + number) as u64);
            let mut factors = [T::ZERO; DRAWN];
            let (low, high) = factors.split_at_mut(DRAWN / 2);
            for ((low, high), bits) in low.iter_mut().zip(high).zip(bits) {
                *low = factor(bits & 0xFFFF);
                *high = factor(bits >> 16);
            }
            to.iter_mut().zip(factors).for_each(|(to, factor)| *to *= factor);
        }
    }

    /// Of [`Philox`](crate::Philox)'s blocks `8 · group` to `8 · group + 7` first all first numbers, then all second ones, and so on.
    ///
    /// Each number is held in 64 bits: then a product of two is one instruction for four lanes.
    #[inline(always)]
    fn bits(&self, group: u64) -> [u32; DRAWN / 2] {
        const LANES: usize = 8;
        const LOW: u64 = 0xFFFF_FFFF;
        let [low, high] = self.stream;
        let block = group * LANES as u64;
        let mut a: [u64; LANES] = std::array::from_fn(|lane| (block & LOW) + lane as u64);
        let (mut b, mut c, mut d) = ([block >> 32; LANES], [u64::from(low); LANES], [u64::from(high); LANES]);
        let mut key = self.key;
        for _ in 0..10 {
            let keys = key.map(u64::from);
            let first: [u64; LANES] = std::array::from_fn(|lane| (a[lane] & LOW) * 0xD251_1F53);
            let second: [u64; LANES] = std::array::from_fn(|lane| (c[lane] & LOW) * 0xCD9E_8D57);
            a = std::array::from_fn(|lane| (second[lane] >> 32) ^ b[lane] ^ keys[0]);
            b = std::array::from_fn(|lane| second[lane] & LOW);
            c = std::array::from_fn(|lane| (first[lane] >> 32) ^ d[lane] ^ keys[1]);
            d = std::array::from_fn(|lane| first[lane] & LOW);
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let mut bits = [0; DRAWN / 2];
        for (to, from) in bits.chunks_exact_mut(LANES).zip([a, b, c, d]) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from as u32);
        }
        bits
    }

    pub(super) fn apply<T: Real>(&self, x: &[T]) -> Vec<T> {
        let mut y = x.to_vec();
        for_rows(&mut y, WIDTH, |first, rows| self.multiply(first * WIDTH, rows));
        y
    }
}

impl CustomOp1 for Mask {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(x, "dropout", T => T::to_cpu_storage_owned(self.apply(slice::<T>(x, layout)?)));
        Ok((y, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, "dropout", T => {
            let dx = with::<T, _>(grad, |g| Ok(self.apply(g)))?;
            Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
        })
    }
}

/// The sum of two tensors, the first one masked.
struct Sum {
    mask: Option<Mask>,
}

impl CustomOp2 for Sum {
    fn name(&self) -> &'static str {
        "dropout_residual"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        other: &CpuStorage,
        other_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(x, "dropout_residual", T => {
            let (x, other) = (slice::<T>(x, x_l)?, slice::<T>(other, other_l)?);
            let mut y = vec![T::ZERO; x.len()];
            for_rows(&mut y, WIDTH, |first, y| {
                let from = first * WIDTH;
                y.copy_from_slice(&x[from..][..y.len()]);
                if let Some(mask) = &self.mask {
                    mask.multiply(from, y);
                }
                super::cpu::add(y, &other[from..]);
            });
            T::to_cpu_storage_owned(y)
        });
        Ok((y, x_l.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        other: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        backward!(grad, "dropout_residual", T => {
            let dx = match (&self.mask, x.track_op()) {
                (_, false) => None,
                (None, true) => Some(grad.clone()),
                (Some(mask), true) => {
                    let dx = with::<T, _>(grad, |g| Ok(mask.apply(g)))?;
                    Some(Tensor::from_vec(dx, x.shape(), x.device())?)
                }
            };
            Ok((dx, other.track_op().then(|| grad.clone())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Philox;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};

    fn ones(count: usize) -> Tensor {
        Tensor::ones(count, DType::F32, &Device::Cpu).unwrap()
    }

    #[test]
    fn bits_are_those_of_philox() {
        let mask = Mask::new(RandomState { seed: 0x1234_5678_9abc, draws: 7 }, 0.5);
        let mut random = Philox::with_stream(0x1234_5678_9abc, 7 | 1 << 63);
        random.skip_to_block(5 * 8);
        let bits = mask.bits(5);
        for block in 0..8 {
            for number in 0..4 {
                assert_eq!(bits[number * 8 + block], random.next_u32());
            }
        }
    }

    #[test]
    fn the_share_asked_for_is_dropped_and_the_rest_scaled() {
        let parameters = Parameters::new(&Device::Cpu, 42);
        parameters.set_training(true);
        let dropout = parameters.root().dropout(0.1);
        let y = dropout.forward(&ones(100_000)).unwrap().to_vec1::<f32>().unwrap();
        let dropped = y.iter().filter(|y| **y == 0.0).count() as f64 / 1e5;
        // Four standard errors.
        assert!((dropped - 0.1).abs() < 4.0 * (0.09_f64 / 1e5).sqrt(), "{dropped}");
        assert!(y.iter().all(|y| *y == 0.0 || (*y - 1.0 / 0.9).abs() < 2e-5));
        // The next mask is another one; the state brings the first back.
        let again = dropout.forward(&ones(100_000)).unwrap().to_vec1::<f32>().unwrap();
        assert_ne!(y, again);
        parameters.set_random_state(RandomState { seed: 42, draws: 0 });
        assert_eq!(dropout.forward(&ones(100_000)).unwrap().to_vec1::<f32>().unwrap(), y);
    }

    #[test]
    fn the_gradient_has_the_same_mask_and_half_precision_too() {
        let mask = Mask::new(RandomState { seed: 1, draws: 0 }, 0.3);
        check_gradients(&[numbers(&[7, 11], 1)], |t| dropout(&t[0], mask));
        let half = dropout(&ones(50).to_dtype(DType::BF16).unwrap(), mask).unwrap();
        close(&half, &dropout(&ones(50), mask).unwrap(), 1e-2);
    }

    #[test]
    fn with_a_residual_it_is_the_sum_of_the_two() {
        let parameters = Parameters::new(&Device::Cpu, 42).dtype(DType::F64);
        let dropout = parameters.root().dropout(0.3);
        for training in [false, true] {
            parameters.set_training(training);
            let state = parameters.random_state();
            let (x, other) = (numbers(&[70, 50], 1), numbers(&[70, 50], 2));
            let ours = dropout.forward_residual(&x, &other).unwrap();
            parameters.set_random_state(state);
            close(&ours, &(dropout.forward(&x).unwrap() + &other).unwrap(), 1e-12);
            check_gradients(&[numbers(&[5, 7], 1), numbers(&[5, 7], 2)], |t| {
                parameters.set_random_state(state);
                dropout.forward_residual(&t[0], &t[1])
            });
        }
    }

    #[test]
    fn all_or_nothing() {
        let parameters = Parameters::new(&Device::Cpu, 42);
        parameters.set_training(true);
        let x = Var::from_tensor(&ones(40)).unwrap();
        close(&parameters.root().dropout(1.0).forward(&x).unwrap(), &ones(40).zeros_like().unwrap(), 0.0);
        close(&parameters.root().dropout(0.0).forward(&x).unwrap(), &x, 0.0);
        assert!(parameters.root().dropout(1.5).forward(&x).is_err());
    }
}
