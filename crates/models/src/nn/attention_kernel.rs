//! The loops of [`Attention`](super::Attention): some queries at a time against all keys, weights computed again in the backward pass.
//!
//! With P = softmax(S), S = scale · Q·Kᵀ + mask, D = dropout(P) and O = D·V: dV = Dᵀ·dO, dD = dO·Vᵀ, dS = D∘dD − P · Σ D∘dD by
//! rows, dQ = scale · dS·K, dK = scale · dSᵀ·Q.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Shape, Tensor, WithDType};
use rayon::prelude::*;

use super::attention::Sizes;
use super::cpu::{Real, backward, forward, largest, slice, sum, with};
use super::matmul::{Into, Matrix, Output, multiply};
use super::softmax::softmax_row;
use super::{dropout, leaves};
use crate::Result;

/// Queries that are worked on at once: their scores stay in the cache.
const QUERIES: usize = 128;

/// What is added to the scores, with how far apart its numbers are in each dimension.
pub(super) struct Mask {
    numbers: Tensor,
    /// Of batch, head and query; 0 where it is spread.
    strides: [usize; 3],
}

impl Mask {
    pub(super) fn new(mask: &Tensor, dtype: DType, sizes: &Sizes) -> Result<Self> {
        let mut dims = [1; 4];
        dims[4 - mask.rank()..].copy_from_slice(mask.dims());
        let mask = mask.detach().to_dtype(dtype)?.reshape(&dims)?;
        // The last dimension is read in one go.
        dims[3] = sizes.keys;
        let numbers = mask.broadcast_as(&dims)?.contiguous()?;
        let [batch, heads, queries, keys] = dims;
        let stride = |size: usize, stride: usize| if size == 1 { 0 } else { stride };
        let strides = [stride(batch, heads * queries * keys), stride(heads, queries * keys), stride(queries, keys)];
        Ok(Self { numbers, strides })
    }
}

pub(super) struct Product {
    pub(super) sizes: Sizes,
    pub(super) causal: bool,
    pub(super) mask: Option<Mask>,
    pub(super) dropout: Option<dropout::Mask>,
}

/// The queries, keys, values and mask as slices.
#[derive(Clone, Copy)]
pub(super) struct Slices<'a, T> {
    pub(super) q: &'a [T],
    pub(super) k: &'a [T],
    pub(super) v: &'a [T],
    pub(super) mask: Option<&'a [T]>,
    /// How far apart the rows of queries are.
    pub(super) width: usize,
    /// How far apart the rows of keys and of values are.
    pub(super) shared_width: usize,
}

/// One head's queries from `first` on.
#[derive(Clone, Copy)]
struct Block {
    text: usize,
    head: usize,
    first: usize,
    count: usize,
}

impl Product {
    /// How many keys the queries of a block look at, at most.
    fn reach(&self, block: Block) -> usize {
        let Sizes { queries, keys, .. } = self.sizes;
        // The last query of all is that of the last key.
        if self.causal { (block.first + block.count + keys).saturating_sub(queries).min(keys) } else { keys }
    }

    /// Where a head of a text begins among keys and values whose rows are `width` apart.
    fn shared(&self, text: usize, head: usize, width: usize) -> usize {
        let Sizes { keys, heads, shared_heads, head_dim, .. } = self.sizes;
        text * keys * width + head / (heads / shared_heads) * head_dim
    }

    /// Where a block begins among rows of queries, or of results, that are `width` apart.
    fn own(&self, block: Block, width: usize) -> usize {
        let Sizes { queries, head_dim, .. } = self.sizes;
        (block.text * queries + block.first) * width + block.head * head_dim
    }

    /// The weights of a block, `(count, reach)`, before dropout.
    #[inline(always)]
    fn weights<T: Real>(&self, on: Slices<'_, T>, block: Block, weights: &mut Vec<T>) {
        let Sizes { queries, keys, head_dim, scale, .. } = self.sizes;
        let reach = self.reach(block);
        weights.resize(block.count * reach, T::ZERO);
        let (from, shared) = (self.own(block, on.width), self.shared(block.text, block.head, on.shared_width));
        let q = Matrix::with_stride(&on.q[from..], block.count, head_dim, on.width);
        let k = Matrix::with_stride(&on.k[shared..], reach, head_dim, on.shared_width);
        multiply(weights, reach, Into::Replace, T::of(scale), q, k.t(), true);
        for (row, weights) in weights.chunks_exact_mut(reach.max(1)).enumerate() {
            let query = block.first + row;
            if let (Some(numbers), Some(mask)) = (on.mask, &self.mask) {
                let [by_text, by_head, by_query] = mask.strides;
                let at = block.text * by_text + block.head * by_head + query * by_query;
                weights.iter_mut().zip(&numbers[at..]).for_each(|(score, mask)| *score += *mask);
            }
            if self.causal {
                let seen = (query + 1 + keys).saturating_sub(queries).min(reach);
                weights[seen..].fill(T::of(f64::NEG_INFINITY));
            }
            if largest(weights) > T::of(f64::NEG_INFINITY) {
                softmax_row(weights);
            } else if weights.iter().all(|score| *score == T::of(f64::NEG_INFINITY)) {
                weights.fill(T::ZERO);
            }
        }
    }

    /// Applies dropout to the weights of a block.
    #[inline(always)]
    fn drop<T: Real>(&self, block: Block, weights: &mut [T]) {
        let Some(dropout) = &self.dropout else { return };
        let Sizes { queries, keys, heads, .. } = self.sizes;
        // Each row has its own numbers, from a place where whole draws begin.
        let stride = keys.next_multiple_of(dropout::DRAWN);
        let first = (block.text * heads + block.head) * queries + block.first;
        for (row, weights) in weights.chunks_exact_mut(self.reach(block).max(1)).enumerate() {
            dropout.multiply((first + row) * stride, weights);
        }
    }

    pub(super) fn forward<T: Real>(&self, on: Slices<'_, T>) -> Vec<T> {
        let Sizes { batch, queries, heads, head_dim, .. } = self.sizes;
        let width = heads * head_dim;
        let mut y = vec![T::ZERO; batch * queries * width];
        let texts = y.par_chunks_mut((queries * width).max(1)).enumerate();
        let blocks = texts
            .flat_map(|(text, y)| y.par_chunks_mut(QUERIES * width).enumerate().map(move |(part, y)| (text, part, y)));
        blocks.for_each_init(Vec::new, |weights, (text, part, y)| {
            for head in 0..heads {
                let block = Block { text, head, first: part * QUERIES, count: y.len() / width };
                self.weights(on, block, weights);
                self.drop(block, weights);
                let (reach, shared) = (self.reach(block), self.shared(text, head, on.shared_width));
                let p = Matrix::new(weights, block.count, reach);
                let v = Matrix::with_stride(&on.v[shared..], reach, head_dim, on.shared_width);
                multiply(&mut y[head * head_dim..], width, Into::Replace, T::ONE, p, v, true);
            }
        });
        y
    }

    /// Writes the gradients of queries, keys and values, of which all numbers are zero, to `to`: rows as far apart as in `on`.
    pub(super) fn backward<T: Real>(&self, on: Slices<'_, T>, g: &[T], to: [Output<'_, T>; 3]) {
        let Sizes { batch, queries, heads, shared_heads, head_dim, scale, .. } = self.sizes;
        let scale = T::of(scale);
        let group = heads / shared_heads;
        let [to_q, to_k, to_v] = to;
        // One piece of work for each head of keys and values, since what it gets from its queries adds up.
        let pieces = (0..batch * shared_heads).into_par_iter();
        pieces.for_each_init(<[Vec<T>; 3]>::default, |[weights, dropped, grads], piece| {
            let text = piece / shared_heads;
            for head in (0..group).map(|member| piece % shared_heads * group + member) {
                for first in (0..queries).step_by(QUERIES) {
                    let block = Block { text, head, first, count: QUERIES.min(queries - first) };
                    let reach = self.reach(block);
                    if reach == 0 {
                        continue;
                    }
                    self.weights(on, block, weights);
                    dropped.clone_from(weights);
                    self.drop(block, dropped);
                    let (from, shared) = (self.own(block, on.width), self.shared(text, head, on.shared_width));
                    let width = heads * head_dim;
                    let g = Matrix::with_stride(&g[self.own(block, width)..], block.count, head_dim, width);
                    let q = Matrix::with_stride(&on.q[from..], block.count, head_dim, on.width);
                    let k = Matrix::with_stride(&on.k[shared..], reach, head_dim, on.shared_width);
                    let v = Matrix::with_stride(&on.v[shared..], reach, head_dim, on.shared_width);
                    // SAFETY: of dk and dv, a piece writes the columns of its own head of its own text.
                    unsafe {
                        to_v.multiply_at(
                            shared,
                            on.shared_width,
                            Into::Add,
                            T::ONE,
                            Matrix::new(dropped, block.count, reach).t(),
                            g,
                        )
                    };
                    grads.resize(block.count * reach, T::ZERO);
                    multiply(grads, reach, Into::Replace, T::ONE, g, v.t(), true);
                    scores_gradient(weights, dropped, grads, reach);
                    let ds = Matrix::new(weights, block.count, reach);
                    // SAFETY: of dq, a piece writes the columns of its own query heads.
                    unsafe {
                        to_k.multiply_at(shared, on.shared_width, Into::Add, scale, ds.t(), q);
                        to_q.multiply_at(from, on.width, Into::Replace, scale, ds, k);
                    }
                }
            }
        });
    }

    /// Queries, keys and values that are tensors of their own.
    fn apart<'a, T: Real>(&self, q: &'a [T], k: &'a [T], v: &'a [T], mask: Option<&'a [T]>) -> Slices<'a, T> {
        let Sizes { heads, shared_heads, head_dim, .. } = self.sizes;
        Slices { q, k, v, mask, width: heads * head_dim, shared_width: shared_heads * head_dim }
    }

    pub(super) fn with_mask<T: Real, R>(
        &self,
        work: impl FnOnce(Option<&[T]>) -> candle_core::Result<R>,
    ) -> candle_core::Result<R> {
        match &self.mask {
            Some(mask) => with::<T, _>(&mask.numbers, |numbers| work(Some(numbers))),
            None => work(None),
        }
    }
}

/// Makes the weights P the gradient of the scores, row by row: with D the weights after dropout and dD their gradient,
/// D ∘ dD − P · Σ D∘dD, so that the mask is not drawn a second time.
#[inline(always)]
fn scores_gradient<T: Real>(weights: &mut [T], dropped: &[T], grads: &[T], width: usize) {
    let rows = weights.chunks_exact_mut(width).zip(dropped.chunks_exact(width)).zip(grads.chunks_exact(width));
    for ((p, d), dd) in rows {
        let total = sum(width, |i| d[i] * dd[i]);
        for ((p, d), dd) in p.iter_mut().zip(d).zip(dd) {
            *p = *d * *dd - *p * total;
        }
    }
}

impl CustomOp3 for Product {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_l: &Layout,
        k: &CpuStorage,
        k_l: &Layout,
        v: &CpuStorage,
        v_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(q, "attention", T => self.with_mask::<T, _>(|mask| {
            let on = self.apart(slice(q, q_l)?, slice(k, k_l)?, slice(v, v_l)?, mask);
            Ok(T::to_cpu_storage_owned(self.forward::<T>(on)))
        })?);
        Ok((y, q_l.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        backward!(grad, "attention", T => {
            let [mut dq, mut dk, mut dv] = [q, k, v].map(|x| vec![T::ZERO; x.elem_count()]);
            let to = [Output::new(&mut dq), Output::new(&mut dk), Output::new(&mut dv)];
            with::<T, _>(q, |q| {
                with::<T, _>(k, |k| {
                    with::<T, _>(v, |v| {
                        with::<T, _>(grad, |g| self.with_mask(|mask| {
                            self.backward(self.apart(q, k, v, mask), g, to);
                            Ok(())
                        }))
                    })
                })
            })?;
            Ok((leaves::give_numbers(q, dq)?, leaves::give_numbers(k, dk)?, leaves::give_numbers(v, dv)?))
        })
    }
}
