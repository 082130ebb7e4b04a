//! Event files that TensorBoard shows.
//!
//! A file is a row of records, each a length, a check sum of it, the bytes, a check sum of them (TFRecord). The bytes are an `Event` in protocol buffers, of
//! which three fields matter: the time, the step, and a summary that names a number.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::trainer::{Event, TrainerCallback};
use crate::{AnyError, Error, Result};

/// Writes what is logged as an event file: `tensorboard --logdir FOLDER` shows it.
#[derive(Debug)]
pub struct TensorBoard {
    folder: PathBuf,
    writer: Option<EventWriter>,
}

impl TensorBoard {
    /// Event files in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), writer: None }
    }
}

impl TrainerCallback for TensorBoard {
    fn name(&self) -> String {
        "TensorBoard".to_owned()
    }

    fn on_train_begin(&mut self, _: &mut Event) -> Result<(), AnyError> {
        self.writer = Some(EventWriter::create(&self.folder)?);
        Ok(())
    }

    fn on_log(&mut self, event: &mut Event) -> Result<(), AnyError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        for (name, value) in event.metrics.iter() {
            // transformers' names: train/loss, eval/accuracy.
            let tag = match name.split_once('_') {
                Some((group @ ("eval" | "test"), rest)) => format!("{group}/{rest}"),
                _ => format!("train/{name}"),
            };
            writer.scalar(&tag, event.state.global_step, value)?;
        }
        Ok(())
    }
}

/// One event file.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: File,
}

impl EventWriter {
    /// A new event file in a folder, named by time and process.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!(
            "events.out.tfevents.{:010}.course.{}.{}",
            nanos / 1_000_000_000,
            std::process::id(),
            nanos % 1_000_000_000
        );
        let path = folder.join(name);
        let file = File::create(&path).map_err(Error::io("writing", &path))?;
        let mut writer = Self { path, file };
        let mut event = time();
        event.extend(text_field(3, b"brain.Event:2"));
        writer.record(&event)?;
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the value of a curve at a step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<()> {
        let mut number = text_field(1, tag.as_bytes());
        number.push(2 << 3 | 5);
        number.extend((value as f32).to_le_bytes());
        let mut event = time();
        event.push(2 << 3);
        event.extend(varint(step));
        event.extend(text_field(5, &text_field(1, &number)));
        self.record(&event)
    }

    fn record(&mut self, bytes: &[u8]) -> Result<()> {
        let length = (bytes.len() as u64).to_le_bytes();
        let parts = [&length[..], &masked(&length).to_le_bytes(), bytes, &masked(bytes).to_le_bytes()];
        self.file.write_all(&parts.concat()).map_err(Error::io("writing", &self.path))
    }
}

/// The field of an event that says when it was.
fn time() -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    [&[1 << 3 | 1][..], &now.to_le_bytes()].concat()
}

/// A field of bytes: its number, their count, they.
fn text_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(bytes.len() as u64), bytes].concat()
}

/// Seven bits a byte, the last without the high bit.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// CRC-32C, turned and moved as TFRecord wants it, so that a check sum of a check sum is not 0.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The Castagnoli check sum (RFC 3720), bit by bit: a record has some 50 bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, appendix B.4.
    #[test]
    fn the_check_sum_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn an_event_file_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = EventWriter::create(folder.path()).unwrap();
        writer.scalar("train/loss", 300, 0.5).unwrap();
        let bytes = fs::read(writer.path()).unwrap();
        let first = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let second = &bytes[16 + first..];
        let length = u64::from_le_bytes(second[..8].try_into().unwrap()) as usize;
        assert_eq!(second.len(), 16 + length);
        let event = &second[12..12 + length];
        assert_eq!(masked(event).to_le_bytes(), second[12 + length..]);
        // Behind the time: step 300 as a varint, then summary { value { "train/loss", 0.5 } }.
        assert_eq!(event[9..12], [0x10, 0xac, 0x02]);
        assert_eq!(
            event[12..],
            [&[0x2a, 0x13, 0x0a, 0x11, 0x0a, 0x0a][..], b"train/loss", &[0x15, 0, 0, 0, 0x3f]].concat()
        );
    }
}
