//! Words that share their beginnings share their paths.

use super::hash::{NumberMap, key};

/// Texts with numbers, to be found at the beginning of another text.
///
/// ```text
/// hug (0), hugs (1), hut (2):   h ─ u ─┬─ g (0) ── s (1)
///                                      └─ t (2)
/// ```
#[derive(Debug, Clone)]
pub(super) struct Trie {
    /// Where a byte leads from a node. Node 0 is the beginning.
    edges: NumberMap<u32>,
    /// The number of the text that ends at a node.
    ends: Vec<Option<u32>>,
}

impl Trie {
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let mut trie = Self { edges: NumberMap::default(), ends: vec![None] };
        for (text, number) in texts {
            let mut node = 0;
            for byte in text.bytes() {
                let next = trie.ends.len() as u32;
                node = *trie.edges.entry(key(node, byte.into())).or_insert(next);
                if node == next {
                    trie.ends.push(None);
                }
            }
            trie.ends[node as usize].get_or_insert(number);
        }
        trie
    }

    /// Calls `found` with each text that `bytes` begins with, the shortest first: its length in bytes, and its number.
    pub(super) fn prefixes(&self, bytes: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut node = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            match self.edges.get(&key(node, byte.into())) {
                Some(&next) => node = next,
                None => return,
            }
            if let Some(number) = self.ends[node as usize] {
                found(at + 1, number);
            }
        }
    }

    /// The longest text that `bytes` begins with.
    pub(super) fn longest(&self, bytes: &[u8]) -> Option<(usize, u32)> {
        let mut longest = None;
        self.prefixes(bytes, |length, number| longest = Some((length, number)));
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_are_found_the_shortest_first() {
        let trie = Trie::new([("h", 5), ("hug", 0), ("hugs", 1), ("hut", 2), ("é", 3)]);
        let mut found = Vec::new();
        trie.prefixes("hugsé".as_bytes(), |length, number| found.push((length, number)));
        assert_eq!(found, [(1, 5), (3, 0), (4, 1)]);
        assert_eq!(trie.longest("hum".as_bytes()), Some((1, 5)));
        assert_eq!((trie.longest("é".as_bytes()), trie.longest(b"x")), (Some((2, 3)), None));
    }
}
