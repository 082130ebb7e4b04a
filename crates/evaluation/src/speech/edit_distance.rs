//! Levenshtein's distance.

/// How many units must be changed, added or dropped to turn one list into the other.
///
/// ```
/// use course_evaluation::speech::edits;
///
/// let letters = |word: &str| word.chars().collect::<Vec<char>>();
/// assert_eq!(edits(&letters("kitten"), &letters("sitting")), 3);
/// ```
///
/// `row[j]` is the distance between what was read of `one` and the first `j` units of `other`; each unit of `one` makes the next row out of
/// it. Levenshtein (1966), Wagner and Fischer (1974).
pub fn edits<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (read, unit) in one.iter().enumerate() {
        let mut left = read + 1; // in the new row, before `unit` of `other`: all that was read is dropped
        let mut next = vec![left];
        for (above, second) in row.windows(2).zip(other) {
            let &[diagonal, above] = above else { continue };
            let changed = diagonal + usize::from(unit != second);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_are_added_or_dropped() {
        assert_eq!(edits::<u8>(&[], &[]), 0);
        assert_eq!(edits(&[], &[1, 2]), 2);
        assert_eq!(edits(&[1, 2, 3], &[2]), 2);
        assert_eq!(edits(&[1, 2], &[2, 1]), 2);
    }

    proptest! {
        #[test]
        fn it_is_a_distance(a in prop::collection::vec(0..3u8, 0..9), b in prop::collection::vec(0..3u8, 0..9), c in prop::collection::vec(0..3u8, 0..9)) {
            prop_assert_eq!(edits(&a, &b), edits(&b, &a));
            prop_assert_eq!(edits(&a, &b) == 0, a == b);
            prop_assert!(edits(&a, &c) <= edits(&a, &b) + edits(&b, &c));
            prop_assert!(edits(&a, &b) >= a.len().abs_diff(b.len()));
        }
    }
}
