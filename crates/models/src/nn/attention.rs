//! Scaled dot-product attention (Vaswani et al., 2017), one operation: no matrix of weights is kept for the backward pass.

use candle_core::{D, DType, Tensor};

use super::attention_kernel::{Mask, Product};
use super::cpu::{is_half, is_ours};
use super::{Dropout, softmax};
use crate::{Error, Result};

/// `softmax(q · kᵀ · scale + mask) · v` for every head.
///
/// Queries, keys and values are what the projections give: `(batch, length, heads · head_dim)`; nothing needs to be transposed. Fewer
/// key and value heads than query heads are shared between groups of them.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use course_models::nn::{Attention, padding_mask};
///
/// let x = Tensor::ones((1, 3, 8), DType::F32, &Device::Cpu)?;
/// let attention_mask = Tensor::new(&[[1u32, 1, 0]], &Device::Cpu)?;
/// let attention = Attention::new(2).mask(&padding_mask(&attention_mask, DType::F32)?);
/// let (y, weights) = attention.forward_with_weights(&x, &x, &x)?;
/// assert_eq!(y.dims(), [1, 3, 8]);
/// assert_eq!(weights.to_vec3_of_head(0)?, [[0.5, 0.5, 0.0]; 3]);
/// # trait Head { fn to_vec3_of_head(&self, head: usize) -> candle_core::Result<Vec<Vec<f32>>>; }
/// # impl Head for Tensor { fn to_vec3_of_head(&self, head: usize) -> candle_core::Result<Vec<Vec<f32>>> { self.get(0)?.get(head)?.to_vec2() } }
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Attention {
    heads: usize,
    key_value_heads: usize,
    scale: Option<f64>,
    causal: bool,
    mask: Option<Tensor>,
    dropout: Option<Dropout>,
}

impl Attention {
    /// Attention of `heads` heads, every query to every key, scaled by 1 / √head_dim.
    pub fn new(heads: usize) -> Self {
        Self { heads, key_value_heads: heads, scale: None, causal: false, mask: None, dropout: None }
    }

    /// How many heads keys and values have; a divisor of the query heads.
    pub fn key_value_heads(mut self, heads: usize) -> Self {
        self.key_value_heads = heads;
        self
    }

    /// What scores are multiplied with, in place of 1 / √head_dim (T5: 1).
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Whether a query looks at no key after it. With more keys than queries (a cache), the last query is that of the last key.
    pub fn causal(mut self, causal: bool) -> Self {
        self.causal = causal;
        self
    }

    /// What is added to the scores: `(batch, heads, queries, keys)`, each dimension but the last possibly 1, or fewer of the last
    /// dimensions; minus infinity where a query may not look. A query that may look at nothing gets zeros. If the mask is trained (T5's
    /// distances), it gets a gradient.
    pub fn mask(mut self, mask: &Tensor) -> Self {
        self.mask = Some(mask.clone());
        self
    }

    /// Drops weights while the model trains.
    pub fn dropout(mut self, dropout: &Dropout) -> Self {
        self.dropout = Some(dropout.clone());
        self
    }

    /// `q` of `(batch, queries, heads · head_dim)`, `k` and `v` of `(batch, keys, key_value_heads · head_dim)`, to `q`'s shape.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn forward(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let sizes = self.sizes([q, k, v].map(Tensor::dims))?;
        if is_half(q) {
            let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
            return Ok(self.forward(&single(q)?, &single(k)?, &single(v)?)?.to_dtype(q.dtype())?);
        }
        match self.kernel(q, sizes)? {
            Some(product) => Ok(q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, product)?),
            None => Ok(self.composed(q, k, v, &sizes)?.0),
        }
    }

    /// The loops for queries, keys and values that `x` is projected to, of these widths, if they run for `x`.
    pub(super) fn product(&self, x: &Tensor, widths: [usize; 3]) -> Result<Option<Product>> {
        let &[batch, length, _] = x.dims() else { return Ok(None) };
        let shapes = widths.map(|width| [batch, length, width]);
        let sizes = self.sizes(shapes.each_ref().map(|shape| shape.as_slice()))?;
        self.kernel(x, sizes)
    }

    /// The loops, if they run for `x` and this mask.
    fn kernel(&self, x: &Tensor, sizes: Sizes) -> Result<Option<Product>> {
        if !is_ours(x) || self.mask.as_ref().is_some_and(Tensor::track_op) {
            return Ok(None);
        }
        let mask = self.mask.as_ref().map(|mask| Mask::new(mask, x.dtype(), &sizes)).transpose()?;
        let dropout = self.dropout.as_ref().map(Dropout::mask).transpose()?.flatten();
        Ok(Some(Product { sizes, causal: self.causal, mask, dropout }))
    }

    /// [`forward`](Self::forward) that also gives the weights, `(batch, heads, queries, keys)`: slower, for looking at them.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn forward_with_weights(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<(Tensor, Tensor)> {
        self.composed(q, k, v, &self.sizes([q, k, v].map(Tensor::dims))?)
    }

    fn sizes(&self, [q, k, v]: [&[usize]; 3]) -> Result<Sizes> {
        let wrong = |what: &str| {
            let (heads, shared) = (self.heads, self.key_value_heads);
            Err(Error::input(
                "attention",
                format!("{what}: q {q:?}, k {k:?}, v {v:?}, {heads} heads, {shared} for keys and values"),
            ))
        };
        let (&[batch, queries, width], &[texts, keys, key_width]) = (q, k) else {
            return wrong("q, k and v are (batch, length, heads · head_dim)");
        };
        if self.heads == 0 || !width.is_multiple_of(self.heads) || width == 0 {
            return wrong("the width of q is a multiple of the heads");
        }
        if self.key_value_heads == 0 || !self.heads.is_multiple_of(self.key_value_heads) {
            return wrong("each head of keys and values serves the same number of query heads");
        }
        let head_dim = width / self.heads;
        if texts != batch || key_width != head_dim * self.key_value_heads || v != k {
            return wrong("k and v have q's batch and head_dim, and one shape");
        }
        let scale = self.scale.unwrap_or(1.0 / (head_dim as f64).sqrt());
        let sizes =
            Sizes { batch, queries, keys, heads: self.heads, shared_heads: self.key_value_heads, head_dim, scale };
        if let Some(mask) = &self.mask {
            let full = sizes.scores();
            let fits = mask.rank() <= 4
                && mask.dims().iter().rev().zip(full.iter().rev()).all(|(have, want)| have == want || *have == 1);
            if !fits {
                let have = mask.dims();
                return Err(Error::input(
                    "mask",
                    format!("has shape {have:?}, which does not spread to {full:?} (batch, heads, queries, keys)"),
                ));
            }
        }
        Ok(sizes)
    }

    /// The same of candle's operations, and the weights.
    fn composed(&self, q: &Tensor, k: &Tensor, v: &Tensor, sizes: &Sizes) -> Result<(Tensor, Tensor)> {
        let Sizes { batch, queries, keys, heads, shared_heads, head_dim, scale } = *sizes;
        let group = heads / shared_heads;
        // The query heads of a group stay together: (batch, shared, group · queries, head_dim).
        let q = q.reshape((batch, queries, shared_heads, group, head_dim))?.permute((0, 2, 3, 1, 4))?.contiguous()?;
        let q = q.reshape((batch, shared_heads, group * queries, head_dim))?;
        let split = |x: &Tensor| x.reshape((batch, keys, shared_heads, head_dim))?.transpose(1, 2)?.contiguous();
        let (k, v) = (split(k)?, split(v)?);
        let scores = (q.matmul(&k.transpose(2, 3)?.contiguous()?)? * scale)?.reshape((batch, heads, queries, keys))?;
        let mut blocked = None;
        let mut scores = match &self.mask {
            Some(mask) => {
                let mask = mask.to_dtype(scores.dtype())?.to_device(scores.device())?.broadcast_as(scores.shape())?;
                blocked = Some(mask.detach());
                (scores + mask)?
            }
            None => scores,
        };
        if self.causal {
            let mask = causal_mask(queries, keys, scores.dtype(), scores.device())?.broadcast_as(scores.shape())?;
            blocked = Some(match blocked {
                Some(other) => (other + &mask)?,
                None => mask.clone(),
            });
            scores = (scores + mask)?;
        }
        let weights = match blocked {
            Some(mask) => {
                // Rows without any key: finite scores go into softmax, and zeros come out.
                let open = mask.contiguous()?.max_keepdim(D::Minus1)?.gt(f64::NEG_INFINITY)?;
                let open = open.broadcast_as(scores.shape())?.contiguous()?;
                let zeros = scores.zeros_like()?;
                open.where_cond(&softmax(&open.where_cond(&scores, &zeros)?)?, &zeros)?
            }
            None => softmax(&scores)?,
        };
        let dropped = match &self.dropout {
            Some(dropout) => dropout.forward(&weights)?,
            None => weights.clone(),
        };
        let y = dropped.reshape((batch, shared_heads, group * queries, keys))?.matmul(&v)?;
        let y = y.reshape((batch, heads, queries, head_dim))?.transpose(1, 2)?.contiguous()?;
        Ok((y.reshape((batch, queries, heads * head_dim))?, weights))
    }
}

/// The shapes of one attention, and its scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
    pub(super) heads: usize,
    /// Of keys and values.
    pub(super) shared_heads: usize,
    pub(super) head_dim: usize,
    pub(super) scale: f64,
}

impl Sizes {
    /// The shape of the scores.
    pub(super) fn scores(&self) -> [usize; 4] {
        [self.batch, self.heads, self.queries, self.keys]
    }
}

/// The mask that hides the keys after each query, `(queries, keys)`: 0 or minus infinity.
///
/// # Errors
/// None on a CPU.
pub fn causal_mask(queries: usize, keys: usize, dtype: DType, device: &candle_core::Device) -> Result<Tensor> {
    let rows = (0..queries).flat_map(|query| {
        // The last query is that of the last key.
        (0..keys).map(move |key| if key + queries > query + keys { f32::NEG_INFINITY } else { 0.0 })
    });
    Ok(Tensor::from_vec(rows.collect::<Vec<_>>(), (queries, keys), device)?.to_dtype(dtype)?)
}

/// A tokenizer's `attention_mask`, `(batch, keys)` of ones and zeros, as what is added to scores: `(batch, 1, 1, keys)` of 0 and minus
/// infinity.
///
/// # Errors
/// Another number of dimensions.
pub fn padding_mask(attention_mask: &Tensor, dtype: DType) -> Result<Tensor> {
    let [batch, keys] = *attention_mask.dims() else {
        return Err(Error::input(
            "attention_mask",
            format!("has shape {:?}, not (batch, length)", attention_mask.dims()),
        ));
    };
    let kept = attention_mask.ne(0u32)?;
    let zeros = Tensor::zeros((batch, keys), dtype, attention_mask.device())?;
    let hidden = Tensor::full(f32::NEG_INFINITY, (batch, keys), attention_mask.device())?.to_dtype(dtype)?;
    Ok(kept.where_cond(&zeros, &hidden)?.reshape((batch, 1, 1, keys))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Parameters;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};
    use proptest::prelude::*;

    fn inputs(sizes: [usize; 6]) -> [Tensor; 3] {
        let [batch, queries, keys, group, shared, head_dim] = sizes;
        [
            numbers(&[batch, queries, group * shared * head_dim], 1),
            numbers(&[batch, keys, shared * head_dim], 2),
            numbers(&[batch, keys, shared * head_dim], 3),
        ]
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mask =
            padding_mask(&Tensor::new(&[[1u32, 1, 0, 1], [0, 1, 1, 1]], &Device::Cpu).unwrap(), DType::F64).unwrap();
        let parameters = Parameters::new(&Device::Cpu, 5);
        parameters.set_training(true);
        let dropout = parameters.root().dropout(0.3);
        let plain = Attention::new(4).key_value_heads(2);
        for attention in [
            plain.clone(),
            plain.clone().mask(&mask).scale(0.3),
            plain.clone().causal(true),
            plain.clone().causal(true).mask(&mask).dropout(&dropout),
        ] {
            let state = parameters.random_state();
            check_gradients(&inputs([2, 3, 4, 2, 2, 3]), |t| {
                parameters.set_random_state(state);
                attention.forward(&t[0], &t[1], &t[2])
            });
        }
    }

    #[test]
    fn a_trained_mask_gets_its_gradient() {
        let [q, k, v] = inputs([2, 3, 4, 2, 1, 2]);
        check_gradients(&[q, k, v, numbers(&[1, 2, 3, 4], 4)], |t| {
            Attention::new(2).key_value_heads(1).mask(&t[3]).forward(&t[0], &t[1], &t[2])
        });
    }

    proptest! {
        #[test]
        fn equals_candles_operations(
            (batch, queries, more) in (1usize..3, 1usize..150, 0usize..80),
            (group, shared, head_dim) in (1usize..3, 1usize..3, 1usize..9),
            (causal, turned, seed) in (any::<bool>(), any::<bool>(), any::<u64>()),
            spread in 0usize..5,
        ) {
            let keys = queries + more;
            let [mut q, k, v] = inputs([batch, queries, keys, group, shared, head_dim]);
            if turned {
                q = numbers(&[queries, batch, group * shared * head_dim], 1).transpose(0, 1).unwrap();
            }
            let heads = group * shared;
            let full = [batch, heads, queries, keys];
            let mut attention = Attention::new(heads).key_value_heads(shared).causal(causal);
            if spread < 4 {
                // Of a shape that spreads, and with keys hidden at random, also whole rows.
                let shape = [vec![batch, 1, 1, keys], vec![1, heads, queries, keys], vec![queries, keys], full.to_vec()];
                let mask = numbers(&shape[spread], seed);
                let hidden = numbers(&shape[spread], seed ^ 1).gt(0.5).unwrap();
                let infinite = Tensor::full(f64::NEG_INFINITY, shape[spread].as_slice(), &Device::Cpu).unwrap();
                attention = attention.mask(&hidden.where_cond(&infinite, &mask).unwrap());
            }
            let vars = [&q, &k, &v].map(|x| Var::from_tensor(x).unwrap());
            let weights = numbers(&[batch, queries, heads * head_dim], 9);
            let grads = |y: &Tensor| (y * &weights).unwrap().sum_all().unwrap().backward().unwrap();
            let ours = attention.forward(&vars[0], &vars[1], &vars[2]).unwrap();
            let (theirs, shares) = attention.forward_with_weights(&vars[0], &vars[1], &vars[2]).unwrap();
            close(&ours, &theirs, 1e-10);
            prop_assert!(shares.sum_all().unwrap().to_scalar::<f64>().unwrap().is_finite());
            let (ours, theirs) = (grads(&ours), grads(&theirs));
            for var in &vars {
                close(ours.get(var).unwrap(), theirs.get(var).unwrap(), 1e-9);
            }
            let single = |x: &Tensor| x.to_dtype(DType::F32).unwrap();
            let expected = attention.forward(&q, &k, &v).unwrap();
            close(&attention.forward(&single(&q), &single(&k), &single(&v)).unwrap(), &expected, 1e-4);
        }
    }

    #[test]
    fn dropout_drops_weights_of_the_mean_one() {
        let parameters = Parameters::new(&Device::Cpu, 5);
        parameters.set_training(true);
        let q = Tensor::zeros((1, 300, 4), DType::F32, &Device::Cpu).unwrap();
        let v = Tensor::ones((1, 300, 4), DType::F32, &Device::Cpu).unwrap();
        let attention = Attention::new(2).dropout(&parameters.root().dropout(0.25));
        let y = attention.forward(&q, &q, &v).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mean = y.iter().sum::<f32>() / y.len() as f32;
        // Two heads of 300 rows of 300 weights: four standard errors of their mean, √(p / (1 − p) / 180 000).
        assert!((mean - 1.0).abs() < 4.0 * (1.0_f32 / 3.0 / 180_000.0).sqrt(), "{mean}");
        assert!(y.iter().any(|y| (y - 1.0).abs() > 0.01));
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let [q, k, v] = inputs([2, 3, 4, 2, 2, 3]);
        let error = Attention::new(4).forward(&q, &k, &v).unwrap_err().to_string();
        assert!(error.contains("[2, 3, 12]") && error.contains("[2, 4, 6]"), "{error}");
        let mask = numbers(&[3, 4], 1).t().unwrap();
        let error = Attention::new(4).key_value_heads(2).mask(&mask).forward(&q, &k, &v).unwrap_err().to_string();
        assert!(error.contains("[4, 3]") && error.contains("[2, 4, 3, 4]"), "{error}");
    }
}
