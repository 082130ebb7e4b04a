//! What a cell of a table says: nothing, yes or no, a number, text. The rules are those of pandas.

/// What counts as an empty cell unless the learner says otherwise.
const NULLS: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// The texts that stand for an empty cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nulls {
    texts: Vec<String>,
    longest: usize,
    /// Whether a text may begin with a byte.
    begins: Vec<bool>,
}

impl Default for Nulls {
    fn default() -> Self {
        Self::new(NULLS.map(str::to_owned).into())
    }
}

impl Nulls {
    /// These texts only.
    pub(crate) fn new(texts: Vec<String>) -> Self {
        let mut begins = vec![false; 256];
        for first in texts.iter().filter_map(|text| text.as_bytes().first()) {
            if let Some(place) = begins.get_mut(usize::from(*first)) {
                *place = true;
            }
        }
        Self { longest: texts.iter().map(String::len).max().unwrap_or(0), begins, texts }
    }

    /// Those of pandas and these.
    pub(crate) fn with(more: &[String]) -> Self {
        Self::new(NULLS.iter().map(|text| (*text).to_owned()).chain(more.iter().cloned()).collect())
    }

    /// Whether a cell is empty.
    #[inline]
    pub(super) fn is_null(&self, cell: &str) -> bool {
        match cell.as_bytes().first() {
            Some(first) if !self.begins.get(usize::from(*first)).copied().unwrap_or(false) => false,
            _ => cell.len() <= self.longest && self.texts.iter().any(|text| text == cell),
        }
    }
}

/// `True`, `true`, `TRUE` and their opposites.
#[inline]
pub(super) fn boolean(cell: &str) -> Option<bool> {
    match cell {
        "True" | "true" | "TRUE" => Some(true),
        "False" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A whole number, blanks around it allowed.
#[inline]
pub(super) fn integer(cell: &str) -> Option<i64> {
    let bytes = cell.as_bytes();
    // Up to 18 digits cannot overflow.
    if (1..=18).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')));
    }
    trimmed(cell).parse().ok()
}

/// A whole number too large for 64 bits with a sign, but not for 64 bits without.
pub(super) fn unsigned(cell: &str) -> Option<u64> {
    trimmed(cell).parse().ok()
}

/// A number, blanks around it allowed.
#[inline]
pub(super) fn float(cell: &str) -> Option<f64> {
    let text = trimmed(cell);
    // Rust takes `infinity` and `nan` in any case; what begins otherwise is a number or text.
    let begins = text.as_bytes().first()?;
    if begins.is_ascii_digit() || matches!(begins, b'-' | b'+' | b'.' | b'i' | b'I' | b'n' | b'N') {
        text.parse().ok()
    } else {
        None
    }
}

fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c| c == ' ' || c == '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_pandas_reads_them() {
        assert_eq!([" 1", "+2", "007", "-0 "].map(integer), [Some(1), Some(2), Some(7), Some(0)]);
        assert_eq!(["1_0", "0x10", "", "1.0", "9223372036854775808"].map(integer), [None; 5]);
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
        assert_eq!(unsigned("9223372036854775808"), Some(1 << 63));
        assert_eq!(["1e5", ".5", "5.", "-1.e3", "inf"].map(float), [1e5, 0.5, 5.0, -1e3, f64::INFINITY].map(Some));
        assert_eq!(["x", "1,5", "e5", "0x1p3", "--1"].map(float), [None; 5]);
        assert_eq!(["TRUE", "false", "yes", "1"].map(boolean), [Some(true), Some(false), None, None]);
    }

    #[test]
    fn empty_cells_have_many_spellings() {
        let nulls = Nulls::default();
        assert!(["", "NA", "null", "#N/A N/A", "None"].iter().all(|cell| nulls.is_null(cell)));
        assert!(["-", "Nan", "NAN", "none", " ", "0"].iter().all(|cell| !nulls.is_null(cell)));
        assert!(Nulls::with(&["-".to_owned()]).is_null("-"));
        assert!(!Nulls::new(vec!["-".to_owned()]).is_null(""));
    }
}
