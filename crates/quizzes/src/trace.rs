//! Tracing questions, tried with the compiler: what the file says must be what happens.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use serde_json::Value;
use uuid::Uuid;

use crate::normalise::output;
use crate::{Kind, Outcome, Question};

/// How long a program may run before it is taken for one that does not end.
const LONGEST: Duration = Duration::from_secs(30);

impl Question {
    /// Compiles and runs a tracing question's program; for any other kind there is nothing to do.
    ///
    /// # Errors
    /// Where it differs from what the file says, in words.
    pub fn verify(&self, rustc: &Path) -> Result<(), String> {
        let Kind::Tracing { program, outcome, .. } = &self.kind else { return Ok(()) };
        let happens = trace(rustc, program).map_err(|error| format!("the program cannot be tried: {error}"))?;
        let same = match (outcome, &happens) {
            (Outcome::Fails { .. }, Outcome::Fails { .. }) => *outcome == happens,
            (expected, happens) => expected.is_like(happens),
        };
        if same { Ok(()) } else { Err(format!("the file says: {outcome} In truth: {happens}")) }
    }
}

/// What becomes of a program.
fn trace(rustc: &Path, program: &str) -> io::Result<Outcome> {
    let folder = Scratch::new()?;
    let (source, binary) = (folder.0.join("program.rs"), folder.0.join("program"));
    fs::write(&source, program)?;
    let mut compiler = Command::new(rustc);
    compiler.args(["--edition", "2024", "--error-format", "json", "-A", "warnings", "-o"]);
    let compiled = compiler.arg(&binary).arg(&source).output()?;
    if !compiled.status.success() {
        let told = String::from_utf8_lossy(&compiled.stderr);
        return first_error(&told).ok_or_else(|| io::Error::other(format!("rustc failed: {told}")));
    }
    let ran = within_time(Command::new(&binary).stdin(Stdio::null()))?;
    if !ran.status.success() {
        let told = String::from_utf8_lossy(&ran.stderr);
        return Err(io::Error::other(format!("it compiles and then fails: {}", told.trim())));
    }
    Ok(Outcome::Prints(output(&String::from_utf8_lossy(&ran.stdout))))
}

/// The line and the code of the first error among the messages of rustc.
fn first_error(messages: &str) -> Option<Outcome> {
    let errors = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    errors.filter(|message| message["level"] == "error").find_map(|message| {
        let spans = message["spans"].as_array()?;
        let primary = spans.iter().find(|span| span["is_primary"] == true)?;
        let line = u32::try_from(primary["line_start"].as_u64()?).ok()?;
        Some(Outcome::Fails { line, error: message["code"]["code"].as_str().map(str::to_owned) })
    })
}

/// Runs a program to its end, which must come.
fn within_time(command: &mut Command) -> io::Result<Output> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let end = Instant::now() + LONGEST;
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(format!("it still runs after {} seconds", LONGEST.as_secs())));
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output()
}

/// A folder that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("course-quiz-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it lies in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_tried_in_earnest() {
        let rustc = Path::new("rustc");
        let prints = trace(rustc, "fn main() { println!(\"1\\n2 \"); }").unwrap();
        assert_eq!(prints, Outcome::Prints("1\n2".into()));
        let fails = trace(rustc, "fn main() {\n    let a = String::new();\n    drop(a);\n    drop(a);\n}").unwrap();
        assert_eq!(fails, Outcome::Fails { line: 4, error: Some("E0382".into()) });
        let panics = trace(rustc, "fn main() { let v: Vec<u8> = vec![]; println!(\"{}\", v[0]); }").unwrap_err();
        assert!(panics.to_string().contains("index out of bounds"), "{panics}");
        assert!(trace(Path::new("no-such-compiler"), "").is_err());
    }
}
