//! Counting, with the order kept in which things were first seen.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use course_display::{Bundle, Rich, Table};

/// How often each thing was seen, in the order in which things were first seen.
///
/// The order matters: where two pairs are equally frequent, the course text takes the one that it met first, as Python's
/// dictionaries remember it.
///
/// ```
/// use course_tokenization::from_scratch::Counter;
///
/// let mut letters = Counter::new();
/// for letter in "banana".chars() {
///     letters.add(&letter, 1);
/// }
/// assert_eq!((letters.get(&'a'), letters.get(&'x'), letters.total()), (3, 0, 6));
/// assert_eq!(letters.most_common(2), [('a', 3), ('n', 2)]);
/// ```
#[derive(Clone)]
pub struct Counter<K> {
    entries: Vec<(K, usize)>,
    places: HashMap<K, usize>,
}

impl<K: Hash + Eq + Clone> Counter<K> {
    /// A counter that has seen nothing.
    pub fn new() -> Self {
        Self { entries: Vec::new(), places: HashMap::new() }
    }

    /// Adds `count` to what was seen of `key`.
    pub fn add<Q: Hash + Eq + ToOwned<Owned = K> + ?Sized>(&mut self, key: &Q, count: usize)
    where
        K: Borrow<Q>,
    {
        match self.places.get(key).and_then(|&place| self.entries.get_mut(place)) {
            Some((_, seen)) => *seen += count,
            None => {
                self.places.insert(key.to_owned(), self.entries.len());
                self.entries.push((key.to_owned(), count));
            }
        }
    }

    /// How often `key` was seen; 0 if never.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.places.get(key).and_then(|&place| self.entries.get(place)).map_or(0, |(_, count)| *count)
    }

    /// Things and how often they were seen, in the order in which they were first seen.
    pub fn iter(&self) -> impl Iterator<Item = (&K, usize)> {
        self.entries.iter().map(|(key, count)| (key, *count))
    }

    /// How many different things were seen.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The sum of all counts.
    pub fn total(&self) -> usize {
        self.entries.iter().map(|(_, count)| count).sum()
    }

    /// The `most` most frequent, the most frequent first; of two with one count, the one that was seen first.
    pub fn most_common(&self, most: usize) -> Vec<(K, usize)> {
        let mut sorted: Vec<&(K, usize)> = self.entries.iter().collect();
        sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        sorted.into_iter().take(most).cloned().collect()
    }

    /// The most frequent; of several, the one that was seen first. `None` when nothing was seen.
    pub fn most_frequent(&self) -> Option<(&K, usize)> {
        let mut best: Option<(&K, usize)> = None;
        for (key, count) in self.iter() {
            if best.is_none_or(|(_, most)| count > most) {
                best = Some((key, count));
            }
        }
        best
    }
}

impl<K: Hash + Eq + Clone> Default for Counter<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq> PartialEq for Counter<K> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<K: Eq> Eq for Counter<K> {}

/// As Python prints a dictionary: `{"hug": 10, "pug": 5}`.
impl<K: fmt::Debug> fmt::Debug for Counter<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.entries.iter().map(|(key, count)| (key, count))).finish()
    }
}

/// What can be counted and shown.
pub trait Key {
    /// The columns it fills.
    fn headers() -> Vec<&'static str>;
    /// A cell for each of its columns.
    fn cells(&self) -> Vec<String>;
}

impl Key for String {
    fn headers() -> Vec<&'static str> {
        vec!["text"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl Key for char {
    fn headers() -> Vec<&'static str> {
        vec!["character"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Key for (String, String) {
    fn headers() -> Vec<&'static str> {
        vec!["left", "right"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.0.clone(), self.1.clone()]
    }
}

impl<K: Key> Rich for Counter<K> {
    fn rich(&self) -> Bundle {
        let mut table = Table::new(K::headers().into_iter().chain(["count"]));
        for (key, count) in &self.entries {
            let cells = key.cells().into_iter().map(serde_json::Value::from);
            table = table.row(cells.chain([(*count).into()]).collect::<Vec<_>>());
        }
        table.rich()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seen_comes_first_and_wins_ties() {
        let mut counter: Counter<String> = Counter::new();
        for word in ["b", "a", "c", "a", "b"] {
            counter.add(word, 1);
        }
        assert_eq!(format!("{counter:?}"), r#"{"b": 2, "a": 2, "c": 1}"#);
        assert_eq!(counter.most_frequent(), Some((&"b".to_owned(), 2)));
        assert_eq!(counter.most_common(2), [("b".to_owned(), 2), ("a".to_owned(), 2)]);
        assert_eq!(Counter::<char>::new().most_frequent(), None);
    }

    #[test]
    fn it_shows_as_a_table() {
        let mut pairs: Counter<(String, String)> = Counter::new();
        pairs.add(&("u".to_owned(), "g".to_owned()), 20);
        assert_eq!(pairs.rich().plain(), "left  right  count\n────  ─────  ─────\nu     g         20");
    }
}
