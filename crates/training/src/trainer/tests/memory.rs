//! Batches that do not fit.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::memory::Memory;

/// The rows of the last batch that was made.
#[derive(Clone, Default)]
struct Seen(Arc<AtomicUsize>);

impl Seen {
    /// A collator that notes the rows, and says that memory is wanting where there are more than `most`.
    fn collator(&self, most: usize) -> impl DataCollator + 'static {
        let (seen, padding) = (self.clone(), DataCollatorWithPadding::new(&tokenizer()).unwrap());
        move |batch: &Batch| -> Result<ModelInputs, AnyError> {
            seen.0.store(batch.len(), Ordering::Relaxed);
            if batch.len() > most {
                return Err(std::io::Error::from(std::io::ErrorKind::OutOfMemory).into());
            }
            Ok(padding.collate(batch)?)
        }
    }
}

/// A machine on which a row takes 100 bytes, and every batch 50 more.
struct Machine {
    seen: Seen,
    left: Option<u64>,
    tells: bool,
}

impl Memory for Machine {
    fn peak_of(&self, work: &mut dyn FnMut() -> crate::Result<()>) -> crate::Result<Option<u64>> {
        work()?;
        Ok(self.tells.then(|| 50 + 100 * self.seen.0.load(Ordering::Relaxed) as u64))
    }

    fn left(&self) -> Option<u64> {
        self.left
    }
}

fn trainer(
    folder: &Path,
    args: impl Fn(TrainingArguments) -> TrainingArguments,
    most: usize,
) -> (Trainer, Recorder, Seen) {
    let (recorder, seen) = (Recorder::default(), Seen::default());
    let args =
        args(arguments(folder).epochs(2).batch_size(16).auto_find_batch_size(true).save_strategy("no").optim("sgd"));
    let trainer = Trainer::new(Box::new(Tiny::new(13, 2, 1, 0.3)), args).unwrap().train_dataset(data(40)).unwrap();
    let trainer = trainer.tokenizer(tokenizer()).data_collator(seen.collator(most)).callback(recorder.clone());
    (trainer, recorder, seen)
}

fn machine(trainer: &mut Trainer, seen: &Seen, left: Option<u64>, tells: bool) {
    trainer.memory = Arc::new(Machine { seen: seen.clone(), left, tells });
}

/// 4 rows take 450 bytes, 8 take 850: known before a batch is made, and nothing is learned meanwhile.
#[test]
fn a_batch_that_would_not_fit_is_halved_before_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (mut found, losses, seen) = trainer(folder.path(), |args| args, usize::MAX);
    machine(&mut found, &seen, Some(500), true);
    let output = found.train().unwrap();
    assert_eq!((found.state().train_batch_size, output.global_step), (4, 20));
    assert!(found.model_card("tiny").text().contains("- train_batch_size: 4\n"));
    let (mut plain, expected, _) =
        trainer(folder.path(), |args| args.per_device_train_batch_size(4).auto_find_batch_size(false), usize::MAX);
    plain.train().unwrap();
    assert_eq!(losses.numbers(), expected.numbers());

    // What fits is not halved; what never fits is told.
    machine(&mut found, &seen, Some(1650), true);
    assert_eq!(found.train().unwrap().global_step, 6);
    assert_eq!(found.state().train_batch_size, 16);
    machine(&mut found, &seen, Some(149), true);
    let error = found.train().unwrap_err().to_string();
    assert!(
        error.starts_with(
            "not even one row fits: a training batch of 1 rows would take about 150 B, and 149 B are left"
        ),
        "{error}"
    );
    assert!(error.contains("gradient_checkpointing"), "{error}");
}

/// What AdamW will remember is counted: two numbers of 4 bytes for each of the model's (13 · 8 + 8 · 2 + 2 = 122).
#[test]
fn what_the_optimizer_will_remember_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut found, _, seen) = trainer(folder.path(), |args| args.optim("adamw"), usize::MAX);
    machine(&mut found, &seen, Some(1650 + 8 * 122), true);
    found.train().unwrap();
    assert_eq!(found.state().train_batch_size, 16);
    machine(&mut found, &seen, Some(1650 + 8 * 122 - 1), true);
    found.train().unwrap();
    assert_eq!(found.state().train_batch_size, 8);
}

#[test]
fn a_batch_that_did_not_fit_is_halved() {
    let folder = tempfile::tempdir().unwrap();
    for tells in [true, false] {
        let (mut found, _, seen) = trainer(folder.path(), |args| args.save_strategy("epoch"), 5);
        machine(&mut found, &seen, None, tells);
        assert_eq!(found.train().unwrap().global_step, 20, "{tells}");
        // The rows that were found are those of the checkpoint.
        let (mut resumed, _, seen) = trainer(folder.path(), |args| args.epochs(3), 5);
        machine(&mut resumed, &seen, None, tells);
        assert_eq!(resumed.resume_from_checkpoint("checkpoint-20").unwrap().global_step, 30);
        assert_eq!(resumed.state().train_batch_size, 4);
    }
    let (mut none, _, seen) = trainer(folder.path(), |args| args, 0);
    machine(&mut none, &seen, None, true);
    let error = none.train().unwrap_err().to_string();
    assert!(error.starts_with("not even one row fits: the collator: out of memory"), "{error}");
    // Unasked, it is an error as any other, and another error is no lack of memory.
    let (mut plain, ..) = trainer(folder.path(), |args| args.auto_find_batch_size(false), 5);
    assert_eq!(plain.train().unwrap_err().to_string(), "the collator: out of memory");
    let (broken, ..) = trainer(folder.path(), |args| args, 16);
    let broken = broken.callback(Recorder { fails_at: Some(2), ..Recorder::default() }).train();
    assert_eq!(broken.unwrap_err().to_string(), "Recorder: the power went off");
}

/// On this machine, whatever it tells, a small batch fits.
#[test]
fn a_small_batch_fits_this_process() {
    let folder = tempfile::tempdir().unwrap();
    let (mut found, ..) = trainer(folder.path(), |args| args, usize::MAX);
    found.train().unwrap();
    assert_eq!(found.state().train_batch_size, 16);
}
