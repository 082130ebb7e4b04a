//! Metrics of numbers: how far off, and whether they rise and fall together.

mod mean_absolute_error;
mod mean_squared_error;
mod pearson;
mod spearman;

pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use pearson::Pearson;
pub use spearman::Spearman;

pub(crate) use pearson::correlation;
pub(crate) use spearman::ranks;
