//! Choosing the next token.
//!
//! Sampling narrows the vocabulary step by step, as `transformers` does: temperature, `top_k`, `top_p`, `min_p`; what is left
//! is made a distribution, and one token is drawn from it.

use super::GenerationConfig;
use crate::Philox;
use crate::kernels::elementwise::exp;

/// A token that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: u32,
    /// Its logit, and after [`distribution`] its probability.
    pub weight: f32,
}

/// The next token and its log-probability in the distribution it was chosen from.
///
/// Greedy takes the largest logit, the lowest id among equals.
pub fn choose(logits: &[f32], config: &GenerationConfig, random: &mut Philox) -> (u32, f32) {
    if !config.samples() {
        let (id, largest) = largest(logits);
        return (id, largest - log_sum_exp(logits));
    }
    let candidates = distribution(logits, config);
    let draw = random.next_f32();
    let mut sum = 0.0;
    for candidate in &candidates {
        sum += candidate.weight;
        if draw < sum {
            return (candidate.id, candidate.weight.ln());
        }
    }
    // The probabilities sum to a little less than 1, and the draw fell into the gap.
    candidates.last().map_or((0, 0.0), |last| (last.id, last.weight.ln()))
}

/// The tokens that may be drawn with their probabilities, the likeliest first.
pub fn distribution(logits: &[f32], config: &GenerationConfig) -> Vec<Candidate> {
    let warmed = logits.iter().map(|logit| logit / config.temperature);
    let mut candidates = (0..).zip(warmed).map(|(id, weight)| Candidate { id, weight }).collect::<Vec<_>>();
    if config.top_k > 0 && config.top_k < candidates.len() {
        keep_top_k(&mut candidates, config.top_k);
    }
    to_probabilities(&mut candidates);
    drop_hopeless(&mut candidates, config);
    candidates.sort_unstable_by(by_weight);
    if config.top_p < 1.0 {
        keep_top_p(&mut candidates, config.top_p);
    }
    keep_min_p(&mut candidates, config.min_p);
    let sum = candidates.iter().map(|candidate| candidate.weight).sum::<f32>();
    candidates.iter_mut().for_each(|candidate| candidate.weight /= sum);
    candidates
}

/// The likeliest first; the lower id among equals.
fn by_weight(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id))
}

/// Leaves the `k` likeliest.
fn keep_top_k(candidates: &mut Vec<Candidate>, k: usize) {
    candidates.select_nth_unstable_by(k - 1, by_weight);
    candidates.truncate(k);
}

/// Leaves the likeliest tokens that together have probability `p`, at least one. They are sorted.
fn keep_top_p(candidates: &mut Vec<Candidate>, p: f32) {
    let mut sum = 0.0;
    let needed = candidates.iter().take_while(|candidate| {
        let enough = sum >= p;
        sum += candidate.weight;
        !enough
    });
    let needed = needed.count().max(1);
    candidates.truncate(needed);
}

/// Leaves the tokens that are at least `fraction` as likely as the likeliest. They are sorted.
fn keep_min_p(candidates: &mut Vec<Candidate>, fraction: f32) {
    let least = candidates.first().map_or(0.0, |likeliest| likeliest.weight * fraction);
    candidates.retain(|candidate| candidate.weight >= least);
}

/// Leaves out what `top_p` is going to drop in any case, so that there is less to sort: tokens so unlikely that all of them
/// together have less than `1 - p`.
fn drop_hopeless(candidates: &mut Vec<Candidate>, config: &GenerationConfig) {
    let cutoff = (1.0 - config.top_p) / candidates.len() as f32;
    if cutoff > 0.0 && candidates.iter().any(|candidate| candidate.weight >= cutoff) {
        candidates.retain(|candidate| candidate.weight >= cutoff);
    }
}

fn to_probabilities(candidates: &mut [Candidate]) {
    let largest = candidates.iter().map(|candidate| candidate.weight).fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for candidate in &mut *candidates {
        candidate.weight = exp(candidate.weight - largest);
        sum += candidate.weight;
    }
    candidates.iter_mut().for_each(|candidate| candidate.weight /= sum);
}

/// The largest logit and its place, the first among equals.
fn largest(logits: &[f32]) -> (u32, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (id, logit) in (0..).zip(logits) {
        if *logit > best.1 {
            best = (id, *logit);
        }
    }
    best
}

/// `ln Σ e^logit`.
pub(super) fn log_sum_exp(logits: &[f32]) -> f32 {
    let (_, largest) = largest(logits);
    let mut sums = [0.0_f32; 16];
    let blocks = logits.chunks_exact(16);
    let rest = blocks.remainder().iter().map(|logit| exp(logit - largest)).sum::<f32>();
    for block in blocks {
        for (sum, logit) in sums.iter_mut().zip(block) {
            *sum += exp(logit - largest);
        }
    }
    largest + (sums.iter().sum::<f32>() + rest).ln()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Logits of the probabilities 1/2, 1/4, 1/8, 1/16, 1/16, in another order.
    fn logits() -> Vec<f32> {
        [4.0_f32, 2.0, 16.0, 16.0, 8.0].map(|denominator| -denominator.ln()).into()
    }

    fn ids(config: &GenerationConfig) -> Vec<u32> {
        distribution(&logits(), config).iter().map(|candidate| candidate.id).collect()
    }

    fn all() -> GenerationConfig {
        GenerationConfig::new().top_k(0)
    }

    #[test]
    fn each_limit_keeps_what_its_definition_says() {
        assert_eq!(ids(&all()), [1, 0, 4, 2, 3]);
        assert_eq!(ids(&all().top_k(2)), [1, 0]);
        assert_eq!(ids(&all().top_k(99)), [1, 0, 4, 2, 3]);
        // 1/2 + 1/4 reaches 0.75; a little more needs the third.
        assert_eq!(ids(&all().top_p(0.74)), [1, 0]);
        assert_eq!(ids(&all().top_p(0.76)), [1, 0, 4]);
        assert_eq!(ids(&all().top_p(1e-6)), [1]);
        assert_eq!(ids(&all().min_p(0.24)), [1, 0, 4]);
        assert_eq!(ids(&all().min_p(1.0)), [1]);
        // top_p looks at what top_k left: of 2/3 and 1/3.
        assert_eq!(ids(&all().top_k(2).top_p(0.6)), [1]);
    }

    #[test]
    fn what_is_left_is_a_distribution() {
        let weights =
            distribution(&logits(), &all().top_k(2)).iter().map(|candidate| candidate.weight).collect::<Vec<_>>();
        assert!((weights[0] - 2.0 / 3.0).abs() < 1e-6 && (weights[1] - 1.0 / 3.0).abs() < 1e-6, "{weights:?}");
    }

    #[test]
    fn temperature_sharpens_and_flattens() {
        let first = |temperature: f32| distribution(&logits(), &all().temperature(temperature))[0].weight;
        // At 1/2 the probabilities are squared: 1/4 of 1/4 + 1/16 + 1/64 + 2/256.
        assert!((first(0.5) - 0.25 / 0.335_937_5).abs() < 1e-5);
        assert!(first(100.0) < 0.21 && first(0.01) > 0.999);
    }

    #[test]
    fn greedy_takes_the_largest_and_says_how_likely_it_was() {
        let mut random = Philox::new(0);
        let (id, log_probability) = choose(&logits(), &GenerationConfig::new(), &mut random);
        assert_eq!(id, 1);
        assert!((log_probability - 0.5_f32.ln()).abs() < 1e-6);
        assert_eq!(choose(&logits(), &all().temperature(0.0), &mut random).0, 1);
        assert_eq!(random, Philox::new(0), "greedy draws nothing");
    }

    #[test]
    fn draws_are_as_frequent_as_they_are_likely() {
        let mut random = Philox::new(1);
        let mut counts = [0_i32; 5];
        for _ in 0..16_000 {
            counts[choose(&logits(), &all(), &mut random).0 as usize] += 1;
        }
        // Five standard deviations are below 350.
        for (count, expected) in counts.iter().zip([4000, 8000, 1000, 1000, 2000]) {
            assert!((count - expected).abs() < 350, "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn limits_only_ever_leave_the_likeliest(
            logits in prop::collection::vec(-20.0_f32..20.0, 1..200), k in 0_usize..60, p in 0.01_f32..=1.0, min_p in 0.0_f32..=1.0,
        ) {
            let config = all().top_k(k).top_p(p).min_p(min_p);
            let kept = distribution(&logits, &config);
            prop_assert!(!kept.is_empty());
            prop_assert!((kept.iter().map(|candidate| candidate.weight).sum::<f32>() - 1.0).abs() < 1e-4);
            let least = kept.iter().map(|candidate| logits[candidate.id as usize]).fold(f32::INFINITY, f32::min);
            let above = logits.iter().filter(|logit| **logit > least).count();
            prop_assert!(above < kept.len(), "{above} are likelier than the last of {}", kept.len());
        }

        #[test]
        fn sorting_less_changes_nothing(logits in prop::collection::vec(-9.0_f32..9.0, 1..300), p in 0.01_f32..0.999) {
            let mut plain = (0..).zip(&logits).map(|(id, weight)| Candidate { id, weight: *weight }).collect::<Vec<_>>();
            to_probabilities(&mut plain);
            plain.sort_unstable_by(by_weight);
            keep_top_p(&mut plain, p);
            let plain = plain.iter().map(|candidate| candidate.id).collect::<Vec<_>>();
            let kept = distribution(&logits, &all().top_p(p)).iter().map(|candidate| candidate.id).collect::<Vec<_>>();
            prop_assert_eq!(kept, plain);
        }
    }
}
