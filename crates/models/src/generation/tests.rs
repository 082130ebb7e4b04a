//! The loop on a model so small that every text can be foretold.

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};

use super::*;

/// After token `n` the likeliest is `n + 1`, the next likeliest `n + 2`, all of ten tokens; 9 ends a text.
struct Counter;

const LOGITS: [f32; 3] = [5.0, 4.0, 0.0];

impl CausalLm for Counter {
    fn vocab_size(&self) -> usize {
        10
    }
    fn max_position_embeddings(&self) -> usize {
        30
    }
    fn eos_token_ids(&self) -> &[u32] {
        &[9]
    }
    fn pad_token_id(&self) -> Option<u32> {
        Some(0)
    }
    fn forward_with(&self, input_ids: &Tensor, options: ForwardOptions<'_>) -> Result<Tensor> {
        let rows = input_ids.to_vec2::<u32>()?;
        if let Some(cache) = options.cache {
            cache.visible.resize(rows.len(), Vec::new());
            cache.visible.iter_mut().for_each(|row| row.extend(vec![1; rows[0].len()]));
        }
        let logits =
            |id: &u32| (0..10).map(|next: u32| LOGITS[((next + 9 - id) % 10).min(2) as usize]).collect::<Vec<_>>();
        let kept = |row: &Vec<u32>| row[if options.last_only { row.len() - 1 } else { 0 }..].to_vec();
        let numbers = rows.iter().flat_map(kept).flat_map(|id| logits(&id)).collect::<Vec<_>>();
        let length = if options.last_only { 1 } else { rows[0].len() };
        Ok(Tensor::from_vec(numbers, (rows.len(), length, 10), &Device::Cpu)?)
    }
}

fn tokens(prompts: &[&[u32]], config: &GenerationConfig) -> Vec<Vec<u32>> {
    generate(&Counter, prompts, config).unwrap().into_iter().map(|text| text.tokens).collect()
}

#[test]
fn a_text_ends_with_the_end_token_or_its_length() {
    let config = GenerationConfig::new().max_new_tokens(4);
    let texts = generate(&Counter, &[&[1, 2][..], &[7], &[3, 5, 6]], &config).unwrap();
    assert_eq!(texts[0].tokens, [3, 4, 5, 6]);
    assert_eq!(texts[0].finish_reason, FinishReason::Length);
    assert_eq!(texts[1].tokens, [8]);
    assert_eq!(texts[1].finish_reason, FinishReason::EndOfText(9));
    assert_eq!(texts[2].tokens, [7, 8]);
    assert_eq!(texts.iter().map(|text| text.prompt).collect::<Vec<_>>(), [0, 1, 2]);
    // e^5 of e^5 + e^4 + 8.
    let expected = 5.0 - (5.0_f32.exp() + 4.0_f32.exp() + 8.0).ln();
    assert!((texts[0].log_probabilities[0] - expected).abs() < 1e-5);
}

#[test]
fn without_the_cache_the_text_is_the_same() {
    let config = GenerationConfig::new().max_new_tokens(5);
    let prompts: [&[u32]; 2] = [&[1], &[0, 0, 3]];
    assert_eq!(tokens(&prompts, &config), tokens(&prompts, &config.clone().use_cache(false)));
}

#[test]
fn the_models_limit_ends_a_text() {
    let config = GenerationConfig::new().max_new_tokens(100).eos_token_ids([]);
    let text = &generate(&Counter, &[[1; 25]], &config).unwrap()[0];
    assert_eq!((text.tokens.len(), &text.finish_reason), (5, &FinishReason::Length));
}

#[test]
fn a_least_length_holds_the_end_off() {
    let config = GenerationConfig::new().max_new_tokens(4).min_new_tokens(2);
    // At 8 the end is forbidden, so the second choice, 0, is written, then 1.
    assert_eq!(tokens(&[&[7]], &config), [[8, 0, 1, 2]]);
}

#[test]
fn a_penalty_makes_the_loop_look_elsewhere() {
    let config = GenerationConfig::new().max_new_tokens(2).repetition_penalty(2.0);
    // 2 is in the prompt: 5 / 2 is below 4, so 3 comes after 1; 4 after it as usual.
    assert_eq!(tokens(&[&[2, 1]], &config), [[3, 4]]);
}

#[test]
fn penalties_for_what_was_written_leave_the_prompt_alone() {
    // 2 is in the prompt, and stays the first choice after 1.
    let config = GenerationConfig::new().max_new_tokens(2).presence_penalty(2.0);
    assert_eq!(tokens(&[&[2, 1]], &config), [[2, 3]]);
    let config = GenerationConfig::new().presence_penalty(1.0).frequency_penalty(0.5);
    let mut logits = [0.0; 4];
    LogitsProcessors::new(&config, &[]).apply(&mut logits, &[0, 1, 1, 2], 3);
    assert_eq!(logits, [0.0, -2.0, -1.5, 0.0]);
}

#[test]
fn no_pair_of_tokens_comes_twice() {
    let config = GenerationConfig::new().max_new_tokens(3).no_repeat_ngram_size(2);
    // 1 2 was there, so 3 comes after 1.
    assert_eq!(tokens(&[&[1, 2, 1]], &config), [[3, 4, 5]]);
}

#[test]
fn beams_of_several_prompts_are_those_of_each_alone() {
    let config = GenerationConfig::new().max_new_tokens(5).num_beams(3).num_return_sequences(2);
    let prompts: [&[u32]; 3] = [&[1], &[0, 0, 5], &[7]];
    let together = generate(&Counter, &prompts, &config).unwrap();
    assert_eq!(together.iter().map(|text| text.prompt).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2]);
    for (number, prompt) in prompts.iter().enumerate() {
        let alone = generate(&Counter, &[prompt], &config).unwrap();
        for (alone, text) in alone.iter().zip(&together[2 * number..]) {
            assert_eq!((&alone.tokens, alone.score), (&text.tokens, text.score));
        }
    }
    // 8 and the end, each the likeliest; the end counts, its token is left out.
    let expected = 5.0 - (5.0_f32.exp() + 4.0_f32.exp() + 8.0).ln();
    assert_eq!((&together[4].tokens[..], &together[4].finish_reason), (&[8][..], &FinishReason::EndOfText(9)));
    assert!((together[4].score.unwrap() - expected).abs() < 1e-5);
    assert!(together[4].score >= together[5].score);
}

#[test]
fn beams_heed_the_least_length_and_stop_early_when_told() {
    let config = GenerationConfig::new().max_new_tokens(6).num_beams(2);
    let least = generate(&Counter, &[[7]], &config.clone().min_new_tokens(4)).unwrap();
    assert!(least[0].tokens.len() >= 4, "{least:?}");
    // A long text is worth more, so the search goes on; told to stop early it takes the first two that end.
    let long = config.length_penalty(3.0).max_new_tokens(12);
    let patient = generate(&Counter, &[[7]], &long).unwrap();
    let early = generate(&Counter, &[[7]], &long.early_stopping(true)).unwrap();
    assert!(patient[0].score.unwrap() > early[0].score.unwrap(), "{patient:?} {early:?}");
}

#[test]
fn draws_follow_the_seed_and_each_text_has_its_own() {
    let config =
        GenerationConfig::new().max_new_tokens(12).eos_token_ids([]).temperature(5.0).num_return_sequences(3).seed(7);
    let texts = tokens(&[&[1], &[5]], &config);
    assert_eq!(texts, tokens(&[&[1], &[5]], &config));
    assert_ne!(texts, tokens(&[&[1], &[5]], &config.clone().seed(8)));
    assert_eq!(texts.len(), 6);
    assert_ne!(texts[0], texts[1]);
    // The first prompt's texts do not change with what else is in the batch.
    assert_eq!(texts[..3], tokens(&[&[1]], &config));
}

#[test]
fn the_callback_sees_every_token_and_can_stop_one_text() {
    let mut seen = Vec::new();
    let config = GenerationConfig::new().max_new_tokens(5);
    let texts = generate_with(&Counter, &[[1], [2]], &config, None, |step| {
        seen.push((step.sequence, step.token));
        if step.token == Some(4) && step.sequence == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let texts = texts.unwrap();
    assert_eq!(texts[0].tokens, [2, 3, 4, 5, 6]);
    assert_eq!(texts[1].tokens, [3, 4]);
    assert_eq!(texts[1].finish_reason, FinishReason::Stopped);
    assert_eq!(seen[..4], [(0, Some(2)), (1, Some(3)), (0, Some(3)), (1, Some(4))]);
    assert_eq!(seen.len(), 7);
}

#[test]
fn settings_and_prompts_are_checked_in_words() {
    let error = |config: GenerationConfig| generate(&Counter, &[[1]], &config).unwrap_err().to_string();
    let new = GenerationConfig::new;
    assert!(error(new().temperature(-1.0)).starts_with("temperature: is -1"));
    assert!(error(new().top_p(0.0)).starts_with("top_p"));
    assert!(error(new().min_p(2.0)).starts_with("min_p"));
    assert!(error(new().repetition_penalty(f32::NAN)).starts_with("repetition_penalty"));
    assert!(error(new().presence_penalty(2.5)).starts_with("presence_penalty: is 2.5"));
    assert!(error(new().frequency_penalty(f32::NAN)).starts_with("frequency_penalty"));
    assert!(error(new().num_beams(0)).starts_with("num_beams: is 0"));
    assert!(error(new().num_beams(2).temperature(0.7)).contains("draws nothing"));
    assert!(
        error(new().num_beams(2).num_return_sequences(3)).starts_with("num_return_sequences: is 3, but num_beams is 2")
    );
    assert!(error(new().num_beams(2).length_penalty(f32::INFINITY)).starts_with("length_penalty"));
    assert!(error(new().max_new_tokens(0)).starts_with("max_new_tokens"));
    assert!(error(new().num_return_sequences(2)).contains("the same text"));
    assert!(error(new().min_new_tokens(21)).starts_with("min_new_tokens"));
    assert!(error(new().stop_string("x")).contains("tokenizer"));
    let prompt = |prompt: &[u32]| generate(&Counter, &[prompt], &new()).unwrap_err().to_string();
    assert!(prompt(&[]).contains("prompt 0 is empty"));
    assert!(prompt(&[1; 30]).contains("30 tokens"));
    assert_eq!(generate::<[u32; 1]>(&Counter, &[], &new()).unwrap(), []);
}

#[test]
fn likelihoods_are_those_of_the_model() {
    let sum = (5.0_f32.exp() + 4.0_f32.exp() + 8.0).ln();
    let scores = log_likelihoods(&Counter, &[1], &[&[2, 3][..], &[3], &[2, 4, 7]]).unwrap();
    let expected = [&[5.0 - sum, 5.0 - sum][..], &[4.0 - sum], &[5.0 - sum, 4.0 - sum, -sum]];
    for (scores, expected) in scores.iter().zip(expected) {
        assert_eq!(scores.len(), expected.len());
        assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{scores:?} for {expected:?}");
    }
    assert!(log_likelihoods(&Counter, &[1], &[[10]]).unwrap_err().to_string().contains("the id 10"));
}
