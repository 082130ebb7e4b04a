//! Models that answer texts: they learn to copy, and are evaluated by what they write.

use course_models::architectures::{AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, generate_answers};
use serde_json::{Value, json};

use super::*;
use crate::DataCollatorForSeq2Seq;

/// `[SEP]` ends texts and begins answers.
fn configs() -> [Value; 3] {
    let bart = json!({ "model_type": "bart", "vocab_size": 13, "max_position_embeddings": 16, "d_model": 32, "encoder_layers": 1,
        "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
        "dropout": 0.0, "pad_token_id": 0, "eos_token_id": 3, "bos_token_id": 2, "decoder_start_token_id": 3, "max_length": 9 });
    let mut marian = bart.clone();
    marian["model_type"] = "marian".into();
    let t5 = json!({ "model_type": "t5", "vocab_size": 13, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 4,
        "dropout_rate": 0.0, "pad_token_id": 0, "eos_token_id": 3, "decoder_start_token_id": 0, "max_length": 9 });
    [t5, bart, marian]
}

/// Texts of two to four words, to be written as they were read.
fn copies(rows: usize) -> Dataset {
    let word = |row: usize, place: usize| 5 + ((row * 5 + place * 3 + row / 3) % 8) as i64;
    let text = |row: usize| (0..2 + row % 3).map(|place| word(row, place)).chain([3]).collect::<Vec<i64>>();
    let texts: Vec<Vec<i64>> = (0..rows).map(text).collect();
    Dataset::from_columns([("input_ids", Column::from(texts.clone())), ("labels", Column::from(texts))]).unwrap()
}

fn trainer(config: &Value, args: TrainingArguments) -> Seq2SeqTrainer {
    let model = AutoModelForSeq2SeqLM::from_config(config.clone(), 5).unwrap();
    let trainer = Seq2SeqTrainer::new(model, args).unwrap().train_dataset(copies(16)).unwrap();
    let trainer = trainer.eval_dataset(copies(10)).unwrap().tokenizer(tokenizer());
    trainer.data_collator(DataCollatorForSeq2Seq::new(&tokenizer()).unwrap())
}

fn exact(prediction: &EvalPrediction) -> Result<[(&'static str, f64); 1], AnyError> {
    let (written, right) = prediction.texts(&tokenizer())?;
    let hits = written.iter().zip(&right).filter(|(one, other)| one == other).count();
    Ok([("exact", hits as f64 / right.len() as f64)])
}

#[test]
fn models_learn_to_copy_and_are_evaluated_by_what_they_write() {
    let folder = tempfile::tempdir().unwrap();
    for config in configs() {
        let args = arguments(folder.path()).epochs(60).learning_rate(1e-2).predict_with_generate(true);
        let mut trainer = trainer(&config, args).compute_metrics(exact);
        let before = trainer.evaluate().unwrap();
        trainer.train().unwrap();
        let after = trainer.evaluate().unwrap();
        let name = trainer.model().architecture();
        assert!(before.get("eval_exact").unwrap() < 0.5, "{name}: {before}");
        assert_eq!(after.get("eval_exact"), Some(1.0), "{name}: {after}");
        assert!(after.get("eval_loss") < before.get("eval_loss"), "{name}");

        let output = trainer.predict(&copies(10)).unwrap();
        // One width for all batches: `max_length` of the configuration, the first token included.
        assert_eq!(
            (output.predictions[0].dims(), output.labels().unwrap().dims()),
            ([10, 9].as_slice(), [10, 5].as_slice())
        );
        let (written, right) = output.token_ids().unwrap();
        let start = config["decoder_start_token_id"].as_i64().unwrap();
        assert_eq!(
            (written[0].as_slice(), right[0].as_slice()),
            ([start, 5, 8, 3, 0, 0, 0, 0, 0].as_slice(), [5, 8, 3].as_slice())
        );
        // A row without labels is answered as well.
        let alone = trainer.predict(&copies(3).remove_columns(["labels"]).unwrap()).unwrap();
        assert_eq!(
            alone.predictions[0].to_vec2::<i64>().unwrap(),
            output.predictions[0].narrow(0, 0, 3).unwrap().to_vec2::<i64>().unwrap()
        );
        assert!(alone.labels().is_err() && alone.metrics.get("test_loss").is_none());
    }
}

#[test]
fn answers_are_those_of_generation_with_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let config = &configs()[1];
    for (beams, length, set) in
        [(None, 6, None), (Some(3), 7, None), (None, 5, Some(GenerationConfig::new().num_beams(2).max_new_tokens(12)))]
    {
        let mut args = arguments(folder.path()).predict_with_generate(true).generation_max_length(length);
        args.generation_num_beams = beams;
        let mut trainer = trainer(config, args);
        if let Some(set) = &set {
            trainer = trainer.generation_config(set);
        }
        let found = trainer.predict(&copies(6)).unwrap();
        let inputs = DataCollatorForSeq2Seq::new(&tokenizer()).unwrap().collate(&copies(6).head(6).unwrap()).unwrap();
        let beams = beams.or(set.map(|set| set.num_beams)).unwrap_or(1);
        let expected = GenerationConfig::new().max_new_tokens(length - 1).num_beams(beams);
        let expected = generate_answers(trainer.model(), &inputs, &expected).unwrap();
        assert_eq!(found.predictions[0].dims(), [6, length]);
        for (row, answer) in found.token_ids().unwrap().0.iter().zip(&expected) {
            let tokens: Vec<i64> = answer.tokens.iter().map(|id| i64::from(*id)).collect();
            assert_eq!((row[0], &row[1..=tokens.len()]), (3, tokens.as_slice()));
        }
        // The loss is that of the plain evaluation.
        let plain = trainer_without(config, folder.path()).predict(&copies(6)).unwrap();
        let loss = |output: &crate::PredictionOutput| output.metrics.get("test_loss").unwrap();
        assert!((loss(&found) - loss(&plain)).abs() < 1e-5, "{} {}", loss(&found), loss(&plain));
        assert_eq!(plain.predictions[0].dims(), [6, 5, 13]);
    }
}

fn trainer_without(config: &Value, folder: &Path) -> Seq2SeqTrainer {
    trainer(config, arguments(folder))
}

#[test]
fn what_cannot_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let args = || arguments(folder.path()).predict_with_generate(true);
    let bert = json!({ "model_type": "bert", "vocab_size": 13, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 16 });
    let model = AutoModelForSequenceClassification::from_config(bert, 1).unwrap();
    let error = Trainer::new(model, args()).unwrap().tokenizer(tokenizer()).predict(&data(4)).unwrap_err().to_string();
    assert!(error.contains("AutoModelForSeq2SeqLM"), "{error}");
    let several = GenerationConfig::new().num_beams(2).num_return_sequences(2);
    let error = trainer(&configs()[0], args()).generation_config(several).predict(&copies(4)).unwrap_err().to_string();
    assert!(error.starts_with("generation_config: num_return_sequences is 2"), "{error}");
    let logits = trainer_without(&configs()[0], folder.path()).predict(&copies(4)).unwrap();
    assert_eq!(logits.token_ids().unwrap().0[0].len(), 5);
    let mut classes = Trainer::new(Tiny::boxed(13, 2, 1), arguments(folder.path())).unwrap().tokenizer(tokenizer());
    let error = classes.predict(&data(4)).unwrap().texts(&tokenizer()).unwrap_err().to_string();
    assert!(error.contains("set predict_with_generate"), "{error}");
}
