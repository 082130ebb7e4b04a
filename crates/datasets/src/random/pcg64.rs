//! PCG64, the generator behind NumPy's `default_rng`: a 128-bit linear congruential generator whose output is scrambled
//! (XSL-RR) to 64 bits.

use super::SeedSequence;

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// The bit generator PCG64 (XSL-RR 128/64), bit for bit NumPy's `PCG64`.
///
/// ```
/// use course_datasets::random::{Pcg64, SeedSequence};
///
/// // Equivalent python code: np.random.PCG64(42).random_raw()
/// assert_eq!(Pcg64::new(&SeedSequence::new(42)).next_u64(), 14276969152011380360);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pcg64 {
    state: u128,
    increment: u128,
    /// The upper half of the last 64 bits, when only the lower has been handed out.
    half: Option<u32>,
}

impl Pcg64 {
    /// The generator as NumPy seeds it.
    pub fn new(seed: &SeedSequence) -> Self {
        let [state_high, state_low, sequence_high, sequence_low] = seed.state();
        let wide = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let mut generator = Self { state: 0, increment: wide(sequence_high, sequence_low) << 1 | 1, half: None };
        generator.step();
        generator.state = generator.state.wrapping_add(wide(state_high, state_low));
        generator.step();
        generator
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// The next 32 bits. Two calls share 64 bits: the lower half comes first, the upper half waits for the next call.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let both = self.next_u64();
        self.half = Some((both >> 32) as u32);
        both as u32
    }
}
