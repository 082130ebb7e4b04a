//! n-grams: the runs of `n` units in a list, and how often each occurs.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each n-gram occurs.
pub(super) type Counts<'a, T> = HashMap<&'a [T], usize>;

/// The runs of `n` neighbours, counted.
pub(super) fn ngrams<T: Eq + Hash>(units: &[T], n: usize) -> Counts<'_, T> {
    let mut counts = HashMap::new();
    if n > 0 {
        for ngram in units.windows(n) {
            *counts.entry(ngram).or_default() += 1;
        }
    }
    counts
}

/// How many there are in all.
pub(super) fn total<T>(counts: &Counts<'_, T>) -> usize {
    counts.values().sum()
}

/// How many of them `other` has too; what it has less often counts as often as it has it.
pub(super) fn shared<T: Eq + Hash>(counts: &Counts<'_, T>, other: &Counts<'_, T>) -> usize {
    counts.iter().map(|(ngram, &count)| count.min(other.get(ngram).copied().unwrap_or(0))).sum()
}

/// Of each n-gram the most that one of the lists has of it.
fn union<'a, T: Eq + Hash>(all: impl IntoIterator<Item = Counts<'a, T>>) -> Counts<'a, T> {
    let mut most = HashMap::new();
    for counts in all {
        for (ngram, count) in counts {
            let known = most.entry(ngram).or_default();
            *known = count.max(*known);
        }
    }
    most
}

/// Adds up, for each order from 1 on, the n-grams of a translation that one of its references has too, and all that it has.
pub(super) fn add_matches(translation: &[String], references: &[Vec<String>], right: &mut [usize], all: &mut [usize]) {
    for (n, (right, all)) in (1..).zip(right.iter_mut().zip(all)) {
        let known = union(references.iter().map(|words| ngrams(words, n)));
        let own = ngrams(translation, n);
        *right += shared(&own, &known);
        *all += total(&own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_counts_as_often_as_the_other_has_it() {
        let (one, other) = (["a", "a", "a", "b"], ["a", "a", "b"]);
        let (one, other) = (ngrams(&one, 1), ngrams(&other, 1));
        assert_eq!((total(&one), total(&other), shared(&one, &other)), (4, 3, 3));
        assert_eq!(total(&ngrams(&["a"], 2)), 0);
        assert_eq!(union([one, other]).get(&["a"][..]), Some(&3));
    }
}
