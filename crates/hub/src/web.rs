//! Requests to any address of the web, for notebooks that talk to other services than the Hub.
//!
//! ```no_run
//! use course_hub::web;
//!
//! # fn main() -> course_hub::Result<()> {
//! let answer = web::get("https://api.github.com/repos/rust-lang/rust/issues?per_page=1")?;
//! println!("{} {:?}", answer.status(), answer.header("x-ratelimit-remaining"));
//! println!("{}", answer.json()?[0]["title"]);
//! # Ok(())
//! # }
//! ```
//!
//! An answer of the server is an [`Answer`] whatever its status; only what keeps it from arriving is an error.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use course_wire::interrupt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use tokio::runtime::Runtime;

use crate::{HubError, Result};

const POLL: Duration = Duration::from_millis(100);
/// How long to wait for the next byte.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is kept in memory; larger things are for [`download`].
const MOST_BYTES: usize = 256 << 20;

/// Asks for an address.
///
/// # Errors
/// [`HubError::Web`] if no answer comes, [`HubError::Interrupted`].
pub fn get(url: &str) -> Result<Answer> {
    Request::get(url).send()
}

/// Writes what is at an address into `to`; `arrived` is told how many bytes of how many there are, if the server says.
///
/// # Errors
/// [`HubError::Web`] if no answer comes, breaks off, or is a refusal; [`HubError::Interrupted`]. What was written before stays written.
pub fn download(
    url: &str,
    to: &mut (dyn Write + Send),
    arrived: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<u64> {
    Request::get(url).download(to, arrived)
}

/// A name as one part of an address: `refs/pr/1` is `refs%2Fpr%2F1`.
pub fn escaped(part: &str) -> String {
    part.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A question to a server.
#[derive(Debug, Clone)]
pub struct Request {
    url: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Asks for what is at an address.
    pub fn get(url: &str) -> Self {
        Self { url: url.to_owned(), headers: Vec::new() }
    }

    /// Says something more: `.header("accept", "application/json")`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Shows a token. It is sent to this server only, not to where a redirect leads.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {}", token.trim()))
    }

    /// Sends it and waits for the whole answer.
    ///
    /// # Errors
    /// [`HubError::Web`] if no answer comes, if it is larger than 256 MB, if the address or a header is none; [`HubError::Interrupted`].
    pub fn send(self) -> Result<Answer> {
        on_runtime(async {
            let mut response = self.response().await?;
            let headers = response.headers().iter();
            let headers =
                headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
            let mut answer = Answer {
                url: self.url.clone(),
                status: response.status().as_u16(),
                headers: headers.collect(),
                body: Vec::new(),
            };
            while let Some(chunk) = patiently(&self.url, response.chunk()).await? {
                if answer.body.len() + chunk.len() > MOST_BYTES {
                    return Err(problem(
                        &self.url,
                        "the answer has more than 256 MB: `web::download` writes it into a file",
                    ));
                }
                answer.body.extend_from_slice(&chunk);
            }
            Ok(answer)
        })?
    }

    /// Sends it and writes the answer into `to`, as [`download`] does.
    ///
    /// # Errors
    /// Those of [`download`].
    pub fn download(
        self,
        to: &mut (dyn Write + Send),
        arrived: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<u64> {
        let url = self.url.as_str();
        on_runtime(async {
            let mut response = self.response().await?;
            if !response.status().is_success() {
                return Err(problem(url, format!("the answer is \"{}\"", response.status())));
            }
            let total = response.content_length();
            let mut bytes = 0;
            while let Some(chunk) = patiently(url, response.chunk()).await? {
                to.write_all(&chunk)
                    .map_err(|error| problem(url, format!("what arrives cannot be written: {error}")))?;
                bytes += chunk.len() as u64;
                arrived(bytes, total);
            }
            Ok(bytes)
        })?
    }

    async fn response(&self) -> Result<Response> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let known = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
            let (header, mut value) = known.ok_or_else(|| problem(&self.url, format!("\"{name}\" is no header")))?;
            value.set_sensitive(header == reqwest::header::AUTHORIZATION);
            headers.insert(header, value);
        }
        patiently(&self.url, client()?.1.get(&self.url).headers(headers).send()).await
    }
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    url: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// The status: 200 for all is well, 404 for not there, 403 and 429 for not now.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of the 200s.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer, or an error with the status if it is a refusal.
    ///
    /// # Errors
    /// [`HubError::Web`] if the status is none of the 200s.
    pub fn or_error(self) -> Result<Self> {
        if self.is_success() { Ok(self) } else { Err(problem(&self.url, format!("the status is {}", self.status))) }
    }

    /// What the server says under this name, in small or capital letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What it sent.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// What it sent, as text.
    ///
    /// # Errors
    /// [`HubError::Web`] if it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body)
            .map_err(|error| problem(&self.url, format!("the answer is no text in UTF-8: {error}")))
    }

    /// What it sent, read as JSON.
    ///
    /// # Errors
    /// [`HubError::Web`] if it is no JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body)
            .map_err(|error| problem(&self.url, format!("the answer is no JSON: {error}")))
    }
}

fn problem(url: &str, cause: impl Into<String>) -> HubError {
    HubError::Web { url: url.to_owned(), cause: cause.into() }
}

/// One client for all requests of a process: it keeps connections open.
fn client() -> Result<&'static (Runtime, Client)> {
    static CLIENT: OnceLock<std::result::Result<(Runtime, Client), String>> = OnceLock::new();
    let made = CLIENT.get_or_init(|| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        // GitHub and others refuse who does not say who they are.
        let agent = concat!("llm-course-rust/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().user_agent(agent).build().map_err(|error| error.to_string())?;
        Ok((runtime, client))
    });
    made.as_ref().map_err(|cause| problem("anything", cause.clone()))
}

/// Runs a request to its end, on a thread of its own: the caller may be inside another tokio runtime.
fn on_runtime<T: Send>(future: impl Future<Output = T> + Send) -> Result<T> {
    let (runtime, _) = client()?;
    Ok(std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// Waits, but no longer than the patience and not past an interrupt.
async fn patiently<T>(url: &str, future: impl Future<Output = reqwest::Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        interrupt::check()?;
        if let Ok(outcome) = tokio::time::timeout(POLL, &mut future).await {
            return outcome.map_err(|error| problem(url, innermost(&error)));
        }
        if start.elapsed() > PATIENCE {
            return Err(problem(url, format!("no answer for {} s", PATIENCE.as_secs())));
        }
    }
}

/// The cause behind all wrappings, which name the address once more.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(deeper) = error.source() {
        error = deeper;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`, and gives back what was asked.
    fn server(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/page?x=1", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                if line.is_empty() {
                    break;
                }
                asked += &line;
                asked.push('\n');
            }
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        });
        (url, thread)
    }

    #[test]
    fn a_part_of_an_address_has_no_slash() {
        assert_eq!(escaped("refs/pr/1 é"), "refs%2Fpr%2F1%20%C3%A9");
    }

    #[test]
    fn an_answer_has_its_status_headers_and_body_whatever_the_status() {
        let (url, asked) = server(
            "HTTP/1.1 404 Not Found\r\nX-Left: 7\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"why\": 42}",
        );
        let answer = Request::get(&url).header("accept", "application/json").bearer("secret ").send().unwrap();
        assert_eq!((answer.status(), answer.is_success(), answer.header("x-left")), (404, false, Some("7")));
        assert_eq!(answer.json().unwrap()["why"], 42);
        assert!(answer.or_error().unwrap_err().to_string().contains("the status is 404"));
        let asked = asked.join().unwrap().to_lowercase();
        for line in [
            "get /page?x=1",
            "accept: application/json",
            "authorization: bearer secret\n",
            "user-agent: llm-course-rust/",
        ] {
            assert!(asked.contains(line), "{line} in {asked}");
        }
    }

    #[test]
    fn a_download_is_written_and_a_refusal_or_a_broken_answer_is_an_error() {
        let (url, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbytes");
        let (mut to, mut last) = (Vec::new(), (0, None));
        assert_eq!(download(&url, &mut to, &mut |bytes, total| last = (bytes, total)).unwrap(), 5);
        assert_eq!((to.as_slice(), last), (b"bytes".as_slice(), (5, Some(5))));
        let (url, _) = server("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let error = download(&url, &mut Vec::new(), &mut |_, _| {}).unwrap_err().to_string();
        assert!(error.contains("403 Forbidden") && error.contains(&url), "{error}");
        let (url, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nbytes");
        assert!(download(&url, &mut Vec::new(), &mut |_, _| {}).is_err(), "45 bytes are missing");
    }

    #[test]
    fn what_is_no_address_or_no_text_is_told() {
        for url in ["no address", "http://127.0.0.1:1/"] {
            let error = get(url).unwrap_err().to_string();
            assert!(error.starts_with(&format!("cannot get {url}: ")), "{error}");
        }
        let (url, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{]");
        let answer = get(&url).unwrap();
        assert!(answer.json().unwrap_err().to_string().contains("no JSON"));
    }
}
