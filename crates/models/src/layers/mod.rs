//! The parts that transformers are built of, on plain slices of `f32`, one token's numbers after the other's.

mod attention;
mod linear;
mod norm;
mod rope;
mod trace;

pub(crate) use attention::{Attention, KeysValues};
pub(crate) use linear::Linear;
pub(crate) use norm::{layer_norm, rms_norm};
pub(crate) use rope::Rope;
pub(crate) use trace::Trace;
