//! What goes into a model: named tensors, one row a sample.

use candle_core::{DType, Device, Tensor};
use course_display::{Bundle, Rich, Table};
use course_tokenization::BatchEncoding;

use crate::{Error, Result};

/// Named tensors in the order they were added; the first dimension of each is the batch.
///
/// The names are Python's: `input_ids`, `attention_mask`, `token_type_ids`, `labels`, …. What a model does not know it ignores.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::architectures::ModelInputs;
///
/// let inputs = ModelInputs::new().with("input_ids", Tensor::new(&[[101_u32, 102]], &Device::Cpu)?);
/// assert_eq!(inputs.rows(), 1);
/// let error = inputs.require("labels").unwrap_err();
/// assert!(error.to_string().starts_with("labels: is missing"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ModelInputs {
    tensors: Vec<(String, Tensor)>,
    /// What a summed loss is divided by: the labels of a whole accumulation window. Default: those of this batch.
    pub num_items: Option<f64>,
    /// Whether only the loss is wanted: a language model then leaves out the logits, its largest tensor.
    pub loss_only: bool,
}

impl ModelInputs {
    /// No tensors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `input_ids`, `attention_mask` and `token_type_ids` of a tokenizer's batch.
    ///
    /// # Errors
    /// When the rows differ in length: encode with padding.
    pub fn from_encoding(batch: &BatchEncoding) -> Result<Self> {
        Ok(Self::new()
            .with("input_ids", batch.input_ids()?)
            .with("attention_mask", batch.attention_mask()?)
            .with("token_type_ids", batch.token_type_ids()?))
    }

    /// These and one more; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, tensor: Tensor) -> Self {
        self.set(name, tensor);
        self
    }

    /// Adds a tensor, or replaces the one of this name.
    pub fn set(&mut self, name: impl Into<String>, tensor: Tensor) {
        let name = name.into();
        match self.tensors.iter_mut().find(|(there, _)| *there == name) {
            Some((_, there)) => *there = tensor,
            None => self.tensors.push((name, tensor)),
        }
    }

    /// Takes a tensor out.
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        let at = self.tensors.iter().position(|(there, _)| there == name)?;
        Some(self.tensors.remove(at).1)
    }

    /// These, with [`num_items`](Self::num_items).
    #[must_use]
    pub fn num_items(mut self, items: impl Into<Option<f64>>) -> Self {
        self.num_items = items.into();
        self
    }

    /// These, with [`loss_only`](Self::loss_only).
    #[must_use]
    pub fn loss_only(mut self, on: bool) -> Self {
        self.loss_only = on;
        self
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(there, _)| there == name).map(|(_, tensor)| tensor)
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// When there is none; the message lists what there is.
    pub fn require(&self, name: &'static str) -> Result<&Tensor> {
        self.get(name).ok_or_else(|| {
            let names = self.names().collect::<Vec<_>>();
            let there = if names.is_empty() { "nothing".into() } else { names.join(", ") };
            Error::input(name, format!("is missing; the batch holds {there}"))
        })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| name.as_str())
    }

    /// Names and tensors, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there is no tensor.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// How many samples the batch has: the first dimension of its first tensor.
    pub fn rows(&self) -> usize {
        self.tensors.first().and_then(|(_, tensor)| tensor.dims().first().copied()).unwrap_or(0)
    }

    /// Only the tensors with these names.
    #[must_use]
    pub fn select_names(mut self, names: &[&str]) -> Self {
        self.tensors.retain(|(name, _)| names.contains(&name.as_str()));
        self
    }

    /// The same on a device.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        let tensors = self.tensors.iter().map(|(name, tensor)| Ok((name.clone(), tensor.to_device(device)?)));
        Ok(Self { tensors: tensors.collect::<Result<_>>()?, ..self.clone() })
    }

    /// `input_ids`, or other numbers of rows of a table such as `token_type_ids`, as `u32`, each below `rows`.
    pub(super) fn token_ids(&self, name: &'static str, rows: usize) -> Result<Tensor> {
        let ids = whole_numbers(name, self.require(name)?)?;
        // Reading them back from another device would stall it; there the embedding itself must notice.
        if ids.device().is_cpu() {
            let largest = ids.flatten_all()?.to_vec1::<u32>()?.into_iter().max();
            if let Some(id) = largest.filter(|id| *id as usize >= rows) {
                // What was below zero, as the −100 of labels, is a huge number by now.
                let (id, last) = (i64::from(id as i32), rows.saturating_sub(1));
                let table = if name.ends_with("input_ids") { "vocabulary" } else { "model's table" };
                let problem =
                    format!("has the id {id}, but the {table} ends at {last}; was the text encoded for another model?");
                return Err(Error::input(name, problem));
            }
        }
        Ok(ids)
    }

    /// No text may be longer than the model reads.
    pub(super) fn check_length(&self, length: usize, longest: usize) -> Result<()> {
        if length <= longest {
            return Ok(());
        }
        let problem =
            format!("has {length} tokens a row, but the model reads at most {longest}; cut the text: `max_length`");
        Err(Error::input("input_ids", problem))
    }

    /// `(batch, choices, length)` as `(batch · choices, length)`, and how many choices there are; the labels are left out.
    pub(super) fn flat_choices(&self) -> Result<(Self, usize)> {
        let ids = self.require("input_ids")?;
        let Ok((_, choices, _)) = ids.dims3() else {
            let problem = format!("has shape {:?}, but multiple choice needs (batch, choices, length)", ids.dims());
            return Err(Error::input("input_ids", problem));
        };
        for name in ["attention_mask", "token_type_ids", "position_ids"] {
            if let Some(tensor) = self.get(name).filter(|tensor| tensor.dims() != ids.dims()) {
                let problem = format!("has shape {:?}, but {:?} is needed to fit the ids", tensor.dims(), ids.dims());
                return Err(Error::input(name, problem));
            }
        }
        let three = self.tensors.iter().filter(|(_, tensor)| tensor.rank() == 3);
        let flat = three.map(|(name, tensor)| Ok((name.clone(), tensor.flatten(0, 1)?))).collect::<Result<_>>()?;
        Ok((Self { tensors: flat, ..self.clone() }, choices))
    }

    /// Whole numbers of the shape of the ids, if they are there.
    pub(super) fn beside_ids(&self, name: &'static str, shape: (usize, usize)) -> Result<Option<Tensor>> {
        let Some(tensor) = self.get(name) else { return Ok(None) };
        let tensor = whole_numbers(name, tensor)?;
        if tensor.dims() == [shape.0, shape.1] {
            Ok(Some(tensor))
        } else {
            Err(Error::input(name, format!("has shape {:?}, but {shape:?} is needed to fit the ids", tensor.dims())))
        }
    }
}

/// `(batch, length)` whole numbers as `u32`.
fn whole_numbers(name: &'static str, tensor: &Tensor) -> Result<Tensor> {
    if tensor.rank() != 2 {
        let hint = if tensor.rank() == 1 { "; a single text is a batch of one: `.unsqueeze(0)`" } else { "" };
        return Err(Error::input(name, format!("has shape {:?}, but (batch, length) is needed{hint}", tensor.dims())));
    }
    match tensor.dtype() {
        DType::U32 | DType::U8 | DType::I64 | DType::I32 => Ok(tensor.to_dtype(DType::U32)?),
        other => Err(Error::input(name, format!("holds {other:?}, but token ids and masks are whole numbers"))),
    }
}

impl TryFrom<&BatchEncoding> for ModelInputs {
    type Error = Error;

    fn try_from(batch: &BatchEncoding) -> Result<Self> {
        Self::from_encoding(batch)
    }
}

/// One line a tensor: name, shape, type.
impl Rich for ModelInputs {
    fn rich(&self) -> Bundle {
        let line = |table: Table, (name, tensor): (&str, &Tensor)| {
            table.row((name, format!("{:?}", tensor.dims()), tensor.dtype().as_str()))
        };
        self.iter().fold(Table::new(["input", "shape", "type"]), line).rich()
    }
}

impl std::fmt::Display for ModelInputs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}
