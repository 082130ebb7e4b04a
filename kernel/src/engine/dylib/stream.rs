//! What a child prints, from bytes to events: whole characters, a limit, and evcxr's display blocks.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::time::Duration;

use course_wire::size;

use super::blocks;
use crate::engine::Event;

/// So much waiting text is sent at once.
const LARGE: u64 = 64 << 10;
/// What is printed is sent on at the latest after this long.
const BATCH: Duration = Duration::from_millis(40);
/// The same for a cell that has printed so much that a page takes long to lay it out: it does that anew for every message.
const LATE_BATCH: Duration = Duration::from_millis(500);
/// So much, in bytes.
const MUCH: u64 = 512 << 10;
/// How much of the end of a cut output is shown, in bytes.
const TAIL: usize = 1024;

/// One of the child's two pipes.
#[derive(Debug)]
pub struct Stream {
    bytes: Vec<u8>,
    limit: Option<u64>,
    taken: u64,
    cut: Cut,
    ended: bool,
}

/// What was left out.
#[derive(Debug, Default)]
struct Cut {
    bytes: u64,
    lines: u64,
    tail: VecDeque<u8>,
}

impl Stream {
    /// A stream that is cut after `limit` bytes.
    pub fn new(limit: Option<u64>) -> Self {
        Self { bytes: Vec::new(), limit, taken: 0, cut: Cut::default(), ended: false }
    }

    /// Reads all that is there without waiting.
    pub fn fill(&mut self, pipe: &mut impl Read) {
        let mut buffer = [0; 16 << 10];
        // Bounded, so that an endless printer cannot keep the pump from its other duties.
        for _ in 0..64 {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => self.push(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let left = self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.taken));
        let (shown, cut) = bytes.split_at(bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        self.taken += shown.len() as u64;
        self.bytes.extend_from_slice(shown);
        if let (Some(limit), false) = (self.limit, cut.is_empty()) {
            if self.cut.bytes == 0 {
                let notice = format!(
                    "\n[This cell has printed {0}: what follows is cut, and the last of it shown at the end. \
                     `:output {1}` shows more.]\n",
                    size::text(limit),
                    size::text(limit.saturating_mul(10)),
                );
                self.bytes.extend_from_slice(notice.as_bytes());
            }
            self.cut.push(cut);
        }
    }

    /// Whether there is anything to send.
    pub fn pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether what has waited for `waited` is to be sent: it is much, or has waited long, for a cell that has printed so much already.
    pub fn is_due(&self, waited: Duration) -> bool {
        let before = self.taken.saturating_sub(self.bytes.len() as u64);
        let batch = if before < MUCH { BATCH } else { LATE_BATCH };
        self.pending() && (waited >= batch || self.bytes.len() as u64 >= LARGE.max(before / 2))
    }

    /// No more will come: half characters and half blocks are sent as they are, and the end of what was cut.
    pub fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.bytes.extend(self.cut.end());
        }
    }

    /// Takes what can be sent: text through `text`, and a display for every block that evcxr's convention marks.
    pub fn take(&mut self, text: fn(String) -> Event) -> Vec<Event> {
        let whole = match self.ended {
            true => self.bytes.len(),
            false => whole_characters(&self.bytes),
        };
        let rest = self.bytes.split_off(whole);
        let taken = std::mem::replace(&mut self.bytes, rest);
        let taken = String::from_utf8_lossy(&taken);
        let (events, held) = blocks::split(&taken, self.ended, text);
        self.bytes.splice(..0, held.bytes());
        events
    }
}

impl Cut {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let last = &bytes[bytes.len().saturating_sub(TAIL)..];
        self.tail.extend(last);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    /// The notice with the last lines.
    fn end(&mut self) -> Vec<u8> {
        if self.bytes == 0 {
            return Vec::new();
        }
        let tail: Vec<u8> = self.tail.drain(..).collect();
        if tail.len() as u64 == self.bytes {
            return tail;
        }
        // From a whole line on, or at least from a whole character.
        let line = tail.iter().position(|byte| *byte == b'\n').map(|at| at + 1).filter(|at| *at < tail.len());
        let start = line.or_else(|| tail.iter().position(|byte| byte & 0xc0 != 0x80)).unwrap_or(0);
        let lines = match self.lines {
            0 | 1 => String::new(),
            lines => format!(", {lines} lines"),
        };
        let mut text = format!("[{}{lines} were cut here. The last of it:]\n", size::text(self.bytes)).into_bytes();
        text.extend(&tail[start..]);
        text
    }
}

/// How many of the bytes are whole characters: a character cut in two by a read waits for its other half.
fn whole_characters(bytes: &[u8]) -> usize {
    // Only the end can be half a character; what is no UTF-8 before it does not matter here.
    let start = bytes.len().saturating_sub(3);
    let lead = (start..bytes.len()).rev().find(|at| bytes[*at] & 0xc0 != 0x80);
    match lead.map(|at| (at, std::str::from_utf8(&bytes[at..]))) {
        Some((at, Err(error))) if error.error_len().is_none() => at,
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(events: Vec<Event>) -> Vec<String> {
        let text = |event| match event {
            Event::Stdout(text) => text,
            Event::Display { bundle, .. } => {
                format!("<{}>", bundle.data.keys().next_back().cloned().unwrap_or_default())
            }
            other => format!("{other:?}"),
        };
        events.into_iter().map(text).collect()
    }

    #[test]
    fn a_character_cut_in_two_waits_for_its_other_half() {
        for character in ["ß", "€", "🦀"] {
            for half in 1..character.len() {
                let mut stream = Stream::new(None);
                stream.push(b"\xff a");
                stream.push(&character.as_bytes()[..half]);
                assert_eq!(texts(stream.take(Event::Stdout)), ["\u{fffd} a"]);
                stream.push(&character.as_bytes()[half..]);
                assert_eq!(texts(stream.take(Event::Stdout)), [character]);
                stream.push(b"\xff!");
                assert_eq!(texts(stream.take(Event::Stdout)), ["\u{fffd}!"]);
            }
        }
    }

    #[test]
    fn half_a_character_at_the_end_is_shown_as_what_it_is() {
        let mut stream = Stream::new(None);
        stream.push(&"é".as_bytes()[..1]);
        assert!(stream.take(Event::Stdout).is_empty());
        stream.end();
        assert_eq!(texts(stream.take(Event::Stdout)), ["\u{fffd}"]);
    }

    #[test]
    fn evcxr_blocks_become_displays_even_when_they_come_in_pieces() {
        let mut stream = Stream::new(None);
        stream.push(b"before\nEVCXR_BEGIN_CONTENT text/html\n<b>");
        assert_eq!(texts(stream.take(Event::Stdout)), ["before\n"]);
        stream.push(b"x</b>\nEVCXR_END_CONTENT\nafter");
        assert_eq!(texts(stream.take(Event::Stdout)), ["<text/html>", "after"]);
    }

    #[test]
    fn output_past_the_limit_is_cut_and_its_end_is_shown() {
        let mut stream = Stream::new(Some(4));
        stream.push(b"123456");
        let now = texts(stream.take(Event::Stdout)).concat();
        assert!(now.starts_with("1234\n[This cell has printed 4 B") && now.contains("`:output 40 B`"), "{now}");
        for number in 0..1000 {
            stream.push(format!("line {number}\n").as_bytes());
        }
        assert!(stream.take(Event::Stdout).is_empty(), "nothing of it before the end");
        stream.end();
        stream.end();
        let end = texts(stream.take(Event::Stdout)).concat();
        assert!(end.starts_with("[8.9 kB, 1000 lines were cut here. The last of it:]\nline 8"), "{end}");
        assert!(end.ends_with("line 999\n") && end.len() < TAIL + 100, "{end}");
    }

    #[test]
    fn a_little_past_the_limit_is_shown_whole() {
        let mut stream = Stream::new(Some(4));
        stream.push("123456789é".as_bytes());
        stream.end();
        let all = texts(stream.take(Event::Stdout)).concat();
        assert!(all.ends_with("]\n56789é"), "{all}");
    }

    #[test]
    fn the_more_a_cell_has_printed_the_more_goes_into_a_message() {
        let mut stream = Stream::new(None);
        let mut messages = 0;
        for _ in 0..1000 {
            stream.push(&[b'x'; 8 << 10]);
            if stream.is_due(Duration::ZERO) {
                messages += stream.take(Event::Stdout).len();
            }
        }
        assert!((10..20).contains(&messages), "{messages}");
        stream.push(b"x");
        assert!(stream.is_due(LATE_BATCH) && !stream.is_due(BATCH));
        let mut stream = Stream::new(None);
        assert!(!stream.is_due(LATE_BATCH), "there is nothing to send");
        stream.push(b"x");
        assert!(stream.is_due(BATCH) && !stream.is_due(BATCH / 2));
    }

    #[test]
    fn one_endless_line_is_cut_at_a_character() {
        let mut stream = Stream::new(Some(10));
        stream.push("é".repeat(5000).as_bytes());
        stream.end();
        let all = texts(stream.take(Event::Stdout)).concat();
        assert!(all.contains("[10 kB were cut here") && !all.contains('\u{fffd}'), "{all}");
    }
}
