//! Masks: who may look at whom. `mask[query][key]` is `true` where the query may look at the key.
//!
//! ```text
//! bidirectional   causal     sliding, 2   prefix, 2
//! ■ ■ ■ ■         ■ · · ·    ■ · · ·      ■ ■ · ·
//! ■ ■ ■ ■         ■ ■ · ·    ■ ■ · ·      ■ ■ · ·
//! ■ ■ ■ ■         ■ ■ ■ ·    · ■ ■ ·      ■ ■ ■ ·
//! ■ ■ ■ ■         ■ ■ ■ ■    · · ■ ■      ■ ■ ■ ■
//! ```
//!
//! Encoders use the first, decoders the second. The third keeps long texts cheap (Longformer, 2020; Mistral, 2023), the fourth
//! reads a prompt in both directions and writes in one (T5's prefix language model).
//!
//! ```
//! use course_models::from_scratch::{causal_mask, looks, sliding_window_mask};
//!
//! assert_eq!(causal_mask(2), [[true, false], [true, true]]);
//! assert_eq!(looks(&causal_mask(4)), 10); // n·(n+1)/2
//! assert_eq!(looks(&sliding_window_mask(4, 2)), 7); // no more than 2 a token, however long the text
//! ```
//!
//! What they leave out: a fast model never makes these squares; it knows from two positions whether it may look.

/// Everyone may look at everyone: `n` × `n`.
pub fn bidirectional_mask(n: usize) -> Vec<Vec<bool>> {
    square(n, |_, _| true)
}

/// Each token may look at itself and at what stands before it: `n` × `n`.
pub fn causal_mask(n: usize) -> Vec<Vec<bool>> {
    square(n, |query, key| key <= query)
}

/// Causal, and no further back than `window` tokens, the token itself counted: `n` × `n`.
pub fn sliding_window_mask(n: usize, window: usize) -> Vec<Vec<bool>> {
    square(n, |query, key| key <= query && query - key < window)
}

/// The first `prefix` tokens look at each other in both directions, those after them are causal: `n` × `n`.
pub fn prefix_mask(n: usize, prefix: usize) -> Vec<Vec<bool>> {
    square(n, |query, key| key < prefix || key <= query)
}

/// Everyone may look at text and nobody at padding. `attention_mask` is a tokenizer's: 1 for text, 0 for padding; n × n.
pub fn padding_mask(attention_mask: &[u32]) -> Vec<Vec<bool>> {
    vec![attention_mask.iter().map(|text| *text != 0).collect(); attention_mask.len()]
}

/// Both directions, `reach` tokens to either side; the tokens number `global` see all and are seen by all (Longformer): `n` × `n`.
pub fn local_global_mask(n: usize, reach: usize, global: &[usize]) -> Vec<Vec<bool>> {
    square(n, |query, key| query.abs_diff(key) <= reach || global.contains(&query) || global.contains(&key))
}

/// What both masks allow. Where one is larger, the rest is forbidden.
pub fn both(one: &[Vec<bool>], other: &[Vec<bool>]) -> Vec<Vec<bool>> {
    let row = |(one, other): (&Vec<bool>, &Vec<bool>)| one.iter().zip(other).map(|(a, b)| *a && *b).collect();
    one.iter().zip(other).map(row).collect()
}

/// In how many places a mask allows to look: the scores that must be computed.
pub fn looks(mask: &[Vec<bool>]) -> usize {
    mask.iter().flatten().filter(|may_look| **may_look).count()
}

fn square(n: usize, may_look: impl Fn(usize, usize) -> bool) -> Vec<Vec<bool>> {
    (0..n).map(|query| (0..n).map(|key| may_look(query, key)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(mask: &[Vec<bool>]) -> Vec<String> {
        mask.iter().map(|row| row.iter().map(|may_look| if *may_look { '■' } else { '·' }).collect()).collect()
    }

    #[test]
    fn masks_look_as_they_are_drawn() {
        assert_eq!(drawn(&causal_mask(4)), ["■···", "■■··", "■■■·", "■■■■"]);
        assert_eq!(drawn(&sliding_window_mask(4, 2)), ["■···", "■■··", "·■■·", "··■■"]);
        assert_eq!(drawn(&prefix_mask(4, 2)), ["■■··", "■■··", "■■■·", "■■■■"]);
        assert_eq!(drawn(&padding_mask(&[0, 1, 1])), ["·■■", "·■■", "·■■"]);
        assert_eq!(drawn(&local_global_mask(5, 1, &[0])), ["■■■■■", "■■■··", "■■■■·", "■·■■■", "■··■■"]);
        assert_eq!(drawn(&both(&causal_mask(3), &padding_mask(&[0, 1, 1]))), ["···", "·■·", "·■■"]);
    }

    #[test]
    fn no_tokens_and_empty_windows_are_fine() {
        assert!(causal_mask(0).is_empty());
        assert_eq!(looks(&sliding_window_mask(3, 0)), 0);
        assert_eq!(looks(&local_global_mask(3, 0, &[])), 3);
    }

    proptest! {
        #[test]
        fn a_wide_window_is_causal_and_no_prefix_is_causal(n in 0usize..20, more in 0usize..5) {
            prop_assert_eq!(sliding_window_mask(n, n + more), causal_mask(n));
            prop_assert_eq!(prefix_mask(n, 0), causal_mask(n));
            prop_assert_eq!(prefix_mask(n, n + more), bidirectional_mask(n));
            prop_assert_eq!(looks(&causal_mask(n)), n * (n + 1) / 2);
        }

        #[test]
        fn a_window_costs_no_more_than_its_width_a_token(n in 0usize..30, window in 0usize..10) {
            let mask = sliding_window_mask(n, window);
            prop_assert!(mask.iter().all(|row| row.iter().filter(|may_look| **may_look).count() <= window));
            prop_assert_eq!(both(&mask, &causal_mask(n)), mask);
        }
    }
}
