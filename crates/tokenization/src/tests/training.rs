//! Tokenizers with vocabularies of their own.

use super::{MINILM, SMOLLM2};
use crate::{Error, Tokenizer, models, pre_tokenizers, trainers};

/// Some lines of Rust, which GPT-2's kind of vocabulary is not made for.
fn corpus() -> Vec<String> {
    let line = |number: usize| {
        format!("    let value_{} = values.iter().map(|value| value + {number}).collect::<Vec<_>>();\n", number % 7)
    };
    (0..300).map(line).collect()
}

#[test]
fn a_new_vocabulary_fits_its_texts_better() {
    let new = SMOLLM2.train_new_from_iterator(corpus(), 500).unwrap();
    let text = &corpus()[0];
    let (old_tokens, new_tokens) = (SMOLLM2.tokenize(text).unwrap(), new.tokenize(text).unwrap());
    assert!(new_tokens.len() < old_tokens.len(), "{new_tokens:?} {old_tokens:?}");
    assert!(new.vocab_size() <= 500);
    // Special tokens come first, in their old order, and every byte can be spelled.
    assert_eq!(new.convert_ids_to_tokens(&[0, 1, 2]).unwrap(), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]);
    assert_eq!((new.eos_token_id(), new.pad_token_id()), (Some(2), Some(2)));
    let strange = "ünïcödé 漢字 👍🏽";
    assert_eq!(new.decode(new.encode(strange).unwrap().input_ids()).unwrap(), strange);
    // What is not the vocabulary stays.
    assert_eq!(
        new.chat_template().map(|template| template.source()),
        SMOLLM2.chat_template().map(|template| template.source())
    );
    assert_eq!(new.padding_side(), SMOLLM2.padding_side());
    assert!(new.name().contains("SmolLM2"), "{}", new.name());
}

#[test]
fn special_tokens_get_their_new_ids_everywhere() {
    let texts = (0..50).map(|number| format!("low lower lowest new newer newest {number}"));
    let new = MINILM.train_new_with(texts, 100, &["<new>"]).unwrap();
    assert_eq!(new.token_to_id("[PAD]"), Some(0));
    let encoding = new.encode("lower <new>").unwrap();
    assert_eq!(encoding.tokens(), ["[CLS]", "lower", "<new>", "[SEP]"]);
    assert_eq!(encoding.input_ids()[0], new.token_to_id("[CLS]").unwrap());
    assert!(new.is_special(new.token_to_id("<new>").unwrap()));
    assert_eq!(new.decode(encoding.input_ids()).unwrap(), "lower");
}

#[test]
fn the_same_texts_give_the_same_vocabulary() {
    let train = || SMOLLM2.train_new_from_iterator(corpus(), 400).unwrap().vocab();
    assert_eq!(train(), train());
}

#[test]
fn every_kind_of_model_is_trained() {
    let texts = || ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog"];
    let split = pre_tokenizers::whitespace;
    let word_level = Tokenizer::new(models::word_level("[UNK]")).with_pre_tokenizer(split());
    let word_level = word_level.train(&trainers::word_level(100).special_tokens(["[UNK]"]), texts()).unwrap();
    assert_eq!(word_level.tokenize("the bird sat").unwrap(), ["the", "[UNK]", "sat"]);

    let bpe = Tokenizer::new(models::bpe()).with_pre_tokenizer(split());
    let bpe = bpe.train(&trainers::bpe(40), texts()).unwrap();
    assert_eq!(bpe.tokenize("the").unwrap(), ["the"]);
    assert_eq!(bpe.model().kind(), "BPE");

    let unigram = Tokenizer::new(models::unigram()).with_pre_tokenizer(pre_tokenizers::metaspace());
    let trainer = trainers::unigram(40).special_tokens(["<unk>"]).unk_token("<unk>");
    let unigram = unigram.train(&trainer, texts()).unwrap();
    assert_eq!(unigram.tokenize("the cat").unwrap().concat(), "▁the▁cat");
    // A Unigram tokenizer is trained anew with its unknown token.
    let again = unigram.train_new_from_iterator(texts(), 30).unwrap();
    assert_eq!(again.tokenize("the cat").unwrap().concat(), "▁the▁cat");
    assert_eq!(again.token_to_id("<unk>"), Some(0));
}

#[test]
fn a_trainer_of_another_model_is_refused() {
    let error = Tokenizer::new(models::bpe()).train(&trainers::unigram(10), ["a"]).unwrap_err();
    assert_eq!(error.to_string(), "training failed: a Unigram trainer cannot train a BPE model");
    let unigram = Tokenizer::new(models::unigram());
    let error = unigram.train(&trainers::unigram(10), Vec::<String>::new()).unwrap_err();
    assert!(matches!(error, Error::Training(_)), "{error}");
}

#[test]
fn files_are_read_line_by_line() {
    let folder = std::env::temp_dir().join(format!("course-train-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("corpus.txt");
    std::fs::write(&file, "low low\nlower low\n").unwrap();
    let fresh = Tokenizer::new(models::bpe()).with_pre_tokenizer(pre_tokenizers::whitespace());
    let trained = fresh.train_from_files(&trainers::bpe(20), &[&file]).unwrap();
    assert_eq!(trained.tokenize("low").unwrap(), ["low"]);
    let missing = folder.join("missing.txt");
    let error = fresh.train_from_files(&trainers::bpe(20), &[&file, &missing]).unwrap_err();
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("missing.txt"), "{error}");
    std::fs::write(&file, b"caf\xe9").unwrap();
    let error = fresh.train_from_files(&trainers::bpe(20), &[&file]).unwrap_err();
    assert!(error.to_string().contains("corpus.txt"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
