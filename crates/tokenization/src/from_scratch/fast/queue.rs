//! A queue whose best entry is asked for while the values of the others change.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How good an entry is: the more the better, and of two that are equal, the one with the smaller second number.
pub(super) type Rank = (u64, Reverse<u64>);

/// Numbered entries, the best first.
///
/// A heap cannot change what is inside it. So an entry that gets better is put in once more, and one that gets worse stays
/// where it is until it comes up; then it is looked at again, and put back at the place that it has by now.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<(Rank, u32)>,
    /// The rank under which each entry waits; what else the heap has of it is out of date.
    waiting: Vec<Option<Rank>>,
}

impl Queue {
    /// Lets an entry wait under its rank of now.
    pub(super) fn put(&mut self, entry: u32, rank: Rank) {
        let place = entry as usize;
        if self.waiting.len() <= place {
            self.waiting.resize(place + 1, None);
        }
        if self.waiting[place] != Some(rank) {
            self.waiting[place] = Some(rank);
            self.heap.push((rank, entry));
        }
    }

    /// Takes the best entry out. `now` says what an entry's rank has become since it was put in, `None` where it is gone;
    /// a rank that got better must have been put in again.
    pub(super) fn take(&mut self, mut now: impl FnMut(u32) -> Option<Rank>) -> Option<u32> {
        while let Some((rank, entry)) = self.heap.pop() {
            let place = entry as usize;
            if self.waiting[place] != Some(rank) {
                continue;
            }
            self.waiting[place] = None;
            match now(entry) {
                Some(same) if same == rank => return Some(entry),
                Some(other) => self.put(entry, other),
                None => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_by_what_they_are_worth_by_now() {
        let mut worth = [(5, Reverse(0)), (9, Reverse(1)), (9, Reverse(0)), (7, Reverse(0))];
        let mut queue = Queue::default();
        for (entry, rank) in worth.iter().enumerate() {
            queue.put(entry as u32, *rank);
        }
        worth[2].0 = 6; // got worse: nobody says so
        worth[0].0 = 8; // got better: it is put in again
        queue.put(0, worth[0]);
        let order: Vec<u32> = std::iter::from_fn(|| queue.take(|entry| Some(worth[entry as usize]))).collect();
        assert_eq!(order, [1, 0, 3, 2]);
    }

    #[test]
    fn what_is_gone_does_not_come_out() {
        let mut queue = Queue::default();
        queue.put(3, (1, Reverse(0)));
        assert_eq!(queue.take(|_| None), None);
    }
}
