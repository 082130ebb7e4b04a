//! An engine without a compiler: each line of a cell is an order to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use course_wire::Bundle;
use jupyter_protocol::{ConnectionInfo, Transport};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Client;
use crate::assist::Library;
use crate::engine::{Cell, CellError, Engine, Event, Interrupt, Known, KnownVariable, Outcome, Output};
use crate::jupyter::error::Error;
use crate::jupyter::kernel_info::RustVersion;
use crate::jupyter::{Config, EngineFactory, serve};

/// What the tests see of the engine.
#[derive(Default)]
pub struct Fake {
    pub interrupts: AtomicU32,
    pub starts: AtomicU32,
    pub shut_down: AtomicBool,
    pub last_number: AtomicU32,
    /// Starting takes until this is false.
    pub hold_start: AtomicBool,
    /// Starting fails while this is true.
    pub fail_start: AtomicBool,
}

struct FakeEngine(Arc<Fake>);
struct FakeInterrupt(Arc<Fake>);

impl Interrupt for FakeInterrupt {
    fn interrupt(&self) {
        self.0.interrupts.fetch_add(1, Ordering::SeqCst);
    }

    fn over(&self) {}

    fn kill(&self) {
        self.0.interrupts.fetch_add(2, Ordering::SeqCst);
    }
}

fn error(ename: &str) -> Outcome {
    Outcome::Error(CellError { ename: ename.into(), evalue: "why".into(), traceback: vec!["one".into(), "two".into()] })
}

impl FakeEngine {
    fn wait_for_interrupts(&self, count: u32) {
        while self.0.interrupts.load(Ordering::SeqCst) < count {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn line(&self, line: &str, output: &dyn Output) -> Option<Outcome> {
        let (order, rest) = line.split_once(' ').unwrap_or((line, ""));
        let display = |update| Event::Display { bundle: Bundle::text(rest), display_id: Some("d".into()), update };
        match order {
            "print" => output.emit(Event::Stdout(rest.into())),
            "warn" => output.emit(Event::Stderr(rest.into())),
            "display" => output.emit(display(false)),
            "update" => output.emit(display(true)),
            "clear" => output.emit(Event::ClearOutput { wait: true }),
            "result" => output.emit(Event::Result(Bundle::text(rest))),
            "ask" => {
                let (answer, answered) = channel();
                output.emit(Event::Input { prompt: rest.into(), password: false, answer });
                let text = answered.recv().ok().flatten().unwrap_or("nobody answered".into());
                output.emit(Event::Result(Bundle::text(text)));
            }
            "wait" => {
                self.wait_for_interrupts(1);
                return Some(error("Interrupted"));
            }
            // Code that listens to nothing and has to be killed.
            "spin" => {
                self.wait_for_interrupts(2);
                return Some(error("ProcessDied"));
            }
            "(give" => output.emit(Event::Result(Bundle::text("given"))),
            "fail" | "(fail" => return Some(error("E0382")),
            "panic" => panic!("{rest}"),
            _ => {}
        }
        None
    }
}

impl Engine for FakeEngine {
    fn execute(&mut self, cell: Cell<'_>, output: &dyn Output) -> Outcome {
        self.0.interrupts.store(0, Ordering::SeqCst);
        self.0.last_number.store(cell.number, Ordering::SeqCst);
        cell.code.lines().find_map(|line| self.line(line, output)).unwrap_or(Outcome::Ok)
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        Arc::new(FakeInterrupt(self.0.clone()))
    }

    fn known(&self) -> Known {
        let tensor = KnownVariable { name: "tensor".into(), type_text: "u8".into(), mutable: false, cell: 1 };
        Known { variables: vec![tensor], items: [].into() }
    }

    fn shutdown(&mut self) {
        self.0.shut_down.store(true, Ordering::SeqCst);
    }
}

fn factory(fake: Arc<Fake>) -> EngineFactory {
    Box::new(move || {
        while fake.hold_start.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        anyhow::ensure!(!fake.fail_start.load(Ordering::SeqCst), "no library here");
        fake.starts.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FakeEngine(fake.clone())))
    })
}

/// A running session.
pub struct Session {
    pub info: ConnectionInfo,
    pub served: JoinHandle<Result<(), Error>>,
    pub stop: Option<oneshot::Sender<()>>,
    pub signal: mpsc::Sender<()>,
}

/// Starts a session and a client that has been welcomed.
pub async fn start(fake: &Arc<Fake>) -> (Session, Client) {
    loop {
        let ports = jupyter_zmq_client::peek_ports("127.0.0.1".parse().unwrap(), 5).await.unwrap();
        let info = ConnectionInfo {
            ip: "127.0.0.1".into(),
            transport: Transport::TCP,
            shell_port: ports[0],
            iopub_port: ports[1],
            stdin_port: ports[2],
            control_port: ports[3],
            hb_port: ports[4],
            key: "secret".into(),
            signature_scheme: "hmac-sha256".into(),
            kernel_name: None,
        };
        let (signal, signals) = mpsc::channel(1);
        let config = Config {
            connection: info.clone(),
            rust_version: RustVersion::known("1.95.0"),
            library: Library::new(std::path::Path::new("there is no index")),
            engine: factory(fake.clone()),
            history: None,
            interrupts: signals,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let mut served = tokio::spawn(serve(config, async move {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        tokio::select! {
            // Another process was quicker to take a port.
            ended = &mut served => assert!(matches!(ended.unwrap(), Err(Error::Bind { .. }))),
            client = Client::connect(&info) => return (Session { info, served, stop: Some(stop), signal }, client),
        }
    }
}
