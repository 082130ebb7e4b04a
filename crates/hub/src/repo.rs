//! A model's files, wherever they are.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use course_display::{Bundle, Rich, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::{self, ModelCache};
use crate::http::{Http, ModelListing};
use crate::{HubConfig, HubError, Result, Source, Weights, download, name, retry, text};

const SAFETENSORS: &str = "model.safetensors";
const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";
/// How long a mere question may take when the answer is most likely no.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// A model's files, wherever they are; cheap to clone.
#[derive(Clone)]
pub struct Repo {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    source: Source,
    config: HubConfig,
    place: Place,
    /// What the Hub lists; `None` inside when it could not be asked.
    listing: OnceLock<Option<Vec<String>>>,
    http: OnceLock<Http>,
}

enum Place {
    Folder(PathBuf),
    Snapshot { cache: ModelCache, commit: String },
}

impl Repo {
    pub(crate) fn in_folder(config: &HubConfig, name: &str, folder: PathBuf, source: Source) -> Self {
        Self::new(config, name, source, Place::Folder(folder))
    }

    pub(crate) fn in_cache(config: &HubConfig, name: &str, cache: ModelCache, commit: String) -> Self {
        let source = Source::HubCache { path: cache.snapshot(&commit), commit: commit.clone() };
        Self::new(config, name, source, Place::Snapshot { cache, commit })
    }

    pub(crate) fn on_hub(http: Http, name: &str, cache: ModelCache, listing: ModelListing) -> Self {
        let commit = listing.commit;
        let source = Source::Hub { endpoint: http.config().endpoint.clone(), commit: commit.clone() };
        let config = http.config().clone();
        let repo = Self::new(&config, name, source, Place::Snapshot { cache, commit });
        let _ = repo.inner.listing.set(Some(listing.files));
        let _ = repo.inner.http.set(http);
        repo
    }

    fn new(config: &HubConfig, name: &str, source: Source, place: Place) -> Self {
        let (listing, http) = (OnceLock::new(), OnceLock::new());
        let inner = Inner { name: name.to_owned(), source, config: config.clone(), place, listing, http };
        Self { inner: Arc::new(inner) }
    }

    /// The name it was resolved from.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    /// The path of one file, such as `config.json` or `1_Pooling/config.json`; downloads it first when it is on the Hub only.
    ///
    /// # Errors
    /// [`HubError::NoSuchFile`]; [`HubError::Offline`]; what a download may meet; [`HubError::Interrupted`].
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        if !name::is_safe_file(path) {
            return Err(self.no_such_file(path));
        }
        match &self.inner.place {
            Place::Folder(folder) => {
                let file = folder.join(path);
                if file.is_file() { Ok(file) } else { Err(self.no_such_file(path)) }
            }
            Place::Snapshot { cache, commit } => match cache.file(commit, path) {
                Some(file) => Ok(file),
                None => self.file_from_hub(cache, commit, path),
            },
        }
    }

    fn file_from_hub(&self, cache: &ModelCache, commit: &str, path: &str) -> Result<PathBuf> {
        let config = &self.inner.config;
        let listed = self.inner.listing.get().and_then(Option::as_ref);
        if listed.is_some_and(|files| !files.iter().any(|file| file == path)) || cache.is_known_missing(commit, path) {
            return Err(self.no_such_file(path));
        }
        if config.offline {
            let (name, file) = (self.inner.name.clone(), path.to_owned());
            return Err(HubError::Offline { name, file, folder: cache.snapshot(commit) });
        }
        let file = download::download(self.http()?, cache, &self.inner.name, commit, path).map_err(|error| {
            if matches!(error, HubError::NoSuchFile { .. }) { self.no_such_file(path) } else { error }
        })?;
        cache.write_ref(&config.revision, commit)?;
        Ok(file)
    }

    /// Whether the model has this file; when only part of it is in the cache and the Hub cannot be asked, whether it is there.
    pub fn has(&self, path: &str) -> bool {
        if !name::is_safe_file(path) {
            return false;
        }
        match &self.inner.place {
            Place::Folder(folder) => folder.join(path).is_file(),
            Place::Snapshot { cache, commit } => {
                if cache.file(commit, path).is_some() {
                    return true;
                }
                if cache.is_known_missing(commit, path) {
                    return false;
                }
                let listed = self.listing(commit).map(|files| files.iter().any(|file| file == path));
                if listed == Some(false) {
                    cache.mark_missing(commit, path);
                }
                listed.unwrap_or(false)
            }
        }
    }

    /// The names of its files, sorted: those that the Hub lists when it was asked, else those on this machine.
    pub fn files(&self) -> Vec<String> {
        match &self.inner.place {
            Place::Folder(folder) => cache::files_below(folder),
            Place::Snapshot { cache, commit } => {
                let mut files = cache.files(commit);
                files.extend(self.inner.listing.get().into_iter().flatten().flatten().cloned());
                files.sort();
                files.dedup();
                files
            }
        }
    }

    /// The first file with this extension, such as `gguf`, by name.
    pub fn first_with_extension(&self, extension: &str) -> Option<String> {
        let ending = format!(".{extension}");
        self.files().into_iter().find(|file| file.ends_with(&ending))
    }

    /// The file `path` as text.
    ///
    /// # Errors
    /// As [`file`](Self::file), and [`HubError::Io`], also when it is not UTF-8.
    pub fn read_text(&self, path: &str) -> Result<String> {
        let file = self.file(path)?;
        std::fs::read_to_string(&file).map_err(HubError::io("read", file))
    }

    /// The file `path` as JSON.
    ///
    /// # Errors
    /// As [`read_text`](Self::read_text), and [`HubError::Json`].
    pub fn read_json<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let file = self.file(path)?;
        let text = std::fs::read_to_string(&file).map_err(HubError::io("read", &file))?;
        serde_json::from_str(&text).map_err(|source| HubError::Json { path: file, source })
    }

    /// The model's weights from `model.safetensors`, or from the shards that `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// As [`file`](Self::file), [`read_json`](Self::read_json) and [`Weights::open_all`].
    pub fn weights(&self) -> Result<Weights> {
        if self.has(SAFETENSORS) || !self.has(SAFETENSORS_INDEX) {
            return Weights::open(self.file(SAFETENSORS)?);
        }
        let index: Index = self.read_json(SAFETENSORS_INDEX)?;
        let mut shards: Vec<String> = index.weight_map.into_values().collect();
        shards.sort();
        shards.dedup();
        let paths = shards.iter().map(|shard| self.file(shard)).collect::<Result<Vec<_>>>()?;
        Weights::open_all(&paths)
    }

    fn http(&self) -> Result<&Http> {
        if let Some(http) = self.inner.http.get() {
            return Ok(http);
        }
        let http = Http::new(&self.inner.config)?;
        Ok(self.inner.http.get_or_init(|| http))
    }

    fn listing(&self, commit: &str) -> Option<&[String]> {
        let ask = || {
            let mut config = self.inner.config.clone();
            if config.offline {
                return None;
            }
            config.timeout = config.timeout.min(QUESTION_TIMEOUT);
            config.retries = 0;
            let http = Http::new(&config).ok()?;
            let listing = retry::retrying(&config, || http.run(http.listing(&self.inner.name, commit)));
            listing.ok().map(|listing| listing.files)
        };
        self.inner.listing.get_or_init(ask).as_deref()
    }

    fn no_such_file(&self, path: &str) -> HubError {
        HubError::NoSuchFile {
            name: self.inner.name.clone(),
            file: path.to_owned(),
            source_words: self.inner.source.to_string(),
            files: self.files(),
        }
    }
}

#[derive(serde::Deserialize)]
struct Index {
    weight_map: std::collections::BTreeMap<String, String>,
}

impl fmt::Debug for Repo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Repo").field("name", &self.inner.name).field("source", &self.inner.source).finish()
    }
}

#[derive(Serialize)]
struct Row {
    file: String,
    size: String,
}

/// The name, where it came from, and its files with their sizes.
impl Rich for Repo {
    fn rich(&self) -> Bundle {
        let local = |file: &str| match &self.inner.place {
            Place::Folder(folder) => Some(folder.join(file)),
            Place::Snapshot { cache, commit } => cache.file(commit, file),
        };
        let size =
            |file: &str| local(file).and_then(|path| std::fs::metadata(path).ok()).map(|data| text::size(data.len()));
        let row = |file: String| Row { size: size(&file).unwrap_or_else(|| "on the Hub".into()), file };
        let rows: Vec<Row> = self.files().into_iter().map(row).collect();
        let caption = format!("{} from {}", self.inner.name, self.inner.source);
        match Table::of(&rows) {
            Ok(table) => table.caption(caption).rich(),
            Err(_) => Bundle::text(caption),
        }
    }
}
