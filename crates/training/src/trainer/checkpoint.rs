//! Checkpoints: a folder that holds all a run needs to go on, there as a whole or not at all.
//!
//! | file | what |
//! |---|---|
//! | `config.json`, `model.safetensors`, the tokenizer's files | the model, as `from_pretrained` reads it; of a model with an adapter only that |
//! | `optimizer.safetensors` | what the optimizer remembers |
//! | `scheduler.json`, `rng_state.json` | where learning rate and random numbers are |
//! | `trainer_state.json` | how far the run is, and its log |
//! | `training_args.json` | what it was told |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use course_models::nn::RandomState;
use course_models::peft;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::folder::{NewFolder, write};
use super::state::TrainerState;
use super::{Moment, Trainer};
use crate::optimizers::OptimizerState;
use crate::schedulers::SchedulerState;
use crate::{Error, Metrics, Result};

const STATE: &str = "trainer_state.json";
const OPTIMIZER: &str = "optimizer.safetensors";
const SCHEDULER: &str = "scheduler.json";
const RANDOM: &str = "rng_state.json";
/// Under this name the number of steps stands among the optimizer's tensors.
const STEP: &str = "step";

impl Trainer {
    /// Saves `checkpoint-STEP` in the output folder, and removes the oldest beyond `save_total_limit`.
    pub(super) fn save_checkpoint(&mut self) -> Result<()> {
        let name = format!("checkpoint-{}", self.state.global_step);
        let target = self.args.output_dir.join(&name);
        if self.state.best_global_step == Some(self.state.global_step) {
            self.state.best_model_checkpoint = Some(target.display().to_string());
        }
        let stateful = self.callbacks.iter().filter_map(|callback| Some((callback.name(), callback.state()?)));
        self.state.stateful_callbacks = stateful.collect();
        if let Err(error) = self.write_checkpoint(&target) {
            return Err(match (error, &self.last_checkpoint) {
                (Error::Io { doing, path, source }, Some(last)) => {
                    let whole = format!("{source}; the last whole checkpoint is {}", last.display());
                    Error::Io { doing, path, source: std::io::Error::new(source.kind(), whole) }
                }
                (Error::Model(error), Some(last)) => {
                    Error::checkpoint(&target, format!("{error}; the last whole checkpoint is {}", last.display()))
                }
                (error, _) => error,
            });
        }
        self.last_checkpoint = Some(target);
        self.rotate()
    }

    fn write_checkpoint(&self, target: &Path) -> Result<()> {
        let folder = NewFolder::beside(target)?;
        self.save_model(folder.path())?;
        if let Some(optimizer) = &self.optimizer {
            let OptimizerState { step, mut tensors } = optimizer.state()?;
            // Two halves, as f32 and u8 are the only kinds beside it.
            tensors.insert(STEP.to_owned(), Tensor::new(&[step as i64], &Device::Cpu)?);
            save_tensors(&folder.path().join(OPTIMIZER), &tensors)?;
        }
        if let Some(scheduler) = &self.scheduler {
            save_json(&folder.path().join(SCHEDULER), &scheduler.state())?;
        }
        save_json(&folder.path().join(RANDOM), &self.model.parameters().random_state())?;
        save_json(&folder.path().join(STATE), &self.state)?;
        folder.take_place()
    }

    /// A run that was interrupted can go on from where it was, if checkpoints are wanted at all.
    pub(super) fn save_interrupted(&mut self, first_step: u64) {
        let wanted = self.args.save_strategy != crate::arguments::SaveStrategy::No;
        let saved = self.last_checkpoint.as_deref().is_some_and(|last| step_of(last) == Some(self.state.global_step));
        if !wanted || saved || self.state.global_step == first_step {
            return;
        }
        match self.save_checkpoint() {
            Ok(()) => {
                let name = self.last_checkpoint.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
                println!(
                    "stopped after step {}; `trainer.resume_from_checkpoint(\"last\")` goes on from {name}",
                    self.state.global_step
                );
            }
            Err(error) => {
                println!("stopped after step {}; no checkpoint could be saved: {error}", self.state.global_step)
            }
        }
        let _ = self.fire(Moment::Save, &Metrics::new());
    }

    /// The folder of a checkpoint: a path, a name in the output folder, or `last`.
    pub(super) fn find_checkpoint(&self, checkpoint: &str) -> Result<PathBuf> {
        let output = &self.args.output_dir;
        let all = checkpoints(output);
        if checkpoint == "last" || checkpoint == "true" {
            // That of this run, where the folder has later ones of another.
            let own = self.last_checkpoint.as_ref().filter(|path| path.join(STATE).is_file());
            return own
                .or(all.last())
                .cloned()
                .ok_or_else(|| Error::checkpoint(output, "there is no checkpoint in it to go on from"));
        }
        let places = [PathBuf::from(checkpoint), output.join(checkpoint)];
        places.into_iter().find(|place| place.join(STATE).is_file()).ok_or_else(|| {
            let names: Vec<String> =
                all.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
            Error::checkpoint(
                Path::new(checkpoint),
                format!("it is no checkpoint, it has no {STATE}; in {} there are {names:?}", output.display()),
            )
        })
    }

    /// The rows of a training batch of the run that a checkpoint is of.
    pub(super) fn batch_size_of(&self, folder: &Path) -> Result<usize> {
        Ok(load_json::<TrainerState>(&folder.join(STATE))?.train_batch_size.max(1))
    }

    /// Takes everything over from a checkpoint.
    pub(super) fn load_checkpoint(&mut self, folder: &Path) -> Result<()> {
        let saved: TrainerState = load_json(&folder.join(STATE))?;
        let now = &self.state;
        for (what, was, is) in [
            ("per_device_train_batch_size", saved.train_batch_size as u64, now.train_batch_size as u64),
            (
                "gradient_accumulation_steps",
                saved.gradient_accumulation_steps as u64,
                now.gradient_accumulation_steps as u64,
            ),
            ("the data seed", saved.data_seed, now.data_seed),
            ("steps of an epoch", saved.steps_per_epoch, now.steps_per_epoch),
        ] {
            if was != is {
                let problem =
                    format!("{what} was {was} and is {is} now: the rows would come in another order; set it to {was}");
                return Err(Error::checkpoint(folder, problem));
            }
        }
        let num_train_epochs = now.num_train_epochs;
        // Where epochs count, the steps of those that were cut short are not made.
        let skipped = if self.args.max_steps > 0 { 0 } else { saved.exact.skipped };
        let max_steps = now.max_steps.saturating_sub(skipped);
        self.load_weights(folder)?;
        if let Some(optimizer) = &mut self.optimizer {
            let mut tensors = load_tensors(&folder.join(OPTIMIZER))?;
            let step = tensors.remove(STEP).and_then(|step| step.to_vec1::<i64>().ok()).unwrap_or_default();
            let step = step.first().and_then(|step| u64::try_from(*step).ok()).unwrap_or(saved.global_step);
            optimizer.load_state(&OptimizerState { step, tensors })?;
        }
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.load_state(&load_json::<SchedulerState>(&folder.join(SCHEDULER))?);
        }
        self.model.parameters().set_random_state(load_json::<RandomState>(&folder.join(RANDOM))?);
        for callback in &mut self.callbacks {
            if let Some(state) = saved.stateful_callbacks.get(&callback.name()) {
                callback.load_state(state);
            }
        }
        let best_metric = saved.exact.best_metric;
        self.state = TrainerState { max_steps, num_train_epochs, best_metric, ..saved };
        self.last_checkpoint = Some(folder.to_owned());
        if self.state.global_step >= max_steps {
            let problem =
                format!("its run is over: it made {} steps, and {max_steps} are to be made", self.state.global_step);
            return Err(Error::checkpoint(folder, format!("{problem}; more epochs or max_steps go on")));
        }
        Ok(())
    }

    fn load_weights(&self, folder: &Path) -> Result<()> {
        if peft::has_adapter(self.model.as_ref()) {
            peft::load_adapter(self.model.as_ref(), folder)?;
            return Ok(());
        }
        let mut tensors = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(Error::io("reading", folder))? {
            let path = entry.map_err(Error::io("reading", folder))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with("model") && name.ends_with(".safetensors") {
                tensors.append(&mut load_tensors(&path)?);
            }
        }
        let loaded = self.model.parameters().load(&tensors)?;
        if let Some(missing) = loaded.missing.first() {
            let count = loaded.missing.len();
            let problem =
                format!("{count} of the model's weights are not in it, the first is {missing}: it is of another model");
            return Err(Error::checkpoint(folder, problem));
        }
        Ok(())
    }

    /// Takes the weights of the best evaluation.
    pub(super) fn load_best(&mut self) -> Result<()> {
        match self.state.best_model_checkpoint.clone() {
            Some(best) => self.load_weights(Path::new(&best)),
            None => {
                println!(
                    "load_best_model_at_end: there is no checkpoint of the best evaluation, so the weights are those of the last step"
                );
                Ok(())
            }
        }
    }

    /// Removes the oldest checkpoints, but neither the one just saved nor the best.
    fn rotate(&self) -> Result<()> {
        let Some(limit) = self.args.save_total_limit else { return Ok(()) };
        let best = self.state.best_model_checkpoint.as_deref().map(Path::new);
        let mut all = checkpoints(&self.args.output_dir);
        // Those of steps that are still to be made are left from an earlier run, and go first.
        all.sort_by_key(|path| step_of(path) <= Some(self.state.global_step));
        let guarded = |path: &PathBuf| {
            Some(path) == self.last_checkpoint.as_ref()
                || (self.args.load_best_model_at_end && Some(path.as_path()) == best)
        };
        let kept = all.iter().filter(|path| guarded(path)).count();
        let others: Vec<&PathBuf> = all.iter().filter(|path| !guarded(path)).collect();
        let surplus = others.len().saturating_sub(limit.saturating_sub(kept));
        for old in others.into_iter().take(surplus) {
            std::fs::remove_dir_all(old).map_err(Error::io("removing", old))?;
        }
        Ok(())
    }
}

/// The checkpoints in a folder, by their steps.
pub(crate) fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<(u64, PathBuf)> =
        entries.filter(|path| path.join(STATE).is_file()).filter_map(|path| Some((step_of(&path)?, path))).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn step_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.parse().ok()
}

pub(super) fn save_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::checkpoint(path, error.to_string()))?;
    write(path, text.as_bytes())
}

fn load_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    serde_json::from_str(&text).map_err(|error| Error::checkpoint(path, format!("it cannot be read: {error}")))
}

fn save_tensors(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
    let tensors: std::collections::HashMap<String, Tensor> =
        tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
    candle_core::safetensors::save(&tensors, path).map_err(|error| told(path, error))
}

/// A full disk, as what it is.
fn told(path: &Path, error: candle_core::Error) -> Error {
    match error {
        candle_core::Error::Io(source) => Error::io("writing", path)(source),
        error => Error::checkpoint(path, error.to_string()),
    }
}

fn load_tensors(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let tensors = candle_core::safetensors::load(path, &Device::Cpu);
    let problem = |error: candle_core::Error| Error::checkpoint(path, format!("it cannot be read: {error}"));
    Ok(tensors.map_err(problem)?.into_iter().collect())
}
