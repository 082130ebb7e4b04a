//! What a model is told for the time of a run: gradient checkpointing, noise on embeddings, bf16.

use candle_core::DType;
use course_models::architectures::{
    AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, Model,
};
use serde_json::json;

use super::*;
use crate::DataCollatorForSeq2Seq;

/// A model with dropout, and whether it is told one class a text or one token after the other.
fn models() -> Vec<(Box<dyn Model>, bool)> {
    let bert = json!({ "model_type": "bert", "vocab_size": 13, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 24, "max_position_embeddings": 16 });
    let gpt2 =
        json!({ "model_type": "gpt2", "vocab_size": 13, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 4 });
    let llama = json!({ "model_type": "llama", "vocab_size": 13, "max_position_embeddings": 16, "hidden_size": 16,
        "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "attention_dropout": 0.1 });
    let t5 = json!({ "model_type": "t5", "vocab_size": 13, "d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 2, "num_heads": 4,
        "pad_token_id": 0, "eos_token_id": 3, "decoder_start_token_id": 0 });
    vec![
        (AutoModelForSequenceClassification::from_config(bert, 1).unwrap(), true),
        (AutoModelForCausalLM::from_config(gpt2, 1).unwrap(), false),
        (AutoModelForCausalLM::from_config(llama, 1).unwrap(), false),
        (AutoModelForSeq2SeqLM::from_config(t5, 1).unwrap(), false),
    ]
}

/// The losses of some steps, the trainer after them, and the loss of an evaluation.
fn run(model: Box<dyn Model>, classes: bool, args: TrainingArguments) -> (Vec<f64>, Trainer, f64) {
    let texts = data(24);
    let data = match classes {
        true => texts,
        false => {
            let ids = texts.column("input_ids").unwrap();
            texts.remove_columns(["label"]).unwrap().add_column("labels", ids).unwrap()
        }
    };
    let recorder = Recorder::default();
    let trainer = Trainer::new(model, args).unwrap().train_dataset(&data).unwrap().eval_dataset(&data).unwrap();
    let trainer = trainer.tokenizer(tokenizer()).callback(recorder.clone());
    let mut trainer = match classes {
        true => trainer,
        false => trainer.data_collator(DataCollatorForSeq2Seq::new(&tokenizer()).unwrap()),
    };
    trainer.train().unwrap();
    let evaluated = trainer.evaluate().unwrap().get("eval_loss").unwrap();
    (recorder.numbers(), trainer, evaluated)
}

fn steps(folder: &Path) -> TrainingArguments {
    arguments(folder).epochs(3).learning_rate(1e-2)
}

#[test]
fn a_run_with_gradient_checkpointing_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for ((plain, classes), (model, _)) in models().into_iter().zip(models()) {
        let name = plain.architecture();
        let (expected, _, evaluated) = run(plain, classes, steps(folder.path()));
        let (found, trainer, again) = run(model, classes, steps(folder.path()).gradient_checkpointing(true));
        assert_eq!(found.len(), 18);
        if name.starts_with("T5") {
            // Its layers share a position bias, whose gradient is added up in another order.
            for (found, expected) in found.iter().chain([&again]).zip(expected.iter().chain([&evaluated])) {
                assert!((found - expected).abs() < 1e-5 * expected, "{name}: {found} and {expected}");
            }
        } else {
            assert_eq!((found, again), (expected, evaluated), "{name}");
        }
        assert!(!trainer.model().parameters().gradient_checkpointing());
    }
    let args = arguments(folder.path()).gradient_checkpointing(true);
    let mut tiny =
        Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(8)).unwrap().tokenizer(tokenizer());
    let error = tiny.train().unwrap_err().to_string();
    assert!(error.starts_with("gradient_checkpointing: TinyForSequenceClassification has no layers"), "{error}");
}

#[test]
fn noise_is_added_while_training_alone_and_comes_from_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    for (model, classes) in models() {
        let name = model.architecture();
        // With a learning rate of 0 the weights stay: only noise and dropout change the losses.
        let args = steps(folder.path()).learning_rate(0.0);
        let again = |strength: f64| {
            let model = models().into_iter().find(|(model, _)| model.architecture() == name).unwrap().0;
            run(model, classes, args.clone().neftune_noise_alpha(strength))
        };
        let (plain, _, evaluated) = run(model, classes, args.clone());
        let (noisy, trainer, still) = again(5.0);
        assert!(noisy.iter().zip(&plain).all(|(noisy, plain)| noisy != plain), "{name}");
        assert_eq!(still, evaluated, "{name}");
        assert_eq!(noisy, again(5.0).0, "{name}");
        assert_ne!(noisy, again(2.0).0, "{name}");
        assert_eq!(plain, again(0.0).0, "{name}");
        assert_eq!(trainer.model().parameters().neftune_noise_alpha(), 0.0);
    }
    let args = arguments(folder.path()).neftune_noise_alpha(5.0);
    let mut tiny =
        Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(8)).unwrap().tokenizer(tokenizer());
    let error = tiny.train().unwrap_err().to_string();
    assert!(error.starts_with("neftune_noise_alpha: TinyForSequenceClassification has no embeddings"), "{error}");
}

/// bf16 has 8 significant bits, so that what each layer gives is off by up to 2⁻⁸ of itself: the losses of a run stay within 3 % of those in f32.
#[test]
fn a_run_in_bf16_learns_as_one_in_f32_does_with_weights_in_f32() {
    let folder = tempfile::tempdir().unwrap();
    for ((plain, classes), (model, _)) in models().into_iter().zip(models()) {
        let name = plain.architecture();
        let args = steps(folder.path()).lr_scheduler_type("constant").learning_rate(2e-3);
        let (expected, _, evaluated) = run(plain, classes, args.clone());
        let (found, mut trainer, again) = run(model, classes, args.bf16(true));
        assert_ne!(found, expected, "{name}");
        for (found, expected) in found.iter().chain([&again]).zip(expected.iter().chain([&evaluated])) {
            assert!((found - expected).abs() < 0.03 * expected, "{name}: {found} and {expected}");
        }
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        assert!(mean(&expected[12..]) < mean(&expected[..6]), "{name} learns: {expected:?}");
        let parameters = trainer.model().parameters().clone();
        assert!(!parameters.is_bf16());
        for parameter in parameters.named() {
            // Stored in f32, with what bf16 could not hold.
            assert_eq!(parameter.var.dtype(), DType::F32);
        }
        let weight = parameters.named().into_iter().next().unwrap().var;
        let rounded = weight.to_dtype(DType::BF16).unwrap().to_dtype(DType::F32).unwrap();
        assert_ne!(
            rounded.flatten_all().unwrap().to_vec1::<f32>().unwrap(),
            weight.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
        if classes {
            assert_eq!(trainer.predict(&data(4)).unwrap().predictions[0].dtype(), DType::F32);
        }
    }
}
