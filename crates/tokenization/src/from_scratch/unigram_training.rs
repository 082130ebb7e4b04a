//! Training a Unigram: begin with far too many tokens, and drop those that are missed least.

use super::{Counter, PruneStep, PruneSteps, Unigram, WordCounts};
use crate::Result;

/// How often each character occurs in the words, and how often each part of two to `longest` characters.
///
/// ```
/// use course_tokenization::from_scratch::count_substrings;
///
/// let (characters, longer) = count_substrings(&[("hug", 10), ("pug", 5), ("hugs", 5)], 16);
/// assert_eq!((characters.get("u"), longer.get("ug")), (20, 20));
/// ```
pub fn count_substrings(words: impl Into<WordCounts>, longest: usize) -> (Counter<String>, Counter<String>) {
    count_parts(&words.into(), longest)
}

fn count_parts(words: &WordCounts, longest: usize) -> (Counter<String>, Counter<String>) {
    let (mut single, mut longer) = (Counter::new(), Counter::new());
    for (word, count) in words.iter() {
        let characters: Vec<char> = word.chars().collect();
        for start in 0..characters.len() {
            single.add(characters[start].to_string().as_str(), count);
            for end in start + 2..=characters.len().min(start.saturating_add(longest)) {
                let part: String = characters[start..end].iter().collect();
                longer.add(part.as_str(), count);
            }
        }
    }
    (single, longer)
}

/// What a training begins with: all characters, and the most frequent longer parts of the words, `size` tokens in all.
pub fn seed(words: impl Into<WordCounts>, size: usize) -> Counter<String> {
    seed_up_to(&words.into(), size, LONGEST)
}

pub(super) fn seed_up_to(words: &WordCounts, size: usize, longest: usize) -> Counter<String> {
    let (mut tokens, longer) = count_parts(words, longest);
    for (part, count) in longer.most_common(size.saturating_sub(tokens.len())) {
        tokens.add(part.as_str(), count);
    }
    tokens
}

/// Characters of the longest token, as in SentencePiece.
const LONGEST: usize = 16;

/// Trains a [`Unigram`].
#[derive(Debug, Clone)]
pub struct UnigramTrainer {
    pub(super) vocab_size: usize,
    pub(super) seed_size: usize,
    pub(super) longest: usize,
    pub(super) share: f64,
    pub(super) like_the_course: bool,
    pub(super) print_steps: bool,
}

impl UnigramTrainer {
    /// A trainer that drops tokens until `vocab_size` are left, a tenth at a time, from three times as many.
    pub fn new(vocab_size: usize) -> Self {
        let seed_size = vocab_size.saturating_mul(3);
        Self { vocab_size, seed_size, longest: LONGEST, share: 0.1, like_the_course: false, print_steps: false }
    }

    /// Sets how many tokens there are at first.
    #[must_use]
    pub fn seed_size(mut self, tokens: usize) -> Self {
        self.seed_size = tokens;
        self
    }

    /// Sets the characters of the longest token; 16 unless set.
    #[must_use]
    pub fn longest(mut self, characters: usize) -> Self {
        self.longest = characters;
        self
    }

    /// Sets the share of the tokens that a step drops, from 0 to 1; a step drops at least one.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share.clamp(0.0, 1.0);
        self
    }

    /// Does two things as the course text's program does them: the score of every word is one too large, since it begins to
    /// count at 1, and the last step drops as many tokens as any, also past the size that was asked for.
    #[must_use]
    pub fn like_the_course(mut self) -> Self {
        self.like_the_course = true;
        self
    }

    /// Prints each step of the training.
    #[must_use]
    pub fn print_steps(mut self) -> Self {
        self.print_steps = true;
        self
    }

    /// Learns from the words of a corpus: drops the tokens that are missed least, again and again.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train(&self, words: impl Into<WordCounts>) -> Result<Unigram> {
        self.drop_tokens(&words.into())
    }

    fn drop_tokens(&self, words: &WordCounts) -> Result<Unigram> {
        let tokens = seed_up_to(words, self.seed_size, self.longest);
        self.prune(tokens, |model| Ok((model.loss(words), model.removal_costs(words)?)))
    }

    /// Drops tokens until few enough are left. `look` gives the loss of a model, and what each token's removal would cost.
    pub(super) fn prune(
        &self,
        mut tokens: Counter<String>,
        mut look: impl FnMut(&Unigram) -> Result<(f64, Vec<(String, f64)>)>,
    ) -> Result<Unigram> {
        let start = if self.like_the_course { 1.0 } else { 0.0 };
        let mut steps = Vec::new();
        let mut model = Unigram::from_counts(&tokens).starting_at(start);
        while model.len() > self.vocab_size {
            let (loss, mut costs) = look(&model)?;
            // A stable sort: of two that cost the same, the one that comes first in the vocabulary goes first.
            costs.sort_by(|(_, one), (_, other)| one.total_cmp(other));
            let removed: Vec<String> =
                costs.into_iter().take(self.how_many(model.len())).map(|(token, _)| token).collect();
            if removed.is_empty() {
                break;
            }
            let gone: std::collections::HashSet<&String> = removed.iter().collect();
            tokens = tokens.iter().filter(|(token, _)| !gone.contains(token)).map(|(t, n)| (t.clone(), n)).collect();
            let (before, after) = (model.len(), tokens.len());
            model = Unigram::from_counts(&tokens).starting_at(start);
            let step = PruneStep { step: steps.len() + 1, before, loss, removed, after };
            if self.print_steps {
                println!("{step}");
            }
            steps.push(step);
        }
        Ok(Unigram { steps: PruneSteps(steps), ..model })
    }

    /// How many of `tokens` a step drops.
    fn how_many(&self, tokens: usize) -> usize {
        let share = ((tokens as f64 * self.share) as usize).max(1);
        if self.like_the_course { share } else { share.min(tokens - self.vocab_size) }
    }
}
