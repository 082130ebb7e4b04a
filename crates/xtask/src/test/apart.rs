//! Python environments apart from the learner's: the tools of others, and the libraries that ours are compared with.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Context, Outcome};
use crate::bar::Step;
use crate::files;
use crate::run::with_environment;
use crate::setup::python::{create, find, runs};

/// What the newest of their packages run on.
const OLDEST_MINOR: u32 = 11;
/// The file that is written last, with the environment's path.
const STAMP: &str = "course-tools";

/// The Python of an environment with the packages of `tests/<folder>/requirements.txt`, made where it is not there; without a Python that is
/// new enough the part is left out, except in CI, where that is a failure.
pub fn python(context: &Context<'_>, step: &Step, folder: &str, what: &str) -> Result<Result<Command, Outcome>> {
    let project = context.project;
    let found = find()?;
    if found.minor() < OLDEST_MINOR {
        let note = format!("{what} needs Python 3.{OLDEST_MINOR}, and this is {}: see COURSE_PYTHON", found.version);
        return Ok(Err(match env::var_os("CI") {
            Some(_) => Outcome::check(false, note),
            None => Outcome { note, ..Outcome::default() },
        }));
    }
    let requirements = project.root.join("tests").join(folder).join("requirements.txt");
    let listed = fs::read(&requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let mut key = blake3::Hasher::new();
    key.update(&listed).update(found.program.to_string_lossy().as_bytes()).update(found.version.as_bytes());
    let key: String = key.finalize().to_hex().chars().take(16).collect();
    let home = project.cache.join(folder).join(key);
    let python = home.join("bin/python");
    if !is_whole(&home) || !runs(&python) {
        if home.exists() {
            fs::remove_dir_all(&home).with_context(|| format!("removing {}, which cannot be used", home.display()))?;
        }
        create(project, &found, &home, &requirements, what, step)?;
        files::write_atomically(&home.join(STAMP), home.as_os_str().as_encoded_bytes())?;
        remove_others(&home);
    }
    let mut command = with_environment(project, &python);
    // The kernel stands in the learner's environment.
    command.env("JUPYTER_PATH", project.venv().join("share/jupyter")).env("PATH", path(&home.join("bin"))?);
    Ok(Ok(command))
}

/// Whether the environment was made to its end, and here: its programs name their Python by its whole path, so one that was moved
/// (CI's cache gets a new name with a new Cargo.lock) has programs that do not start.
fn is_whole(home: &Path) -> bool {
    fs::read(home.join(STAMP)).is_ok_and(|place| place == home.as_os_str().as_encoded_bytes())
}

/// The environment's programs before all others.
fn path(bin: &Path) -> Result<OsString> {
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
    fn the_environments_programs_come_first() {
        let path = path(Path::new("/tools/bin")).unwrap();
        assert_eq!(env::split_paths(&path).next(), Some(PathBuf::from("/tools/bin")));
    }
}
