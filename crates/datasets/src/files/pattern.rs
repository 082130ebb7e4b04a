//! Folders and patterns such as `data/*.csv` as lists of files.

use std::path::{Path, PathBuf};

use super::DataFile;
use crate::readers::BadData;
use crate::{Error, Result};

/// Files that come with datasets and hold no rows.
const NOT_DATA: [&str; 6] =
    ["README.md", "config.json", "dataset_info.json", "dataset_infos.json", "dummy_data.zip", "dataset_dict.json"];

/// Whether a path is a pattern: `*`, `?` or `[…]` in it, and no file of this very name.
pub(crate) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[']) && !Path::new(path).exists()
}

/// The files that a pattern matches, in order. `**` stands for any folders; what hides (`.name`, `__name__`) is left out unless
/// the pattern names it.
///
/// # Errors
/// [`Error::BadData`] for a pattern that matches nothing or is none; [`Error::Io`].
pub(crate) fn matching(pattern: &str) -> Result<Vec<DataFile>> {
    let options =
        glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let paths = glob::glob_with(pattern, options).map_err(|error| {
        BadData::new(
            pattern,
            format!("this pattern cannot be read ({error})"),
            "`*` stands for any letters, `**` for any folders.",
        )
    })?;
    let named_files = pattern.rsplit('/').next().unwrap_or_default();
    let mut files = Vec::new();
    for path in paths {
        course_wire::interrupt::check()?;
        let path =
            path.map_err(|error| Error::io("reading", error.path())(std::io::Error::other(error.to_string())))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_data = !NOT_DATA.contains(&name.as_str()) || named_files == name;
        if path.is_file() && is_data && !hides(&path, pattern) {
            files.push(DataFile::new(path));
        }
    }
    if files.is_empty() {
        let here =
            std::env::current_dir().map_or_else(|_| String::new(), |folder| format!(" from {}", folder.display()));
        let advice = format!("Patterns are looked up{here}; `**/*.csv` finds files at any depth.");
        return Err(BadData::new(pattern, "no file matches this pattern", advice).into());
    }
    files.sort();
    Ok(files)
}

/// Whether a path has more folders like `__pycache__` in it than its pattern.
fn hides(path: &Path, pattern: &str) -> bool {
    let special = |path: &Path| {
        let parts = path.components().filter(|part| part.as_os_str().to_string_lossy().starts_with("__"));
        parts.count()
    };
    special(path) > special(Path::new(pattern))
}

/// Every file below a folder, sorted, without what hides and what is no data.
///
/// # Errors
/// [`Error::Io`]; [`Error::Interrupted`].
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        course_wire::interrupt::check()?;
        for entry in std::fs::read_dir(&folder).map_err(Error::io("reading", &folder))? {
            let entry = entry.map_err(Error::io("reading", &folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name.starts_with("__pycache__") || NOT_DATA.contains(&name.as_str()) {
                continue;
            }
            let kind = entry.file_type().map_err(Error::io("reading", entry.path()))?;
            // A link to a file is a file; a link to a folder may lead in a circle.
            if kind.is_dir() {
                open.push(entry.path());
            } else if entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_files_in_order_and_not_what_hides() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", ".c.csv", "deep/er/d.csv", "__pycache__/e.csv", "README.md", "f.txt"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let names = |pattern: &str| {
            let root = folder.path().display();
            let files = matching(&format!("{root}/{pattern}")).unwrap();
            files
                .iter()
                .map(|file| file.path.strip_prefix(folder.path()).unwrap().display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("**/*.csv"), ["a.csv", "b.csv", "deep/er/d.csv"]);
        assert_eq!(names("__pycache__/*"), ["__pycache__/e.csv"]);
        assert_eq!(names("[ab].csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("*"), ["a.csv", "b.csv", "f.txt"]);
        assert_eq!(files_in(folder.path()).unwrap().len(), 4);
        let error = matching(&format!("{}/*.parquet", folder.path().display())).unwrap_err().to_string();
        assert!(error.contains("no file matches"), "{error}");
    }
}
