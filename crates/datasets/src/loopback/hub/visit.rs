//! A request: what is asked about repositories, and what is read of them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::http::{Asked, Body, Reply};
use super::ACCOUNT;
use super::state::{Files, Repository, State, sha256};

pub(super) fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": message })).with("x-error-message", message)
}

/// One request.
pub(super) struct Visit<'a> {
    pub(super) asked: &'a Asked,
    /// Our own address, as the visitor writes it.
    pub(super) url: String,
    /// Whether the token is the right one, where one was shown.
    pub(super) known: Option<bool>,
}

impl Visit<'_> {
    pub(super) fn reply(&self, state: &mut State) -> Reply {
        let (method, path) = (self.asked.method.as_str(), self.asked.path.trim_start_matches('/'));
        state.asked.push(format!("{method} /{path}"));
        if let Some(place) = path.strip_prefix("stored/") {
            return self.store(state, place);
        }
        if self.known == Some(false) {
            return refusal(401, "Invalid credentials in Authorization header");
        }
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["api", "whoami-v2"]) if self.known == Some(true) => {
                Reply::json(200, &json!({ "type": "user", "name": ACCOUNT }))
            }
            ("POST", ["api", "repos", "create"]) => self.create(state),
            (_, ["api", kind @ ("datasets" | "models"), owner, name, rest @ ..]) => {
                let key = format!("{kind}/{owner}/{name}");
                self.about(state, &key, rest)
            }
            ("POST", ["datasets", owner, name, "info", "lfs", "objects", "batch"]) => {
                self.batch(state, &format!("datasets/{owner}/{}", name.trim_end_matches(".git")))
            }
            ("POST", [owner, name, "info", "lfs", "objects", "batch"]) => {
                self.batch(state, &format!("models/{owner}/{}", name.trim_end_matches(".git")))
            }
            ("GET" | "HEAD", ["datasets", owner, name, "resolve", revision, file @ ..]) => {
                self.hand_out(state, &format!("datasets/{owner}/{name}"), revision, &file.join("/"))
            }
            ("GET" | "HEAD", [owner, name, "resolve", revision, file @ ..]) => {
                self.hand_out(state, &format!("models/{owner}/{name}"), revision, &file.join("/"))
            }
            _ => refusal(404, "Not Found"),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.asked.body).unwrap_or(Value::Null)
    }

    fn create(&self, state: &mut State) -> Reply {
        if self.known.is_none() {
            return refusal(401, "Invalid username or password.");
        }
        let json = self.json();
        let name = json["name"].as_str().unwrap_or_default();
        let owner = json["organization"].as_str().unwrap_or(ACCOUNT);
        let kind = format!("{}s", json["type"].as_str().unwrap_or("model"));
        if owner != ACCOUNT {
            return refusal(
                403,
                &format!("You don't have the rights to create a {kind} under the namespace \"{owner}\""),
            );
        }
        let prefix = if kind == "models" { "" } else { "datasets/" };
        let url = format!("{}/{prefix}{owner}/{name}", self.url);
        let key = format!("{kind}/{owner}/{name}");
        if state.repositories.contains_key(&key) {
            let error = "You already created this repo";
            return Reply::json(409, &json!({ "error": error, "url": url }));
        }
        let mut repository = Repository { private: json["visibility"] == "private", ..Repository::default() };
        repository.commit("main", Files::new(), &key);
        state.repositories.insert(key, repository);
        Reply::json(200, &json!({ "url": url, "name": format!("{owner}/{name}") }))
    }

    /// The repository, if the visitor may see it.
    pub(super) fn seen<'s>(
        &self,
        repositories: &'s mut HashMap<String, Repository>,
        key: &str,
    ) -> std::result::Result<&'s mut Repository, Reply> {
        let found = repositories.get_mut(key);
        // What is private is not told from what is not there.
        match (found.filter(|repository| !repository.private || self.known == Some(true)), self.known) {
            (Some(repository), _) => Ok(repository),
            (None, None) => Err(refusal(401, "Invalid username or password.").with("x-error-code", "RepoNotFound")),
            (None, Some(_)) => Err(refusal(404, "Repository not found").with("x-error-code", "RepoNotFound")),
        }
    }

    fn about(&self, state: &mut State, key: &str, rest: &[&str]) -> Reply {
        let repository = match self.seen(&mut state.repositories, key) {
            Ok(repository) => repository,
            Err(refused) => return refused,
        };
        let writes = self.asked.method == "POST";
        if writes && self.known.is_none() {
            return refusal(401, "Invalid username or password.");
        }
        match (writes, rest) {
            (false, [] | ["revision", ..]) => {
                let revision = rest.get(1..).filter(|rest| !rest.is_empty()).map_or("main".to_owned(), |r| r.join("/"));
                let Some((commit, files)) = repository.at(&revision) else {
                    return refusal(404, "Invalid rev id").with("x-error-code", "RevisionNotFound");
                };
                let file = |(name, bytes): (&String, &Arc<Vec<u8>>)| json!({ "rfilename": name, "size": bytes.len() });
                let siblings: Vec<Value> = files.iter().map(file).collect();
                let id = key.split_once('/').map_or(key, |(_, name)| name);
                Reply::json(
                    200,
                    &json!({ "_id": "1", "id": id, "sha": commit, "private": repository.private, "siblings": siblings }),
                )
            }
            (true, ["branch", branch @ ..]) => {
                let branch = branch.join("/");
                if repository.branches.contains_key(&branch) {
                    return refusal(409, "Reference already exists");
                }
                if let Some(main) = repository.branches.get("main").cloned() {
                    repository.branches.insert(branch, main);
                }
                Reply::json(201, &json!({}))
            }
            (true, ["preupload", ..]) => Reply::json(200, &json!({ "files": self.modes() })),
            (true, ["commit", branch @ ..]) => match self.commit(repository, &state.stored, &branch.join("/"), key) {
                Ok(commit) => {
                    let url = format!("{}/{key}/commit/{commit}", self.url).replace("/models/", "/");
                    Reply::json(200, &json!({ "success": true, "commitOid": commit, "commitUrl": url }))
                }
                Err(refused) => refused,
            },
            _ => refusal(404, "Not Found"),
        }
    }

    fn hand_out(&self, state: &mut State, key: &str, revision: &str, file: &str) -> Reply {
        let repository = match self.seen(&mut state.repositories, key) {
            Ok(repository) => repository,
            Err(refused) => return refused,
        };
        let Some((commit, files)) = repository.at(revision) else {
            return refusal(404, "Invalid rev id").with("x-error-code", "RevisionNotFound");
        };
        let Some(bytes) = files.get(file) else {
            return refusal(404, "Entry not found").with("x-error-code", "EntryNotFound").with("x-repo-commit", commit);
        };
        let headers = vec![("etag", format!("\"{}\"", sha256(bytes))), ("x-repo-commit", commit.to_owned())];
        Reply { status: 200, headers, body: Body::Bytes(bytes.to_vec()) }
    }
}
