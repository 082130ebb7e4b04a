//! Files and folders that appear whole or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// How the name of an unfinished checkpoint begins.
const UNFINISHED: &str = ".saving-";

/// A folder that is written under another name beside its place and takes it when it is done; dropped before, it is gone.
pub(super) struct NewFolder {
    target: PathBuf,
    written: tempfile::TempDir,
}

impl NewFolder {
    pub(super) fn beside(target: &Path) -> Result<Self> {
        let parent = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::io("making the folder", parent))?;
        let written = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent);
        Ok(Self { target: target.to_owned(), written: written.map_err(Error::io("writing into", parent))? })
    }

    pub(super) fn path(&self) -> &Path {
        self.written.path()
    }

    /// Gives the folder its name; one that is there already gives way.
    pub(super) fn take_place(self) -> Result<()> {
        // A temporary folder is for its owner only.
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(), open).map_err(Error::io("writing", self.path()))?;
        let mut old = None;
        if self.target.exists() {
            let aside = Self::beside(&self.target)?.written;
            let place = aside.path().join("old");
            fs::rename(&self.target, &place).map_err(Error::io("writing", &self.target))?;
            // Removed with everything in it once the new one is there.
            old = Some(aside);
        }
        fs::rename(self.written.keep(), &self.target).map_err(Error::io("writing", &self.target))?;
        drop(old);
        Ok(())
    }
}

/// Removes what a killed run left unfinished.
pub(super) fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Writes a file whole or not at all, to be read by all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(Error::io("writing into", folder))?;
    file.write_all(bytes).map_err(Error::io("writing", path))?;
    file.persist(path).map_err(|error| Error::io("writing", path)(error.error))?;
    Ok(())
}
