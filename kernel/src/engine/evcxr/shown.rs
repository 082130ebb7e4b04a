//! From the bytes that a cell prints to outputs in order; the last value becomes the cell's result.

use std::collections::BTreeMap;

use course_wire::Bundle;

use crate::engine::dylib::stream::Stream;
use crate::engine::{Event, Output};

/// A cell that goes on printing is cut here, in bytes.
const OUTPUT_CAP: u64 = 8 << 20;

/// One cell's output.
pub struct Shown<'a> {
    output: &'a dyn Output,
    /// Whether the cell ends in an expression.
    expression: bool,
    stdout: Stream,
    stderr: Stream,
    /// A display that may be the last value.
    held: Option<Bundle>,
    said: String,
}

impl<'a> Shown<'a> {
    /// Nothing yet.
    pub fn new(output: &'a dyn Output, expression: bool) -> Self {
        let (stdout, stderr) = (Stream::new(Some(OUTPUT_CAP)), Stream::new(Some(OUTPUT_CAP)));
        Self { output, expression, stdout, stderr, held: None, said: String::new() }
    }

    /// Passes an event on as it is.
    pub fn emit(&self, event: Event) {
        self.output.emit(event);
    }

    /// Takes what was printed.
    pub fn stdout(&mut self, mut bytes: &[u8]) {
        self.stdout.fill(&mut bytes);
        let events = self.stdout.take(Event::Stdout);
        self.pass(events);
    }

    /// Takes what came on stderr.
    pub fn stderr(&mut self, mut bytes: &[u8]) {
        self.stderr.fill(&mut bytes);
        let events = self.stderr.take(Event::Stderr);
        self.pass(events);
    }

    fn pass(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Display { bundle, .. } => self.hold(bundle),
                event => {
                    if let Event::Stderr(text) = &event {
                        self.said.push_str(text);
                    }
                    self.flush();
                    self.output.emit(event);
                }
            }
        }
    }

    /// Only what comes next, or the cell's end, tells whether this was the last value.
    fn hold(&mut self, bundle: Bundle) {
        self.flush();
        self.held = Some(bundle);
    }

    /// Shows what was held back.
    pub fn flush(&mut self) {
        if let Some(bundle) = self.held.take() {
            self.output.emit(Event::Display { bundle, display_id: None, update: false });
        }
    }

    /// The cell is over; `more` is what evcxr itself has to show.
    pub fn end(&mut self, more: BTreeMap<String, String>) {
        self.stdout.end();
        self.stderr.end();
        let rest: Vec<Event> =
            self.stdout.take(Event::Stdout).into_iter().chain(self.stderr.take(Event::Stderr)).collect();
        self.pass(rest);
        match self.held.take() {
            // evcxr shows the value of `println!("…")` too.
            Some(bundle) if self.expression && is_unit(&bundle) => {}
            Some(bundle) if self.expression => self.output.emit(Event::Result(bundle)),
            held => {
                self.held = held;
                self.flush();
            }
        }
        if !more.is_empty() {
            let mut bundle = Bundle::text("");
            more.into_iter().for_each(|(mime, content)| bundle.insert(mime, content));
            self.output.emit(Event::Display { bundle, display_id: None, update: false });
        }
    }

    /// All of stderr.
    pub fn said(&self) -> &str {
        &self.said
    }
}

fn is_unit(bundle: &Bundle) -> bool {
    bundle.data.len() == 1 && bundle.plain() == "()"
}

/// The message of the last panic in what was said.
pub fn panic_message(said: &str) -> String {
    let (_, after) = said.rsplit_once(" panicked at ").unwrap_or(("", said));
    let lines =
        after.lines().skip(1).take_while(|line| *line != "stack backtrace:" && !line.starts_with("note: run with"));
    let message = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    if message.is_empty() { "the cell panicked".to_owned() } else { message }
}

/// The last line that says something.
pub fn last_line(said: &str) -> String {
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(|| "`?` met an error".to_owned(), |line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl Output for Kept {
        fn emit(&self, event: Event) {
            let types = |bundle: &Bundle| bundle.data.keys().cloned().collect::<Vec<_>>().join("+");
            self.0.lock().unwrap().push(match event {
                Event::Stdout(text) => text,
                Event::Display { bundle, .. } => format!("display {}", types(&bundle)),
                Event::Result(bundle) => format!("result {} {}", types(&bundle), bundle.plain()),
                other => format!("{other:?}"),
            });
        }
    }

    fn block(mime: &str, content: &str) -> String {
        format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n")
    }

    #[test]
    fn displays_come_live_and_the_last_value_is_the_result() {
        let kept = Kept::default();
        let mut shown = Shown::new(&kept, true);
        let value = block("text/html", "<b>1</b>") + &block("text/plain", "1");
        shown.stdout(format!("a{}", "\n").as_bytes());
        shown.stdout((block("text/html", "x") + &block("text/html", "y") + "b\n" + &value).as_bytes());
        shown.end(BTreeMap::new());
        let kept = kept.0.into_inner().unwrap();
        assert_eq!(kept.len(), 5, "{kept:?}");
        assert!(kept[1].starts_with("display") && kept[2].starts_with("display") && kept[3] == "b\n", "{kept:?}");
        assert!(kept[4].starts_with("result") && kept[4].contains("text/html") && kept[4].ends_with(" 1"), "{kept:?}");
    }

    #[test]
    fn the_empty_value_is_no_result() {
        let kept = Kept::default();
        let mut shown = Shown::new(&kept, true);
        shown.stdout(("a\n".to_owned() + &block("text/plain", "()")).as_bytes());
        shown.end(BTreeMap::new());
        assert_eq!(kept.0.into_inner().unwrap(), ["a\n"]);
    }

    #[test]
    fn a_panic_is_told_by_its_message() {
        let said = "thread 'main' panicked at src/lib.rs:9:1:\nboom\nand more\nstack backtrace:\n   0: x\n";
        assert_eq!(panic_message(said), "boom\nand more");
        assert_eq!(last_line("\nan error\n\n"), "an error");
    }
}
