//! A Hub on this machine: repositories are made, written to and read, by the requests that the real one answers.

use std::collections::{BTreeMap, HashMap};
use std::io::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use course_hub::HubConfig;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::http::{Asked, Body, Reply};
use super::server::Server;

/// The account that the token belongs to.
const ACCOUNT: &str = "learner";
const TOKEN: &str = "hf_loopback";
/// Files from this size on are kept apart from git, and so are those of the formats that nobody reads as text.
const LARGE: u64 = 10 << 20;
const NO_TEXT: [&str; 4] = [".parquet", ".arrow", ".safetensors", ".gguf"];
/// Larger files come in parts of this size.
const PART: u64 = 16 << 20;

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

#[derive(Debug, Default)]
struct State {
    /// By kind and name: `datasets/learner/reviews`.
    repositories: HashMap<String, Repository>,
    /// Large files by their SHA-256.
    stored: HashMap<String, Arc<Vec<u8>>>,
    /// Parts of large files, by file and number.
    parts: BTreeMap<(String, u64), Vec<u8>>,
    /// How often each way and place was asked for.
    asked: Vec<String>,
}

#[derive(Debug, Default)]
struct Repository {
    private: bool,
    /// The commit that each branch is.
    branches: HashMap<String, String>,
    commits: HashMap<String, Files>,
}

type Files = BTreeMap<String, Arc<Vec<u8>>>;

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

impl State {
    fn of(&self, name: &str) -> Option<&Repository> {
        ["datasets", "models"].iter().find_map(|kind| self.repositories.get(&format!("{kind}/{name}")))
    }
}

impl Repository {
    /// A branch or a commit: its hash and its files.
    fn at(&self, revision: &str) -> Option<(&str, &Files)> {
        let commit = self.branches.get(revision).map_or(revision, String::as_str);
        self.commits.get_key_value(commit).map(|(commit, files)| (commit.as_str(), files))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": message })).with("x-error-message", message)
}

/// One request.
struct Visit<'a> {
    asked: &'a Asked,
    /// Our own address, as the visitor writes it.
    url: String,
    /// Whether the token is the right one, where one was shown.
    known: Option<bool>,
}

impl Visit<'_> {
    fn reply(&self, state: &mut State) -> Reply {
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

    fn json(&self) -> Value {
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
        commit(&mut repository, "main", Files::new(), &key);
        state.repositories.insert(key, repository);
        Reply::json(200, &json!({ "url": url, "name": format!("{owner}/{name}") }))
    }

    /// The repository, if the visitor may see it.
    fn seen<'s>(&self, state: &'s mut State, key: &str) -> std::result::Result<&'s mut Repository, Reply> {
        let found = state.repositories.get_mut(key);
        // What is private is not told from what is not there.
        match (found.filter(|repository| !repository.private || self.known == Some(true)), self.known) {
            (Some(repository), _) => Ok(repository),
            (None, None) => Err(refusal(401, "Invalid username or password.").with("x-error-code", "RepoNotFound")),
            (None, Some(_)) => Err(refusal(404, "Repository not found").with("x-error-code", "RepoNotFound")),
        }
    }

    fn about(&self, state: &mut State, key: &str, rest: &[&str]) -> Reply {
        let stored = state.stored.clone();
        let repository = match self.seen(state, key) {
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
            (true, ["commit", branch @ ..]) => match self.commit(repository, &stored, &branch.join("/"), key) {
                Ok(commit) => {
                    let url = format!("{}/{key}/commit/{commit}", self.url).replace("/models/", "/");
                    Reply::json(200, &json!({ "success": true, "commitOid": commit, "commitUrl": url }))
                }
                Err(refused) => refused,
            },
            _ => refusal(404, "Not Found"),
        }
    }

    /// How each file is to be sent.
    fn modes(&self) -> Vec<Value> {
        let json = self.json();
        let mode = |file: &Value| {
            let path = file["path"].as_str().unwrap_or_default();
            let apart = file["size"].as_u64() >= Some(LARGE) || NO_TEXT.iter().any(|end| path.ends_with(end));
            json!({ "path": path, "uploadMode": if apart { "lfs" } else { "regular" }, "shouldIgnore": false })
        };
        json["files"].as_array().into_iter().flatten().map(mode).collect()
    }

    fn batch(&self, state: &mut State, key: &str) -> Reply {
        if let Err(refused) = self.seen(state, key) {
            return refused;
        }
        let json = self.json();
        let object = |file: &Value| {
            let (oid, size) = (file["oid"].as_str().unwrap_or_default(), file["size"].as_u64().unwrap_or(0));
            if state.stored.contains_key(oid) {
                return json!({ "oid": oid, "size": size });
            }
            let href = format!("{}/stored/{oid}", self.url);
            let mut upload = json!({ "href": href });
            if size > PART {
                let parts =
                    (1..=size.div_ceil(PART)).map(|part| (format!("{part:05}"), format!("{href}/{part}").into()));
                let mut header: serde_json::Map<String, Value> = parts.collect();
                header.insert("chunk_size".to_owned(), PART.to_string().into());
                upload["header"] = header.into();
            }
            json!({ "oid": oid, "size": size, "actions": { "upload": upload } })
        };
        let objects: Vec<Value> = json["objects"].as_array().into_iter().flatten().map(object).collect();
        Reply::json(200, &json!({ "transfer": "basic", "objects": objects }))
    }

    /// Takes a large file, whole, in parts, or the word that all parts are there.
    fn store(&self, state: &mut State, place: &str) -> Reply {
        let (oid, part) = place.split_once('/').map_or((place, None), |(oid, part)| (oid, part.parse::<u64>().ok()));
        let bytes = match (self.asked.method.as_str(), part) {
            ("PUT", None) => self.asked.body.clone(),
            ("PUT", Some(part)) => {
                let etag = hexadecimal(&Sha256::digest(&self.asked.body));
                state.parts.insert((oid.to_owned(), part), self.asked.body.clone());
                return Reply::text(200, "").with("etag", format!("\"{etag}\""));
            }
            ("POST", None) => {
                let all = (oid.to_owned(), 0)..=(oid.to_owned(), u64::MAX);
                state.parts.range(all).flat_map(|(_, bytes)| bytes.iter().copied()).collect()
            }
            _ => return refusal(404, "Not Found"),
        };
        if hexadecimal(&Sha256::digest(&bytes)) != oid {
            return refusal(400, "the bytes are not those of the announced SHA-256");
        }
        state.parts.retain(|(of, _), _| of != oid);
        state.stored.insert(oid.to_owned(), Arc::new(bytes));
        Reply::text(200, "")
    }

    fn commit(
        &self,
        repository: &mut Repository,
        stored: &HashMap<String, Arc<Vec<u8>>>,
        branch: &str,
        key: &str,
    ) -> std::result::Result<String, Reply> {
        let Some((head, files)) = repository.at(branch) else {
            return Err(refusal(404, "Invalid rev id").with("x-error-code", "RevisionNotFound"));
        };
        let mut files = files.clone();
        let text = String::from_utf8_lossy(&self.asked.body);
        for line in text.lines() {
            let line: Value =
                serde_json::from_str(line).map_err(|_| refusal(400, "a line of the commit is no JSON"))?;
            let value = &line["value"];
            let path = || value["path"].as_str().unwrap_or_default().to_owned();
            match line["key"].as_str() {
                Some("header") => {
                    if value["parentCommit"].as_str().is_some_and(|parent| parent != head) {
                        return Err(refusal(412, "A commit has happened since. Please refresh and try again."));
                    }
                }
                Some("file") => {
                    let content = value["content"].as_str().unwrap_or_default();
                    let bytes = STANDARD.decode(content).map_err(|_| refusal(400, "a file is not in base64"))?;
                    files.insert(path(), Arc::new(bytes));
                }
                Some("lfsFile") => {
                    let bytes = value["oid"].as_str().and_then(|oid| stored.get(oid));
                    let bytes = bytes.ok_or_else(|| refusal(400, "a large file was not uploaded"))?;
                    files.insert(path(), bytes.clone());
                }
                Some("deletedFile") => {
                    files.remove(&path()).ok_or_else(|| refusal(400, "a file to delete is not there"))?;
                }
                _ => return Err(refusal(400, "a line of the commit is of no known kind")),
            }
        }
        Ok(commit(repository, branch, files, key))
    }

    fn hand_out(&self, state: &mut State, key: &str, revision: &str, file: &str) -> Reply {
        let repository = match self.seen(state, key) {
            Ok(repository) => repository,
            Err(refused) => return refused,
        };
        let Some((commit, files)) = repository.at(revision) else {
            return refusal(404, "Invalid rev id").with("x-error-code", "RevisionNotFound");
        };
        let Some(bytes) = files.get(file) else {
            return refusal(404, "Entry not found").with("x-error-code", "EntryNotFound").with("x-repo-commit", commit);
        };
        let headers = vec![
            ("etag", format!("\"{}\"", hexadecimal(&Sha256::digest(&**bytes)))),
            ("x-repo-commit", commit.to_owned()),
        ];
        Reply { status: 200, headers, body: Body::Bytes(bytes.to_vec()) }
    }
}

/// Makes these files the head of the branch.
fn commit(repository: &mut Repository, branch: &str, files: Files, key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{key} {branch} {}", repository.commits.len()));
    let commit: String = hexadecimal(&hash.finalize()).chars().take(40).collect();
    repository.commits.insert(commit.clone(), files);
    repository.branches.insert(branch.to_owned(), commit.clone());
    commit
}
