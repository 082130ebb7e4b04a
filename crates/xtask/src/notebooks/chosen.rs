//! Which notebooks a task is about.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files;
use crate::problem::Problem;
use crate::project::Project;

/// The folder of the masters.
pub const CHAPTERS: &str = "chapters";

/// The notebooks that `paths` name, a folder standing for all in it; all of the course if there is none.
pub fn files(project: &Project, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if paths.is_empty() {
        return below(&project.root.join(CHAPTERS));
    }
    let mut found = Vec::new();
    for path in paths {
        let path = std::path::absolute(path)?;
        if path.is_dir() {
            found.extend(below(&path)?);
        } else if path.is_file() && path.extension().is_some_and(|end| end == "ipynb") {
            found.push(path);
        } else {
            return Err(Problem::error(
                format!("there is no notebook {}", path.display()),
                "name an .ipynb file or a folder, for example chapters/00-setup/01-welcome.ipynb",
            ));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The notebooks below a folder, in the order of a table of contents.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    files::walk(folder, &mut |path| {
        if path.extension().is_some_and(|end| end == "ipynb") {
            found.push(path.to_owned());
        }
    })
    .with_context(|| format!("looking for notebooks in {}", folder.display()))?;
    found.sort();
    Ok(found)
}

/// What a notebook is called in tables: its path below `chapters/`, or as it is.
pub fn name(project: &Project, path: &Path) -> String {
    let relative = path.strip_prefix(project.root.join(CHAPTERS)).or_else(|_| path.strip_prefix(&project.root));
    relative.unwrap_or(path).to_string_lossy().into_owned()
}
