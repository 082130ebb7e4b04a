//! What a `:dep` leaves: a folder with the added crates' metadata and one library that holds their code.
//!
//! The library takes in every crate that neither the course library nor an earlier set of the session has, so that each exists
//! once in the process: its statics and the identities of its types are the same in all cells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::super::group::{Group, Sacrifice};
use super::super::interrupt::Control;
use super::cargo::{Artifact, Ran};
use super::wrapper;
use crate::engine::stage::Stage;

/// Added crates, ready for cells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Set {
    /// Names the folder; another content has another id.
    pub id: String,
    /// The folder.
    pub folder: PathBuf,
    /// The library's crate name, if any crate had to be built.
    pub library: Option<String>,
    /// What cells can name, by name: the metadata to give to rustc.
    pub externs: BTreeMap<String, PathBuf>,
    /// Every crate that was needed, whether built or found in the course library.
    pub crates: Vec<Crate>,
    /// The files of the folder and their sizes: a folder that lacks some is as good as none.
    files: BTreeMap<String, u64>,
}

/// One crate of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crate {
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The crate's name in Rust.
    pub name: String,
    /// Its metadata.
    pub file: PathBuf,
    /// Another build of it, however small the difference, has another.
    pub identity: String,
    /// The course library's own.
    pub shared: bool,
}

impl Set {
    /// Reads a set that was built before.
    pub fn read(folder: &Path) -> Option<Self> {
        let set: Self = serde_json::from_slice(&fs::read(folder.join("set.json")).ok()?).ok()?;
        set.is_whole().then_some(set)
    }

    /// Whether all its files are there.
    pub fn is_whole(&self) -> bool {
        let same =
            |(name, size): (&String, &u64)| fs::metadata(self.folder.join(name)).is_ok_and(|file| file.len() == *size);
        self.files.iter().all(same)
    }

    /// The library's file.
    pub fn library_file(&self) -> Option<PathBuf> {
        let prefix = std::env::consts::DLL_PREFIX;
        self.library
            .as_ref()
            .map(|name| self.folder.join(format!("{prefix}{name}.{}", std::env::consts::DLL_EXTENSION)))
    }
}

/// What a set is made from.
pub struct Assembly<'a> {
    /// The course library.
    pub stage: &'a Stage,
    /// What cargo built.
    pub ran: &'a Ran,
    /// Cargo's target folder.
    pub target: &'a Path,
    /// Where the sets are.
    pub sets: &'a Path,
    /// The session's earlier sets, first to last.
    pub earlier: &'a [Set],
    /// What ■ works on.
    pub control: &'a Control,
}

impl Assembly<'_> {
    /// Makes the set, or finds that it is there.
    ///
    /// # Errors
    /// When a file cannot be written, or the library does not link.
    pub fn set(&self) -> anyhow::Result<Set> {
        let deps = self.target.join(&self.stage.target).join("release/deps");
        let root = self.ran.artifacts.iter().find(|artifact| artifact.target.name == wrapper::ROOT);
        let root = root.and_then(Artifact::metadata).context("cargo built no root")?;
        let externs = wrapper::externs(root).context("cargo's root says nothing of its crates")?;

        let mut crates = Vec::new();
        let mut copies = BTreeMap::new();
        for artifact in &self.ran.artifacts {
            let Some(file) = artifact.metadata() else { continue };
            let library = artifact.target.kind.iter().any(|kind| kind.ends_with("lib")) && file.starts_with(&deps);
            if artifact.target.name == wrapper::ROOT
                || !library && !artifact.target.kind.iter().any(|kind| kind == "proc-macro")
            {
                continue;
            }
            let (package, version) = artifact.package();
            let name = artifact.target.name.replace('-', "_");
            let (file, identity, shared) = match wrapper::shared(file).filter(|_| library) {
                Some(staged) => (staged, String::new(), true),
                None => {
                    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
                    let copy = Path::new("deps").join(file.file_name().context("a library without a name")?);
                    copies.insert(copy.clone(), file.clone());
                    (copy, blake3::hash(&bytes).to_hex()[..32].to_owned(), false)
                }
            };
            crates.push(Crate { package, version, name, file, identity, shared });
        }
        crates.sort_by(|one, other| {
            (&one.package, &one.version, &one.file).cmp(&(&other.package, &other.version, &other.file))
        });
        let place = |path: &Path| match wrapper::shared(path) {
            Some(staged) => Some(staged),
            None => {
                let stem = path.file_stem()?;
                copies.keys().find(|copy| copy.file_stem() == Some(stem)).cloned()
            }
        };
        let externs: BTreeMap<String, PathBuf> =
            externs.into_iter().filter_map(|(name, path)| Some((name, place(&path)?))).collect();

        let mut hasher = blake3::Hasher::new();
        for earlier in self.earlier {
            hasher.update(earlier.id.as_bytes());
        }
        for (name, path) in &externs {
            hasher.update(name.as_bytes()).update(path.as_os_str().as_encoded_bytes()).update(&[0]);
        }
        for one in &crates {
            hasher.update(one.file.as_os_str().as_encoded_bytes()).update(one.identity.as_bytes()).update(&[0]);
        }
        let id = hasher.finalize().to_hex()[..16].to_owned();
        let folder = self.sets.join(&id);
        if let Some(set) = Set::read(&folder) {
            return Ok(set);
        }

        let draft = tempfile::Builder::new().prefix("new-").tempdir_in(self.sets).context("no room for the crates")?;
        fs::create_dir(draft.path().join("deps"))?;
        for (copy, file) in &copies {
            // A copy, not a link: the compiler may write the next build into the same file.
            fs::copy(file, draft.path().join(copy)).with_context(|| format!("copying {}", file.display()))?;
        }
        let known: BTreeSet<&str> =
            self.earlier.iter().flat_map(|set| &set.crates).map(|one| one.identity.as_str()).collect();
        let new = crates
            .iter()
            .any(|one| !one.shared && !wrapper::is_macro(&one.file) && !known.contains(one.identity.as_str()));
        let library = format!("{}_{id}", wrapper::ROOT);
        if new {
            self.link(&library, &externs, &deps, draft.path())?;
        }
        let mut files = BTreeMap::new();
        for sub in ["", "deps"] {
            for file in fs::read_dir(draft.path().join(sub))?.flatten() {
                let data = file.metadata()?;
                if data.is_file() {
                    let name = Path::new(sub).join(file.file_name()).to_string_lossy().into_owned();
                    files.insert(name, data.len());
                }
            }
        }
        let full = |path: PathBuf| if path.is_absolute() { path } else { folder.join(path) };
        let set = Set {
            externs: externs.into_iter().map(|(name, path)| (name, full(path))).collect(),
            crates: crates.into_iter().map(|one| Crate { file: full(one.file), ..one }).collect(),
            library: new.then_some(library),
            folder: folder.clone(),
            files,
            id,
        };
        fs::write(draft.path().join("set.json"), serde_json::to_vec_pretty(&set)?)?;
        // A folder of that name that could not be read is damaged.
        let _ = fs::remove_dir_all(&folder);
        fs::rename(draft.keep(), &folder).with_context(|| format!("writing {}", folder.display()))?;
        Ok(set)
    }

    /// Links the new crates into one library on top of the course library and the earlier sets.
    fn link(&self, name: &str, externs: &BTreeMap<String, PathBuf>, deps: &Path, folder: &Path) -> anyhow::Result<()> {
        let mut source = String::from("#![allow(unused)]\nextern crate course;\n");
        let mut command = Command::new(&self.stage.rustc);
        command.current_dir(folder).arg("lib.rs");
        command.args(["--crate-type", "dylib", "--crate-name", name, "--edition", "2024", "--cap-lints", "allow"]);
        command.args(["-C", "prefer-dynamic", "-C", "opt-level=0", "-C", "strip=debuginfo", "-C", "embed-bitcode=no"]);
        command.args(["-C", &format!("metadata={name}"), "--error-format=human", "--color=never"]);
        command.args(&self.stage.rustflags);
        for folder in [self.stage.std_dir.as_path(), self.stage.folder()] {
            command.arg(format!("-Clink-arg=-Wl,-rpath,{}", folder.display()));
        }
        command.arg("--extern").arg(format!("course={}", self.stage.library.display()));
        for set in self.earlier {
            command.arg("-L").arg(format!("dependency={}", set.folder.join("deps").display()));
            if let (Some(name), Some(file)) = (&set.library, set.library_file()) {
                source.push_str(&format!("extern crate {name};\n"));
                command.arg("--extern").arg(format!("{name}={}", file.display()));
                command.arg(format!("-Clink-arg=-Wl,-rpath,{}", set.folder.display()));
            }
        }
        let host = self.target.join("release/deps");
        for folder in [deps, &host, &self.stage.deps_dir, self.stage.folder()] {
            command.arg("-L").arg(format!("dependency={}", folder.display()));
        }
        for path in &self.ran.native {
            command.args(["-L", path]);
        }
        for (name, path) in externs {
            if path.is_absolute() || wrapper::is_macro(path) {
                continue;
            }
            // With its code this time.
            let file = deps.join(path.file_name().context("a library without a name")?).with_extension("rlib");
            source.push_str(&format!("extern crate {name};\n"));
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        fs::write(folder.join("lib.rs"), source)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut rustc = Group::spawn(&mut command, Sacrifice::First)
            .with_context(|| format!("could not start {}", self.stage.rustc.display()))?;
        let guard = self.control.compiling(rustc.id());
        let mut said = Vec::new();
        if let Some(mut stderr) = rustc.process().stderr.take() {
            let _ = stderr.read_to_end(&mut said);
        }
        let status = rustc.wait().context("rustc went away")?;
        drop(guard);
        anyhow::ensure!(
            status.success(),
            "the crates were built but cannot be joined with the course library:\n{}",
            String::from_utf8_lossy(&said).trim()
        );
        Ok(())
    }
}
