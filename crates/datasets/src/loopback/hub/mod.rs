//! A Hub on this machine: repositories are made, written to and read, by the requests that the real one answers.

mod pushing;
mod state;
mod visit;

use std::io::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use course_hub::HubConfig;

use self::state::{Files, State};
use self::visit::Visit;
use super::http::Asked;
use super::server::Server;

/// The account that the token belongs to.
const ACCOUNT: &str = "learner";
const TOKEN: &str = "hf_loopback";

/// A Hub that runs on this machine alone, with nothing on it, so that pushing can be tried without an account; it forgets everything when
/// it is dropped.
///
/// It knows one account, `learner`, whose token is in [`LoopbackHub::config`]. Repositories of datasets and models can be made, public and
/// private, their files listed and fetched, and commits pushed, with large files by Git LFS. Whoever else knocks is refused as on the
/// real one.
///
/// ```
/// use course_datasets::loopback::LoopbackHub;
/// use course_datasets::{Dataset, PushToHub, load_dataset, row};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hub = LoopbackHub::start()?;
/// let reviews = Dataset::from_rows([row! { "text" => "A joy." }])?;
/// reviews.push_to_hub_with("reviews", &PushToHub::new().hub(hub.config()))?;
/// assert_eq!(hub.files("learner/reviews"), ["README.md", "data/train-00000-of-00001.parquet"]);
/// # let cache = tempfile::tempdir()?;
/// let back = load_dataset("learner/reviews").hub(hub.config());
/// # let back = back.cache_folder(cache.path()).quiet();
/// assert_eq!(back.split("train").load()?.row(0)?.str("text")?, "A joy.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LoopbackHub {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl LoopbackHub {
    /// Starts one.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let handler = move |asked: &Asked| {
            let host = asked.header("host").unwrap_or_default();
            let visit = Visit { asked, url: format!("http://{host}"), known: knows(asked, TOKEN) };
            visit.reply(&mut lock(&shared))
        };
        Ok(Self { server: Server::start("a Hub".to_owned(), Box::new(handler))?, state })
    }

    /// The settings to reach it as its one account, with this process's caches.
    pub fn config(&self) -> HubConfig {
        let mut config = HubConfig::from_env();
        config.endpoint = self.server.url();
        config.token = Some(TOKEN.to_owned());
        config.offline = false;
        config
    }

    /// Its address: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The files on the main branch of a dataset, or of a model where there is no such dataset; none where there is neither.
    pub fn files(&self, name: &str) -> Vec<String> {
        self.with_main(name, |files| files.keys().cloned().collect()).unwrap_or_default()
    }

    /// What a file on the main branch holds.
    pub fn read(&self, name: &str, file: &str) -> Option<Vec<u8>> {
        self.with_main(name, |files| files.get(file).map(|bytes| bytes.to_vec())).flatten()
    }

    /// Whether the dataset or model is seen by its account alone.
    pub fn is_private(&self, name: &str) -> bool {
        let state = lock(&self.state);
        state.of(name).is_some_and(|repository| repository.private)
    }

    fn with_main<T>(&self, name: &str, look: impl Fn(&Files) -> T) -> Option<T> {
        let state = lock(&self.state);
        state.of(name)?.at("main").map(|(_, files)| look(files))
    }

    /// What was asked for so far: `POST /api/repos/create`.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> Vec<String> {
        lock(&self.state).asked.clone()
    }
}

impl course_display::Rich for LoopbackHub {
    fn rich(&self) -> course_display::Bundle {
        self.server.rich()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn knows(asked: &Asked, token: &str) -> Option<bool> {
    asked.header("authorization").map(|shown| shown.strip_prefix("Bearer ") == Some(token))
}
