//! One session: opens the sockets, starts the parts, and ends them together.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jupyter_protocol::ConnectionInfo;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answers::Answers;
use super::comms::Comms;
use super::connection::Sockets;
use super::control::Control;
use super::decode::Decoder;
use super::error::Error;
use super::execute::Executor;
use super::history::History;
use super::interrupt::{self, Switch};
use super::kernel_info::RustVersion;
use super::shell::Shell;
use super::worker::{EngineFactory, Worker};
use super::{connection, heartbeat, iopub, router, stdin};
use crate::assist::{Assistant, Library};

/// How long a running cell has to end once the session is over.
const LAST_CELL: Duration = Duration::from_millis(700);
/// How long messages that are under way have to leave.
const LAST_MESSAGES: Duration = Duration::from_millis(100);

/// What a session needs to begin.
pub struct Config {
    /// Addresses and key.
    pub connection: ConnectionInfo,
    /// The compiler's version.
    pub rust_version: RustVersion,
    /// Starts the engine.
    pub engine: EngineFactory,
    /// What is known of the crates that cells can name.
    pub library: Library,
    /// Where cells are remembered from one session to the next; nowhere, if there is no such folder.
    pub history: Option<PathBuf>,
    /// Interrupts that come as signals.
    pub interrupts: mpsc::Receiver<()>,
}

/// Serves a front end until it asks for a shutdown or `stop` resolves. When this returns, the engine has ended its child.
///
/// # Errors
/// When a socket cannot listen, or a part of the session stops by itself.
pub async fn serve(config: Config, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let session_id = uuid::Uuid::new_v4().to_string();
    let sockets = Sockets::bind(&config.connection, &session_id).await?;
    let switch = Arc::<Switch>::default();
    let decoder = Decoder::default();
    let (shell_requests, shell_replies) = router::split(sockets.shell, decoder.clone(), "shell");
    let (control_requests, control_replies) = router::split(sockets.control, decoder.clone(), "control");
    let (iopub, broadcast) = iopub::channel(sockets.iopub);
    let comms = Arc::new(Comms::new(iopub.clone()));
    let assistant = Arc::new(Assistant::new(config.library));
    let (worker, engine_ended) = Worker::start(config.engine, switch.clone(), comms.mailbox(), assistant.clone())?;
    let stopper = worker.stopper();
    let (questions, desk) = stdin::desk(sockets.stdin, decoder);
    let (cell_sender, cells) = mpsc::unbounded_channel();
    let (end, mut ended) = mpsc::channel(1);
    let connection = config.connection.clone();
    let answers = Arc::new(Answers {
        connection: config.connection,
        rust_version: config.rust_version,
        comms: comms.clone(),
        assistant,
        history: Arc::new(History::open(config.history.as_deref())),
    });

    // The sending end of iopub outlives the others: it carries their last words.
    let broadcast = tokio::spawn(broadcast.run());
    iopub.status("starting", None).await;
    let mut parts = JoinSet::new();
    parts.spawn(heartbeat::run(sockets.heartbeat));
    parts.spawn(desk.run());
    parts.spawn(
        Shell {
            requests: shell_requests,
            replies: shell_replies.clone(),
            iopub: iopub.clone(),
            answers: answers.clone(),
            comms: comms.clone(),
            line: worker.comm_line(),
            questions: questions.clone(),
            cells: cell_sender,
        }
        .run(),
    );
    parts.spawn(
        Control {
            requests: control_requests,
            replies: control_replies,
            iopub: iopub.clone(),
            answers: answers.clone(),
            switch: switch.clone(),
            questions: questions.clone(),
            end,
        }
        .run(),
    );
    parts.spawn(interrupt::listen(config.interrupts, switch.clone(), questions.clone()));
    let executor = parts.spawn(
        Executor {
            cells,
            worker,
            switch,
            iopub: iopub.clone(),
            replies: shell_replies,
            questions: questions.clone(),
            comms,
            answers,
            count: 0,
            uncounted: 0,
        }
        .run(),
    );

    let result = tokio::select! {
        _ = ended.recv() => Ok(()),
        () = stop => Ok(()),
        part = parts.join_next() => Err(Error::Stopped(match part {
            Some(Err(error)) => error.to_string(),
            _ => "it returned".into(),
        })),
    };

    // Cells first, sockets last: their writers may still hold the reply to the shutdown.
    iopub.close();
    executor.abort();
    questions.cancel();
    let flushed = async {
        let _ = tokio::time::timeout(LAST_MESSAGES, iopub.flush()).await;
        tokio::time::sleep(LAST_MESSAGES / 2).await;
    };
    tokio::join!(stopper.stop(engine_ended, LAST_CELL), flushed);
    parts.shutdown().await;
    broadcast.abort();
    connection::remove_sockets(&connection);
    result
}
