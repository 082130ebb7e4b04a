//! What became of each notebook when it was checked last, and the key by which it need not be run again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::chosen;
use super::pool::Ran;
use crate::files;
use crate::project::Project;

/// What became of a notebook.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Checked {
    /// Its name.
    pub notebook: String,
    /// What it was checked with; empty if it did not pass.
    pub key: String,
    /// What is wrong with the file or its cells as a program.
    pub problems: Vec<String>,
    /// Its run.
    pub master: Option<Ran>,
    /// The run of the learner's copy, if it has exercises.
    pub copy: Option<Ran>,
    /// It was not run again.
    #[serde(skip)]
    pub unchanged: bool,
}

impl Checked {
    /// Its runs, with what they are of.
    pub fn runs(&self) -> impl Iterator<Item = (&'static str, &Ran)> {
        [("", &self.master), (" (copy)", &self.copy)].into_iter().filter_map(|(of, ran)| Some((of, ran.as_ref()?)))
    }

    /// The most memory of its runs.
    pub fn memory_mb(&self) -> u64 {
        self.runs().map(|(_, ran)| ran.memory_mb).max().unwrap_or(0)
    }

    /// All that is wrong, each with its place.
    pub fn failures(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.problems.iter().map(|problem| format!("{}: {problem}", self.notebook)).collect();
        for (of, ran) in self.runs() {
            let name = format!("{}{of}", self.notebook);
            all.extend(ran.trouble.iter().map(|trouble| format!("{name}: {trouble}")));
            for cell in &ran.cells {
                all.extend(
                    cell.failure().map(|what| format!("{name}, cell `{}` ({}):\n{what}", cell.cell, cell.first)),
                );
            }
        }
        all
    }
}

impl super::pool::CellRan {
    /// Why it did not end as it must, or where its outputs differ.
    pub fn failure(&self) -> Option<String> {
        let what = self.problem.clone().or_else(|| (!self.differs.is_empty()).then(|| self.differs.join("\n")))?;
        Some(what.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"))
    }
}

fn file(project: &Project, name: &str) -> PathBuf {
    project.scratch().join("notebooks").join(format!("{}.json", name.replace(['/', '\\'], "--")))
}

/// What is known of a notebook.
pub fn read(project: &Project, name: &str) -> Option<Checked> {
    serde_json::from_slice(&fs::read(file(project, name)).ok()?).ok()
}

/// Keeps what became of one.
pub fn write(project: &Project, checked: &Checked) -> Result<()> {
    let path = file(project, &checked.notebook);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    files::write_atomically(&path, &serde_json::to_vec_pretty(checked)?)
}

/// A part of every key: the kernel, the course library and the compiler (by their build id), the quizzes, and what checks.
pub fn common_key(project: &Project, build_id: &str) -> Result<blake3::Hasher> {
    let mut hash = blake3::Hasher::new();
    hash.update(build_id.as_bytes());
    for folder in ["tests/support", "tests/notebooks", "quizzes", "crates/notebook/src", "crates/xtask/src/notebooks"] {
        let folder = project.root.join(folder);
        let mut found = Vec::new();
        if folder.is_dir() {
            files::walk(&folder, &mut |path| found.push(path.to_owned()))?;
        }
        found.retain(|path| path.extension().is_some_and(|end| end == "py" || end == "rs" || end == "toml"));
        found.sort();
        for path in found {
            hash.update(&fs::read(&path).with_context(|| format!("reading {}", path.display()))?);
        }
    }
    Ok(hash)
}

/// The key of a notebook: what is common, its bytes, and all others' where it shows what is in them.
pub fn key(project: &Project, common: &blake3::Hasher, path: &Path) -> Result<String> {
    let mut hash = common.clone();
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    hash.update(&bytes);
    let text = String::from_utf8_lossy(&bytes);
    if ["progress!", "hint!", "solution!"].iter().any(|call| text.contains(call)) {
        for other in chosen::files(project, &[])? {
            hash.update(&fs::read(other)?);
        }
    }
    Ok(hash.finalize().to_hex().to_string())
}
