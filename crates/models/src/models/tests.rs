//! The two bundled models against candle-transformers on the same weights, and against themselves.

use std::io::Cursor;
use std::sync::LazyLock;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use course_display::Rich;
use course_hub::Gguf;
use course_tokenization::{AutoTokenizer, Padding, Tokenizer};

use super::*;
use crate::{Bert, GenerationConfig, Llama, SentenceTransformer, generate};

const SMOLLM2: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";
const MINILM: &str = "sentence-transformers/all-MiniLM-L6-v2";

static LLAMA: LazyLock<Llama> = LazyLock::new(|| Llama::from_pretrained(SMOLLM2).unwrap());
static LLAMA_TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| AutoTokenizer::from_pretrained(SMOLLM2).unwrap());
static SENTENCES: LazyLock<SentenceTransformer> =
    LazyLock::new(|| SentenceTransformer::from_pretrained(MINILM).unwrap());

const TEXT: &str = "The old lighthouse keeper climbed the spiral stairs every evening at 6, lit the great lamp, and \
                    watched the ships go by. Water boils at 100 degrees. def add(a, b):\n    return a + b\n";

fn gguf_path() -> std::path::PathBuf {
    let repo = course_hub::resolve(SMOLLM2).unwrap();
    repo.file(&repo.first_with_extension("gguf").unwrap()).unwrap()
}

fn tensor(ids: &[u32]) -> Tensor {
    Tensor::new(ids, &Device::Cpu).unwrap().unsqueeze(0).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn most_likely(logits: &[f32]) -> usize {
    logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
}

/// The logits of every position from candle's Llama, which gives one position at a time.
fn candle_logits(mut model: ModelWeights, ids: &[u32]) -> Vec<Vec<f32>> {
    let step = |(position, id): (usize, &u32)| numbers(&model.forward(&tensor(&[*id]), position).unwrap());
    ids.iter().enumerate().map(step).collect()
}

/// candle's Llama on the bundled file; with `exact`, its very weights written out as `f32`, so that nothing is rounded on
/// the way.
fn candle_llama(exact: bool) -> ModelWeights {
    let mut file = std::fs::File::open(gguf_path()).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    if !exact {
        return ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    }
    let written_out = |name: &String| {
        let weights = content.tensor(&mut file, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        (name.clone(), QTensor::quantize(&weights, GgmlDType::F32).unwrap())
    };
    let tensors = content.tensor_infos.keys().map(written_out).collect::<Vec<_>>();
    let tensors = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect::<Vec<_>>();
    let metadata = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect::<Vec<_>>();
    let mut memory = Cursor::new(Vec::new());
    gguf_file::write(&mut memory, &metadata, &tensors).unwrap();
    memory.set_position(0);
    let content = gguf_file::Content::read(&mut memory).unwrap();
    ModelWeights::from_gguf(content, &mut memory, &Device::Cpu).unwrap()
}

#[test]
fn llama_logits_are_those_of_candle_on_the_same_weights() {
    let ids = LLAMA_TOKENIZER.encode(TEXT).unwrap().input_ids().to_vec();
    let ours = LLAMA.forward(&tensor(&ids)).unwrap().squeeze(0).unwrap().to_vec2::<f32>().unwrap();
    let oracle = candle_logits(candle_llama(true), &ids);
    let worst = ours.iter().zip(&oracle).map(|(ours, oracle)| largest_difference(ours, oracle)).fold(0.0, f32::max);
    println!("{} positions, weights of the file in f32: largest difference of a logit {worst:.1e}", ids.len());
    assert!(worst <= 1e-3, "{worst}");

    // candle's own run of the file rounds activations to 8 bits, ours does not: this says how much that changes.
    let rounded = candle_logits(candle_llama(false), &ids);
    let same = |(ours, theirs): &(&Vec<f32>, &Vec<f32>)| most_likely(ours) == most_likely(theirs);
    let agreeing = ours.iter().zip(&rounded).filter(same).count();
    let worst = ours.iter().zip(&rounded).map(|(a, b)| largest_difference(a, b)).fold(0.0, f32::max);
    println!("candle's run of the same file: top-1 agreement {agreeing}/{}, largest difference {worst:.2}", ids.len());
    assert!(agreeing * 10 >= ids.len() * 9, "{agreeing} of {}", ids.len());
}

#[test]
fn llama_says_what_it_is() {
    assert_eq!(LLAMA.num_parameters(), 134_515_008);
    assert_eq!(LLAMA.config().num_hidden_layers, 30);
    assert_eq!((LLAMA.eos_token_ids(), LLAMA.pad_token_id()), (&[2][..], Some(2)));
    let source = LLAMA.source();
    assert!(source.starts_with(SMOLLM2) && source.contains("Q4_1 as stored"), "{source}");
    assert!(LLAMA.rich().plain().contains("135 million parameters"));
}

#[test]
fn a_padded_batch_gives_what_each_text_gives_alone() {
    let texts = ["Hello", "The capital of France is", TEXT];
    let batch = LLAMA_TOKENIZER.encode_batch(&texts).unwrap();
    let mask = batch.attention_mask().unwrap();
    let options = ForwardOptions::new().attention_mask(&mask).last_only();
    let together = LLAMA.forward_with(&batch.input_ids().unwrap(), options).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let ids = tensor(LLAMA_TOKENIZER.encode(text).unwrap().input_ids());
        let alone = LLAMA.forward_with(&ids, ForwardOptions::new().last_only()).unwrap();
        let worst = largest_difference(&numbers(&alone), &numbers(&together.get(row).unwrap()));
        assert!(worst < 1e-3, "{text:?}: {worst}");
    }
}

#[test]
fn the_cache_changes_nothing_but_the_time() {
    let ids = LLAMA_TOKENIZER.encode(TEXT).unwrap().input_ids().to_vec();
    let whole = LLAMA.forward(&tensor(&ids)).unwrap().squeeze(0).unwrap();
    let mut cache = LLAMA.new_cache();
    // In pieces of 1, 2, 3, … tokens.
    let (mut start, mut pieces) = (0, Vec::new());
    for length in 1.. {
        let end = (start + length).min(ids.len());
        let options = ForwardOptions::new().cache(&mut cache);
        pieces.push(LLAMA.forward_with(&tensor(&ids[start..end]), options).unwrap().squeeze(0).unwrap());
        start = end;
        if start == ids.len() {
            break;
        }
    }
    let pieces = Tensor::cat(&pieces, 0).unwrap();
    let worst = largest_difference(&numbers(&whole), &numbers(&pieces));
    assert!(worst < 1e-3, "{worst}");

    // Back to an earlier place, and twice the same row.
    cache.truncate(20);
    let mut twice = cache.select(&[0, 0]);
    assert_eq!((twice.rows(), twice.len()), (2, 20));
    let next = Tensor::new(&[[ids[20]], [ids[21]]], &Device::Cpu).unwrap();
    let logits = LLAMA.forward_with(&next, ForwardOptions::new().cache(&mut twice)).unwrap();
    let expected = whole.get(20).unwrap();
    assert!(largest_difference(&numbers(&logits.get(0).unwrap()), &numbers(&expected)) < 1e-3);
}

#[test]
fn generation_is_the_same_with_and_without_cache_and_in_a_batch() {
    let prompts = ["The capital of France is", "1, 2, 3, 4,"]
        .map(|text| LLAMA_TOKENIZER.encode(text).unwrap().input_ids().to_vec());
    let config = GenerationConfig::new().max_new_tokens(12);
    let texts = generate(&*LLAMA, &prompts, &config).unwrap();
    assert_eq!(texts, {
        let mut without = generate(&*LLAMA, &prompts, &config.clone().use_cache(false)).unwrap();
        for (text, without) in texts.iter().zip(&mut without) {
            // The two ways add in another order: the last digits of a probability may differ, the tokens may not.
            let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-3;
            assert!(text.log_probabilities.iter().zip(&without.log_probabilities).all(close));
            without.log_probabilities.clone_from(&text.log_probabilities);
        }
        without
    });
    for (prompt, text) in prompts.iter().zip(&texts) {
        assert_eq!(generate(&*LLAMA, &[prompt], &config).unwrap()[0].tokens, text.tokens);
    }
    let written = texts.iter().map(|text| LLAMA_TOKENIZER.decode(&text.tokens).unwrap()).collect::<Vec<_>>();
    assert!(written[0].contains("Paris") && written[1].starts_with(" 5, 6, 7"), "{written:?}");
}

#[test]
fn a_file_of_another_architecture_is_refused() {
    let folder = std::env::temp_dir().join(format!("course-models-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("other.gguf");
    let metadata = gguf_file::Value::String("mamba".into());
    gguf_file::write(&mut std::fs::File::create(&path).unwrap(), &[("general.architecture", &metadata)], &[]).unwrap();
    let error = Llama::from_gguf("here", &Gguf::open(&path).unwrap()).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(error.to_string().contains("is a `mamba` model"), "{error}");
}

const SHORT: [&str; 4] = [
    "A cat sleeps on the sofa.",
    "hi",
    "The stock market fell by 3 % after the announcement, its largest drop in years.",
    "¿Qué?",
];

fn candle_bert() -> candle_transformers::models::bert::BertModel {
    let repo = course_hub::resolve(MINILM).unwrap();
    let mut config: serde_json::Value = repo.read_json("config.json").unwrap();
    config["classifier_dropout"] = serde_json::Value::Null;
    let config = serde_json::from_value(config).unwrap();
    let weights = candle_core::safetensors::load(repo.file("model.safetensors").unwrap(), &Device::Cpu).unwrap();
    let weights = candle_nn::VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    candle_transformers::models::bert::BertModel::load(weights, &config).unwrap()
}

#[test]
fn bert_is_candles_bert() {
    let batch = SENTENCES.tokenizer().encode_batch(&SHORT).unwrap();
    let (ids, mask, types) =
        (batch.input_ids().unwrap(), batch.attention_mask().unwrap(), batch.token_type_ids().unwrap());
    let ours = SENTENCES.model().forward(&ids, Some(&mask), Some(&types)).unwrap();
    let oracle = candle_bert().forward(&ids, &types, Some(&mask)).unwrap();
    let pooled = |hidden: &Tensor| numbers(&crate::normalize(&crate::mean_pooling(hidden, &mask).unwrap()).unwrap());
    let worst = largest_difference(&pooled(&ours), &pooled(&oracle));
    println!("largest difference of an embedding's number: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst}");
    let encoded = numbers(&SENTENCES.encode(&SHORT).unwrap());
    assert!(largest_difference(&encoded, &pooled(&oracle)) <= 1e-4);
}

#[test]
fn the_second_text_of_a_pair_is_told_apart() {
    let tokenizer = SENTENCES.tokenizer();
    let pair = tokenizer.encode_pair("A cat", "sleeps", &course_tokenization::EncodeOptions::new()).unwrap();
    let (ids, types) = (tensor(pair.input_ids()), tensor(pair.token_type_ids()));
    let ours = SENTENCES.model().forward(&ids, None, Some(&types)).unwrap();
    let oracle = candle_bert().forward(&ids, &types, None).unwrap();
    assert!(largest_difference(&numbers(&ours), &numbers(&oracle)) < 1e-4);
    let untold = SENTENCES.model().forward(&ids, None, None).unwrap();
    assert!(largest_difference(&numbers(&ours), &numbers(&untold)) > 1e-2);
}

#[test]
fn a_batch_of_sentences_gives_what_each_gives_alone() {
    let together = SENTENCES.encode(&SHORT).unwrap();
    for (row, sentence) in SHORT.iter().enumerate() {
        let alone = SENTENCES.encode(&[sentence]).unwrap();
        let worst = largest_difference(&numbers(&alone), &numbers(&together.get(row).unwrap()));
        assert!(worst < 1e-5, "{sentence:?}: {worst}");
    }
}

#[test]
fn sentence_vectors_have_length_one_and_know_what_is_near() {
    let vectors = SENTENCES.encode(&["A cat sleeps.", "A kitten takes a nap.", "The bank raised its rates."]).unwrap();
    assert_eq!(vectors.dims(), [3, 384]);
    let cosines = crate::cosine_similarity(&vectors, &vectors).unwrap().to_vec2::<f32>().unwrap();
    assert!((cosines[0][0] - 1.0).abs() < 1e-5);
    assert!(cosines[0][1] > 0.5 && cosines[0][2] < 0.2, "{cosines:?}");
    let raw = SENTENCES.clone().with_normalize(false).encode(&["A cat sleeps."]).unwrap();
    assert!((numbers(&raw.sqr().unwrap().sum_all().unwrap())[0] - 1.0).abs() > 0.01);
    assert_eq!(SENTENCES.encode::<&str>(&[]).unwrap().dims(), [0, 384]);
}

#[test]
fn a_sentence_that_is_too_long_is_cut_and_a_raw_one_refused() {
    let long = "word ".repeat(1000);
    assert_eq!(SENTENCES.encode(&[&long]).unwrap().dims(), [1, 384]);
    let model: &Bert = SENTENCES.model();
    let ids = Tensor::ones((1, 513), DType::U32, &Device::Cpu).unwrap();
    let error = model.forward(&ids, None, None).unwrap_err();
    assert!(error.to_string().contains("513 tokens a row, but the model reads at most 512"), "{error}");
    assert_eq!(model.num_parameters(), 22_565_376);
    let none = SENTENCES
        .tokenizer()
        .encode_batch_with::<&str>(&[], &course_tokenization::EncodeOptions::new().padding(Padding::Longest));
    let none = model.forward(&none.unwrap().input_ids().unwrap(), None, None).unwrap();
    assert_eq!(none.dims(), [0, 0, 384]);
}

#[test]
fn beams_find_a_likelier_text_than_greedy_and_the_cache_changes_nothing() {
    let prompts = ["The capital of France is", "Once upon a time"]
        .map(|text| LLAMA_TOKENIZER.encode(text).unwrap().input_ids().to_vec());
    let config = GenerationConfig::new().max_new_tokens(8).eos_token_ids([]);
    let greedy = generate(&*LLAMA, &prompts, &config).unwrap();
    let beams = generate(&*LLAMA, &prompts, &config.clone().num_beams(4)).unwrap();
    let without = generate(&*LLAMA, &prompts, &config.num_beams(4).use_cache(false)).unwrap();
    for ((greedy, beams), without) in greedy.iter().zip(&beams).zip(&without) {
        let sum = |text: &crate::Generated| text.log_probabilities.iter().sum::<f32>();
        assert!(sum(beams) >= sum(greedy) - 1e-3, "{} for {}", sum(beams), sum(greedy));
        assert_eq!(beams.tokens, without.tokens);
        assert!((beams.score.unwrap() - sum(beams) / 8.0).abs() < 1e-4);
    }
    let plain = crate::from_scratch::beam_search(&*LLAMA, &prompts[0], 3, 4, 1.0).unwrap();
    let config = GenerationConfig::new().max_new_tokens(4).num_beams(3);
    assert_eq!(generate(&*LLAMA, &prompts[..1], &config).unwrap()[0].tokens, plain.best().unwrap().tokens);
}

#[test]
fn attention_is_written_down_without_changing_what_comes_out() {
    let ids = tensor(SENTENCES.tokenizer().encode("The cat sat on the mat.").unwrap().input_ids());
    let n = ids.dim(1).unwrap();
    let (hidden, attentions) = SENTENCES.model().forward_with_attentions(&ids, None, None).unwrap();
    let plain = SENTENCES.model().forward(&ids, None, None).unwrap();
    assert!(largest_difference(&numbers(&hidden), &numbers(&plain)) < 1e-5);
    assert_eq!(attentions.weights().dims(), [6, 12, n, n]);
    assert_eq!(attentions.queries().dims(), [6, 12, n, 32]);
    assert!(numbers(&attentions.weights().sum(3).unwrap()).iter().all(|sum| (sum - 1.0).abs() < 1e-5));

    let ids = tensor(LLAMA_TOKENIZER.encode("The cat sat on the mat.").unwrap().input_ids());
    let n = ids.dim(1).unwrap();
    let (logits, attentions) = LLAMA.forward_with_attentions(&ids).unwrap();
    assert!(largest_difference(&numbers(&logits), &numbers(&LLAMA.forward(&ids).unwrap())) < 1e-5);
    assert_eq!(attentions.weights().dims(), [30, 9, n, n]);
    assert_eq!(attentions.keys().dims(), [30, 3, n, 64]);
    assert!(numbers(&attentions.weights().sum(3).unwrap()).iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    for (number, weight) in numbers(attentions.weights()).iter().enumerate() {
        assert!(number % n <= number / n % n || *weight == 0.0, "a token looks ahead");
    }

    let error = LLAMA.forward_with_attentions(&Tensor::cat(&[&ids, &ids], 0).unwrap()).unwrap_err();
    assert!(error.to_string().contains("one text at a time"), "{error}");
}

#[test]
fn padding_is_looked_at_by_nobody() {
    let ids = tensor(&[101, 4937, 102, 0, 0]);
    let mask = tensor(&[1, 1, 1, 0, 0]);
    let (_, attentions) = SENTENCES.model().forward_with_attentions(&ids, Some(&mask), None).unwrap();
    for row in numbers(attentions.weights()).chunks(5) {
        assert!(row[3] == 0.0 && row[4] == 0.0 && (row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
    }
}
