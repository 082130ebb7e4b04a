//! Where things are: the checkout, cargo's target folder, the course's cache, the toolchain.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::problem::Problem;

/// The paths that every task works with.
#[derive(Debug, Clone)]
pub struct Project {
    /// The checkout: the folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder (`CARGO_TARGET_DIR`, or `target/` in the checkout).
    pub target: PathBuf,
    /// The one folder the course uses outside the checkout: `COURSE_CACHE`, or `llm-course-rust` in the user's cache folder.
    pub cache: PathBuf,
}

impl Project {
    /// Finds the checkout from the working folder upwards, or from the package that cargo runs.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the working folder cannot be read")?;
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = here
            .ancestors()
            .chain(manifest.iter().flat_map(|folder| folder.ancestors()))
            .find(|folder| folder.join("crates/xtask/Cargo.toml").is_file())
            .ok_or_else(|| {
                Problem::new("this is not a checkout of the course", "run `cargo xtask` inside the repository's folder")
            })?
            .to_path_buf();
        let target = target_folder(&root)?;
        Ok(Self { target, cache: cache_folder()?, root })
    }

    /// The Python environment with JupyterLab: `.venv` in the checkout, or the one that `COURSE_VENV` names.
    pub fn venv(&self) -> PathBuf {
        given_environment().unwrap_or_else(|| self.root.join(".venv"))
    }

    /// A program of the Python environment.
    pub fn venv_program(&self, name: &str) -> PathBuf {
        self.venv().join("bin").join(name)
    }

    /// Where xtask keeps its stamps, logs and reports.
    pub fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The folder of staged course libraries, one folder a build id.
    pub fn stages(&self) -> PathBuf {
        self.cache.join("stage")
    }

    /// Cargo, without the variables that the cargo that runs xtask has set: build scripts would take them for a change.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let set_by_cargo_run =
                ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_"];
            if set_by_cargo_run.iter().any(|prefix| text.starts_with(prefix)) {
                cargo.env_remove(&name);
            }
        }
        cargo.env_remove("LD_LIBRARY_PATH").env_remove("OUT_DIR");
        cargo
    }
}

/// `COURSE_VENV`: a Python environment that somebody else made, as images do; it is used as it is.
pub fn given_environment() -> Option<PathBuf> {
    let folder = env::var_os("COURSE_VENV").filter(|folder| !folder.is_empty())?;
    std::path::absolute(folder).ok()
}

/// Whether this process may do everything on the machine.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn target_folder(root: &Path) -> Result<PathBuf> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("cargo cannot be started")?;
    if !output.status.success() {
        anyhow::bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("reading cargo metadata")?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    folder.map(PathBuf::from).context("cargo metadata names no target_directory")
}

fn cache_folder() -> Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(folder) = env::var_os("COURSE_CACHE").filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).context("COURSE_CACHE is not a usable path");
    }
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|caches| caches.join("llm-course-rust"))
        .ok_or_else(|| {
            Problem::error(
                "there is no home folder to keep the cache in",
                "set COURSE_CACHE to a folder you can write to",
            )
        })
}
