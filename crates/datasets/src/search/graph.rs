//! The graph of HNSW, and the walk through it.
//!
//! Malkov and Yashunin, *Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
//! graphs* (2016). Every vector is a node of the bottom layer; each layer above holds a few of those below it, so that its links
//! are long. A search starts at the one entry on top, walks downhill through each layer, and looks around carefully in the bottom
//! one. The layout is faiss's: a row of places for each node, 2·M in the bottom layer and M in each above, −1 where one is empty.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::best::{Best, Candidate};
use crate::{Error, Result};

/// Who is linked to whom, in every layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    /// Links of a node in every layer but the bottom one, where it has twice as many.
    pub(super) connections: usize,
    /// For each node, in how many layers it is.
    pub(super) levels: Vec<u8>,
    /// For each node, where its places begin, and at last where the last node's end.
    pub(super) offsets: Vec<usize>,
    /// The places: a node, or −1.
    pub(super) links: Vec<i32>,
    /// The node on top where every search starts.
    pub(super) entry: u32,
}

impl Graph {
    /// A graph without links.
    pub(super) fn new(connections: usize, levels: Vec<u8>, entry: u32) -> Self {
        let mut offsets = vec![0];
        let mut end = 0;
        for &level in &levels {
            end += places(connections, level as usize);
            offsets.push(end);
        }
        Self { connections, levels, offsets, links: vec![-1; end], entry }
    }

    /// Checks what comes from a file: every place is where it should be, and every link leads to a node that is in that layer.
    pub(super) fn check(&self) -> Result<(), String> {
        let count = self.levels.len();
        let expected = Self::new(self.connections, self.levels.clone(), self.entry);
        if self.offsets != expected.offsets || self.links.len() != expected.links.len() {
            return Err("the table of links does not fit the nodes' layers".into());
        }
        let top = self.levels.iter().max().copied().unwrap_or(0);
        if self.levels.get(self.entry as usize) != Some(&top) || self.levels.contains(&0) {
            return Err(format!("the entry, node {}, is not on top", self.entry));
        }
        for node in 0..count {
            for layer in 0..self.levels[node] as usize {
                for &link in self.places(node, layer).iter().take_while(|&&link| link >= 0) {
                    if self.levels.get(link as usize).is_none_or(|&level| (level as usize) <= layer) {
                        return Err(format!("node {node} leads to {link}, which is not in layer {layer}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Links `node` to these others in a layer, as many as there is room for.
    pub(super) fn link(&mut self, node: usize, layer: usize, others: impl Iterator<Item = usize>) {
        let range = self.range(node, layer);
        if let Some(places) = self.links.get_mut(range) {
            for (place, other) in places.iter_mut().zip(others) {
                *place = other as i32;
            }
        }
    }

    /// The nodes that `node` is linked to in a layer.
    pub(super) fn neighbours(&self, node: u32, layer: usize) -> impl Iterator<Item = u32> {
        self.places(node as usize, layer).iter().take_while(|&&link| link >= 0).map(|&link| link as u32)
    }

    /// The number of layers.
    pub(super) fn layers(&self) -> usize {
        self.levels.iter().max().copied().unwrap_or(0) as usize
    }

    fn range(&self, node: usize, layer: usize) -> std::ops::Range<usize> {
        let in_layer = self.levels.get(node).is_some_and(|&level| layer < level as usize);
        let begin = if in_layer { self.offsets.get(node).copied().unwrap_or(0) } else { 0 };
        let places = |layers| if in_layer { places(self.connections, layers) } else { 0 };
        begin + places(layer)..begin + places(layer + 1)
    }

    fn places(&self, node: usize, layer: usize) -> &[i32] {
        self.links.get(self.range(node, layer)).unwrap_or_default()
    }

    /// Walks towards where `rank` is low, and returns the best of the `breadth` nodes it kept on the way.
    pub(super) fn search(&self, breadth: usize, rank: impl Fn(u32) -> f32) -> Best {
        let mut at = Candidate { rank: rank(self.entry), row: self.entry };
        for layer in (1..self.layers()).rev() {
            at = self.descend(at, layer, &rank);
        }
        self.look_around(at, breadth.max(1), &rank)
    }

    /// From node to nearer node until none is nearer.
    fn descend(&self, mut at: Candidate, layer: usize, rank: &impl Fn(u32) -> f32) -> Candidate {
        loop {
            let nearest = self.neighbours(at.row, layer).map(|row| Candidate { rank: rank(row), row }).min();
            match nearest {
                Some(nearest) if nearest < at => at = nearest,
                _ => return at,
            }
        }
    }

    /// Goes on from the nearest node not yet gone on from, until that one is farther than the worst of the best.
    fn look_around(&self, start: Candidate, breadth: usize, rank: &impl Fn(u32) -> f32) -> Best {
        let mut seen = vec![0u64; self.levels.len().div_ceil(64)];
        let mut first_time = |row: u32| match seen.get_mut(row as usize / 64) {
            Some(word) => {
                let bit = 1 << (row % 64);
                let first = *word & bit == 0;
                *word |= bit;
                first
            }
            None => false,
        };
        first_time(start.row);
        let mut best = Best::new(breadth);
        best.offer(start);
        let mut waiting = BinaryHeap::from([Reverse(start)]);
        while let Some(Reverse(next)) = waiting.pop() {
            if best.bar().is_some_and(|bar| next > bar) {
                break;
            }
            for row in self.neighbours(next.row, 0).filter(|&row| first_time(row)) {
                let candidate = Candidate { rank: rank(row), row };
                if best.offer(candidate) {
                    waiting.push(Reverse(candidate));
                }
            }
        }
        best
    }
}

/// How many places a node in so many layers has.
pub(super) fn places(connections: usize, layers: usize) -> usize {
    if layers == 0 { 0 } else { connections * (layers + 1) }
}

impl Error {
    /// A number that the builder of an index cannot work with.
    pub(super) fn index_setting(name: &str, value: usize, range: &str) -> Self {
        Self::vectors(format!("{name} is {value}, and it must be {range}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Metric;

    /// Seven nodes in a row, 0 – 1 – … – 6; nodes 0, 3 and 6 are in the layer above as well.
    fn line() -> Graph {
        let mut graph = Graph::new(2, vec![2, 1, 1, 2, 1, 1, 2], 0);
        for node in 0usize..7 {
            graph.link(node, 0, [node.checked_sub(1), Some(node + 1).filter(|&next| next < 7)].into_iter().flatten());
        }
        for (node, others) in [(0, vec![3]), (3, vec![0, 6]), (6, vec![3])] {
            graph.link(node, 1, others.into_iter());
        }
        graph
    }

    #[test]
    fn the_walk_takes_the_long_links_first() {
        let graph = line();
        graph.check().unwrap();
        let looked_at = std::cell::RefCell::new(Vec::new());
        let best = graph.search(2, |row| {
            looked_at.borrow_mut().push(row);
            (row as f32 - 4.6).abs()
        });
        let rows: Vec<usize> = best.neighbours(Metric::L2, 2).iter().map(|found| found.row).collect();
        assert_eq!(rows, [5, 4]);
        let looked_at = looked_at.into_inner();
        assert!(!looked_at.contains(&1), "the upper layer skips the near ones: {looked_at:?}");
    }

    #[test]
    fn a_wide_walk_sees_every_node() {
        let best = line().search(7, |row| row as f32);
        assert_eq!(best.neighbours(Metric::L2, 7).len(), 7);
    }

    #[test]
    fn a_graph_that_leads_out_of_its_layer_is_refused() {
        let broken = |change: fn(&mut Graph)| {
            let mut graph = line();
            change(&mut graph);
            graph.check().unwrap_err()
        };
        assert!(
            broken(|graph| graph.link(0, 1, [1].into_iter())).contains("node 0 leads to 1, which is not in layer 1")
        );
        assert!(broken(|graph| graph.link(0, 0, [99].into_iter())).contains("leads to 99"));
        assert!(broken(|graph| graph.entry = 1).contains("node 1, is not on top"));
        assert!(broken(|graph| graph.entry = 70).contains("not on top"));
        assert!(broken(|graph| graph.offsets[2] += 1).contains("does not fit"));
        assert!(broken(|graph| graph.links.truncate(3)).contains("does not fit"));
    }
}
