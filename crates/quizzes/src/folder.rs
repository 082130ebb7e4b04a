//! The folder of all quizzes: one file a chapter, `NN-name.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Quiz, Result};

/// The quizzes of a course.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// The files' names without their ending, in order.
    names: Vec<String>,
}

impl Folder {
    /// Looks into the folder; the quizzes themselves are read later.
    ///
    /// # Errors
    /// [`Error::Read`], when the folder cannot be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let failed = |source| Error::Read { file: path.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            if let (Some(stem), Some("toml")) = (stem, file.extension().and_then(|end| end.to_str())) {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        Ok(Self { path, names })
    }

    /// The chapters that have a quiz, as their folders are named: `01-transformer-models`.
    pub fn chapters(&self) -> &[String] {
        &self.names
    }

    /// The quiz of a chapter, by its number (`1`, `01`) or its folder's name.
    ///
    /// # Errors
    /// [`Error::NoSuchChapter`] with those there are, and what [`Quiz::read`] finds wrong.
    pub fn quiz(&self, chapter: &str) -> Result<Quiz> {
        let wanted = chapter.trim();
        let number = |text: &str| text.parse::<u32>().ok();
        let found = self.names.iter().find(|name| {
            *name == wanted || number(wanted).is_some_and(|wanted| number(number_of(name)) == Some(wanted))
        });
        let Some(name) = found else {
            return Err(Error::NoSuchChapter { wanted: wanted.to_owned(), known: self.names.clone() });
        };
        Quiz::read(&self.file(name))
    }

    /// All quizzes; each that cannot be read is an error of its own.
    pub fn all(&self) -> Vec<Result<Quiz>> {
        self.names.iter().map(|name| Quiz::read(&self.file(name))).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name).with_extension("toml")
    }
}

/// The chapter's number in a name such as `01-transformer-models`.
pub(crate) fn number_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(number, _)| number)
}

/// The name of a file without its folder and ending.
pub(crate) fn name_of(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
