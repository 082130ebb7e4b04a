//! Frames that may be a message.

use bytes::Bytes;
use jupyter_zmq_client::Connection;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use zeromq::{Socket as _, ZmqMessage};

use super::holds;
use super::source::source;
use crate::jupyter::fuzzed::{Answers, Decoder, Request};

const KINDS: &[&str] = &[
    "kernel_info_request",
    "complete_request",
    "inspect_request",
    "is_complete_request",
    "history_request",
    "comm_info_request",
    "connect_request",
    "execute_request",
    "comm_open",
    "nonsense_request",
    "",
    "_request",
    "é_request",
];
const FIELDS: &[&str] = &[
    "code",
    "cursor_pos",
    "detail_level",
    "hist_access_type",
    "n",
    "session",
    "start",
    "stop",
    "pattern",
    "unique",
    "output",
    "raw",
    "target_name",
    "comm_id",
    "msg_id",
    "msg_type",
    "date",
    "username",
    "version",
    "value",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3..60i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        source().prop_map(Value::from),
        select(vec!["tail", "range", "search", "*[", "[!a-z]*?", "2026-11-22T10:00:00Z", "kernel_info_request"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(FIELDS), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

fn content() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => vec((select(FIELDS), value()), 0..8).prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        2 => (source(), any::<u16>()).prop_map(|(code, cursor)| json!({ "code": code, "cursor_pos": cursor % 80, "detail_level": cursor % 2 })),
        2 => (select(vec!["tail", "range", "search"]), any::<i32>(), any::<i32>(), value()).prop_map(|(access, n, m, value)| json!({
            "hist_access_type": access, "n": n, "session": m, "start": n, "stop": m, "pattern": value, "output": n % 2 == 0,
        })),
        1 => value(),
    ]
}

/// A message as frames, sound for the most part.
fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let frame = || vec(any::<u8>(), 0..40);
    let sound = || {
        (select(KINDS), content(), vec(frame(), 0..3), vec(frame(), 0..3)).prop_map(|(kind, content, ids, buffers)| {
        let header = json!({ "msg_id": "1", "msg_type": kind, "username": "u", "session": "s", "version": "5.4", "date": "2026-11-22T10:00:00Z" });
        let parts = [header, json!({}), json!({}), content].map(|part| part.to_string().into_bytes());
        [ids, vec![b"<IDS|MSG>".to_vec(), Vec::new()], parts.into(), buffers].concat()
    })
    };
    let odd =
        prop_oneof![Just(b"<IDS|MSG>".to_vec()), value().prop_map(|value| value.to_string().into_bytes()), frame()];
    prop_oneof![
        3 => sound(),
        1 => (sound(), any::<prop::sample::Index>(), odd.clone()).prop_map(|(mut frames, at, odd)| {
            let at = at.index(frames.len());
            frames[at] = odd;
            frames
        }),
        1 => vec(odd, 1..9),
    ]
}

#[test]
fn every_message_is_answered_or_dropped() {
    let answers = Answers::of_a_new_session();
    let connection = Connection::new(zeromq::DealerSocket::new(), "", "session");
    holds("the decoder", frames, |frames| {
        let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
        let Ok(message) = ZmqMessage::try_from(frames) else { return Ok(()) };
        let Ok(request): Result<Request, String> = Decoder::default().decode(message, &connection) else {
            return Ok(());
        };
        let content = answers.to(&request);
        let status = content["status"].as_str().unwrap_or_default();
        // `is_complete` has a status of its own.
        prop_assert!(["ok", "error", "complete", "incomplete", "invalid", "unknown"].contains(&status), "{content}");
        prop_assert_ne!(&content["ename"], "KernelBug");
        let reply = request.reply(content);
        prop_assert_eq!(reply.parent_header.map(|header| header.msg_id), Some(request.header.msg_id));
        Ok(())
    });
}

#[test]
fn nothing_that_is_not_signed_is_a_request() {
    let signed = Connection::new(zeromq::DealerSocket::new(), "secret", "session");
    holds("the signature check", frames, |frames| {
        let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
        let Ok(message) = ZmqMessage::try_from(frames) else { return Ok(()) };
        prop_assert!(Decoder::default().decode(message, &signed).is_err());
        Ok(())
    });
}
