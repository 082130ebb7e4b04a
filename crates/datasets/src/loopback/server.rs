//! A server on 127.0.0.1 that lives as long as its handle.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use course_display::{Bundle, Rich};

use super::http::{Asked, Reply};

/// Who says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// For servers that only hand things out.
pub(super) fn reading(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Box<Handler> {
    Box::new(move |asked| match asked.method.as_str() {
        "GET" | "HEAD" => handler(asked),
        _ => Reply::text(405, "only GET is answered here"),
    })
}

pub(super) type Handler = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A server that runs on this machine, reachable from nowhere else; it ends when this value is dropped.
pub struct Server {
    what: String,
    address: SocketAddr,
    over: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(what: String, handler: Box<Handler>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let handler: Arc<Handler> = handler.into();
        let listening = thread::Builder::new().name("loopback".into()).spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(stream) = stream {
                    let handler = handler.clone();
                    // A visitor who leaves early is no concern of ours.
                    let _ =
                        thread::Builder::new().name("loopback".into()).spawn(move || drop(answer(&stream, &*handler)));
                }
            }
        })?;
        Ok(Self { what, address, over, listening: Some(listening) })
    }

    /// Its address without a slash at the end: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn answer(stream: &TcpStream, handler: &Handler) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let asked = Asked::read(stream)?;
    handler(&asked).write(&asked, stream)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The thread waits for a visitor: be one.
        if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok()
            && let Some(listening) = self.listening.take()
        {
            let _ = listening.join();
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Server").field("what", &self.what).field("url", &self.url()).finish()
    }
}

impl Rich for Server {
    fn rich(&self) -> Bundle {
        Bundle::text(format!("{} at {}", self.what, self.url()))
    }
}
