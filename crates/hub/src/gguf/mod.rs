//! GGUF files: metadata, tokenizer and (often quantized) tensors in one file.

mod metadata;
mod tokenizer;

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, TensorInfo, VersionedMagic};
use candle_core::quantized::{GgmlDType, QTensor};
use course_display::{Bundle, Rich};

use crate::mapped::Mapped;
use crate::{HubError, Result, TensorEntry, tensor_entry, text};

pub use candle_core::quantized::gguf_file::Value;
pub use tokenizer::{GgufTokenizer, TokenType};

const NEWEST_VERSION: u32 = 3;

/// A GGUF file: metadata, tokenizer and (often quantized) tensors in one.
#[derive(Debug)]
pub struct Gguf {
    file: Mapped,
    content: Content,
    entries: Vec<TensorEntry>,
    main_format: String,
}

impl Gguf {
    /// Opens a file and reads its header; tensors stay on disk until asked for.
    ///
    /// # Errors
    /// [`HubError::Io`] when the file cannot be read; [`HubError::BadFile`] when it is not a GGUF file, has a version newer
    /// than 3, or ends too early.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = Mapped::open(path.as_ref())?;
        check_start(&file)?;
        let content = read_header(&file)?;
        let entries = entries(&content);
        check_end(&file, &content, &entries)?;
        let main_format = main_format(&entries);
        Ok(Self { file, content, entries, main_format })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The version of the format, 1 to 3.
    pub fn version(&self) -> u32 {
        match self.content.magic {
            VersionedMagic::GgufV1 => 1,
            VersionedMagic::GgufV2 => 2,
            VersionedMagic::GgufV3 => 3,
        }
    }

    /// Every tensor, in the order of the file.
    pub fn tensors(&self) -> &[TensorEntry] {
        &self.entries
    }

    /// Whether there is a tensor of this name (a tied output head, say, is not there).
    pub fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// The format most of the weights have, such as `Q4_1`.
    pub fn main_format(&self) -> &str {
        &self.main_format
    }

    /// One tensor as stored, quantized or not; its shape has the outermost dimension first.
    ///
    /// # Errors
    /// [`HubError::MissingTensor`], or [`HubError::Tensor`] when the bytes do not make a tensor of that format.
    pub fn tensor(&self, name: &str, device: &Device) -> Result<QTensor> {
        let info = self.info(name)?;
        info.read(&mut Cursor::new(&self.file[..]), self.content.tensor_data_offset, device).map_err(|source| {
            HubError::Tensor { path: self.path().to_path_buf(), tensor: name.to_owned(), source: Box::new(source) }
        })
    }

    /// One tensor's stored blocks: its shape (outermost dimension first), format and raw bytes, borrowed from the mapped file.
    ///
    /// # Errors
    /// [`HubError::MissingTensor`].
    pub fn blocks(&self, name: &str) -> Result<(&[usize], GgmlDType, &[u8])> {
        let info = self.info(name)?;
        let start = self.content.tensor_data_offset.saturating_add(info.offset) as usize;
        let end = start.saturating_add(size_in_bytes(info));
        let bytes = self.file.get(start..end).ok_or_else(|| ends_too_early(&self.file, end as u64))?;
        Ok((info.shape.dims(), info.ggml_dtype, bytes))
    }

    fn info(&self, name: &str) -> Result<&TensorInfo> {
        self.content.tensor_infos.get(name).ok_or_else(|| HubError::MissingTensor {
            path: self.path().to_path_buf(),
            tensor: name.to_owned(),
            nearest: text::nearest(name, self.entries.iter().map(|entry| entry.name.as_str())).map(Into::into),
        })
    }
}

/// A heading with what the file is, and a table of its tensors.
impl Rich for Gguf {
    fn rich(&self) -> Bundle {
        let name = self.string("general.name").or_else(|_| self.architecture()).unwrap_or("GGUF file");
        let heading = format!("{name}: {}, mostly {}", tensor_entry::summary(&self.entries), self.main_format);
        tensor_entry::table(&heading, &self.entries)
    }
}

fn check_start(file: &Mapped) -> Result<()> {
    let word = |at: usize| file.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    let path = file.path();
    match (word(0), word(4).map(u32::from_le_bytes)) {
        (Some(magic), _) if &magic != b"GGUF" => {
            let what = match &magic {
                [0x80, ..] => ": it looks like a Python pickle (a PyTorch .bin file)",
                [b'P', b'K', ..] => ": it looks like a zip archive (a wheel or a PyTorch .bin file)",
                b"<htm" | b"<!DO" => ": it is a web page; the download went to a page instead of the file",
                b"vers" => ": it is a Git LFS pointer; fetch the file itself with `git lfs pull`",
                _ if file.get(8) == Some(&b'{') => ": it looks like a safetensors file; open it with Weights::open",
                _ => "",
            };
            Err(HubError::bad_file(path, format!("is not a GGUF file{what}")))
        }
        (Some(_), Some(version)) if version.swap_bytes() <= NEWEST_VERSION && version > 0xffff => {
            Err(HubError::bad_file(path, "is a GGUF file for big-endian machines, which this course cannot read"))
        }
        (Some(_), Some(version)) if !(1..=NEWEST_VERSION).contains(&version) => Err(HubError::bad_file(
            path,
            format!(
                "is GGUF version {version}; this course reads versions 1 to {NEWEST_VERSION}. Look for an older conversion of the model"
            ),
        )),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(HubError::bad_file(path, format!("is not a GGUF file: it has only {} bytes", file.len()))),
    }
}

/// candle divides by the alignment that the file states: a damaged file can make it panic.
fn read_header(file: &Mapped) -> Result<Content> {
    let read = || Content::read(&mut Cursor::new(&file[..]));
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)) {
        Ok(content) => content.map_err(|error| bad_header(file, &error)),
        Err(_) => Err(HubError::bad_file(file.path(), "has a damaged header. Download it again")),
    }
}

fn bad_header(file: &Mapped, error: &candle_core::Error) -> HubError {
    let message = error.to_string();
    let cut = message.contains("remaining") || message.contains("failed to fill whole buffer");
    let problem = if message.contains("unknown dtype") {
        "has tensors in a format this course does not read. Look for a conversion to Q8_0, Q4_0, Q4_K_M or F16"
            .to_owned()
    } else if cut {
        format!(
            "ends inside its header, after {}: the file was cut off. Download it again",
            text::size(file.len() as u64)
        )
    } else {
        // candle appends a backtrace on further lines when one is asked for.
        format!("has a header that cannot be read: {}", message.lines().next().unwrap_or_default())
    };
    HubError::bad_file(file.path(), problem)
}

fn ends_too_early(file: &Mapped, needed: u64) -> HubError {
    let (has, needs) = (text::size(file.len() as u64), text::size(needed));
    HubError::bad_file(
        file.path(),
        format!("ends too early: its tensors need {needs}, the file has {has}. It was cut off; download it again"),
    )
}

fn check_end(file: &Mapped, content: &Content, entries: &[TensorEntry]) -> Result<()> {
    let mut needed = 0;
    for entry in entries {
        if let Some(info) = content.tensor_infos.get(&entry.name) {
            let elements = entry.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
            let Some(true) = elements.map(|elements| elements.is_multiple_of(info.ggml_dtype.block_size())) else {
                let problem =
                    format!("is damaged: tensor \"{}\" has the impossible shape {:?}", entry.name, entry.shape);
                return Err(HubError::bad_file(file.path(), problem));
            };
            let end = content.tensor_data_offset.saturating_add(info.offset).saturating_add(entry.bytes);
            needed = needed.max(end);
        }
    }
    if needed > file.len() as u64 { Err(ends_too_early(file, needed)) } else { Ok(()) }
}

/// The name everyone writes: `Q4_K`, where candle has `Q4K`.
fn format_name(format: GgmlDType) -> String {
    let name = format!("{format:?}");
    match name.strip_suffix('K') {
        Some(bits) => format!("{bits}_K"),
        None => name,
    }
}

fn size_in_bytes(info: &TensorInfo) -> usize {
    (info.shape.elem_count() / info.ggml_dtype.block_size()).saturating_mul(info.ggml_dtype.type_size())
}

fn entries(content: &Content) -> Vec<TensorEntry> {
    let mut infos: Vec<_> = content.tensor_infos.iter().collect();
    infos.sort_by(|left, right| (left.1.offset, left.0).cmp(&(right.1.offset, right.0)));
    let entry = |(name, info): (&String, &TensorInfo)| TensorEntry {
        name: name.clone(),
        format: format_name(info.ggml_dtype),
        shape: info.shape.dims().to_vec(),
        bytes: size_in_bytes(info) as u64,
    };
    infos.into_iter().map(entry).collect()
}

fn main_format(entries: &[TensorEntry]) -> String {
    let mut bytes: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        *bytes.entry(&entry.format).or_default() += entry.element_count();
    }
    bytes
        .into_iter()
        .max_by_key(|(format, count)| (*count, *format))
        .map_or_else(String::new, |(format, _)| format.to_owned())
}
