//! A sentence transformer, loaded once however many pipelines use it.

use std::sync::Arc;

use candle_core::Tensor;
use course_display::Progress;
use course_models::SentenceTransformer;

use crate::shared::Shared;
use crate::{Error, Result};

/// Texts encoded between two looks at the interrupt.
const CHUNK: usize = 64;
/// More texts than this show a bar.
const SHOW_BAR: usize = 256;

/// A sentence transformer with its name.
#[derive(Debug)]
pub(crate) struct SentenceEncoder {
    pub(crate) name: String,
    pub(crate) transformer: SentenceTransformer,
}

static LOADED: Shared<SentenceEncoder> = Shared::new();

impl SentenceEncoder {
    /// The model of this name: the one that is loaded already, or a new one.
    pub(crate) fn load(name: &str) -> Result<Arc<Self>> {
        LOADED
            .get(name, || Ok(Self { name: name.to_owned(), transformer: SentenceTransformer::from_pretrained(name)? }))
    }

    /// One vector a text: `(texts, hidden_size)`.
    pub(crate) fn encode(&self, texts: &[String]) -> Result<Tensor> {
        if texts.is_empty() {
            return Err(Error::input("texts", "there are none; pass at least one"));
        }
        let bar = (texts.len() > SHOW_BAR).then(|| Progress::new(texts.len() as u64, "embedding"));
        // Texts of like length side by side need little padding; each vector then goes back to its text's place.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| texts[index].len());
        let mut vectors = Vec::new();
        for chunk in order.chunks(CHUNK) {
            course_wire::interrupt::check()?;
            let chunk: Vec<&str> = chunk.iter().map(|&index| texts[index].as_str()).collect();
            vectors.push(self.transformer.encode(&chunk)?);
            if let Some(bar) = &bar {
                bar.inc(chunk.len() as u64)?;
            }
        }
        let mut places = vec![0u32; texts.len()];
        for (row, &index) in order.iter().enumerate() {
            places[index] = row as u32;
        }
        let vectors = Tensor::cat(&vectors, 0)?;
        let places = Tensor::new(places, vectors.device())?;
        Ok(vectors.index_select(&places, 0)?)
    }
}
