//! From a model's name to its tokenizer.

use std::path::Path;

use course_hub::{Gguf, Repo};
use serde::Deserialize;
use serde_json::Value;

use crate::config::TokenizerConfig;
use crate::tokenizer::library_error;
use crate::{ChatTemplate, Error, Result, SpecialTokens, Tokenizer};

/// Finds the right tokenizer for a model's name.
#[derive(Debug, Clone, Copy)]
pub struct AutoTokenizer;

impl AutoTokenizer {
    /// The tokenizer of a model: a folder, or a name on the Hub.
    ///
    /// Reads `tokenizer.json` with its companions (`tokenizer_config.json`, `special_tokens_map.json`,
    /// `chat_template.jinja`), or else the metadata of a GGUF file. An adapter without a tokenizer has that of the model it was trained beside.
    ///
    /// # Errors
    /// When the model is not found, or has neither.
    pub fn from_pretrained(name: &str) -> Result<Tokenizer> {
        Self::from_repo(&course_hub::resolve(name)?)
    }

    /// The tokenizer among a model's files.
    ///
    /// # Errors
    /// When there is neither a `tokenizer.json` nor a GGUF file with a tokenizer.
    pub fn from_repo(repo: &Repo) -> Result<Tokenizer> {
        if repo.has("tokenizer.json") {
            return from_json_files(repo);
        }
        if let Some(base) = base_of_adapter(repo)? {
            return Self::from_repo(&course_hub::resolve(&base)?);
        }
        match repo.first_with_extension("gguf") {
            Some(file) => Tokenizer::from_gguf(repo.name(), &Gguf::open(repo.file(&file)?)?),
            None => Err(Error::NoTokenizer {
                model: repo.name().into(),
                why: "there is neither a tokenizer.json nor a .gguf file".into(),
            }),
        }
    }
}

/// The model that an adapter in Python's `peft` format was trained beside.
fn base_of_adapter(repo: &Repo) -> Result<Option<String>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct AdapterConfig {
        base_model_name_or_path: Option<String>,
    }
    let config: AdapterConfig = read_optional(repo, "adapter_config.json")?;
    // A folder that names itself would never end.
    Ok(config.base_model_name_or_path.filter(|base| !base.is_empty() && base != repo.name()))
}

impl Tokenizer {
    /// A tokenizer from one `tokenizer.json`. Special tokens of a role are known by their usual names only: `[PAD]`, `</s>`.
    ///
    /// # Errors
    /// When the file is not there or is not a tokenizer.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let library = read_library(path)?;
        let special = usual_names(&library);
        Ok(Tokenizer::from_library(path.display().to_string(), library)?.with_special_tokens(special))
    }
}

fn from_json_files(repo: &Repo) -> Result<Tokenizer> {
    let library = read_library(&repo.file("tokenizer.json")?)?;
    let mut config: TokenizerConfig = read_optional(repo, "tokenizer_config.json")?;
    let mut map: TokenizerConfig = read_optional(repo, "special_tokens_map.json")?;
    let special = config.special_tokens().or(map.special_tokens()).or(usual_names(&library));
    let mut tokenizer = config.settings(Tokenizer::from_library(repo.name(), library)?.with_special_tokens(special));
    if let Some(length) = max_length(repo, &config)? {
        tokenizer = tokenizer.with_model_max_length(length);
    }
    let template = match config.chat_template {
        _ if repo.has("chat_template.jinja") => Some(repo.read_text("chat_template.jinja")?),
        Some(Value::String(source)) => Some(source),
        Some(Value::Array(named)) => default_of(&named),
        _ => None,
    };
    match template {
        Some(source) => Ok(tokenizer.with_chat_template(ChatTemplate::new(source)?)),
        None => Ok(tokenizer),
    }
}

/// A list of named templates: the one called `default` is the chat template.
fn default_of(named: &[Value]) -> Option<String> {
    let default = named.iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some("default"));
    default.and_then(|entry| entry.get("template")).and_then(Value::as_str).map(str::to_owned)
}

/// The smaller of the tokenizer's own limit and the one sentence-transformers sets.
fn max_length(repo: &Repo, config: &TokenizerConfig) -> Result<Option<usize>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct SentenceBertConfig {
        max_seq_length: Option<usize>,
    }
    let sentences: SentenceBertConfig = read_optional(repo, "sentence_bert_config.json")?;
    Ok([config.model_max_length(), sentences.max_seq_length].into_iter().flatten().min())
}

fn read_optional<T: Default + serde::de::DeserializeOwned>(repo: &Repo, file: &str) -> Result<T> {
    if repo.has(file) { Ok(repo.read_json(file)?) } else { Ok(T::default()) }
}

fn read_library(path: &Path) -> Result<tokenizers::Tokenizer> {
    let bad = |problem: String| Error::BadFile { place: path.display().to_string(), problem };
    let bytes = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| bad(library_error(error).to_string()))
}

/// The names that special tokens have in most vocabularies.
fn usual_names(library: &tokenizers::Tokenizer) -> SpecialTokens {
    let first =
        |names: &[&str]| names.iter().find(|name| library.token_to_id(name).is_some()).map(|&name| name.to_owned());
    SpecialTokens {
        bos: first(&["<s>", "<|begin_of_text|>"]),
        eos: first(&["</s>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>"]),
        pad: first(&["[PAD]", "<pad>", "<|padding|>"]),
        unk: first(&["[UNK]", "<unk>"]),
        cls: first(&["[CLS]"]),
        sep: first(&["[SEP]"]),
        mask: first(&["[MASK]", "<mask>"]),
    }
}
