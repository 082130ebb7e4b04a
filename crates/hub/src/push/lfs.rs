//! Large files, by Git LFS: the Hub says where each goes, in one piece or in parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use course_display::Progress;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use super::Content;
use super::send::{self, Answered, Doing};
use crate::http::Http;
use crate::retry::Tries;
use crate::{HubError, Result};

const LFS: &str = "application/vnd.git-lfs+json";

/// A large file.
pub(super) struct Large {
    pub(super) content: Content,
    /// Its SHA-256.
    pub(super) oid: String,
    pub(super) size: u64,
}

/// Uploads the files that the Hub does not have yet.
pub(super) fn upload(http: &Http, doing: Doing<'_>, batch: &str, revision: &str, files: &[Large]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let objects: Vec<Value> = files.iter().map(|file| json!({ "oid": file.oid, "size": file.size })).collect();
    let json = json!({
        "operation": "upload",
        "transfers": ["basic", "multipart"],
        "objects": objects,
        "hash_algo": "sha256",
        "ref": { "name": revision },
    });
    let answer = send::ask(http, doing, &[], || Ok(send::post(http, batch, LFS, &json)?.header(ACCEPT, LFS)))?;
    let told = answer.body["objects"].as_array().map_or(&[][..], Vec::as_slice);
    let mut wanted = Vec::new();
    for file in files {
        let told = told.iter().find(|told| told["oid"] == file.oid.as_str());
        let told = told.ok_or_else(|| strange(doing, "it says nothing about a file"))?;
        if let Some(message) = told["error"]["message"].as_str() {
            return Err(strange(doing, message));
        }
        // No action: the Hub has it.
        if told["actions"]["upload"]["href"].is_string() {
            wanted.push((file, &told["actions"]));
        }
    }
    let total: u64 = wanted.iter().map(|(file, _)| file.size).sum();
    let bar = http.config().progress.then(|| Progress::bytes(total, "Uploading"));
    let mut before = 0;
    for (file, actions) in wanted {
        let sending = Sending { http, doing, file, bar: bar.as_ref(), before };
        sending.send(actions)?;
        before += file.size;
    }
    if let Some(bar) = bar {
        bar.set(total)?;
        bar.finish();
    }
    Ok(())
}

/// One file on its way.
struct Sending<'a> {
    http: &'a Http,
    doing: Doing<'a>,
    file: &'a Large,
    bar: Option<&'a Progress>,
    /// Bytes of the files before it.
    before: u64,
}

impl Sending<'_> {
    fn send(&self, actions: &Value) -> Result<()> {
        let upload = &actions["upload"];
        let address = upload["href"].as_str().unwrap_or_default();
        let header = &upload["header"];
        match header["chunk_size"].as_str().and_then(|size| size.parse().ok()).or_else(|| header["chunk_size"].as_u64())
        {
            Some(size) if size > 0 => self.in_parts(address, header, size)?,
            _ => {
                self.put(address, 0, self.file.size)?;
            }
        }
        if let Some(address) = actions["verify"]["href"].as_str() {
            let json = json!({ "oid": self.file.oid, "size": self.file.size });
            send::ask(self.http, self.doing, &[], || send::post(self.http, address, "application/json", &json))?;
        }
        Ok(())
    }

    /// Each part to an address of its own; `address` is told when all are there.
    fn in_parts(&self, address: &str, header: &Value, size: u64) -> Result<()> {
        let mut parts = Vec::new();
        for number in 1..=self.file.size.div_ceil(size) {
            // Numbers as the Hub writes them: `1`, or `00001`.
            let part = header.as_object().into_iter().flatten().find(|(name, _)| name.parse() == Ok(number));
            let part = part.and_then(|(_, address)| address.as_str());
            let part = part.ok_or_else(|| strange(self.doing, &format!("it names no address for part {number}")))?;
            let start = (number - 1) * size;
            let answer = self.put(part, start, size.min(self.file.size - start))?;
            let etag = answer.etag.ok_or_else(|| strange(self.doing, &format!("part {number} got no ETag")))?;
            parts.push(json!({ "partNumber": number, "etag": etag }));
        }
        let json = json!({ "oid": self.file.oid, "parts": parts });
        send::ask(self.http, self.doing, &[], || Ok(send::post(self.http, address, LFS, &json)?.header(ACCEPT, LFS)))?;
        Ok(())
    }

    fn put(&self, address: &str, start: u64, length: u64) -> Result<Answered> {
        let mut tries = Tries::new(self.http.config());
        loop {
            let passed = Arc::new(AtomicU64::new(0));
            let request = || {
                let pieces = self.file.content.pieces(start, length, passed.clone());
                let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
                let request = send::request(self.http, Method::PUT, address)?;
                Ok(request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, length).body(body))
            };
            let sent = std::thread::scope(|scope| {
                let sent = scope.spawn(|| send::once(self.http, self.doing, &[], &request, &passed));
                // The bar belongs to this thread.
                while !sent.is_finished() {
                    if let Some(bar) = self.bar {
                        // An interrupt ends the request itself.
                        let _ = bar.set(self.before + start + passed.load(Ordering::Relaxed));
                    }
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                sent.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            match sent {
                Ok(answer) => return Ok(answer),
                Err(failure) => tries.after(failure, |_| {})?,
            }
        }
    }
}

fn strange(doing: Doing<'_>, why: &str) -> HubError {
    HubError::HubAnswer {
        what: format!("{} of {}", doing.what, doing.repository),
        status: "200".to_owned(),
        message: Some(why.to_owned()),
    }
}
