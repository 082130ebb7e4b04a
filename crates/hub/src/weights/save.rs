//! Writing tensors so that Python loads them.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Tensor;

use crate::{HubError, Result, atomic};

/// Writes tensors to a safetensors file that Python loads too: under a temporary name, synced, then renamed.
///
/// The header says `{"format": "pt"}`, without which Python's transformers refuse the file.
///
/// # Errors
/// [`HubError::Io`] or [`HubError::BadFile`]; an earlier file of that name stays as it was.
pub fn save_safetensors<'a>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Result<()> {
    save_safetensors_with(path, tensors, HashMap::new())
}

/// [`save_safetensors`] with more entries in the header's metadata.
///
/// # Errors
/// As [`save_safetensors`].
pub fn save_safetensors_with<'a>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    mut metadata: HashMap<String, String>,
) -> Result<()> {
    let path = path.as_ref();
    metadata.entry("format".into()).or_insert_with(|| "pt".into());
    atomic::write(path, |temporary| {
        safetensors::serialize_to_file(tensors, Some(metadata), temporary).map_err(|error| match error {
            safetensors::SafeTensorError::IoError(error) => HubError::io("write", path)(error),
            error => HubError::bad_file(path, format!("cannot be written: {error}")),
        })
    })
}
