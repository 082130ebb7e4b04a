//! Adapters: a large model stays as it is, and what is learned lies in a small file beside it, in the format of Python's `peft`.
//!
//! ```
//! use course_models::architectures::AutoModelForSequenceClassification;
//! use course_models::peft::{LoraConfig, add_lora, merge_lora};
//!
//! let config = serde_json::json!({ "model_type": "bert", "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2,
//!     "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 16 });
//! let model = AutoModelForSequenceClassification::from_config(config, 42)?;
//! let trains = add_lora(model.as_ref(), &LoraConfig::new().r(4).target_modules(["query", "value"]))?;
//! println!("{trains}");
//! assert_eq!(trains.trainable, 2 * 2 * 2 * 4 * 32 + 2 * 33); // blocks, layers, A and B; the head
//! // … train it …
//! merge_lora(model.as_ref())?;
//! assert_eq!(model.parameters().count_trainable(), model.parameters().count());
//! # Ok::<(), course_models::Error>(())
//! ```

mod add;
mod config;
mod files;

pub use add::{TrainableParameters, add_lora, merge_lora};
pub use config::{Blocks, LoraBias, LoraConfig, Targets};
pub use files::{adapter_config, has_adapter, load_adapter, save_adapter, save_adapter_as};
pub(crate) use files::{adapter_of, head_beside, load_from};

#[cfg(test)]
mod tests;
