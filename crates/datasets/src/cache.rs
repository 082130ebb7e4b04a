//! Where datasets keep what they made.

use std::path::PathBuf;

/// The folder of the course's cache for datasets.
pub(crate) fn folder() -> PathBuf {
    course_hub::HubConfig::from_env().course_cache.join("datasets")
}

/// The folder for files that live as long as the dataset they hold: on the disk of the cache, as the system's folder for temporary files
/// may be memory.
pub(crate) fn scratch() -> PathBuf {
    folder().join("scratch")
}
