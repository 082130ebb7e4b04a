//! Requests that write: each with its patience, and what its refusals mean.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use course_wire::interrupt;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use crate::answer::{self, Asked, Failure, Refusal};
use crate::http::Http;
use crate::retry::retrying;
use crate::{HubError, Result};

const POLL: Duration = Duration::from_millis(100);
/// The Hub works at a commit of many files for a while.
const SLOW_WORK: u32 = 6;
/// The most of a refusal's text that is read.
const MOST_TEXT: usize = 1 << 16;

/// What is done to which repository, to name it in errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing<'a> {
    pub(super) repository: &'a str,
    /// As in "… of ada/reviews": "the commit".
    pub(super) what: &'a str,
}

/// An answer that is a success, or the status of one that the caller expects.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

/// Asks the Hub, again if that makes sense, and gives back its JSON; statuses in `expected` are no errors.
pub(super) fn ask(
    http: &Http,
    doing: Doing<'_>,
    expected: &[u16],
    request: impl Fn() -> Result<RequestBuilder> + Sync,
) -> Result<Answered> {
    retrying(http.config(), || once(http, doing, expected, &request, &AtomicU64::new(0)))
}

/// Asks once: for what must not be done twice.
pub(super) fn ask_once(
    http: &Http,
    doing: Doing<'_>,
    request: impl Fn() -> Result<RequestBuilder> + Sync,
) -> Result<Answered> {
    once(http, doing, &[], &request, &AtomicU64::new(0)).map_err(|failure| match failure {
        Failure::Final(error) | Failure::Again { error, .. } => error,
    })
}

/// One try. Its patience begins anew whenever `passed` has grown.
pub(super) fn once(
    http: &Http,
    doing: Doing<'_>,
    expected: &[u16],
    request: &(impl Fn() -> Result<RequestBuilder> + Sync),
    passed: &AtomicU64,
) -> std::result::Result<Answered, Failure> {
    let request = request()?;
    http.run(async {
        let response = patiently(http, passed, request.send()).await?;
        let mut response = response.map_err(|error| answer::explain_transport(&error, http.config()))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            let chunk = patiently(http, passed, response.chunk()).await?;
            match chunk.map_err(|error| answer::explain_transport(&error, http.config()))? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
            if !status.is_success() && body.len() > MOST_TEXT {
                break;
            }
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() || expected.contains(&status.as_u16()) {
            let etag = headers.get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            return Ok(Answered { status: status.as_u16(), etag, body });
        }
        let mut refusal = Refusal::of(status, &headers);
        if let Some(message) = body["error"].as_str().or_else(|| body["message"].as_str()) {
            refusal.message = Some(message.to_owned());
        }
        Err(explain(refusal, http, doing))
    })
}

fn explain(refusal: Refusal, http: &Http, doing: Doing<'_>) -> Failure {
    let name = doing.repository.to_owned();
    match refusal.status {
        401 => HubError::TokenRefused { endpoint: http.config().endpoint.clone() }.into(),
        403 => HubError::NotAllowed { name, message: refusal.message }.into(),
        409 | 412 => HubError::Conflict { name, message: refusal.message }.into(),
        429 => {
            let asked = Asked { config: http.config(), model: doing.repository, revision: "", file: None };
            refusal.explain(asked)
        }
        status => {
            let error = HubError::HubAnswer {
                what: format!("{} of {name}", doing.what),
                status: reqwest::StatusCode::from_u16(status).map_or(status.to_string(), |status| status.to_string()),
                message: refusal.message,
            };
            // Asking again may help.
            if matches!(status, 408 | 500 | 502..=504) {
                let pause = refusal.pause.filter(|pause| *pause <= http.config().longest_pause);
                return Failure::Again { error, pause, no_connection: false };
            }
            error.into()
        }
    }
}

/// Waits as long as something moves, and not past an interrupt.
async fn patiently<T>(
    http: &Http,
    passed: &AtomicU64,
    future: impl Future<Output = T>,
) -> std::result::Result<T, Failure> {
    let mut future = pin!(future);
    let (mut since, mut seen) = (Instant::now(), passed.load(Ordering::Relaxed));
    let patience = http.config().timeout.saturating_mul(SLOW_WORK);
    loop {
        interrupt::check().map_err(HubError::from)?;
        if let Ok(value) = tokio::time::timeout(POLL, &mut future).await {
            return Ok(value);
        }
        let now = passed.load(Ordering::Relaxed);
        if now != seen {
            (since, seen) = (Instant::now(), now);
        }
        if since.elapsed() > patience {
            return Err(Failure::broken(http.config(), format!("nothing moved for {} s", patience.as_secs())));
        }
    }
}

/// A request to an address of the Hub's, or to one that it gave; the token goes to the Hub alone.
pub(super) fn request(http: &Http, method: Method, url: &str) -> Result<RequestBuilder> {
    let no_address = || {
        answer::unreachable(http.config(), format!("\"{}\" is not a web address", url.split('?').next().unwrap_or(url)))
    };
    let url = Url::parse(url).map_err(|_| no_address())?;
    let headers = http.headers(&url);
    Ok(http.client().request(method, url).headers(headers))
}

/// A request with JSON.
pub(super) fn post(http: &Http, url: &str, kind: &str, json: &Value) -> Result<RequestBuilder> {
    Ok(request(http, Method::POST, url)?.header(CONTENT_TYPE, kind).body(json.to_string()))
}
