//! From the frames on a socket to a request: signed by the key, not seen before, with a header that can be answered.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jupyter_zmq_client::{Connection, RawMessage, RuntimeError};
use zeromq::ZmqMessage;

use super::message::Request;

/// Signatures that are remembered, as many as ipykernel remembers.
const REMEMBERED: usize = 1 << 16;
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Reads messages on all channels of a session; clones share what they have seen.
#[derive(Clone, Default)]
pub struct Decoder {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    signatures: HashSet<Bytes>,
    order: VecDeque<Bytes>,
}

impl Decoder {
    /// The request in `frames`.
    ///
    /// # Errors
    /// Why nobody can be answered, for the log: the frames are no Jupyter message, not signed by the key, a copy of an earlier
    /// message, or without a header.
    pub fn decode<S>(&self, frames: ZmqMessage, connection: &Connection<S>) -> Result<Request, String> {
        let signature = signature(&frames);
        let raw = RawMessage::from_multipart(frames, &connection.mac).map_err(why_dropped)?;
        if let Some(signature) = signature.filter(|_| connection.mac.is_some())
            && !self.is_new(signature)
        {
            return Err("it is a copy of an earlier one".into());
        }
        Request::parse(&raw).map_err(|error| format!("its header cannot be read: {error}"))
    }

    /// Remembers a signature; false when it was remembered already.
    fn is_new(&self, signature: Bytes) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.signatures.insert(signature.clone()) {
            return false;
        }
        seen.order.push_back(signature);
        if seen.order.len() > REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.signatures.remove(&oldest);
        }
        true
    }
}

/// The frame behind the delimiter. It is copied: the frame itself may keep the whole message in memory.
fn signature(frames: &ZmqMessage) -> Option<Bytes> {
    let mut frames = frames.iter();
    frames.by_ref().find(|frame| &frame[..] == DELIMITER)?;
    frames.next().map(|frame| Bytes::copy_from_slice(frame))
}

/// Why a message's frames cannot be used.
fn why_dropped(error: RuntimeError) -> String {
    match error {
        RuntimeError::VerifyError(_) | RuntimeError::DecodeError(_) => "its signature is wrong".into(),
        RuntimeError::MissingDelimiter => "it is no Jupyter message".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_new_once_and_old_ones_are_forgotten() {
        let decoder = Decoder::default();
        assert!(decoder.is_new("a".into()));
        assert!(!decoder.clone().is_new("a".into()));
        for number in 0..REMEMBERED {
            assert!(decoder.is_new(number.to_string().into()));
        }
        assert!(decoder.is_new("a".into()));
        assert_eq!(decoder.seen.lock().unwrap().signatures.len(), REMEMBERED);
    }
}
