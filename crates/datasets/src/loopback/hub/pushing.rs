//! What is pushed: how each file is to be sent, large ones by Git LFS, and the commit.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::http::Reply;
use super::state::{Repository, State, sha256};
use super::visit::{Visit, refusal};

/// Files from this size on are kept apart from git, and so are those of the formats that nobody reads as text.
const LARGE: u64 = 10 << 20;
const NO_TEXT: [&str; 4] = [".parquet", ".arrow", ".safetensors", ".gguf"];
/// Larger files come in parts of this size.
const PART: u64 = 16 << 20;

impl Visit<'_> {
    /// How each file is to be sent.
    pub(super) fn modes(&self) -> Vec<Value> {
        let json = self.json();
        let mode = |file: &Value| {
            let path = file["path"].as_str().unwrap_or_default();
            let apart = file["size"].as_u64() >= Some(LARGE) || NO_TEXT.iter().any(|end| path.ends_with(end));
            json!({ "path": path, "uploadMode": if apart { "lfs" } else { "regular" }, "shouldIgnore": false })
        };
        json["files"].as_array().into_iter().flatten().map(mode).collect()
    }

    pub(super) fn batch(&self, state: &mut State, key: &str) -> Reply {
        if let Err(refused) = self.seen(&mut state.repositories, key) {
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
    pub(super) fn store(&self, state: &mut State, place: &str) -> Reply {
        let (oid, part) = place.split_once('/').map_or((place, None), |(oid, part)| (oid, part.parse::<u64>().ok()));
        let bytes = match (self.asked.method.as_str(), part) {
            ("PUT", None) => self.asked.body.clone(),
            ("PUT", Some(part)) => {
                let etag = sha256(&self.asked.body);
                state.parts.insert((oid.to_owned(), part), self.asked.body.clone());
                return Reply::text(200, "").with("etag", format!("\"{etag}\""));
            }
            ("POST", None) => {
                let all = (oid.to_owned(), 0)..=(oid.to_owned(), u64::MAX);
                state.parts.range(all).flat_map(|(_, bytes)| bytes.iter().copied()).collect()
            }
            _ => return refusal(404, "Not Found"),
        };
        if sha256(&bytes) != oid {
            return refusal(400, "the bytes are not those of the announced SHA-256");
        }
        state.parts.retain(|(of, _), _| of != oid);
        state.stored.insert(oid.to_owned(), Arc::new(bytes));
        Reply::text(200, "")
    }

    pub(super) fn commit(
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
        Ok(repository.commit(branch, files, key))
    }
}
