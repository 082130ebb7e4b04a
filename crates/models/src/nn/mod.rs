//! Layers that train: every operation has a backward pass of its own, so that no gradient is lost on the way.
//!
//! Candle's fused operations (`softmax_last_dim`, `layer_norm`, `rope`, `sdpa`) have none, and cut the gradient without a word. Here
//! are ours. Each is one node of candle's graph: written once, in plain loops over rows that all threads share, with the derivative
//! beside it; checked against finite differences in `f64` and against the same thing composed of candle's slow operations, which is
//! also what runs on other devices. Half precision on a CPU is computed in `f32`.
//!
//! A model is made in a [`Scope`] of [`Parameters`]; a layer is a few [`Parameter`]s and a `forward`.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use course_models::nn::{self, Init, LayerNorm, Linear, LossOptions, Parameters};
//!
//! let parameters = Parameters::new(&Device::Cpu, 42);
//! let scope = parameters.root();
//! let hidden = Linear::new(&scope.pp("hidden"), 3, 8, true, Init::KaimingUniform)?;
//! let norm = LayerNorm::new(&scope.pp("norm"), 8, 1e-5)?;
//! let classifier = Linear::new(&scope.pp("classifier"), 8, 2, true, Init::Normal { std: 0.02 })?;
//!
//! let x = Tensor::new(&[[1f32, 2., 3.], [-1., 0., 1.]], &Device::Cpu)?;
//! let logits = classifier.forward(&norm.forward(&nn::gelu(&hidden.forward(&x)?)?)?)?;
//! let loss = nn::cross_entropy(&logits, &Tensor::new(&[0i64, 1], &Device::Cpu)?, &LossOptions::new())?;
//! let grads = nn::backward(&loss)?;
//! assert!(parameters.trainable().iter().all(|parameter| grads.get(&parameter.var).is_some()));
//! # Ok::<(), course_models::Error>(())
//! ```

mod activations;
mod attention;
mod attention_kernel;
mod backward;
mod conv1d;
mod cpu;
mod cross_entropy;
mod dropout;
mod embedding;
mod feed_forward;
mod grad_report;
mod init;
mod layer_norm;
mod leaves;
mod linear;
mod linear_cross_entropy;
mod lora;
mod matmul;
mod modules;
mod noise;
mod parameters;
mod profile;
mod quantized_linear;
mod recompute;
mod rms_norm;
mod rope;
mod scope;
mod self_attention;
mod softmax;
#[cfg(test)]
mod testing;

pub use activations::{Activation, gelu, gelu_tanh, quick_gelu, relu, sigmoid, silu, tanh};
pub use attention::{Attention, causal_mask, padding_mask};
pub use backward::{BACKWARD_STACK_BYTES, backward};
pub use conv1d::Conv1d;
pub use cross_entropy::{LossOptions, Reduction, cross_entropy};
pub use dropout::Dropout;
pub use embedding::{Embedding, embedding};
pub use feed_forward::feed_forward;
pub use grad_report::{GradReport, GradStatus, grad_report};
pub use init::Init;
pub use layer_norm::{LayerNorm, layer_norm};
pub use linear::{Linear, linear, linear_activated};
pub use linear_cross_entropy::linear_cross_entropy;
pub use lora::Lora;
pub use modules::{Module, ModuleWeight};
pub(crate) use parameters::Source;
pub use parameters::{Loaded, Parameter, Parameters, RandomState};
pub use profile::{Profile, profile};
pub use quantized_linear::QuantizedLinear;
pub use recompute::Recompute;
pub use rms_norm::{RmsNorm, rms_norm};
pub use rope::{RopePairs, rope, rope_table};
pub(crate) use rope::{rope_angles, rope_speeds};
pub use scope::Scope;
pub use self_attention::self_attention;
pub use softmax::{log_softmax, softmax};
