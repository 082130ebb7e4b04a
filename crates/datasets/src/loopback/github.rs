//! GitHub's REST API from a recording: issues and comments in pages, and a limit to how often one may ask.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::http::{Asked, Reply};
use super::issue::Recording;
use super::server::{Server, reading};

/// What GitHub gives without being asked for more.
const PER_PAGE: usize = 30;
const MOST_PER_PAGE: usize = 100;
/// Requests an hour with a token.
const WITH_TOKEN: u64 = 5000;

/// GitHub's REST API as it answers for one repository, from a file on this machine.
///
/// It knows `/repos/{owner}/{name}/issues` (with `state`, `page`, `per_page`), `/repos/{owner}/{name}/issues/{number}` and
/// `…/{number}/comments`, and does what the real one does: pull requests are issues too, 30 entries a page unless asked for up to 100, page
/// 0 is page 1, a `Link` header to the next page, and 60 requests an hour for who shows no token.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let github = course_datasets::loopback::RecordedGithub::open("github.json")?.serve()?;
/// let url = format!("{}/repos/llm-course/rust/issues?state=all", github.url());
/// let issues = course_hub::web::get(&url)?.json()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RecordedGithub {
    recording: Recording,
    limit: u64,
    window: Duration,
}

impl RecordedGithub {
    /// Reads a recording.
    ///
    /// # Errors
    /// If the file cannot be read or is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let within = |kind, why: String| Error::new(kind, format!("{} is no recording: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| within(error.kind(), error.to_string()))?;
        let mut recording: Recording =
            serde_json::from_str(&text).map_err(|error| within(ErrorKind::InvalidData, error.to_string()))?;
        // The newest first, as GitHub lists them.
        recording.issues.sort_by_key(|issue| std::cmp::Reverse(issue.number));
        Ok(Self { recording, limit: 60, window: Duration::from_secs(3600) })
    }

    /// So many requests in so much time for who shows no token, in place of 60 an hour.
    #[must_use]
    pub fn limit(mut self, requests: u64, window: Duration) -> Self {
        (self.limit, self.window) = (requests, window);
        self
    }

    /// `owner/name` of the recorded repository.
    pub fn repository(&self) -> &str {
        &self.recording.repository
    }

    /// Starts answering.
    ///
    /// # Errors
    /// If no port is free.
    pub fn serve(self) -> Result<Server> {
        let budget = Mutex::new(Budget { used: 0, ends: SystemTime::UNIX_EPOCH });
        let what = format!("a recording of {} on GitHub", self.recording.repository);
        Server::start(what, reading(move |asked| self.reply(asked, &budget)))
    }

    fn reply(&self, asked: &Asked, budget: &Mutex<Budget>) -> Reply {
        let limit = if asked.header("authorization").is_some() { WITH_TOKEN } else { self.limit };
        let (left, reset) = budget.lock().unwrap_or_else(PoisonError::into_inner).take(limit, self.window);
        let reply = match left {
            None => {
                let message = "API rate limit exceeded. (But here's the good news: Authenticated requests get a higher rate limit.)";
                Reply::json(403, &json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
            }
            Some(_) => {
                self.find(asked).unwrap_or_else(|| Reply::json(404, &json!({"message": "Not Found", "status": "404"})))
            }
        };
        let seconds = reset.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64().ceil();
        reply
            .with("x-ratelimit-limit", limit.to_string())
            .with("x-ratelimit-remaining", left.unwrap_or(0).to_string())
            .with("x-ratelimit-reset", seconds.to_string())
    }

    fn find(&self, asked: &Asked) -> Option<Reply> {
        let repository = &self.recording.repository;
        let rest = asked.path.strip_prefix("/repos/")?.strip_prefix(repository.as_str())?.strip_prefix("/issues")?;
        let mut parts = rest.split('/').skip(1);
        let Some(number) = parts.next() else {
            let state = asked.parameter("state").unwrap_or("open");
            let wanted = self.recording.issues.iter().filter(|issue| state == "all" || issue.state() == state);
            return Some(page(asked, wanted.map(|issue| issue.json(repository)).collect()));
        };
        let number: u64 = number.parse().ok()?;
        let issue = self.recording.issues.iter().find(|issue| issue.number == number)?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(Reply::json(200, &issue.json(repository))),
            (Some("comments"), None) => Some(page(asked, issue.comments_json(repository))),
            _ => None,
        }
    }
}

/// A page of a list, and where the others are.
fn page(asked: &Asked, entries: Vec<Value>) -> Reply {
    let per_page = asked.number("per_page").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE);
    let page = asked.number("page").unwrap_or(1).max(1);
    let pages = entries.len().div_ceil(per_page).max(1);
    let entries: Vec<Value> = entries.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
    let mut links = Vec::new();
    let mut link = |page: usize, relation: &str| links.push(format!("<{}>; rel=\"{relation}\"", address(asked, page)));
    if page > 1 {
        link(page - 1, "prev");
    }
    if page < pages {
        link(page + 1, "next");
        link(pages, "last");
    }
    if page > 1 {
        link(1, "first");
    }
    let reply = Reply::json(200, &Value::Array(entries));
    if links.is_empty() { reply } else { reply.with("link", links.join(", ")) }
}

/// The same question for another page.
fn address(asked: &Asked, page: usize) -> String {
    let host = asked.header("host").unwrap_or("127.0.0.1");
    let others = asked.query.iter().filter(|(name, _)| name != "page").map(|(name, value)| format!("{name}={value}&"));
    format!("http://{host}{}?{}page={page}", asked.path, others.collect::<String>())
}

/// How often the one visitor has asked.
#[derive(Debug)]
struct Budget {
    used: u64,
    ends: SystemTime,
}

impl Budget {
    /// Takes one request: how many are left, if there was one, and when it begins anew.
    fn take(&mut self, limit: u64, window: Duration) -> (Option<u64>, SystemTime) {
        let now = SystemTime::now();
        if now >= self.ends {
            (self.used, self.ends) = (0, now + window);
        }
        let left = limit.checked_sub(self.used + 1);
        self.used += u64::from(left.is_some());
        (left, self.ends)
    }
}

#[cfg(test)]
mod tests {
    use course_hub::web::{self, Request};

    use super::*;

    fn recording(issues: usize) -> (tempfile::TempDir, RecordedGithub) {
        let issues: Vec<Value> = (1..=issues)
            .map(|number| {
                let comments: Vec<Value> = (0..if number == 1 { 34 } else { 0 })
                    .map(|n| json!({"user": "b", "created_at": "2026-01-02T00:00:00Z", "body": format!("c{n}")}))
                    .collect();
                let closed = (number % 2 == 0).then_some("2026-01-03T00:00:00Z");
                json!({"number": number, "title": "t", "user": "a", "created_at": "2026-01-01T00:00:00Z", "closed_at": closed,
                       "pull_request": number % 5 == 0, "body": "b", "labels": ["bug"], "comments": comments})
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("github.json");
        fs::write(&path, json!({"repository": "o/r", "issues": issues}).to_string()).unwrap();
        let recorded = RecordedGithub::open(&path).unwrap();
        (folder, recorded)
    }

    fn numbers(url: &str) -> Vec<u64> {
        web::get(url)
            .unwrap()
            .json()
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["number"].as_u64().unwrap())
            .collect()
    }

    #[test]
    fn issues_come_in_pages_the_newest_first_and_page_0_is_page_1() {
        let (_folder, recorded) = recording(45);
        let server = recorded.serve().unwrap();
        let url = server.url() + "/repos/o/r/issues";
        assert_eq!(numbers(&format!("{url}?state=all&per_page=20&page=1")), (26..=45).rev().collect::<Vec<_>>());
        assert_eq!(numbers(&format!("{url}?state=all&per_page=20&page=0")), (26..=45).rev().collect::<Vec<_>>());
        assert_eq!(numbers(&format!("{url}?state=all&per_page=20&page=3")), [5, 4, 3, 2, 1]);
        assert_eq!(numbers(&format!("{url}?state=all&per_page=20&page=4")), [0_u64; 0]);
        assert_eq!(numbers(&url).len(), 23, "open ones, unless asked for others");
        let answer = web::get(&format!("{url}?state=all")).unwrap();
        assert_eq!(answer.json().unwrap().as_array().unwrap().len(), 30);
        let link = answer.header("link").unwrap();
        assert_eq!(link, format!("<{url}?state=all&page=2>; rel=\"next\", <{url}?state=all&page=2>; rel=\"last\""));
        assert_eq!(numbers(&format!("{url}?state=all&page=2")).len(), 15);
    }

    #[test]
    fn an_issue_has_githubs_fields_and_a_pull_request_one_more() {
        let (_folder, recorded) = recording(5);
        let server = recorded.serve().unwrap();
        let url = server.url() + "/repos/o/r/issues/";
        let issue = web::get(&format!("{url}1")).unwrap().json().unwrap();
        let fields: Vec<&String> = issue.as_object().unwrap().keys().collect();
        // The columns that the course text shows, in its order, but for `pull_request`.
        let expected = "url repository_url labels_url comments_url events_url html_url id node_id number title user labels state locked \
            assignee assignees milestone comments created_at updated_at closed_at author_association active_lock_reason body \
            timeline_url performed_via_github_app";
        assert_eq!(fields, expected.split_whitespace().collect::<Vec<_>>());
        assert_eq!((&issue["comments"], &issue["state"]), (&json!(34), &json!("open")));
        let pull = web::get(&format!("{url}5")).unwrap().json().unwrap();
        assert_eq!(pull["pull_request"]["html_url"], "https://github.com/o/r/pull/5");
        let comments = |page| web::get(&format!("{url}1/comments?page={page}")).unwrap().json().unwrap();
        assert_eq!((comments(1).as_array().unwrap().len(), &comments(2)[3]["body"]), (30, &json!("c33")));
        for missing in ["9", "x", "1/events"] {
            assert_eq!(web::get(&(url.clone() + missing)).unwrap().status(), 404, "{missing}");
        }
    }

    #[test]
    fn who_asks_too_often_has_to_wait_unless_they_show_a_token() {
        let (_folder, recorded) = recording(3);
        let server = recorded.limit(2, Duration::from_secs(3600)).serve().unwrap();
        let url = server.url() + "/repos/o/r/issues";
        let statuses = [0; 3].map(|_| web::get(&url).unwrap());
        assert_eq!(statuses.each_ref().map(|it| it.status()), [200, 200, 403]);
        assert_eq!(statuses.each_ref().map(|it| it.header("x-ratelimit-remaining").unwrap()), ["1", "0", "0"]);
        let reset: f64 = statuses[2].header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert!(reset > SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64());
        assert!(statuses[2].json().unwrap()["message"].as_str().unwrap().starts_with("API rate limit exceeded"));
        assert_eq!(Request::get(&url).bearer("any").send().unwrap().status(), 200);
        let mut budget = Budget { used: 9, ends: SystemTime::UNIX_EPOCH };
        assert_eq!(budget.take(2, Duration::from_secs(1)).0, Some(1), "a new hour, a new budget");
    }

    #[test]
    fn a_file_that_is_no_recording_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        fs::write(&path, "{\"repository\": \"o/r\"}").unwrap();
        let error = RecordedGithub::open(&path).unwrap_err().to_string();
        assert!(error.contains("x.json is no recording: missing field `issues`"), "{error}");
    }
}
