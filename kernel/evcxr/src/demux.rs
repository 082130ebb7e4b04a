//! The child's stdout, taken apart: evcxr's control lines go to evcxr, every other byte to the kernel as it comes.
//!
//! evcxr reads lines, so it would hold a partial line back, lose `\r`, and fail on bytes that are no text.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use crate::message::{Frame, OUTPUT_FD};

/// What every control line begins with.
const MARK: &[u8] = b"EVCXR_";

/// Control lines that are for evcxr. `EVCXR_BEGIN_CONTENT` is not among them: the kernel shows displays as they come.
const CONTROL: [(&[u8], Option<Frame>); 5] = [
    (b"EVCXR_EXECUTION_COMPLETE", None),
    (b"EVCXR_PANIC_NOTIFICATION", Some(Frame::Panic)),
    (b"EVCXR_ERROR_OCCURRED", Some(Frame::Error)),
    (b"EVCXR_VARIABLE_CHANGED_TYPE:", None),
    (b"EVCXR_INPUT_REQUEST", None),
];

/// Puts pipes of our own behind fds 1 and 2 and starts to carry them.
///
/// # Errors
/// When there is no pipe to be had, or the kernel gave no descriptor.
pub fn install() -> io::Result<()> {
    // evcxr asks for backtraces of its own insides with every panic.
    // SAFETY: no other thread of this process has started yet.
    unsafe { std::env::remove_var("RUST_BACKTRACE") };
    let fd: RawFd = std::env::var(OUTPUT_FD).ok().and_then(|fd| fd.parse().ok()).ok_or(io::ErrorKind::NotFound)?;
    // SAFETY: the kernel opened it for this process, and nothing else here uses it.
    let kernel = Arc::new(Mutex::new(unsafe { File::from_raw_fd(fd) }));
    // SAFETY: descriptor 1 is open, and the copy is ours.
    let control = unsafe { File::from_raw_fd(checked(libc::dup(1))?) };
    let (mut stdout, mut stderr) = (redirect(1)?, redirect(2)?);
    let both = Arc::clone(&kernel);
    std::thread::spawn(move || {
        let mut split = Split::default();
        let mut control = control;
        let mut buffer = [0; 16 << 10];
        while let Ok(read @ 1..) = stdout.read(&mut buffer) {
            for piece in split.push(&buffer[..read]) {
                let sent = match piece {
                    Piece::Text(bytes) => send(&both, Frame::Stdout, &bytes),
                    Piece::Control(line, frame) => frame
                        .map_or(Ok(()), |frame| send(&both, frame, &[]))
                        .and_then(|()| control.write_all(&line)),
                };
                if sent.is_err() {
                    return;
                }
            }
        }
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(read @ 1..) = stderr.read(&mut buffer) {
            if send(&kernel, Frame::Stderr, &buffer[..read]).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Puts a pipe behind a descriptor; gives the end to read from.
fn redirect(fd: RawFd) -> io::Result<File> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for two descriptors, which are ours from here on.
    let (read, write) = unsafe {
        checked(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC))?;
        (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1]))
    };
    // SAFETY: both descriptors are open.
    unsafe { checked(libc::dup2(write.as_raw_fd(), fd))? };
    Ok(File::from(read))
}

fn checked(result: i32) -> io::Result<i32> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn send(kernel: &Mutex<File>, frame: Frame, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut message = vec![frame as u8];
    message.extend(length.to_le_bytes());
    message.extend(bytes);
    kernel.lock().unwrap_or_else(PoisonError::into_inner).write_all(&message)
}

/// A piece of the child's stdout.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    /// A whole line with its newline.
    Control(Vec<u8>, Option<Frame>),
}

/// Finds control lines, also where they follow a partial line, and holds back only what may become one.
#[derive(Debug, Default)]
struct Split {
    held: Vec<u8>,
}

impl Split {
    fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.held.extend(bytes);
        let held = std::mem::take(&mut self.held);
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut rest = held.as_slice();
        while let Some(at) = find(rest, MARK) {
            text.extend(&rest[..at]);
            let line = &rest[at..];
            let may_be = CONTROL.iter().any(|(word, _)| word.starts_with(line) || line.starts_with(word));
            let end = line.iter().position(|byte| *byte == b'\n');
            match (may_be, end) {
                (true, None) => {
                    self.held = line.to_vec();
                    rest = &[];
                    break;
                }
                (true, Some(end)) => {
                    let found = CONTROL.iter().find(|(word, _)| line.starts_with(word));
                    let control = &line[..=end];
                    match found {
                        Some((_, frame)) => {
                            if !text.is_empty() {
                                pieces.push(Piece::Text(std::mem::take(&mut text)));
                            }
                            pieces.push(Piece::Control(control.to_vec(), *frame));
                        }
                        None => text.extend(control),
                    }
                    rest = &line[end + 1..];
                }
                (false, _) => {
                    text.extend(&line[..MARK.len()]);
                    rest = &line[MARK.len()..];
                }
            }
        }
        // The mark itself may be cut in two.
        let cut = (1..MARK.len()).rev().find(|length| rest.ends_with(&MARK[..*length])).unwrap_or_default();
        if self.held.is_empty() {
            self.held = rest[rest.len() - cut..].to_vec();
            rest = &rest[..rest.len() - cut];
        }
        text.extend(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: Vec<Piece>) -> Vec<String> {
        let show = |piece| match piece {
            Piece::Text(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Piece::Control(line, frame) => format!("<{} {frame:?}>", String::from_utf8_lossy(&line).trim()),
        };
        pieces.into_iter().map(show).collect()
    }

    #[test]
    fn control_lines_are_found_wherever_they_stand() {
        let mut split = Split::default();
        assert_eq!(
            shown(split.push(b"a partial line EVCXR_EXECUTION_COMPLETE\n")),
            ["a partial line ", "<EVCXR_EXECUTION_COMPLETE None>"]
        );
        assert_eq!(shown(split.push(b"EVCXR_PANIC_NOTI")), [""; 0]);
        assert_eq!(shown(split.push(b"FICATION\nx\r")), ["<EVCXR_PANIC_NOTIFICATION Some(Panic)>", "x\r"]);
    }

    #[test]
    fn nothing_else_is_held_back_or_changed() {
        let mut split = Split::default();
        assert_eq!(shown(split.push(b"50 %")), ["50 %"]);
        assert_eq!(shown(split.push(b"EVCXR_BEGIN_CONTENT text/html\n<b>")), ["EVCXR_BEGIN_CONTENT text/html\n<b>"]);
        let mut split = Split::default();
        assert_eq!(shown(split.push(b"xEVC")), ["x"]);
        assert_eq!(shown(split.push(b"EVCXR_ is a mark\n")), ["EVCEVCXR_ is a mark\n"]);
        assert_eq!(split.push(b"\xff\xfe"), [Piece::Text(vec![0xff, 0xfe])]);
    }
}
