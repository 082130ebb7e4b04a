//! The draws of NumPy's `Generator`, in NumPy's order, so that the same seed gives the same rows.

use super::{Pcg64, SeedSequence};

/// What `np.random.default_rng(seed)` is: random numbers that a seed fixes, the same in Python and here.
///
/// ```
/// use course_datasets::random::Generator;
///
/// // Equivalent python code: np.random.default_rng(42).permutation(10)
/// assert_eq!(Generator::new(42).permutation(10), [5, 6, 0, 7, 3, 2, 4, 9, 1, 8]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    bits: Pcg64,
}

impl Generator {
    /// The generator of a seed, as `np.random.default_rng(seed)`.
    pub fn new(seed: u64) -> Self {
        Self::from_sequence(&SeedSequence::new(seed))
    }

    /// The generator of a seed sequence, as `np.random.default_rng(np.random.SeedSequence(…))`.
    pub fn from_sequence(sequence: &SeedSequence) -> Self {
        Self { bits: Pcg64::new(sequence) }
    }

    /// A generator that differs from run to run, for when no seed is given.
    pub fn unseeded() -> Self {
        // The keys of the standard library's hash maps come from the system's randomness.
        use std::hash::{BuildHasher, Hasher};
        Self::new(std::collections::hash_map::RandomState::new().build_hasher().finish())
    }

    /// A generator of `seed`, or one that differs from run to run.
    pub fn maybe_seeded(seed: Option<u64>) -> Self {
        seed.map_or_else(Self::unseeded, Self::new)
    }

    /// A number from 0 to `most`, both included; all equally likely, as `integers(0, most, endpoint=True)` (Lemire's method).
    #[inline]
    pub fn up_to(&mut self, most: u64) -> u64 {
        match most {
            0 => 0,
            // 32 random bits suffice.
            1..0xffff_ffff => {
                let outcomes = most as u32 + 1;
                let mut wide = u64::from(self.bits.next_u32()) * u64::from(outcomes);
                if (wide as u32) < outcomes {
                    let threshold = (u32::MAX - most as u32) % outcomes;
                    while (wide as u32) < threshold {
                        wide = u64::from(self.bits.next_u32()) * u64::from(outcomes);
                    }
                }
                wide >> 32
            }
            0xffff_ffff => u64::from(self.bits.next_u32()),
            u64::MAX => self.bits.next_u64(),
            _ => {
                let outcomes = most + 1;
                let mut wide = u128::from(self.bits.next_u64()) * u128::from(outcomes);
                if (wide as u64) < outcomes {
                    let threshold = (u64::MAX - most) % outcomes;
                    while (wide as u64) < threshold {
                        wide = u128::from(self.bits.next_u64()) * u128::from(outcomes);
                    }
                }
                (wide >> 64) as u64
            }
        }
    }

    /// A number from `low` up to, but not including, `high`, as `integers(low, high)`; `low` when the range is empty.
    pub fn integer(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        low.wrapping_add_unsigned(self.up_to(high.wrapping_sub(low).wrapping_sub(1) as u64))
    }

    /// `count` numbers from `low` up to, but not including, `high`, as `integers(low, high, size=count)`.
    pub fn integers(&mut self, low: i64, high: i64, count: usize) -> Vec<i64> {
        (0..count).map(|_| self.integer(low, high)).collect()
    }

    /// A number from 0 up to, but not including, 1, as `random()`.
    #[inline]
    pub fn random(&mut self) -> f64 {
        (self.bits.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Puts items in random order, as `shuffle(array)`: from the last place to the first, each changes with one at or before it.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            let other = self.masked_up_to(place as u64) as usize;
            items.swap(place, other);
        }
    }

    /// A number from 0 to `most`, both included, as NumPy draws it when it shuffles: as many bits as `most` has, again and
    /// again until they make a number that is small enough.
    #[inline]
    fn masked_up_to(&mut self, most: u64) -> u64 {
        let mask = u64::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let bits = if most <= 0xffff_ffff { u64::from(self.bits.next_u32()) } else { self.bits.next_u64() };
            if bits & mask <= most {
                return bits & mask;
            }
        }
    }

    /// The numbers below `count` in random order, as `permutation(count)`.
    pub fn permutation(&mut self, count: usize) -> Vec<u64> {
        let mut order: Vec<u64> = (0..count as u64).collect();
        self.shuffle(&mut order);
        order
    }

    /// One of `weights.len()` places, each as likely as its weight; see [`weighted_choices`](Self::weighted_choices).
    /// `None` when there is nothing to choose from.
    pub fn weighted_choice(&mut self, weights: &[f64]) -> Option<usize> {
        self.weighted_choices(weights, 1).first().copied()
    }
}
