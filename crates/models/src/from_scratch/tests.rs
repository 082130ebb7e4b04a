//! Each piece against its fast twin.

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::generation::{self, LogitsProcessors, StopStrings, choose, distribution};
use crate::kernels::elementwise;
use crate::models::tiny::tiny_llama;
use crate::{CausalLm, GenerationConfig, KvCache, Philox};

fn logits() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-8.0_f32..8.0, 1..80)
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a - b).abs() < 1e-4)
}

/// What the fast path draws from, as a probability for every id.
fn fast(logits: &[f32], config: &GenerationConfig) -> Vec<f32> {
    let mut probabilities = vec![0.0; logits.len()];
    for candidate in distribution(logits, config) {
        probabilities[candidate.id as usize] = candidate.weight;
    }
    probabilities
}

proptest! {
    #[test]
    fn softmax_is_that_of_the_kernels(logits in logits()) {
        let mut expected = logits.clone();
        elementwise::softmax(&mut expected);
        prop_assert!(close(&softmax(&logits), &expected));
        let logs = log_softmax(&logits);
        prop_assert!(close(&logs.iter().map(|log| log.exp()).collect::<Vec<_>>(), &expected));
    }

    #[test]
    fn temperature_and_limits_are_what_generation_draws_from(
        logits in logits(), temperature in 0.2_f32..3.0, k in 1_usize..40, p in 0.05_f32..0.99, fraction in 0.01_f32..0.9,
    ) {
        let all = GenerationConfig::new().top_k(0);
        prop_assert!(close(&softmax_with_temperature(&logits, temperature), &fast(&logits, &all.clone().temperature(temperature))));
        prop_assert!(close(&softmax(&top_k(&logits, k)), &fast(&logits, &all.clone().top_k(k))));
        // Where rounding decides whether a token is in or out, the two may differ.
        let probabilities = softmax(&logits);
        let mut sum = 0.0;
        let near_p = likeliest_first(&logits).into_iter().any(|id| { sum += probabilities[id]; (sum - p).abs() < 1e-4 });
        if !near_p {
            prop_assert!(close(&softmax(&top_p(&logits, p)), &fast(&logits, &all.clone().top_p(p))));
        }
        let largest = probabilities.iter().copied().fold(0.0, f32::max);
        if !probabilities.iter().any(|probability| (probability / largest - fraction).abs() < 1e-4) {
            prop_assert!(close(&softmax(&min_p(&logits, fraction)), &fast(&logits, &all.min_p(fraction))));
        }
    }

    #[test]
    fn penalties_are_those_of_generation(
        logits in logits(), prompt in prop::collection::vec(0_u32..90, 0..20), written in prop::collection::vec(0_u32..90, 0..20),
        repetition in 0.5_f32..2.0, presence in -2.0_f32..2.0, frequency in -2.0_f32..2.0, n in 0_usize..4,
    ) {
        let ids = [&prompt[..], &written].concat();
        let config = GenerationConfig::new().repetition_penalty(repetition).presence_penalty(presence)
            .frequency_penalty(frequency).no_repeat_ngram_size(n);
        let mut expected = logits.clone();
        LogitsProcessors::new(&config, &[]).apply(&mut expected, &ids, written.len());
        let plain = repetition_penalty(&logits, &ids, repetition);
        let plain = frequency_penalty(&presence_penalty(&plain, &written, presence), &written, frequency);
        prop_assert!(close(&no_repeat_ngram(&plain, &ids, n), &expected));
    }

    #[test]
    fn draws_and_greedy_choices_are_those_of_generation(logits in logits(), seed in 0_u64..1000) {
        let config = GenerationConfig::new();
        prop_assert_eq!(greedy(&logits) as u32, choose(&logits, &config, &mut Philox::new(seed)).0);
        // Generation lays the likeliest first on the line.
        let config = config.top_k(0);
        let candidates = distribution(&logits, &config);
        let line = candidates.iter().map(|candidate| candidate.weight).collect::<Vec<_>>();
        let drawn = sample(&line, Philox::new(seed).next_f32());
        prop_assert_eq!(candidates[drawn].id, choose(&logits, &config, &mut Philox::new(seed)).0);
    }

    #[test]
    fn texts_stop_where_those_of_generation_do(text in "[ab]{0,12}", stops in prop::collection::vec("[ab]{1,3}", 0..3)) {
        let mut fast = StopStrings::new(&stops);
        let (mut expected, found) = fast.push(&text);
        if found.is_none() {
            expected += &fast.finish();
        }
        prop_assert_eq!(stop_at(&text, &stops.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }
}

#[test]
fn the_loop_writes_what_generation_writes_with_and_without_the_cache() {
    for seed in 0..5 {
        let model = tiny_llama(12, seed);
        let prompt = [1, 2, 3, 4];
        let config = GenerationConfig::new().max_new_tokens(15);
        let expected = &generation::generate(&model, &[prompt], &config).unwrap()[0].tokens;
        for use_cache in [true, false] {
            assert_eq!(&generate(&model, &prompt, 15, use_cache, |logits, _| greedy(logits)).unwrap(), expected);
        }
    }
}

#[test]
fn the_loop_shows_all_ids_to_who_chooses() {
    let model = tiny_llama(12, 1);
    let mut seen = Vec::new();
    let written = generate(&model, &[5, 6], 3, true, |_, ids| {
        seen.push(ids.to_vec());
        7
    });
    assert_eq!(written.unwrap(), [7, 7, 7]);
    assert_eq!(seen, [&[5, 6][..], &[5, 6, 7], &[5, 6, 7, 7]]);
    assert!(generate(&model, &[], 3, true, |_, _| 0).is_err());
    assert!(generate(&model, &[99], 3, true, |_, _| 0).unwrap_err().to_string().contains("the id 99"));
}

#[test]
fn a_cache_weighs_what_the_formula_says() {
    let model = tiny_llama(12, 0);
    let config = model.config().clone();
    let mut cache = KvCache::default();
    // Keys come in blocks of sixteen positions, values in blocks of sixteen numbers, and these heads have four.
    for length in [16, 32] {
        next_logits(&model, &[3; 16], Some(&mut cache)).unwrap();
        let formula = kv_cache_bytes(
            config.num_hidden_layers,
            config.num_key_value_heads,
            config.head_dim,
            length,
            size_of::<f32>(),
        );
        assert_eq!(cache.len(), length);
        assert_eq!(cache.bytes(), formula / 2 + formula / 2 * 4);
    }
    assert_eq!(cache.select(&[0, 0, 0]).bytes(), 3 * cache.bytes());
}

/// The score and the ids of every text of up to `most` tokens.
fn every_text(
    model: &dyn CausalLm,
    ids: &[u32],
    before: f32,
    written: usize,
    most: usize,
    power: f32,
) -> Vec<(f32, Vec<u32>)> {
    let mut texts = Vec::new();
    for (token, log_probability) in (0..).zip(log_softmax(&next_logits(model, ids, None).unwrap())) {
        let sum = before + log_probability;
        let text = [ids, &[token]].concat();
        if model.eos_token_ids().contains(&token) {
            texts.push((sum / (written as f32 + 1.0).powf(power), ids[ids.len() - written..].to_vec()));
        } else if written + 1 == most {
            texts.push((sum / (most as f32).powf(power), text[text.len() - most..].to_vec()));
        } else {
            texts.extend(every_text(model, &text, sum, written + 1, most, power));
        }
    }
    texts
}

#[test]
fn with_enough_beams_the_search_finds_the_best_text_there_is() {
    for (seed, power) in [(0, 1.0), (1, 0.0), (2, 2.0), (3, -1.0), (4, 0.5)] {
        let model = tiny_llama(5, seed);
        let mut texts = every_text(&model, &[0, 1], 0.0, 0, 3, power);
        texts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let tree = beam_search(&model, &[0, 1], 200, 3, power).unwrap();
        assert_eq!(tree.hypotheses.len(), texts.len());
        for (found, (score, tokens)) in tree.hypotheses.iter().zip(&texts).take(10) {
            assert!((found.score - score).abs() < 1e-4 && found.tokens == *tokens, "{found:?} for {score} {tokens:?}");
        }
    }
}

#[test]
fn beams_are_those_of_generation() {
    for seed in 0..12 {
        let model = tiny_llama(9, seed);
        for (num_beams, power) in [(2, 1.0), (3, 0.0), (4, 2.0), (5, -0.5)] {
            let tree = beam_search(&model, &[0, 1, 2], num_beams, 6, power).unwrap();
            let config = GenerationConfig::new()
                .num_beams(num_beams)
                .length_penalty(power)
                .num_return_sequences(num_beams)
                .max_new_tokens(6);
            for use_cache in [true, false] {
                let fast = generation::generate(&model, &[[0, 1, 2]], &config.clone().use_cache(use_cache)).unwrap();
                assert_eq!(fast.len(), tree.hypotheses.len());
                for (fast, plain) in fast.iter().zip(&tree.hypotheses) {
                    assert_eq!(fast.tokens, plain.tokens, "seed {seed}, {num_beams} beams, {power}");
                    assert!((fast.score.unwrap() - plain.score).abs() < 1e-4);
                }
            }
        }
    }
}

#[test]
fn a_single_beam_is_greedy_and_more_beams_are_never_less_likely_on_the_bigram() {
    let model = Bigram::new(
        vec![vec![0.0, 0.6, 0.4, 0.0], vec![0.3, 0.4, 0.0, 0.3], vec![0.0, 0.0, 0.1, 0.9], vec![0.0, 0.0, 0.0, 1.0]],
        3,
    );
    let model = model.unwrap();
    let one = beam_search(&model, &[0], 1, 3, 0.0).unwrap();
    assert_eq!(one.best().unwrap().tokens, generate(&model, &[0], 3, true, |logits, _| greedy(logits)).unwrap());
    let two = beam_search(&model, &[0], 2, 3, 0.0).unwrap();
    assert!(two.best().unwrap().log_probability > one.best().unwrap().log_probability);
}

#[test]
fn a_beam_tree_shows_what_was_kept_and_what_came_out() {
    use course_display::Rich;
    let model = Bigram::new(
        vec![vec![0.0, 0.6, 0.4, 0.0], vec![0.3, 0.4, 0.0, 0.3], vec![0.0, 0.0, 0.1, 0.9], vec![0.0, 0.0, 0.0, 1.0]],
        3,
    );
    let tree = beam_search(&model.unwrap(), &[0], 2, 2, 1.0).unwrap();
    let bundle = tree.rich();
    assert!(bundle.data.contains_key("image/svg+xml"));
    let expected = "[0]\n├─ -0.51 1\n│  ├─ -0.92 1 score -0.71\n│  ├─ -1.20 0\n│  └─ -1.20 3\n└─ -0.92 2 *\n   └─ -0.11 3 score -0.51 *";
    assert_eq!(bundle.plain(), expected);
    assert_eq!(tree.tokens(Some(tree.best().unwrap().node)), [2, 3]);
}

#[test]
fn a_bigram_says_what_is_wrong_with_its_table() {
    let error = |rows: Vec<Vec<f32>>| Bigram::new(rows, 0).unwrap_err().to_string();
    assert!(error(vec![]).contains("no rows"));
    assert!(error(vec![vec![1.0, 0.0]]).contains("row 0 has 2 numbers"));
    assert!(error(vec![vec![0.5]]).contains("adds up to 0.5"));
    let model = Bigram::new(vec![vec![1.0]], 0).unwrap();
    assert!(next_logits(&model, &[4], None).unwrap_err().to_string().contains("the id 4"));
    assert!(next_logits(&model, &[], None).is_err());
}

#[test]
fn times_of_several_texts_are_taken_together() {
    let milliseconds =
        |times: &[u64]| times.iter().map(|time| std::time::Duration::from_millis(*time)).collect::<Vec<_>>();
    let timings = Timings::of(&[milliseconds(&[100, 120, 140]), milliseconds(&[200])]);
    assert_eq!((timings.ttft.as_millis(), timings.tpot.as_millis(), timings.total.as_millis()), (150, 20, 200));
    assert_eq!((timings.tokens, timings.texts, timings.throughput), (4, 2, 20.0));
    let none = Timings::of::<Vec<std::time::Duration>>(&[]);
    assert_eq!((none.throughput, none.ttft.as_millis()), (0.0, 0));
}

#[test]
fn a_timed_text_is_the_text_and_every_token_is_counted() {
    let model = tiny_llama(12, 3);
    let config = GenerationConfig::new().max_new_tokens(7).eos_token_ids([]);
    let (texts, timings) = generation::generate_timed(&model, &[[1, 2], [3, 4]], &config, None).unwrap();
    assert_eq!(texts, generation::generate(&model, &[[1, 2], [3, 4]], &config).unwrap());
    assert_eq!((timings.tokens, timings.texts), (14, 2));
    assert!(timings.ttft <= timings.total);
    let mut calls = 0;
    generation::generate_with(&model, &[[1, 2]], &config.num_beams(2), None, |_| {
        calls += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(calls, 7);
}
