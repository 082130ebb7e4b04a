//! Training: a vocabulary for one's own texts.
//!
//! The texts are taken one after the other on the calling thread, so any iterator will do, and handed in blocks to the library's
//! trainer, which counts words on all threads. Nothing but the counts stays in memory.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

use course_display::Progress;
use course_wire::interrupt;
use serde_json::{Value, json};
use tokenizers::models::TrainerWrapper;
use tokenizers::{AddedToken, PostProcessorWrapper};

use crate::blocks::trainers::{Kind, byte_level_alphabet};
use crate::tokenizer::library_error;
use crate::{Error, Result, Tokenizer, Trainer};

/// About how many bytes of text go to the trainer at a time.
const BLOCK: usize = 1 << 18;
/// How many blocks may wait for the trainer.
const WAITING: usize = 8;
/// How often the interrupt is looked at while the trainer works.
const LOOK: Duration = Duration::from_millis(50);

impl Tokenizer {
    /// The same tokenizer with a vocabulary learnt from `texts`: from nothing, with everything else as it is.
    ///
    /// # Errors
    /// [`Error::Training`], when the trainer does not fit the model or the texts are too few; [`Error::Interrupted`].
    pub fn train<T: AsRef<str>>(&self, trainer: &Trainer, texts: impl IntoIterator<Item = T>) -> Result<Self> {
        let model = self.model().kind();
        if trainer.kind.name() != model {
            let problem = format!("a {} trainer cannot train a {model} model", trainer.kind.name());
            return Err(Error::Training(problem));
        }
        let (library, trainer) = ((*self.library).clone(), trainer.library()?);
        let library = run(library, trainer, &mut texts.into_iter().map(|text| text.as_ref().to_owned()))?;
        Ok(self.clone().with_library(library))
    }

    /// [`train`](Self::train) on the lines of text files.
    ///
    /// # Errors
    /// As [`train`](Self::train), and [`Error::Io`].
    pub fn train_from_files<P: AsRef<Path>>(&self, trainer: &Trainer, files: &[P]) -> Result<Self> {
        let mut failed = None;
        let lines = files.iter().flat_map(|file| Lines::open(file.as_ref()));
        let lines = lines.map_while(|line| line.map_err(|error| failed = Some(error)).ok());
        let trained = self.train(trainer, lines);
        failed.map_or(trained, Err)
    }

    /// A new tokenizer of the same kind, with the same blocks and special tokens, whose vocabulary of `vocab_size` tokens is learnt from
    /// `texts`.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn train_new_from_iterator<T: AsRef<str>>(
        &self,
        texts: impl IntoIterator<Item = T>,
        vocab_size: usize,
    ) -> Result<Self> {
        self.train_new_with(texts, vocab_size, &[])
    }

    /// [`train_new_from_iterator`](Self::train_new_from_iterator) with special tokens that the old tokenizer did not have.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn train_new_with<T: AsRef<str>>(
        &self,
        texts: impl IntoIterator<Item = T>,
        vocab_size: usize,
        new_special_tokens: &[&str],
    ) -> Result<Self> {
        let mut file = to_json(&self.to_library())?;
        let (kind, unk_token) = empty_model(&mut file["model"])?;
        let added = file["added_tokens"].take();
        let processor = file["post_processor"].take();
        file["added_tokens"] = json!([]);

        let mut trainer = Trainer::new(kind, vocab_size)
            .added_tokens(kept(&added, kind))
            .special_tokens(new_special_tokens.iter().copied());
        if kind == Kind::Bpe {
            if let Some(prefix) = file["model"]["continuing_subword_prefix"].as_str() {
                trainer = trainer.continuing_subword_prefix(prefix);
            }
            if let Some(suffix) = file["model"]["end_of_word_suffix"].as_str() {
                trainer = trainer.end_of_word_suffix(suffix);
            }
        }
        if let Some(token) = unk_token {
            trainer = trainer.unk_token(token);
        }
        if is_byte_level(&file["pre_tokenizer"]) && kind != Kind::WordLevel {
            trainer = trainer.initial_alphabet(byte_level_alphabet());
        }

        let library = tokenizers::Tokenizer::from_bytes(file.to_string()).map_err(library_error)?;
        let texts = &mut texts.into_iter().map(|text| text.as_ref().to_owned());
        let library = run(library, trainer.library()?, texts)?;
        let mut new = self.clone().with_name(format!("new from {}", self.name()));
        new.post_processor = renumbered(processor, &library)?.map(Arc::new);
        Ok(new.with_library(library))
    }
}

/// Runs the library's trainer on its own thread, so that the iterator stays on this one, and ■ ends the wait: what the trainer is at
/// then comes to its end by itself, and is dropped.
fn run(
    mut library: tokenizers::Tokenizer,
    mut trainer: TrainerWrapper,
    texts: &mut dyn Iterator<Item = String>,
) -> Result<tokenizers::Tokenizer> {
    let (sender, blocks) = sync_channel::<Vec<String>>(WAITING);
    let (done, result) = channel();
    std::thread::spawn(move || {
        let trained = library.train(&mut trainer, blocks.into_iter().flatten()).map(|_| ());
        // The other end is gone when the wait was ended by ■.
        let _ = done.send(trained.map(|()| library));
    });
    let bar = Progress::new(None, "texts read");
    feed(&sender, texts, &bar)?;
    drop(sender);
    bar.message("learning tokens");
    loop {
        interrupt::check()?;
        match result.recv_timeout(LOOK) {
            Ok(trained) => {
                bar.message("");
                bar.finish();
                return trained.map_err(|error| Error::Training(error.to_string()));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Training("the library's trainer stopped".into())),
        }
    }
}

/// Hands the texts to the trainer, block by block.
fn feed(sender: &SyncSender<Vec<String>>, texts: &mut dyn Iterator<Item = String>, bar: &Progress) -> Result<()> {
    loop {
        let (mut block, mut bytes) = (Vec::new(), 0);
        while bytes < BLOCK {
            let Some(text) = texts.next() else { break };
            bytes += text.len() + size_of::<String>();
            block.push(text);
        }
        let count = block.len();
        // A trainer that failed says why when the wait for it begins.
        if count == 0 || sender.send(block).is_err() {
            return Ok(());
        }
        bar.inc(count as u64)?;
    }
}

/// Takes the vocabulary out of a model; gives its kind, and for Unigram the unknown token.
fn empty_model(model: &mut Value) -> Result<(Kind, Option<String>)> {
    match model["type"].as_str().unwrap_or_default() {
        "BPE" => {
            model["vocab"] = json!({});
            model["merges"] = json!([]);
            Ok((Kind::Bpe, None))
        }
        kind @ ("WordPiece" | "WordLevel") => {
            let kind = if kind == "WordPiece" { Kind::WordPiece } else { Kind::WordLevel };
            model["vocab"] = json!({});
            Ok((kind, None))
        }
        "Unigram" => {
            let unknown = model["unk_id"].as_u64().and_then(|id| model["vocab"][id as usize][0].as_str());
            let unknown = unknown.map(str::to_owned);
            if let Some(token) = &unknown {
                model["unk_id"] = json!(0);
                model["vocab"] = json!([[token, 0.0]]);
            } else {
                model["vocab"] = json!([]);
            }
            Ok((Kind::Unigram, unknown))
        }
        other => Err(Error::Training(format!("there is no trainer for a model of the kind `{other}`"))),
    }
}

/// The added tokens that a new vocabulary gets too: the special ones, and for Unigram all, as in Python.
fn kept(added: &Value, kind: Kind) -> Vec<AddedToken> {
    let tokens = added.as_array().into_iter().flatten();
    let tokens = tokens.filter_map(|token| serde_json::from_value::<AddedToken>(token.clone()).ok());
    tokens.filter(|token| kind == Kind::Unigram || token.special).collect()
}

fn is_byte_level(pre_tokenizer: &Value) -> bool {
    match pre_tokenizer["type"].as_str() {
        Some("ByteLevel") => true,
        Some("Sequence") => pre_tokenizer["pretokenizers"].as_array().is_some_and(|all| all.iter().any(is_byte_level)),
        _ => false,
    }
}

/// The post-processor with the ids that its tokens have now.
fn renumbered(mut processor: Value, library: &tokenizers::Tokenizer) -> Result<Option<PostProcessorWrapper>> {
    renumber(&mut processor, library)?;
    serde_json::from_value(processor).map_err(|error| Error::Training(format!("the post-processor: {error}")))
}

fn renumber(processor: &mut Value, library: &tokenizers::Tokenizer) -> Result<()> {
    let id = |token: &Value| {
        let text = token.as_str().unwrap_or_default();
        let problem =
            || Error::Training(format!("the post-processor puts {text:?} around texts, which is no special token"));
        library.token_to_id(text).ok_or_else(problem)
    };
    if let Some(special) = processor.get_mut("special_tokens").and_then(Value::as_object_mut) {
        for entry in special.values_mut() {
            let ids = entry["tokens"].as_array().into_iter().flatten().map(id).collect::<Result<Vec<_>>>()?;
            entry["ids"] = json!(ids);
        }
    }
    for role in ["cls", "sep"] {
        if let Some(pair) = processor.get_mut(role) {
            pair[1] = json!(id(&pair[0])?);
        }
    }
    let inner = processor.get_mut("processors").and_then(Value::as_array_mut);
    inner.into_iter().flatten().try_for_each(|one| renumber(one, library))
}

fn to_json(library: &tokenizers::Tokenizer) -> Result<Value> {
    let text = library.to_string(false).map_err(library_error)?;
    serde_json::from_str(&text).map_err(|error| Error::Library(error.to_string()))
}

/// The lines of a file with their line ends, which a vocabulary may learn.
struct Lines {
    file: std::path::PathBuf,
    reader: Option<std::io::BufReader<std::fs::File>>,
    failed: Option<std::io::Error>,
}

impl Lines {
    fn open(file: &Path) -> Self {
        let (reader, failed) = match std::fs::File::open(file) {
            Ok(opened) => (Some(std::io::BufReader::new(opened)), None),
            Err(error) => (None, Some(error)),
        };
        Self { file: file.to_owned(), reader, failed }
    }
}

impl Iterator for Lines {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        use std::io::BufRead as _;
        let read = match (self.failed.take(), self.reader.as_mut()) {
            (Some(error), _) => Err(error),
            (None, None) => return None,
            (None, Some(reader)) => {
                let mut line = String::new();
                reader.read_line(&mut line).map(|bytes| (bytes > 0).then_some(line))
            }
        };
        let error = |source| Error::Io { action: "read", path: self.file.clone(), source };
        read.map_err(error).transpose()
    }
}
