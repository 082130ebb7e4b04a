//! The connection file and the five sockets that it describes.

use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use jupyter_protocol::{ConnectionInfo, Transport};
use jupyter_zmq_client as zmq;
use serde_json::{Map, Value};

use super::error::Error;

const LOOPBACK: &str = "127.0.0.1";
const SCHEME: &str = "hmac-sha256";

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

/// Reads the file with ports and key that Jupyter hands to a kernel. Without an address the kernel listens on this machine only.
///
/// # Errors
/// When it cannot be read, is no connection file, asks for signatures other than `hmac-sha256`, or for encryption.
pub fn read(path: &Path) -> Result<ConnectionInfo, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::ConnectionFile { path: path.to_owned(), source })?;
    let damaged = |source| Error::ConnectionFormat { path: path.to_owned(), source };
    let mut fields: Map<String, Value> = serde_json::from_str(&text).map_err(damaged)?;
    if ["curve_publickey", "curve_secretkey"].iter().any(|key| fields.get(*key).is_some_and(|key| !key.is_null())) {
        return Err(Error::Encryption);
    }
    for (name, default) in [("ip", LOOPBACK), ("transport", "tcp"), ("key", ""), ("signature_scheme", SCHEME)] {
        let field = fields.entry(name).or_insert(Value::Null);
        if field.as_str().is_none_or(str::is_empty) {
            *field = default.into();
        }
    }
    let info: ConnectionInfo = serde_json::from_value(fields.into()).map_err(damaged)?;
    // An empty key switches signatures off, whatever the scheme is.
    if !info.key.is_empty() && info.signature_scheme != SCHEME {
        return Err(Error::SignatureScheme { scheme: info.signature_scheme });
    }
    Ok(info)
}

/// The paths of the sockets, where the transport is `ipc`.
fn socket_files(info: &ConnectionInfo) -> Vec<PathBuf> {
    if info.transport != Transport::IPC {
        return Vec::new();
    }
    let ports = [info.shell_port, info.iopub_port, info.stdin_port, info.control_port, info.hb_port];
    ports.iter().map(|port| PathBuf::from(format!("{}-{port}", info.ip))).collect()
}

/// Removes the socket files of a session that is over.
pub fn remove_sockets(info: &ConnectionInfo) {
    socket_files(info).iter().for_each(|path| drop(std::fs::remove_file(path)));
}

/// Removes the socket files that nobody listens on, such as those of a kernel that was killed.
fn remove_stale_sockets(info: &ConnectionInfo) {
    for path in socket_files(info) {
        let is_socket = std::fs::symlink_metadata(&path).is_ok_and(|file| file.file_type().is_socket());
        if is_socket && UnixStream::connect(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
    }
}

impl Sockets {
    /// Listens on all five; every message sent will carry `session_id`.
    ///
    /// # Errors
    /// When an address is taken or not ours.
    pub async fn bind(info: &ConnectionInfo, session_id: &str) -> Result<Self, Error> {
        remove_stale_sockets(info);
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

    const PORTS: &str = r#""shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5"#;

    #[test]
    fn a_connection_file_that_cannot_be_used_says_why() {
        assert!(read(Path::new("no/such.json")).unwrap_err().to_string().contains("no/such.json"));
        assert!(refused("{}").contains("is not a Jupyter connection file"));
        assert!(refused("[1]").contains("is not a Jupyter connection file"));
        assert!(refused(&format!(r#"{{{PORTS},"key":"k","signature_scheme":"hmac-md5"}}"#)).contains("hmac-md5"));
        assert!(refused(&format!(r#"{{{PORTS},"curve_publickey":"p","curve_secretkey":"s"}}"#)).contains("CurveZMQ"));
    }

    #[test]
    fn without_an_address_the_kernel_listens_on_this_machine_only() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (more, ip) in [("", "127.0.0.1"), (r#","ip":"""#, "127.0.0.1"), (r#","ip":"0.0.0.0""#, "0.0.0.0")] {
            std::fs::write(file.path(), format!("{{{PORTS}{more}}}")).unwrap();
            let info = read(file.path()).unwrap();
            assert_eq!((info.ip.as_str(), info.transport, info.key.as_str()), (ip, Transport::TCP, ""));
        }
    }

    #[test]
    fn only_sockets_that_nobody_listens_on_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.json");
        let prefix = folder.path().join("kernel");
        std::fs::write(&file, format!(r#"{{{PORTS},"transport":"ipc","ip":"{}"}}"#, prefix.display())).unwrap();
        let info = read(&file).unwrap();
        let [stale, live, plain, ..] = &socket_files(&info)[..] else { panic!("five paths") };
        drop(std::os::unix::net::UnixListener::bind(stale).unwrap());
        let _listener = std::os::unix::net::UnixListener::bind(live).unwrap();
        std::fs::write(plain, "mine").unwrap();
        remove_stale_sockets(&info);
        assert!(!stale.exists() && live.exists() && plain.exists());
    }
}
