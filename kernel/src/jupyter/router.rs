//! The two request sockets, each split so that replies leave while requests arrive.

use std::time::Duration;

use jupyter_protocol::JupyterMessage;
use jupyter_zmq_client::{Connection, KernelShellConnection, RouterRecvConnection, RouterSendConnection};
use zeromq::SocketRecv as _;

use super::decode::Decoder;
use super::log::log;
use super::message::Request;

/// Reads requests.
pub struct Requests {
    connection: RouterRecvConnection,
    decoder: Decoder,
    channel: &'static str,
}

/// Sends replies; clones share the socket.
pub struct Replies {
    connection: RouterSendConnection,
}

/// Splits a socket; `channel` names it in the log.
pub fn split(connection: KernelShellConnection, decoder: Decoder, channel: &'static str) -> (Requests, Replies) {
    let (send, receive) = connection.split();
    (Requests { connection: receive, decoder, channel }, Replies { connection: send })
}

impl Requests {
    /// The next request that is signed as it must be. Everything else is logged and dropped.
    pub async fn next(&mut self) -> Request {
        loop {
            let frames = match self.connection.socket.recv().await {
                Ok(frames) => frames,
                Err(error) => {
                    log(format_args!("{}: {error}", self.channel));
                    // A socket that keeps failing must not keep a core busy.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            match self.decoder.decode(frames, &self.connection) {
                Ok(request) => return request,
                Err(why) => log(format_args!("dropped a message on {}: {why}", self.channel)),
            }
        }
    }
}

impl Clone for Replies {
    fn clone(&self) -> Self {
        let Connection { socket, mac, session_id } = &self.connection;
        Self { connection: Connection { socket: socket.clone(), mac: mac.clone(), session_id: session_id.clone() } }
    }
}

impl Replies {
    /// Sends one message; a client that is gone misses it.
    pub async fn send(&mut self, message: JupyterMessage) {
        let kind = message.message_type().to_owned();
        if let Err(error) = self.connection.send(message).await {
            log(format_args!("could not send {kind}: {error}"));
        }
    }
}
