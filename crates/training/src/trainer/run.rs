//! The loop.

use std::time::Instant;

use course_models::nn::RandomState;
use course_wire::interrupt;

use super::evaluate::rounded;
use super::state::TrainerState;
use super::{Moment, TrainOutput, Trainer, folder};
use crate::arguments::{IntervalStrategy, SaveStrategy};
use crate::loader::DataLoader;
use crate::optimizers::Gradients;
use crate::schedulers::Scheduler;
use crate::{Error, Metrics, Result};

/// What stays the same through a run.
pub(super) struct Run {
    pub(super) loader: DataLoader,
    pub(super) steps_per_epoch: u64,
    logging_steps: u64,
    eval_steps: u64,
    save_steps: u64,
    started: Instant,
    /// The step it began with.
    pub(super) first_step: u64,
}

impl Trainer {
    /// Trains from the beginning, or from `resume_from_checkpoint` where the arguments have it.
    ///
    /// # Errors
    /// [`Error::Data`] for data that does not fit, [`Error::NotFinite`] for a loss that is no number, [`Error::Gradient`] for parameters that get no
    /// gradient, [`Error::Interrupted`] when ■ is pressed; the weights stay as they are then, and a checkpoint of them is saved.
    pub fn train(&mut self) -> Result<TrainOutput> {
        match self.args.resume_from_checkpoint.clone() {
            Some(checkpoint) => self.resume_from_checkpoint(&checkpoint),
            None => self.fitting(|trainer| {
                trainer.state = TrainerState::default();
                trainer.optimizer = None;
                trainer.last_checkpoint = None;
                trainer.prepare(None)
            }),
        }
    }

    /// Goes on from a checkpoint: a folder, a name such as `checkpoint-500` in `output_dir`, or `last`. The losses that follow are the same to the last
    /// bit as without the stop (on a CPU).
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where there is none, or it is of another model, dataset or size of batch; and those of [`train`](Self::train).
    pub fn resume_from_checkpoint(&mut self, checkpoint: &str) -> Result<TrainOutput> {
        let folder = self.find_checkpoint(checkpoint)?;
        // The rows that were found to fit then.
        self.batch_size = match self.args.auto_find_batch_size {
            true => Some(self.batch_size_of(&folder)?),
            false => None,
        };
        self.prepare(Some(&folder))
    }

    fn prepare(&mut self, checkpoint: Option<&std::path::Path>) -> Result<TrainOutput> {
        folder::clean(&self.args.output_dir);
        let Some(data) = &self.train_data else {
            return Err(Error::data(
                "training",
                "there is no training data; give the trainer some with `.train_dataset(data)?`",
            ));
        };
        let data = self.used_columns(data)?;
        let args = &self.args;
        let seed = args.data_seed.unwrap_or(args.seed);
        let loader = DataLoader::new(&data, self.train_batch_size())?
            .sampling(args.train_sampling_strategy, seed)?
            .drop_last(args.dataloader_drop_last)?;
        let steps_per_epoch = loader.len().div_ceil(args.gradient_accumulation_steps) as u64;
        let total = match u64::try_from(args.max_steps) {
            Ok(steps) if steps > 0 => steps,
            _ => ((args.num_train_epochs * steps_per_epoch as f64).ceil() as u64).max(1),
        };
        let steps = |steps: f64| super::TrainingArguments::steps_of(steps, total);
        let run = Run {
            loader,
            steps_per_epoch,
            logging_steps: steps(args.logging_steps),
            eval_steps: steps(args.eval_steps.unwrap_or(args.logging_steps)),
            save_steps: steps(args.save_steps),
            started: Instant::now(),
            first_step: 0,
        };
        self.check_evaluations(&run, total)?;
        let switched = self.switched()?;
        let scheduler = match &self.scheduler {
            Some(scheduler) => scheduler.clone(),
            None => self.make_scheduler(total)?,
        };
        self.model.parameters().set_random_state(RandomState { seed: self.args.seed, draws: 0 });
        let optimizer = self.make_optimizer()?;
        let kept = self.scheduler.replace(scheduler);
        self.optimizer = Some(optimizer);
        self.state.max_steps = total;
        self.state.steps_per_epoch = steps_per_epoch;
        self.state.num_train_epochs = total as f64 / steps_per_epoch as f64;
        self.state.train_batch_size = self.train_batch_size();
        self.state.gradient_accumulation_steps = self.args.gradient_accumulation_steps;
        self.state.data_seed = seed;
        let begun = match checkpoint {
            Some(folder) => self.load_checkpoint(folder),
            None => Ok(()),
        };
        let first_step = self.state.global_step;
        let fits = begun.and_then(|()| self.check_fits(&data));
        let result = fits.and_then(|()| self.run(Run { first_step, ..run }));
        drop(switched);
        self.live.end();
        self.model.parameters().set_training(false);
        if result.is_err() && interrupt::is_requested() {
            self.save_interrupted(first_step);
        }
        // A schedule of the learner's own begins anew with the next run.
        self.scheduler = kept;
        result
    }

    /// What evaluations need, and what needs evaluations.
    fn check_evaluations(&self, run: &Run, total: u64) -> Result<()> {
        let args = &self.args;
        let asked = [
            ("eval_strategy", args.eval_strategy.to_string(), args.eval_strategy != IntervalStrategy::No),
            ("eval_on_start", args.eval_on_start.to_string(), args.eval_on_start),
        ];
        if let Some((argument, value, _)) = asked.into_iter().find(|(_, _, on)| *on && self.eval_data.is_empty()) {
            let problem = format!("{value} without evaluation data; give the trainer some with `.eval_dataset(data)?`");
            return Err(Error::argument(argument, problem));
        }
        let steps = args.eval_strategy == IntervalStrategy::Steps && args.save_strategy == SaveStrategy::Steps;
        if args.load_best_model_at_end && steps && !run.save_steps.is_multiple_of(run.eval_steps) {
            let problem = format!(
                "every checkpoint needs an evaluation to be compared by, but of {total} steps every {} are saved and every {} evaluated; make \
                 save_steps a multiple of eval_steps",
                run.save_steps, run.eval_steps
            );
            return Err(Error::argument("load_best_model_at_end", problem));
        }
        Ok(())
    }

    /// The schedule of `lr_scheduler_type` over `total` steps.
    fn make_scheduler(&self, total: u64) -> Result<Scheduler> {
        let args = &self.args;
        let mut settings = args.lr_scheduler_kwargs.clone();
        if args.lr_scheduler_type.needs_metric() && settings.mode.is_none() && args.more_is_better() {
            settings.mode = Some("max".to_owned());
        }
        let warmup = args.warmup_steps_of(total);
        Scheduler::with_settings(args.lr_scheduler_type, args.learning_rate, warmup, total, settings)
    }

    fn run(&mut self, run: Run) -> Result<TrainOutput> {
        self.control = Default::default();
        if run.first_step == 0 {
            self.fire(Moment::InitEnd, &Metrics::new())?;
        }
        self.fire(Moment::TrainBegin, &Metrics::new())?;
        if !self.args.disable_tqdm {
            self.live.begin(&self.state)?;
        }
        if self.args.eval_on_start && run.first_step == 0 {
            self.evaluate()?;
        }
        self.model.parameters().set_training(true);
        let optimizer = self.optimizer.as_ref().ok_or_else(|| Error::argument("optimizer", "there is none"))?;
        let mut gradients = Gradients::new(optimizer.parameters());
        while self.state.global_step < self.state.max_steps && !self.control.should_training_stop {
            let place = self.state.global_step + self.state.exact.skipped;
            let (epoch, first) = (place / run.steps_per_epoch, place % run.steps_per_epoch);
            let order = run.loader.order(epoch);
            if first == 0 {
                self.fire(Moment::EpochBegin, &Metrics::new())?;
            }
            for step in first..run.steps_per_epoch {
                self.step(&run, epoch, step, &order, &mut gradients)?;
                let last = step + 1 == run.steps_per_epoch;
                self.after_step(&run)?;
                // What is due at the end of an epoch is done before a checkpoint of its last step, which else would never have seen it.
                if !last && !self.control.stops() {
                    self.log_evaluate_save()?;
                }
                if last || self.control.stops() {
                    self.finish_epoch(&run, last)?;
                    break;
                }
            }
            self.control.should_epoch_stop = false;
        }
        self.finish(&run)
    }

    /// Notes what is due at this step: the log, an evaluation, a checkpoint.
    fn after_step(&mut self, run: &Run) -> Result<()> {
        let step = self.state.global_step;
        let last = step >= self.state.max_steps;
        let args = &self.args;
        let due =
            |strategy: IntervalStrategy, every: u64| strategy == IntervalStrategy::Steps && step.is_multiple_of(every);
        self.control.should_log |=
            due(args.logging_strategy, run.logging_steps) || (step == 1 && args.logging_first_step);
        self.control.should_evaluate |= due(args.eval_strategy, run.eval_steps);
        self.control.should_save |=
            args.save_strategy == SaveStrategy::Steps && (step.is_multiple_of(run.save_steps) || last);
        self.control.should_training_stop |= last;
        self.fire(Moment::StepEnd, &Metrics::new())?;
        Ok(self.live.step(&self.state)?)
    }

    /// The end of an epoch, `whole` or cut short.
    fn finish_epoch(&mut self, run: &Run, whole: bool) -> Result<()> {
        let ended = whole || self.control.should_epoch_stop || self.state.global_step >= self.state.max_steps;
        if ended {
            self.control.should_log |= self.args.logging_strategy == IntervalStrategy::Epoch;
            self.control.should_evaluate |= self.args.eval_strategy == IntervalStrategy::Epoch;
            self.control.should_save |= self.args.save_strategy == SaveStrategy::Epoch;
        }
        if self.control.should_epoch_stop && !whole {
            // The next epoch begins where this one would have ended.
            let place = self.state.global_step + self.state.exact.skipped;
            let rest = place.div_ceil(run.steps_per_epoch) * run.steps_per_epoch - place;
            self.state.exact.skipped += rest;
            self.state.epoch = (place + rest) as f64 / run.steps_per_epoch as f64;
            if self.args.max_steps <= 0 {
                self.state.max_steps = self.state.max_steps.saturating_sub(rest).max(self.state.global_step);
            }
        }
        self.fire(Moment::EpochEnd, &Metrics::new())?;
        self.log_evaluate_save()
    }

    fn log_evaluate_save(&mut self) -> Result<()> {
        if std::mem::take(&mut self.control.should_log) {
            self.log_loss()?;
        }
        let mut is_best = false;
        if std::mem::take(&mut self.control.should_evaluate) && !self.eval_data.is_empty() {
            let metrics = self.evaluate()?;
            is_best = self.compare(&metrics)?;
        }
        self.control.should_save |= is_best && self.args.save_strategy == SaveStrategy::Best;
        if std::mem::take(&mut self.control.should_save) {
            self.save_checkpoint()?;
            self.fire(Moment::Save, &Metrics::new())?;
        }
        Ok(())
    }

    /// Logs the mean loss since it was logged last.
    fn log_loss(&mut self) -> Result<()> {
        if self.state.exact.recent_steps == 0 {
            return Ok(());
        }
        let exact = &mut self.state.exact;
        let mean = std::mem::take(&mut exact.recent_loss) / std::mem::take(&mut exact.recent_steps) as f64;
        let metrics = Metrics::from([
            ("loss", mean),
            ("grad_norm", self.state.last_grad_norm),
            ("learning_rate", self.state.learning_rate),
        ]);
        self.log(metrics)
    }

    /// Keeps something in the history and tells it to everyone who wants the log.
    pub(super) fn log(&mut self, metrics: Metrics) -> Result<()> {
        let mut entry = metrics.to_json();
        entry.insert("epoch".to_owned(), self.state.epoch.into());
        entry.insert("step".to_owned(), self.state.global_step.into());
        self.state.log_history.push(entry);
        self.live.logged(&self.state, &metrics)?;
        self.fire(Moment::Log, &metrics)
    }

    /// Whether an evaluation is the best so far; tells it to schedules that look at it.
    fn compare(&mut self, metrics: &Metrics) -> Result<bool> {
        let name = self.args.best_metric();
        let needed = self.args.load_best_model_at_end
            || self.args.metric_for_best_model.is_some()
            || self.args.save_strategy == SaveStrategy::Best
            || self.args.lr_scheduler_type.needs_metric();
        let Some(value) = metrics.get(&name) else {
            return match needed {
                true => {
                    let known = metrics.names().join(", ");
                    Err(Error::argument(
                        "metric_for_best_model",
                        format!("no evaluation gives {name}; there are {known}"),
                    ))
                }
                false => Ok(false),
            };
        };
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.observe(value);
        }
        let sign = if self.args.more_is_better() { 1.0 } else { -1.0 };
        let best = self.state.exact.best_metric;
        let better = !value.is_nan() && best.is_none_or(|best| sign * value > sign * best);
        if better {
            self.state.exact.best_metric = Some(value);
            self.state.best_metric = Some(value);
            self.state.best_global_step = Some(self.state.global_step);
        }
        Ok(better)
    }

    fn finish(&mut self, run: &Run) -> Result<TrainOutput> {
        if self.state.exact.recent_steps > 0 && self.args.logging_strategy != IntervalStrategy::No {
            self.log_loss()?;
        }
        if self.args.load_best_model_at_end {
            self.load_best()?;
        }
        let seconds = run.started.elapsed().as_secs_f64();
        let steps = self.state.global_step - run.first_step;
        let rows = steps as f64 * (self.train_batch_size() * self.args.gradient_accumulation_steps) as f64;
        let loss = self.state.exact.total_loss / self.state.global_step.max(1) as f64;
        let metrics = Metrics::from([
            ("train_runtime", rounded(seconds)),
            ("train_samples_per_second", rounded(rows / seconds)),
            ("train_steps_per_second", rounded(steps as f64 / seconds)),
            ("train_loss", loss),
        ]);
        self.log(metrics.clone())?;
        self.fire(Moment::TrainEnd, &Metrics::new())?;
        let log = if self.live.shows_table() { Vec::new() } else { self.state.log_history.clone() };
        Ok(TrainOutput { global_step: self.state.global_step, training_loss: loss, metrics, log })
    }
}
