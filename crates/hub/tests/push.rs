//! Pushing against a server on the loopback: what is sent, what is not sent twice, and what refusals mean.

mod server;

use std::path::Path;
use std::sync::{Arc, Mutex};

use course_hub::push::{Commit, Content, RemoteRepo, RepoKind};
use course_hub::{HubConfig, HubError};
use serde_json::{Value, json};
use server::{COMMIT, Reply, Request, Server, bytes, sha256};

const TOKEN: &str = "hf_secret";

/// What the Hub answers when all is well: files that end in `.bin` are large, and go to another host in parts of `part` bytes.
fn hub_reply(request: &Request, part: usize) -> Reply {
    let json =
        |status: u16, json: Value| Reply::new(status).with("Content-Type", "application/json").body(json.to_string());
    let host = request.header("host").unwrap_or_default().replace("127.0.0.1", "localhost");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/whoami-v2") => json(200, json!({ "type": "user", "name": "ada" })),
        ("POST", "/api/repos/create") => json(200, json!({ "url": "…" })),
        ("GET", "/api/datasets/ada/reviews/revision/main?blobs=true") => json(
            200,
            json!({ "sha": COMMIT, "siblings": [{ "rfilename": "README.md", "size": 3 }, { "rfilename": "x" }] }),
        ),
        ("GET", path) if path == format!("/datasets/ada/reviews/resolve/{COMMIT}/README.md") => {
            Reply::new(200).body("old")
        }
        ("GET", _) => Reply::refusal(404, "EntryNotFound"),
        ("POST", "/api/datasets/ada/reviews/preupload/main") => {
            let mode = |file: &Value| {
                let path = file["path"].as_str().unwrap_or_default();
                let mode = if path.ends_with(".bin") { "lfs" } else { "regular" };
                json!({ "path": path, "uploadMode": mode, "shouldIgnore": path == "ignored" })
            };
            let body = request.json();
            json(200, json!({ "files": body["files"].as_array().unwrap().iter().map(mode).collect::<Vec<_>>() }))
        }
        ("POST", "/datasets/ada/reviews.git/info/lfs/objects/batch") => {
            let object = |file: &Value| {
                let (oid, size) = (file["oid"].as_str().unwrap(), file["size"].as_u64().unwrap() as usize);
                if oid == sha256(b"known") {
                    return json!({ "oid": oid, "size": size });
                }
                let mut upload = json!({ "href": format!("http://{host}/stored/{oid}?signature=x") });
                if size > part {
                    upload["href"] = format!("http://{}/done/{oid}", request.header("host").unwrap()).into();
                    upload["header"] = json!({ "chunk_size": part.to_string() });
                    for number in 1..=size.div_ceil(part) {
                        let address = format!("http://{host}/stored/{oid}/{number}?signature=x");
                        upload["header"][format!("{number:05}")] = address.into();
                    }
                }
                let verify = json!({ "href": format!("http://{}/verify", request.header("host").unwrap()) });
                json!({ "oid": oid, "size": size, "actions": { "upload": upload, "verify": verify } })
            };
            let body = request.json();
            let objects: Vec<Value> = body["objects"].as_array().unwrap().iter().map(object).collect();
            json(200, json!({ "transfer": "basic", "objects": objects }))
        }
        ("PUT", path) => Reply::new(200).with("ETag", format!("\"{}\"", path.rsplit('/').next().unwrap())),
        ("POST", path) if path.starts_with("/done/") || path == "/verify" => json(200, json!({})),
        ("POST", "/api/datasets/ada/reviews/commit/main") => {
            let url = "https://huggingface.co/datasets/ada/reviews/commit/0123456";
            json(200, json!({ "success": true, "commitOid": COMMIT, "commitUrl": url }))
        }
        ("POST", path) if path.starts_with("/api/datasets/ada/reviews/branch/") => json(201, json!({})),
        _ => Reply::new(500),
    }
}

/// The Hub, but `odd` may answer in its place.
fn hub_but(odd: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request, earlier| odd(request, earlier).unwrap_or_else(|| hub_reply(request, 100_000)))
}

fn config(server: &Server, folder: &Path) -> HubConfig {
    let mut config = server.config(folder);
    config.token = Some(TOKEN.to_owned());
    config
}

fn create(server: &Server, name: &str) -> Result<RemoteRepo, HubError> {
    RemoteRepo::create(&config(server, Path::new("/nowhere")), RepoKind::Dataset, name, None)
}

/// The lines of the commits that arrived.
fn commits(server: &Server) -> Vec<Vec<Value>> {
    let commits = server.requests().into_iter().filter(|request| request.path.contains("/commit/"));
    commits
        .map(|request| {
            let text = String::from_utf8(request.body).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        })
        .collect()
}

#[test]
fn a_commit_has_small_files_in_it_and_names_large_ones_by_their_hash() {
    let server = hub_but(|_, _| None);
    let repo = create(&server, "reviews").unwrap();
    assert_eq!(repo.name(), "ada/reviews");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bin");
    std::fs::write(&path, bytes(250_000)).unwrap();
    let commit = Commit::new("Add files")
        .description("Why")
        .parent(COMMIT)
        .add("README.md", Content::bytes("text"))
        .add("ignored", Content::bytes("x"))
        .add("empty.bin", Content::bytes(""))
        .add("data/small.bin", Content::bytes(bytes(60_000)))
        .add("data/again.bin", Content::bytes(bytes(60_000)))
        .add("known.bin", Content::bytes("known"))
        .add("large.bin", Content::file(&path))
        .delete("old.bin");
    let done = repo.commit(commit).unwrap();
    assert_eq!(done.commit, COMMIT);
    assert_eq!(done.to_string(), format!("http://127.0.0.1:{}/datasets/ada/reviews (commit 0123456)", server.port));

    let large = |path: &str, content: &[u8]| json!({ "key": "lfsFile", "value": { "path": path, "algo": "sha256", "oid": sha256(content), "size": content.len() } });
    let small = |path: &str, base64: &str| json!({ "key": "file", "value": { "content": base64, "path": path, "encoding": "base64" } });
    assert_eq!(
        commits(&server),
        [[
            json!({ "key": "header", "value": { "summary": "Add files", "description": "Why", "parentCommit": COMMIT } }),
            small("README.md", "dGV4dA=="),
            small("empty.bin", ""),
            large("data/small.bin", &bytes(60_000)),
            large("data/again.bin", &bytes(60_000)),
            large("known.bin", b"known"),
            large("large.bin", &bytes(250_000)),
            json!({ "key": "deletedFile", "value": { "path": "old.bin" } }),
        ]]
    );

    // One file whole, once; one in three parts that are the file; what is known not at all.
    let puts: Vec<Request> = server.requests().into_iter().filter(|request| request.method == "PUT").collect();
    assert_eq!(puts.iter().map(|put| put.body.len()).collect::<Vec<_>>(), [60_000, 100_000, 100_000, 50_000]);
    assert_eq!(puts[0].body, bytes(60_000));
    assert_eq!(puts[1..].iter().flat_map(|put| put.body.clone()).collect::<Vec<u8>>(), bytes(250_000));
    let done = server.requests().into_iter().find(|request| request.path.starts_with("/done/")).unwrap().json();
    assert_eq!(done["oid"], sha256(&bytes(250_000)));
    assert_eq!(done["parts"][2], json!({ "partNumber": 3, "etag": "\"3?signature=x\"" }));
    assert_eq!(server.count("POST", "/verify"), 2);
    // The token is the Hub's alone.
    for request in server.requests() {
        let shown = request.header("authorization").map(str::to_owned);
        let own = request.header("host").unwrap().starts_with("127.0.0.1");
        assert_eq!(shown, own.then(|| format!("Bearer {TOKEN}")), "{} {}", request.method, request.path);
    }
}

#[test]
fn a_repository_is_made_as_asked_and_one_that_is_there_is_taken() {
    let made = Arc::new(Mutex::new(Vec::new()));
    let seen = made.clone();
    let server = hub_but(move |request, earlier| {
        if request.path != "/api/repos/create" {
            return None;
        }
        seen.lock().unwrap().push(request.json());
        let error = |status: u16| Reply::new(status).body("{\"error\": \"You already created this repo\"}");
        [None, Some(error(409)), Some(error(403))].into_iter().nth(earlier).flatten()
    });
    let config = config(&server, Path::new("/nowhere"));
    for private in [Some(true), Some(false), None] {
        let repo = RemoteRepo::create(&config, RepoKind::Dataset, "ada/reviews", private).unwrap();
        assert_eq!(repo.page(), format!("{}/datasets/ada/reviews", config.endpoint));
    }
    let expected = |more: Value| {
        let mut json = json!({ "name": "reviews", "organization": "ada", "type": "dataset" });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json
    };
    assert_eq!(
        *made.lock().unwrap(),
        [
            expected(json!({ "visibility": "private" })),
            expected(json!({ "visibility": "public" })),
            expected(json!({}))
        ]
    );
    let head = create(&server, "ada/reviews").unwrap().head("main").unwrap();
    assert_eq!(head.commit, COMMIT);
    assert_eq!(head.files, [("README.md".to_owned(), Some(3)), ("x".to_owned(), None)]);
    let repo = create(&server, "ada/reviews").unwrap();
    assert_eq!(repo.read_text(COMMIT, "README.md").unwrap().as_deref(), Some("old"));
    assert_eq!(repo.read_text(COMMIT, "none").unwrap(), None);
    assert!(matches!(repo.head("none"), Err(HubError::NoSuchRevision { .. })));
    repo.make_branch("a/b").unwrap();
    assert_eq!(server.count("POST", "/branch/a%2Fb"), 1);
}

#[test]
fn without_a_token_the_hub_is_not_asked() {
    let server = hub_but(|_, _| None);
    let mut config = server.config(Path::new("/nowhere"));
    let error = RemoteRepo::create(&config, RepoKind::Model, "ada/reviews", None).unwrap_err();
    assert!(matches!(error, HubError::NoToken { .. }), "{error}");
    assert!(error.to_string().contains("huggingface.co/settings/tokens"), "{error}");
    config.token = Some(TOKEN.to_owned());
    config.offline = true;
    let error = RemoteRepo::create(&config, RepoKind::Model, "ada/reviews", None).unwrap_err();
    assert!(matches!(error, HubError::OfflineWrite { .. }), "{error}");
    assert!(matches!(create(&server, "a b"), Err(HubError::InvalidName { .. })));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn refusals_are_told_in_words_and_not_tried_again() {
    let refusing = |part: &'static str, status: u16| {
        hub_but(move |request, _| {
            let error = "{\"error\": \"Because of this.\"}";
            (request.method == "POST" && request.path.contains(part)).then(|| Reply::new(status).body(error))
        })
    };
    let push = |server: &Server| {
        create(server, "ada/reviews")?.commit(Commit::new("x").add("a.bin", Content::bytes(bytes(10))))
    };
    for (part, status) in
        [("/create", 401), ("/preupload", 401), ("/preupload", 403), ("/batch", 403), ("/commit/", 403)]
    {
        let server = refusing(part, status);
        let error = push(&server).unwrap_err();
        match status {
            401 => assert!(matches!(error, HubError::TokenRefused { .. }), "{error}"),
            _ => {
                assert!(matches!(error, HubError::NotAllowed { .. }), "{error}");
                assert!(error.to_string().contains("\"ada/reviews\" (the Hub says: Because of this)"), "{error}");
            }
        }
        assert!(!error.to_string().contains(TOKEN), "{error}");
        assert_eq!(server.count("POST", part), 1, "{part}");
    }
    for status in [409, 412] {
        let server = refusing("/commit/", status);
        let error = push(&server).unwrap_err();
        assert!(matches!(error, HubError::Conflict { .. }), "{error}");
        assert_eq!((server.count("POST", "/commit/"), server.count("PUT", "/stored/")), (1, 1));
    }
    // Not made, and not there either.
    let server = hub_but(|request, _| match request.path.as_str() {
        "/api/repos/create" => Some(Reply::new(403).body("{\"error\": \"not yours\"}")),
        path if path.contains("/revision/") => Some(Reply::refusal(404, "RepoNotFound")),
        _ => None,
    });
    let error = create(&server, "other/reviews").unwrap_err();
    assert!(matches!(error, HubError::NotAllowed { .. }) && error.to_string().contains("not yours"), "{error}");
    let server = refusing("/batch", 400);
    let error = push(&server).unwrap_err().to_string();
    assert_eq!(error, "the Hub answered \"400 Bad Request\" for \"the upload of ada/reviews\": Because of this.");
}

#[test]
fn what_breaks_is_tried_again_but_a_commit_is_not() {
    let server = hub_but(|request, earlier| match (request.method.as_str(), request.path.as_str()) {
        ("PUT", _) if earlier < 2 => Some(Reply::new(503)),
        ("POST", path) if path.ends_with("/batch") && earlier == 0 => Some(Reply::new(502)),
        ("POST", path) if path.contains("/preupload/") && earlier == 0 => {
            Some(Reply::new(429).with("Retry-After", "0"))
        }
        _ => None,
    });
    let push = |server: &Server| {
        create(server, "ada/reviews").unwrap().commit(Commit::new("x").add("a.bin", Content::bytes(bytes(50_000))))
    };
    push(&server).unwrap();
    let puts: Vec<Request> = server.requests().into_iter().filter(|request| request.method == "PUT").collect();
    assert_eq!(puts.len(), 3);
    assert!(puts.iter().all(|put| put.body == bytes(50_000)));

    let server =
        hub_but(|request, earlier| (request.path.ends_with("README.md") && earlier == 0).then(|| Reply::new(503)));
    let repo = create(&server, "ada/reviews").unwrap();
    assert_eq!(repo.read_text(COMMIT, "README.md").unwrap().as_deref(), Some("old"));
    assert_eq!(server.count("GET", "README.md"), 2);

    let server = hub_but(|request, _| request.path.contains("/commit/").then(|| Reply::new(503)));
    let error = push(&server).unwrap_err().to_string();
    assert!(
        error.starts_with("the Hub answered \"503 Service Unavailable\" for \"the commit of ada/reviews\""),
        "{error}"
    );
    assert_eq!(server.count("POST", "/commit/"), 1);
}

#[test]
fn answers_that_are_not_the_hubs_are_told() {
    let server =
        hub_but(|request, _| request.path.contains("/batch").then(|| Reply::new(200).body("{\"objects\": []}")));
    let push = |server: &Server| {
        create(server, "ada/reviews").unwrap().commit(Commit::new("x").add("a.bin", Content::bytes(bytes(10))))
    };
    assert!(push(&server).unwrap_err().to_string().contains("says nothing about a file"));
    let server = hub_but(|request, _| request.path.contains("/preupload").then(|| Reply::new(200).body("<html>")));
    assert!(push(&server).unwrap_err().to_string().contains("how to send a.bin"));
    let repo = create(&server, "ada/reviews").unwrap();
    let error = repo.commit(Commit::new("x").add("../a", Content::bytes("x"))).unwrap_err();
    assert!(matches!(error, HubError::InvalidName { .. }), "{error}");
    let error = repo.commit(Commit::new("x").add("a", Content::file("/nowhere/a"))).unwrap_err();
    assert!(matches!(error, HubError::Io { .. }), "{error}");
}
