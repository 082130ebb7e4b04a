//! Byte-pair encoding, fast: training with counts that are kept, cutting a word with a heap of its merges.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::split_word::first_tokens;
use super::super::{Bpe, BpeTrainer, Merge, MergeStep, MergeSteps, Ties, WordCounts, characters};
use super::hash::{NumberMap, key};
use super::queue::{Queue, Rank};
use super::words::Words;
use super::{Symbols, advance, bar};
use crate::Result;

impl BpeTrainer {
    /// What [`train`](Self::train) learns, in a fraction of the time.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train_fast(&self, words: impl Into<WordCounts>) -> Result<Bpe> {
        self.merge_fast(&words.into())
    }

    fn merge_fast(&self, words: &WordCounts) -> Result<Bpe> {
        let splits = characters(words);
        let mut symbols = Symbols::of(&first_tokens(&self.special_tokens, &splits));
        let mut words = Words::new(&splits, &symbols);
        drop(splits);

        let mut queue = Queue::default();
        for pair in 0..words.len() as u32 {
            if let Some(rank) = self.rank(&mut words, pair) {
                queue.put(pair, rank);
            }
        }
        let bar = bar(self.vocab_size.saturating_sub(symbols.len()), "merges");
        let (mut merges, mut steps, mut better) = (Vec::new(), Vec::new(), Vec::new());
        while symbols.len() < self.vocab_size {
            advance(bar.as_ref(), merges.len())?;
            let Some(best) = queue.take(|pair| self.rank(&mut words, pair)) else { break };
            let pair = words.pair(best);
            let (left, right) = (symbols.text(pair.left).to_owned(), symbols.text(pair.right).to_owned());
            let (merged, count) = (format!("{left}{right}"), pair.count);
            words.merge(best, symbols.id(&merged), &mut better);
            better.sort_unstable();
            better.dedup();
            for &pair in &better {
                if let Some(rank) = self.rank(&mut words, pair) {
                    queue.put(pair, rank);
                }
            }

            merges.push(Merge { left: left.clone(), right: right.clone(), merged: merged.clone() });
            let (step, vocabulary) = (merges.len(), symbols.len());
            let step = MergeStep { step, left, right, merged, count, score: None, ties: None, vocabulary };
            if self.print_steps {
                println!("{step}");
            }
            steps.push(step);
        }
        if let Some(bar) = bar {
            bar.finish();
        }
        Ok(Bpe { vocabulary: symbols.texts, merges, unknown: self.unknown.clone(), steps: MergeSteps(steps) })
    }

    /// A pair's count, and what decides between equal ones; `None` for a pair that is nowhere.
    fn rank(&self, words: &mut Words, number: u32) -> Option<Rank> {
        let pair = words.pair(number);
        let (count, ids) = (pair.count as u64, key(pair.left, pair.right));
        let tie = match self.ties {
            _ if count == 0 => return None,
            Ties::SmallestIds => ids,
            Ties::FirstSeen => words.first_place(number)?,
        };
        Some((count, Reverse(tie)))
    }
}

impl Bpe {
    /// The same encoding, made to cut many words.
    pub fn fast(&self) -> FastBpe {
        let mut symbols = Symbols::of(&self.vocabulary);
        let mut merges: NumberMap<(u32, u32)> = NumberMap::default();
        for (rank, Merge { left, right, merged }) in self.merges.iter().enumerate() {
            let (left, right, merged) = (symbols.id(left), symbols.id(right), symbols.id(merged));
            merges.insert(key(left, right), (rank as u32, merged));
        }
        FastBpe { symbols, merges, unknown: self.unknown.clone() }
    }
}

/// A [`Bpe`] made to cut many words; from [`Bpe::fast`].
///
/// ```
/// use course_tokenization::from_scratch::Bpe;
///
/// let bpe = Bpe::train(&[("hug", 10), ("pug", 5), ("hugs", 5)], 7)?;
/// assert_eq!(bpe.fast().encode_word("hugs"), bpe.encode_word("hugs"));
/// # Ok::<(), course_tokenization::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FastBpe {
    symbols: Symbols,
    /// For each pair, when it is merged and into what.
    merges: NumberMap<(u32, u32)>,
    unknown: Option<String>,
}

/// A merge that waits: its rank, where its left token is, the two tokens, and what they become.
type Waiting = (u32, usize, u32, u32, u32);

/// A token of the word, in a list that tokens can be taken out of.
#[derive(Clone, Copy)]
struct Link {
    /// The token's id; `None` for a character that no vocabulary has.
    id: Option<u32>,
    before: Option<usize>,
    after: Option<usize>,
    /// Where its text starts and ends, in bytes.
    start: usize,
    end: usize,
}

impl FastBpe {
    /// Cuts a word as [`Bpe::encode_word`] does, in a time that grows with the length of the word, and not with the number of merges.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        let mut links: Vec<Link> = Vec::with_capacity(word.len());
        for (start, character) in word.char_indices() {
            let end = start + character.len_utf8();
            let before = links.len().checked_sub(1);
            if let Some(last) = links.last_mut() {
                last.after = Some(before.map_or(0, |before| before + 1));
            }
            links.push(Link { id: self.symbols.get(&word[start..end]), before, after: None, start, end });
        }
        self.merge_all(&mut links);
        let mut tokens = Vec::new();
        let mut next = (!links.is_empty()).then_some(0);
        while let Some(Link { id, after, start, end, .. }) = next.map(|place| links[place]) {
            tokens.push(match (&self.unknown, id) {
                (Some(unknown), None) => unknown.clone(),
                _ => word[start..end].to_owned(),
            });
            next = after;
        }
        tokens
    }

    /// Makes all merges, the one learned first first, and of one merge the leftmost first.
    fn merge_all(&self, links: &mut [Link]) {
        let mut waiting = BinaryHeap::new();
        for place in 0..links.len() {
            waiting.extend(self.merge_at(links, place));
        }
        while let Some(Reverse((_, place, left, right, merged))) = waiting.pop() {
            // Another merge may have taken one of the two since.
            let Some(next) = links[place].after else { continue };
            if (links[place].id, links[next].id) != (Some(left), Some(right)) {
                continue;
            }
            let taken = links[next];
            links[next].id = None;
            links[next].after = None;
            links[place] = Link { id: Some(merged), after: taken.after, end: taken.end, ..links[place] };
            if let Some(after) = taken.after {
                links[after].before = Some(place);
            }
            // Both come later in the order: they were learned of a token that this merge makes.
            waiting.extend(links[place].before.and_then(|before| self.merge_at(links, before)));
            waiting.extend(self.merge_at(links, place));
        }
    }

    /// The merge of the token at `place` with the one after it.
    fn merge_at(&self, links: &[Link], place: usize) -> Option<Reverse<Waiting>> {
        let (left, right) = (links[place].id?, links[links[place].after?].id?);
        let &(rank, merged) = self.merges.get(&key(left, right))?;
        Some(Reverse((rank, place, left, right, merged)))
    }
}
