//! Requests to the Hub: one connection pool, every wait interruptible, the token for the Hub's own address only.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use course_wire::interrupt;
use hf_hub::{HFClient, split_id};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use crate::answer::{self, Asked, Failure, Refusal};
use crate::{HubConfig, HubError, Result, cache, name};

const POLL: Duration = Duration::from_millis(100);
const MOST_REDIRECTS: usize = 10;

/// A connection to the Hub.
pub(crate) struct Http {
    config: HubConfig,
    runtime: tokio::runtime::Runtime,
    /// Follows redirects; drops the token when one leads to another host, port or scheme.
    client: Client,
    /// Shows redirects: what the Hub says about a large file is in the redirect to where it is stored.
    head_client: Client,
    api: HFClient,
}

/// What the Hub says about a file before sending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) etag: String,
    pub(crate) commit: Option<String>,
    /// In bytes; unknown for what a mirror makes up as it goes.
    pub(crate) size: Option<u64>,
}

/// What the Hub says about a model.
#[derive(Debug, Clone)]
pub(crate) struct ModelListing {
    pub(crate) commit: String,
    pub(crate) files: Vec<String>,
}

impl Http {
    pub(crate) fn new(config: &HubConfig) -> Result<Self> {
        let cannot = |cause: String| answer::unreachable(config, cause);
        let agent = concat!("llm-course-rust/", env!("CARGO_PKG_VERSION"));
        let client = |redirects| {
            Client::builder().user_agent(agent).redirect(redirects).build().map_err(|error| cannot(error.to_string()))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let follows = client(Policy::limited(MOST_REDIRECTS))?;
        let api = HFClient::builder()
            .client(follows.clone())
            .user_agent(agent)
            .endpoint(&config.endpoint)
            .cache_dir(&config.hub_cache)
            // Without a token hf-hub would look for one itself; what cannot be a header's value is not sent.
            .token(config.token.as_deref().unwrap_or("\n"))
            // Tries are counted here: hf-hub does not heed `Retry-After`.
            .retry_max_attempts(0)
            .build()
            .map_err(|error| cannot(error.to_string()))?;
        Ok(Self {
            config: config.clone(),
            runtime: runtime.map_err(|error| cannot(error.to_string()))?,
            client: follows,
            head_client: client(Policy::none())?,
            api,
        })
    }

    pub(crate) fn config(&self) -> &HubConfig {
        &self.config
    }

    /// The client that follows redirects.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs a request to its end, on a thread of its own: the caller may be inside another tokio runtime.
    pub(crate) fn run<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| self.runtime.block_on(future)).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Waits for a future, but no longer than the timeout and not past an interrupt.
    pub(crate) async fn patiently<T>(&self, future: impl Future<Output = T>) -> std::result::Result<T, Failure> {
        let mut future = pin!(future);
        let start = Instant::now();
        loop {
            interrupt::check().map_err(HubError::from)?;
            if let Ok(value) = tokio::time::timeout(POLL, &mut future).await {
                return Ok(value);
            }
            if start.elapsed() > self.config.timeout {
                let cause = format!("no answer for {} s", self.config.timeout.as_secs());
                return Err(Failure::Again {
                    error: answer::unreachable(&self.config, cause),
                    pause: None,
                    no_connection: true,
                });
            }
        }
    }

    /// Asks for a model's commit and the names of its files.
    pub(crate) async fn listing(&self, model: &str, revision: &str) -> std::result::Result<ModelListing, Failure> {
        let (owner, short) = split_id(model);
        let asked = Asked { config: &self.config, model, revision, file: None };
        let repository = self.api.model(owner, short);
        let info = self.patiently(repository.info().revision(revision).send()).await?;
        let info = info.map_err(|error| answer::explain_hf(error, asked))?;
        let commit = info.sha.filter(|commit| cache::is_safe_part(commit));
        let files = info.siblings.unwrap_or_default().into_iter().map(|sibling| sibling.rfilename);
        Ok(ModelListing {
            commit: commit.ok_or_else(|| strange(asked, "it names no commit"))?,
            files: files.filter(|file| name::is_safe_file(file)).collect(),
        })
    }

    /// Asks what a file is, without its bytes.
    pub(crate) async fn announced(&self, asked: Asked<'_>) -> std::result::Result<Announced, Failure> {
        let mut url = self.file_url(asked)?;
        for _ in 0..=MOST_REDIRECTS {
            let request = self.head_client.head(url.clone()).headers(self.headers(&url));
            let response = self.patiently(request.send()).await?;
            let response = response.map_err(|error| answer::explain_transport(&error, &self.config))?;
            let headers = response.headers();
            let target = response.status().is_redirection().then(|| text(headers, LOCATION.as_str())).flatten();
            let etag = text(headers, "x-linked-etag").or_else(|| text(headers, ETAG.as_str()));
            match (target, etag) {
                // To the model's new name on the Hub, or from a mirror to the Hub.
                (Some(target), etag) if etag.is_none() || is_relative(&target) => {
                    url = url.join(&target).map_err(|_| strange(asked, "it redirects to nowhere"))?;
                }
                (None, _) if !response.status().is_success() => {
                    return Err(Refusal::of(response.status(), headers).explain(asked));
                }
                (_, None) => return Err(strange(asked, "it names no ETag").into()),
                (target, Some(etag)) => {
                    let etag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
                    // The length of a redirect is not that of the file.
                    let length = || if target.is_none() { text(headers, CONTENT_LENGTH.as_str()) } else { None };
                    let size = text(headers, "x-linked-size").or_else(length).and_then(|size| size.parse().ok());
                    if !cache::is_safe_part(&etag) {
                        return Err(strange(asked, "its ETag is not one of the Hub's").into());
                    }
                    return Ok(Announced { etag, commit: text(headers, "x-repo-commit"), size });
                }
            }
        }
        Err(strange(asked, "it redirects in a circle").into())
    }

    /// Asks for a file's bytes from `start` on. The answer is a success; whether it begins at `start` is in its status.
    pub(crate) async fn bytes_from(&self, asked: Asked<'_>, start: u64) -> std::result::Result<Response, Failure> {
        let url = self.file_url(asked)?;
        let mut request = self.client.get(url.clone()).headers(self.headers(&url));
        if start > 0 {
            request = request.header(RANGE, format!("bytes={start}-"));
        }
        let response = self.patiently(request.send()).await?;
        let response = response.map_err(|error| answer::explain_transport(&error, &self.config))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(Refusal::of(response.status(), response.headers()).explain(asked))
        }
    }

    fn file_url(&self, asked: Asked<'_>) -> std::result::Result<Url, Failure> {
        let no_url = || Failure::Final(answer::unreachable(&self.config, "this is not a web address"));
        let mut url = Url::parse(&self.config.endpoint).map_err(|_| no_url())?;
        let mut path = url.path_segments_mut().map_err(|()| no_url())?;
        path.pop_if_empty().extend(asked.model.split('/')).push("resolve").push(asked.revision);
        path.extend(asked.file.unwrap_or_default().split('/'));
        drop(path);
        Ok(url)
    }

    /// What goes with every request: the token too, if the address is the Hub's own.
    pub(crate) fn headers(&self, url: &Url) -> HeaderMap {
        let mut headers = HeaderMap::new();
        // A packed answer would have another length than the file.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let token = self.config.token.as_ref().filter(|_| self.is_own(url));
        if let Some(Ok(mut value)) = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}"))) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    fn is_own(&self, url: &Url) -> bool {
        Url::parse(&self.config.endpoint).is_ok_and(|endpoint| endpoint.origin() == url.origin())
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Http").field("config", &self.config).finish_non_exhaustive()
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Whether a redirect stays on its host.
fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("//")
}

fn strange(asked: Asked<'_>, why: &str) -> HubError {
    HubError::HubAnswer {
        what: asked.file.map_or_else(|| asked.model.to_owned(), |file| format!("{}/{file}", asked.model)),
        status: "200".into(),
        message: Some(format!("the answer is not the Hub's way: {why}. Check HF_ENDPOINT")),
    }
}
