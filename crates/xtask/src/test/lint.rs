//! clippy and rustdoc, run straight on the workspace's crates against the release artifacts.
//!
//! `cargo clippy` and `cargo doc` want check metadata of all dependencies, which compiles some 500 crates once more. The
//! same drivers accept the metadata of the release build; the figures are in docs/decisions/0003-build-time.md.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::{Context, Outcome};
use crate::bar::Step;
use crate::project::Project;
use crate::rust::build::{Artifact, Built};
use crate::rust::command::{Compile, Packages};
use crate::rust::stage::source_hash;
use crate::rust::toolchain::{Toolchain, rustflags};
use crate::rust::units::Units;

/// A crate to look at, and what to call it in messages.
type Job = (String, Command);

/// Clippy on every library, program and test; a warning fails.
pub fn clippy(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let toolchain = Toolchain::find(context.project)?;
    let driver = toolchain.program("clippy-driver");
    if !driver.is_file() {
        bail!("the toolchain has no clippy: `rustup component add clippy`");
    }
    let out = context.project.scratch().join("clippy");
    let mut jobs = Vec::new();
    for built in [&context.ready.built, &context.tests] {
        let units = Units::new(context.project, built)?;
        // Programs and libraries are in both builds; as tests only in the second.
        let wanted =
            |artifact: &&Artifact| is_code(artifact) && (is_test(artifact) == std::ptr::eq(built, &context.tests));
        for artifact in built.artifacts.iter().filter(wanted) {
            let externs =
                if artifact.is_library() { units.of_library(artifact)? } else { units.of_program(artifact)? };
            let mut command = prepare(context.project, built, &driver, artifact, &externs)?;
            let test = is_test(artifact);
            command.arg("--emit=metadata").arg("--out-dir").arg(&out);
            if test {
                command.arg("--test");
            } else if !artifact.is_library() {
                command.args(["--crate-type", "bin"]);
            } else {
                command.args(["--crate-type", "lib"]);
            }
            // Integration tests find their package's programs by these.
            for program in context.ready.built.artifacts.iter().filter_map(|program| program.executable.as_ref()) {
                let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
                command.env(format!("CARGO_BIN_EXE_{name}"), program);
            }
            command.env("CARGO_TARGET_TMPDIR", context.project.target.join("tmp")).env("SYSROOT", &toolchain.sysroot);
            let suffix = if test { " (test)" } else { "" };
            jobs.push((format!("{}{suffix}", artifact.target.name), command));
        }
    }
    run(context, step, "clippy", jobs)
}

/// rustdoc on every library; a warning or a broken link fails.
pub fn doc(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let toolchain = Toolchain::find(context.project)?;
    let rustdoc = toolchain.program("rustdoc");
    let built = &context.ready.built;
    let units = Units::new(context.project, built)?;
    let mut jobs = Vec::new();
    for artifact in built.artifacts.iter().filter(|artifact| is_code(artifact) && artifact.is_library()) {
        let externs = units.of_library(artifact)?;
        let mut command = prepare(context.project, built, &rustdoc, artifact, &externs)?;
        command.args(["--crate-type", "lib", "--out-dir"]).arg(context.project.scratch().join("doc"));
        jobs.push((artifact.target.name.clone(), command));
    }
    run(context, step, "doc", jobs)
}

fn is_code(artifact: &Artifact) -> bool {
    artifact.is_ours() && artifact.target.kind.iter().all(|kind| kind != "custom-build" && kind != "example")
}

fn is_test(artifact: &Artifact) -> bool {
    artifact.profile.test || artifact.target.kind.iter().any(|kind| kind == "test")
}

fn prepare(
    project: &Project,
    built: &Built,
    program: &std::path::Path,
    artifact: &Artifact,
    externs: &[(String, &Artifact)],
) -> Result<Command> {
    let flags = rustflags(project)?;
    let compile = Compile { program, rustflags: &flags, artifact, externs, links: false };
    let mut command = compile.command(project, &Packages::read(project)?, built)?;
    command.args(lint_flags(&fs::read_to_string(project.root.join("Cargo.toml"))?)?).arg("-Dwarnings");
    Ok(command)
}

/// Runs the jobs on all cores. A run that passed on these very sources is not repeated.
fn run(context: &Context<'_>, step: &Step, kind: &str, jobs: Vec<Job>) -> Result<Outcome> {
    let total = jobs.len() as u64;
    let stamp = context.reports().join(format!("{kind}.passed"));
    let key = source_hash(&context.project.root)? + &context.ready.stage.rustc_version;
    if fs::read_to_string(&stamp).is_ok_and(|passed| passed == key) {
        return Ok(Outcome { passed: total, failed: 0, note: "unchanged".to_owned() });
    }
    step.set_length(total);
    let next = AtomicUsize::new(0);
    let jobs: Vec<Mutex<Job>> = jobs.into_iter().map(Mutex::new).collect();
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut job = job.lock().unwrap_or_else(PoisonError::into_inner);
                    let (name, command) = &mut *job;
                    let failure = match command.stdin(Stdio::null()).output() {
                        Ok(output) if output.status.success() => None,
                        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
                        Err(error) => Some(error.to_string()),
                    };
                    step.advance(name);
                    if let Some(text) = failure {
                        failures.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{kind} {name}:\n{text}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    for failure in &failures {
        step.say(failure);
    }
    if failures.is_empty() {
        fs::write(&stamp, key).context("noting the passed run")?;
    }
    let failed = failures.len() as u64;
    Ok(Outcome { passed: total - failed, failed, note: "crates".to_owned() })
}

/// `[workspace.lints]` as flags, in the order of their priorities, as cargo passes them.
fn lint_flags(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("reading Cargo.toml")?;
    let mut flags = Vec::new();
    let lints = manifest.get("workspace").and_then(|workspace| workspace.get("lints")).and_then(toml::Value::as_table);
    for (tool, lints) in lints.into_iter().flatten() {
        let prefix = if tool == "rust" { String::new() } else { format!("{tool}::") };
        for (name, setting) in lints.as_table().into_iter().flatten() {
            let level = setting.as_str().or_else(|| setting.get("level").and_then(toml::Value::as_str));
            let priority = setting.get("priority").and_then(toml::Value::as_integer).unwrap_or(0);
            let level = level.with_context(|| format!("the lint {name} has no level"))?;
            flags.push((priority, format!("--{level}={prefix}{}", name.replace('-', "_"))));
        }
    }
    flags.sort();
    Ok(flags.into_iter().map(|(_, flag)| flag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_become_flags_by_priority() {
        let manifest = "[workspace.lints.rust]\nmissing_docs = \"deny\"\n[workspace.lints.clippy]\nall = { level = \"warn\", priority = -1 }\n";
        assert_eq!(lint_flags(manifest).unwrap(), ["--warn=clippy::all", "--deny=missing_docs"]);
    }
}
