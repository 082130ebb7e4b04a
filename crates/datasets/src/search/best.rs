//! The best few of many scores.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Metric;

/// A row that was found, with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The number of the row in the index, from 0.
    pub row: usize,
    /// Its score by the index's [`Metric`].
    pub score: f32,
}

/// A row by its rank: the lower, the nearer. Of two rows as near as each other the earlier comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) rank: f32,
    pub(super) row: u32,
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.total_cmp(&other.rank).then(self.row.cmp(&other.row))
    }
}

/// The best so many of the candidates it is offered.
#[derive(Debug, Clone)]
pub(super) struct Best {
    /// The worst of the kept on top.
    heap: BinaryHeap<Candidate>,
    count: usize,
}

impl Best {
    pub(super) fn new(count: usize) -> Self {
        Self { heap: BinaryHeap::with_capacity(count.min(1024) + 1), count }
    }

    /// Takes the candidate if it is among the best so far; whether it is.
    pub(super) fn offer(&mut self, candidate: Candidate) -> bool {
        if self.heap.len() < self.count {
            self.heap.push(candidate);
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut worst) if candidate < *worst => {
                *worst = candidate;
                true
            }
            _ => false,
        }
    }

    /// The worst of the kept, if there are as many as wanted.
    pub(super) fn bar(&self) -> Option<Candidate> {
        if self.heap.len() < self.count { None } else { self.heap.peek().copied() }
    }

    /// Offers all that another has kept.
    pub(super) fn merge(mut self, other: Self) -> Self {
        for candidate in other.heap {
            self.offer(candidate);
        }
        self
    }

    /// The best first, cut to `count`.
    pub(super) fn neighbours(self, metric: Metric, count: usize) -> Vec<Neighbour> {
        let sorted = self.heap.into_sorted_vec();
        let neighbour = |found: Candidate| Neighbour { row: found.row as usize, score: metric.rank(found.rank) };
        sorted.into_iter().take(count).map(neighbour).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_in_order_and_ties_go_to_the_earlier_row() {
        let mut best = Best::new(3);
        for (row, rank) in [5.0, 1.0, 3.0, 1.0, 9.0, 3.0].into_iter().enumerate() {
            best.offer(Candidate { rank, row: row as u32 });
        }
        assert_eq!(best.bar(), Some(Candidate { rank: 3.0, row: 2 }));
        let rows: Vec<(usize, f32)> =
            best.neighbours(Metric::L2, 3).into_iter().map(|found| (found.row, found.score)).collect();
        assert_eq!(rows, [(1, 1.0), (3, 1.0), (2, 3.0)]);
    }

    #[test]
    fn none_are_kept_where_none_are_wanted_and_all_where_there_are_few() {
        let candidate = Candidate { rank: 1.0, row: 0 };
        let mut none = Best::new(0);
        assert!(!none.offer(candidate));
        assert!(none.neighbours(Metric::Cosine, 0).is_empty());
        let mut few = Best::new(10);
        few.offer(candidate);
        assert_eq!(few.bar(), None);
        assert_eq!(few.neighbours(Metric::Cosine, 10), [Neighbour { row: 0, score: -1.0 }]);
    }
}
