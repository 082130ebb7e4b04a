//! Names to models: local folders, the Hugging Face cache, bundled models, the Hub; safetensors and GGUF files.
//!
//! [`resolve`] turns a name into a [`Repo`], which hands out files and says where they came from:
//!
//! ```no_run
//! let repo = course_hub::resolve("sentence-transformers/all-MiniLM-L6-v2")?;
//! println!("{} from {}", repo.name(), repo.source());
//! let weights = course_hub::Weights::open(repo.file("model.safetensors")?)?;
//! # Ok::<(), course_hub::HubError>(())
//! ```
//!
//! Signatures first; the bodies follow.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use candle_core::quantized::{GgmlDType, QTensor, gguf_file::Value};
use candle_core::{DType, Device, Tensor};

/// What can go wrong between a name and its tensors; each message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, HubError>;

/// Where names are looked up; [`HubConfig::from_env`] reads the environment as Python's `huggingface_hub` does.
#[derive(Debug, Clone)]
pub struct HubConfig {}

impl HubConfig {
    /// The settings of this process: `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `COURSE_CACHE`.
    pub fn from_env() -> Self {
        todo!()
    }
}

/// Where a model came from; shows itself in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A folder on this machine.
    LocalFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The Hugging Face cache, shared with Python.
    HubCache {
        /// The snapshot's folder.
        path: PathBuf,
        /// The commit it is a snapshot of.
        commit: String,
    },
    /// The models that come with the course.
    Bundled {
        /// The model's folder.
        path: PathBuf,
        /// The format the weights were quantized to, such as `Q4_1`; `None` when they are as published.
        quantized: Option<String>,
    },
    /// The Hub, asked just now.
    Hub {
        /// The Hub's address.
        endpoint: String,
        /// The commit the files are taken from.
        commit: String,
    },
}

impl Source {
    /// The format the weights were quantized to, when the source is known to hold quantized ones.
    pub fn quantized(&self) -> Option<&str> {
        todo!()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// A model's files, wherever they are.
#[derive(Debug, Clone)]
pub struct Repo {}

impl Repo {
    /// The name it was resolved from.
    pub fn name(&self) -> &str {
        todo!()
    }
    /// Where it came from.
    pub fn source(&self) -> &Source {
        todo!()
    }
    /// The path of one file, such as `config.json`; downloads it first when it is on the Hub only.
    pub fn file(&self, _path: &str) -> Result<PathBuf> {
        todo!()
    }
    /// Whether the model has this file.
    pub fn has(&self, _path: &str) -> bool {
        todo!()
    }
    /// The names of its files, sorted.
    pub fn files(&self) -> Vec<String> {
        todo!()
    }
    /// The first file with this extension, such as `gguf`, by name.
    pub fn first_with_extension(&self, _extension: &str) -> Option<String> {
        todo!()
    }
    /// The file `path` as text.
    pub fn read_text(&self, _path: &str) -> Result<String> {
        todo!()
    }
    /// The file `path` as JSON.
    pub fn read_json<T: serde::de::DeserializeOwned>(&self, _path: &str) -> Result<T> {
        todo!()
    }
    /// The model's weights from `model.safetensors`, or from the shards that `model.safetensors.index.json` lists.
    pub fn weights(&self) -> Result<Weights> {
        todo!()
    }
}

/// Finds a model: a local folder, the Hugging Face cache, the bundled models, the Hub, in this order.
pub fn resolve(_name: &str) -> Result<Repo> {
    todo!()
}

/// [`resolve`] with explicit settings.
pub fn resolve_with(_config: &HubConfig, _name: &str) -> Result<Repo> {
    todo!()
}

/// One tensor of a file, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Its name.
    pub name: String,
    /// Its number format, such as `F32` or `Q4_1`.
    pub format: String,
    /// Its shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// Its size in the file, in bytes.
    pub bytes: u64,
}

/// A GGUF file: metadata, tokenizer and (often quantized) tensors in one.
#[derive(Debug)]
pub struct Gguf {}

impl Gguf {
    /// Opens a file and reads its header; tensors stay on disk until asked for.
    pub fn open(_path: impl AsRef<Path>) -> Result<Self> {
        todo!()
    }
    /// The file.
    pub fn path(&self) -> &Path {
        todo!()
    }
    /// `general.architecture`, such as `llama`.
    pub fn architecture(&self) -> Result<&str> {
        todo!()
    }
    /// Every metadata key, sorted.
    pub fn keys(&self) -> Vec<&str> {
        todo!()
    }
    /// One metadata value as it is, `None` when the key is not there.
    pub fn get(&self, _key: &str) -> Option<&Value> {
        todo!()
    }
    /// A text.
    pub fn string(&self, _key: &str) -> Result<&str> {
        todo!()
    }
    /// A whole number ≥ 0, of whatever width the file uses.
    pub fn usize(&self, _key: &str) -> Result<usize> {
        todo!()
    }
    /// A whole number that fits `u32`.
    pub fn u32(&self, _key: &str) -> Result<u32> {
        todo!()
    }
    /// A number.
    pub fn f64(&self, _key: &str) -> Result<f64> {
        todo!()
    }
    /// A truth value.
    pub fn bool(&self, _key: &str) -> Result<bool> {
        todo!()
    }
    /// A list of texts.
    pub fn strings(&self, _key: &str) -> Result<Vec<String>> {
        todo!()
    }
    /// A list of whole numbers.
    pub fn i64s(&self, _key: &str) -> Result<Vec<i64>> {
        todo!()
    }
    /// A list of numbers.
    pub fn f64s(&self, _key: &str) -> Result<Vec<f64>> {
        todo!()
    }
    /// Every tensor, in the order of the file.
    pub fn tensors(&self) -> &[TensorEntry] {
        todo!()
    }
    /// Whether there is a tensor of this name (a tied output head, say, is not there).
    pub fn has_tensor(&self, _name: &str) -> bool {
        todo!()
    }
    /// One tensor as stored, quantized or not.
    pub fn tensor(&self, _name: &str, _device: &Device) -> Result<QTensor> {
        todo!()
    }
    /// One tensor's stored blocks: shape, format and raw bytes, borrowed from the mapped file.
    pub fn blocks(&self, _name: &str) -> Result<(&[usize], GgmlDType, &[u8])> {
        todo!()
    }
    /// The format most of the weights have, such as `Q4_1`.
    pub fn main_format(&self) -> &str {
        todo!()
    }
    /// The tokenizer in the metadata.
    pub fn tokenizer(&self) -> Result<GgufTokenizer> {
        todo!()
    }
}

/// The tokenizer that a GGUF file carries in its metadata.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GgufTokenizer {
    /// `tokenizer.ggml.model`: `gpt2` is byte-level BPE, `llama` SentencePiece, `bert` WordPiece.
    pub model: String,
    /// `tokenizer.ggml.pre`: which pre-tokenizer, such as `smollm`.
    pub pre: Option<String>,
    /// Token texts; the index is the id.
    pub tokens: Vec<String>,
    /// Merges as `left right`, best first; empty for other models than BPE.
    pub merges: Vec<String>,
    /// What each token is, by id; empty when the file does not say.
    pub token_types: Vec<TokenType>,
    /// Scores by id, for SentencePiece; empty when the file has none.
    pub scores: Vec<f32>,
    /// The id of the token that begins a text.
    pub bos_id: Option<u32>,
    /// The id of the token that ends a text or a turn.
    pub eos_id: Option<u32>,
    /// The id of the token for what is not in the vocabulary.
    pub unknown_id: Option<u32>,
    /// The id of the token that fills up a batch.
    pub padding_id: Option<u32>,
    /// Whether to put the beginning token in front, when the file says.
    pub add_bos: Option<bool>,
    /// Whether to put the ending token behind, when the file says.
    pub add_eos: Option<bool>,
    /// Whether to put a space in front, when the file says.
    pub add_space_prefix: Option<bool>,
    /// The chat template, in Jinja.
    pub chat_template: Option<String>,
}

/// What a token of a GGUF tokenizer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// A piece of text.
    Normal,
    /// Stands for what is not in the vocabulary.
    Unknown,
    /// A special token: never produced from text, not shown.
    Control,
    /// Added by the user: found in text before it is split.
    UserDefined,
    /// Reserved.
    Unused,
    /// One raw byte.
    Byte,
}

/// Tensors of one or several safetensors files, mapped: nothing is read until a tensor is asked for.
#[derive(Debug)]
pub struct Weights {}

impl Weights {
    /// Opens one file.
    pub fn open(_path: impl AsRef<Path>) -> Result<Self> {
        todo!()
    }
    /// Opens the shards of one model.
    pub fn open_all(_paths: &[PathBuf]) -> Result<Self> {
        todo!()
    }
    /// Every tensor, by name.
    pub fn tensors(&self) -> Vec<TensorEntry> {
        todo!()
    }
    /// Whether there is a tensor of this name.
    pub fn contains(&self, _name: &str) -> bool {
        todo!()
    }
    /// The shape of one tensor.
    pub fn shape(&self, _name: &str) -> Result<&[usize]> {
        todo!()
    }
    /// One tensor in its own number format.
    pub fn get(&self, _name: &str, _device: &Device) -> Result<Tensor> {
        todo!()
    }
    /// One tensor, checked for its shape and converted to `dtype`.
    pub fn get_checked(&self, _name: &str, _shape: &[usize], _dtype: DType, _device: &Device) -> Result<Tensor> {
        todo!()
    }
    /// All tensors in their own number formats.
    pub fn load_all(&self, _device: &Device) -> Result<HashMap<String, Tensor>> {
        todo!()
    }
    /// The `__metadata__` of the file: Python writes `{"format": "pt"}`.
    pub fn metadata(&self) -> &HashMap<String, String> {
        todo!()
    }
}

/// Writes tensors to a safetensors file that Python loads too: under a temporary name, synced, then renamed.
pub fn save_safetensors<'a>(_path: impl AsRef<Path>, _tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> Result<()> {
    todo!()
}

/// The models that come with the course.
pub mod bundled {
    use super::{HubConfig, Result};

    /// One bundled model.
    #[derive(Debug, Clone)]
    pub struct BundledModel {}

    impl BundledModel {
        /// Hashes every file of the model; minutes on a slow disk, about a second else.
        pub fn verify(&self, _config: &HubConfig) -> Result<()> {
            todo!()
        }
    }

    /// Every bundled model.
    pub fn models() -> &'static [BundledModel] {
        todo!()
    }

    /// The bundled model of this name.
    pub fn find(_name: &str) -> Option<&'static BundledModel> {
        todo!()
    }
}
