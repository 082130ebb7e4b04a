//! ■ during a download. In a file of its own, as the flag is the whole process's.

mod server;

use course_hub::{HubError, resolve_with};
use course_wire::interrupt;
use server::{Reply, Server, bytes, content, hub_reply};

const WEIGHTS: &str = "model.safetensors";

#[test]
fn an_interrupted_download_stops_and_is_taken_up_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let files = vec![(WEIGHTS, bytes(300_000))];
    let server = Server::start(move |request, earlier| {
        if request.method == "GET" && request.path.starts_with("/stored/") && earlier == 0 {
            interrupt::request();
            let stall_in_the_middle = content(request, &bytes(300_000));
            return Reply { pause_after: Some((100_000, std::time::Duration::from_secs(60))), ..stall_in_the_middle };
        }
        hub_reply(&files, request)
    });
    let mut config = server.config(folder.path());
    config.timeout = std::time::Duration::from_secs(3600);
    let repo = resolve_with(&config, "org/model").unwrap();
    let error = repo.file(WEIGHTS).unwrap_err();
    assert!(matches!(error, HubError::Interrupted(_)), "{error}");
    assert!(matches!(repo.file(WEIGHTS), Err(HubError::Interrupted(_))));

    interrupt::clear();
    assert_eq!(std::fs::read(repo.file(WEIGHTS).unwrap()).unwrap(), bytes(300_000));
    assert_eq!(server.count("GET", "/stored/"), 2);
}
