//! The staged course library: what `cargo xtask setup` built for kernels to load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

/// A folder with `libcourse.so`, the metadata of its dependencies, and `stage.json`, which describes them.
#[derive(Debug, Clone, Deserialize)]
pub struct Stage {
    /// Changes with every change of the library or the compiler.
    pub build_id: String,
    /// Changes with the library or the compiler, but not with the kernel.
    pub library_id: String,
    /// The toolchain's own compiler, not rustup's proxy.
    pub rustc: PathBuf,
    /// The toolchain's own linker.
    pub linker: PathBuf,
    /// Flags that cells share with the library, such as `-C target-cpu=…`.
    #[serde(default)]
    pub rustflags: Vec<String>,
    /// The target triple.
    pub target: String,
    /// The folder of libstd's shared library.
    pub std_dir: PathBuf,
    /// The metadata of the library's dependencies.
    pub deps_dir: PathBuf,
    /// `libcourse.so`.
    pub library: PathBuf,
    /// Crates that derive macros name directly, such as `serde`.
    #[serde(default)]
    pub externs: BTreeMap<String, PathBuf>,
}

impl Stage {
    /// The folder of the stage.
    pub fn folder(&self) -> &Path {
        self.library.parent().unwrap_or(Path::new("."))
    }

    /// Reads `stage.json` in a folder; paths in it may be relative to the folder.
    ///
    /// # Errors
    /// When there is none, or it names files that are not there.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("stage.json");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("no course library at {}: run `cargo xtask setup`", folder.display()))?;
        let mut stage: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: run `cargo xtask setup`", file.display()))?;
        stage.library = folder.join(&stage.library);
        stage.deps_dir = folder.join(&stage.deps_dir);
        for path in stage.externs.values_mut() {
            *path = folder.join(&*path);
        }
        stage.check()?;
        Ok(stage)
    }

    /// Looks whether all of it is there: someone may clear a cache while a kernel lives.
    ///
    /// # Errors
    /// When a part of it is gone.
    pub fn check(&self) -> anyhow::Result<()> {
        for path in [&self.rustc, &self.linker, &self.library, &self.deps_dir] {
            anyhow::ensure!(
                path.exists(),
                "{} is gone: run `cargo xtask setup`, and restart the kernel",
                path.display()
            );
        }
        Ok(())
    }
}
