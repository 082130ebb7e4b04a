//! Random numbers by counting: Philox 4×32-10.

/// A seeded generator whose n-th number depends on the seed, the stream and n only: the same on any machine and any
/// number of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Philox {
    /// Stream 0 of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::with_stream(seed, 0)
    }

    /// One of many independent streams of a seed.
    pub fn with_stream(_seed: u64, _stream: u64) -> Self {
        todo!()
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let _ = (&self.key, &self.counter, &self.block, self.used);
        todo!()
    }

    /// A number in `[0, 1)`, with 24 random bits.
    pub fn next_f32(&mut self) -> f32 {
        todo!()
    }

    /// A number in `[0, 1)`, with 53 random bits.
    pub fn next_f64(&mut self) -> f64 {
        todo!()
    }
}
