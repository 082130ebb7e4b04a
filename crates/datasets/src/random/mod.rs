//! Random numbers that are NumPy's: the same seed gives the same shuffle, split and sample in Python and here.
//!
//! Three parts, each a file: [`SeedSequence`] spreads a seed over 256 bits, [`Pcg64`] makes a stream of random bits from them,
//! [`Generator`] turns the stream into numbers, orders and choices. Every one is bit-equal to its twin in `numpy.random`.
//!
//! ```
//! use course_datasets::random::Generator;
//!
//! let mut generator = Generator::new(7);
//! // Equivalent python code: rng = np.random.default_rng(7); rng.integers(0, 6, size=5); rng.random()
//! assert_eq!(generator.integers(0, 6, 5), [5, 3, 4, 5, 3]);
//! assert_eq!(generator.random(), 0.22520718999059186);
//! ```

mod choice;
mod generator;
mod pcg64;
mod seed_sequence;

pub use generator::Generator;
pub use pcg64::Pcg64;
pub use seed_sequence::SeedSequence;

#[cfg(test)]
mod tests;
