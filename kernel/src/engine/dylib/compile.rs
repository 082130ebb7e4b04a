//! One rustc run: a generated file in, a library or diagnostics out.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::cache::CellCache;
use super::dep::Link;
use super::group::{Group, Sacrifice};
use super::interrupt::Control;
use crate::engine::stage::Stage;

/// What every program says of a full disk.
const NO_SPACE: &str = "No space left on device";

/// One message of rustc's, as `--error-format=json` gives it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The message.
    pub message: String,
    /// `E0382`, or a lint's name.
    pub code: Option<Code>,
    /// `error`, `warning`, `note`, `help`, `failure-note`.
    pub level: String,
    /// The places it speaks of.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Its notes and suggestions.
    #[serde(default)]
    pub children: Vec<Diagnostic>,
}

/// An error code or lint name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    /// Its text.
    pub code: String,
}

/// A place in the generated file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file_name: String,
    /// First byte in the file.
    pub byte_start: usize,
    /// One past the last byte.
    pub byte_end: usize,
    /// First line, from 1.
    pub line_start: u32,
    /// Whether the message is about this place.
    pub is_primary: bool,
    /// What stands beside it.
    pub label: Option<String>,
    /// What to write there instead.
    pub suggested_replacement: Option<String>,
    /// The macro whose expansion it lies in.
    pub expansion: Option<Box<Expansion>>,
}

/// Where a macro was called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expansion {
    /// The call.
    pub span: Span,
}

impl Diagnostic {
    /// Its error code, or an empty text.
    pub fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    /// Whether it or a note below it says `text`.
    fn mentions(&self, text: &str) -> bool {
        self.message.contains(text) || self.children.iter().any(|child| child.mentions(text))
    }

    /// Whether it stops the build; the closing "aborting due to…" has no place and does not count.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error") && !self.message.starts_with("aborting due to")
    }
}

/// What a rustc run gave.
#[derive(Debug)]
pub struct Compiled {
    /// The library, if it built.
    pub library: Option<PathBuf>,
    /// All messages.
    pub diagnostics: Vec<Diagnostic>,
    /// Messages that were not diagnostics, such as the linker's.
    pub other: String,
}

/// What rustc gets.
pub struct Unit<'a> {
    /// The source.
    pub text: &'a str,
    /// The crate's metadata: part of the identity of its types.
    pub metadata: &'a str,
    /// 0 to 3.
    pub opt_level: u8,
    /// Whether it may name the course and what the course depends on. Loading what those crates declare is a large part of a
    /// small cell's time.
    pub course: bool,
    /// The crates that it may name besides.
    pub link: &'a Link,
}

/// The name of the files of a source, without an ending: it is the same in every session, as panics and rustc's messages name it.
pub fn file_name(text: &str) -> String {
    format!("cell-{}", &blake3::hash(text.as_bytes()).to_hex()[..16])
}

impl Unit<'_> {
    /// Needs libraries beside the course's: an added crate's, or a native one it names itself. Only rustc's own link finds those.
    fn needs_libraries(&self) -> bool {
        !self.link.arguments.is_empty() || self.has_native_library()
    }

    fn has_native_library(&self) -> bool {
        self.text.contains("#[link(") || self.text.contains("#![link(")
    }

    /// Whether the text says all that the library depends on. It does not where it reads other files, or the environment.
    fn is_whole(&self) -> bool {
        !["include", "env!", "#[path", "file!"].iter().any(|word| self.text.contains(word))
            && !self.has_native_library()
    }

    /// The hash of all that goes into the compilation.
    fn key(&self, stage: &Stage, command: &Command) -> String {
        let mut hash = blake3::Hasher::new();
        let folder = stage.library.parent().unwrap_or(Path::new("")).display().to_string();
        // The library and its metadata are known by their hash, wherever they are.
        for argument in command.get_args() {
            let argument = argument.to_string_lossy().replace(&folder, &stage.library_id);
            hash.update(argument.as_bytes()).update(&[0]);
        }
        hash.update(self.text.as_bytes());
        hash.finalize().to_hex().to_string()
    }
}

/// What every compilation needs.
#[derive(Clone, Copy)]
pub struct Compiler<'a> {
    /// The course library and the compiler.
    pub stage: &'a Stage,
    /// Where files are written.
    pub folder: &'a Path,
    /// What ■ works on.
    pub control: &'a Control,
    /// What was compiled before.
    pub cache: Option<&'a CellCache>,
}

impl Compiler<'_> {
    /// Compiles a unit to a library whose file has never been there before, so that loading it is loading it anew: `serial` counts.
    ///
    /// # Errors
    /// When rustc or the linker cannot be started. That the code does not compile is no error here.
    pub fn compile(&self, unit: &Unit<'_>, serial: u64) -> anyhow::Result<Compiled> {
        let name = file_name(unit.text);
        let library = self.folder.join(format!("{name}-{serial}.so"));
        let mut command = rustc(self.stage, self.folder, unit);
        command.current_dir(self.folder).arg(format!("{name}.rs"));
        let cache = self.cache.filter(|_| unit.is_whole()).map(|cache| (cache, unit.key(self.stage, &command)));
        if let Some(compiled) = cache.as_ref().and_then(|(cache, key)| cache.get(key, &library)) {
            return Ok(compiled);
        }
        let source = self.folder.join(format!("{name}.rs"));
        std::fs::write(&source, unit.text)
            .with_context(|| format!("could not write the cell to {}", source.display()))?;
        let compiled = if unit.needs_libraries() {
            command.arg("-o").arg(&library);
            run(&mut command, library, self.control)?
        } else {
            self.compile_and_link(&mut command, &name, library)?
        };
        // What failed for another reason than the text may go well the next time.
        let told =
            compiled.library.is_some() || compiled.diagnostics.iter().any(|d| d.is_error() && !d.spans.is_empty());
        if let Some((cache, key)) = cache.filter(|_| told && compiled.other.is_empty() && !self.control.interrupted()) {
            cache.put(&key, &compiled);
        }
        Ok(compiled)
    }

    /// Has rustc look at a unit and make nothing of it but its metadata, which the next check of the same name writes over.
    ///
    /// # Errors
    /// When rustc cannot be started. That the code does not compile is no error here.
    pub fn check(&self, unit: &Unit<'_>) -> anyhow::Result<Compiled> {
        let name = file_name(unit.text);
        let source = self.folder.join(format!("{name}.rs"));
        std::fs::write(&source, unit.text).with_context(|| format!("could not write {}", source.display()))?;
        let product = self.folder.join("checked.rmeta");
        let mut command = rustc(self.stage, self.folder, unit);
        command.current_dir(self.folder).arg(format!("{name}.rs")).arg("--emit=metadata").arg("-o").arg(&product);
        run(&mut command, product, self.control)
    }

    fn compile_and_link(&self, command: &mut Command, name: &str, library: PathBuf) -> anyhow::Result<Compiled> {
        let object = self.folder.join(format!("{name}.o"));
        command.arg("--emit=obj").arg("-o").arg(&object);
        let compiled = run(command, object.clone(), self.control)?;
        if compiled.library.is_none() {
            return Ok(compiled);
        }
        let linked = run(&mut link(self.stage, &object, &library), library, self.control)?;
        let _ = std::fs::remove_file(object);
        Ok(Compiled { library: linked.library, other: compiled.other + &linked.other, ..compiled })
    }
}

fn rustc(stage: &Stage, folder: &Path, unit: &Unit<'_>) -> Command {
    let mut command = Command::new(&stage.rustc);
    command
        .args(["--edition", "2024", "--crate-type", "cdylib", "--crate-name", super::generate::CRATE])
        .args([
            "-C",
            &format!("metadata={}", unit.metadata),
            "-C",
            "prefer-dynamic",
            "-C",
            "debuginfo=line-tables-only",
        ])
        // A cell is one small crate: splitting it costs more than it gives.
        .args(["-C", "codegen-units=1", "-C", &format!("opt-level={}", unit.opt_level)])
        // To use a generic function that another crate has compiled, rustc reads the list of all that all crates have.
        .args(["-Z", "share-generics=no"])
        // Overflow panics in a notebook, whatever the optimisation: the same cell must not give two answers.
        .args(["-C", "overflow-checks=on", "-C", "debug-assertions=on"])
        .args(["--error-format=json", "--diagnostic-width=100000"])
        .args(["-Z", "trim-diagnostic-paths=false", "-Z", "allow-features="])
        .args(&stage.rustflags)
        .env("RUSTC_BOOTSTRAP", "1")
        // What rustc and the linker write on their way goes when the kernel's folder goes.
        .env("TMPDIR", folder);
    if unit.course {
        let course = ("course", &stage.library);
        for (name, path) in unit.link.externs.iter().map(|(name, path)| (name.as_str(), path)).chain([course]) {
            command.arg("--extern").arg(format!("{name}={}", path.display()));
        }
        command.arg("-L").arg(format!("dependency={}", stage.deps_dir.display())).args(&unit.link.arguments);
    } else if let Some(path) = stage.externs.get(super::generate::RUNTIME) {
        command.arg("--extern").arg(format!("{}={}", super::generate::RUNTIME, path.display()));
    }
    command
}

/// The linker itself, and nothing to link with: the process that loads the cell has the course library and std open, so the loader
/// finds every symbol. Through the C compiler, with those libraries, a link takes eight times as long.
fn link(stage: &Stage, object: &Path, library: &Path) -> Command {
    let mut command = Command::new(&stage.linker);
    command
        .args(["-flavor", "gnu", "-shared", "--eh-frame-hdr", "--gc-sections", "--hash-style=gnu", "--build-id=none"])
        .args(["-z", "relro", "-z", "now", "-z", "noexecstack", "--threads=1", "-o"])
        .arg(library)
        .arg(object);
    command
}

/// Runs the compiler or the linker; `product` is what it makes.
fn run(command: &mut Command, product: PathBuf, control: &Control) -> anyhow::Result<Compiled> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let program = Path::new(command.get_program()).display().to_string();
    let mut rustc = Group::spawn(command, Sacrifice::First).with_context(|| format!("could not start {program}"))?;
    let guard = control.compiling(rustc.id());
    let mut diagnostics = Vec::new();
    let mut other = String::new();
    if let Some(stderr) = rustc.process().stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { break };
            match serde_json::from_str::<Diagnostic>(&line) {
                Ok(diagnostic) => diagnostics.push(diagnostic),
                Err(_) => other.extend([line.as_str(), "\n"]),
            }
        }
    }
    let status = rustc.wait().with_context(|| format!("{program} went away"))?;
    drop(guard);
    if !status.success() && (other.contains(NO_SPACE) || diagnostics.iter().any(|said| said.mentions(NO_SPACE))) {
        anyhow::bail!(
            "the disk is full ({NO_SPACE}): make room below {}, and run the cell again",
            product.parent().unwrap_or(&product).display()
        );
    }
    if status.signal().is_some() && !control.interrupted() {
        anyhow::bail!(
            "{program} was ended from outside, most often because memory ran out. All variables are as they were: give back what is \
             done with (`drop(name);`), and run the cell again"
        );
    }
    Ok(Compiled { library: status.success().then_some(product), diagnostics, other })
}
