//! Names to models: local folders, the Hugging Face cache, bundled models, the Hub; safetensors and GGUF files.
//!
//! [`resolve`] turns a name into a [`Repo`], which hands out files and says where they came from:
//!
//! ```no_run
//! use course_hub::{Gguf, Result, Weights};
//!
//! # fn main() -> Result<()> {
//! let repo = course_hub::resolve("sentence-transformers/all-MiniLM-L6-v2")?;
//! println!("{} from {}", repo.name(), repo.source());
//! let weights: Weights = repo.weights()?;
//! println!("{:?}", weights.shape("embeddings.word_embeddings.weight")?); // [30522, 384]
//!
//! let repo = course_hub::resolve("HuggingFaceTB/SmolLM2-135M-Instruct")?;
//! if let Some(file) = repo.first_with_extension("gguf") {
//!     let gguf = Gguf::open(repo.file(&file)?)?;
//!     println!("{} layers", gguf.usize("llama.block_count")?); // 30 layers
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A name is looked for in a local folder, in the Hugging Face cache that Python uses too, among the models that come with
//! the course ([`bundled`]), and on the Hub, in this order; [`HubConfig`] says where all that is. What comes from the Hub is
//! checked against the hash the Hub announces before it is put into the cache, and a download that breaks off is taken up
//! where it ended.

mod answer;
mod atomic;
pub mod bundled;
mod cache;
mod checksum;
mod config;
mod download;
mod error;
mod gguf;
mod http;
mod mapped;
mod name;
mod not_found;
pub mod push;
mod repo;
mod resolve;
mod retry;
mod source;
mod tensor_entry;
mod text;
pub mod web;
mod weights;

pub use atomic::write_bytes;
pub use config::HubConfig;
pub use error::{HubError, Result};
pub use gguf::{Gguf, GgufTokenizer, TokenType, Value};
pub use not_found::NotFound;
pub use repo::Repo;
pub use resolve::{resolve, resolve_with};
pub use source::Source;
pub use tensor_entry::TensorEntry;
pub use weights::{Weights, save_safetensors, save_safetensors_with};
