//! The cells that were run, in this session and in earlier ones: what the arrow keys of a console go through.
//!
//! This session's cells are kept in memory and appended to a [`file`] that all kernels of the course share. Where that cannot be
//! read or written, the session's own history is what there is, and the kernel runs on.

mod file;
mod glob;
mod request;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::file::HistoryFile;
pub use self::request::HistoryRequest;
use super::log::log;

/// Cells of this session that are kept in memory.
const MOST_CELLS: usize = 10_000;
/// The longest cell that is kept, in bytes.
const LONGEST_INPUT: usize = 64 << 10;
/// How much of a cell's result is kept, in bytes.
const LONGEST_OUTPUT: usize = 4 << 10;

/// One cell that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts the sessions, from 1.
    pub session: u64,
    /// Its execution count.
    pub line: u32,
    /// Its source.
    pub input: String,
    /// The text of its result, if it had one.
    pub output: Option<String>,
}

/// The history as one session sees it.
#[derive(Default)]
pub struct History {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: Option<HistoryFile>,
    /// This session's number, given with its first cell.
    session: Option<u64>,
    own: VecDeque<Entry>,
}

impl History {
    /// A history in a folder; without one it lasts as long as the session.
    pub fn open(folder: Option<&Path>) -> Self {
        let file = folder.map(HistoryFile::new);
        Self { state: Mutex::new(State { file, ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a cell that is about to run.
    pub fn begin(&self, line: u32, input: &str) {
        if input.len() > LONGEST_INPUT {
            return;
        }
        let mut state = self.state();
        let session = state.current_session();
        let entry = Entry { session, line, input: input.to_owned(), output: None };
        state.write(|file| file.append_input(&entry));
        if state.own.len() == MOST_CELLS {
            state.own.pop_front();
        }
        state.own.push_back(entry);
    }

    /// Adds the result of the last cell.
    pub fn end(&self, line: u32, output: &str) {
        let mut state = self.state();
        let Some(entry) = state.own.back_mut().filter(|entry| entry.line == line) else { return };
        let end = output.floor_char_boundary(LONGEST_OUTPUT);
        entry.output = Some(output[..end].to_owned());
        let entry = entry.clone();
        state.write(|file| file.append_output(&entry));
    }

    /// The content of the reply to a `history_request`.
    pub fn answer(&self, request: &HistoryRequest) -> Value {
        let (all, current) = self.state().all();
        let rows: Vec<Value> = request
            .select(&all, current)
            .into_iter()
            .map(|Entry { session, line, input, output }| match request.output {
                true => json!([session, line, [input, output]]),
                false => json!([session, line, input]),
            })
            .collect();
        json!({ "status": "ok", "history": rows })
    }
}

impl State {
    /// This session's number; the first call takes the next free one.
    fn current_session(&mut self) -> u64 {
        if let Some(session) = self.session {
            return session;
        }
        let mut taken = None;
        self.write(|file| file.new_session().map(|session| taken = Some(session)));
        *self.session.insert(taken.unwrap_or(1))
    }

    /// Writes to the file; one that fails is not tried again.
    fn write(&mut self, write: impl FnOnce(&HistoryFile) -> std::io::Result<()>) {
        if let Some(file) = &self.file
            && let Err(error) = write(file)
        {
            log(format_args!("history is kept for this session only: {}: {error}", file.path().display()));
            self.file = None;
        }
    }

    /// All cells known, oldest session first, and the number of this session.
    fn all(&self) -> (Vec<Entry>, u64) {
        let mut all = self.file.as_ref().and_then(|file| file.read().ok()).unwrap_or_default();
        let next = all.iter().map(|entry| entry.session).max().unwrap_or_default().saturating_add(1);
        let current = self.session.unwrap_or(next);
        all.retain(|entry| entry.session != current);
        all.extend(self.own.iter().cloned());
        all.sort_by_key(|entry| (entry.session, entry.line));
        (all, current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(history: &History, request: Value) -> Vec<Value> {
        let request: HistoryRequest = serde_json::from_value(request).unwrap();
        history.answer(&request)["history"].as_array().unwrap().clone()
    }

    #[test]
    fn the_next_session_sees_the_cells_of_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let first = History::open(Some(folder.path()));
        first.begin(1, "let x = 1;");
        first.begin(2, "x + 1");
        first.end(2, "2");
        let second = History::open(Some(folder.path()));
        second.begin(1, "3");
        let tail = json!({ "hist_access_type": "tail", "n": 2, "output": true });
        assert_eq!(inputs(&second, tail), [json!([1, 2, ["x + 1", "2"]]), json!([2, 1, ["3", null]])]);
        let last_session = json!({ "hist_access_type": "range", "session": -1, "start": 1, "stop": 2 });
        assert_eq!(inputs(&second, last_session), [json!([1, 1, "let x = 1;"])]);
        // The first session goes on meanwhile, and both see it.
        first.begin(3, "4");
        let all = json!({ "hist_access_type": "search", "pattern": "?" });
        assert_eq!(inputs(&second, all.clone()), [json!([1, 3, "4"]), json!([2, 1, "3"])]);
        assert_eq!(inputs(&first, all), [json!([1, 3, "4"]), json!([2, 1, "3"])]);
    }

    #[test]
    fn without_a_usable_file_the_session_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        // A file where a folder should be.
        let blocked = folder.path().join("blocked");
        std::fs::write(&blocked, "").unwrap();
        for history in [History::open(Some(&blocked)), History::open(None)] {
            history.begin(1, "a");
            history.begin(2, &"long".repeat(LONGEST_INPUT));
            history.begin(3, "b");
            history.end(3, &"é".repeat(LONGEST_OUTPUT));
            let tail = json!({ "hist_access_type": "tail", "n": 9 });
            assert_eq!(inputs(&history, tail), [json!([1, 1, "a"]), json!([1, 3, "b"])]);
        }
    }
}
