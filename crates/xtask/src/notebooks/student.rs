//! `notebooks student --out FOLDER`: copies for a class, in a folder of their own.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use course_notebook::{Notebook, student};

use super::chosen::{self, CHAPTERS};
use crate::project::Project;

/// Writes a copy of every notebook, in the chapters' folders.
pub fn out(project: &Project, folder: &Path) -> Result<()> {
    let mut count = 0;
    for path in chosen::files(project, &[])? {
        let to = folder.join(path.strip_prefix(project.root.join(CHAPTERS)).unwrap_or(&path));
        let copy = student::copy(&Notebook::read(&path)?).map_err(|error| error.within(&path))?;
        let parent = to.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        copy.write(&to)?;
        count += 1;
    }
    println!("{count} copies in {}", folder.display());
    Ok(())
}
