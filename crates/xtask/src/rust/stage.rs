//! Staging: the course crate as one shared library, with what a compiler needs to build cells against it.
//!
//! A stage is a folder `<cache>/stage/<build id>/` that never changes once it is there. Kernels run from it, so a new
//! build of the workspace does not pull the library from under them:
//!
//! | file | what |
//! |---|---|
//! | `libcourse.so` | the facade and everything below it, linked against libstd's shared library |
//! | `deps/` | metadata of every crate that the facade reaches, and the macros' shared libraries |
//! | `index/` | what completion knows of each crate that cells can name |
//! | `course-kernel` | the kernel of the same build |
//! | `stage.json` | [`Stage`]: compiler, flags, paths |
//! | `crates.json`, `Cargo.lock` | which versions and features of third-party crates are in the library: `:dep` shares them |
//!
//! `<cache>/stage/current` names the newest build id.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::build::{Artifact, Built};
use super::command::{Compile, Packages};
use super::toolchain::{Toolchain, rustflags};
use super::units::Units;
use crate::bar::Step;
use crate::files;
use crate::index;
use crate::project::Project;

/// How many stages of one checkout are kept: the current one, and one that a kernel may still run on.
const KEPT: usize = 2;

/// What `stage.json` says. The kernel reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    /// Hash of the library's and the kernel's bytes and the compiler's version: the folder's name.
    pub build_id: String,
    /// The same without the kernel: a part of every compiled cell's key.
    pub library_id: String,
    /// The compiler that built the library and must build the cells.
    pub rustc: PathBuf,
    /// Its toolchain's folder.
    pub sysroot: PathBuf,
    /// The linker that comes with it: cells are linked without a C compiler in between.
    pub linker: PathBuf,
    /// The folder of libstd's shared library.
    pub std_dir: PathBuf,
    /// The target triple.
    pub target: String,
    /// `rustc -vV`.
    pub rustc_version: String,
    /// The flags that cells share with the library, `-C target-cpu=…` among them.
    pub rustflags: Vec<String>,
    /// The library.
    pub library: PathBuf,
    /// The kernel's binary.
    pub kernel: PathBuf,
    /// For `-L dependency=`.
    pub deps_dir: PathBuf,
    /// Direct dependencies of the facade that code generated in a cell may name: `serde` for `#[derive(Serialize)]`.
    pub externs: BTreeMap<String, PathBuf>,
    /// Features of the facade.
    pub features: Vec<String>,
    /// Hash of the workspace's sources that the library was built from, by [`source_hash`].
    pub source_hash: String,
    /// The checkout.
    pub source_root: PathBuf,
    /// What the stage was made from; the same inputs are not staged again.
    pub inputs: String,
    /// Seconds since 1970.
    pub created: u64,
}

impl Stage {
    /// The folder of the stage.
    pub fn folder(&self) -> &Path {
        self.library.parent().unwrap_or(Path::new("."))
    }

    /// The stage that `<cache>/stage/current` names, if it is whole.
    pub fn current(project: &Project) -> Option<Self> {
        let id = fs::read_to_string(project.stages().join("current")).ok()?;
        Self::read(&project.stages().join(id.trim()))
    }

    fn read(folder: &Path) -> Option<Self> {
        let stage: Self = serde_json::from_slice(&fs::read(folder.join("stage.json")).ok()?).ok()?;
        (stage.library.is_file() && stage.kernel.is_file()).then_some(stage)
    }
}

/// A third-party crate inside the library, as `crates.json` lists it. The kernel's `:dep` reads it.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Inside {
    /// The package's name in its registry.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The crate's name in Rust.
    pub name: String,
    /// The features it was built with.
    pub features: Vec<String>,
    /// Its metadata, in `deps/`.
    pub file: PathBuf,
}

impl Inside {
    /// `None` for the workspace's own crates and for macros, which run in the compiler and not in the library.
    fn of(artifact: &Artifact) -> Option<Self> {
        let (source, id) = artifact.package_id.split_once('#')?;
        let (package, version) = id.split_once('@')?;
        let library = artifact.target.kind.iter().any(|kind| kind == "lib" || kind == "rlib");
        (library && source.starts_with("registry+")).then_some(())?;
        Some(Self {
            package: package.to_owned(),
            version: version.to_owned(),
            name: artifact.target.name.replace('-', "_"),
            features: artifact.features.clone(),
            file: Path::new("deps").join(artifact.metadata()?.file_name()?),
        })
    }
}

/// Stages what `built` left, unless the same is staged already. Returns the stage and whether it is new.
pub fn stage(project: &Project, built: &Built, step: &Step) -> Result<(Stage, bool)> {
    let toolchain = Toolchain::find(project)?;
    let flags = rustflags(project)?;
    let facade = find(built, "course", "lib")?;
    let kernel = find(built, "course-kernel", "bin")?;
    let kernel = kernel.executable.clone().context("the kernel has no binary")?;
    let units = Units::new(project, built)?;
    let externs = units.of_library(facade)?;
    let closure = units.closure(facade)?;

    let mut inputs = blake3::Hasher::new();
    inputs.update(toolchain.version.as_bytes()).update(flags.join(" ").as_bytes());
    for artifact in closure.iter().copied().chain([facade]) {
        files::hash_identity(&mut inputs, &artifact.linkable().context("a dependency has no library file")?)?;
    }
    files::hash_identity(&mut inputs, &kernel)?;
    inputs.update(index::VERSION.as_bytes());
    let inputs = inputs.finalize().to_hex().to_string();
    if let Some(stage) =
        all(project).into_iter().find(|stage| stage.inputs == inputs && stage.source_root == project.root)
    {
        files::write_atomically(&project.stages().join("current"), stage.build_id.as_bytes())?;
        return Ok((stage, false));
    }

    let unfinished = files::Unfinished::create(&project.stages(), "new")?;
    let library_name = format!("{}course{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let library = unfinished.path().join(&library_name);
    let compile =
        Compile { program: &toolchain.rustc, rustflags: &flags, artifact: facade, externs: &externs, links: true };
    let mut rustc = compile.command(project, &Packages::read(project)?, built)?;
    rustc.args(["--crate-type", "dylib", "--cap-lints", "allow", "-C", "opt-level=3", "-C", "prefer-dynamic"]);
    rustc.args(["-C", "embed-bitcode=no", "-C", "strip=debuginfo", "-C", "metadata=course-stage"]);
    rustc.arg(format!("-Clink-arg=-Wl,-rpath,{}", toolchain.std_folder().display()));
    rustc.arg("-o").arg(&library);
    let output = rustc.output().context("rustc cannot be started")?;
    if !output.status.success() {
        bail!("the course library does not link:\n{}", String::from_utf8_lossy(&output.stderr));
    }

    let deps = unfinished.path().join("deps");
    fs::create_dir(&deps)?;
    for artifact in &closure {
        let file = artifact.metadata().context("a dependency has no library file")?;
        files::link_or_copy(&file, &deps.join(file.file_name().context("a library without a name")?))?;
    }
    let mut inside: Vec<Inside> = closure.iter().filter_map(|artifact| Inside::of(artifact)).collect();
    inside.sort_by(|one, other| (&one.package, &one.version).cmp(&(&other.package, &other.version)));
    fs::write(unfinished.path().join("crates.json"), serde_json::to_vec(&inside)?)?;
    fs::copy(project.root.join("Cargo.lock"), unfinished.path().join("Cargo.lock")).context("copying Cargo.lock")?;
    let indices = unfinished.path().join("index");
    fs::create_dir(&indices)?;
    for (name, file) in index::make(project, built, facade, &units, step)? {
        files::link_or_copy(&file, &indices.join(format!("{name}.idx")))?;
    }
    // A copy: cargo writes the next kernel over this one.
    fs::copy(&kernel, unfinished.path().join("course-kernel")).context("copying the kernel")?;

    let mut id = blake3::Hasher::new();
    id.update(toolchain.version.as_bytes());
    let short = |id: &blake3::Hasher| id.finalize().to_hex().chars().take(16).collect::<String>();
    id.update(&fs::read(&library)?);
    let library_id = short(&id);
    id.update(&fs::read(&kernel)?);
    let build_id = short(&id);
    let folder = project.stages().join(&build_id);
    let named =
        |artifact: &Artifact| artifact.metadata().and_then(|file| Some(folder.join("deps").join(file.file_name()?)));
    let stage = Stage {
        rustc: toolchain.rustc.clone(),
        sysroot: toolchain.sysroot.clone(),
        linker: toolchain.linker(),
        std_dir: toolchain.std_folder(),
        target: toolchain.target.clone(),
        rustc_version: toolchain.version.clone(),
        rustflags: flags,
        library: folder.join(&library_name),
        kernel: folder.join("course-kernel"),
        deps_dir: folder.join("deps"),
        externs: externs.iter().filter_map(|(name, artifact)| Some((name.clone(), named(artifact)?))).collect(),
        features: facade.features.clone(),
        source_hash: source_hash(&project.root)?,
        source_root: project.root.clone(),
        inputs,
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        build_id,
        library_id,
    };
    fs::write(unfinished.path().join("stage.json"), serde_json::to_vec_pretty(&stage)?)?;
    // The same build id is the same bytes, but its stage.json may speak of other inputs: the new one takes its place.
    if folder.exists() {
        // An older xtask staged it without.
        if !folder.join("index").exists() {
            fs::rename(&indices, folder.join("index"))?;
        }
        files::write_atomically(&folder.join("stage.json"), &serde_json::to_vec_pretty(&stage)?)?;
    } else {
        unfinished.finish(&folder)?;
    }
    files::write_atomically(&project.stages().join("current"), stage.build_id.as_bytes())?;
    prune(project, &stage);
    index::prune(project);
    Ok((stage, true))
}

/// Hash of every Rust source and manifest of the workspace's crates, by path and content.
pub fn source_hash(root: &Path) -> Result<String> {
    let mut sources = vec![root.join("Cargo.toml"), root.join("Cargo.lock")];
    for folder in ["crates", "kernel"] {
        files::walk(&root.join(folder), &mut |file| {
            if file.extension().is_some_and(|end| end == "rs" || end == "toml") {
                sources.push(file.to_path_buf());
            }
        })?;
    }
    sources.sort();
    let mut hash = blake3::Hasher::new();
    for source in sources {
        hash.update(source.strip_prefix(root).unwrap_or(&source).to_string_lossy().as_bytes());
        hash.update(&fs::read(&source).with_context(|| format!("reading {}", source.display()))?);
    }
    Ok(hash.finalize().to_hex().to_string())
}

fn find<'a>(built: &'a Built, package: &str, kind: &str) -> Result<&'a Artifact> {
    let ours = built.artifacts.iter().filter(|artifact| artifact.is_ours() && !artifact.profile.test);
    let mut matching = ours
        .filter(|artifact| artifact.package() == Some(package) && artifact.target.kind.iter().any(|name| name == kind));
    matching.next().with_context(|| format!("the build left no {package} {kind}"))
}

/// Every whole stage in the cache, of any checkout.
fn all(project: &Project) -> Vec<Stage> {
    let Ok(folders) = fs::read_dir(project.stages()) else { return Vec::new() };
    folders.flatten().filter_map(|folder| Stage::read(&folder.path())).collect()
}

/// Removes this checkout's older stages, and those of checkouts that are gone.
fn prune(project: &Project, current: &Stage) {
    let mut stages = all(project);
    stages.sort_by_key(|stage| std::cmp::Reverse(stage.created));
    let mut kept = 1;
    for stage in stages.iter().filter(|stage| stage.build_id != current.build_id) {
        let mine = stage.source_root == project.root;
        if mine && kept < KEPT {
            kept += 1;
        } else if mine || !stage.source_root.exists() {
            // Left for the next time if it cannot be removed.
            let _ = fs::remove_dir_all(stage.folder());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_a_registry_are_listed_with_version_and_features() {
        let artifact = |id: &str, kind: &str| -> Artifact {
            serde_json::from_value(serde_json::json!({
                "package_id": id, "manifest_path": "/x/Cargo.toml", "profile": { "test": false }, "features": ["derive"],
                "target": { "kind": [kind], "name": "serde-core", "src_path": "/x/src/lib.rs", "edition": "2021" },
                "filenames": ["/t/libserde_core-1.rlib", "/t/libserde_core-1.rmeta"], "executable": null, "fresh": true,
            }))
            .unwrap()
        };
        let registry = "registry+https://github.com/rust-lang/crates.io-index#serde-core@1.0.2";
        let inside = Inside::of(&artifact(registry, "lib")).unwrap();
        assert_eq!(
            (inside.package.as_str(), inside.version.as_str(), inside.name.as_str()),
            ("serde-core", "1.0.2", "serde_core")
        );
        assert_eq!(inside.file, Path::new("deps/libserde_core-1.rmeta"));
        assert_eq!(Inside::of(&artifact(registry, "proc-macro")), None);
        assert_eq!(Inside::of(&artifact("path+file:///x/course#0.1.0", "lib")), None);
    }
}
