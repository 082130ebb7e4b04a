//! Requests as they come in, and the messages that answer them.
//!
//! The content of a message stays JSON here: each request is read leniently where it is handled, so one odd field costs
//! an error reply and not the connection.

use bytes::Bytes;
use jupyter_protocol::{Header, JupyterMessage, UnknownMessage};
use jupyter_zmq_client::RawMessage;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The version of the messaging protocol that every header and `kernel_info_reply` names.
pub const PROTOCOL_VERSION: &str = "5.5";

/// A message from a client whose signature was right.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where a reply goes.
    pub identities: Vec<Bytes>,
    /// Its header, which every message it causes names as parent.
    pub header: Header,
    /// The header of the message that it answers, if any.
    pub parent: Option<Header>,
    /// Its metadata; `null` when it was not JSON.
    pub metadata: Value,
    /// Its content; `null` when it was not JSON.
    pub content: Value,
    /// Binary parts, which comm messages may have.
    pub buffers: Vec<Bytes>,
}

impl Request {
    /// Reads the frames of a message.
    ///
    /// # Errors
    /// When there is no readable header, so nobody could be answered.
    pub fn parse(raw: &RawMessage) -> Result<Self, serde_json::Error> {
        let frame = |index: usize| raw.jparts.get(index).map(Bytes::as_ref).unwrap_or_default();
        Ok(Self {
            identities: raw.zmq_identities.clone(),
            header: header(frame(0))?,
            parent: header(frame(1)).ok(),
            metadata: serde_json::from_slice(frame(2)).unwrap_or_default(),
            content: serde_json::from_slice(frame(3)).unwrap_or_default(),
            buffers: raw.jparts.get(4..).unwrap_or_default().to_vec(),
        })
    }

    /// The message type, such as `execute_request`.
    pub fn kind(&self) -> &str {
        &self.header.msg_type
    }

    /// Whether the sender waits for a reply.
    pub fn wants_reply(&self) -> bool {
        self.kind().ends_with("_request")
    }

    /// The content as a request of a known type.
    ///
    /// # Errors
    /// When a field is missing or of the wrong type.
    pub fn content<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.content)
    }

    /// The reply to this request.
    pub fn reply(&self, content: Value) -> JupyterMessage {
        let kind = format!("{}_reply", self.kind().strip_suffix("_request").unwrap_or(self.kind()));
        self.child(&kind, content)
    }

    /// A message to this request's sender because of this request.
    pub fn child(&self, kind: &str, content: Value) -> JupyterMessage {
        new(kind, content, Some(self)).with_zmq_identities(self.identities.clone())
    }
}

/// A header; only the type and the id are needed to answer a message, and some clients leave other fields out.
fn header(frame: &[u8]) -> Result<Header, serde_json::Error> {
    #[derive(Deserialize)]
    struct Lenient {
        msg_id: String,
        msg_type: String,
        #[serde(default)]
        username: Value,
        #[serde(default)]
        session: Value,
        #[serde(default)]
        version: Value,
        #[serde(default)]
        date: Value,
    }
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let Lenient { msg_id, msg_type, username, session, version, date } = serde_json::from_slice(frame)?;
    let known = json!({
        "msg_id": msg_id, "msg_type": msg_type, "username": text(username), "session": text(session), "version": text(version),
        "date": date,
    });
    // A date that is none is left out.
    Header::deserialize(&known).or_else(|_| {
        let mut dateless = known;
        dateless.as_object_mut().map(|fields| fields.remove("date"));
        Header::deserialize(&dateless)
    })
}

/// A message to nobody in particular, caused by `parent`.
pub fn new(kind: &str, content: Value, parent: Option<&Request>) -> JupyterMessage {
    let mut message = JupyterMessage::new(UnknownMessage { msg_type: kind.to_owned(), content }, None);
    message.header.version = PROTOCOL_VERSION.into();
    message.header.username = "course-kernel".into();
    message.parent_header = parent.map(|parent| parent.header.clone());
    message
}

/// The content of a reply that says why there is no other.
pub fn error_content(ename: &str, evalue: &str, traceback: &[String]) -> Value {
    json!({ "status": "error", "ename": ename, "evalue": evalue, "traceback": traceback })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(frames: [&str; 4]) -> RawMessage {
        RawMessage {
            zmq_identities: vec![Bytes::from_static(b"client")],
            jparts: frames.into_iter().map(|frame| Bytes::copy_from_slice(frame.as_bytes())).collect(),
        }
    }

    const HEADER: &str = r#"{"msg_id":"1","username":"u","session":"s","date":"2026-11-22T10:00:00Z",
        "msg_type":"kernel_info_request","version":"5.3","subshell_id":null}"#;

    #[test]
    fn a_reply_goes_back_to_its_sender_and_names_its_parent() {
        let request = Request::parse(&raw([HEADER, "{}", "{}", "{}"])).unwrap();
        let reply = request.reply(json!({ "status": "ok" }));
        assert_eq!(reply.header.msg_type, "kernel_info_reply");
        assert_eq!(reply.header.version, PROTOCOL_VERSION);
        assert_eq!(reply.zmq_identities, [Bytes::from_static(b"client")]);
        assert_eq!(reply.parent_header.unwrap().msg_id, "1");
        assert_eq!(serde_json::to_value(&reply.content).unwrap(), json!({ "status": "ok" }));
    }

    #[test]
    fn what_follows_the_content_are_buffers() {
        let mut raw = raw([HEADER, "{}", r#"{"version":"2.1.0"}"#, "{}"]);
        raw.jparts.extend([Bytes::from_static(&[0, 255]), Bytes::new()]);
        let request = Request::parse(&raw).unwrap();
        assert_eq!(request.metadata["version"], "2.1.0");
        assert_eq!(request.buffers, [&[0, 255][..], &[]]);
    }

    #[test]
    fn only_an_unreadable_header_makes_a_message_unreadable() {
        assert!(Request::parse(&raw(["{}", "{}", "{}", "{}"])).is_err());
        let bare = r#"{"msg_id":"1","msg_type":"kernel_info_request","date":"yesterday","session":null}"#;
        assert_eq!(Request::parse(&raw([bare, "{}", "{}", "{}"])).unwrap().kind(), "kernel_info_request");
        let request = Request::parse(&raw([HEADER, "[", "[", "["])).unwrap();
        assert!(request.parent.is_none());
        assert!(request.content.is_null());
    }
}
