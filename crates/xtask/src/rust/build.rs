//! The one workspace build: cargo's messages become a progress bar and a list of artifacts.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::bar::Step;
use crate::project::Project;
use crate::setup::offline;

/// What one compiler run left, as `--message-format=json` tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Artifact {
    /// Cargo's id of the package: `registry+…#serde@1.0.0`, `path+file:///…#course@0.1.0`.
    pub package_id: String,
    /// The folder of the package is the parent of this file.
    pub manifest_path: PathBuf,
    /// The library, binary or test that was built.
    pub target: Target,
    /// How it was built.
    pub profile: Profile,
    /// The features it was built with.
    pub features: Vec<String>,
    /// The files it left.
    pub filenames: Vec<PathBuf>,
    /// The program, for binaries and tests.
    pub executable: Option<PathBuf>,
    /// Cargo had nothing to do.
    pub fresh: bool,
}

/// A library, binary or test of a package.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// `lib`, `bin`, `test`, `proc-macro`, `custom-build`, ….
    pub kind: Vec<String>,
    /// The crate's name.
    pub name: String,
    /// Its root file.
    pub src_path: PathBuf,
    /// The Rust edition.
    pub edition: String,
}

/// The part of a profile that tells units apart.
#[derive(Debug, Clone, Deserialize)]
pub struct Profile {
    /// Built as a test harness.
    pub test: bool,
}

/// What a build script printed.
#[derive(Debug, Clone, Deserialize)]
pub struct BuildScript {
    /// Cargo's id of the package.
    #[serde(default)]
    pub package_id: String,
    /// Folders with native libraries, as `native=/path`.
    pub linked_paths: Vec<String>,
    /// `--cfg`s for the package.
    #[serde(default)]
    pub cfgs: Vec<String>,
    /// Variables that the package's code may read at compile time.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// Where it wrote files that the package's code includes.
    #[serde(default)]
    pub out_dir: PathBuf,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    BuildScriptExecuted(BuildScript),
    #[serde(other)]
    Other,
}

/// Everything a build left, whether it was fresh or compiled now.
#[derive(Debug, Default)]
pub struct Built {
    /// Every compiler run of the build.
    pub artifacts: Vec<Artifact>,
    /// Every build script of the build.
    pub scripts: Vec<BuildScript>,
}

impl Artifact {
    /// A crate of this repository, not one from a registry.
    pub fn is_ours(&self) -> bool {
        self.package_id.starts_with("path+")
    }

    /// The package's name, out of cargo's id.
    pub fn package(&self) -> Option<&str> {
        let (path, id) = self.package_id.split_once('#')?;
        match id.split_once('@') {
            Some((name, _)) => Some(name),
            // `path+file:///x/crates/course#0.1.0`: a package named as its folder.
            None => Path::new(path).file_name()?.to_str(),
        }
    }

    /// The library for a linker: the `.rlib` beside the `.rmeta`, or a macro's shared library.
    pub fn linkable(&self) -> Option<PathBuf> {
        let beside = self.metadata()?.with_extension("rlib");
        if beside.is_file() { Some(beside) } else { self.metadata() }
    }

    /// What a compiler needs to know the library: its `.rmeta` if it has one, else the `.rlib`, else the macro's `.so`.
    pub fn metadata(&self) -> Option<PathBuf> {
        let with =
            |extension: &str| self.filenames.iter().find(|file| file.extension().is_some_and(|end| end == extension));
        with("rmeta").or_else(|| with("rlib")).or_else(|| with("so")).or_else(|| with("dylib")).cloned()
    }

    /// A library that other crates link.
    pub fn is_library(&self) -> bool {
        !self.profile.test
            && !self.target.kind.iter().any(|kind| kind == "bin" || kind == "test" || kind == "custom-build")
    }
}

/// Runs `cargo <arguments> --message-format=…` and moves the step's bar; compiler errors go to the terminal as they are.
pub fn cargo(project: &Project, arguments: &[&str], step: &Step) -> Result<Built> {
    let mut child = project
        .cargo()
        .args(arguments)
        .args(["--message-format=json-render-diagnostics", "--color", if step.is_live() { "always" } else { "never" }])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;

    let expected = Expected::read(project, arguments);
    step.set_length(expected.units);
    let stderr = BufReader::new(child.stderr.take().context("cargo's stderr")?);
    let messages = step.messages();
    let errors = thread::spawn(move || {
        let mut text = String::new();
        for line in stderr.lines().map_while(Result::ok) {
            // Before the first unit there may be a minute of downloads.
            if line.contains("Download") || line.contains("Updating") {
                messages.set_message(line.trim().to_owned());
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    });

    let mut built = Built::default();
    let stdout = BufReader::new(child.stdout.take().context("cargo's stdout")?);
    for line in stdout.lines() {
        match serde_json::from_str(&line.context("reading cargo's messages")?).unwrap_or(Message::Other) {
            Message::CompilerArtifact(artifact) => {
                step.advance(&artifact.target.name);
                built.artifacts.push(artifact);
            }
            Message::BuildScriptExecuted(script) => {
                step.advance("");
                built.scripts.push(script);
            }
            Message::Other => {}
        }
    }
    let status = child.wait().context("waiting for cargo")?;
    let errors = errors.join().unwrap_or_default();
    if !status.success() {
        if let Some(problem) = offline::problem(&errors, "a crate") {
            return Err(problem.into());
        }
        step.say(&only_diagnostics(&errors));
        bail!("`cargo {}` failed; the compiler's messages are above", arguments.join(" "));
    }
    let warnings = only_diagnostics(&errors);
    if !warnings.is_empty() {
        step.say(&warnings);
    }
    expected.write(&built);
    Ok(built)
}

/// Cargo's status lines (`   Compiling serde v1.0.0`) are the bar's business; what else it says is for the user.
fn only_diagnostics(stderr: &str) -> String {
    const STATUS: &[&str] = &[
        "Compiling",
        "Finished",
        "Downloading",
        "Downloaded",
        "Updating",
        "Locking",
        "Fresh",
        "Blocking",
        "Adding",
        "Executable",
    ];
    let is_status = |line: &str| {
        let word = line.trim_start().trim_start_matches("\u{1b}[1m").trim_start_matches("\u{1b}[92m");
        let word = word.trim_start_matches("\u{1b}[36m").trim_start();
        STATUS.iter().any(|status| word.starts_with(status))
    };
    let kept: Vec<&str> = stderr.lines().filter(|line| !is_status(line)).collect();
    kept.join("\n").trim().to_owned()
}

/// How many units the bar counts to: as many as the last run of the same command, or a guess from `Cargo.lock`.
struct Expected {
    file: PathBuf,
    key: String,
    counts: BTreeMap<String, u64>,
    units: u64,
}

impl Expected {
    fn read(project: &Project, arguments: &[&str]) -> Self {
        let file = project.scratch().join("units.json");
        let counts: BTreeMap<String, u64> =
            fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let key = arguments.join(" ");
        let lock = fs::read_to_string(project.root.join("Cargo.lock")).unwrap_or_default();
        // Platform-only packages never build here, build scripts count twice: the two about cancel out.
        let guess = lock.matches("[[package]]").count() as u64;
        let units = counts.get(&key).copied().unwrap_or(guess);
        Self { file, key, counts, units }
    }

    fn write(mut self, built: &Built) {
        self.counts.insert(self.key, (built.artifacts.len() + built.scripts.len()) as u64);
        // Only the bar's length depends on it.
        if let (Some(folder), Ok(bytes)) = (self.file.parent(), serde_json::to_vec(&self.counts)) {
            let _ = fs::create_dir_all(folder).and_then(|()| fs::write(&self.file, bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_dropped_and_diagnostics_kept() {
        let stderr =
            "   Compiling serde v1.0.0\nwarning: unused variable: `x`\n --> src/lib.rs:1:5\n    Finished `release`\n";
        assert_eq!(only_diagnostics(stderr), "warning: unused variable: `x`\n --> src/lib.rs:1:5");
        assert_eq!(only_diagnostics("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m serde v1.0.0\n"), "");
    }

    #[test]
    fn an_artifact_message_is_read() {
        let line = r#"{"reason":"compiler-artifact","package_id":"path+file:///x#course@0.1.0","manifest_path":"/x/Cargo.toml",
            "target":{"kind":["lib"],"crate_types":["lib"],"name":"course","src_path":"/x/src/lib.rs","edition":"2024","doc":true},
            "profile":{"opt_level":"3","test":false},"features":[],"filenames":["/t/libcourse-1.rlib"],"executable":null,"fresh":true}"#;
        let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else { panic!("not an artifact") };
        assert!(artifact.is_ours() && artifact.is_library() && artifact.fresh);
    }
}
