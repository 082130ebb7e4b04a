//! The kernel's second engine: the tests that apply to it, where its program is built. No part of a full run, for building it takes minutes
//! (docs/decisions/0011-evcxr-apart.md).

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::python::pytest_of;
use super::{Context, Outcome};
use crate::bar::Step;
use crate::project::Project;
use crate::run::python;
use crate::rust::toolchain::Toolchain;

/// What is about the engine behind the protocol; the course's own displays, widgets and commands are not evcxr's.
const FILES: [&str; 7] = [
    "tests/evcxr",
    "tests/kernel/test_protocol.py",
    "tests/kernel/test_output.py",
    "tests/kernel/test_errors.py",
    "tests/kernel/test_variables.py",
    "tests/kernel/test_input.py",
    "tests/kernel/test_gaps.py",
];

/// Runs them; says what is missing where something is.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let skipped = |note: String| Ok(Outcome { note: format!("skipped: {note}"), ..Outcome::default() });
    let Some(program) = program(context.project) else {
        let folder = context.project.cache.join("evcxr-engine");
        return skipped(format!(
            "not built; CARGO_TARGET_DIR={} cargo build --release --manifest-path kernel/evcxr/Cargo.toml",
            folder.display()
        ));
    };
    let Some(sources) = sources(context.project)? else {
        return skipped("no sources of std: `rustup component add rust-src`, or RUST_SRC_PATH".to_owned());
    };
    let prefix = context.project.scratch().join("evcxr");
    std::fs::create_dir_all(&prefix).with_context(|| format!("cannot make {}", prefix.display()))?;
    let mut install = Command::new(&context.ready.stage.kernel);
    install.args(["install", "--engine", "evcxr", "--prefix"]).arg(&prefix);
    install.arg("--stage").arg(context.ready.stage.folder()).arg("--helper").arg(&program);
    let installed = install.env("RUST_SRC_PATH", &sources).stdin(Stdio::null()).output()?;
    if !installed.status.success() {
        bail!("the kernel of the second engine: {}", String::from_utf8_lossy(&installed.stderr).trim());
    }
    let mut python = python(context.project);
    python.env("COURSE_TEST_KERNEL", "rust-evcxr").env("JUPYTER_PATH", prefix.join("share/jupyter"));
    pytest_of(python, context, step, "evcxr", &FILES)
}

/// `COURSE_EVCXR`, or where the note above has it built, or where cargo puts it by itself.
fn program(project: &Project) -> Option<PathBuf> {
    let named = env::var_os("COURSE_EVCXR").map(PathBuf::from);
    let built = [project.cache.join("evcxr-engine"), project.root.join("kernel/evcxr/target")];
    let built = built.iter().map(|folder| folder.join("release/course-evcxr"));
    named.into_iter().chain(built).find(|path| path.is_file())
}

/// The sources of the standard library.
fn sources(project: &Project) -> Result<Option<PathBuf>> {
    let own = Toolchain::find(project)?.sysroot.join("lib/rustlib/src/rust/library");
    let named = env::var_os("RUST_SRC_PATH").map(PathBuf::from);
    Ok(named.into_iter().chain([own]).find(|folder| folder.join("std").is_dir()))
}
