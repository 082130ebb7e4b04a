//! Rotary position embedding: each pair of numbers is turned by an angle that grows with the position (Su et al., 2021).

use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, slice, with};
use crate::{Error, Result};

/// Which numbers of a head make a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RopePairs {
    /// The i-th with the one half a head further: Llama and Qwen, as the Hub stores them.
    #[default]
    Halves,
    /// Neighbours: GPT-J, and the paper.
    Neighbours,
}

/// The cosines and sines of the angles of `positions`, each `(positions, head_dim / 2)` in `f32`: position · theta^(−2i / head_dim).
///
/// ```
/// let (cos, sin) = course_models::nn::rope_table(&[0, 1], 4, 10_000.0, &candle_core::Device::Cpu)?;
/// assert_eq!(sin.to_vec2::<f32>()?, [[0.0, 0.0], [1f32.sin(), 0.01f32.sin()]]);
/// assert_eq!(cos.dims(), [2, 2]);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// An odd `head_dim`.
pub fn rope_table(positions: &[u32], head_dim: usize, theta: f64, device: &Device) -> Result<(Tensor, Tensor)> {
    if !head_dim.is_multiple_of(2) {
        return Err(Error::input("head_dim", format!("is {head_dim}, but numbers are turned in pairs")));
    }
    rope_angles(positions, &rope_speeds(head_dim, theta), device)
}

/// How fast each pair of a head turns, in radians a position: theta^(−2i / head_dim).
pub(crate) fn rope_speeds(head_dim: usize, theta: f64) -> Vec<f64> {
    (0..head_dim / 2).map(|pair| theta.powf(-2.0 * pair as f64 / head_dim as f64)).collect()
}

/// The cosines and sines of pairs that turn at `speeds`, each `(positions, pairs)`.
pub(crate) fn rope_angles(positions: &[u32], speeds: &[f64], device: &Device) -> Result<(Tensor, Tensor)> {
    let angles = positions.iter().flat_map(|&position| speeds.iter().map(move |speed| f64::from(position) * speed));
    let (cos, sin): (Vec<f32>, Vec<f32>) = angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
    let shape = (positions.len(), speeds.len());
    Ok((Tensor::from_vec(cos, shape, device)?, Tensor::from_vec(sin, shape, device)?))
}

/// Turns the pairs of every head of `x`, `(batch, length, heads · head_dim)` or `(batch, length, heads, head_dim)`, by the angles of its
/// position: `cos` and `sin` are `(length, head_dim / 2)` or, with positions of each text's own, `(batch, length, head_dim / 2)`.
///
/// No gradient goes to the angles.
///
/// # Errors
/// Shapes that do not fit.
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor, pairs: RopePairs) -> Result<Tensor> {
    let shapes = || format!("x {:?}, cos {:?}, sin {:?}", x.dims(), cos.dims(), sin.dims());
    let wrong = |what: &str| Err(Error::input("rope", format!("{what}: {}", shapes())));
    let (batch, length, width) = match *x.dims() {
        [batch, length, width] => (batch, length, width),
        [batch, length, heads, head_dim] => (batch, length, heads * head_dim),
        _ => return wrong("x is (batch, length, heads · head_dim)"),
    };
    let half = match *cos.dims() {
        [positions, half] if positions == length => half,
        [texts, positions, half] if texts == batch && positions == length => half,
        _ => return wrong("cos is (length, head_dim / 2) or (batch, length, head_dim / 2)"),
    };
    if sin.dims() != cos.dims()
        || half == 0
        || !width.is_multiple_of(2 * half)
        || (x.rank() == 4 && x.dims().last() != Some(&(2 * half)))
    {
        return wrong("the heads are as wide as cos and sin together");
    }
    if is_half(x) {
        return Ok(rope(&x.to_dtype(DType::F32)?, cos, sin, pairs)?.to_dtype(x.dtype())?);
    }
    let angles = |table: &Tensor| -> Result<Tensor> { Ok(table.detach().to_dtype(x.dtype())?.contiguous()?) };
    let turn = Turn { cos: angles(cos)?, sin: angles(sin)?, half, pairs };
    if !is_ours(x) {
        return turn.composed(x, (batch, length, width));
    }
    Ok(x.contiguous()?.apply_op1(turn)?)
}

struct Turn {
    cos: Tensor,
    sin: Tensor,
    half: usize,
    pairs: RopePairs,
}

impl Turn {
    /// By the angles, or back: by −1 times the angles.
    fn turn<T: Real>(&self, x: &[T], width: usize, direction: T) -> candle_core::Result<Vec<T>> {
        with::<T, _>(&self.cos, |cos| {
            with::<T, _>(&self.sin, |sin| {
                let half = self.half;
                let positions = cos.len() / half;
                let mut y = x.to_vec();
                for_rows(&mut y, width, |first, rows| {
                    for (row, y) in rows.chunks_exact_mut(width).enumerate() {
                        let position = (first + row) % positions;
                        let (cos, sin) = (&cos[position * half..][..half], &sin[position * half..][..half]);
                        for head in y.chunks_exact_mut(2 * half) {
                            self.head(head, cos, sin, direction);
                        }
                    }
                });
                Ok(y)
            })
        })
    }

    #[inline(always)]
    fn head<T: Real>(&self, head: &mut [T], cos: &[T], sin: &[T], direction: T) {
        match self.pairs {
            RopePairs::Halves => {
                let (first, second) = head.split_at_mut(self.half);
                for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                    let sin = *sin * direction;
                    (*a, *b) = (*a * *cos - *b * sin, *b * *cos + *a * sin);
                }
            }
            RopePairs::Neighbours => {
                for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                    let sin = *sin * direction;
                    let (a, b) = (pair[0], pair[1]);
                    (pair[0], pair[1]) = (a * *cos - b * sin, b * *cos + a * sin);
                }
            }
        }
    }

    fn composed(&self, x: &Tensor, (batch, length, width): (usize, usize, usize)) -> Result<Tensor> {
        let half = self.half;
        let heads = width / (2 * half);
        let angles =
            |table: &Tensor| -> Result<Tensor> { Ok(table.to_device(x.device())?.reshape(((), length, 1, half))?) };
        let (cos, sin) = (angles(&self.cos)?, angles(&self.sin)?);
        let turned = |a: &Tensor, b: &Tensor| -> Result<(Tensor, Tensor)> {
            let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
            Ok((first, (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?))
        };
        let y = match self.pairs {
            RopePairs::Halves => {
                let x = x.reshape((batch, length, heads, 2 * half))?;
                let (a, b) = turned(&x.narrow(3, 0, half)?, &x.narrow(3, half, half)?)?;
                Tensor::cat(&[a, b], 3)?
            }
            RopePairs::Neighbours => {
                let x = x.reshape((batch, length, heads, half, 2))?;
                let (a, b) = turned(&x.narrow(4, 0, 1)?.squeeze(4)?, &x.narrow(4, 1, 1)?.squeeze(4)?)?;
                Tensor::stack(&[a, b], 4)?
            }
        };
        Ok(y.reshape(x.shape())?)
    }
}

impl CustomOp1 for Turn {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let width = layout.dims().iter().skip(2).product();
        let y = forward!(x, "rope", T => T::to_cpu_storage_owned(self.turn(slice::<T>(x, layout)?, width, T::ONE)?));
        Ok((y, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let width = x.dims().iter().skip(2).product();
        backward!(grad, "rope", T => {
            let dx = with::<T, _>(grad, |g| self.turn(g, width, -T::ONE))?;
            Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use proptest::prelude::*;

    const BOTH: [RopePairs; 2] = [RopePairs::Halves, RopePairs::Neighbours];

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (cos, sin) = rope_table(&[0, 3, 7], 4, 100.0, &Device::Cpu).unwrap();
        for pairs in BOTH {
            check_gradients(&[numbers(&[2, 3, 8], 1)], |t| rope(&t[0], &cos, &sin, pairs));
        }
    }

    #[test]
    fn the_product_of_two_turned_vectors_depends_on_their_distance_only() {
        let (q, k) = (numbers(&[1, 1, 8], 1), numbers(&[1, 1, 8], 2));
        for pairs in BOTH {
            let product = |at: u32, other: u32| {
                let turned = |x: &Tensor, position: u32| {
                    let (cos, sin) = rope_table(&[position], 8, 100.0, &Device::Cpu).unwrap();
                    rope(x, &cos, &sin, pairs).unwrap()
                };
                (turned(&q, at) * turned(&k, other)).unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap()
            };
            assert!((product(5, 2) - product(105, 102)).abs() < 1e-4);
            assert!((product(5, 2) - product(5, 4)).abs() > 1e-3);
        }
    }

    proptest! {
        #[test]
        fn equals_candles_operations(
            (batch, length, heads, half) in (1usize..4, 1usize..9, 1usize..4, 1usize..6),
            (own_positions, neighbours, split, turned) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        ) {
            let pairs = BOTH[usize::from(neighbours)];
            let count = if own_positions { batch * length } else { length };
            let positions = (0..count as u32).map(|i| i * 3 % 17).collect::<Vec<_>>();
            let (cos, sin) = rope_table(&positions, 2 * half, 100.0, &Device::Cpu).unwrap();
            let shaped = |table: Tensor| if own_positions { table.reshape((batch, length, half)).unwrap() } else { table };
            let (cos, sin) = (shaped(cos), shaped(sin));
            let width = heads * 2 * half;
            let x = if turned { numbers(&[length, batch, width], 1).transpose(0, 1).unwrap() } else { numbers(&[batch, length, width], 1) };
            let x = if split { x.reshape((batch, length, heads, 2 * half)).unwrap() } else { x };
            let double = |table: &Tensor| table.to_dtype(DType::F64).unwrap();
            let turn = Turn { cos: double(&cos), sin: double(&sin), half, pairs };
            let expected = turn.composed(&x, (batch, length, width)).unwrap();
            close(&rope(&x, &cos, &sin, pairs).unwrap(), &expected, 1e-12);
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let (cos, sin) = rope_table(&[0, 1], 4, 100.0, &Device::Cpu).unwrap();
        let error = rope(&numbers(&[2, 3, 8], 1), &cos, &sin, RopePairs::Halves).unwrap_err().to_string();
        assert!(error.contains("[2, 3, 8]") && error.contains("cos [2, 2]"), "{error}");
    }
}
