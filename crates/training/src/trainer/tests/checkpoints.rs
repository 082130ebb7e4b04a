//! What a checkpoint must hold for a run to go on as if nothing had been.

use course_models::nn::RandomState;

use super::*;
use crate::SchedulerSettings;

fn steps(logged: &[(u64, f64)]) -> Vec<u64> {
    logged.iter().map(|(step, _)| *step).collect()
}

/// A checkpoint by steps falls on the end of an epoch, and the learning rate falls with each evaluation after the first.
#[test]
fn what_is_due_at_the_end_of_an_epoch_is_in_the_checkpoint_of_its_last_step() {
    let make = |folder: &Path, recorder: &Recorder| {
        let args = arguments(folder).epochs(4).save_strategy("steps").save_steps(5);
        let args = args.logging_strategy("epoch").eval_strategy("epoch").lr_scheduler_type("reduce_lr_on_plateau");
        let settings = SchedulerSettings::default().patience(0_u64).factor(0.5).mode("max");
        let trainer = Trainer::new(Tiny::boxed(13, 2, 1), args.lr_scheduler_kwargs(settings)).unwrap();
        let trainer = trainer.train_dataset(data(20)).unwrap().eval_dataset(data(8)).unwrap();
        trainer.tokenizer(tokenizer()).callback(recorder.clone())
    };
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = Recorder::default();
    make(whole.path(), &expected).train().unwrap();
    let broken = Recorder { fails_at: Some(12), ..Recorder::default() };
    assert!(make(parts.path(), &broken).train().is_err());
    let resumed = Recorder::default();
    let mut trainer = make(parts.path(), &resumed);
    trainer.resume_from_checkpoint("last").unwrap();
    let (expected, resumed) = (expected.losses.lock().unwrap().clone(), resumed.losses.lock().unwrap().clone());
    assert_eq!(resumed, expected[10..]);
    assert_eq!(steps(&trainer.state().logged("loss")), [5, 10, 15, 20]);
    assert_eq!(steps(&trainer.state().logged("eval_loss")), [5, 10, 15, 20]);
}

#[test]
fn checkpoints_of_an_earlier_run_make_room_for_those_of_this_one() {
    let folder = tempfile::tempdir().unwrap();
    for (rows, expected) in [(40, ["checkpoint-8", "checkpoint-10"]), (16, ["checkpoint-2", "checkpoint-4"])] {
        let args = arguments(folder.path()).epochs(1).save_strategy("steps").save_steps(2).save_total_limit(2);
        let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(rows)).unwrap();
        trainer = trainer.tokenizer(tokenizer());
        trainer.train().unwrap();
        let found = checkpoint::checkpoints(folder.path());
        assert_eq!(found, expected.map(|name| folder.path().join(name)));
    }
}

#[test]
fn a_step_that_breaks_off_gives_its_random_numbers_back() {
    #[derive(Clone, Default)]
    struct Breaks(Arc<Mutex<Vec<RandomState>>>);
    impl TrainerCallback for Breaks {
        fn on_step_begin(&mut self, event: &mut Event) -> Result<(), AnyError> {
            self.0.lock().unwrap().push(event.model.parameters().random_state());
            Ok(())
        }

        fn on_substep_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
            if event.state.global_step == 2 { Err("enough".into()) } else { Ok(()) }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path()).batch_size(2).gradient_accumulation_steps(2);
    let breaks = Breaks::default();
    let mut trainer = Trainer::new(Box::new(Tiny::new(13, 2, 1, 0.3)), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.tokenizer(tokenizer()).callback(breaks.clone());
    assert_eq!(trainer.train().unwrap_err().to_string(), "Breaks: enough");
    let states = breaks.0.lock().unwrap().clone();
    assert_eq!(states.len(), 3);
    assert!(states[1].draws < states[2].draws, "dropout draws in every step");
    assert_eq!(trainer.model().parameters().random_state(), states[2]);
}

#[test]
fn an_epoch_that_was_cut_short_is_so_after_a_stop_too() {
    struct Short;
    impl TrainerCallback for Short {
        fn on_step_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
            event.control.should_epoch_stop = event.state.global_step.is_multiple_of(3);
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let make = || {
        let args = arguments(folder.path()).epochs(2).save_strategy("steps").save_steps(3);
        let trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
        trainer.tokenizer(tokenizer()).callback(Short)
    };
    make().train().unwrap();
    let mut trainer = make();
    assert_eq!(trainer.resume_from_checkpoint("checkpoint-3").unwrap().global_step, 6);
    assert_eq!((trainer.state().epoch, trainer.state().max_steps), (2.0, 6));
}

#[test]
fn a_checkpoint_of_a_model_with_an_adapter_is_the_adapter() {
    use course_models::architectures::AutoModelForSequenceClassification;
    use course_models::peft::{LoraConfig, add_lora};
    let make = |folder: &Path, recorder: &Recorder| {
        let config = serde_json::json!({ "model_type": "bert", "vocab_size": 13, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 16 });
        let model = AutoModelForSequenceClassification::from_config(config, 1).unwrap();
        add_lora(model.as_ref(), &LoraConfig::new().r(2).lora_dropout(0.2)).unwrap();
        let args = arguments(folder).epochs(2).save_strategy("steps").save_steps(3);
        let trainer = Trainer::new(model, args).unwrap().train_dataset(data(20)).unwrap();
        trainer.tokenizer(tokenizer()).callback(recorder.clone())
    };
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = Recorder::default();
    make(whole.path(), &expected).train().unwrap();
    let broken = Recorder { fails_at: Some(5), ..Recorder::default() };
    assert!(make(parts.path(), &broken).train().is_err());
    let checkpoint = parts.path().join("checkpoint-3");
    assert!(checkpoint.join("adapter_model.safetensors").is_file() && !checkpoint.join("model.safetensors").exists());
    let resumed = Recorder::default();
    make(parts.path(), &resumed).resume_from_checkpoint("last").unwrap();
    let (expected, resumed) = (expected.losses.lock().unwrap().clone(), resumed.losses.lock().unwrap().clone());
    assert_eq!(resumed, expected[3..]);
}
