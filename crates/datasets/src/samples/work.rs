//! A folder to try things in, with a copy of a chapter's files.

use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use course_display::{Bundle, Rich, Table};

/// The folder that a notebook works in after [`work_on`], and the files that are in it.
#[derive(Debug, Clone)]
pub struct WorkFolder {
    path: PathBuf,
    files: Vec<(String, u64)>,
}

impl WorkFolder {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files' names and their sizes in bytes, in the names' order.
    pub fn files(&self) -> &[(String, u64)] {
        &self.files
    }
}

impl Rich for WorkFolder {
    fn rich(&self) -> Bundle {
        let table = Table::new(["file", "bytes"]);
        self.files.iter().fold(table, |table, (name, bytes)| table.row((name, bytes))).rich()
    }
}

/// Makes a fresh folder in the course's cache, copies a folder of the chapters into it, and goes there: from then on a relative
/// path such as `"reviews.csv"` is a file in it.
///
/// `folder` is a path below `chapters`, such as `"05-datasets/data"`. Nothing that is written stays for long: the folders of notebooks that have
/// ended are removed when the next one asks for one.
///
/// # Errors
/// If there is no such folder, or the cache cannot be written.
pub fn work_on(folder: &str) -> Result<WorkFolder> {
    let from = find(folder)?;
    let cache = course_hub::HubConfig::from_env().course_cache.join("work");
    remove_left(&cache);
    let path = cache.join(format!("{}-{}", folder.replace(['/', '\\'], "-"), process::id()));
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    copy(&from, &path)?;
    env::set_current_dir(&path)?;
    let mut files = Vec::new();
    list(&path, "", &mut files)?;
    files.sort();
    Ok(WorkFolder { path, files })
}

/// Where a folder of the chapters is: in the checkout that the kernel belongs to, or above the folder that the notebook runs in.
fn find(folder: &str) -> Result<PathBuf> {
    let of_kernel = env::var_os("COURSE_ROOT").map(PathBuf::from);
    let above = env::current_dir().ok();
    let above = above.iter().flat_map(|here| here.ancestors().map(Path::to_path_buf));
    of_kernel
        .into_iter()
        .chain(above)
        .map(|root| root.join("chapters").join(folder))
        .find(|path| path.is_dir())
        .ok_or_else(|| {
            let what = format!("there is no folder chapters/{folder}: is COURSE_ROOT the folder of the course?");
            Error::new(ErrorKind::NotFound, what)
        })
}

/// Removes what processes have left that are no more.
fn remove_left(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.rsplit('-').next().and_then(|digits| digits.parse::<u32>().ok());
        if owner.is_some_and(|owner| owner != process::id() && !Path::new(&format!("/proc/{owner}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn list(folder: &Path, before: &str, files: &mut Vec<(String, u64)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.metadata()?.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The folder of a process is one thing: no other test here may change it.
    #[test]
    fn a_copy_is_made_and_what_dead_processes_left_goes() {
        let root = tempfile::tempdir().unwrap();
        let cache = root.path().join("cache");
        let left = cache.join("work/other-4294967294");
        fs::create_dir_all(root.path().join("chapters/05/data/inner")).unwrap();
        fs::create_dir_all(&left).unwrap();
        fs::write(root.path().join("chapters/05/data/inner/a.txt"), "abc").unwrap();
        let copied = cache.join("copied");
        copy(&root.path().join("chapters/05/data"), &copied).unwrap();
        let mut files = Vec::new();
        list(&copied, "", &mut files).unwrap();
        assert_eq!(files, [("inner/a.txt".to_owned(), 3)]);
        remove_left(&cache.join("work"));
        assert!(!left.exists());
        assert!(find("no-such-chapter").unwrap_err().to_string().contains("chapters/no-such-chapter"));
    }
}
