//! Why the child died, in words that say what to do.

use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::memory::{self, Limit, VARIABLE};
use super::palette::{RED, RESET};
use crate::engine::CellError;

/// As much of stderr as the runtime's own last messages take.
const LAST_WORDS: usize = 2 << 10;

/// What is known about the end of a child.
#[derive(Debug)]
pub struct Death {
    /// How the process ended.
    pub status: ExitStatus,
    /// The end of what it wrote to stderr.
    pub last_words: String,
    /// The limit that it ran under.
    pub limit: Limit,
    /// Whether the system ended processes for want of memory meanwhile.
    pub oom_kill: bool,
}

impl Death {
    /// What happened, and what to do where that is not plain.
    pub fn cause(&self) -> (String, Option<String>) {
        if let Some(asked) = self.allocation() {
            return self.out_of_memory(asked);
        }
        match (self.status.signal(), self.status.code()) {
            (Some(libc::SIGKILL), _) if self.oom_kill => (
                "the memory ran out, and the system ended it (SIGKILL)".to_owned(),
                Some(format!("{} A limit below what there is gives an error earlier: {VARIABLE}=1.5G.", self.advice())),
            ),
            (Some(libc::SIGSEGV), _) if self.last_words.trim_end().ends_with(course_wire::STACK_OVERFLOW) => (
                "a function called itself too deeply, and the stack of 512 MB overflowed (SIGSEGV)".to_owned(),
                Some("A recursion ends by a case that makes no call; a very deep one is better written as a loop.".to_owned()),
            ),
            (Some(libc::SIGABRT), _) if self.last_words.trim_end().ends_with(course_wire::ENDLESS_CHECK) => (
                "the code under the check went on and on, at a place where it could not be stopped alone".to_owned(),
                Some("Does every loop come nearer to its end at each turn?".to_owned()),
            ),
            (Some(libc::SIGSEGV), _) => (
                "it touched memory that is not its own (SIGSEGV)".to_owned(),
                Some(
                    "Only `unsafe` code does that, and a thread that recurses too deeply: `std::thread::Builder::new().stack_size(…)` \
                     gives it more than 2 MB."
                        .to_owned(),
                ),
            ),
            (Some(signal), _) => (signalled(signal), None),
            (None, Some(code)) => (format!("it exited with status {code}"), None),
            (None, None) => ("it went away".to_owned(), None),
        }
    }

    /// The bytes of the allocation that failed, 0 where only that is known.
    fn allocation(&self) -> Option<u64> {
        if self.status.signal() != Some(libc::SIGABRT) {
            return None;
        }
        let (_, after) = match self.last_words.rsplit_once("memory allocation of ") {
            Some(parts) => parts,
            None => return self.last_words.contains("std::bad_alloc").then_some(0),
        };
        let (bytes, rest) = after.split_once(' ')?;
        rest.starts_with("bytes failed").then(|| bytes.parse().unwrap_or(0))
    }

    fn out_of_memory(&self, asked: u64) -> (String, Option<String>) {
        let asked = match asked {
            0 => "more memory".to_owned(),
            bytes => format!("{} more memory", memory::size(bytes)),
        };
        let limit = match self.limit {
            Limit::None => "and the machine has no more to give".to_owned(),
            Limit::Set(bytes) => format!("and its limit is {} ({VARIABLE})", memory::size(bytes)),
            Limit::Container { child, container } => {
                format!(
                    "and its limit is {}, its share of this container's {}",
                    memory::size(child),
                    memory::size(container)
                )
            }
        };
        (format!("out of memory: it asked for {asked}, {limit}"), Some(self.advice()))
    }

    fn advice(&self) -> String {
        let more = match self.limit {
            Limit::None => String::new(),
            _ => format!(", or start the kernel with a higher {VARIABLE}"),
        };
        format!(
            "Work on less at a time (a smaller batch, fewer rows), give back what is done with (`drop(name);`){more}."
        )
    }
}

fn signalled(signal: i32) -> String {
    match signal {
        libc::SIGBUS => "it read a mapped file that has become shorter, or misaligned memory (SIGBUS)".to_owned(),
        libc::SIGABRT => "it called `abort`, or panicked inside a panic (SIGABRT)".to_owned(),
        libc::SIGKILL => "it was killed from outside (SIGKILL)".to_owned(),
        libc::SIGILL => "it ran an instruction that this processor lacks (SIGILL)".to_owned(),
        libc::SIGFPE => "it divided by zero in unchecked code (SIGFPE)".to_owned(),
        signal => format!("signal {signal} ended it"),
    }
}

/// What is gone with the child.
pub fn lost(variables: &[String]) -> String {
    match variables {
        [] => "No variable was lost.".to_owned(),
        names => format!(
            "Lost with it: {}. Functions and types are kept; run the cells that made the variables again.",
            names.join(", ")
        ),
    }
}

/// The error of the cell in which the child died.
pub fn error(death: &Death, interrupted: bool, variables: &[String]) -> CellError {
    if interrupted {
        let evalue = "the cell did not stop when asked, so its process was ended".to_owned();
        return with("Interrupted", evalue, vec![lost(variables)]);
    }
    let (cause, advice) = death.cause();
    let mut more = vec![lost(variables)];
    more.extend(advice);
    more.push("The next cell starts a new one.".into());
    with("ProcessDied", format!("the process that runs cells ended: {cause}"), more)
}

fn with(ename: &str, evalue: String, more: Vec<String>) -> CellError {
    let mut traceback = vec![format!("{RED}{ename}{RESET}: {evalue}")];
    traceback.extend(more);
    CellError { ename: ename.to_owned(), evalue, traceback }
}

/// The end of all that was read through it.
#[derive(Debug, Default)]
pub struct LastWords(Vec<u8>);

impl LastWords {
    /// A reader that keeps the end of what it reads.
    pub fn of<'a, R: Read>(&'a mut self, pipe: &'a mut R) -> impl Read + 'a {
        Listening { pipe, words: &mut self.0 }
    }

    /// As text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

struct Listening<'a, R> {
    pipe: &'a mut R,
    words: &'a mut Vec<u8>,
}

impl<R: Read> Read for Listening<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.pipe.read(buffer)?;
        let read = buffer.get(..length).unwrap_or_default();
        self.words.extend_from_slice(&read[length.saturating_sub(LAST_WORDS)..]);
        let surplus = self.words.len().saturating_sub(LAST_WORDS);
        self.words.drain(..surplus);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn death(status: i32, last_words: &str, limit: Limit, oom_kill: bool) -> Death {
        Death { status: ExitStatus::from_raw(status), last_words: last_words.into(), limit, oom_kill }
    }

    #[test]
    fn an_allocation_that_failed_names_the_limit_what_was_asked_and_what_to_do() {
        let words = "learner's own\nmemory allocation of 8589934592 bytes failed\n";
        let (cause, advice) = death(libc::SIGABRT, words, Limit::Set(3 << 29), false).cause();
        assert!(cause.contains("8 GB") && cause.contains("1.5 GB") && cause.contains(VARIABLE), "{cause}");
        assert!(advice.unwrap().contains("higher COURSE_MEMORY_LIMIT"));
        let container = Limit::Container { child: 3 << 29, container: 2 << 30 };
        let (cause, _) = death(libc::SIGABRT, words, container, false).cause();
        assert!(cause.contains("1.5 GB") && cause.contains("2 GB"), "{cause}");
    }

    #[test]
    fn each_end_has_its_words() {
        let cases = [
            (libc::SIGABRT, "", false, "abort"),
            (libc::SIGABRT, "memory allocation of a poem\n", false, "abort"),
            (
                libc::SIGABRT,
                "terminate called after throwing an instance of 'std::bad_alloc'\n",
                false,
                "out of memory",
            ),
            (libc::SIGSEGV, "the stack of the cell has overflowed\n", false, "too deeply"),
            (libc::SIGSEGV, "the stack of the cell has overflowed\nand more", false, "not its own"),
            (libc::SIGSEGV, "", false, "SIGSEGV"),
            (libc::SIGABRT, "the code under the check could not be stopped\n", false, "under the check"),
            (libc::SIGKILL, "", false, "from outside"),
            (libc::SIGKILL, "", true, "memory ran out"),
            (libc::SIGTERM, "", false, "signal 15"),
            (3 << 8, "", true, "status 3"),
        ];
        for (status, words, oom_kill, expected) in cases {
            let (cause, _) = death(status, words, Limit::None, oom_kill).cause();
            assert!(cause.contains(expected), "{cause} does not say {expected}");
        }
    }

    #[test]
    fn only_the_end_of_stderr_is_kept() {
        let mut words = LastWords::default();
        let mut pipe = [vec![b'a'; 3 * LAST_WORDS], b"the end".to_vec()].concat();
        let mut read = Vec::new();
        words.of(&mut pipe.as_slice()).read_to_end(&mut read).unwrap();
        assert_eq!(read, pipe);
        assert_eq!(words.text().len(), LAST_WORDS);
        assert!(words.text().ends_with("athe end"));
        pipe.clear();
    }
}
