//! Saving a tokenizer in the files that Python reads.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, ser::PrettyFormatter};

use crate::config::{config_json, special_tokens_json};
use crate::tokenizer::library_error;
use crate::{Error, Result, Tokenizer};

impl Tokenizer {
    /// Saves the tokenizer in a folder, which is made if need be: `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`,
    /// and `chat_template.jinja` where there is a chat template. [`AutoTokenizer::from_pretrained`](crate::AutoTokenizer::from_pretrained) and
    /// Python's `transformers` read the folder by its path. Gives the files.
    ///
    /// # Errors
    /// [`Error::Io`], when a file cannot be written; those before it are there then, each of them whole.
    pub fn save_pretrained(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|source| Error::Io { action: "make", path: folder.to_owned(), source })?;
        let special = Value::Object(special_tokens_json(self.special_tokens()));
        let mut files = vec![
            ("tokenizer.json", self.to_json()?),
            ("special_tokens_map.json", pretty(&special)?),
            ("tokenizer_config.json", pretty(&config_json(self))?),
        ];
        if let Some(template) = self.chat_template() {
            files.push(("chat_template.jinja", template.source().to_owned()));
        }
        let write = |(name, text): (&str, String)| {
            let path = folder.join(name);
            write(&path, &text).map(|()| path)
        };
        files.into_iter().map(write).collect()
    }

    /// Saves the one file that the `tokenizers` library reads, in Python too: everything but the roles of the special tokens.
    ///
    /// # Errors
    /// [`Error::Io`], when it cannot be written.
    pub fn save(&self, file: impl AsRef<Path>) -> Result<()> {
        write(file.as_ref(), &self.to_json()?)
    }

    /// The contents of `tokenizer.json`.
    ///
    /// # Errors
    /// When the library cannot write one of the blocks.
    pub fn to_json(&self) -> Result<String> {
        self.to_library().to_string(true).map_err(library_error)
    }
}

/// Writes to a name beside the file's and renames, so that there is never half a file.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |source| Error::Io { action: "write", path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    fs::write(&part, text).and_then(|()| fs::rename(&part, path)).map_err(|error| {
        // The part is of no use to anybody; that it may not go either is the smaller problem.
        let _ = fs::remove_file(&part);
        failed(error)
    })
}

/// JSON as Python writes it, with two spaces and a final newline.
fn pretty(value: &Value) -> Result<String> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"  "));
    serde::Serialize::serialize(value, &mut serializer).map_err(|error| Error::Library(error.to_string()))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| Error::Library(error.to_string()))
}
