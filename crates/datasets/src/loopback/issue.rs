//! A recorded issue, and what GitHub's REST API says of it: every field, as the real one has them.

use serde::Deserialize;
use serde_json::{Value, json};

const API: &str = "https://api.github.com";
const WEB: &str = "https://github.com";

/// The file of a recording.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    /// `owner/name`.
    pub(super) repository: String,
    pub(super) issues: Vec<Issue>,
}

/// An issue or a pull request, which are the same to the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    pub(super) number: u64,
    title: String,
    user: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    pull_request: bool,
    created_at: String,
    #[serde(default)]
    pub(super) closed_at: Option<String>,
    body: Option<String>,
    #[serde(default)]
    pub(super) comments: Vec<Comment>,
}

/// What somebody wrote below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    user: String,
    created_at: String,
    body: String,
}

impl Issue {
    pub(super) fn state(&self) -> &'static str {
        if self.closed_at.is_some() { "closed" } else { "open" }
    }

    pub(super) fn json(&self, repository: &str) -> Value {
        let number = self.number;
        let url = format!("{API}/repos/{repository}/issues/{number}");
        let kind = if self.pull_request { "pull" } else { "issues" };
        let html_url = format!("{WEB}/{repository}/{kind}/{number}");
        let last = self.comments.last().map(|comment| &comment.created_at);
        let updated_at = last.into_iter().chain(&self.closed_at).max().unwrap_or(&self.created_at);
        let mut issue = json!({
            "url": url,
            "repository_url": format!("{API}/repos/{repository}"),
            "labels_url": format!("{url}/labels{{/name}}"),
            "comments_url": format!("{url}/comments"),
            "events_url": format!("{url}/events"),
            "html_url": html_url,
            "id": 900_000_000 + number,
            "node_id": format!("I_{number:05}"),
            "number": number,
            "title": self.title,
            "user": user(&self.user),
            "labels": self.labels.iter().map(|name| label(repository, name)).collect::<Vec<_>>(),
            "state": self.state(),
            "locked": false,
            "assignee": null,
            "assignees": [],
            "milestone": null,
            "comments": self.comments.len(),
            "created_at": self.created_at,
            "updated_at": updated_at,
            "closed_at": self.closed_at,
            "author_association": "CONTRIBUTOR",
            "active_lock_reason": null,
            "body": self.body,
            "timeline_url": format!("{url}/timeline"),
            "performed_via_github_app": null,
        });
        if self.pull_request
            && let Some(fields) = issue.as_object_mut()
        {
            let pull = json!({
                "url": format!("{API}/repos/{repository}/pulls/{number}"),
                "html_url": html_url,
                "diff_url": format!("{html_url}.diff"),
                "patch_url": format!("{html_url}.patch"),
                "merged_at": self.closed_at,
            });
            fields.insert("pull_request".into(), pull);
        }
        issue
    }

    /// Its comments, the oldest first.
    pub(super) fn comments_json(&self, repository: &str) -> Vec<Value> {
        let kind = if self.pull_request { "pull" } else { "issues" };
        let number = self.number;
        let comments = self.comments.iter().enumerate().map(|(place, comment)| {
            let id = 800_000_000 + number * 1000 + place as u64;
            json!({
                "url": format!("{API}/repos/{repository}/issues/comments/{id}"),
                "html_url": format!("{WEB}/{repository}/{kind}/{number}#issuecomment-{id}"),
                "issue_url": format!("{API}/repos/{repository}/issues/{number}"),
                "id": id,
                "node_id": format!("IC_{id}"),
                "user": user(&comment.user),
                "created_at": comment.created_at,
                "updated_at": comment.created_at,
                "author_association": "CONTRIBUTOR",
                "body": comment.body,
                "performed_via_github_app": null,
            })
        });
        comments.collect()
    }
}

fn user(login: &str) -> Value {
    let url = format!("{API}/users/{login}");
    // The same number for the same name.
    let id = login.bytes().fold(5381_u64, |sum, byte| (sum * 33 + u64::from(byte)) % 90_000_000);
    json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{WEB}/{login}"),
        "followers_url": format!("{url}/followers"),
        "repos_url": format!("{url}/repos"),
        "type": if login.ends_with("[bot]") { "Bot" } else { "User" },
        "site_admin": false,
    })
}

fn label(repository: &str, name: &str) -> Value {
    let id = name.bytes().fold(17_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_000);
    json!({
        "id": id,
        "node_id": format!("LA_{id}"),
        "url": format!("{API}/repos/{repository}/labels/{}", name.replace(' ', "%20")),
        "name": name,
        "color": format!("{:06x}", id % 0x100_0000),
        "default": matches!(name, "bug" | "enhancement" | "question" | "documentation"),
        "description": null,
    })
}
