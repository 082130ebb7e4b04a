//! A folder that appears whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A folder that is written under a temporary name beside its place, and takes it when it is done; dropped before, it is gone.
pub(super) struct NewFolder {
    target: PathBuf,
    written: tempfile::TempDir,
}

impl NewFolder {
    pub(super) fn beside(target: &Path) -> Result<Self> {
        let target = std::path::absolute(target).map_err(Error::io("finding", target))?;
        let parent = target.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).map_err(Error::io("making the folder", parent))?;
        if target.exists() && !target.is_dir() {
            return Err(Error::Argument(format!("{} is a file; a dataset is saved into a folder", target.display())));
        }
        let written = tempfile::Builder::new().prefix(".saving-").tempdir_in(parent);
        let written = written.map_err(Error::io("writing into", parent))?;
        Ok(Self { target, written })
    }

    pub(super) fn path(&self) -> &Path {
        self.written.path()
    }

    /// Gives the folder its name. In a folder that is there already, files of the same name are replaced and data files that the new state
    /// does not name are removed; whoever has one mapped keeps it.
    pub(super) fn take_place(self) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        // A temporary folder is for its owner only.
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(), open).map_err(Error::io("writing", self.path()))?;
        if !self.target.exists() {
            return fs::rename(self.written.keep(), &self.target).map_err(Error::io("writing", &self.target));
        }
        replace(self.path(), &self.target)
    }
}

fn replace(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("making the folder", to))?;
    let names = |folder: &Path| -> Result<Vec<std::ffi::OsString>> {
        let entries = fs::read_dir(folder).map_err(Error::io("reading", folder))?;
        entries.map(|entry| Ok(entry.map_err(Error::io("reading", folder))?.file_name())).collect()
    };
    let mut new = names(from)?;
    // The data before the state that names it.
    new.sort_by_key(|name| name.to_string_lossy().ends_with(".json"));
    for name in &new {
        let (from, to) = (from.join(name), to.join(name));
        if from.is_dir() {
            replace(&from, &to)?;
        } else {
            fs::rename(&from, &to).map_err(Error::io("writing", &to))?;
        }
    }
    if new.iter().any(|name| name == super::STATE) {
        for name in names(to)?.iter().filter(|name| !new.contains(name)) {
            let text = name.to_string_lossy();
            if text.ends_with(".arrow")
                && (text.starts_with("data-") || text == "dataset.arrow" || text == "indices.arrow")
            {
                let old = to.join(name);
                fs::remove_file(&old).map_err(Error::io("removing", &old))?;
            }
        }
    }
    Ok(())
}
