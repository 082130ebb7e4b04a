//! One run of cargo: its messages, how far it is, and what it left.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;

use super::super::group::{Group, Sacrifice};
use super::super::interrupt::Control;

/// More than this of what cargo says is nothing that anyone reads.
const MOST_SAID: usize = 400;

/// What one compiler run left.
#[derive(Debug, Clone, Deserialize)]
pub struct Artifact {
    /// Cargo's id of the package: `registry+…#serde@1.0.0`, `path+file:///…/k#0.1.0`.
    pub package_id: String,
    /// What was built.
    pub target: Target,
    /// The files it left.
    pub filenames: Vec<PathBuf>,
}

/// A library or program of a package.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// `lib`, `proc-macro`, `custom-build`, ….
    pub kind: Vec<String>,
    /// Its name.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    BuildScriptExecuted {
        linked_paths: Vec<String>,
    },
    #[serde(other)]
    Other,
}

/// A run that has ended.
#[derive(Debug, Default)]
pub struct Ran {
    /// Whether it built everything.
    pub success: bool,
    /// Every compiler run, also those that had nothing to do.
    pub artifacts: Vec<Artifact>,
    /// Folders with native libraries, as `native=/path`.
    pub native: Vec<String>,
    /// What it said, without its progress.
    pub said: String,
}

/// How far cargo is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// `Updating crates.io index`, `Downloaded 3 crates`.
    Step(String),
    /// Compiler runs done, all of them, and what is compiled now.
    Building {
        /// Done.
        done: u64,
        /// Of so many.
        total: u64,
        /// The crates at work.
        names: String,
    },
}

impl Artifact {
    /// The package's name and version.
    pub fn package(&self) -> (String, String) {
        let (source, id) = self.package_id.rsplit_once('#').unwrap_or(("", &self.package_id));
        match id.split_once('@') {
            Some((name, version)) => (name.to_owned(), version.to_owned()),
            // The package is named as its folder.
            None => (source.rsplit('/').next().unwrap_or_default().to_owned(), id.to_owned()),
        }
    }

    /// What a compiler needs to know the library.
    pub fn metadata(&self) -> Option<&PathBuf> {
        let with = |end: &str| self.filenames.iter().find(|file| file.extension().is_some_and(|found| found == end));
        with("rmeta").or_else(|| with("rlib")).or_else(|| with(std::env::consts::DLL_EXTENSION))
    }
}

/// Runs cargo to its end; ■ kills it.
///
/// # Errors
/// When it cannot be started.
pub fn run(mut command: Command, control: &Control, mut progress: impl FnMut(Progress)) -> anyhow::Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Group::spawn(&mut command, Sacrifice::First)
        .context("cargo could not be started: is it installed with the compiler?")?;
    let _guard = control.compiling(child.id());
    let stdout = child.process().stdout.take().context("cargo's output")?;
    let stderr = child.process().stderr.take().context("cargo's messages")?;
    let messages = std::thread::spawn(move || {
        let mut ran = Ran::default();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match serde_json::from_str(&line).unwrap_or(Message::Other) {
                Message::CompilerArtifact(artifact) => ran.artifacts.push(artifact),
                Message::BuildScriptExecuted { linked_paths } => ran.native.extend(linked_paths),
                Message::Other => {}
            }
        }
        ran
    });
    let said = listen(stderr, &mut progress);
    let status = child.wait().context("cargo went away")?;
    let mut ran = messages.join().unwrap_or_default();
    ran.success = status.success();
    ran.said = said;
    Ok(ran)
}

/// Reads what cargo says; a progress line ends with `\r`, everything else with `\n`.
fn listen(stderr: impl Read, progress: &mut impl FnMut(Progress)) -> String {
    let mut said: VecDeque<String> = VecDeque::new();
    let mut piece = Vec::new();
    // A bar's line has no newline for as long as one crate compiles, so pieces end at `\r` as well.
    for byte in BufReader::new(stderr).bytes().map_while(Result::ok) {
        if byte != b'\n' && byte != b'\r' {
            piece.push(byte);
            continue;
        }
        hear(&String::from_utf8_lossy(&piece), &mut said, progress);
        piece.clear();
    }
    hear(&String::from_utf8_lossy(&piece), &mut said, progress);
    said.into_iter().collect::<Vec<_>>().join("\n")
}

fn hear(piece: &str, said: &mut VecDeque<String>, progress: &mut impl FnMut(Progress)) {
    if piece.trim().is_empty() {
        return;
    }
    if let Some(building) = building(piece) {
        progress(building);
        return;
    }
    let word = piece.split_whitespace().next().unwrap_or_default();
    match word {
        "Compiling" | "Finished" | "Fresh" | "Adding" | "Locking" | "Building" => {}
        "Updating" | "Downloading" | "Downloaded" | "Blocking" | "Unpacking" | "Cloning" | "Fetch" => {
            progress(Progress::Step(piece.trim().to_owned()));
        }
        _ => {
            if said.len() == MOST_SAID {
                said.pop_front();
            }
            said.push_back(piece.trim_end().to_owned());
        }
    }
}

/// `    Building [=====>   ] 7/13: serde_core, memchr`
fn building(line: &str) -> Option<Progress> {
    let rest = line.trim().strip_prefix("Building [")?;
    let (_, rest) = rest.split_once("] ")?;
    let (count, names) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, total) = count.trim().split_once('/')?;
    let names = names.trim().to_owned();
    Some(Progress::Building { done: done.parse().ok()?, total: total.parse().ok()?, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_progress_and_the_rest_is_what_cargo_said() {
        let text = "    Updating crates.io index\n   Compiling memchr v2.8.3\n    Building [===>    ] 3/13: memchr, zmij(build)   \r\
                    \rerror[E0425]: cannot find `x`\n --> src/lib.rs:1:1\n    Finished `release`\n";
        let mut progress = Vec::new();
        let said = listen(text.as_bytes(), &mut |step| progress.push(step));
        assert_eq!(said, "error[E0425]: cannot find `x`\n --> src/lib.rs:1:1");
        assert_eq!(
            progress,
            [
                Progress::Step("Updating crates.io index".into()),
                Progress::Building { done: 3, total: 13, names: "memchr, zmij(build)".into() },
            ]
        );
    }

    #[test]
    fn a_package_has_a_name_and_a_version_whatever_its_source() {
        for (id, name, version) in [
            ("registry+https://github.com/rust-lang/crates.io-index#serde@1.0.2", "serde", "1.0.2"),
            ("path+file:///home/me/my-crate#0.1.0", "my-crate", "0.1.0"),
            ("path+file:///home/me/folder#krate@0.2.0", "krate", "0.2.0"),
        ] {
            let target = Target { kind: vec!["lib".into()], name: name.into() };
            let artifact = Artifact { package_id: id.into(), target, filenames: Vec::new() };
            assert_eq!(artifact.package(), (name.to_owned(), version.to_owned()));
        }
    }
}
