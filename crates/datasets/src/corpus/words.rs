//! Made-up words, drawn as often as those of real text, and the dice for it.

use std::sync::{Arc, LazyLock};

/// How many words there are.
const COUNT: usize = 6000;
/// Entries of the table that words are drawn from: a power of two, so that twelve bits are a draw.
const TABLE: usize = 4096;
/// One draw in so many comes from the rare words that have no place in the table.
const RARE: u64 = 8;
/// The most frequent words, in the order of English.
const FREQUENT: [&str; 40] = [
    "the", "of", "and", "in", "to", "a", "with", "was", "for", "were", "by", "that", "is", "this", "from", "on", "as",
    "at", "are", "we", "an", "be", "or", "not", "than", "after", "these", "which", "between", "two", "both", "may",
    "more", "have", "results", "study", "patients", "using", "cells", "effects",
];
const STARTS: [&str; 24] = [
    "br", "c", "cl", "d", "f", "g", "gl", "h", "l", "m", "n", "p", "ph", "pl", "r", "s", "sc", "st", "t", "th", "tr",
    "v", "w", "x",
];
const MIDDLES: [&str; 10] = ["a", "e", "i", "o", "u", "ae", "io", "ea", "y", "ou"];
const ENDS: [&str; 14] = ["n", "l", "s", "r", "m", "t", "x", "nd", "st", "ct", "rm", "ne", "sis", ""];

/// The vocabulary. It is the same for every seed; only what is drawn differs.
pub(super) struct Words {
    /// All words, each followed by a space.
    text: Vec<u8>,
    /// Where each word is in `text`, without its space.
    places: Vec<(u32, u32)>,
    /// Words by how often they come: word *r* of Zipf's law fills a share of about 1 / r.
    table: Vec<u16>,
}

impl Words {
    pub(super) fn shared() -> Arc<Self> {
        static WORDS: LazyLock<Arc<Words>> = LazyLock::new(|| Arc::new(Words::new()));
        WORDS.clone()
    }

    fn new() -> Self {
        let mut random = Random::of(0x776f_7264, 0);
        let mut known = std::collections::HashSet::new();
        let mut words: Vec<String> = FREQUENT.iter().map(|&word| word.to_owned()).collect();
        known.extend(words.iter().cloned());
        while words.len() < COUNT {
            // Rare words are longer than frequent ones.
            let syllables = 1 + random.below(2) as usize + words.len() / 2000;
            let mut word = String::new();
            for _ in 0..syllables {
                word += pick(&mut random, &STARTS);
                word += pick(&mut random, &MIDDLES);
            }
            word += pick(&mut random, &ENDS);
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        let (mut text, mut places) = (Vec::new(), Vec::new());
        for word in &words {
            places.push((text.len() as u32, word.len() as u32));
            text.extend_from_slice(word.as_bytes());
            text.push(b' ');
        }
        let total: f64 = (1..=COUNT).map(|rank| 1.0 / rank as f64).sum();
        let mut table = Vec::with_capacity(TABLE);
        let mut share = 0.0;
        for rank in 1..=COUNT {
            share += 1.0 / rank as f64 / total;
            let end = (share * TABLE as f64).round() as usize;
            table.resize(end.min(TABLE).max(table.len()), (rank - 1) as u16);
        }
        table.resize(TABLE, 0);
        Self { text, places, table }
    }

    /// Appends a sentence of 8 to 25 words.
    pub(super) fn sentence(&self, random: &mut Random, text: &mut Vec<u8>) {
        let begin = text.len();
        let count = 8 + random.below(18);
        let (mut bits, mut left) = (0, 0);
        for _ in 0..count {
            if left == 0 {
                (bits, left) = (random.next(), 4);
            }
            // Fifteen bits a word: twelve to draw it, three for whether it is a rare one.
            let (draw, rare) = (bits as usize % TABLE, (bits >> 12) % RARE == 0);
            bits >>= 15;
            left -= 1;
            let word = if rare {
                random.below(COUNT as u64) as usize
            } else {
                self.table.get(draw).copied().unwrap_or(0) as usize
            };
            if let Some(&(place, length)) = self.places.get(word) {
                text.extend_from_slice(&self.text[place as usize..(place + length) as usize + 1]);
            }
        }
        if let Some(first) = text.get_mut(begin) {
            first.make_ascii_uppercase();
        }
        if let Some(last) = text.last_mut() {
            *last = b'.';
        }
    }
}

fn pick(random: &mut Random, parts: &[&'static str]) -> &'static str {
    parts.get(random.below(parts.len() as u64) as usize).copied().unwrap_or("")
}

/// SplitMix64: small, fast, and started anew for each row, so that a row needs none of those before it.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64, row: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ row.wrapping_mul(0x9FB2_1C65_1E98_DF25));
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; how little the smaller ones are favoured does not matter here.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_come_as_often_as_in_text() {
        let words = Words::shared();
        let all: std::collections::HashSet<&[u8]> = words
            .places
            .iter()
            .map(|&(place, length)| &words.text[place as usize..(place + length) as usize])
            .collect();
        assert_eq!(all.len(), COUNT);
        let mut text = Vec::new();
        let mut random = Random::of(1, 1);
        for _ in 0..2000 {
            words.sentence(&mut random, &mut text);
            text.push(b' ');
        }
        let text = String::from_utf8(text).unwrap().to_lowercase().replace('.', "");
        let share = |wanted: &str| {
            text.split_whitespace().filter(|&word| word == wanted).count() as f64
                / text.split_whitespace().count() as f64
        };
        let (the, of) = (share("the"), share("of"));
        assert!((0.06..0.12).contains(&the) && the > of, "{the} {of}");
        assert!(text.split_whitespace().collect::<std::collections::HashSet<_>>().len() > 3000);
    }
}
