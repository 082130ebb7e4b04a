//! The header of a safetensors file, read and checked without touching the tensors.

use std::collections::HashMap;
use std::ops::Range;

use candle_core::DType;
use safetensors::Dtype;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::mapped::Mapped;
use crate::{HubError, Result, text};

const LENGTH: usize = 8;
/// The format's own limit; a longer header is a sign of another kind of file.
const LONGEST: u64 = 100_000_000;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: HashMap<String, String>,
    pub(super) places: Vec<(String, Place)>,
}

/// One tensor's line in the header.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) format: Format,
    pub(super) shape: Vec<usize>,
    /// Where its bytes are in the file.
    pub(super) bytes: Range<usize>,
}

/// A number format, with the name the file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format(Dtype);

#[derive(Deserialize)]
struct Line {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl Format {
    /// The format candle calculates with; truth values become `u8`.
    pub(super) fn candle(self) -> candle_core::Result<DType> {
        if self.0 == Dtype::BOOL { Ok(DType::U8) } else { self.0.try_into() }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl Header {
    /// Reads and checks the header: every tensor lies within the file and has the bytes its shape needs.
    pub(super) fn read(file: &Mapped) -> Result<Self> {
        let bad = |problem: String| HubError::bad_file(file.path(), problem);
        let length = file.get(..LENGTH).and_then(|bytes| <[u8; LENGTH]>::try_from(bytes).ok()).map(u64::from_le_bytes);
        let length = length
            .ok_or_else(|| bad(format!("is not a safetensors file: it has only {}", text::size(file.len() as u64))))?;
        if length > LONGEST || file.get(LENGTH).is_some_and(|first| *first != b'{') {
            return Err(bad(format!("is not a safetensors file{}", looks_like(file))));
        }
        let data_start = LENGTH + length as usize;
        let json = file.get(LENGTH..data_start).ok_or_else(|| {
            bad(format!(
                "ends inside its header, after {}: it was cut off. Download it again",
                text::size(file.len() as u64)
            ))
        })?;
        let mut lines: Map<String, Value> = serde_json::from_slice(json)
            .map_err(|error| bad(format!("has a damaged header ({error}). Download it again")))?;
        let metadata = match lines.remove("__metadata__") {
            Some(metadata) => serde_json::from_value(metadata)
                .map_err(|error| bad(format!("has a damaged header (__metadata__: {error})")))?,
            None => HashMap::new(),
        };
        let data_length = file.len() - data_start;
        let places = lines.into_iter().map(|(name, line)| {
            let place = place(line, data_start, data_length)
                .map_err(|problem| bad(format!("is damaged: tensor \"{name}\" {problem}. Download it again")))?;
            Ok((name, place))
        });
        Ok(Self { metadata, places: places.collect::<Result<_>>()? })
    }
}

fn place(line: Value, data_start: usize, data_length: usize) -> std::result::Result<Place, String> {
    let line: Line =
        serde_json::from_value(line).map_err(|error| format!("has a wrong line in the header ({error})"))?;
    let (start, end) = line.data_offsets;
    if end > data_length {
        return Err(format!(
            "ends at byte {end}, but the file has only {data_length} bytes of numbers: it was cut off"
        ));
    }
    let needed = line
        .shape
        .iter()
        .try_fold(line.dtype.bitsize(), |bits, size| bits.checked_mul(*size))
        .map(|bits| bits.div_ceil(8));
    if start > end || needed != Some(end - start) {
        return Err(format!(
            "of shape {:?} and format {:?} cannot lie at bytes {start} to {end}",
            line.shape, line.dtype
        ));
    }
    Ok(Place { format: Format(line.dtype), shape: line.shape, bytes: data_start + start..data_start + end })
}

fn looks_like(file: &Mapped) -> &'static str {
    match file.get(..4) {
        Some(b"GGUF") => ": it is a GGUF file; open it with Gguf::open",
        Some([b'P', b'K', ..]) => ": it looks like a zip archive (a PyTorch .bin file or a wheel)",
        Some([0x80, ..]) => ": it looks like a Python pickle (an old PyTorch .bin file)",
        Some(b"vers") => ": it is a Git LFS pointer; fetch the file itself with `git lfs pull`",
        Some(b"<htm" | b"<!DO") => ": it is a web page; the download went to a page instead of the file",
        _ => "",
    }
}
