//! Runs a test program: its lines go to a log file, move the bar, and are shown when it fails.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

use crate::bar::Step;

/// Whether the program ended well, and all it printed, stderr after stdout.
pub struct Ended {
    /// Exit code 0.
    pub success: bool,
    /// The program's output.
    pub text: String,
}

/// Runs `command` to its end; `line` sees stdout as it comes. A failure's output is printed whole.
pub fn run(mut command: Command, log: &Path, step: &Step, mut line: impl FnMut(&str)) -> Result<Ended> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    let stderr = BufReader::new(child.stderr.take().context("stderr")?);
    let errors = thread::spawn(move || {
        let mut text = String::new();
        for bytes in stderr.split(b'\n').map_while(|read| read.ok()) {
            text.push_str(&String::from_utf8_lossy(&bytes));
            text.push('\n');
        }
        text
    });
    let mut text = String::new();
    for bytes in BufReader::new(child.stdout.take().context("stdout")?).split(b'\n') {
        let bytes = bytes?;
        let read = String::from_utf8_lossy(&bytes);
        line(&read);
        text.push_str(&read);
        text.push('\n');
    }
    let success = child.wait()?.success();
    text.push_str(&errors.join().unwrap_or_default());
    File::create(log)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("writing {}", log.display()))?;
    if !success {
        step.say(&format!("{text}\n(also in {})", log.display()));
    }
    Ok(Ended { success, text })
}
