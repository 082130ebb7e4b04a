//! Drawing some of many: with and without putting back, evenly and by weight.

use super::Generator;

/// Above this many to draw from, NumPy may shuffle the whole instead of remembering what was drawn.
const SMALL_POPULATION: usize = 10_000;
/// … if more than one in so many is drawn.
const SHUFFLE_FROM_SHARE: usize = 50;

impl Generator {
    /// `count` numbers below `population`, each of which may come again, as `choice(population, size=count)`.
    /// Empty when `population` is 0.
    pub fn choices(&mut self, population: usize, count: usize) -> Vec<usize> {
        match population.checked_sub(1) {
            None => Vec::new(),
            Some(most) => (0..count).map(|_| self.up_to(most as u64) as usize).collect(),
        }
    }

    /// `count` different numbers below `population` in random order, as `choice(population, size=count, replace=False)`;
    /// all of them when `count` is larger.
    pub fn sample(&mut self, population: usize, count: usize) -> Vec<usize> {
        let count = count.min(population);
        if population > SMALL_POPULATION && count > population / SHUFFLE_FROM_SHARE {
            let mut everything: Vec<usize> = (0..population).collect();
            self.shuffle_tail(&mut everything, (population - count).max(1));
            return everything.split_off(population - count);
        }
        // Floyd's algorithm: each draw comes from one number more than the last; a number drawn before gives way to the new one.
        let mut drawn = std::collections::HashSet::with_capacity(count);
        let mut sample = Vec::with_capacity(count);
        for newest in population - count..population {
            let number = self.up_to(newest as u64) as usize;
            let number = if drawn.insert(number) { number } else { newest };
            drawn.insert(number);
            sample.push(number);
        }
        self.shuffle_tail(&mut sample, 1);
        sample
    }

    /// Shuffles the places from `first` on. NumPy draws differently here than in `shuffle`.
    fn shuffle_tail(&mut self, items: &mut [usize], first: usize) {
        for place in (first..items.len()).rev() {
            let other = self.up_to(place as u64) as usize;
            items.swap(place, other);
        }
    }

    /// `count` places of `weights`, each as likely as its weight and each may come again, as
    /// `choice(len(weights), size=count, p=weights)`. The weights need not add up to 1. Empty when no weight is positive.
    pub fn weighted_choices(&mut self, weights: &[f64], count: usize) -> Vec<usize> {
        let mut cumulative: Vec<f64> = weights
            .iter()
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        let total = cumulative.last().copied().unwrap_or(0.0);
        if total.is_nan() || total <= 0.0 {
            return Vec::new();
        }
        for bound in &mut cumulative {
            *bound /= total;
        }
        (0..count)
            .map(|_| {
                let point = self.random();
                cumulative.partition_point(|bound| *bound <= point).min(weights.len() - 1)
            })
            .collect()
    }
}
