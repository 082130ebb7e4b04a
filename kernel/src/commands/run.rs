//! `course-kernel run`: one kernel for one notebook.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::parent::Parent;
use crate::assist::Library;
use crate::engine::Engine;
use crate::engine::dylib::DylibEngine;
use crate::engine::evcxr::EvcxrEngine;
use crate::engine::stage::Stage;
use crate::jupyter::{self, Config, EngineFactory, RustVersion};

/// Serves until the front end, a signal, or the death of the process that started it ends the session.
///
/// # Errors
/// When the connection file or its ports cannot be used.
pub fn run(connection_file: &Path, stage: PathBuf, evcxr: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let connection = jupyter::read_connection_file(connection_file)?;
    // A missing library does not end the kernel: each cell says what to do, and the one after that is done runs.
    let rust_version = match Stage::load(&stage) {
        Ok(stage) => RustVersion::ask(stage.rustc),
        Err(_) => RustVersion::known(env!("CARGO_PKG_RUST_VERSION")),
    };
    let library = Library::new(&stage.join("index"));
    let declared = library.clone();
    let engine: EngineFactory = Box::new(move || {
        if let Some(program) = &evcxr {
            return Ok(Box::new(EvcxrEngine::start(program.clone())?) as Box<dyn Engine>);
        }
        let engine = DylibEngine::start(Stage::load(&stage)?, declared.clone())?;
        Ok(Box::new(engine) as Box<dyn Engine>)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the kernel's threads")?;
    let served = runtime.block_on(async {
        let (stop, interrupts) = signals().context("cannot listen for signals")?;
        let config = Config { connection, rust_version, engine, library, history: history_folder(), interrupts };
        jupyter::serve(config, stop).await?;
        anyhow::Ok(ExitCode::SUCCESS)
    });
    // A cell that would not end, or a task that waits, is no reason to stay.
    runtime.shutdown_background();
    served
}

/// Where cells are remembered: in the course's cache folder, in the folder `COURSE_HISTORY`, or nowhere if that is `off`.
fn history_folder() -> Option<PathBuf> {
    match std::env::var_os("COURSE_HISTORY") {
        Some(off) if off == "off" => return None,
        Some(folder) if !folder.is_empty() => return Some(folder.into()),
        _ => {}
    }
    Some(cache_folder()?.join("history"))
}

/// The course's cache folder: `COURSE_CACHE`, or one in the user's.
pub fn cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user_cache = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    folder("COURSE_CACHE").or_else(|| Some(user_cache()?.join("llm-course-rust")))
}

/// What resolves when a signal asks the kernel to end or its parent is gone, and the interrupts that come as signals.
fn signals() -> std::io::Result<(impl Future<Output = ()>, mpsc::Receiver<()>)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let parent = Parent::from_environment();
    let (sender, interrupts) = mpsc::channel(1);
    // The kernelspec asks for interrupts by message; not every front end heeds it. Without one it is Ctrl-C, from someone who
    // started the kernel by hand and wants it to end.
    let by_a_front_end = parent.is_known();
    let interrupted = async move {
        loop {
            received(&mut interrupt).await;
            if !by_a_front_end {
                return;
            }
            // One that waits is as good as two.
            let _ = sender.try_send(());
        }
    };
    let stop = async move {
        tokio::select! {
            () = received(&mut terminate) => {}
            () = received(&mut hang_up) => {}
            () = interrupted => {}
            () = parent.gone() => jupyter::log("the process that started this kernel is gone"),
        }
    };
    Ok((stop, interrupts))
}

async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
