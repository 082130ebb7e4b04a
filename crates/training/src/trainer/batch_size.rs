//! `auto_find_batch_size`: a batch that does not fit the memory is halved, and the run begins anew.

use std::sync::Arc;

use course_datasets::Dataset;
use course_datasets::memory::size;
use course_models::nn;
use course_wire::interrupt;

use super::{TrainOutput, Trainer};
use crate::loader::DataLoader;
use crate::memory::{self, Memory};
use crate::optimizers::Optimizer;
use crate::{Error, Result};

impl Trainer {
    /// Rows of a training batch: as many as were found to fit, else as the arguments say.
    pub(crate) fn train_batch_size(&self) -> usize {
        self.batch_size.unwrap_or(self.args.per_device_train_batch_size)
    }

    /// Runs, with half the rows each time that a batch does not fit, where `auto_find_batch_size` is set. Weights that a run has moved by then stay
    /// moved.
    pub(super) fn fitting(&mut self, run: impl Fn(&mut Self) -> Result<TrainOutput>) -> Result<TrainOutput> {
        self.batch_size = None;
        if !self.args.auto_find_batch_size {
            return run(self);
        }
        loop {
            let rows = self.train_batch_size();
            let error = match run(self) {
                Err(error) if is_lack_of_memory(&error) => error,
                other => return other,
            };
            if rows <= 1 {
                let problem = format!(
                    "not even one row fits: {error}. Shorter texts (`max_length`), `gradient_checkpointing`, or a smaller model take less"
                );
                return Err(Error::Memory { problem });
            }
            println!("auto_find_batch_size: {error}; beginning anew with {} rows", rows / 2);
            self.batch_size = Some(rows / 2);
        }
    }

    /// Whether batches will fit, told before one is made: an allocation that fails would end the whole process. The longest rows go forward and back, a
    /// few of them and then twice as many, and what that takes is projected. Nothing is learned from it.
    ///
    /// # Errors
    /// [`Error::Memory`] where a batch would take more than there is.
    pub(super) fn check_fits(&mut self, data: &Dataset) -> Result<()> {
        if !self.args.auto_find_batch_size {
            return Ok(());
        }
        let memory = Arc::clone(&self.memory);
        let rows = self.train_batch_size();
        let state = self.model.parameters().random_state();
        let found = self.try_batches(data, rows, memory.as_ref());
        self.model.parameters().set_random_state(state);
        found
    }

    fn try_batches(&self, data: &Dataset, rows: usize, memory: &dyn Memory) -> Result<()> {
        let longest = longest_first(data, rows)?;
        let mut taken: Vec<(usize, u64)> = Vec::new();
        let mut count = 1;
        while count < rows.max(2) {
            interrupt::check()?;
            let Some(peak) = memory.peak_of(&mut || self.try_batch(&longest, count))? else {
                // The system does not tell: what does not fit shows when it is tried.
                return Ok(());
            };
            taken.push((count, peak));
            let optimizer = self.optimizer.as_ref().map_or(0, Optimizer::bytes_to_come);
            let needed = memory::projected(&taken, rows) + optimizer;
            let left = memory.left();
            if let Some(left) = left.filter(|left| needed > *left) {
                let problem = format!(
                    "a training batch of {rows} rows would take about {}, and {} are left",
                    size(needed),
                    size(left)
                );
                return Err(Error::Memory { problem });
            }
            count *= 2;
        }
        Ok(())
    }

    /// The first `count` rows, forward and back.
    fn try_batch(&self, rows: &Dataset, count: usize) -> Result<()> {
        let loader = DataLoader::new(rows, count)?;
        let inputs = self.collate(&loader.batch(&loader.order(0), 0)?, &mut loader.random(0, 0))?;
        let items = self.items(&inputs)?;
        let training = self.model.parameters().is_training();
        self.model.parameters().set_training(true);
        let gradients = self.training_loss(self.placed(inputs)?, items).and_then(|loss| Ok(nn::backward(&loss)?));
        self.model.parameters().set_training(training);
        gradients.map(drop)
    }
}

/// The `count` rows with the most tokens, the longest first; the first rows where there are no tokens.
fn longest_first(data: &Dataset, count: usize) -> Result<Dataset> {
    let rows = data.len();
    let mut order: Vec<usize> = (0..rows).collect();
    if data.features().get("input_ids").is_some() {
        let lengths: Vec<usize> = data.column("input_ids")?.iter().map(|row| row.len()).collect();
        order.sort_by_key(|row| std::cmp::Reverse(lengths.get(*row).copied().unwrap_or(0)));
    }
    Ok(data.select(order.into_iter().cycle().take(count.max(1)))?)
}

/// Whether an error says that memory was wanting, from whatever depth.
fn is_lack_of_memory(error: &Error) -> bool {
    if matches!(error, Error::Memory { .. }) {
        return true;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let kind = one.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let text = one.to_string().to_lowercase().replace('_', " ");
        if kind == Some(std::io::ErrorKind::OutOfMemory) || text.contains("out of memory") {
            return true;
        }
        cause = one.source();
    }
    false
}
