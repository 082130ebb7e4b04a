//! Messages other than cells, and messages that are not as they should be.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use zeromq::{SocketRecv as _, SocketSend as _, ZmqMessage};

use super::{Client, start};
use crate::jupyter::message;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_is_framed_by_busy_and_idle() {
    let (session, mut client) = start(&Arc::default()).await;
    client.run("let tensor = 1;").await;
    let requests = [
        ("kernel_info_request", json!({}), "implementation", json!("course-kernel")),
        ("comm_info_request", json!({}), "comms", json!({})),
        (
            "history_request",
            json!({ "output": false, "raw": true, "hist_access_type": "tail", "n": 3 }),
            "history",
            json!([[1, 1, "let tensor = 1;"]]),
        ),
        ("is_complete_request", json!({ "code": "fn f() {" }), "indent", json!("    ")),
        ("complete_request", json!({ "code": "ten", "cursor_pos": 3 }), "matches", json!(["tensor"])),
        ("inspect_request", json!({ "code": "x", "cursor_pos": 1, "detail_level": 0 }), "found", json!(false)),
        ("connect_request", json!({}), "hb_port", json!(session.info.hb_port)),
        ("nonsense_request", json!({}), "ename", json!("UnknownRequest")),
        ("complete_request", json!({ "code": 1 }), "ename", json!("MalformedRequest")),
        ("execute_request", json!({ "code": 7 }), "ename", json!("MalformedRequest")),
    ];
    for (kind, content, field, expected) in requests {
        let id = client.send(kind, content).await;
        assert_eq!(client.reply_to(&id).await[field], expected, "{kind}");
        let statuses: Vec<String> = client.published(&id).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(statuses, ["busy", "idle"], "{kind}");
    }
    assert_eq!(client.command("kernel_info_request", json!({})).await["protocol_version"], message::PROTOCOL_VERSION);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comm_for_an_unknown_target_is_closed() {
    let (_session, mut client) = start(&Arc::default()).await;
    let open = json!({ "comm_id": "c1", "target_name": "nobody", "data": {} });
    let mut message = message::new("comm_open", open, None);
    message.buffers = vec![Bytes::from_static(&[0, 159, 146, 150])];
    let id = client.send_message(message).await;
    let heard = client.published(&id).await;
    assert_eq!(heard[1], ("comm_close".into(), json!({ "comm_id": "c1", "data": {} })));
    client.send("comm_msg", json!({ "comm_id": "c1", "data": {} })).await;
    client.send("comm_open", Value::Null).await;
    assert_eq!(client.ask("kernel_info_request", json!({})).await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_by_the_key_is_dropped_and_the_session_goes_on() {
    let (session, mut client) = start(&Arc::default()).await;
    let mut forged_info = session.info.clone();
    forged_info.key = "wrong".into();
    let mut forger = Client::connect_unwelcomed(&forged_info).await;
    forger.send_cell("fail").await;
    forger.control.send(message::new("shutdown_request", json!({}), None)).await.unwrap();
    forger.stdin.send(message::new("input_reply", json!({ "value": "x" }), None)).await.unwrap();
    let mut unsigned_info = session.info.clone();
    unsigned_info.key = String::new();
    Client::connect_unwelcomed(&unsigned_info).await.send_cell("fail").await;
    let frames: [&[&str]; 4] =
        [&["hello"], &["<IDS|MSG>"], &["<IDS|MSG>", "zz", "{"], &["<IDS|MSG>", "", "", "", "", ""]];
    for frames in frames {
        let frames: Vec<Bytes> = frames.iter().map(|frame| Bytes::copy_from_slice(frame.as_bytes())).collect();
        client.shell.socket.send(ZmqMessage::try_from(frames).unwrap()).await.unwrap();
    }
    // Had the forged cell run, this would be the second.
    assert_eq!(client.run("print a").await.0["execution_count"], 1);
    // A copy of a message that was good.
    let mut copied = message::new("execute_request", json!({ "code": "print b" }), None);
    copied.header.session = client.shell.session_id.clone();
    let id = client.send_message(copied.clone()).await;
    client.reply_to(&id).await;
    client.send_message(copied).await;
    assert_eq!(client.run("print c").await.0["execution_count"], 3);
    assert!(!session.served.is_finished());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heartbeat_comes_back_unchanged() {
    let (_session, mut client) = start(&Arc::default()).await;
    for beat in ["tick", "tock"] {
        client.heartbeat.socket.send(ZmqMessage::from(beat)).await.unwrap();
        let echo = client.heartbeat.socket.recv().await.unwrap();
        assert_eq!(echo.get(0).map(Bytes::as_ref), Some(beat.as_bytes()));
    }
}
