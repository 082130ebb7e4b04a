//! As what the rows of a dataset are handed out.

use std::ops::Range;

use arrow_array::RecordBatch;
use candle_core::Tensor;
use polars::prelude::DataFrame;

use crate::transform::Transform;
use crate::{Batch, Dataset, Result};

/// As what [`Dataset::formatted`] hands out rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Format {
    kind: FormatKind,
    columns: Option<Vec<String>>,
    transform: Option<Transform>,
}

/// The kinds of [`Format`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormatKind {
    /// A [`Batch`] of columns.
    #[default]
    Batch,
    /// Arrow's record batch.
    Arrow,
    /// A polars data frame, where Python has pandas'.
    Polars,
    /// Candle tensors, one for each column of numbers.
    Tensor,
    /// A [`Batch`] of what a function makes: see [`Dataset::set_transform`].
    Transform,
}

impl Format {
    fn of(kind: FormatKind, columns: Option<Vec<String>>) -> Self {
        // Only a function makes a transform.
        let kind = if kind == FormatKind::Transform { FormatKind::Batch } else { kind };
        Self { kind, columns, transform: None }
    }

    pub(crate) fn of_transform(transform: Transform, columns: Option<Vec<String>>) -> Self {
        Self { kind: FormatKind::Transform, columns, transform: Some(transform) }
    }

    pub(crate) fn transform(&self) -> Option<&Transform> {
        self.transform.as_ref()
    }

    /// The kind.
    pub fn kind(&self) -> FormatKind {
        self.kind
    }

    /// The columns that are handed out, where they were chosen.
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// The name by which Python's `datasets` would do the same.
    pub(crate) fn python_name(&self) -> Option<&'static str> {
        match self.kind {
            // A function cannot be written down.
            FormatKind::Batch | FormatKind::Transform => None,
            FormatKind::Arrow => Some("arrow"),
            FormatKind::Polars => Some("polars"),
            FormatKind::Tensor => Some("torch"),
        }
    }

    pub(crate) fn from_python(name: Option<&str>, columns: Option<Vec<String>>) -> Self {
        let kind = match name {
            Some("arrow" | "pyarrow" | "pa") => FormatKind::Arrow,
            Some("polars" | "pl" | "pandas" | "pd") => FormatKind::Polars,
            Some("torch" | "pt" | "pytorch" | "tensorflow" | "tf" | "jax" | "numpy" | "np") => FormatKind::Tensor,
            _ => FormatKind::Batch,
        };
        Self { kind, columns, transform: None }
    }
}

/// Rows as the dataset's format wants them.
#[derive(Debug)]
pub enum Formatted {
    /// A batch of columns.
    Batch(Batch),
    /// Arrow's record batch.
    Arrow(RecordBatch),
    /// A polars data frame.
    Polars(DataFrame),
    /// A tensor for each column, with its name.
    Tensors(Vec<(String, Tensor)>),
}

impl Dataset {
    /// Sets as what [`Dataset::formatted`] hands out rows, until [`Dataset::reset_format`].
    pub fn set_format(&mut self, kind: FormatKind) {
        self.format = Format::of(kind, None);
    }

    /// The dataset with another format, and with the columns that are handed out.
    ///
    /// # Errors
    /// [`Error::NoColumn`](crate::Error::NoColumn).
    pub fn with_format(&self, kind: FormatKind, columns: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        for name in &columns {
            self.features.position(name)?;
        }
        let columns = if columns.is_empty() { None } else { Some(columns) };
        Ok(Self { format: Format::of(kind, columns), ..self.clone() })
    }

    /// Takes [`Dataset::set_format`] and [`Dataset::set_transform`] back.
    pub fn reset_format(&mut self) {
        self.format = Format::default();
    }

    /// The format.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The rows of these numbers as the format wants them.
    ///
    /// # Errors
    /// Those of the conversion: [`Error::Tensor`](crate::Error::Tensor) for a column of texts, for instance.
    pub fn formatted(&self, rows: Range<usize>) -> Result<Formatted> {
        let chosen = match &self.format.columns {
            // Columns removed since are handed out no more.
            Some(columns) => {
                self.select_columns(columns.iter().filter(|name| self.features.get(name).is_some()))?.range(rows)
            }
            None => self.range(rows),
        };
        Ok(match self.format.kind {
            FormatKind::Batch | FormatKind::Transform => Formatted::Batch(chosen.slice(0..chosen.len())?),
            FormatKind::Arrow => Formatted::Arrow(chosen.slice(0..chosen.len())?.to_record_batch()?),
            FormatKind::Polars => Formatted::Polars(chosen.to_polars()?),
            FormatKind::Tensor => {
                let names = chosen.column_names();
                let tensors = names.into_iter().map(|name| Ok((chosen.column(&name)?.to_tensor()?, name)));
                Formatted::Tensors(
                    tensors.map(|pair| pair.map(|(tensor, name)| (name, tensor))).collect::<Result<_>>()?,
                )
            }
        })
    }
}
