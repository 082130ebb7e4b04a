//! ■ during an upload. In a file of its own, as the flag is the whole process's.

mod server;

use std::time::Duration;

use course_hub::HubError;
use course_hub::push::{Commit, Content, RemoteRepo, RepoKind};
use course_wire::interrupt;
use serde_json::json;
use server::{COMMIT, Reply, Server, bytes, sha256};

#[test]
fn an_interrupted_upload_commits_nothing_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|request, earlier| {
        let json = |json: serde_json::Value| Reply::new(200).body(json.to_string());
        let address = |oid: &str| format!("http://{}/stored/{oid}", request.header("host").unwrap());
        match request.path.as_str() {
            "/api/models/ada/model/preupload/main" => {
                let file = |path| json!({ "path": path, "uploadMode": "lfs", "shouldIgnore": false });
                json(json!({ "files": [file("one"), file("two")] }))
            }
            "/ada/model.git/info/lfs/objects/batch" => {
                let (one, two) = (sha256(&bytes(1000)), sha256(&bytes(2000)));
                let upload = |oid: &str| json!({ "oid": oid, "actions": { "upload": { "href": address(oid) } } });
                // The second time it has the first file.
                let first = if earlier == 0 { upload(&one) } else { json!({ "oid": one }) };
                json(json!({ "objects": [first, upload(&two)] }))
            }
            path if path == format!("/stored/{}", sha256(&bytes(2000))) && earlier == 0 => {
                interrupt::request();
                Reply { stall: Some(Duration::from_secs(60)), ..Reply::new(200).body("slow") }
            }
            "/api/models/ada/model/commit/main" => json(json!({ "commitOid": COMMIT, "commitUrl": "" })),
            _ => json(json!({})),
        }
    });
    let mut config = server.config(folder.path());
    config.token = Some("hf_x".to_owned());
    config.timeout = Duration::from_secs(3600);
    let repo = RemoteRepo::create(&config, RepoKind::Model, "ada/model", None).unwrap();
    let commit = Commit::new("x").add("one", Content::bytes(bytes(1000))).add("two", Content::bytes(bytes(2000)));
    let error = repo.commit(commit.clone()).unwrap_err();
    assert!(matches!(error, HubError::Interrupted(_)), "{error}");
    assert_eq!(server.count("POST", "/commit/"), 0);

    interrupt::clear();
    assert_eq!(repo.commit(commit).unwrap().commit, COMMIT);
    assert_eq!(server.count("PUT", "/stored/"), 3);
    assert_eq!(server.count("POST", "/commit/"), 1);
}
