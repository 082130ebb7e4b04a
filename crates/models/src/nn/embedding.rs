//! Rows of a table by their numbers.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Shape, Tensor, WithDType, bail};

use super::cpu::{Real, backward, for_rows, forward, is_ours, slice, with};
use super::noise::Noise;
use super::{Init, Linear, Parameter, Scope, leaves};
use crate::{Error, Result};

/// A table with one row for each token of the vocabulary.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{Embedding, Init, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 42);
/// let embedding = Embedding::new(&parameters.root().pp("word_embeddings"), 100, 8, Init::Normal { std: 0.02 })?;
/// let ids = Tensor::new(&[[7u32, 9], [7, 7]], &Device::Cpu)?;
/// assert_eq!(embedding.forward(&ids)?.dims(), [2, 2, 8]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Parameter,
    padding_id: Option<u32>,
    noise: Option<Noise>,
}

impl Embedding {
    /// Makes the table, `weight` of `(vocabulary, size)`, in `scope`.
    ///
    /// # Errors
    /// The name is taken.
    pub fn new(scope: &Scope, vocabulary: usize, size: usize, init: Init) -> Result<Self> {
        Ok(Self { weight: scope.get(&[vocabulary, size], "weight", init)?, padding_id: None, noise: None })
    }

    /// A table that is there already.
    pub fn tied(weight: &Parameter) -> Self {
        Self { weight: weight.clone(), padding_id: None, noise: None }
    }

    /// The row of `id` gets no gradient: PyTorch's `padding_idx`.
    pub fn padding_id(mut self, id: u32) -> Self {
        self.padding_id = Some(id);
        self
    }

    /// What is read here is the model's input, which gets noise while it trains where that is asked for:
    /// [`Parameters::set_neftune_noise_alpha`](super::Parameters::set_neftune_noise_alpha).
    pub fn noisy(mut self, scope: &Scope) -> Self {
        self.noise = Some(Noise::new(scope));
        self
    }

    /// The table, `(vocabulary, size)`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The layer that turns vectors into one score for each token with this same table.
    pub fn as_linear(&self) -> Linear {
        Linear::tied(&self.weight, None)
    }

    /// `ids` of any shape, of whole numbers, to `(…, size)`.
    ///
    /// # Errors
    /// An id that is not in the table.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let rows = embedding(&self.weight.stored(), ids, self.padding_id).map_err(|error| match error {
            Error::BadInput { argument, problem } => {
                Error::BadInput { argument, problem: format!("{}: {problem}", self.weight.name) }
            }
            other => other,
        })?;
        // The rows that are read are rounded, not the whole table.
        let rows = if self.weight.rounds() { rows.to_dtype(DType::BF16)? } else { rows };
        self.noise.as_ref().map_or(Ok(rows.clone()), |noise| noise.forward(&rows))
    }
}

/// The rows `ids` of `table`: `(vocabulary, size)` and `(…)` to `(…, size)`. The row of `padding_id` gets no gradient.
///
/// # Errors
/// An id that is not in the table; ids that are not whole numbers.
pub fn embedding(table: &Tensor, ids: &Tensor, padding_id: Option<u32>) -> Result<Tensor> {
    let [vocabulary, size] = *table.dims() else {
        return Err(Error::input("table", format!("has shape {:?}, not (vocabulary, size)", table.dims())));
    };
    let numbers = whole_numbers(ids)?;
    if let Some((place, id)) =
        numbers.iter().enumerate().find(|(_, id)| usize::try_from(**id).is_ok_and(|id| id >= vocabulary) || **id < 0)
    {
        return Err(Error::input(
            "ids",
            format!(
                "number {place} is {id}, but the table has rows 0 to {}: is the tokenizer another model's, or were tokens added \
                 without resizing the embedding?",
                vocabulary.saturating_sub(1)
            ),
        ));
    }
    let numbers = numbers.into_iter().map(|id| id as u32).collect::<Vec<_>>();
    let mut shape = ids.dims().to_vec();
    shape.push(size);
    if !is_ours(table) {
        let count = numbers.len();
        let ids = Tensor::from_vec(numbers.clone(), count, table.device())?;
        let rows = table.index_select(&ids, 0)?;
        let rows = match padding_id {
            // The same numbers, of which those of the padding come from no variable.
            Some(padding) if numbers.contains(&padding) => {
                let keep = numbers.iter().map(|&id| u8::from(id != padding)).collect::<Vec<_>>();
                let keep = Tensor::from_vec(keep, (count, 1), table.device())?.broadcast_as((count, size))?;
                keep.where_cond(&rows, &rows.detach())?
            }
            _ => rows,
        };
        return Ok(rows.reshape(shape)?);
    }
    let lookup = Lookup { ids: numbers, shape: shape.into(), padding_id };
    Ok(table.contiguous()?.apply_op1(lookup)?)
}

/// The numbers of a tensor of ids or labels.
pub(super) fn whole_numbers(ids: &Tensor) -> Result<Vec<i64>> {
    if !ids.dtype().is_int() {
        return Err(Error::input("ids", format!("are {:?}, not whole numbers: use U32 or I64", ids.dtype())));
    }
    Ok(ids.flatten_all()?.to_dtype(DType::I64)?.to_vec1::<i64>()?)
}

struct Lookup {
    /// Each below the number of rows.
    ids: Vec<u32>,
    shape: Shape,
    padding_id: Option<u32>,
}

impl Lookup {
    fn forward<T: Real>(&self, table: &[T], size: usize) -> Vec<T> {
        let mut rows = vec![T::ZERO; self.ids.len() * size];
        if size > 0 {
            for_rows(&mut rows, size, |first, rows| {
                for (row, &id) in rows.chunks_exact_mut(size).zip(&self.ids[first..]) {
                    row.copy_from_slice(&table[id as usize * size..][..size]);
                }
            });
        }
        rows
    }

    fn backward<T: Real>(&self, table: &Tensor, grad: &Tensor) -> candle_core::Result<Tensor> {
        let (vocabulary, size) = table.dims2()?;
        let mut sums = vec![T::ZERO; vocabulary * size];
        with::<T, _>(grad, |grad| {
            let rows = grad.chunks_exact(size.max(1)).zip(&self.ids);
            for (grad, &id) in rows.filter(|(_, id)| Some(**id) != self.padding_id) {
                super::cpu::add(&mut sums[id as usize * size..][..size], grad);
            }
            Ok(())
        })?;
        Tensor::from_vec(sums, (vocabulary, size), table.device())
    }
}

impl CustomOp1 for Lookup {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn cpu_fwd(&self, table: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let [_, size] = *layout.dims() else { bail!("embedding: a table of shape {:?}", layout.dims()) };
        let rows = forward!(table, "embedding", T => {
            T::to_cpu_storage_owned(self.forward(slice::<T>(table, layout)?, size))
        });
        Ok((rows, self.shape.clone()))
    }

    fn bwd(&self, table: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, "embedding", T => leaves::give(table, self.backward::<T>(table, grad)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};

    fn ids(ids: &[i64]) -> Tensor {
        Tensor::new(ids, &Device::Cpu).unwrap()
    }

    #[test]
    fn gradients_of_a_row_used_twice_add_up() {
        check_gradients(&[numbers(&[5, 3], 1)], |t| embedding(&t[0], &ids(&[4, 0, 4, 2]), None));
    }

    #[test]
    fn equals_index_select_on_a_transposed_table() {
        let table = numbers(&[3, 5], 1).t().unwrap();
        let chosen = table.contiguous().unwrap().index_select(&ids(&[4, 0, 4]), 0).unwrap();
        close(&embedding(&table, &ids(&[4, 0, 4]), None).unwrap(), &chosen, 0.0);
    }

    #[test]
    fn the_row_of_the_padding_gets_no_gradient() {
        for dtype in [DType::F32, DType::BF16] {
            let table = Var::from_tensor(&numbers(&[3, 2], 1).to_dtype(dtype).unwrap()).unwrap();
            let rows = embedding(&table, &ids(&[0, 1, 0]), Some(0)).unwrap();
            let grads = rows.sum_all().unwrap().backward().unwrap();
            let grad = grads.get(&table).unwrap().to_dtype(DType::F64).unwrap().to_vec2::<f64>().unwrap();
            assert_eq!(grad, [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]);
        }
    }

    #[test]
    fn an_id_beyond_the_table_is_named() {
        for wrong in [5, -1] {
            let error = embedding(&numbers(&[5, 3], 1), &ids(&[0, wrong]), None).unwrap_err().to_string();
            assert!(error.contains(&format!("number 1 is {wrong}")) && error.contains("0 to 4"), "{error}");
        }
    }
}
