//! What turns gradients into steps.
//!
//! A [`Rule`] says how one parameter moves, in plain code over slices of numbers; an [`Optimizer`] applies it to all parameters in place, keeps
//! what the rule remembers (in f32, whatever the weights are), and gives it out to be saved.
//!
//! | rule | remembers for each weight | |
//! |---|---|---|
//! | [`AdamW`] | 2 numbers | the usual choice |
//! | [`Sgd`] | none, or 1 with momentum | |
//! | [`Adafactor`] | a number for each row and column | for large models |
//! | [`Lion`] | 1 number | the sign of a momentum |
//! | [`AdamW8bit`] | 2 bytes | AdamW with its memory in 8 bits |
//!
//! ```
//! use candle_core::{Device, Tensor, Var};
//! use course_training::optimizers::{AdamW, Gradients, Optimizer, ParameterGroup};
//!
//! let weight = Var::new(&[1f32, -1.0], &Device::Cpu)?;
//! let parameters = [("weight".to_owned(), weight.clone())];
//! let mut optimizer = Optimizer::new(AdamW::new(), vec![ParameterGroup::new(parameters.clone())])?;
//! let mut gradients = Gradients::new(parameters);
//! gradients.set("weight", Tensor::new(&[0.5f32, 0.1], &Device::Cpu)?);
//! optimizer.step(&gradients, 0.1)?;
//! // The first step of Adam is the learning rate in the direction of the sign.
//! assert_eq!(weight.to_vec1::<f32>()?, [0.9, -1.1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adafactor;
mod adamw;
mod adamw_8bit;
mod apply;
mod buffer;
mod eight_bits;
mod gradients;
mod group;
mod lion;
mod optimizer;
mod sgd;

pub use adafactor::Adafactor;
pub use adamw::AdamW;
pub use adamw_8bit::AdamW8bit;
pub use buffer::{Buffer, Numbers};
pub use gradients::Gradients;
pub use group::ParameterGroup;
pub use lion::Lion;
pub use optimizer::{Now, Optimizer, OptimizerState, Rule};
pub use sgd::Sgd;
