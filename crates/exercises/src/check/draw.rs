//! Inputs that are drawn anew every time, so that no result can be written down beforehand.

use std::hash::{BuildHasher as _, RandomState};
use std::ops::{Bound, Range, RangeBounds};

use candle_core::{Device, Shape, Tensor};

use super::Check;

/// Words of several lengths, some of them with letters of more than one byte.
const WORDS: [&str; 40] = [
    "a",
    "the",
    "of",
    "sea",
    "cat",
    "owl",
    "rain",
    "tree",
    "blue",
    "north",
    "river",
    "stone",
    "light",
    "bread",
    "paper",
    "garden",
    "window",
    "summer",
    "yellow",
    "silent",
    "morning",
    "thunder",
    "lantern",
    "mountain",
    "notebook",
    "harvest",
    "tokenizer",
    "attention",
    "butterfly",
    "unbelievable",
    "café",
    "naïve",
    "größe",
    "señor",
    "crème",
    "übung",
    "Ada",
    "Paris",
    "Rust",
    "Tokyo",
];

/// One input to be drawn: numbers, words, choices, from one seed.
///
/// ```
/// use course_exercises::Draw;
///
/// let mut draw = Draw::new(7);
/// let (temperature, ids): (f32, Vec<u32>) = (draw.float(0.2..2.0), draw.integers(5, 0..100));
/// assert!((0.2..2.0).contains(&temperature) && ids.iter().all(|id| *id < 100));
/// assert_eq!(Draw::new(7).float(0.2..2.0f32), temperature, "the same seed draws the same");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// Draws from a seed.
    pub fn new(seed: u64) -> Self {
        let mut draw = Self { state: seed };
        // Seeds next to each other must not begin alike.
        draw.bits();
        draw
    }

    /// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `count`, 0 for none.
    fn below(&mut self, count: u64) -> u64 {
        // The bias of the widening multiplication is far below what a check sees.
        ((u128::from(self.bits()) * u128::from(count)) >> 64) as u64
    }

    /// A float from `range`, with three decimals where the range is wide enough for them, so that a card can be read.
    pub fn float<F: Float>(&mut self, range: Range<F>) -> F {
        F::drawn(self, range)
    }

    /// `count` floats from `range`.
    pub fn floats<F: Float>(&mut self, count: usize, range: Range<F>) -> Vec<F> {
        F::many(self, count, range)
    }

    fn float_between(&mut self, start: f64, end: f64) -> f64 {
        let drawn = start + self.unit() * (end - start);
        let rounded = (drawn * 1000.0).round() / 1000.0;
        if end - start > 0.1 && (start..end).contains(&rounded) { rounded } else { drawn }
    }

    /// An integer from a range such as `0..10` or `1..=6`; its start, if the range is empty.
    pub fn integer<I: Integer>(&mut self, range: impl RangeBounds<I>) -> I {
        I::drawn(self, range.start_bound().cloned(), range.end_bound().cloned())
    }

    /// `count` integers from a range.
    pub fn integers<I: Integer>(&mut self, count: usize, range: impl RangeBounds<I>) -> Vec<I> {
        I::many(self, count, range.start_bound().cloned(), range.end_bound().cloned())
    }

    /// An integer from the first to before the last.
    fn integer_between(&mut self, start: i128, end: i128) -> i128 {
        let count = u64::try_from(end - start).unwrap_or(if end > start { u64::MAX } else { 0 });
        start + i128::from(self.below(count))
    }

    /// `true` with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several values.
    ///
    /// # Panics
    /// When there is none.
    pub fn choose<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        let chosen = self.below(values.len() as u64) as usize;
        values.get(chosen).unwrap_or_else(|| panic!("there is nothing to choose from"))
    }

    /// A word: of one to twelve letters, some of which have more than one byte.
    pub fn word(&mut self) -> String {
        (*self.choose(&WORDS)).to_owned()
    }

    /// `words` words with spaces between them.
    pub fn sentence(&mut self, words: usize) -> String {
        let words: Vec<String> = (0..words).map(|_| self.word()).collect();
        words.join(" ")
    }

    /// The values in another order.
    pub fn shuffled<T>(&mut self, mut values: Vec<T>) -> Vec<T> {
        for last in (1..values.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            values.swap(last, other);
        }
        values
    }

    /// A tensor of `f32` on the CPU.
    ///
    /// # Panics
    /// When the system has no memory for it.
    pub fn tensor(&mut self, shape: impl Into<Shape>, range: Range<f32>) -> Tensor {
        let shape = shape.into();
        let values = self.floats(shape.elem_count(), range);
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap_or_else(|error| panic!("no tensor can be made: {error}"))
    }
}

/// The inputs of a `for` loop over [`Check::draws`]; it ends early when a case has failed.
#[derive(Debug)]
pub struct Draws<'a> {
    check: &'a Check,
    left: usize,
    number: u64,
}

impl<'a> Draws<'a> {
    pub(super) fn new(check: &'a Check, count: usize) -> Self {
        Self { check, left: count, number: 0 }
    }
}

impl Iterator for Draws<'_> {
    type Item = Draw;

    fn next(&mut self) -> Option<Draw> {
        let failed = self.check.failed();
        let mut state = self.check.state();
        state.drawing = self.left > 0 && !failed;
        if !state.drawing {
            return None;
        }
        self.left -= 1;
        self.number += 1;
        Some(Draw::new(state.seed.wrapping_mul(1 << 20).wrapping_add(self.number)))
    }
}

/// A seed that differs every time, short enough to be typed; `COURSE_SEED` sets it.
pub(super) fn fresh_seed() -> u64 {
    let set = std::env::var("COURSE_SEED").ok().and_then(|seed| seed.trim().parse().ok());
    set.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) % 1_000_000)
}

/// The floats that can be drawn. A function for each type, and not one for all, is compiled here and not in every cell.
pub trait Float: Sized {
    /// One of a range.
    fn drawn(draw: &mut Draw, range: Range<Self>) -> Self;
    /// Many of a range.
    fn many(draw: &mut Draw, count: usize, range: Range<Self>) -> Vec<Self>;
}

/// The integers that can be drawn.
pub trait Integer: Copy {
    /// One between two bounds.
    fn drawn(draw: &mut Draw, start: Bound<Self>, end: Bound<Self>) -> Self;
    /// Many between two bounds.
    fn many(draw: &mut Draw, count: usize, start: Bound<Self>, end: Bound<Self>) -> Vec<Self>;
}

macro_rules! numbers {
    ($($float:ty)*; $($integer:ty)*) => {
        $(impl Float for $float {
            fn drawn(draw: &mut Draw, range: Range<Self>) -> Self {
                draw.float_between(range.start.into(), range.end.into()) as $float
            }
            fn many(draw: &mut Draw, count: usize, range: Range<Self>) -> Vec<Self> {
                (0..count).map(|_| Self::drawn(draw, range.clone())).collect()
            }
        })*
        $(impl Integer for $integer {
            fn drawn(draw: &mut Draw, start: Bound<Self>, end: Bound<Self>) -> Self {
                let start = match start {
                    Bound::Included(start) => start as i128,
                    Bound::Excluded(start) => start as i128 + 1,
                    Bound::Unbounded => <$integer>::MIN as i128,
                };
                let end = match end {
                    Bound::Included(end) => end as i128 + 1,
                    Bound::Excluded(end) => end as i128,
                    Bound::Unbounded => <$integer>::MAX as i128 + 1,
                };
                draw.integer_between(start, end) as $integer
            }
            fn many(draw: &mut Draw, count: usize, start: Bound<Self>, end: Bound<Self>) -> Vec<Self> {
                (0..count).map(|_| Self::drawn(draw, start, end)).collect()
            }
        })*
    };
}
numbers!(f32 f64; i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_range_and_fill_it() {
        let mut draw = Draw::new(1);
        let dice: Vec<u8> = draw.integers(600, 1..=6);
        for side in 1..=6 {
            let count = dice.iter().filter(|number| **number == side).count();
            assert!((60..140).contains(&count), "{side} came {count} times");
        }
        assert!(dice.iter().all(|number| (1..=6).contains(number)));
        let floats: Vec<f32> = draw.floats(1000, -4.0..4.0);
        assert!(floats.iter().all(|number| (-4.0..4.0).contains(number)));
        assert!(floats.iter().any(|number| *number < -3.5) && floats.iter().any(|number| *number > 3.5));
        assert!(draw.floats(100, 0.0..0.001).iter().all(|number: &f64| (0.0..0.001).contains(number)));
        assert_eq!((draw.integer(5..5), draw.integer(3..=3)), (5, 3));
        assert!(draw.integers::<u64>(50, ..).iter().any(|number| *number > u64::MAX / 2));
        assert!((-128..0).contains(&draw.integer::<i8>(..0)));
    }

    #[test]
    fn floats_read_easily_where_the_range_allows_it() {
        let drawn: f64 = Draw::new(3).float(-4.0..4.0);
        assert!(drawn.to_string().len() <= 6, "{drawn}");
    }

    #[test]
    fn chances_choices_orders_words_and_tensors() {
        let mut draw = Draw::new(9);
        let heads = (0..1000).filter(|_| draw.chance(0.25)).count();
        assert!((180..320).contains(&heads), "{heads}");
        assert!(["a", "b"].contains(draw.choose(&["a", "b"])));
        let mut shuffled = draw.shuffled((0..50).collect());
        assert_ne!(shuffled, (0..50).collect::<Vec<_>>());
        shuffled.sort_unstable();
        assert_eq!(shuffled, (0..50).collect::<Vec<_>>());
        assert_eq!(draw.sentence(4).split(' ').count(), 4);
        assert_eq!(draw.tensor((2, 3), -1.0..1.0).dims(), [2, 3]);
    }

    #[test]
    fn neighbouring_seeds_draw_differently() {
        let first = |seed| Draw::new(seed).integer::<u32>(..);
        assert!((0..100).map(first).collect::<std::collections::BTreeSet<_>>().len() > 95);
    }
}
