//! Python: finding one that is new enough, and the environment `.venv` made from `requirements.txt`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use super::offline;
use crate::bar::Step;
use crate::files;
use crate::problem::Problem;
use crate::project::{Project, given_environment};

/// The oldest minor version of Python 3 that JupyterLab 4.6 and its dependencies run on.
const OLDEST_MINOR: u32 = 10;
const INSTALL: &str = "install it (Debian, Ubuntu: `sudo apt install python3 python3-venv`; Fedora: `sudo dnf install python3`; \
                       macOS: `brew install python`), or name one with COURSE_PYTHON=/path/to/python3";

/// A Python to make the environment with.
pub struct Python {
    /// Its program.
    pub program: PathBuf,
    /// `3.11`.
    pub version: String,
}

impl Python {
    /// The number after `3.`.
    pub fn minor(&self) -> u32 {
        self.version.strip_prefix("3.").and_then(|minor| minor.parse().ok()).unwrap_or_default()
    }
}

enum Found {
    Good(Python),
    TooOld(String),
    NoVenv(String),
    NotThere,
}

/// `COURSE_PYTHON`, or the first `python3`, `python3.14`, … that is new enough and can make environments.
pub fn find() -> Result<Python> {
    let chosen = env::var_os("COURSE_PYTHON").filter(|path| !path.is_empty());
    let candidates: Vec<OsString> = match &chosen {
        Some(path) => vec![path.clone()],
        None => {
            let versioned = (OLDEST_MINOR..=14).rev().map(|minor| OsString::from(format!("python3.{minor}")));
            [OsString::from("python3")].into_iter().chain(versioned).collect()
        }
    };
    let mut obstacle = None;
    for candidate in candidates {
        let name = candidate.to_string_lossy().into_owned();
        obstacle = match ask(candidate) {
            Found::Good(python) => return Ok(python),
            Found::NotThere => obstacle,
            Found::TooOld(version) => obstacle.or(Some((
                format!("{name} is Python {version}, and JupyterLab needs 3.{OLDEST_MINOR} or newer"),
                INSTALL.to_owned(),
            ))),
            Found::NoVenv(version) => Some((
                format!("{name} ({version}) cannot make environments: its venv or ensurepip module is missing"),
                "install it (Debian, Ubuntu: `sudo apt install python3-venv`), then run the same command again"
                    .to_owned(),
            )),
        };
    }
    let (what, advice) = obstacle.unwrap_or_else(|| match chosen {
        Some(path) => (
            format!("COURSE_PYTHON names {}, which cannot be run", path.to_string_lossy()),
            "set it to a Python program, or unset it".to_owned(),
        ),
        None => ("there is no Python 3: JupyterLab runs on it".to_owned(), INSTALL.to_owned()),
    });
    Err(Problem::error(what, advice))
}

fn ask(program: OsString) -> Found {
    // The version first: an old Python answers that too.
    let question = "import sys; print('%d.%d' % sys.version_info[:2]); sys.stdout.flush(); import venv, ensurepip; print(sys.executable)";
    let Ok(output) = Command::new(&program).args(["-c", question]).stdin(Stdio::null()).output() else {
        return Found::NotThere;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let Some(version) = lines.next().map(str::to_owned) else { return Found::NotThere };
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_none_or(|minor| minor < OLDEST_MINOR) {
        return Found::TooOld(version);
    }
    match lines.next() {
        Some(executable) => Found::Good(Python { program: executable.into(), version }),
        None => Found::NoVenv(version),
    }
}

/// Makes `.venv` unless the one that is there came from the same requirements and the same Python.
pub fn environment(project: &Project) -> Result<()> {
    if let Some(folder) = given_environment() {
        return use_given(&folder);
    }
    let step = Step::start("make .venv with JupyterLab");
    let venv = project.venv();
    let stamp = venv.join("course-setup");
    let requirements = project.root.join("requirements.txt");
    let text = fs::read_to_string(&requirements).context("reading requirements.txt")?;
    let key = blake3::hash(format!("{text}\n{}", venv.display()).as_bytes()).to_hex().to_string();
    if fs::read_to_string(&stamp).is_ok_and(|found| found.trim() == key) && runs(&project.venv_program("python")) {
        step.done("up to date");
        return Ok(());
    }

    let python = find()?;
    if venv.exists() {
        if !venv.join("pyvenv.cfg").is_file() && fs::read_dir(&venv)?.next().is_some() {
            return Err(Problem::error(
                format!("{} is there and is not a Python environment", venv.display()),
                "move it away; the course keeps its own environment under that name",
            ));
        }
        fs::remove_dir_all(&venv).context("removing the old .venv")?;
    }
    let made = create(project, &python, &venv, &requirements, "JupyterLab", &step);
    if made.is_err() {
        // Half an environment would be taken for a whole one by other tools.
        let _ = fs::remove_dir_all(&venv);
    }
    let installed = made?;
    files::write_atomically(&stamp, key.as_bytes())?;
    step.done(&format!("{installed} packages, Python {}", python.version));
    Ok(())
}

/// Whether a Python can be run at all.
pub fn runs(program: &Path) -> bool {
    let status = Command::new(program).args(["-c", "pass"]).stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// `COURSE_VENV` is nobody's to remove or to change but its owner's: it only has to have JupyterLab.
fn use_given(folder: &Path) -> Result<()> {
    let step = Step::start("look at the Python environment of COURSE_VENV");
    let question = "import jupyterlab, pip; print(jupyterlab.__version__)";
    let output = Command::new(folder.join("bin/python")).args(["-c", question]).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            step.done(&format!("JupyterLab {}", String::from_utf8_lossy(&output.stdout).trim()));
            Ok(())
        }
        _ => Err(Problem::error(
            format!("COURSE_VENV names {}, where no Python finds JupyterLab and pip", folder.display()),
            "install them there, or unset COURSE_VENV: the course then makes .venv for itself",
        )),
    }
}

/// Makes an environment in `folder` and installs what the file `requirements` lists; says how many packages. `needed` names
/// them in what is said when they cannot be had.
pub fn create(
    project: &Project,
    python: &Python,
    folder: &Path,
    requirements: &Path,
    needed: &str,
    step: &Step,
) -> Result<usize> {
    let output = Command::new(&python.program).args(["-m", "venv"]).arg(folder).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        bail!("`{} -m venv {}` failed:\n{}", python.program.display(), folder.display(), said.trim());
    }
    let listed = fs::read_to_string(requirements).with_context(|| format!("reading {}", requirements.display()))?;
    step.set_length(listed.lines().filter(|line| line.contains("==")).count() as u64);
    let mut pip = pip_of(project, &folder.join("bin/python"));
    // The file lists every dependency with its hashes, so nothing is left to resolve.
    pip.args(["install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r"]).arg(requirements);
    let mut installed = 0;
    run_pip(pip, needed, |line| {
        if let Some(package) = line.strip_prefix("Collecting ") {
            step.advance(package.split("==").next().unwrap_or(package));
            installed += 1;
        } else if line.starts_with("Installing collected packages") {
            step.advance("installing");
        }
    })?;
    Ok(installed)
}

/// pip of the environment, with its cache in the course's cache folder unless the user has one of their own.
pub fn pip(project: &Project) -> Command {
    pip_of(project, &project.venv_program("python"))
}

/// The same for another environment's Python.
fn pip_of(project: &Project, python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.current_dir(&project.root).args(["-m", "pip", "--no-input", "--disable-pip-version-check", "--no-color"]);
    if env::var_os("PIP_CACHE_DIR").is_none() {
        pip.env("PIP_CACHE_DIR", project.cache.join("pip"));
    }
    pip.env("PIP_PROGRESS_BAR", "off").env_remove("PIP_REQUIRE_VIRTUALENV").stdin(Stdio::null());
    pip
}

/// Runs pip and hands on its lines; its failures become sentences.
pub fn run_pip(mut pip: Command, needed: &str, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = pip.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("pip cannot be started")?;
    let mut stderr = child.stderr.take().context("pip's stderr")?;
    let errors = thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    for text in BufReader::new(child.stdout.take().context("pip's stdout")?).lines() {
        line(text?.trim_start());
    }
    let status = child.wait()?;
    let errors = errors.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    if errors.contains("DO NOT MATCH THE HASHES") {
        return Err(Problem::error(
            format!("a downloaded package of {needed} is corrupt: its SHA-256 is not the pinned one"),
            "run the same command again; if it stays so, a proxy or mirror hands out other files than PyPI",
        ));
    }
    if errors.contains("No space left on device") {
        return Err(Problem::error(
            format!("the disk is full: {needed} does not fit"),
            "free some space, then run the same command again",
        ));
    }
    if let Some(problem) = offline::problem(&errors, needed) {
        return Err(problem.into());
    }
    bail!("pip failed:\n{}", errors.trim());
}
