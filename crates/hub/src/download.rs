//! Bringing one file from the Hub into the cache: taken up where it broke off, checked, and in place whole or not at all.
//!
//! hf-hub 1.0.0 has a download of its own, which this replaces: it begins anew after every break, stores whatever the last
//! answer was (an error page too), compares neither length nor hash, ignores `Retry-After` and cannot be interrupted.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use course_display::Progress;
use reqwest::StatusCode;
use reqwest::header::CONTENT_RANGE;

use crate::answer::{self, Asked, Failure};
use crate::cache::ModelCache;
use crate::checksum::Checksum;
use crate::http::{Announced, Http};
use crate::retry::{Tries, retrying};
use crate::{HubError, Result, atomic, text};

/// Smaller files come too fast for a bar.
const BAR_FROM: u64 = 4 << 20;
/// What arrived damaged is asked for once more.
const MOST_DAMAGED: u32 = 2;

/// Downloads one file of a model at a commit, unless its bytes are in the cache under another name; returns its place in
/// the snapshot.
///
/// # Errors
/// [`HubError::NoSuchFile`], [`HubError::Unreachable`], [`HubError::Damaged`], [`HubError::Interrupted`] and what else the Hub
/// or the disk may refuse. What has arrived stays beside the blobs as `….incomplete` and is taken up by the next call.
pub(crate) fn download(http: &Http, cache: &ModelCache, model: &str, commit: &str, file: &str) -> Result<PathBuf> {
    let asked = Asked { config: http.config(), model, revision: commit, file: Some(file) };
    let announced = retrying(http.config(), || http.run(http.announced(asked)));
    let announced = announced.inspect_err(|error| {
        if matches!(error, HubError::NoSuchFile { .. }) {
            cache.mark_missing(commit, file);
        }
    })?;
    let blob = cache.blob(&announced.etag);
    if !is_whole(&blob, announced.size) {
        let lock = cache.lock(&announced.etag)?;
        // Whoever held the lock may have brought it.
        if !is_whole(&blob, announced.size) {
            if lock.is_some() {
                let partial = cache.partial(&announced.etag);
                fetch(http, asked, &announced, &partial)?;
                atomic::sync_and_rename(&partial, &blob)?;
            } else {
                // Without a lock two may download at once: each into a file of its own, which nobody could take up.
                atomic::write(&blob, |temporary| fetch(http, asked, &announced, temporary))?;
            }
        }
    }
    cache.publish(commit, file, &announced.etag)
}

fn is_whole(blob: &Path, size: Option<u64>) -> bool {
    std::fs::metadata(blob).is_ok_and(|found| found.is_file() && size.is_none_or(|size| size == found.len()))
}

/// Makes `partial` whole and checks it.
fn fetch(http: &Http, asked: Asked<'_>, announced: &Announced, partial: &Path) -> Result<()> {
    let bar = announced
        .size
        .filter(|size| http.config().progress && *size >= BAR_FROM)
        .map(|size| Progress::bytes(size, asked.file.unwrap_or_default()));
    let mut tries = Tries::new(http.config());
    let mut times_damaged = 0;
    // A server that breaks off at the same place each time brings bytes, but nothing new.
    let mut furthest = 0;
    loop {
        let mut growing = Growing::open(partial, announced, bar.as_ref())?;
        furthest = furthest.max(growing.length);
        let outcome = if growing.is_full() { Ok(()) } else { http.run(growing.grow(http, asked)) };
        let after = growing.length;
        match outcome {
            Ok(()) => match growing.check() {
                Ok(()) => {
                    if let Some(bar) = &bar {
                        bar.finish();
                    }
                    return Ok(());
                }
                Err(problem) => {
                    std::fs::remove_file(partial).map_err(HubError::io("remove", partial))?;
                    times_damaged += 1;
                    if times_damaged == MOST_DAMAGED {
                        return Err(damaged(asked, problem));
                    }
                }
            },
            Err(failure) => {
                if after > furthest {
                    tries.progressed();
                }
                let waiting = |pause: Duration| {
                    if let Some(bar) = &bar {
                        bar.message(format!("broken off; trying again in {:.0} s", pause.as_secs_f64().ceil()));
                    }
                };
                tries.after(failure, waiting).map_err(|error| given_up(error, partial, after))?;
                if let Some(bar) = &bar {
                    bar.message("");
                }
            }
        }
    }
}

/// The error of the last try, with what becomes of the bytes that came.
fn given_up(error: HubError, partial: &Path, kept_bytes: u64) -> HubError {
    match error {
        HubError::Damaged { .. } => {
            let _ = std::fs::remove_file(partial);
            error
        }
        HubError::Unreachable { endpoint, cause, .. } => HubError::Unreachable { endpoint, cause, kept_bytes },
        other => other,
    }
}

fn damaged(asked: Asked<'_>, problem: String) -> HubError {
    HubError::Damaged { name: asked.model.to_owned(), file: asked.file.unwrap_or_default().to_owned(), problem }
}

/// A file that bytes are being added to, and the hash of what it holds.
struct Growing<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    checksum: Checksum,
    announced: &'a Announced,
    bar: Option<&'a Progress>,
}

impl<'a> Growing<'a> {
    /// Takes up what an earlier try left.
    fn open(path: &'a Path, announced: &'a Announced, bar: Option<&'a Progress>) -> Result<Self> {
        atomic::make_parent(path)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(HubError::io("make", path))?;
        let mut growing = Self { path, file, length: 0, checksum: new_checksum(announced), announced, bar };
        let left = growing.file.metadata().map_err(HubError::io("read", path))?.len();
        // Longer than announced it cannot be right; of unknown length it could not be told from whole.
        if announced.size.is_none_or(|size| left > size) {
            growing.restart()?;
        } else {
            growing.length = growing.checksum.update_from(&growing.file, path)?;
            growing.show()?;
        }
        Ok(growing)
    }

    fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(HubError::io("empty", self.path))?;
        self.file.seek(SeekFrom::Start(0)).map_err(HubError::io("empty", self.path))?;
        self.length = 0;
        self.checksum = new_checksum(self.announced);
        self.show()
    }

    fn is_full(&self) -> bool {
        self.announced.size == Some(self.length)
    }

    /// Asks for what is missing and writes it as it comes.
    async fn grow(&mut self, http: &Http, asked: Asked<'_>) -> std::result::Result<(), Failure> {
        let mut response = match http.bytes_from(asked, self.length).await {
            Err(Failure::Final(HubError::HubAnswer { status, .. })) if status.starts_with("416") => {
                self.restart()?;
                return Err(Failure::broken(http.config(), "the Hub does not send the rest of this file"));
            }
            response => response?,
        };
        if self.length > 0 && !continues_at(&response, self.length) {
            // The whole file comes, not its rest.
            self.restart()?;
            if response.status() == StatusCode::PARTIAL_CONTENT {
                return Err(Failure::broken(http.config(), "the Hub sent another part of this file than asked for"));
            }
        }
        loop {
            let chunk = http.patiently(response.chunk()).await?;
            match chunk.map_err(|error| answer::explain_transport(&error, http.config()))? {
                Some(bytes) => self.add(&bytes)?,
                None => break,
            }
            if self.announced.size.is_some_and(|size| self.length > size) {
                break;
            }
        }
        match self.announced.size {
            Some(size) if self.length < size => {
                let problem = format!("only {} of the {size} bytes that the Hub announced came", self.length);
                Err(Failure::Again { error: damaged(asked, problem), pause: None, no_connection: false })
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(HubError::io("write", self.path))?;
        self.checksum.update(bytes);
        self.length += bytes.len() as u64;
        self.show()
    }

    fn show(&self) -> Result<()> {
        match self.bar {
            Some(bar) => Ok(bar.set(self.length)?),
            None => Ok(()),
        }
    }

    /// Whether the bytes are what was announced; if not, how they differ.
    fn check(self) -> std::result::Result<(), String> {
        match self.announced.size {
            Some(size) if size != self.length => {
                Err(format!("it has {} bytes where the Hub announced {size}", self.length))
            }
            _ if !self.checksum.matches(&self.announced.etag) => {
                Err(format!("the hash of its {} is not the one the Hub announced", text::size(self.length)))
            }
            _ => Ok(()),
        }
    }
}

fn new_checksum(announced: &Announced) -> Checksum {
    match announced.size {
        Some(size) => Checksum::for_etag(&announced.etag, size),
        // git hashes the length before the bytes.
        None if announced.etag.len() == 40 => Checksum::LengthOnly,
        None => Checksum::for_etag(&announced.etag, 0),
    }
}

/// Whether an answer is the part of the file from byte `start` on.
fn continues_at(response: &reqwest::Response, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    response.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.trim().starts_with(&format!("bytes {start}-")))
}
