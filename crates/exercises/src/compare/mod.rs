//! Where two values differ first, in words.
//!
//! What is equal is decided by the values' own types; here it is only told. Most types are told apart by their `Debug` text, taken
//! apart again ([`tree`]): one function for all types, so that a cell that checks compiles quickly.

mod close;
mod text;
mod tree;

use std::fmt::{self, Debug, Write};

pub use close::{Close, Values};
use tree::{Node, Step};

/// Text longer than this is not looked at further.
const MOST: usize = 1 << 20;
/// As much of a value as a card shows, in characters.
const SHOWN: usize = 240;
/// A list longer than this shows its first elements, and how many there are.
const ELEMENTS: usize = 12;

/// Two values that differ, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where and how, without a full stop.
    pub sentence: String,
    /// What was expected, shortened.
    pub expected: String,
    /// What came, shortened.
    pub got: String,
    /// What to look at.
    pub advice: Option<String>,
}

/// Tells how two values that are not equal differ.
pub(crate) fn unequal(got: &dyn Debug, expected: &dyn Debug) -> Difference {
    let (got, expected) = (written(got), written(expected));
    let (got_tree, expected_tree) = (Node::parse(&got), Node::parse(&expected));
    let mut path = Vec::new();
    let sentence = match tree::first_difference(&got_tree, &expected_tree, &mut path) {
        Some((Node::Text(got), Node::Text(expected))) => format!("{}{}", place(&path), text::difference(got, expected)),
        Some((Node::List(_, got), Node::List(_, expected))) if got.len() != expected.len() => {
            let lengths = text::count(got.len(), "element");
            format!("{}it has {lengths} and should have {}", place(&path), expected.len())
        }
        Some((got, expected)) => {
            let (got, expected) = (shortened(&got.to_string(), 80), shortened(&expected.to_string(), 80));
            match path.is_empty() {
                true => format!("{got} came, and {expected} was expected"),
                false => format!("{}{got} came, and {expected} was expected", place(&path)),
            }
        }
        None => "the two are written alike, and are not equal".to_owned(),
    };
    Difference { sentence, expected: short(&expected_tree), got: short(&got_tree), advice: None }
}

/// Tells how two values are further apart than they may be; `None` if they are not.
pub(crate) fn distant(got: &dyn Close, expected: &dyn Close, tolerance: f64) -> Option<Difference> {
    close::distance(&got.values(), &expected.values(), tolerance)
}

/// A value as a card shows it.
pub(crate) fn shown(value: &dyn Debug) -> String {
    short(&Node::parse(&written(value)))
}

/// "at index 2: ", "at [1].name: ", nothing for the value as a whole.
fn place(path: &[Step]) -> String {
    match path {
        [] => String::new(),
        [Step::Index(index)] => format!("at index {index}: "),
        steps => format!("at `{}`: ", steps.iter().map(Step::to_string).collect::<String>()),
    }
}

fn short(node: &Node) -> String {
    shortened(&node.with_at_most(ELEMENTS), SHOWN)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The `Debug` text, without end never.
fn written(value: &dyn Debug) -> String {
    struct Limited(String);
    impl Write for Limited {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            if self.0.len() + piece.len() > MOST {
                return Err(fmt::Error);
            }
            self.0.push_str(piece);
            Ok(())
        }
    }
    let mut limited = Limited(String::new());
    // What did not fit is left out.
    let _ = write!(limited, "{value:?}");
    limited.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn sentence(got: &dyn Debug, expected: &dyn Debug) -> String {
        unequal(got, expected).sentence
    }

    #[derive(Debug)]
    #[allow(dead_code)]
    struct Token {
        text: &'static str,
        ids: Vec<u32>,
    }

    #[test]
    fn the_first_difference_is_told_where_it_is() {
        assert_eq!(sentence(&3, &4), "3 came, and 4 was expected");
        assert_eq!(sentence(&[1, 2, 3], &[1, 5, 4]), "at index 1: 2 came, and 5 was expected");
        assert_eq!(sentence(&vec![1, 2], &vec![1, 2, 3]), "it has 2 elements and should have 3");
        assert_eq!(sentence(&[[1, 2], [3, 4]], &[[1, 2], [3, 5]]), "at `[1][1]`: 4 came, and 5 was expected");
        assert_eq!(sentence(&Some(1), &None::<u8>), "Some(1) came, and None was expected");
        assert_eq!(sentence(&Some(1), &Some(2)), "at `.0`: 1 came, and 2 was expected");
        assert_eq!(sentence(&(1, "a b"), &(1, "a c")), "at `.1`: character 3 is “b” and should be “c”");
        let token = |ids| Token { text: "x", ids };
        assert_eq!(
            sentence(&vec![token(vec![1])], &vec![token(vec![])]),
            "at `[0].ids`: it has 1 element and should have 0"
        );
        let map = |value| BTreeMap::from([("a", 1), ("b", value)]);
        assert_eq!(sentence(&map(2), &map(3)), "at `[\"b\"]`: 2 came, and 3 was expected");
    }

    #[test]
    fn what_is_long_is_shortened() {
        assert_eq!(shown(&(0..100).collect::<Vec<_>>()), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 100 in all]");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), SHOWN + 2);
        assert_eq!(shown(&"a, [b]"), "\"a, [b]\"");
    }
}
