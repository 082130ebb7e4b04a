//! `course-kernel doctor`: checks what a kernel needs, up to running a cell.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;

use anyhow::Context as _;

use super::kernelspec::Kernelspec;
use crate::assist::Library;
use crate::engine::dylib::DylibEngine;
use crate::engine::stage::Stage;
use crate::engine::{Cell, Engine as _, Event, Outcome, Output};

/// Prints one line for each thing looked at; fails when something is missing.
///
/// # Errors
/// Never: what is wrong is printed.
pub fn doctor(prefix: Option<&Path>, stage: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let mut report = Report { complete: true };
    let spec = prefix.and_then(|prefix| report.check("kernel in Jupyter", kernelspec(prefix)));
    let folder = stage.or_else(|| spec.and_then(|spec| spec.stage()));
    let stage = report.check(
        "course library",
        folder
            .context("name its folder by --stage, or the Python environment by --prefix")
            .and_then(|folder| library(&folder)),
    );
    if let Some(stage) = stage {
        report.check("compiler", compiler(&stage));
        report.check("a cell", cell(stage));
    }
    Ok(if report.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Report {
    complete: bool,
}

impl Report {
    /// Prints what a check found; hands on what comes with it.
    fn check<T>(&mut self, what: &str, found: anyhow::Result<(String, T)>) -> Option<T> {
        match found {
            Ok((text, value)) => {
                println!("ok       {what}: {text}");
                Some(value)
            }
            Err(error) => {
                println!("problem  {what}: {error:#}");
                self.complete = false;
                None
            }
        }
    }
}

fn kernelspec(prefix: &Path) -> anyhow::Result<(String, Kernelspec)> {
    let spec = Kernelspec::read(prefix).context("run `cargo xtask setup`")?;
    let kernel = spec.kernel().context("the kernelspec names no program")?;
    anyhow::ensure!(kernel.exists(), "{} is gone: run `cargo xtask setup`", kernel.display());
    Ok((Kernelspec::folder(prefix).display().to_string(), spec))
}

fn library(folder: &Path) -> anyhow::Result<(String, Stage)> {
    let stage = Stage::load(folder)?;
    Ok((format!("build {} in {}", stage.build_id, folder.display()), stage))
}

fn compiler(stage: &Stage) -> anyhow::Result<(String, ())> {
    let shown = stage.rustc.display();
    let output =
        Command::new(&stage.rustc).arg("--version").output().with_context(|| format!("{shown} does not start"))?;
    anyhow::ensure!(output.status.success(), "{shown} fails: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok((String::from_utf8_lossy(&output.stdout).trim().to_owned(), ()))
}

/// Keeps the plain text of a cell's result.
#[derive(Default)]
struct LastResult(Mutex<String>);

impl Output for LastResult {
    fn emit(&self, event: Event) {
        match event {
            Event::Result(bundle) => {
                if let Ok(mut last) = self.0.lock() {
                    bundle.plain().clone_into(&mut last);
                }
            }
            Event::Input { answer, .. } => drop(answer.send(None)),
            _ => {}
        }
    }
}

fn cell(stage: Stage) -> anyhow::Result<(String, ())> {
    let library = Library::new(&stage.folder().join("index"));
    let mut engine = DylibEngine::start(stage, library)?;
    let result = LastResult::default();
    // It names the course, so that it is compiled with it.
    let outcome = engine.execute(Cell { number: 1, code: "drop(course::device());\n6 * 7" }, &result);
    engine.shutdown();
    if let Outcome::Error(error) = outcome {
        anyhow::bail!("{}: {}", error.ename, error.evalue);
    }
    let text = result.0.into_inner().unwrap_or_default();
    anyhow::ensure!(text == "42", "`6 * 7` came out as {text:?}");
    Ok(("compiles and runs".into(), ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_is_not_complete() {
        let prefix = tempfile::tempdir().unwrap();
        assert_eq!(doctor(Some(prefix.path()), None).unwrap(), ExitCode::FAILURE);
        assert_eq!(doctor(None, Some(prefix.path().into())).unwrap(), ExitCode::FAILURE);
    }
}
