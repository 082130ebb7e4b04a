//! The connection file and the five sockets that it describes.

use std::path::Path;

use jupyter_protocol::ConnectionInfo;
use jupyter_zmq_client as zmq;

use super::error::Error;

/// The kernel's five sockets, listening.
pub struct Sockets {
    /// Requests.
    pub shell: zmq::KernelShellConnection,
    /// Requests that must not wait behind a running cell: interrupt, shutdown.
    pub control: zmq::KernelControlConnection,
    /// Everything that happens, for everyone.
    pub iopub: zmq::KernelIoPubXPubConnection,
    /// Questions to the learner.
    pub stdin: zmq::KernelStdinConnection,
    /// Whether the kernel is alive.
    pub heartbeat: zmq::KernelHeartbeatConnection,
}

/// Reads the file with ports and key that Jupyter hands to a kernel.
///
/// # Errors
/// When it cannot be read, is no connection file, or asks for signatures other than `hmac-sha256`.
pub fn read(path: &Path) -> Result<ConnectionInfo, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::ConnectionFile { path: path.to_owned(), source })?;
    let info: ConnectionInfo =
        serde_json::from_str(&text).map_err(|source| Error::ConnectionFormat { path: path.to_owned(), source })?;
    // An empty key switches signatures off, whatever the scheme is.
    if !info.key.is_empty() && info.signature_scheme != "hmac-sha256" {
        return Err(Error::SignatureScheme { scheme: info.signature_scheme });
    }
    Ok(info)
}

impl Sockets {
    /// Listens on all five; every message sent will carry `session_id`.
    ///
    /// # Errors
    /// When an address is taken or not ours.
    pub async fn bind(info: &ConnectionInfo, session_id: &str) -> Result<Self, Error> {
        let failed = |channel, endpoint| move |error| Error::Bind { channel, endpoint, reason: root_cause(&error) };
        Ok(Self {
            shell: zmq::create_kernel_shell_connection(info, session_id)
                .await
                .map_err(failed("shell", info.shell_url()))?,
            control: zmq::create_kernel_control_connection(info, session_id)
                .await
                .map_err(failed("control", info.control_url()))?,
            iopub: zmq::create_kernel_iopub_xpub_connection(info, session_id)
                .await
                .map_err(failed("iopub", info.iopub_url()))?,
            stdin: zmq::create_kernel_stdin_connection(info, session_id)
                .await
                .map_err(failed("stdin", info.stdin_url()))?,
            heartbeat: zmq::create_kernel_heartbeat_connection(info)
                .await
                .map_err(failed("heartbeat", info.hb_url()))?,
        })
    }
}

/// What is at the bottom of an error: the layers above it repeat it.
fn root_cause(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).unwrap_err().to_string()
    }

    #[test]
    fn a_connection_file_that_cannot_be_used_says_why() {
        assert!(read(Path::new("no/such.json")).unwrap_err().to_string().contains("no/such.json"));
        assert!(refused("{}").contains("is not a Jupyter connection file"));
        let md5 = r#"{"ip":"127.0.0.1","transport":"tcp","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,
            "hb_port":5,"key":"k","signature_scheme":"hmac-md5"}"#;
        assert!(refused(md5).contains("hmac-md5"));
    }
}
