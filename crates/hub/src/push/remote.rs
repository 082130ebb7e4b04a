//! A repository of the Hub that is written to.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::lfs::{self, Large};
use super::send::{self, Doing};
use super::{Commit, Committed, Content, RepoKind};
use crate::answer::Failure;
use crate::http::Http;
use crate::retry::retrying;
use crate::web::escaped;
use crate::{HubConfig, HubError, Result, cache, name};

const JSON: &str = "application/json";
/// How many files the Hub is asked about at once.
const FILES: usize = 256;

/// A repository of the Hub that is written to.
#[derive(Debug)]
pub struct RemoteRepo {
    http: Http,
    kind: RepoKind,
    name: String,
}

/// What a branch of a repository has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The hash of its last commit.
    pub commit: String,
    /// Its files with their sizes in bytes, where the Hub says them.
    pub files: Vec<(String, Option<u64>)>,
}

impl RemoteRepo {
    /// The repository `owner/name`, or `name` of the account whose token it is; it is made where there is none. `private` says who
    /// sees a new one; without it, the account's settings do. One that is there stays as it is.
    ///
    /// # Errors
    /// [`HubError::NoToken`], [`HubError::TokenRefused`], [`HubError::NotAllowed`] where the account may not write there;
    /// [`HubError::InvalidName`], [`HubError::Unreachable`], [`HubError::Interrupted`].
    pub fn create(config: &HubConfig, kind: RepoKind, name: &str, private: Option<bool>) -> Result<Self> {
        name::check(name)?;
        if config.offline {
            return Err(HubError::OfflineWrite { name: name.to_owned() });
        }
        if config.token.is_none() {
            return Err(HubError::NoToken { name: name.to_owned() });
        }
        let http = Http::new(config)?;
        let name = match name.contains('/') {
            true => name.to_owned(),
            false => format!("{}/{name}", account(&http, name)?),
        };
        let repo = Self { http, kind, name };
        repo.make(private)?;
        Ok(repo)
    }

    fn make(&self, private: Option<bool>) -> Result<()> {
        let (owner, short) = self.name.split_once('/').unwrap_or(("", &self.name));
        let mut json = json!({ "name": short, "organization": owner, "type": self.kind.name() });
        if let Some(private) = private {
            json["visibility"] = if private { "private" } else { "public" }.into();
        }
        let url = format!("{}/api/repos/create", self.http.config().endpoint);
        // There already, or not to be made by this account, which may still write to it.
        let made = send::ask(&self.http, self.doing("the creation"), &[403, 409], || {
            send::post(&self.http, &url, JSON, &json)
        })?;
        if made.status == 403 && self.look("main")?.is_none() {
            let message = made.body["error"].as_str().map(str::to_owned);
            return Err(HubError::NotAllowed { name: self.name.clone(), message });
        }
        Ok(())
    }

    /// Its name with the owner: `ada/reviews`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of its page.
    pub fn page(&self) -> String {
        format!("{}/{}{}", self.http.config().endpoint, self.kind.prefix(), self.name)
    }

    fn doing<'a>(&'a self, what: &'a str) -> Doing<'a> {
        Doing { repository: &self.name, what }
    }

    fn api(&self) -> String {
        format!("{}/api/{}s/{}", self.http.config().endpoint, self.kind.name(), self.name)
    }

    /// Makes the branch where there is none.
    ///
    /// # Errors
    /// Those of [`RemoteRepo::create`].
    pub fn make_branch(&self, branch: &str) -> Result<()> {
        let url = format!("{}/branch/{}", self.api(), escaped(branch));
        send::ask(&self.http, self.doing("the branch"), &[409], || send::post(&self.http, &url, JSON, &json!({})))?;
        Ok(())
    }

    /// The last commit of a branch, and the files it has.
    ///
    /// # Errors
    /// [`HubError::NoSuchRevision`], and those of [`RemoteRepo::create`].
    pub fn head(&self, branch: &str) -> Result<Head> {
        let none = || HubError::NoSuchRevision { name: self.name.clone(), revision: branch.to_owned() };
        self.look(branch)?.ok_or_else(none)
    }

    fn look(&self, branch: &str) -> Result<Option<Head>> {
        let url = format!("{}/revision/{}?blobs=true", self.api(), escaped(branch));
        let answer = send::ask(&self.http, self.doing("the list of files"), &[404], || {
            send::request(&self.http, Method::GET, &url)
        })?;
        if answer.status == 404 {
            return Ok(None);
        }
        let commit = answer.body["sha"].as_str().filter(|commit| cache::is_safe_part(commit));
        let commit = commit.ok_or_else(|| self.strange("the list of files", "it names no commit"))?.to_owned();
        let file = |file: &Value| Some((file["rfilename"].as_str()?.to_owned(), file["size"].as_u64()));
        let files = answer.body["siblings"].as_array().into_iter().flatten().filter_map(file).collect();
        Ok(Some(Head { commit, files }))
    }

    /// A text file as a commit has it; `None` where there is none.
    ///
    /// # Errors
    /// Those of [`RemoteRepo::create`].
    pub fn read_text(&self, commit: &str, file: &str) -> Result<Option<String>> {
        let file_path: Vec<String> = file.split('/').map(escaped).collect();
        let url = format!("{}/resolve/{}/{}", self.page(), escaped(commit), file_path.join("/"));
        let mut request = crate::web::Request::get(&url);
        if let Some(token) = &self.http.config().token {
            request = request.bearer(token);
        }
        let answer = retrying(self.http.config(), || {
            let answer = request.clone().send()?;
            if !matches!(answer.status(), 408 | 429 | 500 | 502..=504) {
                return Ok(answer);
            }
            answer.or_error().map_err(|error| Failure::Again { error, pause: None, no_connection: false })
        })?;
        match answer.status() {
            404 => Ok(None),
            _ => Ok(Some(answer.or_error()?.text()?.to_owned())),
        }
    }

    /// Uploads the large files among the additions of `commit`, as [`RemoteRepo::commit`] does first of all. For those who want to
    /// remove a file from this machine before the next is made, or to be done with the long part before they look at the head.
    ///
    /// # Errors
    /// Those of [`RemoteRepo::commit`].
    pub fn upload(&self, commit: &Commit) -> Result<Uploaded> {
        let mut uploaded = Uploaded::default();
        for additions in commit.additions.chunks(FILES) {
            self.upload_some(commit, additions, &mut uploaded)?;
        }
        Ok(uploaded)
    }

    fn upload_some(&self, commit: &Commit, additions: &[(String, Content)], uploaded: &mut Uploaded) -> Result<()> {
        let mut files = Vec::with_capacity(additions.len());
        for (path, content) in additions {
            if !name::is_safe_file(path) {
                return Err(HubError::InvalidName {
                    name: path.clone(),
                    reason: "a file's name in a repository has \"/\" between folders, and no \".\" or \"..\"",
                });
            }
            let sample = STANDARD.encode(content.sample()?);
            files.push(json!({ "path": path, "size": content.size()?, "sample": sample }));
        }
        let url = format!("{}/preupload/{}", self.api(), escaped(&commit.revision));
        let json = json!({ "files": files });
        let answer =
            send::ask(&self.http, self.doing("the upload"), &[], || send::post(&self.http, &url, JSON, &json))?;
        let told = answer.body["files"].as_array().map_or(&[][..], Vec::as_slice);
        let about = |path: &str| told.iter().find(|file| file["path"] == path).unwrap_or(&Value::Null);
        let mut large = Vec::new();
        for (path, content) in additions {
            let told = about(path);
            if told["shouldIgnore"] == true {
                continue;
            }
            // Empty files cannot be kept apart.
            let line = match told["uploadMode"].as_str() {
                Some("lfs") if content.size()? > 0 => {
                    let file = Large { content: content.clone(), oid: content.sha256()?, size: content.size()? };
                    let value = json!({ "path": path, "algo": "sha256", "oid": file.oid, "size": file.size });
                    large.push(file);
                    json!({ "key": "lfsFile", "value": value })
                }
                Some(_) => {
                    let value =
                        json!({ "content": STANDARD.encode(content.whole()?), "path": path, "encoding": "base64" });
                    json!({ "key": "file", "value": value })
                }
                None => return Err(self.strange("the upload", &format!("it does not say how to send {path}"))),
            };
            uploaded.lines.push(line);
        }
        let mut seen = HashSet::new();
        large.retain(|file| seen.insert(file.oid.clone()));
        let batch = format!("{}.git/info/lfs/objects/batch", self.page());
        lfs::upload(&self.http, self.doing("the upload"), &batch, &commit.revision, &large)
    }

    /// Uploads the files of the commit, and makes it. If it is interrupted before its end, the repository stays as it was.
    ///
    /// # Errors
    /// [`HubError::Conflict`] where the branch has gone on since the parent; [`HubError::NotAllowed`], [`HubError::TokenRefused`],
    /// [`HubError::Unreachable`], [`HubError::HubAnswer`]; [`HubError::Interrupted`].
    pub fn commit(&self, commit: Commit) -> Result<Committed> {
        let uploaded = self.upload(&commit)?;
        self.commit_with(&commit, &[uploaded])
    }

    /// The same with files that were uploaded before.
    ///
    /// # Errors
    /// Those of [`RemoteRepo::commit`].
    pub fn commit_with(&self, commit: &Commit, uploaded: &[Uploaded]) -> Result<Committed> {
        let mut header = json!({ "summary": commit.message, "description": commit.description });
        if let Some(parent) = &commit.parent {
            header["parentCommit"] = parent.as_str().into();
        }
        let deletions = commit.deletions.iter().map(|file| json!({ "key": "deletedFile", "value": { "path": file } }));
        let mut body = format!("{}\n", json!({ "key": "header", "value": header }));
        for line in uploaded.iter().flat_map(|uploaded| uploaded.lines.iter().cloned()).chain(deletions) {
            body += &line.to_string();
            body.push('\n');
        }
        let body = bytes::Bytes::from(body);
        let url = format!("{}/commit/{}", self.api(), escaped(&commit.revision));
        let answer = send::ask_once(&self.http, self.doing("the commit"), || {
            let request = send::request(&self.http, Method::POST, &url)?;
            Ok(request.header(CONTENT_TYPE, "application/x-ndjson").body(body.clone()))
        })?;
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
        Ok(Committed { repository: self.page(), url: text("commitUrl"), commit: text("commitOid") })
    }

    fn strange(&self, what: &str, why: &str) -> HubError {
        HubError::HubAnswer {
            what: format!("{what} of {}", self.name),
            status: "200".to_owned(),
            message: Some(format!("the answer is not the Hub's way: {why}. Check HF_ENDPOINT")),
        }
    }
}

/// Files that the Hub has got, but that no commit shows yet.
#[derive(Debug, Clone, Default)]
pub struct Uploaded {
    /// What the commit says about each.
    lines: Vec<Value>,
}

/// The name of the account whose token it is.
fn account(http: &Http, name: &str) -> Result<String> {
    let url = format!("{}/api/whoami-v2", http.config().endpoint);
    let doing = Doing { repository: name, what: "the account" };
    let answer = send::ask(http, doing, &[], || send::request(http, Method::GET, &url))?;
    let account = answer.body["name"].as_str().filter(|name| name::check(name).is_ok() && !name.contains('/'));
    account.map(str::to_owned).ok_or_else(|| HubError::TokenRefused { endpoint: http.config().endpoint.clone() })
}
