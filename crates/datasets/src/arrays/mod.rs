//! Between Arrow's arrays and [`Value`](crate::Value)s.

mod build;
mod infer;
mod read;

pub(crate) use build::build;
pub(crate) use infer::infer;
pub(crate) use read::read;
