//! A bar around an iterator.

use super::Progress;

/// Goes through `iterable` and shows how far it has come, at most ten times a second.
///
/// When the learner presses ■ the loop ends and the cell with it: the iterator unwinds with
/// [`Interrupted`](course_wire::Interrupted), which the kernel reports as such, variables kept.
///
/// ```
/// let sum: u64 = course_display::progress(1..=10u64, "adding").sum();
/// assert_eq!(sum, 55);
/// ```
pub fn progress<I: IntoIterator>(iterable: I, label: impl Into<String>) -> ProgressIter<I::IntoIter> {
    let iterator = iterable.into_iter();
    let total = match iterator.size_hint() {
        (low, Some(high)) if low == high => Some(low as u64),
        _ => None,
    };
    ProgressIter { bar: Progress::new(total, label), iterator }
}

/// The iterator behind [`progress`].
#[derive(Debug)]
pub struct ProgressIter<I> {
    iterator: I,
    bar: Progress,
}

impl<I> ProgressIter<I> {
    /// The bar, for a [message](Progress::message) beside it.
    pub fn bar(&self) -> &Progress {
        &self.bar
    }
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        match self.iterator.next() {
            Some(item) => {
                if let Err(interrupted) = self.bar.begin_next() {
                    // An iterator has no way to return the error, and ending early would let the code below the loop
                    // run as if it were whole. Unlike a panic this prints nothing.
                    std::panic::resume_unwind(Box::new(interrupted));
                }
                Some(item)
            }
            None => {
                self.bar.finish();
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iterator.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {}

#[cfg(test)]
mod tests {
    use super::super::Phase;
    use super::*;

    #[test]
    fn an_item_counts_once_the_next_is_asked_for() {
        let mut items = progress(["a", "b"], "items");
        let position = |items: &ProgressIter<_>| items.bar().lock().snapshot.position;
        items.next();
        assert_eq!(position(&items), 0);
        items.next();
        assert_eq!(position(&items), 1);
        assert_eq!(items.next(), None);
        assert_eq!(position(&items), 2);
        assert_eq!(items.bar().lock().snapshot.phase, Phase::Done);
        assert_eq!(items.next(), None);
        assert_eq!(position(&items), 2);
    }
}
