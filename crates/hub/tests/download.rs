//! Downloads against a server on the loopback: what breaks is taken up, what is wrong is never kept.

mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use course_hub::{HubError, Repo, resolve_with};
use server::{COMMIT, Reply, Request, Server, bytes, content, git_hash, hub_reply, sha256};

const WEIGHTS: &str = "model.safetensors";
const CONFIG: &[u8] = b"{\"hidden_size\": 384}";

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![("config.json", CONFIG.to_vec()), ("1_Pooling/config.json", b"{}".to_vec()), (WEIGHTS, bytes(300_000))]
}

/// The Hub, but `odd` may answer in its place.
fn hub_but(odd: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let files = files();
    Server::start(move |request, earlier| odd(request, earlier).unwrap_or_else(|| hub_reply(&files, request)))
}

fn resolve(server: &Server, folder: &Path) -> Repo {
    resolve_with(&server.config(folder), "org/model").unwrap()
}

fn model_folder(folder: &Path) -> PathBuf {
    folder.join("hub/models--org--model")
}

/// Every file below the model's cache folder whose content is not what its name says, and every partial one.
fn not_whole(folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(model_folder(folder).join("blobs")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let content = std::fs::read(entry.path()).unwrap();
        if name != sha256(&content) && name != git_hash(&content) {
            wrong.push(name);
        }
    }
    wrong
}

#[test]
fn files_arrive_in_the_layout_that_python_reads() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let repo = resolve(&server, folder.path());
    assert_eq!(repo.source().to_string(), format!("the Hub at 127.0.0.1:{} (commit 0123456)", server.port));
    assert_eq!(repo.files(), ["1_Pooling/config.json", "config.json", WEIGHTS]);
    assert!(repo.has(WEIGHTS) && !repo.has("pytorch_model.bin"));

    let weights = repo.file(WEIGHTS).unwrap();
    let model = model_folder(folder.path());
    assert_eq!(weights, model.join("snapshots").join(COMMIT).join(WEIGHTS));
    assert_eq!(std::fs::read(&weights).unwrap(), bytes(300_000));
    let target = std::fs::read_link(&weights).unwrap();
    assert_eq!(target, PathBuf::from(format!("../../blobs/{}", sha256(&bytes(300_000)))));
    let pooling = std::fs::read_link(repo.file("1_Pooling/config.json").unwrap()).unwrap();
    assert_eq!(pooling, PathBuf::from(format!("../../../blobs/{}", git_hash(b"{}"))));
    assert_eq!(std::fs::read_to_string(model.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(not_whole(folder.path()), Vec::<String>::new());
}

#[test]
fn what_is_in_the_cache_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let repo = resolve(&server, folder.path());
    repo.file(WEIGHTS).unwrap();
    let asked = server.requests().len();
    repo.file(WEIGHTS).unwrap();
    let again = resolve(&server, folder.path());
    assert!(again.source().to_string().contains("Hugging Face cache on this machine (commit 0123456)"));
    again.file(WEIGHTS).unwrap();
    assert_eq!(server.requests().len(), asked);
    // A file that was not downloaded before completes the same snapshot.
    assert_eq!(std::fs::read(again.file("config.json").unwrap()).unwrap(), CONFIG);
    let offline = resolve_with(&server.config(folder.path()).offline(true), "org/model").unwrap();
    offline.file("config.json").unwrap();
    let error = offline.file("1_Pooling/config.json").unwrap_err();
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
    assert!(error.to_string().contains("HF_HUB_OFFLINE"), "{error}");
}

#[test]
fn a_cut_connection_is_taken_up_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, earlier| {
        (request.method == "GET" && request.path.starts_with("/stored/") && earlier < 4).then(|| {
            let reply = content(request, &bytes(300_000));
            Reply { cut_after: Some(50_000), ..reply }
        })
    });
    let path = resolve(&server, folder.path()).file(WEIGHTS).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes(300_000));
    let starts: Vec<_> = server
        .requests()
        .iter()
        .filter(|request| request.path.starts_with("/stored/") && request.method == "GET")
        .map(Request::range_start)
        .collect();
    assert_eq!(starts[0], None);
    // Each break brought something new, so that four breaks are not too many for three tries.
    assert_eq!(starts.len(), 5);
    assert!(starts[1..].windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
}

#[test]
fn a_later_call_takes_up_what_an_earlier_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| {
        (request.path.starts_with("/stored/") && request.range_start().is_none())
            .then(|| Reply { cut_after: Some(100_000), ..content(request, &bytes(300_000)) })
            .or_else(|| request.path.starts_with("/stored/").then(|| Reply::new(503)))
    });
    let error = resolve(&server, folder.path()).file(WEIGHTS).unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    let partial = model_folder(folder.path()).join("blobs").join(format!("{}.incomplete", sha256(&bytes(300_000))));
    let kept = std::fs::metadata(&partial).unwrap().len();
    assert!(kept > 0 && kept <= 100_000, "{kept}");
    assert!(!model_folder(folder.path()).join("snapshots").join(COMMIT).join(WEIGHTS).exists());

    let well = Server::hub(&files());
    let path = resolve(&well, folder.path()).file(WEIGHTS).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes(300_000));
    let get =
        well.requests().into_iter().find(|request| request.method == "GET" && request.path.starts_with("/stored/"));
    assert_eq!(get.unwrap().range_start(), Some(kept as usize));
    assert!(!partial.exists());
}

#[test]
fn a_partial_file_of_other_bytes_is_noticed_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let blobs = model_folder(folder.path()).join("blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(format!("{}.incomplete", sha256(&bytes(300_000)))), vec![7; 1000]).unwrap();
    std::fs::write(blobs.join(format!("{}.incomplete", git_hash(CONFIG))), vec![7; 1000]).unwrap();
    let repo = resolve(&server, folder.path());
    assert_eq!(std::fs::read(repo.file(WEIGHTS).unwrap()).unwrap(), bytes(300_000));
    assert_eq!(std::fs::read(repo.file("config.json").unwrap()).unwrap(), CONFIG);
    assert_eq!(not_whole(folder.path()), Vec::<String>::new());
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_whole_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, earlier| {
        (request.method == "GET" && request.path.starts_with("/stored/")).then(|| {
            let cut_after = (earlier == 0).then_some(120_000);
            Reply { cut_after, ..Reply::new(200).body(bytes(300_000)) }
        })
    });
    let path = resolve(&server, folder.path()).file(WEIGHTS).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes(300_000));
}

#[test]
fn corrupted_bytes_are_asked_for_once_more_and_never_kept() {
    for (damage, whole) in [(1, true), (usize::MAX, false)] {
        let folder = tempfile::tempdir().unwrap();
        let server = hub_but(move |request, earlier| {
            (request.method == "GET" && request.path.starts_with("/stored/") && earlier < damage).then(|| {
                let mut wrong = bytes(300_000);
                wrong[150_000] ^= 1;
                content(request, &wrong)
            })
        });
        let file = resolve(&server, folder.path()).file(WEIGHTS);
        if whole {
            assert_eq!(std::fs::read(file.unwrap()).unwrap(), bytes(300_000));
        } else {
            let error = file.unwrap_err();
            assert!(matches!(error, HubError::Damaged { .. }), "{error}");
            assert!(!model_folder(folder.path()).join("snapshots").join(COMMIT).join(WEIGHTS).exists());
        }
        assert_eq!(server.count("GET", "/stored/"), 2);
        assert_eq!(not_whole(folder.path()), Vec::<String>::new());
    }
}

#[test]
fn a_small_file_is_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| {
        (request.method == "GET" && request.path.ends_with("/config.json"))
            .then(|| content(request, b"{\"hidden_size\": 385}").with("ETag", format!("\"{}\"", git_hash(CONFIG))))
    });
    let error = resolve(&server, folder.path()).file("config.json").unwrap_err();
    assert!(matches!(error, HubError::Damaged { .. }), "{error}");
    assert_eq!(not_whole(folder.path()), Vec::<String>::new());
}

#[test]
fn another_length_than_announced_is_never_kept() {
    for length in [299_000, 301_000] {
        let folder = tempfile::tempdir().unwrap();
        let server = hub_but(move |request, _| {
            (request.method == "GET" && request.path.starts_with("/stored/")).then(|| content(request, &bytes(length)))
        });
        let error = resolve(&server, folder.path()).file(WEIGHTS).unwrap_err();
        assert!(matches!(error, HubError::Damaged { .. } | HubError::Unreachable { .. }), "{length}: {error}");
        assert!(!model_folder(folder.path()).join("snapshots").join(COMMIT).join(WEIGHTS).exists());
        let whole: Vec<_> =
            not_whole(folder.path()).into_iter().filter(|name| !name.ends_with(".incomplete")).collect();
        assert_eq!(whole, Vec::<String>::new());
    }
}

#[test]
fn a_file_of_unknown_length_is_checked_by_its_hash() {
    for whole in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let server = hub_but(move |request, _| {
            if request.path.ends_with(&format!("resolve/{COMMIT}/{WEIGHTS}")) {
                let mut reply = hub_reply(&files(), request);
                reply.headers.retain(|(name, _)| *name != "X-Linked-Size");
                return Some(reply);
            }
            let stored = request.method == "GET" && request.path.starts_with("/stored/");
            (stored && !whole).then(|| content(request, &bytes(299_000)))
        });
        let file = resolve(&server, folder.path()).file(WEIGHTS);
        if whole {
            assert_eq!(std::fs::read(file.unwrap()).unwrap(), bytes(300_000));
        } else {
            let error = file.unwrap_err();
            assert!(matches!(error, HubError::Damaged { .. }), "{error}");
            assert_eq!(not_whole(folder.path()), Vec::<String>::new());
        }
    }
}

#[test]
fn a_break_at_the_same_place_each_time_comes_to_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| {
        (request.method == "GET" && request.path.starts_with("/stored/"))
            .then(|| Reply { cut_after: Some(1000), ..Reply::new(200).body(bytes(300_000)) })
    });
    let error = resolve(&server, folder.path()).file(WEIGHTS).unwrap_err();
    assert!(matches!(error, HubError::Unreachable { .. }), "{error}");
    assert!(server.count("GET", "/stored/") <= 6);
}

#[test]
fn an_error_page_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| {
        (request.method == "GET" && request.path.starts_with("/stored/"))
            .then(|| Reply::new(500).body("<html>sorry</html>"))
    });
    let error = resolve(&server, folder.path()).file(WEIGHTS).unwrap_err();
    assert!(error.to_string().contains("500"), "{error}");
    assert!(!error.to_string().contains("signature"), "{error}");
    assert!(!model_folder(folder.path()).join("snapshots").join(COMMIT).join(WEIGHTS).exists());
}

#[test]
fn the_pause_that_the_hub_asks_for_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let busy = |_: &Request, earlier: usize| (earlier == 0).then(|| Reply::new(429).with("Retry-After", "1"));
    let server = hub_but(move |request, earlier| busy(request, earlier));
    let start = std::time::Instant::now();
    let repo = resolve(&server, folder.path());
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(std::fs::read(repo.file("config.json").unwrap()).unwrap(), CONFIG);
    // One for the model, one for the file's HEAD, one for its GET.
    assert!(start.elapsed() >= Duration::from_secs(3));
}

#[test]
fn a_pause_longer_than_a_cell_should_last_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|_, _| Some(Reply::new(429).with("Retry-After", "300")));
    let error = resolve_with(&server.config(folder.path()), "org/model").unwrap_err();
    assert!(matches!(error, HubError::RateLimited { wait: Some(wait) } if wait.as_secs() == 300), "{error}");
    assert!(error.to_string().contains("300 s"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_token_goes_to_the_hub_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let mut config = server.config(folder.path());
    config.token = Some("hf_very_secret".into());
    let repo = resolve_with(&config, "org/model").unwrap();
    repo.file("config.json").unwrap();
    repo.file(WEIGHTS).unwrap();
    // "localhost" is another host than "127.0.0.1".
    let (stored, own): (Vec<_>, Vec<_>) =
        server.requests().into_iter().partition(|request| request.header("host").unwrap().starts_with("localhost"));
    assert!(!stored.is_empty() && own.len() >= 4);
    assert!(stored.iter().all(|request| request.header("authorization").is_none()));
    assert!(own.iter().all(|request| request.header("authorization") == Some("Bearer hf_very_secret")));
    assert!(!format!("{repo:?} {config:?}").contains("secret"));
}

#[test]
fn a_mirror_that_sends_everything_elsewhere_is_followed_without_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Server::hub(&files());
    let port = elsewhere.port;
    let mirror = Server::start(move |request, _| {
        if request.path.contains("/resolve/") {
            Reply::new(302).with("Location", format!("http://127.0.0.1:{port}{}", request.path))
        } else {
            hub_reply(&files(), request)
        }
    });
    let mut config = mirror.config(folder.path());
    config.token = Some("hf_very_secret".into());
    let repo = resolve_with(&config, "org/model").unwrap();
    assert_eq!(std::fs::read(repo.file(WEIGHTS).unwrap()).unwrap(), bytes(300_000));
    assert_eq!(std::fs::read(repo.file("config.json").unwrap()).unwrap(), CONFIG);
    assert!(elsewhere.requests().len() >= 4);
    assert!(elsewhere.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn without_a_token_none_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    resolve(&server, folder.path()).file(WEIGHTS).unwrap();
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_model_under_a_new_name_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let files = files();
    let server = Server::start(move |request, _| match request.path.replace("/old/name/", "/org/model/") {
        path if path != request.path => Reply::new(307).with("Location", path),
        _ => hub_reply(&files, request),
    });
    let repo = resolve_with(&server.config(folder.path()), "old/name").unwrap();
    assert_eq!(std::fs::read(repo.file(WEIGHTS).unwrap()).unwrap(), bytes(300_000));
    assert!(folder.path().join("hub/models--old--name/refs/main").exists());
}

#[test]
fn refusals_say_what_to_do() {
    let cases = [
        ("GatedRepo", 403, "accept its terms"),
        ("RevisionNotFound", 404, "no revision \"main\""),
        ("RepoNotFound", 404, "it has no such model"),
        ("RepoNotFound", 401, "HF_TOKEN"),
        ("Weird", 418, "418"),
    ];
    for (code, status, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        let server = hub_but(move |_, _| Some(Reply::refusal(status, code)));
        let error = resolve_with(&server.config(folder.path()), "org/model").unwrap_err().to_string();
        assert!(error.contains(words), "{code}: {error}");
        assert_eq!(server.requests().len(), 1, "{code}");
        assert!(!model_folder(folder.path()).exists(), "{code}");
    }
}

#[test]
fn a_gated_file_says_so_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| request.path.contains("/resolve/").then(|| Reply::refusal(403, "GatedRepo")));
    let error = resolve(&server, folder.path()).file("config.json").unwrap_err();
    assert!(matches!(error, HubError::Gated { .. }), "{error}");
}

#[test]
fn a_file_the_hub_does_not_have_is_remembered_as_python_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let repo = resolve(&server, folder.path());
    repo.file(WEIGHTS).unwrap();
    let again = resolve(&server, folder.path());
    let error = again.file("tokenizer.json").unwrap_err();
    assert!(matches!(error, HubError::NoSuchFile { .. }), "{error}");
    assert!(error.to_string().contains(WEIGHTS), "{error}");
    assert!(model_folder(folder.path()).join(".no_exist").join(COMMIT).join("tokenizer.json").exists());
    let asked = server.requests().len();
    assert!(!resolve(&server, folder.path()).has("tokenizer.json"));
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_path_cannot_lead_out_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&files());
    let repo = resolve(&server, folder.path());
    let asked = server.requests().len();
    for path in ["../../secret", "/etc/passwd", ""] {
        assert!(repo.file(path).is_err());
        assert!(!repo.has(path));
    }
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_stalled_connection_is_given_up_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, earlier| {
        (request.method == "GET" && request.path.starts_with("/stored/") && earlier == 0)
            .then(|| Reply { stall: Some(Duration::from_secs(60)), ..content(request, &bytes(300_000)) })
    });
    let mut config = server.config(folder.path());
    config.timeout = Duration::from_secs(2);
    let repo = resolve_with(&config, "org/model").unwrap();
    assert_eq!(std::fs::read(repo.file(WEIGHTS).unwrap()).unwrap(), bytes(300_000));
    assert_eq!(server.count("GET", "/stored/"), 2);
}

#[test]
fn two_at_once_download_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = hub_but(|request, _| {
        (request.method == "GET" && request.path.starts_with("/stored/"))
            .then(|| Reply { stall: Some(Duration::from_millis(300)), ..content(request, &bytes(300_000)) })
    });
    let paths: Vec<PathBuf> = std::thread::scope(|scope| {
        let both: Vec<_> =
            (0..2).map(|_| scope.spawn(|| resolve(&server, folder.path()).file(WEIGHTS).unwrap())).collect();
        both.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(paths[0], paths[1]);
    assert_eq!(server.count("GET", "/stored/"), 1);
}
