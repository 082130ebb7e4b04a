//! The KV cache: the keys and values of every token so far, so that a new token costs one token's work.

use crate::architectures::past::Past;
use crate::layers::KeysValues;

/// Keys and values of the tokens that a model has read, for every layer and every row of a batch.
///
/// One is made by `KvCache::default()`, or the model's `new_cache`, and filled by forward passes. It belongs to the model
/// that filled it.
#[derive(Debug, Clone, Default)]
pub struct KvCache {
    /// `layers[layer][row × key heads + head]`.
    pub(crate) layers: Vec<Vec<KeysValues>>,
    /// For each row, 1 for a position of text and 0 for padding.
    pub(crate) visible: Vec<Vec<u8>>,
    /// The same of a model that trains.
    pub(crate) past: Past,
}

impl KvCache {
    /// How many rows of a batch it holds; 0 before the first forward pass.
    pub fn rows(&self) -> usize {
        self.visible.len()
    }

    /// How many positions are filled, padding included.
    pub fn len(&self) -> usize {
        self.visible.first().map_or(0, Vec::len)
    }

    /// Whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the keys and values take: [`kv_cache_bytes`](crate::from_scratch::kv_cache_bytes) of its length, where keys
    /// come in blocks of sixteen positions. The memory behind them may be up to twice as much, so that it need not grow with
    /// every token.
    pub fn bytes(&self) -> usize {
        self.layers.iter().flatten().map(KeysValues::bytes).sum::<usize>() + self.past.bytes()
    }

    /// Forgets everything after the first `length` positions.
    pub fn truncate(&mut self, length: usize) {
        self.visible.iter_mut().for_each(|row| row.truncate(length));
        self.layers.iter_mut().flatten().for_each(|head| head.truncate(length));
    }

    /// The same cache with other rows: `[0, 0, 1]` doubles the first of two. A row that does not exist is left out.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let rows = rows.iter().copied().filter(|row| *row < self.rows()).collect::<Vec<_>>();
        let select = |heads: &Vec<KeysValues>| {
            let of_a_row = heads.len() / self.rows().max(1);
            rows.iter().flat_map(|row| heads[row * of_a_row..][..of_a_row].iter().cloned()).collect()
        };
        let mut past = self.past.clone();
        past.select(&rows);
        Self {
            layers: self.layers.iter().map(select).collect(),
            visible: rows.iter().map(|row| self.visible[*row].clone()).collect(),
            past,
        }
    }

    /// Makes room for `rows` rows of `heads` heads in `layers` layers, if nothing was read yet.
    pub(crate) fn prepare(&mut self, layers: usize, rows: usize, heads: usize, head_dim: usize) {
        if self.is_empty() {
            self.layers = vec![vec![KeysValues::new(head_dim); rows * heads]; layers];
            self.visible = vec![Vec::new(); rows];
        }
    }
}
