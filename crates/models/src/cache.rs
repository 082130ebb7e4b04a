//! The KV cache: the keys and values of every token so far, so that a new token costs one token's work.

/// Keys and values of the tokens that a model has read, for every layer and every row of a batch.
#[derive(Debug, Clone, Default)]
pub struct KvCache {
    rows: usize,
    length: usize,
}

impl KvCache {
    /// How many rows of a batch it holds; 0 before the first forward pass.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many positions are filled, padding included.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets everything after the first `length` positions.
    pub fn truncate(&mut self, length: usize) {
        let _ = length;
        todo!()
    }

    /// The same cache with other rows: `[0, 0, 1]` doubles the first of two.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let _ = rows;
        todo!()
    }
}
