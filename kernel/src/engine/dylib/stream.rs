//! What a child prints, from bytes to events: whole characters, a cap, and evcxr's display blocks.

use std::io::{ErrorKind, Read};

use course_wire::Bundle;

use crate::engine::Event;

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
const LARGE: usize = 64 << 10;

/// One of the child's two pipes.
#[derive(Debug)]
pub struct Stream {
    bytes: Vec<u8>,
    left: usize,
    cut: bool,
    ended: bool,
}

impl Stream {
    /// A stream that is cut after `cap` bytes.
    pub fn new(cap: usize) -> Self {
        Self { bytes: Vec::new(), left: cap, cut: false, ended: false }
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
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        self.bytes.extend_from_slice(&bytes[..taken]);
        if taken < bytes.len() && !self.cut {
            self.cut = true;
            self.bytes.extend_from_slice("\n[the rest of this cell's output is cut here]\n".as_bytes());
        }
    }

    /// Whether there is anything to send.
    pub fn pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether there is too much to wait for more.
    pub fn is_large(&self) -> bool {
        self.bytes.len() >= LARGE
    }

    /// No more will come: half characters and half blocks are sent as they are.
    pub fn end(&mut self) {
        self.ended = true;
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
        let mut events = Vec::new();
        let mut remaining = &*taken;
        while let Some(begin) = find_line_start(remaining, BEGIN) {
            let Some(length) = remaining[begin..].find(END) else {
                if self.ended {
                    break;
                }
                // The block is not whole yet: it waits for its end.
                let mut held = remaining.as_bytes()[begin..].to_vec();
                held.append(&mut self.bytes);
                self.bytes = held;
                remaining = &remaining[..begin];
                break;
            };
            push_text(&mut events, &remaining[..begin], text);
            let block = &remaining[begin + BEGIN.len()..begin + length];
            let (mime, content) = block.split_once('\n').unwrap_or((block, ""));
            events.push(display(mime.trim(), content.trim_end_matches('\n')));
            remaining = &remaining[begin + length + END.len()..];
            remaining = remaining.strip_prefix('\n').unwrap_or(remaining);
        }
        push_text(&mut events, remaining, text);
        events
    }
}

fn push_text(events: &mut Vec<Event>, piece: &str, text: fn(String) -> Event) {
    if !piece.is_empty() {
        events.push(text(piece.to_owned()));
    }
}

fn display(mime: &str, content: &str) -> Event {
    let mut bundle = Bundle::text(if mime == "text/plain" { content.to_owned() } else { format!("[{mime}]") });
    bundle.insert(mime, content);
    Event::Display { bundle, display_id: None, update: false }
}

fn find_line_start(text: &str, pattern: &str) -> Option<usize> {
    text.match_indices(pattern).map(|(at, _)| at).find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
}

/// How many of the bytes are whole characters: a character cut in two by a read waits for its other half.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
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
        let mut stream = Stream::new(100);
        let bytes = "aß".as_bytes();
        stream.push(&bytes[..2]);
        assert_eq!(texts(stream.take(Event::Stdout)), ["a"]);
        stream.push(&bytes[2..]);
        assert_eq!(texts(stream.take(Event::Stdout)), ["ß"]);
        stream.push(b"\xff!");
        assert_eq!(texts(stream.take(Event::Stdout)), ["\u{fffd}!"]);
    }

    #[test]
    fn evcxr_blocks_become_displays_even_when_they_come_in_pieces() {
        let mut stream = Stream::new(1000);
        stream.push(b"before\nEVCXR_BEGIN_CONTENT text/html\n<b>");
        assert_eq!(texts(stream.take(Event::Stdout)), ["before\n"]);
        stream.push(b"x</b>\nEVCXR_END_CONTENT\nafter");
        assert_eq!(texts(stream.take(Event::Stdout)), ["<text/html>", "after"]);
    }

    #[test]
    fn output_past_the_cap_is_cut_with_a_notice() {
        let mut stream = Stream::new(4);
        stream.push(b"123456");
        stream.push(b"789");
        let all = texts(stream.take(Event::Stdout)).concat();
        assert!(all.starts_with("1234\n[the rest") && !all.contains('7'), "{all}");
    }
}
