//! NumPy's `SeedSequence`: a small number becomes well-mixed bits.
//!
//! Seeds 1, 2, 3 differ in two bits; generators that start from them should have nothing in common. So the seed is hashed into
//! a pool of four words, each of which depends on every bit of it, and the generator's state is hashed out of the pool.
//! The algorithm is Melissa O'Neill's (<https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html>), the
//! constants are NumPy's.

const POOL_SIZE: usize = 4;
const SHIFT: u32 = 16;
const INITIAL_A: u32 = 0x43b0_d7e5;
const MULTIPLIER_A: u32 = 0x931e_8875;
const INITIAL_B: u32 = 0x8b51_f9dd;
const MULTIPLIER_B: u32 = 0x58f3_8ded;
const MIX_LEFT: u32 = 0xca01_f9dd;
const MIX_RIGHT: u32 = 0x4973_f715;

/// A pool of mixed bits made from a seed; what NumPy calls `SeedSequence`.
///
/// ```
/// use course_datasets::random::SeedSequence;
///
/// // Equivalent python code: np.random.SeedSequence(42).generate_state(2, np.uint64)
/// let state: [u64; 2] = SeedSequence::new(42).state();
/// assert_eq!(state, [11465652750463011511, 15382171918060459190]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedSequence {
    pool: [u32; POOL_SIZE],
}

impl SeedSequence {
    /// The pool of one number, as `SeedSequence(seed)`.
    pub fn new(seed: u64) -> Self {
        let high = (seed >> 32) as u32;
        if high == 0 { Self::from_words(&[seed as u32]) } else { Self::from_words(&[seed as u32, high]) }
    }

    /// The pool of any number of 32-bit words, as `SeedSequence([…])` of numbers below 2³²: for seeds with more parts than
    /// one, such as a seed and an epoch.
    pub fn from_words(words: &[u32]) -> Self {
        let mut pool = [0; POOL_SIZE];
        let mut hash = Hash { constant: INITIAL_A, multiplier: MULTIPLIER_A };
        for (place, slot) in pool.iter_mut().enumerate() {
            *slot = hash.of(words.get(place).copied().unwrap_or(0));
        }
        for from in 0..POOL_SIZE {
            for to in 0..POOL_SIZE {
                if from != to {
                    pool[to] = mix(pool[to], hash.of(pool[from]));
                }
            }
        }
        for word in words.iter().skip(POOL_SIZE) {
            for slot in &mut pool {
                *slot = mix(*slot, hash.of(*word));
            }
        }
        Self { pool }
    }

    /// `N` 64-bit words for a generator to start from, as `generate_state(N, np.uint64)`.
    pub fn state<const N: usize>(&self) -> [u64; N] {
        let mut hash = Hash { constant: INITIAL_B, multiplier: MULTIPLIER_B };
        let mut words = self.pool.iter().cycle();
        let mut next = || u64::from(hash.of(words.next().copied().unwrap_or(0)));
        std::array::from_fn(|_| {
            let low = next();
            low | next() << 32
        })
    }
}

/// A multiplicative hash whose constant changes with every word.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn of(&mut self, word: u32) -> u32 {
        let word = word ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        let word = word.wrapping_mul(self.constant);
        word ^ (word >> SHIFT)
    }
}

fn mix(left: u32, right: u32) -> u32 {
    let mixed = MIX_LEFT.wrapping_mul(left).wrapping_sub(MIX_RIGHT.wrapping_mul(right));
    mixed ^ (mixed >> SHIFT)
}
