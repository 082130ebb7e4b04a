//! Which results of `map` and `filter` are kept for the next time, and where.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use tempfile::TempPath;

use crate::{Dataset, Fingerprint, Result};

/// Where a result is looked for before it is made, and put afterwards.
pub(super) enum Kept {
    /// In the cache, for this session and the next.
    InCache(PathBuf),
    /// In a file that goes with the last dataset that has it: no later session can ask for it.
    WithDatasets(Fingerprint),
    /// Nowhere.
    Not,
}

impl Kept {
    /// Of what a step that is known by `fingerprint` makes of `data`: data in memory is soon done again, and what nobody can name again
    /// would never be found.
    pub(super) fn of(data: &Dataset, folder: &str, cache: bool, fingerprint: Option<Fingerprint>) -> Self {
        match fingerprint {
            Some(fingerprint) if cache && data.table.mapped() > 0 => match fingerprint.lasts() {
                true => Self::InCache(crate::cache::folder().join(folder).join(format!("{fingerprint}.arrow"))),
                false => Self::WithDatasets(fingerprint),
            },
            _ => Self::Not,
        }
    }

    /// What an earlier run left. A file that is there was written whole; one that cannot be read is made anew.
    pub(super) fn found(&self) -> Option<Dataset> {
        match self {
            Self::InCache(path) if path.is_file() => Dataset::from_arrow_files(&[path], None, None).ok(),
            Self::WithDatasets(fingerprint) => {
                let path = session().get(fingerprint).and_then(Weak::upgrade)?;
                let mut dataset = Dataset::from_arrow_files(&[&**path], None, None).ok()?;
                dataset.scratch.push(path);
                Some(dataset)
            }
            _ => None,
        }
    }

    /// The file to write the result to.
    pub(super) fn file(&self) -> Result<Option<PathBuf>> {
        Ok(match self {
            Self::InCache(path) => Some(path.clone()),
            Self::WithDatasets(_) => Some(crate::cache::scratch()?.join(format!("{}.arrow", Fingerprint::unique()))),
            Self::Not => None,
        })
    }

    /// Says that `made` was written to `file`.
    pub(super) fn was_made(&self, made: &mut Dataset, file: PathBuf) {
        if let Self::WithDatasets(fingerprint) = self
            && let Ok(path) = TempPath::try_from_path(file)
        {
            let path = Arc::new(path);
            let mut session = session();
            session.retain(|_, path| path.strong_count() > 0);
            session.insert(*fingerprint, Arc::downgrade(&path));
            made.scratch.push(path);
        }
    }
}

/// The results of this session that live with their datasets.
fn session() -> std::sync::MutexGuard<'static, HashMap<Fingerprint, Weak<TempPath>>> {
    static SESSION: LazyLock<Mutex<HashMap<Fingerprint, Weak<TempPath>>>> = LazyLock::new(Mutex::default);
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}
