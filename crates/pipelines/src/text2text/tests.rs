//! On tiny models of this test's own, saved and loaded as any other.

use std::path::Path;

use course_models::architectures::{
    AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, ModelInputs, generate_answers, save_pretrained,
};
use course_models::{FinishReason, GenerationConfig};
use course_tokenization::{EncodeOptions, Padding, SpecialTokens, Tokenizer, models, pre_tokenizers, processors};
use serde_json::{Value, json};

use super::*;
use crate::{Output, Pipeline, pipeline_with_model};

const WORDS: [&str; 16] = [
    "<pad>",
    "</s>",
    "<unk>",
    "summarize",
    ":",
    "translate",
    "English",
    "to",
    "French",
    "German",
    "the",
    "cat",
    "sleeps",
    "la",
    "chat",
    ">>fr<<",
];

fn tokenizer() -> Tokenizer {
    let words = WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id as u32)).collect::<Vec<_>>();
    let tokenizer = Tokenizer::new(models::word_level_from(words, "<unk>").unwrap());
    let tokenizer = tokenizer.with_pre_tokenizer(pre_tokenizers::whitespace_split());
    let special = SpecialTokens {
        pad: Some("<pad>".into()),
        eos: Some("</s>".into()),
        unk: Some("<unk>".into()),
        ..SpecialTokens::default()
    };
    let tokenizer = tokenizer.with_special_tokens(special);
    tokenizer.with_post_processor(processors::template("$A </s>", "$A </s> $B </s>")).unwrap().with_model_max_length(12)
}

fn t5() -> Value {
    json!({ "model_type": "t5", "vocab_size": 16, "d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 1, "num_heads": 4,
        "initializer_factor": 1.5, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
        "task_specific_params": {
            "summarization": { "prefix": "summarize : ", "max_length": 9, "min_length": 4, "num_beams": 3, "no_repeat_ngram_size": 2 },
            "translation_en_to_de": { "prefix": "translate English to German : ", "max_length": 6 },
            "translation_en_to_fr": { "prefix": "translate English to French : ", "max_length": 7 } } })
}

fn saved(folder: &Path, config: Value) -> String {
    let model = AutoModelForSeq2SeqLM::from_config(config, 3).unwrap();
    save_pretrained(model.as_ref(), folder).unwrap();
    tokenizer().save_pretrained(folder).unwrap();
    folder.display().to_string()
}

/// What the model writes for one text, by its own generation.
fn expected(folder: &str, text: &str, config: &GenerationConfig) -> (Vec<u32>, FinishReason) {
    let model = AutoModelForSeq2SeqLM::from_pretrained(folder).unwrap();
    let batch = tokenizer().encode_batch_with(&[text], &EncodeOptions::new().padding(Padding::Longest)).unwrap();
    let inputs = ModelInputs::from_encoding(&batch).unwrap();
    let answer = generate_answers(model.as_ref(), &inputs, config).unwrap().remove(0);
    (answer.tokens, answer.finish_reason)
}

#[test]
fn a_t5_is_told_its_task_and_writes_as_its_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let name = saved(folder.path(), t5());
    let summarizer = pipeline_with_model("summarization", &name).unwrap();
    let config = GenerationConfig::new().max_new_tokens(8).min_new_tokens(3).num_beams(3).no_repeat_ngram_size(2);
    let texts = ["the cat sleeps", "la chat", "the the cat cat sleeps sleeps"];
    let summaries = summarizer.summarize(texts).unwrap();
    assert_eq!(summaries.len(), 3);
    for (text, summary) in texts.iter().zip(&summaries) {
        let (tokens, reason) = expected(&name, &format!("summarize : {text}"), &config);
        assert_eq!((&summary.tokens, &summary.finish_reason), (&tokens, &reason), "{text}");
        assert_eq!(
            (summary.source.as_str(), summary.text.as_str()),
            (*text, tokenizer().decode(&tokens).unwrap().trim())
        );
        assert!(summary.score.is_some() && tokens.len() >= 3);
    }
    let shown = summaries.to_string();
    assert!(shown.contains("summary") && shown.contains("told \"summarize :\" before each text"), "{shown}");
    // The same alone, and as the one call for every task.
    assert_eq!(summarizer.summarize(texts[1]).unwrap()[0].tokens, summaries[1].tokens);
    let Output::WrittenTexts(again) = summarizer.run(texts[1]).unwrap() else { panic!("another output") };
    assert_eq!(again[0].tokens, summaries[1].tokens);
    // Another configuration, and the words left out.
    let greedy = GenerationConfig::new().max_new_tokens(2);
    let short = summarizer.summarize_with(texts[0], &greedy).unwrap();
    assert_eq!(short[0].tokens, expected(&name, "summarize : the cat sleeps", &greedy).0);
    let plain = Summarization::from_pretrained(&name).unwrap().prefix("").num_beams(1).min_length(1).max_length(5);
    let config = GenerationConfig::new().max_new_tokens(4).no_repeat_ngram_size(2);
    assert_eq!(plain.summarize("the cat").unwrap()[0].tokens, expected(&name, "the cat", &config).0);
    assert_eq!(plain.generation_config().max_new_tokens, 4);
}

#[test]
fn languages_come_from_the_task_and_must_be_known() {
    let folder = tempfile::tempdir().unwrap();
    let name = saved(folder.path(), t5());
    for (task, prefix, length, languages) in [
        ("translation", "translate English to French : ", 6, "en → fr"),
        ("translation_en_to_fr", "translate English to French : ", 6, "en → fr"),
        ("translation_en_to_de", "translate English to German : ", 5, "en → de"),
    ] {
        let translator = pipeline_with_model(task, &name).unwrap();
        let translated = translator.translate("the cat").unwrap();
        let config = GenerationConfig::new().max_new_tokens(length);
        assert_eq!(translated[0].tokens, expected(&name, &format!("{prefix}the cat"), &config).0, "{task}");
        assert!(translated.to_string().contains(languages), "{translated}");
    }
    let error = pipeline_with_model("translation_en_to_ro", &name).unwrap_err().to_string();
    assert!(error.ends_with("does not translate en → ro; it translates en → de, en → fr"), "{error}");
}

#[test]
fn a_marian_translates_what_its_name_says_or_what_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "model_type": "marian", "vocab_size": 16, "max_position_embeddings": 12, "d_model": 16, "encoder_layers": 1,
        "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24,
        "init_std": 0.4, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "max_length": 8, "bad_words_ids": [[0]] });
    let name = saved(&folder.path().join("opus-mt-fr-en"), config.clone());
    let error = pipeline_with_model("translation_en_to_fr", &name).unwrap_err().to_string();
    assert!(error.ends_with("does not translate en → fr; it translates fr → en"), "{error}");
    let translator = Translation::from_pretrained(&name).unwrap();
    assert_eq!(translator.get_languages(), Some(&Languages::new("fr", "en")));
    let config_of = GenerationConfig::new().max_new_tokens(7).suppress_tokens([0]);
    assert_eq!(translator.translate("la chat").unwrap()[0].tokens, expected(&name, "la chat", &config_of).0);
    // One of many languages, which has a token for each.
    let name = saved(&folder.path().join("opus-mt-en-ROMANCE"), config);
    let translator = pipeline_with_model("translation_en_to_fr", &name).unwrap();
    assert_eq!(translator.translate("the cat").unwrap()[0].tokens, expected(&name, ">>fr<< the cat", &config_of).0);
}

#[test]
fn any_text_for_any_text_in_batches_and_several_each() {
    let folder = tempfile::tempdir().unwrap();
    let name = saved(folder.path(), t5());
    let writer = Text2TextGeneration::from_pretrained(&name).unwrap().batch_size(2).max_length(5);
    let texts: Vec<String> = (0..5).map(|count| vec!["the cat"; 1 + count % 3].join(" ")).collect();
    let together = writer.write(&texts).unwrap();
    for (text, written) in texts.iter().zip(&together) {
        assert_eq!(writer.write(text).unwrap()[0].tokens, written.tokens, "{text}");
    }
    let two = GenerationConfig::new().max_new_tokens(4).num_beams(3).num_return_sequences(2);
    let several = writer.write_with(["the", "la"], &two).unwrap();
    assert_eq!(several.iter().map(|written| written.source.as_str()).collect::<Vec<_>>(), ["the", "the", "la", "la"]);
    assert!(several[0].score >= several[1].score);
    assert_eq!(several.texts().len(), 4);
}

#[test]
fn what_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let name = saved(&folder.path().join("t5"), t5());
    let writer = pipeline_with_model("text2text-generation", &name).unwrap();
    let problem = |texts: &[&str]| writer.write(texts).unwrap_err().to_string();
    assert_eq!(problem(&[]), "texts: there are none; pass at least one");
    assert_eq!(problem(&["the", " "]), "texts: number 1 is empty");
    let long = vec!["cat"; 20].join(" ");
    let error = problem(&[&long]);
    assert!(
        error.contains("has 21 tokens") && error.contains("reads 12") && error.contains(".truncation(true)"),
        "{error}"
    );
    let cut = Text2TextGeneration::from_pretrained(&name).unwrap().truncation(true);
    cut.write(long).unwrap();
    let error = writer.write_with("the", &GenerationConfig::new().num_beams(0)).unwrap_err().to_string();
    assert!(error.starts_with("num_beams"), "{error}");
    // Of another task.
    let error = writer.summarize("the").unwrap_err().to_string();
    assert!(
        error.contains("`summarize` needs a pipeline for summarization") && error.contains(".write(texts)"),
        "{error}"
    );
    let error = writer.embed("the").unwrap_err().to_string();
    assert!(error.contains(".write(texts)"), "{error}");
    assert!(matches!(&writer, Pipeline::Text2TextGeneration(_)));
    let bert = json!({ "model_type": "bert", "vocab_size": 16, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 16 });
    let bert = AutoModelForSequenceClassification::from_config(bert, 1).unwrap();
    let other = folder.path().join("bert");
    save_pretrained(bert.as_ref(), &other).unwrap();
    tokenizer().save_pretrained(&other).unwrap();
    let error = pipeline_with_model("summarization", &other.display().to_string()).unwrap_err().to_string();
    assert!(error.contains("BertForSequenceClassification") && error.contains("text-classification"), "{error}");
}
