//! Self-attention from hidden states on: the three projections and the attention, one operation.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Shape, Tensor, WithDType, bail};

use super::attention_kernel::{Product, Slices};
use super::cpu::{Real, backward, for_rows, forward, slice, sum_rows, with};
use super::matmul::{Into, Matrix, Output, multiply};
use super::{Attention, Linear, leaves};
use crate::Result;

/// `attention.forward(query(x), key(x), value(x))`, `(batch, length, size)` to `(batch, length, heads · head_dim)`.
///
/// As one operation, queries, keys and values lie side by side in one tensor that is no node of the graph, and `x` gets one gradient
/// in place of three that candle would add up. Where that is not possible (other devices, half precision, weights that are computed
/// from others, LoRA beside one, a mask that is trained), it is the same operations one after the other, with the same numbers.
///
/// The gradients of the weights come by [`backward`](super::backward) of this module.
///
/// # Errors
/// Shapes that do not fit.
pub fn self_attention(
    x: &Tensor,
    query: &Linear,
    key: &Linear,
    value: &Linear,
    attention: &Attention,
) -> Result<Tensor> {
    let projections = [query, key, value].map(Linear::tensors);
    let weights = projections.iter().flat_map(|(weight, bias)| std::iter::once(weight).chain(bias));
    let inputs = x.dims().last().copied();
    let fits = x.rank() == 3 && projections.iter().all(|(weight, _)| weight.dims().get(1).copied() == inputs);
    let adapted = [query, key, value].iter().any(|layer| layer.is_adapted());
    let product = match fits && !adapted && leaves::joinable(x, weights) {
        true => attention
            .product(x, projections.each_ref().map(|(weight, _)| weight.dims().first().copied().unwrap_or(0)))?,
        false => None,
    };
    let Some(product) = product else {
        return attention.forward(&query.forward(x)?, &key.forward(x)?, &value.forward(x)?);
    };
    Ok(x.contiguous()?.apply_op1(SelfAttention { projections, product, inside: OnceLock::new() })?)
}

struct SelfAttention {
    /// Weight and bias of query, key and value.
    projections: [(Tensor, Option<Tensor>); 3],
    product: Product,
    /// Queries, keys and values side by side, `(batch · length, all)`.
    inside: OnceLock<Tensor>,
}

impl SelfAttention {
    /// Where the queries, keys and values begin in a row, and how long it is.
    fn places(&self) -> candle_core::Result<([usize; 3], usize)> {
        let [q, k, v] = &self.projections;
        let (q, k, v) = (q.0.dim(0)?, k.0.dim(0)?, v.0.dim(0)?);
        Ok(([0, q, q + k], q + k + v))
    }

    fn forward<T: Real>(&self, x: &[T], inputs: usize) -> candle_core::Result<Vec<T>> {
        let (places, width) = self.places()?;
        let rows = x.len().checked_div(inputs).unwrap_or(0);
        let mut all = vec![T::ZERO; rows * width];
        let mut biases = vec![T::ZERO; width];
        for ((_, bias), place) in self.projections.iter().zip(places) {
            if let Some(bias) = bias {
                with::<T, _>(bias, |bias| {
                    biases[place..place + bias.len()].copy_from_slice(bias);
                    Ok(())
                })?;
            }
        }
        for_rows(&mut all, width, |_, rows| rows.chunks_exact_mut(width).for_each(|row| row.copy_from_slice(&biases)));
        for ((weight, _), place) in self.projections.iter().zip(places).filter(|_| rows > 0) {
            let outputs = weight.dim(0)?;
            with::<T, _>(weight, |weight| {
                let (x, weight) = (Matrix::new(x, rows, inputs), Matrix::new(weight, outputs, inputs));
                multiply(&mut all[place..], width, Into::Add, T::ONE, x, weight.t(), false);
                Ok(())
            })?;
        }
        let y = self.product.with_mask(|mask| Ok(self.product.forward(slices(&all, places, width, mask))))?;
        // Set once: an operation runs forward once.
        let _ = self.inside.set(Tensor::from_vec(all, (rows, width), &Device::Cpu)?);
        Ok(y)
    }

    fn backward<T: Real>(&self, x: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let Some(inside) = self.inside.get() else { bail!("self_attention: backward before forward") };
        let (places, width) = self.places()?;
        let (rows, inputs) = (inside.dim(0)?, self.projections[0].0.dim(1)?);
        let mut grads = vec![T::ZERO; rows * width];
        with::<T, _>(inside, |all| {
            with::<T, _>(grad, |g| {
                self.product.with_mask(|mask| {
                    let to = Output::new(&mut grads);
                    self.product.backward(slices(all, places, width, mask), g, places.map(|place| to.from(place)));
                    Ok(())
                })
            })
        })?;
        let sums = sum_rows(&grads, width);
        let mut dx = vec![T::ZERO; if x.track_op() { rows * inputs } else { 0 }];
        for ((weight, bias), place) in self.projections.iter().zip(places) {
            let outputs = weight.dim(0)?;
            if let Some(bias) = bias.as_ref().filter(|bias| bias.track_op()) {
                leaves::give_aside(bias, sums[place..place + outputs].to_vec())?;
            }
            if rows == 0 {
                continue;
            }
            let g = Matrix::with_stride(&grads[place..], rows, outputs, width);
            if weight.track_op() {
                let mut dw = vec![T::ZERO; outputs * inputs];
                with::<T, _>(x, |x| {
                    multiply(&mut dw, inputs, Into::Replace, T::ONE, g.t(), Matrix::new(x, rows, inputs), false);
                    Ok(())
                })?;
                leaves::give_aside(weight, dw)?;
            }
            if x.track_op() {
                with::<T, _>(weight, |weight| {
                    let weight = Matrix::new(weight, outputs, inputs);
                    multiply(
                        &mut dx,
                        inputs,
                        if place == 0 { Into::Replace } else { Into::Add },
                        T::ONE,
                        g,
                        weight,
                        false,
                    );
                    Ok(())
                })?;
            }
        }
        leaves::give_numbers(x, dx)
    }
}

fn slices<'a, T: Real>(all: &'a [T], places: [usize; 3], width: usize, mask: Option<&'a [T]>) -> Slices<'a, T> {
    let [q, k, v] = places.map(|place| all.get(place..).unwrap_or_default());
    Slices { q, k, v, mask, width, shared_width: width }
}

impl CustomOp1 for SelfAttention {
    fn name(&self) -> &'static str {
        "self_attention"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (batch, length, inputs) = layout.shape().dims3()?;
        let y =
            forward!(x, "self_attention", T => T::to_cpu_storage_owned(self.forward(slice::<T>(x, layout)?, inputs)?));
        Ok((y, (batch, length, self.projections[0].0.dim(0)?).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, "self_attention", T => self.backward::<T>(x, grad))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_joined, numbers};
    use crate::nn::{Init, Parameters, padding_mask};
    use candle_core::{DType, Var};

    #[test]
    fn equals_the_operations_one_after_the_other() {
        let mask =
            padding_mask(&Tensor::new(&[[1u32, 1, 1, 0], [1, 0, 1, 1]], &Device::Cpu).unwrap(), DType::F64).unwrap();
        for (bias, causal, shared, frozen) in
            [(true, false, 4, "none"), (false, true, 2, "none"), (true, true, 2, "key"), (true, false, 1, "")]
        {
            let parameters = Parameters::new(&Device::Cpu, 3).dtype(DType::F64);
            let linear = |name: &str, heads: usize| {
                Linear::new(&parameters.root().pp(name), 5, heads * 3, bias, Init::Normal { std: 0.5 }).unwrap()
            };
            let (query, key, value) = (linear("query", 4), linear("key", shared), linear("value", shared));
            parameters.freeze(|name| name.starts_with(frozen));
            parameters.set_training(true);
            let attention = Attention::new(4)
                .key_value_heads(shared)
                .mask(&mask)
                .causal(causal)
                .dropout(&parameters.root().dropout(0.2));
            let x = Var::from_tensor(&numbers(&[2, 4, 5], 1)).unwrap();
            let joined = |x: &Tensor| self_attention(x, &query, &key, &value, &attention);
            let apart = |x: &Tensor| attention.forward(&query.forward(x)?, &key.forward(x)?, &value.forward(x)?);
            check_joined(&parameters, &x, joined, apart);
        }
    }
}
