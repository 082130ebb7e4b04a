//! One rustc run: a generated file in, a library or diagnostics out.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;

use super::dep::Link;
use super::interrupt::Control;
use crate::engine::stage::Stage;

/// One message of rustc's, as `--error-format=json` gives it.
#[derive(Debug, Clone, Deserialize)]
pub struct Diagnostic {
    /// The message.
    pub message: String,
    /// `E0382`, or a lint's name.
    pub code: Option<Code>,
    /// `error`, `warning`, `note`, `help`, `failure-note`.
    pub level: String,
    /// The places it speaks of.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Its notes and suggestions.
    #[serde(default)]
    pub children: Vec<Diagnostic>,
}

/// An error code or lint name.
#[derive(Debug, Clone, Deserialize)]
pub struct Code {
    /// Its text.
    pub code: String,
}

/// A place in the generated file.
#[derive(Debug, Clone, Deserialize)]
pub struct Span {
    /// The file.
    pub file_name: String,
    /// First byte in the file.
    pub byte_start: usize,
    /// One past the last byte.
    pub byte_end: usize,
    /// First line, from 1.
    pub line_start: u32,
    /// Whether the message is about this place.
    pub is_primary: bool,
    /// What stands beside it.
    pub label: Option<String>,
    /// What to write there instead.
    pub suggested_replacement: Option<String>,
    /// The macro whose expansion it lies in.
    pub expansion: Option<Box<Expansion>>,
}

/// Where a macro was called.
#[derive(Debug, Clone, Deserialize)]
pub struct Expansion {
    /// The call.
    pub span: Span,
}

impl Diagnostic {
    /// Its error code, or an empty text.
    pub fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    /// Whether it stops the build; the closing "aborting due to…" has no place and does not count.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error") && !self.message.starts_with("aborting due to")
    }
}

/// What a rustc run gave.
#[derive(Debug)]
pub struct Compiled {
    /// The library, if it built.
    pub library: Option<PathBuf>,
    /// All messages.
    pub diagnostics: Vec<Diagnostic>,
    /// Messages that were not diagnostics, such as the linker's.
    pub other: String,
}

/// Compiles `source` in `folder` to a library.
///
/// # Errors
/// When rustc cannot be started. That the code does not compile is no error here.
pub fn compile(
    stage: &Stage,
    folder: &Path,
    name: &str,
    text: &str,
    opt_level: u8,
    link: &Link,
    control: &Control,
) -> anyhow::Result<Compiled> {
    let source = folder.join(format!("{name}.rs"));
    let library = folder.join(format!("{name}.so"));
    std::fs::write(&source, text).with_context(|| format!("could not write the cell to {}", source.display()))?;
    let mut command = Command::new(&stage.rustc);
    command
        .current_dir(folder)
        .arg(format!("{name}.rs"))
        .args(["--edition", "2024", "--crate-type", "cdylib", "--crate-name", super::generate::CRATE])
        .args(["-C", "metadata=course-notebook", "-C", "prefer-dynamic", "-C", "debuginfo=line-tables-only"])
        // A cell is one small crate: splitting it costs more than it gives.
        .args(["-C", "codegen-units=1", "-C", &format!("opt-level={opt_level}")])
        // Overflow panics in a notebook, whatever the optimisation: the same cell must not give two answers.
        .args(["-C", "overflow-checks=on", "-C", "debug-assertions=on"])
        .args(["--error-format=json", "--diagnostic-width=100000"])
        .args(["-Z", "trim-diagnostic-paths=false", "-Z", "allow-features="])
        .args(&stage.rustflags)
        .arg("--extern")
        .arg(format!("course={}", stage.library.display()))
        .arg("-L")
        .arg(format!("dependency={}", stage.deps_dir.display()))
        .arg("-o")
        .arg(&library)
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    command.args(&link.arguments);
    for (crate_name, path) in &link.externs {
        command.arg("--extern").arg(format!("{crate_name}={}", path.display()));
    }
    let mut child = command.spawn().with_context(|| format!("could not start {}", stage.rustc.display()))?;
    let guard = control.compiling(child.id());
    let mut diagnostics = Vec::new();
    let mut other = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { break };
            match serde_json::from_str::<Diagnostic>(&line) {
                Ok(diagnostic) => diagnostics.push(diagnostic),
                Err(_) => other.extend([line.as_str(), "\n"]),
            }
        }
    }
    let status = child.wait().context("rustc went away")?;
    drop(guard);
    let library = status.success().then_some(library);
    Ok(Compiled { library, diagnostics, other })
}
