//! The server: one cell after another through evcxr, requests read meanwhile.

use std::fs::File;
use std::io::{BufRead, Write};
use std::os::fd::FromRawFd;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use evcxr::{CommandContext, CompilationError, Error, EvalCallbacks, EvalContext};

use crate::message::{Answer, Failure, Request};
use crate::tree;

/// The process that runs cells, as evcxr hands it out.
type Child = Arc<Mutex<std::process::Child>>;

/// Where answers go.
#[derive(Clone)]
struct Answers(Arc<Mutex<File>>);

impl Answers {
    /// Stdout is for answers alone: whatever else writes there goes to stderr from now on.
    fn take_stdout() -> std::io::Result<Self> {
        // SAFETY: descriptors 1 and 2 are open, and the copy is ours.
        let copy = unsafe {
            let copy = libc::fcntl(1, libc::F_DUPFD_CLOEXEC, 3);
            if copy == -1 || libc::dup2(2, 1) == -1 {
                return Err(std::io::Error::last_os_error());
            }
            File::from_raw_fd(copy)
        };
        Ok(Self(Arc::new(Mutex::new(copy))))
    }

    fn send(&self, answer: &Answer) {
        let Ok(mut line) = serde_json::to_vec(answer) else { return };
        line.push(b'\n');
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line).is_err() {
            // The kernel is gone.
            std::process::exit(0);
        }
    }
}

/// Serves until stdin ends; gives the exit status.
pub fn serve() -> i32 {
    let Ok(answers) = Answers::take_stdout() else { return 1 };
    let started = start();
    let (mut context, outputs) = match started {
        Ok(started) => started,
        Err(error) => {
            answers.send(&Answer::Failed { message: error.to_string() });
            return 1;
        }
    };
    // The child's output takes another way; what comes here are evcxr's own remarks.
    for lines in [outputs.stdout, outputs.stderr] {
        std::thread::spawn(move || lines.iter().for_each(|line| eprintln!("{line}")));
    }
    let child = context.process_handle();
    let (cells, queue) = channel();
    let (typed, input) = channel();
    std::thread::spawn(move || listen(&cells, &typed, &child));
    answers.send(&Answer::Ready);
    for code in queue {
        let done = run(&mut context, &code, &answers, &input);
        answers.send(&done);
    }
    0
}

fn start() -> Result<(CommandContext, evcxr::EvalContextOutputs), Error> {
    let program = std::env::current_exe()?;
    let (context, outputs) = EvalContext::with_subprocess_command(std::process::Command::new(program))?;
    Ok((CommandContext::with_eval_context(context), outputs))
}

/// Reads requests, also while a cell runs; the end of stdin is the end.
fn listen(cells: &Sender<String>, typed: &Sender<Option<String>>, child: &Child) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Request::Run { code }) => drop(cells.send(code)),
            Ok(Request::Input { value }) => drop(typed.send(value)),
            Ok(Request::Interrupt) => interrupt(child),
            Err(error) => eprintln!("a request that cannot be read: {error}"),
        }
    }
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
    std::process::exit(0);
}

/// While cargo builds, only cargo is ended and all variables stay; a running cell ends with its process.
fn interrupt(child: &Child) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    if !tree::kill_others(child.id()) {
        let _ = child.kill();
    }
}

fn run(context: &mut CommandContext, code: &str, answers: &Answers, input: &Receiver<Option<String>>) -> Answer {
    let mut callbacks = EvalCallbacks {
        input_reader: &|request| {
            answers.send(&Answer::Input { prompt: request.prompt, password: request.is_password });
            input.recv().ok().flatten().unwrap_or_default()
        },
    };
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| context.execute_with_callbacks(code, &mut callbacks)));
    match result {
        Ok(Ok(outputs)) => {
            Answer::Done { shown: outputs.content_by_mime_type.into_iter().collect(), failure: None }
        }
        Ok(Err(error)) => Answer::Done { shown: Default::default(), failure: Some(failure(&error)) },
        Err(_) => {
            let message = "evcxr itself panicked on this cell; its session is lost".to_owned();
            answers.send(&Answer::Done {
                shown: Default::default(),
                failure: Some(Failure { name: "EvcxrPanic".into(), message, reports: Vec::new() }),
            });
            // Its state cannot be trusted any more: the kernel starts another.
            std::process::exit(101);
        }
    }
}

fn failure(error: &Error) -> Failure {
    let (name, reports) = match error {
        Error::CompilationErrors(errors) => {
            let name = errors.iter().find_map(CompilationError::code).unwrap_or("SyntaxError");
            (name, errors.iter().map(report).collect())
        }
        Error::TypeRedefinedVariablesLost(_) => ("VariablesLost", Vec::new()),
        Error::SubprocessTerminated(_) => ("ProcessDied", Vec::new()),
        Error::Message(_) => ("Error", Vec::new()),
    };
    let message = match error {
        Error::CompilationErrors(errors) => errors.first().map(CompilationError::message).unwrap_or_default(),
        other => other.to_string(),
    };
    Failure { name: name.to_owned(), message, reports }
}

/// A compiler's error in the cell's own lines, as far as evcxr knows them.
fn report(error: &CompilationError) -> String {
    let mut text = match error.code() {
        Some(code) => format!("error[{code}]: {}", error.message()),
        None => format!("error: {}", error.message()),
    };
    for spanned in error.spanned_messages() {
        if let Some(span) = &spanned.span {
            text.push_str(&format!("\n --> line {}, column {}", span.start_line, span.start_column));
        }
        for line in &spanned.lines {
            text.push_str(&format!("\n  | {line}"));
        }
        if !spanned.label.is_empty() {
            text.push_str(&format!("\n  = {}", spanned.label));
        }
    }
    for help in error.help() {
        text.push_str(&format!("\n  = help: {help}"));
    }
    text
}
