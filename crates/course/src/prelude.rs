//! What every cell sees without asking.

pub use candle_core::{D, DType, Device, IndexOp, Module, Tensor};
pub use serde::{Deserialize, Serialize};

pub use crate::device;
pub use crate::interrupt;
