//! Models that train write as the fast ones do: with and without what they keep, alone and in a batch.

use candle_core::{Device, Tensor};
use serde_json::json;

use super::super::{
    AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, Model, ModelInputs,
    generate_answers,
};
use super::{assert_close, numbers};
use crate::{ForwardOptions, GenerationConfig, KvCache, generate};

/// Tiny decoders with weights large enough that what comes next depends on all that was read.
fn models() -> Vec<Box<dyn Model>> {
    let gpt2 = json!({ "model_type": "gpt2", "vocab_size": 40, "n_positions": 48, "n_embd": 32, "n_layer": 2, "n_head": 4,
        "initializer_range": 0.3, "eos_token_id": 39 });
    let llama = json!({ "model_type": "llama", "vocab_size": 40, "max_position_embeddings": 48, "hidden_size": 32,
        "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "initializer_range": 0.3, "eos_token_id": [39, 38] });
    let mut qwen2 = llama.clone();
    qwen2["model_type"] = "qwen2".into();
    [gpt2, llama, qwen2].map(|config| AutoModelForCausalLM::from_config(config, 7).unwrap()).into()
}

const PROMPTS: [&[u32]; 3] = [&[5, 17, 9], &[3], &[30, 2, 2, 8, 11, 12, 1]];

#[test]
fn texts_are_the_same_with_and_without_a_cache_and_in_a_batch() {
    for model in models() {
        for config in [
            GenerationConfig::new(),
            GenerationConfig::new().num_beams(3),
            GenerationConfig::new().do_sample(true).seed(3),
        ] {
            let config = config.max_new_tokens(12);
            let tokens = |prompts: &[&[u32]], config: &GenerationConfig| {
                generate(model.causal_lm().unwrap(), prompts, config)
                    .unwrap()
                    .into_iter()
                    .map(|text| text.tokens)
                    .collect::<Vec<_>>()
            };
            let together = tokens(&PROMPTS, &config);
            assert_eq!(together, tokens(&PROMPTS, &config.clone().use_cache(false)), "{}", model.architecture());
            if !config.do_sample {
                let alone = PROMPTS.iter().flat_map(|prompt| tokens(&[prompt], &config)).collect::<Vec<_>>();
                assert_eq!(together, alone, "{}", model.architecture());
            }
            assert!(together.iter().any(|text| text.len() > 2), "{together:?}");
        }
    }
}

#[test]
fn logits_in_pieces_are_those_of_the_whole_text() {
    for model in models() {
        model.parameters().set_training(true);
        let ids = Tensor::new(&[[5_u32, 17, 9, 30, 2, 8], [4, 4, 7, 1, 0, 3]], &Device::Cpu).unwrap();
        let whole = model.forward(&ModelInputs::new().with("input_ids", ids.clone())).unwrap().logits;
        model.parameters().set_training(false);
        let still = model.forward(&ModelInputs::new().with("input_ids", ids.clone())).unwrap().logits;
        let mut cache = KvCache::default();
        let piece = |from: usize, length: usize, cache: &mut KvCache| {
            let piece = ids.narrow(1, from, length).unwrap();
            model.causal_lm().unwrap().forward_with(&piece, ForwardOptions::new().cache(cache)).unwrap()
        };
        let pieces = [piece(0, 3, &mut cache), piece(3, 1, &mut cache), piece(4, 2, &mut cache)];
        assert_close(model.architecture(), &numbers(&Tensor::cat(&pieces, 1).unwrap()), &numbers(&still), 1e-5);
        // Without dropout also while it trains, and the switch stays on.
        model.parameters().set_training(true);
        let now = model.causal_lm().unwrap().forward(&ids).unwrap();
        assert!(model.parameters().is_training() && !now.track_op());
        assert_close(model.architecture(), &numbers(&now), &numbers(&still), 1e-5);
        assert!(!model.architecture().starts_with("GPT2") || numbers(&whole) != numbers(&still));

        // Back to an earlier place, the second row twice and the first no more.
        cache.truncate(4);
        let mut chosen = cache.select(&[0, 1]).select(&[1, 1]);
        assert_eq!((chosen.rows(), chosen.len()), (2, 4));
        assert!(chosen.bytes() > 0);
        let rest = Tensor::new(&[[0_u32, 3], [0, 3]], &Device::Cpu).unwrap();
        let rest = model.causal_lm().unwrap().forward_with(&rest, ForwardOptions::new().cache(&mut chosen)).unwrap();
        let expected = still.narrow(0, 1, 1).unwrap().narrow(1, 4, 2).unwrap();
        for row in 0..2 {
            assert_close(model.architecture(), &numbers(&rest.get(row).unwrap()), &numbers(&expected), 1e-5);
        }
    }
}

#[test]
fn what_a_model_needs_to_write_is_in_its_configuration() {
    let models = models();
    let models = models.iter().map(|model| model.causal_lm().unwrap()).collect::<Vec<_>>();
    let facts = models.iter().map(|model| (model.vocab_size(), model.max_position_embeddings(), model.pad_token_id()));
    assert_eq!(facts.collect::<Vec<_>>(), [(40, 48, Some(39)); 3]);
    assert_eq!((models[0].eos_token_ids(), models[1].eos_token_ids()), (&[39][..], &[39, 38][..]));
    let classifier = json!({ "model_type": "gpt2", "vocab_size": 40, "n_embd": 32, "n_layer": 1, "n_head": 4 });
    let classifier = AutoModelForSequenceClassification::from_config(classifier, 1).unwrap();
    let error = classifier.causal_lm().err().unwrap();
    assert!(error.to_string().contains("AutoModelForCausalLM"), "{error}");
}

fn answerers() -> Vec<Box<dyn Model>> {
    let bart = json!({ "model_type": "bart", "vocab_size": 40, "max_position_embeddings": 32, "d_model": 32, "encoder_layers": 2,
        "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48, "init_std": 0.3, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2 });
    let mut marian = bart.clone();
    marian["model_type"] = "marian".into();
    let t5 = json!({ "model_type": "t5", "vocab_size": 40, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4,
        "initializer_factor": 1.5, "pad_token_id": 1, "eos_token_id": 2 });
    [bart, marian, t5].map(|config| AutoModelForSeq2SeqLM::from_config(config, 11).unwrap()).into()
}

#[test]
fn answers_are_the_likeliest_tokens_one_after_the_other() {
    let ids = super::ids(&[[5, 17, 9, 23, 11, 2], [7, 31, 12, 2, 1, 1], [8, 8, 30, 4, 2, 1]]);
    let mask = super::ids(&[[1; 6], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 0]]);
    let inputs = ModelInputs::new().with("input_ids", ids).with("attention_mask", mask);
    for model in answerers() {
        let name = model.architecture();
        let config = GenerationConfig::new().max_new_tokens(8);
        let answers = generate_answers(model.as_ref(), &inputs, &config).unwrap();
        let answering = model.answering(&inputs).unwrap();
        for (row, answer) in answers.iter().enumerate() {
            // Written out without a cache, each step from the beginning.
            let mut written = vec![answering.start()];
            for token in &answer.tokens {
                let row_of = |tensor: &Tensor| tensor.narrow(0, row, 1).unwrap();
                let one = inputs.iter().fold(ModelInputs::new(), |one, (name, tensor)| one.with(name, row_of(tensor)));
                let so_far = Tensor::new(written.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
                let logits = model.forward(&one.with("decoder_input_ids", so_far)).unwrap().logits;
                let last = logits.narrow(1, written.len() - 1, 1).unwrap().flatten_all().unwrap();
                let likeliest = last.argmax(0).unwrap().to_scalar::<u32>().unwrap();
                assert_eq!(likeliest, *token, "{name}, row {row} after {written:?}");
                written.push(*token);
            }
        }
        // What beams say of their texts is what the whole text gives: rows were chosen rightly on the way.
        let beams = generate_answers(model.as_ref(), &inputs, &config.clone().num_beams(4)).unwrap();
        for (row, answer) in beams.iter().enumerate() {
            let row_of = |tensor: &Tensor| tensor.narrow(0, row, 1).unwrap();
            let one = inputs.iter().fold(ModelInputs::new(), |one, (name, tensor)| one.with(name, row_of(tensor)));
            let written = std::iter::once(answering.start()).chain(answer.tokens.iter().copied()).collect::<Vec<_>>();
            let written = Tensor::new(written, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            let logits = model.forward(&one.with("decoder_input_ids", written)).unwrap().logits;
            let likely = crate::nn::log_softmax(&logits).unwrap().squeeze(0).unwrap().to_vec2::<f32>().unwrap();
            let expected =
                likely.iter().zip(&answer.tokens).map(|(row, token)| row[*token as usize]).collect::<Vec<_>>();
            assert_close(name, &answer.log_probabilities[..expected.len()], &expected, 1e-4);
        }
        let two =
            generate_answers(model.as_ref(), &inputs, &config.do_sample(true).seed(2).num_return_sequences(2)).unwrap();
        assert_eq!(two.iter().map(|answer| answer.prompt).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2], "{name}");
    }
}

#[test]
fn what_does_not_answer_says_so() {
    let inputs = ModelInputs::new().with("input_ids", super::ids(&[[1; 6]]));
    let error = generate_answers(models()[0].as_ref(), &inputs, &GenerationConfig::new()).unwrap_err();
    assert!(error.to_string().contains("AutoModelForSeq2SeqLM"), "{error}");
    let model = &answerers()[0];
    let two = ModelInputs::new().with("input_ids", super::ids(&[[5; 6], [6; 6]]));
    let error =
        generate_answers(model.as_ref(), &two, &GenerationConfig::new().num_beams(2).use_cache(false)).unwrap_err();
    assert!(error.to_string().contains("leave `use_cache` on"), "{error}");
}
