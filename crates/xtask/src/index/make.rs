//! One index for each crate that cells can name, kept by what it was made from.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};
use course_index::Index;

use super::{VERSION, rustdoc, std_library};
use crate::bar::Step;
use crate::files;
use crate::project::Project;
use crate::rust::build::{Artifact, Built};
use crate::rust::command::{Compile, Packages};
use crate::rust::toolchain::{Toolchain, rustflags};
use crate::rust::units::Units;

/// The third-party crates that have an index: what `course` re-exports, and the crates that those re-export in turn. Of the other
/// three hundred a cell can name none.
const WANTED: [&str; 17] = [
    "anyhow",
    "candle_core",
    "candle_nn",
    "half",
    "indicatif",
    "plotters",
    "plotters_backend",
    "polars",
    "polars_arrow",
    "polars_core",
    "polars_ops",
    "safetensors",
    "serde",
    "serde_core",
    "serde_json",
    "tokenizers",
    "tokio",
];

/// The index files of the staged library, named for their crates. What has not changed is not made again.
pub fn make(
    project: &Project,
    built: &Built,
    facade: &Artifact,
    units: &Units<'_>,
    step: &Step,
) -> Result<Vec<(String, PathBuf)>> {
    let folder = project.cache.join("index");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let toolchain = Toolchain::find(project)?;
    let of_std = std_library::unpack(project, &folder)?;
    let mut crates: Vec<&Artifact> =
        units.closure(facade)?.into_iter().filter(|artifact| is_wanted(artifact)).collect();
    crates.push(facade);
    let mut finished = vec![("std".to_owned(), of_std.clone())];
    let mut missing = Vec::new();
    for artifact in crates {
        let name = artifact.target.name.replace('-', "_");
        let mut hash = blake3::Hasher::new();
        hash.update(toolchain.version.as_bytes()).update(course_index::FORMAT.as_bytes()).update(VERSION.as_bytes());
        files::hash_identity(&mut hash, &artifact.metadata().context("a crate has no library file")?)?;
        let file = folder.join(format!("{name}-{}.idx", &hash.finalize().to_hex()[..16]));
        if !file.is_file() {
            missing.push((name.clone(), artifact, file.clone()));
        }
        finished.push((name, file));
    }
    if missing.is_empty() {
        return Ok(finished);
    }

    step.set_length(missing.len() as u64);
    let of_std = Index::open(&of_std)?;
    let maker =
        Maker { project, built, units, toolchain: &toolchain, packages: Packages::read(project)?, of_std: &of_std };
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((name, artifact, file)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    step.advance(name);
                    if let Err(problem) = maker.one(name, artifact, file) {
                        problems.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{name}: {problem:#}"));
                    }
                }
            });
        }
    });
    // A notebook runs without completion; the tests look for every index.
    for problem in problems.into_inner().unwrap_or_else(PoisonError::into_inner) {
        step.say(&format!("completion will not know the crate {problem}"));
    }
    finished.retain(|(_, file)| file.is_file());
    Ok(finished)
}

/// Removes the indices that no stage has a link to.
pub fn prune(project: &Project) {
    let Ok(folder) = fs::read_dir(project.cache.join("index")) else { return };
    for file in folder.flatten() {
        let unused = file.metadata().is_ok_and(|data| data.is_file() && data.nlink() == 1);
        // One that a set-up beside this one has just made is not linked yet.
        let old = file
            .metadata()
            .and_then(|data| data.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > 3600));
        if unused && old {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn is_wanted(artifact: &Artifact) -> bool {
    let name = artifact.target.name.replace('-', "_");
    let library = !artifact.target.kind.iter().any(|kind| kind == "proc-macro");
    library && (artifact.is_ours() || WANTED.contains(&name.as_str()))
}

struct Maker<'a> {
    project: &'a Project,
    built: &'a Built,
    units: &'a Units<'a>,
    toolchain: &'a Toolchain,
    packages: Packages,
    of_std: &'a Index,
}

impl Maker<'_> {
    fn one(&self, name: &str, artifact: &Artifact, file: &Path) -> Result<()> {
        let flags = rustflags(self.project)?;
        let externs = self.units.of_library(artifact)?;
        let program = self.toolchain.program("rustdoc");
        let compile = Compile { program: &program, rustflags: &flags, artifact, externs: &externs, links: false };
        let mut command = compile.command(self.project, &self.packages, self.built)?;
        let work = files::Unfinished::create(&self.project.cache.join("index"), name)?;
        command.args(["--crate-type", "lib", "--cap-lints", "allow", "--output-format", "json"]);
        // JSON is a nightly format, read here by the crate that is made for this toolchain's version of it.
        command.args(["-Z", "unstable-options", "--out-dir"]).arg(work.path()).env("RUSTC_BOOTSTRAP", "1");
        let output = command.stdin(Stdio::null()).output().context("rustdoc cannot be started")?;
        if !output.status.success() {
            bail!("rustdoc failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let json = fs::read(work.path().join(format!("{name}.json"))).context("rustdoc left no JSON")?;
        let json: rustdoc_types::Crate = serde_json::from_slice(&json).context("reading rustdoc's JSON")?;
        if json.format_version != rustdoc_types::FORMAT_VERSION {
            bail!("rustdoc writes format {}, xtask reads {}", json.format_version, rustdoc_types::FORMAT_VERSION);
        }
        let items = rustdoc::items(name, &json, &|path| std_library::public_path(self.of_std, path));
        files::write_atomically(file, &course_index::write(items))
    }
}
