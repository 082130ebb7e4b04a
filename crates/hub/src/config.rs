//! Where names are looked up, and how patiently.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where names are looked up, and how patiently; [`HubConfig::from_env`] reads the environment as Python's
/// `huggingface_hub` does.
#[derive(Clone)]
#[non_exhaustive]
pub struct HubConfig {
    /// The Hugging Face cache, shared with Python: the folder with `models--…` in it.
    pub hub_cache: PathBuf,
    /// The course's own cache; bundled models are in its folder `models`.
    pub course_cache: PathBuf,
    /// The checkout of the course, when it is known: adapters that come with the course are in its folder `adapters`.
    pub course_root: Option<PathBuf>,
    /// The Hub's address, without a slash at the end.
    pub endpoint: String,
    /// The access token, for private and gated models; sent to [`endpoint`](Self::endpoint) only, never shown.
    pub token: Option<String>,
    /// Never ask the network.
    pub offline: bool,
    /// The branch, tag or commit to take.
    pub revision: String,
    /// Show a progress bar while downloading.
    pub progress: bool,
    /// How long to wait for the next byte from the network.
    pub timeout: Duration,
    /// How often to try again in a row before giving up; a try that brings bytes does not count.
    pub retries: u32,
    /// The pause before the first new try; each further one is twice as long.
    pub retry_pause: Duration,
    /// The longest pause taken because the Hub asks for one.
    pub longest_pause: Duration,
}

impl HubConfig {
    /// The settings of this process: `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN` (or the file that `hf auth login`
    /// writes), `HF_HUB_OFFLINE`, `COURSE_CACHE` and `COURSE_ROOT`.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// [`from_env`](Self::from_env) with the variables taken from a function.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let path = |name: &str| set(name).map(|value| expand_home(&value, &home(&set)));
        let user_cache = path("XDG_CACHE_HOME").unwrap_or_else(|| home(&set).join(".cache"));
        let hf_home = path("HF_HOME").unwrap_or_else(|| user_cache.join("huggingface"));
        let hub_cache =
            path("HF_HUB_CACHE").or_else(|| path("HUGGINGFACE_HUB_CACHE")).unwrap_or_else(|| hf_home.join("hub"));
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
        let token = if set("HF_HUB_DISABLE_IMPLICIT_TOKEN").is_some_and(|value| is_true(&value)) {
            None
        } else {
            set("HF_TOKEN").or_else(|| std::fs::read_to_string(token_file).ok())
        };
        Self {
            hub_cache,
            course_cache: path("COURSE_CACHE").unwrap_or_else(|| user_cache.join("llm-course-rust")),
            course_root: path("COURSE_ROOT"),
            endpoint: endpoint.trim().trim_end_matches('/').into(),
            token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            offline: set("HF_HUB_OFFLINE").or_else(|| set("TRANSFORMERS_OFFLINE")).is_some_and(|value| is_true(&value)),
            revision: "main".into(),
            progress: true,
            timeout: Duration::from_secs(20),
            retries: 5,
            retry_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }

    /// Takes another branch, tag or commit than `main`.
    #[must_use]
    pub fn revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = revision.into();
        self
    }

    /// Never asks the network, or may ask it again.
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }
}

impl fmt::Debug for HubConfig {
    /// Shows whether there is a token, never the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HubConfig")
            .field("hub_cache", &self.hub_cache)
            .field("course_cache", &self.course_cache)
            .field("course_root", &self.course_root)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "set"))
            .field("offline", &self.offline)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

fn home(set: &impl Fn(&str) -> Option<String>) -> PathBuf {
    set("HOME").map(PathBuf::from).or_else(std::env::home_dir).unwrap_or_else(std::env::temp_dir)
}

fn expand_home(path: &str, home: &std::path::Path) -> PathBuf {
    match path.strip_prefix('~') {
        Some("") => home.to_path_buf(),
        Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> HubConfig {
        HubConfig::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        let at = |variables: &[(&str, &str)]| config(variables).hub_cache;
        let home = ("HOME", "/home/ada");
        assert_eq!(at(&[home]), PathBuf::from("/home/ada/.cache/huggingface/hub"));
        assert_eq!(at(&[home, ("XDG_CACHE_HOME", "/x")]), PathBuf::from("/x/huggingface/hub"));
        assert_eq!(at(&[home, ("HF_HOME", "~/hf")]), PathBuf::from("/home/ada/hf/hub"));
        assert_eq!(at(&[home, ("HF_HOME", "/hf"), ("HUGGINGFACE_HUB_CACHE", "/old")]), PathBuf::from("/old"));
        assert_eq!(at(&[home, ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")]), PathBuf::from("/new"));
        assert_eq!(at(&[home, ("HF_HOME", "")]), PathBuf::from("/home/ada/.cache/huggingface/hub"));
    }

    #[test]
    fn the_course_has_its_own_cache() {
        let at = |variables: &[(&str, &str)]| config(variables).course_cache;
        assert_eq!(at(&[("HOME", "/home/ada")]), PathBuf::from("/home/ada/.cache/llm-course-rust"));
        assert_eq!(at(&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "/x")]), PathBuf::from("/x/llm-course-rust"));
        assert_eq!(at(&[("COURSE_CACHE", "/c"), ("XDG_CACHE_HOME", "/x")]), PathBuf::from("/c"));
    }

    #[test]
    fn offline_takes_the_words_that_python_takes() {
        for value in ["1", "true", "YES", "On"] {
            assert!(config(&[("HF_HUB_OFFLINE", value)]).offline, "{value}");
        }
        for value in ["0", "", "no"] {
            assert!(!config(&[("HF_HUB_OFFLINE", value)]).offline, "{value:?}");
        }
    }

    #[test]
    fn the_token_is_trimmed_read_from_its_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "hf_from_file\n").unwrap();
        let hf_home = folder.path().to_str().unwrap();
        assert_eq!(config(&[("HF_HOME", hf_home)]).token.as_deref(), Some("hf_from_file"));
        let config_with = config(&[("HF_HOME", hf_home), ("HF_TOKEN", " hf_secret ")]);
        assert_eq!(config_with.token.as_deref(), Some("hf_secret"));
        assert!(!format!("{config_with:?}").contains("hf_secret"));
        assert_eq!(config(&[("HF_HOME", hf_home), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]).token, None);
    }

    #[test]
    fn the_endpoint_has_no_slash_at_its_end() {
        assert_eq!(config(&[("HF_ENDPOINT", "https://mirror.example/")]).endpoint, "https://mirror.example");
        assert_eq!(config(&[]).endpoint, "https://huggingface.co");
    }
}
