//! The words of a corpus as ids, with the counts of all pairs kept up to date.

use super::super::SplitWord;
use super::Symbols;
use super::hash::{NumberMap, key};

/// A token of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    id: u32,
    /// Where it starts in its word, in characters: it stays when tokens before it are merged.
    start: u32,
}

/// A pair of neighbours.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) left: u32,
    pub(super) right: u32,
    /// How often it occurs.
    pub(super) count: usize,
    /// The words that have it, in order; some may not have it any more.
    words: Vec<u32>,
    /// Whether `words` got a word that is out of order.
    unsorted: bool,
    /// How many of the first `words` are known not to have it any more.
    gone: usize,
}

/// All words, and all pairs in them.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<Vec<Piece>>,
    counts: Vec<usize>,
    pairs: Vec<Pair>,
    places: NumberMap<u32>,
    /// How often each token occurs.
    tokens: Vec<usize>,
    /// Scratch: a word as it was before a merge.
    before: Vec<Piece>,
}

impl Words {
    /// The words of a corpus, cut into tokens that all have an id.
    pub(super) fn new(splits: &[SplitWord], symbols: &Symbols) -> Self {
        let mut words = Self {
            words: Vec::with_capacity(splits.len()),
            counts: splits.iter().map(|split| split.count).collect(),
            pairs: Vec::new(),
            places: NumberMap::default(),
            tokens: vec![0; symbols.len()],
            before: Vec::new(),
        };
        for (number, split) in splits.iter().enumerate() {
            let ids = split.tokens.iter().filter_map(|token| symbols.get(token));
            let pieces: Vec<Piece> = ids.zip(0..).map(|(id, start)| Piece { id, start }).collect();
            for piece in &pieces {
                words.tokens[piece.id as usize] += split.count;
            }
            for pair in pieces.windows(2) {
                words.gain(pair[0].id, pair[1].id, number as u32, split.count);
            }
            words.words.push(pieces);
        }
        words
    }

    /// How many pairs were ever seen; they are numbered in the order in which they appeared.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(super) fn pair(&self, number: u32) -> &Pair {
        &self.pairs[number as usize]
    }

    /// How often a token occurs.
    pub(super) fn count_of(&self, token: u32) -> usize {
        self.tokens.get(token as usize).copied().unwrap_or(0)
    }

    /// Where a pair is first: the word's number and the place in it, as one number. `None` for a pair that is nowhere.
    pub(super) fn first_place(&mut self, number: u32) -> Option<u64> {
        let pair = &mut self.pairs[number as usize];
        if pair.unsorted {
            pair.words.sort_unstable();
            pair.words.dedup();
            (pair.unsorted, pair.gone) = (false, 0);
        }
        while let Some(&word) = pair.words.get(pair.gone) {
            let here = |two: &&[Piece]| two[0].id == pair.left && two[1].id == pair.right;
            if let Some(two) = self.words[word as usize].windows(2).find(here) {
                return Some(key(word, two[0].start));
            }
            pair.gone += 1;
        }
        None
    }

    /// Makes one token of a pair wherever it is. Notes in `better` the pairs that became more frequent.
    pub(super) fn merge(&mut self, number: u32, merged: u32, better: &mut Vec<u32>) {
        better.clear();
        self.tokens.resize(self.tokens.len().max(merged as usize + 1), 0);
        let pair = &mut self.pairs[number as usize];
        let (left, right) = (pair.left, pair.right);
        let mut having = std::mem::take(&mut pair.words);
        (pair.unsorted, pair.gone) = (false, 0);
        having.sort_unstable();
        having.dedup();
        for word in having {
            self.merge_in(word, (left, right), merged, better);
        }
    }

    fn merge_in(&mut self, word: u32, (left, right): (u32, u32), merged: u32, better: &mut Vec<u32>) {
        let count = self.counts[word as usize];
        let mut before = std::mem::take(&mut self.before);
        let mut pieces = std::mem::take(&mut self.words[word as usize]);
        before.clone_from(&pieces);
        let is_pair = |at: usize| before.get(at + 1).is_some_and(|next| before[at].id == left && next.id == right);
        if let Some(first) = (0..before.len()).find(|&at| is_pair(at)) {
            // Everything from the first occurrence on moves up; `last_old` and `last_new` are where the last one was and is.
            let (mut read, mut write, mut last_old, mut last_new) = (first, first, first, first);
            while read < before.len() {
                pieces[write] = before[read];
                if is_pair(read) {
                    pieces[write].id = merged;
                    (last_old, last_new) = (read + 1, write);
                    for token in [left, right] {
                        self.tokens[token as usize] -= count;
                    }
                    self.tokens[merged as usize] += count;
                    read += 1;
                }
                (read, write) = (read + 1, write + 1);
            }
            pieces.truncate(write);
            // Only pairs between the one before the first and the one after the last have changed.
            let from = first.saturating_sub(1);
            for two in before[from..before.len().min(last_old + 2)].windows(2) {
                self.lose(two[0].id, two[1].id, count);
            }
            for two in pieces[from..pieces.len().min(last_new + 2)].windows(2) {
                better.push(self.gain(two[0].id, two[1].id, word, count));
            }
        }
        self.before = before;
        self.words[word as usize] = pieces;
    }

    fn gain(&mut self, left: u32, right: u32, word: u32, count: usize) -> u32 {
        let next = self.pairs.len() as u32;
        let number = *self.places.entry(key(left, right)).or_insert(next);
        if number == next {
            self.pairs.push(Pair { left, right, ..Pair::default() });
        }
        let pair = &mut self.pairs[number as usize];
        pair.count += count;
        match pair.words.last() {
            Some(&last) if last == word => {}
            last => {
                pair.unsorted |= last.is_some_and(|&last| last > word);
                pair.words.push(word);
            }
        }
        number
    }

    fn lose(&mut self, left: u32, right: u32, count: usize) {
        if let Some(&number) = self.places.get(&key(left, right)) {
            let pair = &mut self.pairs[number as usize];
            pair.count = pair.count.saturating_sub(count);
        }
    }
}
