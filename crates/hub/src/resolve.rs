//! From a name to a model's files: a local folder, the course's adapters, the Hugging Face cache, the bundled models, the Hub, in this order.

use std::path::{Path, PathBuf};

use crate::bundled::{self, State};
use crate::cache::ModelCache;
use crate::http::Http;
use crate::not_found::NotFound;
use crate::retry::retrying;
use crate::{HubConfig, HubError, Repo, Result, Source, name};

/// What a file of weights ends in.
const WEIGHTS: [&str; 6] = [".safetensors", ".gguf", ".bin", ".pt", ".onnx", ".h5"];

/// Finds a model: a local folder, for a name that begins with `course/` the adapters that come with the course, the Hugging Face cache, the
/// bundled models, the Hub, in this order.
///
/// What is in the cache is taken as it is; the Hub is not asked whether there is a newer commit. A snapshot without weights
/// (only a tokenizer was downloaded, say) gives way to a bundled model of that name, and is otherwise completed from the Hub
/// as files are asked for.
///
/// # Errors
/// [`HubError::NotFound`] with every place looked at; [`HubError::InvalidName`]; [`HubError::Gated`];
/// [`HubError::NoSuchRevision`]; [`HubError::RateLimited`]; [`HubError::Interrupted`].
///
/// ```no_run
/// let repo = course_hub::resolve("HuggingFaceTB/SmolLM2-135M-Instruct")?;
/// println!("{} from {}", repo.name(), repo.source());
/// # Ok::<(), course_hub::HubError>(())
/// ```
pub fn resolve(name: &str) -> Result<Repo> {
    resolve_with(&HubConfig::from_env(), name)
}

/// [`resolve`] with explicit settings.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_with(config: &HubConfig, name: &str) -> Result<Repo> {
    let name = name.trim();
    let mut search = Search { config, name, looked: Vec::new() };
    if let Some(repo) = search.local_folder()? {
        return Ok(repo);
    }
    name::check(name)?;
    if let Some(repo) = search.adapter() {
        return Ok(repo);
    }
    let cache = ModelCache::new(config, name);
    let snapshot = cache.commit_of(&config.revision);
    let partial = match snapshot {
        Some(commit) if has_weights(&cache, &commit) => {
            return Ok(Repo::in_cache(config, name, cache, commit));
        }
        partial => partial,
    };
    search.looked(
        "the Hugging Face cache",
        match &partial {
            Some(_) => format!("{} has no weights", cache.folder().display()),
            None => format!("{} is not there", cache.folder().display()),
        },
    );
    if let Some(repo) = search.bundled() {
        return Ok(repo);
    }
    match partial {
        Some(commit) => Ok(Repo::in_cache(config, name, cache, commit)),
        None => search.hub(cache),
    }
}

fn has_weights(cache: &ModelCache, commit: &str) -> bool {
    cache.files(commit).iter().any(|file| WEIGHTS.iter().any(|ending| file.ends_with(ending)))
}

struct Search<'a> {
    config: &'a HubConfig,
    name: &'a str,
    looked: Vec<(String, String)>,
}

impl Search<'_> {
    fn looked(&mut self, place: impl Into<String>, found: impl Into<String>) {
        self.looked.push((place.into(), found.into()));
    }

    fn local_folder(&mut self) -> Result<Option<Repo>> {
        let path = expand_home(self.name);
        if !self.name.is_empty() && path.is_dir() {
            let source = Source::LocalFolder { path: path.clone() };
            return Ok(Some(Repo::in_folder(self.config, self.name, path, source)));
        }
        if path.is_file() {
            let problem = "is a file; a model is a folder. Resolve the folder it is in, or open the file with Gguf::open or \
                           Weights::open";
            return Err(HubError::bad_file(path, problem));
        }
        let here =
            std::env::current_dir().map_or_else(|_| "the working folder".into(), |path| path.display().to_string());
        let found = if path.is_absolute() {
            format!("{} is not there", path.display())
        } else {
            format!("none of this name in {here}")
        };
        self.looked("a local folder", found);
        if name::is_path_like(self.name) {
            return Err(self.not_found("check the path; it must be a folder with the model's files in it.".into()));
        }
        Ok(None)
    }

    /// An adapter in the checkout: `course/minilm-entities` is the folder `adapters/minilm-entities`.
    fn adapter(&mut self) -> Option<Repo> {
        const PLACE: &str = "the adapters that come with the course";
        let own = self.name.strip_prefix("course/")?;
        let known = self.config.course_root.clone();
        let here = std::env::current_dir().ok();
        let above = here.iter().flat_map(|here| here.ancestors().map(Path::to_path_buf));
        // Beside the file that makes it one: any folder may be called `adapters`.
        let mut folders = known.into_iter().chain(above).map(|root| root.join("adapters").join(own));
        match folders.find(|folder| folder.join("adapter_config.json").is_file()) {
            Some(path) => {
                let source = Source::CourseAdapter { path: path.clone() };
                Some(Repo::in_folder(self.config, self.name, path, source))
            }
            None => {
                let root = match &self.config.course_root {
                    Some(root) => format!("none of this name in {}", root.join("adapters").display()),
                    None => "COURSE_ROOT does not say where the course is".into(),
                };
                self.looked(PLACE, root);
                None
            }
        }
    }

    fn bundled(&mut self) -> Option<Repo> {
        const PLACE: &str = "the models that come with the course";
        let Some(model) = bundled::find(self.name) else {
            self.looked(PLACE, "not one of them");
            return None;
        };
        let folder = model.folder(self.config);
        if self.config.revision != "main" {
            self.looked(
                PLACE,
                format!("it is one of them, but only its revision \"main\", not \"{}\"", self.config.revision),
            );
            return None;
        }
        match model.state(self.config) {
            State::Ready => {
                let source = Source::Bundled { path: folder.clone(), quantized: model.quantized.clone() };
                return Some(Repo::in_folder(self.config, self.name, folder, source));
            }
            State::NotFetched => self
                .looked(PLACE, format!("it is one of them, but not fetched yet ({} is not there)", folder.display())),
            State::Incomplete => {
                self.looked(PLACE, format!("it is one of them, but files are missing in {}", folder.display()))
            }
        }
        None
    }

    fn hub(mut self, cache: ModelCache) -> Result<Repo> {
        let (config, name) = (self.config, self.name);
        let place = format!("the Hub at {}", config.endpoint);
        if config.offline {
            self.looked(place, "not asked, because HF_HUB_OFFLINE is set");
            return Err(self.not_found(self.offline_advice("unset HF_HUB_OFFLINE and run the cell again")));
        }
        let http = Http::new(config)?;
        let listing = match retrying(config, || http.run(http.listing(name, &config.revision))) {
            Ok(listing) => listing,
            Err(HubError::NoSuchModel { .. }) => {
                self.looked(place, "it has no such model");
                return Err(self.not_found("check the spelling, or use one of the models above.".into()));
            }
            Err(error @ HubError::Unauthorized { .. }) => {
                self.looked(place, "it has no such model, or it is private");
                let HubError::Unauthorized { had_token, .. } = error else { return Err(error) };
                let advice = crate::error::token_advice(had_token);
                return Err(self.not_found(format!("check the spelling; if the model is private, {advice}.")));
            }
            Err(HubError::Unreachable { cause, .. }) => {
                self.looked(place, format!("cannot be reached ({cause})"));
                return Err(self.not_found(self.offline_advice("check the network and run the cell again")));
            }
            Err(error) => return Err(error),
        };
        Ok(Repo::on_hub(http, name, cache, listing))
    }

    fn offline_advice(&self, go_online: &str) -> String {
        if bundled::find(self.name).is_some() {
            format!("run `cargo xtask models fetch` in a terminal, or {go_online}.")
        } else {
            format!("use one of the models above, or {go_online}.")
        }
    }

    fn not_found(&self, advice: String) -> HubError {
        HubError::NotFound(Box::new(NotFound {
            name: self.name.to_owned(),
            looked: self.looked.clone(),
            suggestion: bundled::nearest(self.name),
            advice,
        }))
    }
}

fn expand_home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(name).to_path_buf(),
    }
}
