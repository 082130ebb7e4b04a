mod checkpoints;
mod generate;
mod memory;
mod switches;

use std::sync::{Arc, Mutex};

use course_datasets::{Column, Dataset};
use course_models::nn::Init;

use super::*;
use crate::testing::{Tiny, tokenizer};

/// Texts of 3 to 7 tokens; those with a 5 are of class 1.
fn data(rows: usize) -> Dataset {
    let ids: Vec<Vec<i64>> = (0..rows)
        .map(|row| [vec![2, 5 + row as i64 % 2], vec![7 + row as i64 % 5; row % 5], vec![3]].concat())
        .collect();
    let labels: Vec<i64> = (0..rows).map(|row| 1 - row as i64 % 2).collect();
    Dataset::from_columns([("input_ids", Column::from(ids)), ("label", Column::from(labels))]).unwrap()
}

fn arguments(folder: &Path) -> TrainingArguments {
    TrainingArguments::new(folder).batch_size(4).learning_rate(0.05).disable_tqdm(true).save_strategy("no")
}

/// Keeps the loss of every step, to the last bit, and may fail at one.
#[derive(Clone, Default)]
struct Recorder {
    losses: Arc<Mutex<Vec<(u64, u64)>>>,
    fails_at: Option<u64>,
}

impl TrainerCallback for Recorder {
    fn on_step_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
        self.losses.lock().unwrap().push((event.state.global_step, event.state.last_loss.to_bits()));
        match self.fails_at {
            Some(step) if step == event.state.global_step => Err("the power went off".into()),
            _ => Ok(()),
        }
    }
}

impl Recorder {
    fn numbers(&self) -> Vec<f64> {
        self.losses.lock().unwrap().iter().map(|(_, bits)| f64::from_bits(*bits)).collect()
    }
}

fn accuracy(prediction: &EvalPrediction) -> Result<[(&'static str, f64); 1], AnyError> {
    let (predicted, right) = (prediction.predicted()?, prediction.references()?);
    let hits = predicted.iter().zip(&right).filter(|(one, other)| one == other).count();
    Ok([("accuracy", hits as f64 / right.len() as f64)])
}

fn losses(folder: &Path, model: Tiny, data: Dataset, arguments: TrainingArguments) -> Vec<f64> {
    let recorder = Recorder::default();
    let _ = folder;
    let mut trainer = Trainer::new(Box::new(model), arguments).unwrap().train_dataset(data).unwrap();
    trainer = trainer.tokenizer(tokenizer()).callback(recorder.clone());
    trainer.train().unwrap();
    recorder.numbers()
}

#[test]
fn a_model_learns_is_evaluated_and_logged() {
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path()).epochs(5).eval_strategy("epoch").logging_steps(5).report_to("all");
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.eval_dataset(data(13)).unwrap().tokenizer(tokenizer()).compute_metrics(accuracy);
    let before = trainer.evaluate().unwrap();
    assert!((before.get("eval_loss").unwrap() - 2_f64.ln()).abs() < 0.1, "{before}");
    let output = trainer.train().unwrap();
    assert_eq!(output.global_step, 50);
    let state = trainer.state();
    assert_eq!(
        state.logged("loss").iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        (1..=10).map(|n| n * 5).collect::<Vec<_>>()
    );
    assert_eq!(state.logged("eval_accuracy").last(), Some(&(50, 1.0)));
    assert!(state.logged("eval_loss").last().unwrap().1 < 0.1, "{state}");
    assert_eq!((state.epoch, state.max_steps), (5.0, 50));
    assert_eq!(state.logged("learning_rate")[0], (5, 0.05 * 46.0 / 50.0));
    let text = output.to_string();
    assert!(text.starts_with(" ") || text.contains("validation loss"), "{text}");
    let log = std::fs::read_to_string(folder.path().join("logs/log.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 10 + 5 + 1);
    let events = std::fs::read_dir(folder.path().join("logs")).unwrap().flatten();
    assert!(events.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("tfevents")));
    let predicted = trainer.predict(&data(13)).unwrap();
    assert_eq!(
        (predicted.predictions[0].dims(), predicted.labels().unwrap().dims()),
        ([13, 2].as_slice(), [13].as_slice())
    );
    assert_eq!(predicted.metrics.get("test_accuracy"), Some(1.0));
    let card = trainer.model_card("tiny").license("mit").dataset("made up").text();
    assert!(
        card.starts_with(
            "---\ntags:\n- generated_from_trainer\n- candle\nlicense: mit\ndatasets:\n- made up\n---\n\n# tiny\n"
        ),
        "{card}"
    );
    assert!(card.contains("- learning_rate: 5e-2\n") && card.contains("- accuracy: 1.0000"), "{card}");
}

/// Rows whose labels do not count are spread unevenly over the batches: a mean of means would differ.
#[test]
fn many_small_batches_are_one_large_one() {
    let folder = tempfile::tempdir().unwrap();
    let labels: Vec<i64> = (0..40).map(|row| if row % 8 < 3 { -100 } else { row % 2 }).collect();
    let data = data(40).remove_columns(["label"]).unwrap().add_column("labels", Column::from(labels)).unwrap();
    let args = arguments(folder.path()).epochs(2).train_sampling_strategy("sequential");
    let large = losses(folder.path(), Tiny::new(13, 2, 1, 0.0), data.clone(), args.clone().batch_size(8));
    let small = args.batch_size(2).gradient_accumulation_steps(4);
    let small = losses(folder.path(), Tiny::new(13, 2, 1, 0.0), data, small);
    assert_eq!((large.len(), small.len()), (10, 10));
    for (large, small) in large.iter().zip(&small) {
        assert!((large - small).abs() < 1e-6, "{large} {small}");
    }
}

#[test]
fn the_plain_loop_has_the_same_losses() {
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path()).epochs(3).train_sampling_strategy("sequential").max_grad_norm(0.0);
    let ours = losses(folder.path(), Tiny::new(13, 2, 1, 0.0), data(20), args);
    let collator = DataCollatorWithPadding::new(&tokenizer()).unwrap();
    let batches: Vec<ModelInputs> =
        data(20).batches(4).map(|batch| collator.collate(&batch.unwrap()).unwrap()).collect();
    let model = Tiny::new(13, 2, 1, 0.0);
    let plain = crate::from_scratch::train(&model, &batches, 3, 0.05).unwrap();
    assert_eq!(ours.len(), plain.len());
    for (ours, plain) in ours.iter().zip(&plain) {
        assert!((ours - plain).abs() < 1e-5, "{ours} {plain}");
    }
    crate::from_scratch::train(&model, &batches, 10, 0.05).unwrap();
    assert_eq!(crate::from_scratch::accuracy(&model, &batches).unwrap(), 1.0);
}

/// Dropout, an uneven window at the end of the epoch, rows grouped by length, every kind of optimizer: what follows a stop is the same to the last bit.
#[test]
fn a_resumed_run_has_the_same_losses_to_the_last_bit() {
    for (case, (optim, schedule)) in [
        ("adamw", "cosine"),
        ("adafactor", "linear"),
        ("lion", "constant"),
        ("sgd", "inverse_sqrt"),
        ("adamw_8bit", "reduce_lr_on_plateau"),
    ]
    .into_iter()
    .enumerate()
    {
        let make = |folder: &Path, recorder: &Recorder, seed: u64| {
            let args = arguments(folder).epochs(4).batch_size(3).gradient_accumulation_steps(2).optim(optim);
            let args = args.lr_scheduler_type(schedule).group_by_length(true).save_strategy("steps").save_steps(2);
            let args = args.eval_strategy("steps").eval_steps(3).logging_steps(1).weight_decay(0.01);
            let trainer =
                Trainer::new(Box::new(Tiny::new(700, 2, seed, 0.3)), args).unwrap().train_dataset(data(22)).unwrap();
            trainer.eval_dataset(data(7)).unwrap().tokenizer(tokenizer()).callback(recorder.clone())
        };
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let expected = Recorder::default();
        make(whole.path(), &expected, 1).train().unwrap();
        let expected = expected.losses.lock().unwrap().clone();
        assert_eq!(expected.len(), 16);

        let stop = 3 + (case as u64 * 5) % 12;
        let first = Recorder { fails_at: Some(stop), ..Recorder::default() };
        let error = make(parts.path(), &first, 1).train().unwrap_err().to_string();
        assert_eq!(error, "Recorder: the power went off");
        let second = Recorder::default();
        // Another seed: the weights come from the checkpoint, not from the model.
        let mut trainer = make(parts.path(), &second, 2);
        trainer.resume_from_checkpoint("last").unwrap();
        let resumed = second.losses.lock().unwrap().clone();
        // The checkpoint before the step that failed, which was not saved any more.
        let from = (stop - 1) / 2 * 2;
        assert_eq!(resumed[0].0, from + 1, "{optim}");
        assert_eq!(resumed, expected[from as usize..], "{optim} from step {from}");
        let logs = |folder: &Path| -> Vec<String> {
            let text = std::fs::read_to_string(folder.join("logs/log.jsonl")).unwrap();
            text.lines().filter(|line| line.contains("\"loss\"")).map(str::to_owned).collect()
        };
        assert_eq!(logs(whole.path()), logs(parts.path()), "{optim}");
    }
}

#[test]
fn patience_counts_evaluations() {
    let folder = tempfile::tempdir().unwrap();
    // A learning rate of 0: no evaluation is better than the first.
    let args = arguments(folder.path()).epochs(10).eval_strategy("steps").eval_steps(2).learning_rate(0.0);
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.eval_dataset(data(8)).unwrap().tokenizer(tokenizer()).callback(EarlyStopping::new(3));
    assert_eq!(trainer.train().unwrap().global_step, 2 * 4);
    let args = arguments(folder.path());
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(4)).unwrap();
    trainer = trainer.tokenizer(tokenizer()).callback(EarlyStopping::new(3));
    let error = trainer.train().unwrap_err().to_string();
    assert!(error.contains("eval_strategy is \"no\""), "{error}");
}

/// The best evaluation is an early one; its checkpoint outlives later ones, and its weights come back.
#[test]
fn the_best_model_is_kept_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path()).epochs(8).eval_strategy("epoch").save_strategy("epoch").save_total_limit(2);
    let args = args.load_best_model_at_end(true).lr_scheduler_type("constant").learning_rate(0.02);
    struct Wreck;
    impl TrainerCallback for Wreck {
        /// From the fourth epoch on the classifier forgets everything before it is evaluated.
        fn on_epoch_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
            if event.state.epoch >= 4.0 {
                let weight = event.model.parameters().get("classifier.weight").ok_or("none")?;
                weight.var.set(&weight.var.as_tensor().zeros_like()?)?;
            }
            Ok(())
        }
    }
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.eval_dataset(data(12)).unwrap().tokenizer(tokenizer()).callback(Wreck);
    trainer.train().unwrap();
    let evaluations = trainer.state().logged("eval_loss");
    let best = evaluations.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
    assert_eq!(best.0, 30);
    assert_eq!((trainer.state().best_global_step, trainer.state().best_metric), (Some(best.0), Some(best.1)));
    let names: Vec<String> = checkpoint::checkpoints(folder.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, [format!("checkpoint-{}", best.0), "checkpoint-80".to_owned()]);
    assert!((trainer.evaluate().unwrap().get("eval_loss").unwrap() - best.1).abs() < 1e-6);
}

#[test]
fn callbacks_run_in_their_order() {
    #[derive(Default, Clone)]
    struct Order(Arc<Mutex<Vec<&'static str>>>);
    macro_rules! note {
        ($($hook:ident)*) => {
            impl TrainerCallback for Order {
                $(fn $hook(&mut self, _: &mut Event) -> Result<(), AnyError> {
                    self.0.lock().unwrap().push(stringify!($hook));
                    Ok(())
                })*
            }
        };
    }
    note! { on_init_end on_train_begin on_train_end on_epoch_begin on_epoch_end on_step_begin on_substep_end on_pre_optimizer_step
    on_optimizer_step on_step_end on_evaluate on_save on_log on_prediction_step on_predict }
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path())
        .epochs(1)
        .batch_size(2)
        .gradient_accumulation_steps(2)
        .eval_strategy("epoch")
        .save_strategy("epoch");
    let order = Order::default();
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(4)).unwrap();
    trainer = trainer.eval_dataset(data(2)).unwrap().tokenizer(tokenizer()).callback(order.clone());
    trainer.train().unwrap();
    let expected = [
        "on_init_end",
        "on_train_begin",
        "on_epoch_begin",
        "on_step_begin",
        "on_substep_end",
        "on_pre_optimizer_step",
        "on_optimizer_step",
        "on_step_end",
        "on_prediction_step",
        "on_log",
        "on_evaluate",
        "on_save",
        "on_epoch_end",
        "on_log",
        "on_log",
        "on_train_end",
    ];
    let found = order.0.lock().unwrap().clone();
    let mut sorted = (found.clone(), expected.to_vec());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert_eq!(sorted.0, sorted.1);
    assert_eq!(found[..8], expected[..8]);
    assert_eq!(found.last(), Some(&"on_train_end"));
}

#[test]
fn what_cannot_be_trained_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let trainer = || Trainer::new(Tiny::boxed(13, 2, 1), arguments(folder.path())).unwrap().tokenizer(tokenizer());
    let error = trainer().train_dataset(data(0)).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "the training data: it has no rows; did a filter let none pass?");
    assert!(trainer().train().unwrap_err().to_string().contains("there is no training data"));
    assert!(trainer().evaluate().unwrap_err().to_string().contains("there is no evaluation data"));
    let texts =
        Dataset::from_columns([("text", Column::from(vec!["a"])), ("label", Column::from(vec![0_i64]))]).unwrap();
    let error = trainer().train_dataset(texts).unwrap().train().unwrap_err().to_string();
    assert!(error.contains("looks at [\"input_ids\"") && error.contains("tokenize the texts"), "{error}");
    let labels =
        data(4).remove_columns(["label"]).unwrap().add_column("label", Column::from(vec![0_i64, 1, 2, 0])).unwrap();
    let error = trainer().train_dataset(labels).unwrap().train().unwrap_err().to_string();
    assert!(error.contains('2') && error.to_lowercase().contains("label"), "{error}");
    let without = data(4).remove_columns(["label"]).unwrap();
    let error = trainer().train_dataset(without).unwrap().train().unwrap_err().to_string();
    assert!(error.contains("gave no loss") && error.contains("labels"), "{error}");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    struct Break;
    impl TrainerCallback for Break {
        fn on_step_begin(&mut self, event: &mut Event) -> Result<(), AnyError> {
            if event.state.global_step == 3 {
                let weight = event.model.parameters().get("classifier.weight").ok_or("none")?;
                weight.var.set(&(weight.var.as_tensor() * f64::NAN)?)?;
            }
            Ok(())
        }
    }
    let args = arguments(folder.path()).save_strategy("steps").save_steps(2);
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.tokenizer(tokenizer()).callback(Break);
    let error = trainer.train().unwrap_err().to_string();
    assert!(error.starts_with("the loss is NaN at step 4 (epoch 0.30, learning rate "), "{error}");
    assert!(
        error.contains("doctor()") && error.contains("the last checkpoint is") && error.ends_with("checkpoint-2"),
        "{error}"
    );
}

#[test]
fn a_parameter_without_a_gradient_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let model = Tiny::new(13, 2, 1, 0.0);
    model.parameters().root().pp("pooler").get(&[3], "weight", Init::Ones).unwrap();
    let trainer =
        Trainer::new(Box::new(model), arguments(folder.path()).epochs(1)).unwrap().train_dataset(data(8)).unwrap();
    let mut trainer = trainer.tokenizer(tokenizer());
    let error = trainer.train().unwrap_err().to_string();
    assert!(error.starts_with("1 of the parameters that should learn get no gradient: pooler.weight."), "{error}");
    trainer.model().parameters().freeze(|name| name.starts_with("pooler"));
    trainer.train().unwrap();
    trainer.model().parameters().unfreeze(|_| true);
    trainer.allow_unused_parameters(true).train().unwrap();
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let args = |rows: usize| arguments(folder.path()).epochs(1).batch_size(rows).save_strategy("epoch");
    let trainer = |args, classes| {
        Trainer::new(Tiny::boxed(13, classes, 1), args).unwrap().train_dataset(data(8)).unwrap().tokenizer(tokenizer())
    };
    let error = trainer(args(4), 2).resume_from_checkpoint("last").unwrap_err().to_string();
    assert!(error.ends_with("there is no checkpoint in it to go on from"), "{error}");
    trainer(args(4), 2).train().unwrap();
    let resume = |args, classes| trainer(args, classes).resume_from_checkpoint("last").unwrap_err().to_string();
    assert!(resume(args(2), 2).contains("per_device_train_batch_size was 4 and is 2 now"));
    assert!(resume(args(4), 2).contains("its run is over: it made 2 steps"));
    assert!(resume(args(4).epochs(2), 3).contains("classifier"));
    let error = trainer(args(4), 2).resume_from_checkpoint("checkpoint-9").unwrap_err().to_string();
    assert!(error.contains("it is no checkpoint") && error.contains("[\"checkpoint-2\"]"), "{error}");
    trainer(args(4).epochs(2), 2).resume_from_checkpoint("checkpoint-2").unwrap();
}

#[test]
fn an_epoch_can_be_cut_short() {
    struct Short;
    impl TrainerCallback for Short {
        fn on_step_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
            event.control.should_epoch_stop = event.state.global_step.is_multiple_of(3);
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path()).epochs(2);
    let mut trainer = Trainer::new(Tiny::boxed(13, 2, 1), args).unwrap().train_dataset(data(40)).unwrap();
    trainer = trainer.tokenizer(tokenizer()).callback(Short);
    assert_eq!(trainer.train().unwrap().global_step, 6);
    assert_eq!(trainer.state().epoch, 2.0);
}

#[test]
fn smoothed_labels_are_those_of_pytorch() {
    // Equivalent python code: F.cross_entropy(logits, labels, label_smoothing=0.1) of the untrained model; here by its definition.
    let folder = tempfile::tempdir().unwrap();
    let args = arguments(folder.path())
        .epochs(1)
        .label_smoothing_factor(0.1)
        .train_sampling_strategy("sequential")
        .batch_size(8);
    let found = losses(folder.path(), Tiny::new(13, 2, 1, 0.0), data(8), args);
    let inputs = DataCollatorWithPadding::new(&tokenizer()).unwrap().collate(&data(8).head(8).unwrap()).unwrap();
    let logits = Tiny::new(13, 2, 1, 0.0).forward(&inputs).unwrap().logits.to_vec2::<f32>().unwrap();
    let labels = inputs.get("labels").unwrap().to_vec1::<i64>().unwrap();
    let expected = logits.iter().zip(&labels).map(|(row, label)| {
        let total: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
        let log = |class: usize| f64::from(row[class]) - total.ln();
        -(0.9 * log(*label as usize) + 0.1 * (log(0) + log(1)) / 2.0)
    });
    assert!((expected.sum::<f64>() / 8.0 - found[0]).abs() < 1e-6);
}
