//! A `Debug` text, taken apart again: lists, structs, tuples, maps, texts.

use std::fmt::{self, Display, Formatter};

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A number, a name, anything that has no parts.
    Leaf(String),
    /// A text, as it is without its quotes.
    Text(String),
    /// `[…]` and sets `{…}`: their opening bracket and elements.
    List(char, Vec<Node>),
    /// `Some(…)`, `(…)`: the name, which may be empty, and the parts.
    Tuple(String, Vec<Node>),
    /// `Name { field: … }`.
    Struct(String, Vec<(String, Node)>),
    /// `{key: value}`.
    Map(Vec<(Node, Node)>),
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Of a list.
    Index(usize),
    /// Of a tuple.
    Part(usize),
    /// Of a struct.
    Field(String),
    /// Of a map.
    Key(String),
}

impl Display for Step {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(formatter, "[{index}]"),
            Self::Part(index) => write!(formatter, ".{index}"),
            Self::Field(name) => write!(formatter, ".{name}"),
            Self::Key(key) => write!(formatter, "[{key}]"),
        }
    }
}

impl Node {
    /// Takes a text apart; one that is written in a way of its own is a leaf.
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader { rest: text, depth: 0 };
        match reader.node() {
            Some(node) if reader.rest.trim().is_empty() => node,
            _ => Self::Leaf(text.to_owned()),
        }
    }

    /// The text again, of long lists only the first elements.
    pub(super) fn with_at_most(&self, elements: usize) -> String {
        let mut text = String::new();
        self.write(&mut text, elements);
        text
    }

    fn write(&self, out: &mut String, most: usize) {
        let list = |out: &mut String, nodes: &[Node], open: &str, close: &str| {
            out.push_str(open);
            for (index, node) in nodes.iter().take(most).enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                node.write(out, most);
            }
            if nodes.len() > most {
                out.push_str(&format!(", … {} in all", nodes.len()));
            }
            out.push_str(close);
        };
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::Text(text) => out.push_str(&format!("{text:?}")),
            Self::List('{', nodes) => list(out, nodes, "{", "}"),
            Self::List(_, nodes) => list(out, nodes, "[", "]"),
            Self::Tuple(name, nodes) => list(out, nodes, &format!("{name}("), ")"),
            Self::Struct(name, fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(field, node)| format!("{field}: {}", node.with_at_most(most))).collect();
                out.push_str(&format!("{name} {{ {} }}", fields.join(", ")));
            }
            Self::Map(entries) => {
                let shown = entries.iter().take(most);
                let mut entries_text: Vec<String> = shown
                    .map(|(key, node)| format!("{}: {}", key.with_at_most(most), node.with_at_most(most)))
                    .collect();
                if entries.len() > most {
                    entries_text.push(format!("… {} in all", entries.len()));
                }
                out.push_str(&format!("{{{}}}", entries_text.join(", ")));
            }
        }
    }
}

impl Display for Node {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.with_at_most(usize::MAX))
    }
}

/// The first parts that differ, and the way to them. Lists of other lengths differ as wholes unless a common element does.
pub(super) fn first_difference<'a>(
    got: &'a Node,
    expected: &'a Node,
    path: &mut Vec<Step>,
) -> Option<(&'a Node, &'a Node)> {
    if got == expected {
        return None;
    }
    let mut inside = |pairs: &mut dyn Iterator<Item = (Step, &'a Node, &'a Node)>| {
        for (step, got, expected) in pairs {
            if got != expected {
                path.push(step);
                return first_difference(got, expected, path);
            }
        }
        None
    };
    let deeper = match (got, expected) {
        (Node::List(_, one), Node::List(_, other)) if one.len() == other.len() => {
            inside(&mut one.iter().zip(other).enumerate().map(|(index, (one, other))| (Step::Index(index), one, other)))
        }
        (Node::Tuple(name, one), Node::Tuple(other_name, other)) if name == other_name && one.len() == other.len() => {
            inside(&mut one.iter().zip(other).enumerate().map(|(index, (one, other))| (Step::Part(index), one, other)))
        }
        (Node::Struct(name, one), Node::Struct(other_name, other))
            if name == other_name && one.len() == other.len() =>
        {
            inside(
                &mut one.iter().zip(other).map(|((field, one), (_, other))| (Step::Field(field.clone()), one, other)),
            )
        }
        (Node::Map(one), Node::Map(other)) if one.len() == other.len() => {
            let same_keys = one.iter().zip(other).all(|((key, _), (other, _))| key == other);
            let mut pairs =
                one.iter().zip(other).map(|((key, one), (_, other))| (Step::Key(key.to_string()), one, other));
            if same_keys { inside(&mut pairs) } else { None }
        }
        _ => None,
    };
    deeper.or(Some((got, expected)))
}

/// Reads one node after the other.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A value nested deeper than this is a leaf: a learner's list of lists must not overflow the stack here.
    const DEEPEST: usize = 64;

    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn node(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > Self::DEEPEST {
            return None;
        }
        let node = self.inner();
        self.depth -= 1;
        node
    }

    fn inner(&mut self) -> Option<Node> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '"' => self.text().map(Node::Text),
            '\'' => {
                let end = self.rest.char_indices().skip(2).find(|(_, letter)| *letter == '\'')?.0 + 1;
                // `'\''`
                let end = if self.rest.starts_with("'\\''") { 4 } else { end };
                self.leaf(end)
            }
            '[' => {
                self.take("[");
                self.list("]").map(|nodes| Node::List('[', nodes))
            }
            '{' => {
                self.take("{");
                self.set_or_map()
            }
            _ => {
                let end = self.rest.find([',', '(', ')', '[', ']', '{', '}', '"', ':']).unwrap_or(self.rest.len());
                let name = self.rest.get(..end)?;
                match self.rest.get(end..)?.chars().next() {
                    Some('(') => {
                        let name = name.to_owned();
                        self.rest = self.rest.get(end + 1..)?;
                        self.list(")").map(|nodes| Node::Tuple(name, nodes))
                    }
                    Some('{') if name.ends_with(' ') => {
                        let name = name.trim().to_owned();
                        self.rest = self.rest.get(end + 1..)?;
                        self.fields().map(|fields| Node::Struct(name, fields))
                    }
                    Some('[' | '{' | '"') => None,
                    _ if name.is_empty() => None,
                    _ => self.leaf(end),
                }
            }
        }
    }

    fn leaf(&mut self, end: usize) -> Option<Node> {
        let text = self.rest.get(..end)?.trim_end().to_owned();
        self.rest = self.rest.get(end..)?;
        Some(Node::Leaf(text))
    }

    /// What `{:?}` made of a text, back again.
    fn text(&mut self) -> Option<String> {
        let mut letters = self.rest.char_indices().skip(1);
        let mut text = String::new();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                '\\' => match letters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    '0' => text.push('\0'),
                    'u' => {
                        let code: String = letters
                            .by_ref()
                            .map(|(_, letter)| letter)
                            .skip(1)
                            .take_while(|letter| *letter != '}')
                            .collect();
                        text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                    }
                    other => text.push(other),
                },
                letter => text.push(letter),
            }
        }
        None
    }

    fn list(&mut self, end: &str) -> Option<Vec<Node>> {
        let mut nodes = Vec::new();
        while !self.take(end) {
            nodes.push(self.node()?);
            if !self.take(",") && !self.rest.trim_start().starts_with(end) {
                return None;
            }
        }
        Some(nodes)
    }

    fn fields(&mut self) -> Option<Vec<(String, Node)>> {
        let mut fields = Vec::new();
        while !self.take("}") {
            let (name, rest) = self.rest.split_once(':')?;
            let name = name.trim().to_owned();
            if name.contains(['{', '}', ',', '"']) {
                return None;
            }
            self.rest = rest;
            fields.push((name, self.node()?));
            if !self.take(",") && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        Some(fields)
    }

    fn set_or_map(&mut self) -> Option<Node> {
        let (mut elements, mut entries) = (Vec::new(), Vec::new());
        while !self.take("}") {
            let node = self.node()?;
            if self.take(":") {
                entries.push((node, self.node()?));
            } else {
                elements.push(node);
            }
            if !self.take(",") && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        match (elements.is_empty(), entries.is_empty()) {
            (true, _) => Some(Node::Map(entries)),
            (false, true) => Some(Node::List('{', elements)),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Debug;

    use super::*;

    #[test]
    fn what_rust_writes_is_read_and_written_the_same() {
        #[derive(Debug)]
        #[allow(dead_code)]
        struct Point {
            x: f64,
            label: Option<&'static str>,
        }
        #[derive(Debug)]
        struct Unit;
        let point = Point { x: -1.5e-7, label: Some("a \"b\", {c}\n\u{7f}é") };
        let values: [&dyn Debug; 12] = [
            &point,
            &vec![vec![1, 2], vec![]],
            &(1, 'c', '\'', ',', "x"),
            &BTreeMap::from([("k, 1", vec![1.0]), ("z", vec![])]),
            &BTreeSet::from([1, 2]),
            &Unit,
            &Some(Ok::<_, String>(f64::NAN)),
            &"",
            &(),
            &[(); 2],
            &std::time::Duration::from_millis(1500),
            &BTreeMap::from([((1, 2), 'a')]),
        ];
        for value in values {
            let text = format!("{value:?}");
            let node = Node::parse(&text);
            assert_eq!(node.to_string(), text);
            assert!(!matches!(&node, Node::Leaf(leaf) if leaf.contains(['[', '(', '{', '"'])), "{node:?}");
        }
    }

    #[test]
    fn what_is_written_otherwise_is_a_leaf() {
        for text in ["Tensor[dims 2, 3; f32]", "{a", "a } b", "\"open", "x: 1, y", &"[".repeat(100_000)] {
            assert_eq!(Node::parse(text), Node::Leaf(text.to_owned()));
        }
    }
}
