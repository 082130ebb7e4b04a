//! safetensors files: a JSON header with names, shapes and places, then the numbers. Nothing is read until it is asked for.

mod header;
mod save;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use course_display::{Bundle, Rich};
use course_wire::interrupt;

use crate::mapped::Mapped;
use crate::{HubError, Result, TensorEntry, tensor_entry, text};

use header::{Header, Place};

pub use save::{save_safetensors, save_safetensors_with};

/// Tensors of one or several safetensors files, mapped: nothing is read until a tensor is asked for.
#[derive(Debug)]
pub struct Weights {
    tensors: BTreeMap<String, Stored>,
    metadata: HashMap<String, String>,
    first_path: PathBuf,
}

#[derive(Debug)]
struct Stored {
    file: Arc<Mapped>,
    place: Place,
}

impl Weights {
    /// Opens one file.
    ///
    /// # Errors
    /// [`HubError::Io`] when the file cannot be read; [`HubError::BadFile`] when it is not a safetensors file or ends too early.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_all(&[path])
    }

    /// Opens the shards of one model.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`HubError::BadFile`] when two shards have a tensor of the same name or there is no file.
    pub fn open_all(paths: &[impl AsRef<Path>]) -> Result<Self> {
        let Some(first) = paths.first() else {
            return Err(HubError::bad_file("(no file)", "was given: a model has at least one safetensors file"));
        };
        let mut weights =
            Self { tensors: BTreeMap::new(), metadata: HashMap::new(), first_path: first.as_ref().into() };
        for path in paths {
            weights.add(path.as_ref())?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let file = Arc::new(Mapped::open(path)?);
        let header = Header::read(&file)?;
        self.metadata.extend(header.metadata);
        for (name, place) in header.places {
            let stored = Stored { file: Arc::clone(&file), place };
            if let Some(earlier) = self.tensors.insert(name.clone(), stored) {
                let problem = format!("has tensor \"{name}\" too, as {} does", earlier.file.path().display());
                return Err(HubError::bad_file(path, problem));
            }
        }
        Ok(())
    }

    /// Every tensor, by name.
    pub fn tensors(&self) -> Vec<TensorEntry> {
        let entry = |(name, stored): (&String, &Stored)| TensorEntry {
            name: name.clone(),
            format: stored.place.format.to_string(),
            shape: stored.place.shape.clone(),
            bytes: stored.place.bytes.len() as u64,
        };
        self.tensors.iter().map(entry).collect()
    }

    /// Every tensor's name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The shape of one tensor, outermost dimension first.
    ///
    /// # Errors
    /// [`HubError::MissingTensor`].
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.stored(name)?.place.shape)
    }

    /// One tensor in its own number format.
    ///
    /// # Errors
    /// [`HubError::MissingTensor`]; [`HubError::Tensor`] when candle has no such number format.
    pub fn get(&self, name: &str, device: &Device) -> Result<Tensor> {
        let Stored { file, place } = self.stored(name)?;
        // The header was checked against the file's length.
        let bytes = file.get(place.bytes.clone()).unwrap_or_default();
        place.format.candle().and_then(|dtype| Tensor::from_raw_buffer(bytes, dtype, &place.shape, device)).map_err(
            |source| HubError::Tensor { path: file.path().into(), tensor: name.to_owned(), source: Box::new(source) },
        )
    }

    /// One tensor, checked for its shape and converted to `dtype`.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`HubError::WrongShape`].
    pub fn get_checked(&self, name: &str, shape: &[usize], dtype: DType, device: &Device) -> Result<Tensor> {
        let Stored { file, place } = self.stored(name)?;
        if place.shape != shape {
            return Err(HubError::WrongShape {
                path: file.path().into(),
                tensor: name.to_owned(),
                wanted: shape.to_vec(),
                found: place.shape.clone(),
            });
        }
        self.get(name, device)?.to_dtype(dtype).map_err(|source| HubError::Tensor {
            path: file.path().into(),
            tensor: name.to_owned(),
            source: Box::new(source),
        })
    }

    /// All tensors in their own number formats.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`HubError::Interrupted`].
    pub fn load_all(&self, device: &Device) -> Result<HashMap<String, Tensor>> {
        self.names()
            .map(|name| {
                interrupt::check()?;
                Ok((name.to_owned(), self.get(name, device)?))
            })
            .collect()
    }

    /// The `__metadata__` of the file: Python writes `{"format": "pt"}`.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.metadata
    }

    fn stored(&self, name: &str) -> Result<&Stored> {
        self.tensors.get(name).ok_or_else(|| HubError::MissingTensor {
            path: self.first_path.clone(),
            tensor: name.to_owned(),
            nearest: text::nearest(name, self.names()).map(Into::into),
        })
    }
}

/// A heading with how much there is, and a table of the tensors.
impl Rich for Weights {
    fn rich(&self) -> Bundle {
        let entries = self.tensors();
        let name = self.first_path.file_name().unwrap_or_default().to_string_lossy();
        tensor_entry::table(&format!("{name}: {}", tensor_entry::summary(&entries)), &entries)
    }
}
