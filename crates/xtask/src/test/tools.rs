//! The tools of others that the course gets along with (nbgrader, nbmake, papermill, nbconvert, jupyterquiz, repo2docker, shellcheck):
//! tests with the real ones, in a Python environment apart from the learner's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::python::pytest_with;
use super::{Context, Outcome};
use crate::bar::Step;
use crate::files;
use crate::run::with_environment;
use crate::setup::python::{create, find, runs};

/// What nbgrader 0.9.6 runs on.
const OLDEST_MINOR: u32 = 11;
/// The file that is written last, with the environment's path.
const STAMP: &str = "course-tools";

/// Runs `tests/<folder>` on the tools' Python; without one that is new enough it is left out, except in CI, where that is a failure.
pub fn test(context: &Context<'_>, step: &Step, folder: &str) -> Result<Outcome> {
    let project = context.project;
    let found = find()?;
    if found.minor() < OLDEST_MINOR {
        let note = format!("nbgrader needs Python 3.{OLDEST_MINOR}, and this is {}: see COURSE_PYTHON", found.version);
        return Ok(match env::var_os("CI") {
            Some(_) => Outcome::check(false, note),
            None => Outcome { note, ..Outcome::default() },
        });
    }
    let requirements = project.root.join("tests/tools/requirements.txt");
    let listed = fs::read(&requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let mut key = blake3::Hasher::new();
    key.update(&listed).update(found.program.to_string_lossy().as_bytes()).update(found.version.as_bytes());
    let key: String = key.finalize().to_hex().chars().take(16).collect();
    let home = project.cache.join("tools").join(key);
    let python = home.join("bin/python");
    if !is_whole(&home) || !runs(&python) {
        if home.exists() {
            fs::remove_dir_all(&home).context("removing an environment of tools that cannot be used")?;
        }
        create(project, &found, &home, &requirements, "the instructors' tools", step)?;
        files::write_atomically(&home.join(STAMP), home.as_os_str().as_encoded_bytes())?;
        remove_others(&home);
    }
    let mut command = with_environment(project, &python);
    // The kernel stands in the learner's environment.
    command.env("JUPYTER_PATH", project.venv().join("share/jupyter")).env("PATH", path(&home.join("bin"))?);
    pytest_with(command, context, step, folder)
}

/// Whether the environment was made to its end, and here: its programs name their Python by its whole path, so one that was moved
/// (CI's cache gets a new name with a new Cargo.lock) has programs that do not start.
fn is_whole(home: &Path) -> bool {
    fs::read(home.join(STAMP)).is_ok_and(|place| place == home.as_os_str().as_encoded_bytes())
}

/// The tools' programs before all others.
fn path(bin: &Path) -> Result<std::ffi::OsString> {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::join_paths([PathBuf::from(bin)].into_iter().chain(env::split_paths(&paths))).context("PATH")
}

/// Removes the environments of earlier requirements.
fn remove_others(home: &Path) {
    let folders = home.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    for folder in folders.map(|entry| entry.path()).filter(|path| path != home) {
        // Left for the next time if it cannot be removed.
        let _ = fs::remove_dir_all(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_of_earlier_requirements_go() {
        let cache = tempfile::tempdir().unwrap();
        let (old, new) = (cache.path().join("1"), cache.path().join("2"));
        fs::create_dir_all(old.join("bin")).unwrap();
        fs::create_dir_all(&new).unwrap();
        remove_others(&new);
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn a_moved_environment_is_made_anew() {
        let cache = tempfile::tempdir().unwrap();
        let (made, moved) = (cache.path().join("made"), cache.path().join("moved"));
        fs::create_dir_all(&made).unwrap();
        assert!(!is_whole(&made));
        fs::write(made.join(STAMP), made.as_os_str().as_encoded_bytes()).unwrap();
        assert!(is_whole(&made));
        fs::rename(&made, &moved).unwrap();
        assert!(!is_whole(&moved));
    }

    #[test]
    fn the_tools_come_first() {
        let path = path(Path::new("/tools/bin")).unwrap();
        assert_eq!(env::split_paths(&path).next(), Some(PathBuf::from("/tools/bin")));
    }
}
