//! A small server on the loopback that answers as the Hub does, and as a bad network does.
#![allow(dead_code, reason = "each test file uses its part of the server")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use course_hub::HubConfig;

/// The commit that `main` is.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first byte of the range asked for.
    pub fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What to answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Close the connection after this many bytes of the body, whatever was announced.
    pub cut_after: Option<usize>,
    /// The `Content-Length` to announce in place of the body's.
    pub announce: Option<usize>,
    /// Wait before the body.
    pub stall: Option<Duration>,
    /// Wait after this many bytes of the body.
    pub pause_after: Option<(usize, Duration)>,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A refusal with the Hub's error code.
    pub fn refusal(status: u16, code: &str) -> Self {
        Self::new(status).with("X-Error-Code", code).with("X-Error-Message", format!("{code} it is"))
    }
}

type Handler = dyn Fn(&Request, usize) -> Reply + Send + Sync;

/// A running server; it ends with the test process.
pub struct Server {
    pub port: u16,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server; the handler gets each request and how many of the same method and path came before it.
    pub fn start(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (handler, kept): (Arc<Handler>, _) = (Arc::new(handler), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, &*handler, &log));
            }
        });
        Self { port, log }
    }

    /// The Hub with one model `org/model` of these files, each large one (`….safetensors`) stored elsewhere.
    pub fn hub(files: &[(&'static str, Vec<u8>)]) -> Self {
        let files = files.to_vec();
        Self::start(move |request, _| hub_reply(&files, request))
    }

    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    pub fn count(&self, method: &str, path_part: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method && request.path.contains(path_part)).count()
    }

    /// Settings that know this server and an empty cache only.
    pub fn config(&self, folder: &Path) -> HubConfig {
        let mut config = HubConfig::from_variables(|_| None);
        config.hub_cache = folder.join("hub");
        config.course_cache = folder.join("course");
        config.endpoint = format!("http://127.0.0.1:{}", self.port);
        config.token = None;
        config.progress = false;
        config.timeout = Duration::from_secs(30);
        config.retries = 3;
        config.retry_pause = Duration::from_millis(10);
        config.longest_pause = Duration::from_secs(2);
        config
    }
}

/// What the Hub answers when all is well.
pub fn hub_reply(files: &[(&'static str, Vec<u8>)], request: &Request) -> Reply {
    if request.path.starts_with("/api/models/org/model/revision/") {
        let siblings: Vec<_> = files.iter().map(|(name, _)| serde_json::json!({ "rfilename": name })).collect();
        let info = serde_json::json!({ "id": "org/model", "_id": "1", "sha": COMMIT, "siblings": siblings });
        return Reply::new(200).with("Content-Type", "application/json").body(info.to_string());
    }
    let file = |prefix: String| {
        let name = request.path.strip_prefix(&prefix)?;
        files.iter().find(|(known, _)| *known == name)
    };
    if let Some((name, bytes)) = file(format!("/org/model/resolve/{COMMIT}/")) {
        if !name.ends_with(".safetensors") {
            return content(request, bytes)
                .with("ETag", format!("\"{}\"", git_hash(bytes)))
                .with("X-Repo-Commit", COMMIT);
        }
        return Reply::new(302)
            .with("Location", format!("http://localhost:{}/stored/{name}?signature=secret", port_of(request)))
            .with("X-Repo-Commit", COMMIT)
            .with("X-Linked-Etag", format!("\"{}\"", sha256(bytes)))
            .with("X-Linked-Size", bytes.len().to_string())
            .with("ETag", "\"of-the-redirect\"")
            .body("Found. Redirecting");
    }
    let stored = Request { path: request.path.replace("?signature=secret", ""), ..request.clone() };
    if let Some(name) = stored.path.strip_prefix("/stored/")
        && let Some((_, bytes)) = files.iter().find(|(known, _)| *known == name)
    {
        return content(request, bytes);
    }
    if request.path.starts_with("/org/model/resolve/") {
        return Reply::refusal(404, "EntryNotFound").with("X-Repo-Commit", COMMIT);
    }
    Reply::refusal(401, "RepoNotFound").body("{\"error\":\"Invalid username or password.\"}")
}

/// A file's bytes, or the part asked for.
pub fn content(request: &Request, bytes: &[u8]) -> Reply {
    match request.range_start() {
        Some(start) if start >= bytes.len() => Reply::new(416),
        Some(start) => Reply::new(206)
            .with("Content-Range", format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len()))
            .body(&bytes[start..]),
        None => Reply::new(200).body(bytes),
    }
}

fn port_of(request: &Request) -> &str {
    request.header("host").and_then(|host| host.rsplit(':').next()).unwrap_or_default()
}

fn serve(mut stream: TcpStream, handler: &Handler, log: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, length)| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let request = Request { method, path, headers, body };
    let earlier = {
        let mut log = log.lock().unwrap();
        let same = |other: &&Request| other.method == request.method && other.path == request.path;
        let earlier = log.iter().filter(same).count();
        log.push(request.clone());
        earlier
    };
    let reply = handler(&request, earlier);
    let length = reply.announce.unwrap_or(reply.body.len());
    let mut head = format!("HTTP/1.1 {} Whatever\r\nContent-Length: {length}\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    if request.method == "HEAD" {
        return;
    }
    if let Some(stall) = reply.stall {
        std::thread::sleep(stall);
    }
    let body = &reply.body[..reply.cut_after.unwrap_or(reply.body.len()).min(reply.body.len())];
    let (first, rest) = body.split_at(reply.pause_after.map_or(body.len(), |(length, _)| length.min(body.len())));
    let _ = stream.write_all(first);
    let _ = stream.flush();
    if let Some((_, pause)) = reply.pause_after {
        std::thread::sleep(pause);
    }
    let _ = stream.write_all(rest);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = reader.read(&mut [0; 64]);
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn git_hash(bytes: &[u8]) -> String {
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(format!("blob {}\0", bytes.len()).as_bytes());
    sha1.update(bytes);
    sha1.digest().to_string()
}

/// Bytes that are the same in each run and differ from place to place.
pub fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(length)
    .collect()
}
