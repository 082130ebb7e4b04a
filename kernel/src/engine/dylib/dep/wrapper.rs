//! What cargo calls instead of rustc: a crate that is in the course library already is not compiled a second time.
//!
//! Two builds of one crate are two crates to the compiler: their traits and types do not fit each other. So where a crate's
//! dependency has the name and version of one in the course library, wants no feature that this lacks, and itself depends
//! on such crates only, the library's own metadata takes its place. `serde::Serialize` of an added crate is then the
//! notebook's `serde::Serialize`.
//!
//! Whatever is compiled gets an identity of its own (`-C metadata`), also when cargo compiles the same package again because
//! its source was edited: a type of the old build and one of the new must never pass for each other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde::Deserialize;

/// Names the stage's folder to the wrapper; its presence makes this program the wrapper.
pub const STAGE: &str = "COURSE_DEP_STAGE";

/// The crate that depends on all that is wanted; empty otherwise.
pub const ROOT: &str = "course_dep";

/// Beside a library that stands for one of the stage's: its path.
const SHARED: &str = "shared";

/// Beside the root's library: the names and files of the crates it was given.
const EXTERNS: &str = "externs";

/// A crate inside the course library, as the stage's `crates.json` lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct Inside {
    /// The package's name in its registry.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The crate's name in Rust.
    pub name: String,
    /// The features it was built with.
    pub features: Vec<String>,
    /// Its metadata, relative to the stage's folder.
    pub file: PathBuf,
}

impl Inside {
    /// All of a stage.
    ///
    /// # Errors
    /// When the stage has no such list.
    pub fn read(stage: &Path) -> anyhow::Result<Vec<Self>> {
        use anyhow::Context as _;
        let file = stage.join("crates.json");
        let bytes =
            std::fs::read(&file).with_context(|| format!("reading {}: run `cargo xtask setup`", file.display()))?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged: run `cargo xtask setup`", file.display()))
    }
}

/// If cargo called this program as its compiler: does it, and gives the exit status.
pub fn run_if_asked() -> Option<u8> {
    let stage = PathBuf::from(std::env::var_os(STAGE)?);
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next()?;
    let arguments: Vec<OsString> = arguments.collect();
    let error = match compile(&stage, &rustc, &arguments) {
        Ok(()) => return Some(0),
        Err(error) => error,
    };
    eprintln!("error: {error:#}");
    Some(1)
}

fn compile(stage: &Path, rustc: &OsString, arguments: &[OsString]) -> anyhow::Result<()> {
    let mut command = Command::new(rustc);
    let texts: Option<Vec<&str>> = arguments.iter().map(|argument| argument.to_str()).collect();
    let Some(unit) = texts.as_deref().and_then(Unit::read) else {
        return Err(command.args(arguments).exec().into());
    };
    if unit.name == ROOT {
        std::fs::write(unit.beside(EXTERNS), serde_json::to_vec(&unit.externs)?)?;
    } else if let Some(inside) = unit.inside(&Inside::read(stage)?) {
        return Ok(unit.stand_in(&stage.join(inside.file))?);
    }
    // Other kinds of library would have to be linked here, with crates that only the course library has.
    let mut kinds = texts.iter().flatten().copied();
    while let Some(argument) = kinds.next() {
        if argument == "--crate-type" {
            kinds.next();
        } else if !argument.starts_with("--crate-type=") {
            command.arg(argument);
        }
    }
    command.args(["--crate-type", "lib", "-L"]).arg(format!("dependency={}", stage.join("deps").display()));
    command.arg("-C").arg(format!("metadata={}", one_of_a_kind()));
    for file in unit.others {
        // Cargo looks for them later.
        std::fs::write(file, "")?;
    }
    Err(command.exec().into())
}

/// A text that no other compiler run has.
fn one_of_a_kind() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    format!("{:x}-{now:x}", std::process::id())
}

/// A library that cargo asks for, for the machine that cells run on; programs, macros and what they are built from are left to rustc.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unit {
    name: String,
    features: BTreeSet<String>,
    externs: Vec<(String, PathBuf)>,
    stem: PathBuf,
    others: Vec<PathBuf>,
}

impl Unit {
    fn read(arguments: &[&str]) -> Option<Self> {
        let mut unit = Self::default();
        let (mut folder, mut extra, mut target, mut kinds) = (None, "", false, Vec::new());
        let mut arguments = arguments.iter().copied();
        while let Some(argument) = arguments.next() {
            let (option, joined) = match argument.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value)),
                _ => (argument, None),
            };
            if !matches!(
                option,
                "--crate-name" | "--crate-type" | "--target" | "--out-dir" | "--cfg" | "--extern" | "-C"
            ) {
                continue;
            }
            let value = joined.or_else(|| arguments.next())?;
            match option {
                "--crate-name" => unit.name = value.to_owned(),
                "--crate-type" => kinds.push(value),
                "--target" => target = true,
                "--out-dir" => folder = Some(PathBuf::from(value)),
                "--cfg" => {
                    let feature = value.strip_prefix("feature=\"").and_then(|rest| rest.strip_suffix('"'));
                    unit.features.extend(feature.map(str::to_owned));
                }
                "--extern" => {
                    // `noprelude:name=path`
                    let (name, path) = value.split_once('=')?;
                    let name = name.rsplit(':').next().unwrap_or(name);
                    unit.externs.push((name.to_owned(), PathBuf::from(path)));
                }
                _ => extra = value.strip_prefix("extra-filename=").unwrap_or(extra),
            }
        }
        let folder = folder?;
        if !target || !kinds.iter().any(|kind| *kind == "lib" || *kind == "rlib") {
            return None;
        }
        unit.stem = folder.join(format!("lib{}{extra}", unit.name));
        if kinds.len() > 1 {
            let shared = std::env::consts::DLL_EXTENSION;
            unit.others = vec![unit.stem.with_extension(shared), folder.join(format!("lib{}.{shared}", unit.name))];
        }
        Some(unit)
    }

    fn beside(&self, extension: &str) -> PathBuf {
        with_extension(&self.stem, extension)
    }

    /// Where cargo looks for the list of sources: `serde-0123.d` for `libserde-0123`.
    fn sources(&self) -> io::Result<PathBuf> {
        let name = self.stem.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("lib"));
        let name = name.ok_or_else(|| io::Error::other("a library without a name"))?;
        Ok(self.stem.with_file_name(format!("{name}.d")))
    }

    /// The course library's build of the same package, if it can stand for this one.
    fn inside(&self, all: &[Inside]) -> Option<Inside> {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        if !variable("CARGO_MANIFEST_DIR").contains("/registry/src/") {
            return None;
        }
        let (package, version) = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
        let fits = |inside: &&Inside| {
            inside.package == package
                && inside.version == version
                && inside.name == self.name
                && self.features.iter().all(|feature| inside.features.contains(feature))
        };
        let from_stage = |path: &PathBuf| is_macro(path) || shared(path).is_some();
        self.externs.iter().all(|(_, path)| from_stage(path)).then(|| all.iter().find(fits).cloned())?
    }

    /// Puts the stage's metadata where cargo looks for what it asked for.
    fn stand_in(&self, staged: &Path) -> io::Result<()> {
        let wanted = if staged.extension().is_some_and(|end| end == "rlib") { "rlib" } else { "rmeta" };
        for extension in ["rmeta", "rlib"] {
            let file = self.beside(extension);
            let _ = std::fs::remove_file(&file);
            if extension == wanted { std::os::unix::fs::symlink(staged, file)? } else { std::fs::write(file, "")? }
        }
        for file in &self.others {
            std::fs::write(file, "")?;
        }
        // Cargo takes a unit without a list of its sources for one that must be built again, and all that depends on it.
        let manifest = std::env::var("CARGO_MANIFEST_PATH").unwrap_or_default();
        std::fs::write(self.sources()?, format!("{}: {manifest}\n", self.beside(wanted).display()))?;
        std::fs::write(self.beside(SHARED), staged.as_os_str().as_encoded_bytes())
    }
}

/// The stage's file that stands behind a library of the side project's.
pub fn shared(file: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(file.with_extension(SHARED)).ok()?;
    Some(PathBuf::from(text))
}

/// The crates that the root was given, by name, as written beside its library.
pub fn externs(root: &Path) -> Option<Vec<(String, PathBuf)>> {
    serde_json::from_slice(&std::fs::read(root.with_extension(EXTERNS)).ok()?).ok()
}

/// Macros run in the compiler: they have no types to share.
pub fn is_macro(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == std::env::consts::DLL_EXTENSION)
}

fn with_extension(stem: &Path, extension: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Unit> {
        Unit::read(&line.split_whitespace().collect::<Vec<_>>())
    }

    #[test]
    fn only_libraries_for_cells_are_looked_at() {
        let unit = read(
            "--crate-name serde_json --edition=2021 /r/lib.rs --crate-type lib --emit=dep-info,metadata,link -C opt-level=3 \
             --cfg feature=\"std\" --cfg fast -C metadata=1 -C extra-filename=-9e --out-dir /t/deps --target x86 \
             --extern itoa=/t/deps/libitoa-b8.rmeta --extern noprelude:memchr=/t/m.rmeta",
        )
        .unwrap();
        assert_eq!((unit.name.as_str(), unit.stem.as_path()), ("serde_json", Path::new("/t/deps/libserde_json-9e")));
        assert_eq!(unit.beside("rmeta"), Path::new("/t/deps/libserde_json-9e.rmeta"));
        assert_eq!(unit.features, BTreeSet::from(["std".to_owned()]));
        assert_eq!(unit.externs[1], ("memchr".to_owned(), PathBuf::from("/t/m.rmeta")));
        assert_eq!(read("--crate-name serde --crate-type lib --out-dir /t"), None, "for a macro or a build script");
        assert_eq!(read("--crate-name serde_derive --crate-type proc-macro --out-dir /t --target x"), None);
        assert_eq!(read("-vV"), None);
        assert_eq!(read("- --crate-name ___ --print=file-names --crate-type bin --crate-type rlib --target x"), None);
    }

    #[test]
    fn a_file_that_stands_in_says_for_what() {
        let folder = tempfile::tempdir().unwrap();
        let staged = folder.path().join("libserde-staged.rmeta");
        std::fs::write(&staged, "metadata").unwrap();
        let unit = Unit { stem: folder.path().join("libserde-1"), ..Unit::default() };
        unit.stand_in(&staged).unwrap();
        unit.stand_in(&staged).unwrap();
        let file = folder.path().join("libserde-1.rmeta");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "metadata");
        assert_eq!(shared(&file), Some(staged));
        assert!(folder.path().join("serde-1.d").is_file(), "cargo wants a list of sources");
        assert_eq!(shared(&folder.path().join("libother-1.rmeta")), None);
    }
}
