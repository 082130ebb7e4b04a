//! A draw target for indicatif bars: what they would draw in a terminal, as one output that changes.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use course_wire::{Bundle, link};
use indicatif::{ProgressDrawTarget, TermLike};

use crate::live::Live;
use crate::{escape, theme};

/// The width that bars lay themselves out for, in characters.
const WIDTH: u16 = 88;
/// Lines that scrolled out of this many are forgotten.
const HEIGHT: u16 = 60;

/// Where a bar made with indicatif itself should draw: the notebook when there is one, else the terminal (stderr).
///
/// Each target is one place in the output, so give bars that run together one `MultiProgress` with this target.
///
/// ```
/// let bar = indicatif::ProgressBar::with_draw_target(Some(3), course_display::indicatif_target());
/// bar.inc(1);
/// ```
pub fn indicatif_target() -> ProgressDrawTarget {
    if link::connected() {
        // indicatif's own clock lets bursts through.
        let live = Live::new(Bundle::text(""), Duration::from_millis(100));
        let send = move |bundle: Bundle| {
            live.change(|shown| *shown = bundle, |_, ()| false);
            Ok(())
        };
        ProgressDrawTarget::term_like_with_hz(Box::new(NotebookTerminal::new(send)), 10)
    } else {
        ProgressDrawTarget::stderr()
    }
}

/// A terminal as far as indicatif uses one: it moves up over the lines it drew last, clears them, and writes them anew.
struct NotebookTerminal<S> {
    send: S,
    screen: Mutex<Screen>,
}

#[derive(Default)]
struct Screen {
    lines: Vec<String>,
    row: usize,
    writing: Writing,
    sent: Option<String>,
}

/// indicatif writes no newlines: it fills each line with spaces up to the terminal's width and lets it wrap.
#[derive(Default, PartialEq)]
enum Writing {
    /// The next text is a line's content.
    #[default]
    Content,
    /// The content is written; the next text is the space up to the right edge.
    Filler,
    /// The cursor is past the right edge: the next content goes to the next line.
    Wrapped,
}

impl<S> std::fmt::Debug for NotebookTerminal<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotebookTerminal").finish_non_exhaustive()
    }
}

impl<S> NotebookTerminal<S> {
    fn new(send: S) -> Self {
        Self { send, screen: Mutex::default() }
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    fn go_to(&mut self, row: usize) {
        if row != self.row {
            self.row = row;
            self.writing = Writing::Content;
        }
    }

    fn write(&mut self, text: &str) {
        if text == "\r" {
            self.writing = Writing::Content;
            return;
        }
        if self.writing == Writing::Filler {
            self.writing = Writing::Wrapped;
            return;
        }
        if self.writing == Writing::Wrapped {
            self.row += 1;
        }
        let text = without_escapes(text);
        // A content wider than the terminal takes several of its lines.
        let height = text.chars().count().div_ceil(usize::from(WIDTH)).max(1);
        let last = self.row + height - 1;
        if self.lines.len() <= last {
            self.lines.resize(last + 1, String::new());
        }
        let mut characters = text.chars();
        for line in &mut self.lines[self.row..=last] {
            *line = characters.by_ref().take(usize::from(WIDTH)).collect();
        }
        self.row = last;
        self.writing = Writing::Filler;
    }

    fn clear_line(&mut self) {
        if let Some(line) = self.lines.get_mut(self.row) {
            line.clear();
        }
        self.writing = Writing::Content;
    }

    /// What is on the screen, unless it is what was sent last.
    fn news(&mut self) -> Option<String> {
        let surplus = self.lines.len().saturating_sub(4 * usize::from(HEIGHT));
        if surplus > 0 && self.row >= surplus {
            self.lines.drain(..surplus);
            self.row -= surplus;
        }
        let text = self.lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
        let text = text.trim_end().to_owned();
        let first = self.sent.is_none();
        if self.sent.as_deref() == Some(&text) || (first && text.is_empty()) {
            return None;
        }
        self.sent = Some(text.clone());
        Some(text)
    }
}

impl<S: Fn(Bundle) -> io::Result<()> + Send + Sync> TermLike for NotebookTerminal<S> {
    fn width(&self) -> u16 {
        WIDTH
    }

    fn height(&self) -> u16 {
        HEIGHT
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        let mut screen = self.screen();
        let row = screen.row.saturating_sub(lines);
        screen.go_to(row);
        Ok(())
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        let mut screen = self.screen();
        let row = screen.row + lines;
        screen.go_to(row);
        Ok(())
    }

    fn move_cursor_right(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        let mut screen = self.screen();
        screen.write(text);
        screen.writing = Writing::Wrapped;
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.screen().write(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.screen().clear_line();
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut screen = self.screen();
        match screen.news() {
            Some(text) => {
                let html = format!("<pre style=\"margin:0;{}\">{}</pre>", theme::MONOSPACE, escape(&text));
                (self.send)(Bundle::html(html, text))
            }
            None => Ok(()),
        }
    }
}

/// Text without the escape sequences that colour it.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
            continue;
        }
        // `ESC [ parameters letter`
        if characters.next() == Some('[') {
            characters.by_ref().find(|c| ('@'..='~').contains(c));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

    use super::*;

    type Sent = Arc<Mutex<Vec<String>>>;

    /// A target without a rate limit, and what it sends.
    fn target() -> (ProgressDrawTarget, Sent) {
        let sent = Sent::default();
        let log = sent.clone();
        let terminal = NotebookTerminal::new(move |bundle: Bundle| {
            log.lock().unwrap().push(bundle.plain().to_owned());
            Ok(())
        });
        (ProgressDrawTarget::term_like(Box::new(terminal)), sent)
    }

    fn styled(bar: ProgressBar) -> ProgressBar {
        bar.set_style(ProgressStyle::with_template("{prefix} {pos}/{len} {msg}").unwrap());
        bar
    }

    fn last(sent: &Sent) -> String {
        sent.lock().unwrap().last().cloned().unwrap_or_default()
    }

    #[test]
    fn one_bar_is_one_line_that_changes() {
        let (target, sent) = target();
        let bar = styled(ProgressBar::with_draw_target(Some(2), target)).with_prefix("get");
        bar.tick();
        bar.inc(1);
        bar.set_message("\u{1b}[32mgreen\u{1b}[0m");
        bar.inc(1);
        bar.abandon();
        assert_eq!(last(&sent), "get 2/2 green");
        let sent = sent.lock().unwrap();
        assert!(sent.iter().all(|text| text.lines().count() == 1), "{sent:?}");
    }

    #[test]
    fn several_bars_and_printed_lines_keep_their_places() {
        let (target, sent) = target();
        let bars = MultiProgress::with_draw_target(target);
        let one = styled(bars.add(ProgressBar::new(2))).with_prefix("one");
        let two = styled(bars.add(ProgressBar::new(2))).with_prefix("two");
        one.inc(1);
        two.inc(2);
        bars.println("note").unwrap();
        one.inc(1);
        one.abandon();
        two.abandon();
        assert_eq!(last(&sent), "note\none 2/2\ntwo 2/2");
    }

    #[test]
    fn a_cleared_bar_is_gone() {
        let (target, sent) = target();
        let bar = styled(ProgressBar::with_draw_target(Some(2), target));
        bar.inc(1);
        bar.finish_and_clear();
        assert_eq!(last(&sent), "");
    }
}
