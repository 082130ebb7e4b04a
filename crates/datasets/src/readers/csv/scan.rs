//! Finding the fields of a record: where each begins and ends, quotes taken into account.
//!
//! The rules are those of pandas, which Python's `datasets` reads with: a quote counts at the start of a field only, two quotes
//! inside quotes are one, lines end in `\n`, `\r\n` or `\r`, lines with nothing but blanks are no records.

/// The signs with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    /// Lines that begin with it are passed over.
    pub(crate) comment: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), comment: None }
    }
}

/// Where a field stands in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Field {
    start: u32,
    /// The highest bit says that quotes are to be resolved.
    end: u32,
}

const HAS_QUOTES: u32 = 1 << 31;

impl Field {
    fn new(start: usize, end: usize, has_quotes: bool) -> Self {
        Self { start: start as u32, end: end as u32 | if has_quotes { HAS_QUOTES } else { 0 } }
    }

    /// The bytes it takes up; with its quotes where [`has_quotes`](Self::has_quotes) says so.
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.end & !HAS_QUOTES) as usize
    }

    pub(super) fn has_quotes(self) -> bool {
        self.end & HAS_QUOTES != 0
    }
}

/// What there is at some place of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// A record, and the next one may begin at this place.
    Record(usize),
    /// The block ends before the record does.
    Incomplete,
    /// The file ends inside the quotes that were opened at this place.
    Unclosed(usize),
}

impl Dialect {
    /// Passes over lines that are no records; `None` when the block ends in one of them.
    pub(super) fn skip_blank(&self, bytes: &[u8], mut at: usize, ended: bool) -> Option<usize> {
        loop {
            let mut look = at;
            while bytes.get(look).is_some_and(|byte| matches!(byte, b' ' | b'\t') && *byte != self.delimiter) {
                look += 1;
            }
            match bytes.get(look) {
                Some(b'\n' | b'\r') => at = look + 1,
                None if ended => return Some(bytes.len()),
                None => return None,
                Some(byte) if look == at && Some(*byte) == self.comment => match find_newline(bytes, at) {
                    Some(end) => at = end + 1,
                    None if ended => return Some(bytes.len()),
                    None => return None,
                },
                Some(_) => return Some(at),
            }
        }
    }

    /// Appends the fields of the record that begins at `at`.
    #[inline]
    pub(super) fn record(&self, bytes: &[u8], mut at: usize, ended: bool, fields: &mut Vec<Field>) -> Scan {
        loop {
            let begin = at;
            let opening = self.quote.filter(|quote| bytes.get(at) == Some(quote));
            let (field, end) = match opening {
                None => match find3(bytes, at, self.delimiter, b'\n', b'\r') {
                    Some(end) => (Field::new(begin, end, false), end),
                    None if ended => (Field::new(begin, bytes.len(), false), bytes.len()),
                    None => return Scan::Incomplete,
                },
                Some(quote) => match self.quoted(bytes, begin, quote, ended) {
                    Ok(found) => found,
                    Err(scan) => return scan,
                },
            };
            fields.push(field);
            match bytes.get(end) {
                None => return Scan::Record(bytes.len()),
                Some(b'\n') => return Scan::Record(end + 1),
                Some(b'\r') => match bytes.get(end + 1) {
                    Some(b'\n') => return Scan::Record(end + 2),
                    None if !ended => return Scan::Incomplete,
                    _ => return Scan::Record(end + 1),
                },
                Some(_) => at = end + 1,
            }
        }
    }

    /// The field whose quote stands at `begin`, and the place after it.
    fn quoted(&self, bytes: &[u8], begin: usize, quote: u8, ended: bool) -> Result<(Field, usize), Scan> {
        let mut at = begin + 1;
        let mut doubled = false;
        loop {
            let Some(closing) = find1(bytes, at, quote) else {
                return Err(if ended { Scan::Unclosed(begin) } else { Scan::Incomplete });
            };
            match bytes.get(closing + 1) {
                None if !ended => return Err(Scan::Incomplete),
                Some(next) if *next == quote => {
                    doubled = true;
                    at = closing + 2;
                }
                Some(next) if *next != self.delimiter && *next != b'\n' && *next != b'\r' => {
                    // Text after the closing quote belongs to the field.
                    return match find3(bytes, closing + 1, self.delimiter, b'\n', b'\r') {
                        Some(end) => Ok((Field::new(begin, end, true), end)),
                        None if ended => Ok((Field::new(begin, bytes.len(), true), bytes.len())),
                        None => Err(Scan::Incomplete),
                    };
                }
                _ if doubled => return Ok((Field::new(begin, closing + 1, true), closing + 1)),
                _ => return Ok((Field::new(begin + 1, closing, false), closing + 1)),
            }
        }
    }
}

/// A field without its quotes: two quotes inside are one, what follows the closing quote is taken as it is.
pub(super) fn without_quotes(raw: &str, quote: char) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.strip_prefix(quote).unwrap_or(raw);
    while let Some(at) = rest.find(quote) {
        text.push_str(&rest[..at]);
        rest = &rest[at + quote.len_utf8()..];
        match rest.strip_prefix(quote) {
            Some(after) => {
                text.push(quote);
                rest = after;
            }
            None => break,
        }
    }
    text.push_str(rest);
    text
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the first zero byte of a word (and perhaps later ones) with its highest bit.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The first place from `from` on where `marks` finds something in eight bytes, or `is` in one.
#[inline(always)]
fn find(bytes: &[u8], from: usize, marks: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (words, tail) = rest.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(from + index * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    tail.iter().position(|byte| is(*byte)).map(|place| from + words.len() * 8 + place)
}

#[inline]
fn find3(bytes: &[u8], from: usize, a: u8, b: u8, c: u8) -> Option<usize> {
    let [wa, wb, wc] = [a, b, c].map(|byte| u64::from(byte) * ONES);
    find(
        bytes,
        from,
        |word| zeros(word ^ wa) | zeros(word ^ wb) | zeros(word ^ wc),
        |byte| byte == a || byte == b || byte == c,
    )
}

#[inline]
fn find1(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let pattern = u64::from(wanted) * ONES;
    find(bytes, from, |word| zeros(word ^ pattern), |byte| byte == wanted)
}

fn find_newline(bytes: &[u8], from: usize) -> Option<usize> {
    find3(bytes, from, b'\n', b'\r', b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, ended: bool) -> (Vec<String>, Scan) {
        let mut found = Vec::new();
        let scan = Dialect::default().record(text.as_bytes(), 0, ended, &mut found);
        let texts = found.iter().map(|field| {
            let raw = &text[field.range()];
            if field.has_quotes() { without_quotes(raw, '"') } else { raw.to_owned() }
        });
        (texts.collect(), scan)
    }

    #[test]
    fn fields_are_found_as_pandas_finds_them() {
        for (text, expected) in [
            ("a,bc,\n", vec!["a", "bc", ""]),
            ("\"x\ny\",\"say \"\"hi\"\"\"\r\n", vec!["x\ny", "say \"hi\""]),
            ("5\" disk,\"a\"b\"c,z\n", vec!["5\" disk", "ab\"c", "z"]),
            ("  \"q\" ,1\r", vec!["  \"q\" ", "1"]),
            ("\"\",\"\"\"\"", vec!["", "\""]),
            ("last, of a file that ends here", vec!["last", " of a file that ends here"]),
        ] {
            assert_eq!(fields(text, true).0, expected, "{text:?}");
        }
    }

    #[test]
    fn a_record_waits_for_its_end() {
        for text in ["a,b", "a,\"b", "a,\"b\"", "a,\"b\n", "a,b\r", "a,\"b\"x"] {
            assert_eq!(fields(text, false).1, Scan::Incomplete, "{text:?}");
        }
        assert_eq!(fields("a,\"b\nc", true).1, Scan::Unclosed(2));
        assert_eq!(fields("a,b\r\nc", false).1, Scan::Record(5));
    }

    #[test]
    fn blank_lines_and_comments_are_passed_over() {
        let dialect = Dialect { comment: Some(b'#'), ..Dialect::default() };
        assert_eq!(dialect.skip_blank(b"\n  \t\r\n# x\n a,b", 0, true), Some(10));
        assert_eq!(dialect.skip_blank(b"  ", 0, false), None);
        assert_eq!(dialect.skip_blank(b"# x", 0, true), Some(3));
        let tabs = Dialect { delimiter: b'\t', ..dialect };
        assert_eq!(tabs.skip_blank(b"\t\n", 0, true), Some(0));
    }

    proptest::proptest! {
        #[test]
        fn the_search_by_words_finds_what_the_search_by_bytes_finds(bytes: Vec<u8>, from in 0_usize..40, a: u8, b: u8, c: u8) {
            let expected = bytes.iter().enumerate().skip(from).find(|(_, byte)| [a, b, c].contains(byte)).map(|(place, _)| place);
            proptest::prop_assert_eq!(find3(&bytes, from, a, b, c), expected);
        }
    }
}
