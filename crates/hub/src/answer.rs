//! What the Hub's refusals mean, in the words of the error a learner reads.

use std::error::Error as _;
use std::time::Duration;

use hf_hub::HFError;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::{HubConfig, HubError};

/// Why one try did not bring what was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another try would end the same way.
    Final(HubError),
    /// Another try may help, after the pause the Hub asks for.
    Again {
        error: HubError,
        pause: Option<Duration>,
        /// There is no connection at all: many tries are a long wait for the same answer.
        no_connection: bool,
    },
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self::Final(error)
    }
}

impl Failure {
    /// The connection broke or a byte did not come in time.
    pub(crate) fn broken(config: &HubConfig, cause: impl Into<String>) -> Self {
        Self::Again { error: unreachable(config, cause), pause: None, no_connection: false }
    }
}

/// What was asked for, to name it in errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) config: &'a HubConfig,
    pub(crate) model: &'a str,
    pub(crate) revision: &'a str,
    /// The file, or nothing for the model itself.
    pub(crate) file: Option<&'a str>,
}

/// The parts of a refusal that matter.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// `X-Error-Code`, such as `GatedRepo`.
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) pause: Option<Duration>,
}

impl Refusal {
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status: status.as_u16(),
            code: header("x-error-code"),
            message: header("x-error-message"),
            pause: pause_asked_for(header("retry-after"), header("ratelimit")),
        }
    }

    pub(crate) fn explain(self, asked: Asked<'_>) -> Failure {
        let config = asked.config;
        let name = asked.model.to_owned();
        let had_token = config.token.is_some();
        let code = self.code.as_deref();
        let answer = |status: u16, message: Option<String>| HubError::HubAnswer {
            what: asked.file.map_or_else(|| name.clone(), |file| format!("{name}/{file}")),
            status: StatusCode::from_u16(status).map_or_else(|_| status.to_string(), |status| status.to_string()),
            message,
        };
        match (self.status, code) {
            (_, Some("GatedRepo")) => {
                let page = format!("{}/{name}", config.endpoint);
                Failure::Final(HubError::Gated { name, page, had_token })
            }
            (404, Some("RevisionNotFound")) => {
                Failure::Final(HubError::NoSuchRevision { name, revision: asked.revision.to_owned() })
            }
            // Without a valid token the Hub answers 401 for a model that is not there: it does not give away what is private.
            (401, _) => Failure::Final(HubError::Unauthorized { name, had_token }),
            (404, code) => Failure::Final(match asked.file {
                Some(file) if code != Some("RepoNotFound") => HubError::NoSuchFile {
                    name,
                    file: file.to_owned(),
                    source_words: format!("the Hub at {}", config.endpoint),
                    files: Vec::new(),
                },
                _ => HubError::NoSuchModel { name, endpoint: config.endpoint.clone() },
            }),
            (429, _) => match self.pause {
                Some(wait) if wait > config.longest_pause => Failure::Final(HubError::RateLimited { wait: Some(wait) }),
                wait => Failure::Again { error: HubError::RateLimited { wait }, pause: wait, no_connection: false },
            },
            (408 | 500 | 502 | 503 | 504, _) => Failure::Again {
                error: answer(self.status, self.message),
                pause: self.pause.filter(|pause| *pause <= config.longest_pause),
                no_connection: false,
            },
            _ => Failure::Final(answer(self.status, self.message)),
        }
    }
}

/// What an error of hf-hub means.
pub(crate) fn explain_hf(error: HFError, asked: Asked<'_>) -> Failure {
    let (context, pause) = match error {
        HFError::Http { context }
        | HFError::AuthRequired { context }
        | HFError::Forbidden { context }
        | HFError::Conflict { context } => (context, None),
        HFError::RateLimited { retry_after, context } => (context, retry_after),
        HFError::RepoNotFound { context: Some(context), .. }
        | HFError::RevisionNotFound { context: Some(context), .. }
        | HFError::EntryNotFound { context: Some(context), .. } => (context, None),
        HFError::Request { source, .. } => return explain_transport(&source, asked.config),
        other => return Failure::Final(unreachable(asked.config, other.to_string())),
    };
    let refusal = Refusal {
        status: context.status.as_u16(),
        code: context.error_code.clone(),
        message: context.server_message.clone(),
        pause,
    };
    refusal.explain(asked)
}

/// What a failed request means. Its own text is not used: it holds the address, and the Hub's hold signatures.
pub(crate) fn explain_transport(error: &reqwest::Error, config: &HubConfig) -> Failure {
    let cause = if error.is_timeout() { "no answer in time".to_owned() } else { innermost(error) };
    if error.is_builder() || error.is_redirect() {
        return Failure::Final(unreachable(config, cause));
    }
    Failure::Again { error: unreachable(config, cause), pause: None, no_connection: error.is_connect() }
}

pub(crate) fn unreachable(config: &HubConfig, cause: impl Into<String>) -> HubError {
    HubError::Unreachable { endpoint: config.endpoint.clone(), cause: cause.into(), kept_bytes: 0 }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|error| error.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

/// Seconds from `Retry-After`, or from the `t=` of the Hub's `RateLimit`.
fn pause_asked_for(retry_after: Option<String>, rate_limit: Option<String>) -> Option<Duration> {
    let from_header = retry_after.and_then(|value| value.trim().parse().ok());
    let from_limit = || {
        let limit = rate_limit?;
        limit.split(';').find_map(|part| part.trim().strip_prefix("t="))?.trim().parse().ok()
    };
    from_header.or_else(from_limit).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_read_from_either_header() {
        let text = |value: &str| Some(value.to_owned());
        assert_eq!(pause_asked_for(text("7"), None), Some(Duration::from_secs(7)));
        assert_eq!(pause_asked_for(None, text("\"resolvers\";r=0;t=55")), Some(Duration::from_secs(55)));
        assert_eq!(pause_asked_for(text("Wed, 21 Oct 2015 07:28:00 GMT"), None), None);
    }
}
