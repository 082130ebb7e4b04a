//! What ends a session, as opposed to what a session reports to its front end.

use std::path::PathBuf;

/// Why the kernel cannot serve a front end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection file is missing or unreadable.
    #[error("cannot read the connection file {path}, which Jupyter writes when it starts a kernel")]
    ConnectionFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connection file is no connection file.
    #[error("{path} is not a Jupyter connection file")]
    ConnectionFormat {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The front end signs in a way the kernel does not know.
    #[error("the connection file asks for signatures by `{scheme}`; this kernel signs with `hmac-sha256`")]
    SignatureScheme {
        /// The scheme asked for.
        scheme: String,
    },
    /// The front end wants its messages encrypted.
    #[error(
        "the connection file asks for CurveZMQ encryption, which this kernel cannot do. Start it with \
         `KernelManager.transport_encryption` set to `auto` or `disabled`; between processes of one machine, `ipc` is a transport that \
         nobody else can read"
    )]
    Encryption,
    /// A socket cannot listen where the connection file says.
    #[error("cannot listen on {endpoint} for the {channel} channel: {reason}. Start the kernel anew")]
    Bind {
        /// The channel's name.
        channel: &'static str,
        /// The address.
        endpoint: String,
        /// What the system said.
        reason: String,
    },
    /// The engine's thread cannot be started.
    #[error("cannot start the thread that runs cells")]
    Thread(#[source] std::io::Error),
    /// One of the session's parts stopped although nobody asked it to.
    #[error("a part of the kernel stopped unexpectedly: {0}")]
    Stopped(String),
}
