//! The heartbeat: whatever a client sends comes back unchanged.

use std::time::Duration;

use jupyter_zmq_client::KernelHeartbeatConnection;
use zeromq::{SocketRecv as _, SocketSend as _};

/// Echoes for as long as the session lasts.
pub async fn run(mut connection: KernelHeartbeatConnection) {
    loop {
        let echoed = match connection.socket.recv().await {
            Ok(beat) => connection.socket.send(beat).await,
            Err(error) => Err(error),
        };
        if echoed.is_err() {
            // A client that left between its question and our answer; the next one starts afresh.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
