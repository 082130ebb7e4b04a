//! What must be on the machine before anything is built. `doctor` shows all of it, `setup` stops at the first that fails.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::python;
use crate::problem::Problem;
use crate::project::Project;
use crate::rust::toolchain::{Toolchain, pinned};

/// Free space that a first set-up needs in the target folder, in GiB (measured, with a margin).
const FIRST_BUILD_GIB: u64 = 5;
/// Free space for a later run, in GiB.
const REBUILD_GIB: u64 = 1;

/// A check's name and how it ended: what was found, or what is wrong.
pub type Check = (&'static str, Result<String>);

/// Looks at one thing; the flag says that nothing has been built yet.
type Look = fn(&Project, bool) -> Result<String>;

/// Runs the checks one after another and stops at the first failure.
pub fn before_setup(project: &Project, first: bool) -> Result<()> {
    for (_, outcome) in machine(project, first) {
        outcome?;
    }
    Ok(())
}

/// The checks of the machine, each run when it is asked for.
pub fn machine(project: &Project, first: bool) -> impl Iterator<Item = Check> {
    let checks: [(&'static str, Look); 5] = [
        ("Rust", |project, _| rust(project)),
        ("C compiler", |_, _| c_compiler()),
        ("Python", |_, _| python::find().map(|python| format!("{} ({})", python.version, python.program.display()))),
        ("processor", |_, _| processor()),
        ("disk", disk),
    ];
    checks.into_iter().map(move |(name, check)| (name, check(project, first)))
}

fn rust(project: &Project) -> Result<String> {
    let wanted = pinned(project)?;
    let toolchain = Toolchain::find(project)?;
    if toolchain.release == wanted {
        return Ok(format!("rustc {wanted}"));
    }
    Err(Problem::error(
        format!("this is rustc {}, and the course is built with {wanted}", toolchain.release),
        format!(
            "install rustup (https://rustup.rs), then `rustup toolchain install {wanted}`; unset RUSTUP_TOOLCHAIN if you have set it"
        ),
    ))
}

fn c_compiler() -> Result<String> {
    let output = Command::new("cc").arg("--version").stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or("cc").to_owned())
        }
        _ => Err(Problem::error(
            "there is no C compiler: `cc` cannot be run, and Rust links with it",
            "install one (Debian, Ubuntu: `sudo apt install build-essential`; Fedora: `sudo dnf install gcc`; macOS: `xcode-select --install`)",
        )),
    }
}

/// The build uses AVX2 on x86-64. `is_x86_feature_detected!` cannot ask: xtask is built with the same flags, so it is always true.
fn processor() -> Result<String> {
    if env::consts::ARCH != "x86_64" {
        return Ok(env::consts::ARCH.to_owned());
    }
    let Ok(text) = fs::read_to_string("/proc/cpuinfo") else { return Ok("x86-64".to_owned()) };
    let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    if ["avx2", "fma", "bmi2"].iter().all(|flag| flags.split_whitespace().any(|word| word == *flag)) {
        return Ok("x86-64 with AVX2".to_owned());
    }
    Err(Problem::error(
        "this processor has no AVX2, and the models' fast paths are built for it",
        "on an x86-64 machine from before 2013, remove the target-cpu line of .cargo/config.toml: all works, but slower",
    ))
}

fn disk(project: &Project, first: bool) -> Result<String> {
    let needed = if first { FIRST_BUILD_GIB } else { REBUILD_GIB };
    let mut free = Vec::new();
    for folder in [&project.target, &project.cache] {
        let Some(gib) = free_gib(folder) else { continue };
        if gib < needed {
            return Err(Problem::error(
                format!("{} has {gib} GB free, and the set-up needs {needed}", folder.display()),
                "free some space, or set CARGO_TARGET_DIR and COURSE_CACHE to folders on a larger disk",
            ));
        }
        free.push(gib);
    }
    Ok(free.iter().min().map_or_else(|| "unknown".to_owned(), |gib| format!("{gib} GB free")))
}

/// Free space where a folder is or will be, in GiB, as `df` says.
fn free_gib(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|path| path.exists())?;
    let output = Command::new("df").arg("-Pk").arg(existing).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / (1024 * 1024))
}
