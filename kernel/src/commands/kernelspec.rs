//! The kernelspec: the folder by which Jupyter finds the kernel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The kernel's name in notebooks' metadata.
pub const NAME: &str = "rust-course";

/// The second engine's name there.
pub const EVCXR_NAME: &str = "rust-evcxr";

/// `kernel.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kernelspec {
    /// The command that starts the kernel.
    pub argv: Vec<String>,
    /// The name in menus.
    pub display_name: String,
    /// The language of cells.
    pub language: String,
    /// How cells are interrupted: a signal would reach kernel, child and compiler alike.
    pub interrupt_mode: String,
    /// What the kernel needs to know of the environment it was installed from: the cache folder, and the checkout that cells find
    /// chapters and a learner's progress in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

impl Kernelspec {
    /// The kernelspec for this binary and a staged library, both as absolute paths.
    ///
    /// # Errors
    /// When the binary's own path is unknown, or a path is not UTF-8.
    pub fn new(stage: &Path) -> anyhow::Result<Self> {
        let kernel = std::env::current_exe().context("cannot find the kernel's own path")?;
        let stage = std::path::absolute(stage).with_context(|| format!("{} is no path", stage.display()))?;
        let argument = |path: PathBuf| {
            let shown = path.display().to_string();
            path.into_os_string().into_string().map_err(|_| anyhow::anyhow!("{shown}: Jupyter needs paths in UTF-8"))
        };
        Ok(Self {
            argv: vec![
                argument(kernel)?,
                "run".into(),
                "--connection-file".into(),
                "{connection_file}".into(),
                "--stage".into(),
                argument(stage)?,
            ],
            display_name: "Rust (LLM course)".into(),
            language: "rust".into(),
            interrupt_mode: "message".into(),
            env: ["COURSE_CACHE", "COURSE_ROOT"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
                .collect(),
        })
    }

    /// The same for the second engine, given its program.
    ///
    /// # Errors
    /// When the path is not UTF-8.
    pub fn with_evcxr(mut self, program: &Path) -> anyhow::Result<Self> {
        let program = std::path::absolute(program).with_context(|| format!("{} is no path", program.display()))?;
        let text = program.to_str().with_context(|| format!("{}: Jupyter needs paths in UTF-8", program.display()))?;
        self.argv.extend(["--evcxr".into(), text.into()]);
        self.display_name = "Rust (evcxr engine)".into();
        // Where evcxr finds the sources of the standard library if the toolchain has none.
        self.env.extend(std::env::var("RUST_SRC_PATH").ok().map(|folder| ("RUST_SRC_PATH".into(), folder)));
        Ok(self)
    }

    /// The folder of the second engine's kernelspec in a Python environment.
    pub fn evcxr_folder(prefix: &Path) -> PathBuf {
        prefix.join("share/jupyter/kernels").join(EVCXR_NAME)
    }

    /// The folder of the kernelspec in a Python environment.
    pub fn folder(prefix: &Path) -> PathBuf {
        prefix.join("share/jupyter/kernels").join(NAME)
    }

    /// Reads the kernelspec of a Python environment.
    ///
    /// # Errors
    /// When there is none, or it is no kernelspec.
    pub fn read(prefix: &Path) -> anyhow::Result<Self> {
        let file = Self::folder(prefix).join("kernel.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("no kernel at {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))
    }

    /// The binary that it starts.
    pub fn kernel(&self) -> Option<&Path> {
        self.argv.first().map(Path::new)
    }

    /// The library's folder that it names.
    pub fn stage(&self) -> Option<PathBuf> {
        let at = self.argv.iter().position(|argument| argument == "--stage")?;
        self.argv.get(at + 1).map(PathBuf::from)
    }
}
