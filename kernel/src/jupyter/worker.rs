//! The thread that the engine lives on. The engine is started here, runs every cell here and is ended here.
//!
//! The thread lasts as long as the process: a child that dies with its parent's thread must not die earlier. A panic in
//! the engine is the kernel's fault, not the learner's; it costs the variables, and the next cell gets a new engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::Error;
use super::interrupt::Switch;
use super::log::log;
use crate::assist::Assistant;
use crate::engine::mailbox::Mailbox;
use crate::engine::{Cell, CellError, CommEvent, Engine, Event, Outcome, Output};

/// Starts an engine: once with the session, and again after one has failed.
pub type EngineFactory = Box<dyn FnMut() -> anyhow::Result<Box<dyn Engine>> + Send>;

/// Deeply nested code is parsed by recursion; only what is used of the stack takes memory.
const STACK_BYTES: usize = 256 << 20;

/// How often the engine is asked for what is printed while no cell runs.
const IDLE: Duration = Duration::from_millis(100);

enum Order {
    Run { number: u32, code: String, output: Box<dyn Output + Send>, done: oneshot::Sender<Outcome> },
    Comms { output: Box<dyn Output + Send> },
    Stop,
}

/// The session's handle on the engine's thread.
pub struct Worker {
    orders: mpsc::Sender<Order>,
    switch: Arc<Switch>,
}

/// Resolves when the engine's thread is over.
pub struct Ended(oneshot::Receiver<()>);

impl Worker {
    /// Starts the thread, which starts the engine while the session goes on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        factory: EngineFactory,
        switch: Arc<Switch>,
        mailbox: Arc<Mailbox>,
        assistant: Arc<Assistant>,
    ) -> Result<(Self, Ended), Error> {
        let (orders, receiver) = mpsc::channel();
        let (over, ended) = oneshot::channel();
        let mut bench = Bench { factory, engine: None, switch: switch.clone(), mailbox, assistant, last_output: None };
        std::thread::Builder::new()
            .name("cells".into())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                bench.work(&receiver);
                let _ = over.send(());
            })
            .map_err(Error::Thread)?;
        Ok((Self { orders, switch }, Ended(ended)))
    }

    /// Runs one cell to its end.
    pub async fn run(&self, number: u32, code: String, output: Box<dyn Output + Send>) -> Outcome {
        let (done, outcome) = oneshot::channel();
        let order = Order::Run { number, code, output, done };
        if self.orders.send(order).is_err() {
            return kernel_bug("the thread that runs cells is gone");
        }
        outcome.await.unwrap_or_else(|_| kernel_bug("the thread that runs cells is gone"))
    }

    /// A handle that gets the engine to look at its comm messages.
    pub fn comm_line(&self) -> CommLine {
        CommLine { orders: self.orders.clone() }
    }

    /// A handle that ends the thread while this one waits for a cell.
    pub fn stopper(&self) -> Stopper {
        Stopper { orders: self.orders.clone(), switch: self.switch.clone() }
    }
}

/// Gets the engine to look at its comm messages once no cell runs; a running cell may have taken them by then.
pub struct CommLine {
    orders: mpsc::Sender<Order>,
}

impl CommLine {
    /// Asks for a look, and does not wait; callbacks' output goes to `output`.
    pub fn knock(&self, output: Box<dyn Output + Send>) {
        let _ = self.orders.send(Order::Comms { output });
    }
}

/// Ends the engine's thread.
pub struct Stopper {
    orders: mpsc::Sender<Order>,
    switch: Arc<Switch>,
}

impl Stopper {
    /// Kills a running cell, ends the engine and its child; waits at most `limit` for it.
    pub async fn stop(self, ended: Ended, limit: Duration) {
        let _ = self.orders.send(Order::Stop);
        let switch = self.switch;
        tokio::task::spawn_blocking(move || switch.kill());
        if tokio::time::timeout(limit, ended.0).await.is_err() {
            log("the running cell did not end in time");
        }
    }
}

/// What the thread itself holds.
struct Bench {
    factory: EngineFactory,
    engine: Option<Box<dyn Engine>>,
    switch: Arc<Switch>,
    mailbox: Arc<Mailbox>,
    assistant: Arc<Assistant>,
    /// The last cell's, for what its threads still say.
    last_output: Option<Box<dyn Output + Send>>,
}

impl Bench {
    fn work(&mut self, orders: &mpsc::Receiver<Order>) {
        if let Err(error) = self.engine() {
            log(format_args!("{}: {}", error.ename, error.evalue));
        }
        loop {
            match orders.recv_timeout(IDLE) {
                Ok(Order::Run { number, code, output, done }) => {
                    let outcome = self.run(number, &code, output.as_ref());
                    self.last_output = Some(output);
                    let _ = done.send(outcome);
                }
                Ok(Order::Comms { output }) => self.comms(output.as_ref()),
                Err(mpsc::RecvTimeoutError::Timeout) => self.idle(),
                Ok(Order::Stop) | Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        self.end();
    }

    fn idle(&mut self) {
        if let (Some(engine), Some(output)) = (&mut self.engine, &self.last_output)
            && catch_unwind(AssertUnwindSafe(|| engine.idle(output.as_ref()))).is_err()
        {
            log("the engine failed between two cells");
            self.end();
        }
    }

    fn run(&mut self, number: u32, code: &str, output: &dyn Output) -> Outcome {
        let started = self.engine().map(drop);
        if self.switch.take_early() {
            return interrupted();
        }
        if let Err(error) = started {
            return Outcome::Error(error);
        }
        let Some(engine) = &mut self.engine else { return kernel_bug("there is no engine") };
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let outcome = engine.execute(Cell { number, code }, output);
            (outcome, engine.known())
        }));
        match ran {
            Ok((outcome, known)) => {
                self.assistant.learn(known);
                outcome
            }
            Err(panic) => {
                self.end();
                output.emit(Event::Comm(CommEvent::Gone));
                kernel_bug(panic_text(panic.as_ref()))
            }
        }
    }

    fn comms(&mut self, output: &dyn Output) {
        let Some(engine) = &mut self.engine else { return output.emit(Event::Comm(CommEvent::Gone)) };
        self.switch.begin();
        let done = catch_unwind(AssertUnwindSafe(|| engine.comms(output)));
        self.switch.end();
        if let Err(panic) = done {
            log(format_args!("the engine failed on a comm message: {}", panic_text(panic.as_ref())));
            self.end();
            output.emit(Event::Comm(CommEvent::Gone));
        }
    }

    /// The engine, started if there is none.
    fn engine(&mut self) -> Result<&mut Box<dyn Engine>, CellError> {
        if self.engine.is_none() {
            let mut engine = catch_unwind(AssertUnwindSafe(|| (self.factory)()))
                .unwrap_or_else(|panic| Err(anyhow::anyhow!("{}", panic_text(panic.as_ref()))))
                .map_err(|error| cell_error("KernelNotReady", format!("cells cannot run yet: {error:#}")))?;
            engine.connect(self.mailbox.clone());
            self.switch.set_target(Some(engine.interrupter()));
            self.engine = Some(engine);
        }
        self.engine.as_mut().ok_or_else(|| cell_error("KernelNotReady", "there is no engine".into()))
    }

    fn end(&mut self) {
        self.switch.set_target(None);
        if let Some(mut engine) = self.engine.take()
            && catch_unwind(AssertUnwindSafe(move || engine.shutdown())).is_err()
        {
            log("the engine failed while it shut down");
        }
    }
}

fn interrupted() -> Outcome {
    Outcome::Error(cell_error("Interrupted", "interrupted before it began".into()))
}

fn kernel_bug(what: &str) -> Outcome {
    Outcome::Error(cell_error(
        "KernelBug",
        format!("the kernel itself failed, not your code: {what}. Variables are lost; the next cell starts afresh"),
    ))
}

fn cell_error(ename: &str, evalue: String) -> CellError {
    let line = format!("\u{1b}[1;31m{ename}\u{1b}[0m: {evalue}");
    CellError { ename: ename.into(), evalue, traceback: vec![line] }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}
