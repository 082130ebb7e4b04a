//! The second engine: evcxr 0.22 in a process of its own ([`server`]), for notebooks written for it.
//!
//! | file | what it does |
//! |---|---|
//! | [`server`] | the process, and what it and the kernel say to each other |
//! | [`shown`] | from the bytes that a cell prints to outputs in order |
//!
//! What it cannot do stands in `docs/decisions/0011-evcxr-apart.md`.

mod server;
mod shown;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use self::server::{Answer, Frame, Heard, Server, Stop};
use self::shown::Shown;
use super::dylib::{report, source};
use super::{Cell, CellError, Engine, Event, Interrupt, Outcome, Output};

/// evcxr behind the kernel.
pub struct EvcxrEngine {
    program: PathBuf,
    server: Option<Server>,
    handle: Arc<Handle>,
}

/// Stops what the server runs.
#[derive(Debug, Default)]
struct Handle {
    stop: Mutex<Option<Stop>>,
}

impl Interrupt for Handle {
    fn interrupt(&self) {
        if let Some(stop) = &mut *self.stop.lock().unwrap_or_else(PoisonError::into_inner) {
            stop.now();
        }
    }

    // The way to stop is there only while a cell runs, and goes with it.
    fn over(&self) {}

    fn kill(&self) {
        self.interrupt();
    }
}

impl EvcxrEngine {
    /// An engine on the helper program `course-evcxr`; evcxr takes seconds to come up, and the first cell waits for it.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(program: PathBuf) -> anyhow::Result<Self> {
        let server = Server::start(&program)?;
        Ok(Self { program, server: Some(server), handle: Arc::default() })
    }

    fn run(&mut self, cell: Cell<'_>, output: &dyn Output) -> Result<(), CellError> {
        let mut server = match self.server.take() {
            Some(server) => server,
            None => Server::start(&self.program).map_err(|error| report::kernel(&error))?,
        };
        let mut shown = Shown::new(output, source::parse(cell.code).is_ok_and(|source| source.tail.is_some()));
        let result = self.converse(&mut server, cell, &mut shown);
        *self.handle.stop.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // A server that has gone is not kept: the next cell starts another.
        match result {
            Ok(result) => {
                self.server = Some(server);
                result
            }
            Err(gone) => {
                server.end();
                Err(gone)
            }
        }
    }

    /// Runs the cell; the outer error means that the server is gone.
    fn converse(
        &self,
        server: &mut Server,
        cell: Cell<'_>,
        shown: &mut Shown<'_>,
    ) -> Result<Result<(), CellError>, CellError> {
        server.wait_until_ready()?;
        *self.handle.stop.lock().unwrap_or_else(PoisonError::into_inner) = server.stop();
        server.send_cell(cell.code)?;
        let mut ended = None;
        loop {
            match server.hear()? {
                Heard::Frame(Frame::Stdout, bytes) => shown.stdout(&bytes),
                Heard::Frame(Frame::Stderr, bytes) => shown.stderr(&bytes),
                Heard::Frame(frame, _) => ended = Some(frame),
                Heard::Answer(Answer::Input { prompt, password }) => {
                    shown.flush();
                    let (answer, arrives) = std::sync::mpsc::channel();
                    shown.emit(Event::Input { prompt, password, answer });
                    server.send_input(arrives.recv().ok().flatten())?;
                }
                Heard::Answer(Answer::Done { shown: bundle, failure }) => {
                    server.drain(|frame, bytes| match frame {
                        Frame::Stdout => shown.stdout(bytes),
                        Frame::Stderr => shown.stderr(bytes),
                        frame => ended = Some(frame),
                    });
                    shown.end(bundle);
                    let said = shown.said();
                    return Ok(match (failure, ended) {
                        (Some(failure), _) => {
                            Err(report::of(&failure.name, failure.message.trim().to_owned(), failure.reports))
                        }
                        // evcxr itself takes both for success.
                        (None, Some(Frame::Panic)) => Err(report::of("Panic", shown::panic_message(said), Vec::new())),
                        (None, Some(_)) => Err(report::of("Error", shown::last_line(said), Vec::new())),
                        (None, None) => Ok(()),
                    });
                }
                Heard::Answer(Answer::Ready) => {}
                Heard::Answer(Answer::Failed { message }) => return Err(server::unavailable(&message)),
            }
        }
    }
}

impl Engine for EvcxrEngine {
    fn execute(&mut self, cell: Cell<'_>, output: &dyn Output) -> Outcome {
        if cell.code.trim().is_empty() {
            return Outcome::Ok;
        }
        match self.run(cell, output) {
            Ok(()) => Outcome::Ok,
            Err(error) => Outcome::Error(error),
        }
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.handle.clone()
    }

    fn shutdown(&mut self) {
        if let Some(server) = self.server.take() {
            server.end();
        }
    }
}
