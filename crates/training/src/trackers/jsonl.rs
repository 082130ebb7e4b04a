//! The log as a file with one JSON object a line.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::trainer::{Event, TrainerCallback, write};
use crate::{AnyError, Error, Result};

/// Appends everything that is logged to `log.jsonl`.
///
/// A run that begins anew begins the file anew; one that goes on from a checkpoint drops the lines of steps behind it, which are made again.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    file: Option<File>,
}

impl JsonLines {
    /// The file `log.jsonl` in this folder.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { path: folder.as_ref().join("log.jsonl"), file: None }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self, step: u64) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let kept = match fs::read_to_string(&self.path) {
            Ok(text) if step > 0 => kept(&text, step),
            _ => String::new(),
        };
        write(&self.path, kept.as_bytes())?;
        let file = OpenOptions::new().append(true).open(&self.path).map_err(Error::io("opening", &self.path))?;
        self.file = Some(file);
        Ok(())
    }
}

/// The whole lines of steps up to `step`.
fn kept(text: &str, step: u64) -> String {
    let of = |line: &str| serde_json::from_str::<Map<String, Value>>(line).ok()?.get("step")?.as_u64();
    let lines = text.lines().filter(|line| of(line).is_some_and(|at| at <= step));
    lines.flat_map(|line| [line, "\n"]).collect()
}

impl TrainerCallback for JsonLines {
    fn name(&self) -> String {
        "JsonLines".to_owned()
    }

    fn on_train_begin(&mut self, event: &mut Event) -> Result<(), AnyError> {
        Ok(self.open(event.state.global_step)?)
    }

    fn on_log(&mut self, event: &mut Event) -> Result<(), AnyError> {
        if let (Some(file), Some(entry)) = (&mut self.file, event.state.log_history.last()) {
            let line = format!("{}\n", serde_json::to_string(entry)?);
            file.write_all(line.as_bytes()).map_err(Error::io("writing", &self.path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_the_checkpoint_are_dropped() {
        let text =
            "{\"loss\":1.0,\"step\":1}\n{\"loss\":0.5,\"step\":2}\n{\"loss\":0.4,\"step\":3}\n{\"loss\":0.3,\"st";
        assert_eq!(kept(text, 2), "{\"loss\":1.0,\"step\":1}\n{\"loss\":0.5,\"step\":2}\n");
    }
}
