//! Random numbers by counting: Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).

/// A seeded generator whose n-th number depends on the seed, the stream and n only: the same on any machine and any
/// number of threads.
///
/// ```
/// use course_models::Philox;
/// let (mut one, mut same, mut other) = (Philox::new(42), Philox::new(42), Philox::with_stream(42, 1));
/// let number = one.next_u32();
/// assert_eq!(number, same.next_u32());
/// assert_ne!(number, other.next_u32());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
    /// Which block of four numbers comes next; the stream is its upper half.
    counter: [u32; 4],
    block: [u32; 4],
    /// How many numbers of the block are used up.
    used: usize,
}

impl Philox {
    /// Stream 0 of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::with_stream(seed, 0)
    }

    /// One of many independent streams of a seed.
    pub fn with_stream(seed: u64, stream: u64) -> Self {
        let halves = |number: u64| [number as u32, (number >> 32) as u32];
        let [low, high] = halves(stream);
        Self { key: halves(seed), counter: [0, 0, low, high], block: [0; 4], used: 4 }
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            self.block = scramble(self.counter, self.key);
            self.used = 0;
            let (low, carry) = self.counter[0].overflowing_add(1);
            self.counter[0] = low;
            self.counter[1] = self.counter[1].wrapping_add(u32::from(carry));
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// Goes on with block number `block` of the stream: with its `4 · block`-th 32 bits.
    ///
    /// ```
    /// # use course_models::Philox;
    /// let (mut read, mut skipped) = (Philox::new(42), Philox::new(42));
    /// (0..12).for_each(|_| _ = read.next_u32());
    /// skipped.skip_to_block(3);
    /// assert_eq!(read.next_u32(), skipped.next_u32());
    /// ```
    pub fn skip_to_block(&mut self, block: u64) {
        self.counter[0] = block as u32;
        self.counter[1] = (block >> 32) as u32;
        self.used = 4;
    }

    /// A number in `[0, 1)`, with 24 random bits.
    pub fn next_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// A number in `[0, 1)`, with 53 random bits.
    pub fn next_f64(&mut self) -> f64 {
        let bits = u64::from(self.next_u32()) << 32 | u64::from(self.next_u32());
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ten rounds of multiply, swap and mix: the counter goes in, four random numbers come out.
#[inline(always)]
pub(crate) fn scramble(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let multiply = |a: u32, b: u32| {
        let product = u64::from(a) * u64::from(b);
        ((product >> 32) as u32, product as u32)
    };
    for _ in 0..10 {
        let (high_0, low_0) = multiply(0xD251_1F53, counter[0]);
        let (high_1, low_1) = multiply(0xCD9E_8D57, counter[2]);
        counter = [high_1 ^ counter[1] ^ key[0], low_1, high_0 ^ counter[3] ^ key[1], low_0];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that come with the authors' own implementation (Random123, `kat_vectors`).
    #[test]
    fn numbers_are_those_of_the_authors() {
        assert_eq!(scramble([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = u32::MAX;
        assert_eq!(scramble([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            scramble([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn floats_fill_the_unit_interval_evenly() {
        let mut random = Philox::new(7);
        let numbers = (0..40_000).map(|_| random.next_f64()).collect::<Vec<_>>();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 40_000.0;
        // Four standard deviations of the mean: 4 / √(12 · 40 000).
        assert!((mean - 0.5).abs() < 0.006, "{mean}");
    }
}
