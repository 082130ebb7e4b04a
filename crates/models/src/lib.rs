//! Models that read and write text: Llama from GGUF files, BERT from safetensors, and the loop that generates.
//!
//! The layers are our own, written to be read: [`models::llama`] and [`models::bert`] go from configuration to
//! logits on one page each. Below them are the kernels, the few loops that all the time is spent in.
//!
//! ```no_run
//! use course_models::{GenerationConfig, Llama, generate};
//! use course_tokenization::AutoTokenizer;
//!
//! let name = "HuggingFaceTB/SmolLM2-135M-Instruct";
//! let (model, tokenizer) = (Llama::from_pretrained(name)?, AutoTokenizer::from_pretrained(name)?);
//! let prompt = tokenizer.encode("The capital of France is")?;
//! let config = GenerationConfig::new().max_new_tokens(5).do_sample(false);
//! let written = generate(&model, &[prompt.input_ids()], &config)?;
//! println!("{}", tokenizer.decode(&written[0].tokens)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod architectures;
mod attentions;
mod cache;
mod error;
pub mod from_scratch;
pub mod generation;
pub mod kernels;
mod layers;
pub mod models;
pub mod nn;
pub mod peft;
pub mod rng;
mod sentence;

pub use attentions::Attentions;
pub use cache::KvCache;
pub use error::{Error, Result};
pub use generation::{FinishReason, Generated, GenerationConfig, Step, generate, generate_with, log_likelihoods};
pub use models::bert::{Bert, BertConfig};
pub use models::llama::{Llama, LlamaConfig};
pub use models::{CausalLm, ForwardOptions};
pub use rng::Philox;
pub use sentence::{SentenceTransformer, cosine_similarity, mean_pooling, normalize};
