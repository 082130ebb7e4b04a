//! What the operations of this module share on a CPU: the two types they compute in, a tensor's numbers as a slice, rows shared
//! between threads.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, WithDType, bail};
use rayon::prelude::*;

use crate::kernels::elementwise;

/// A type that gradients are computed in: `f32` to work, `f64` to check the work against finite differences.
pub(super) trait Real: WithDType + std::ops::Neg<Output = Self> {
    const ZERO: Self;
    const ONE: Self;
    fn of(number: f64) -> Self;
    fn exp(self) -> Self;
    fn erf(self) -> Self;
    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    fn larger(self, other: Self) -> Self;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn of(number: f64) -> Self {
        number as f32
    }
    /// `elementwise::exp` ends at e^-87.3; what is smaller is 0 here, so that a masked score weighs nothing at all.
    #[inline(always)]
    fn exp(self) -> Self {
        let power = elementwise::exp(self);
        if self < -87.3 { 0.0 } else { power }
    }
    #[inline(always)]
    fn erf(self) -> Self {
        elementwise::erf(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        f32::ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn of(number: f64) -> Self {
        number
    }
    #[inline(always)]
    fn exp(self) -> Self {
        f64::exp(self)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        candle_core::cpu::erf::erf_f64(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        f64::ln(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        f64::max(self, other)
    }
}

/// Evaluates an expression with `$real` standing for the type of `$dtype`; other types are an error that names the operation.
macro_rules! by_dtype {
    ($dtype:expr, $operation:expr, $real:ident => $work:expr) => {
        match $dtype {
            candle_core::DType::F32 => {
                type $real = f32;
                $work
            }
            candle_core::DType::F64 => {
                type $real = f64;
                $work
            }
            other => candle_core::bail!("{}: computes in f32 or f64, got {other:?}", $operation),
        }
    };
}
pub(super) use by_dtype;

/// [`by_dtype`] for the forward pass of `$operation` on `$storage`, timed.
macro_rules! forward {
    ($storage:expr, $operation:expr, $real:ident => $work:expr) => {{
        let _timer = crate::nn::profile::timer($operation, false);
        crate::nn::cpu::by_dtype!(candle_core::backend::BackendStorage::dtype($storage), $operation, $real => $work)
    }};
}
pub(super) use forward;

/// [`by_dtype`] for the backward pass of `$operation`, given its result's gradient, timed.
macro_rules! backward {
    ($grad:expr, $operation:expr, $real:ident => $work:expr) => {{
        let _timer = crate::nn::profile::timer($operation, true);
        crate::nn::cpu::by_dtype!($grad.dtype(), $operation, $real => $work)
    }};
}
pub(super) use backward;

/// Whether the operations' own code runs for this tensor; where it does not, the same is composed of candle's.
pub(super) fn is_ours(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && matches!(tensor.dtype(), DType::F32 | DType::F64)
}

/// Whether this tensor is half precision on a CPU: then `f32` is computed in, and the result made half again.
pub(super) fn is_half(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && matches!(tensor.dtype(), DType::F16 | DType::BF16)
}

/// The numbers of a forward pass's argument, which the caller has made contiguous.
pub(super) fn slice<'a, T: Real>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let numbers = T::cpu_storage_as_slice(storage)?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&numbers[start..end]),
        None => bail!("an argument with strides {:?} is not contiguous", layout.stride()),
    }
}

/// Gives the numbers of a tensor, row by row, to `work`.
pub(super) fn with<T: Real, R>(tensor: &Tensor, work: impl FnOnce(&[T]) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => work(slice(storage, layout)?),
        _ => bail!("a tensor of the CPU is expected, got one on {:?}", tensor.device()),
    }
}

/// Numbers that a thread takes at once: enough to be worth handing out, few enough to stay in its cache.
const PIECE: usize = 1 << 14;

/// How many rows of `width` numbers make a piece. It does not depend on the threads: sums over pieces come out the same on any
/// machine.
pub(super) fn rows_of_a_piece(width: usize) -> usize {
    (PIECE / width.max(1)).max(1)
}

/// Fills `output` by pieces of whole rows, on several threads: `work` gets the number of the first row and the rows.
pub(super) fn for_rows<T: Real>(output: &mut [T], width: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let rows = rows_of_a_piece(width);
    let piece = rows * width.max(1);
    if output.len() <= piece {
        return work(0, output);
    }
    output.par_chunks_mut(piece).enumerate().for_each(|(number, output)| {
        work(number * rows, output);
    });
}

/// [`for_rows`] where each piece also gives a partial sum of `sums` numbers; returns their sum, piece after piece.
pub(super) fn for_rows_summing<T: Real>(
    output: &mut [T],
    width: usize,
    sums: usize,
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) -> Vec<T> {
    let rows = rows_of_a_piece(width).max(32);
    let pieces = output.par_chunks_mut(rows * width.max(1)).enumerate();
    let partial = pieces.map(|(number, output)| {
        let mut sum = vec![T::ZERO; sums];
        work(number * rows, output, &mut sum);
        sum
    });
    let mut total = vec![T::ZERO; sums];
    for partial in partial.collect::<Vec<_>>() {
        add(&mut total, &partial);
    }
    total
}

/// The sum of the rows of a matrix, piece after piece.
pub(super) fn sum_rows<T: Real>(matrix: &[T], width: usize) -> Vec<T> {
    let piece = rows_of_a_piece(width).max(32) * width.max(1);
    let partial = matrix.par_chunks(piece).map(|rows| {
        let mut sum = vec![T::ZERO; width];
        rows.chunks_exact(width.max(1)).for_each(|row| add(&mut sum, row));
        sum
    });
    let mut total = vec![T::ZERO; width];
    for partial in partial.collect::<Vec<_>>() {
        add(&mut total, &partial);
    }
    total
}

/// `to += from`.
#[inline(always)]
pub(super) fn add<T: Real>(to: &mut [T], from: &[T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += *from;
    }
}

/// `Σ value(i)` for `i` below `count`, in eight sums side by side, so that they fill a register.
#[inline(always)]
pub(super) fn sum<T: Real>(count: usize, value: impl Fn(usize) -> T) -> T {
    let mut sums = [T::ZERO; 8];
    let whole = count / 8 * 8;
    let mut at = 0;
    while at < whole {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += value(at + lane);
        }
        at += 8;
    }
    let rest = (whole..count).fold(T::ZERO, |rest, at| rest + value(at));
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}

/// The largest of some numbers, minus infinity if there are none.
#[inline(always)]
pub(super) fn largest<T: Real>(numbers: &[T]) -> T {
    let mut lanes = [T::of(f64::NEG_INFINITY); 8];
    let blocks = numbers.chunks_exact(8);
    let rest = blocks.remainder().iter().fold(T::of(f64::NEG_INFINITY), |largest, x| x.larger(largest));
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane = x.larger(*lane);
        }
    }
    lanes.iter().fold(rest, |largest, x| x.larger(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_maxima_take_every_number() {
        for count in [0, 1, 7, 8, 9, 100] {
            let numbers = (0..count).map(|i| (i * 7 % 11) as f64 - 3.0).collect::<Vec<_>>();
            assert_eq!(sum(count, |i| numbers[i]), numbers.iter().sum::<f64>());
            assert_eq!(largest(&numbers), numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }

    #[test]
    fn rows_are_summed_over_pieces() {
        let (rows, width) = (1000, 37);
        let matrix = (0..rows * width).map(|i| (i % 13) as f64).collect::<Vec<_>>();
        let expected = (0..width).map(|c| (0..rows).map(|r| matrix[r * width + c]).sum::<f64>()).collect::<Vec<_>>();
        assert_eq!(sum_rows(&matrix, width), expected);
    }

    #[test]
    fn exp_is_zero_where_f32_ends() {
        assert_eq!(Real::exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(Real::exp(-100.0_f32), 0.0);
        assert!((Real::exp(1.0_f32) - std::f32::consts::E).abs() < 1e-6);
    }
}
