//! A value's `Debug` text, on one line where it fits and never without end.

use std::fmt::{self, Debug, Write};

/// A line that is at most this long stays one line, in characters.
const LINE: usize = 100;
/// Text past this many bytes is cut: a page that long helps nobody, and a front end chokes on it.
const LIMIT: usize = 64 << 10;

/// `{:?}` when that is one short line, else `{:#?}`, cut at 64 KiB with a notice.
pub fn pretty<T: Debug + ?Sized>(value: &T) -> String {
    let mut line = Limited { text: String::new(), limit: LINE * 4 };
    if write!(line, "{value:?}").is_ok() && line.text.chars().count() <= LINE && !line.text.contains('\n') {
        return line.text;
    }
    let mut page = Limited { text: String::new(), limit: LIMIT };
    let whole = write!(page, "{value:#?}").is_ok();
    if !whole && page.limit < LIMIT || page.text.len() == LIMIT {
        page.text.push_str("\n… cut after 64 KiB");
    }
    page.text
}

/// Takes text up to `limit` bytes, then refuses, which makes the value stop formatting itself.
struct Limited {
    text: String,
    limit: usize,
}

impl Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.limit - self.text.len();
        if piece.len() <= room {
            self.text.push_str(piece);
            return Ok(());
        }
        let end = (0..=room).rev().find(|&end| piece.is_char_boundary(end)).unwrap_or(0);
        self.text.push_str(&piece[..end]);
        // So that a value which ignores the error adds nothing more, and the cut is known.
        self.limit = self.text.len();
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_take_one_line_and_long_ones_are_spread() {
        assert_eq!(pretty(&vec![1, 2, 3]), "[1, 2, 3]");
        let long: Vec<u32> = (100_000..100_020).collect();
        assert_eq!(pretty(&long).lines().count(), 22);
    }

    #[test]
    fn endless_text_is_cut_between_characters_and_says_so() {
        let text = pretty(&"é".repeat(LIMIT));
        assert!(text.len() < LIMIT + 64, "{}", text.len());
        assert!(text.ends_with("… cut after 64 KiB"));
    }
}
