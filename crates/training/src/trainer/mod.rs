//! The loop that trains: batches in, steps, evaluations, checkpoints.
//!
//! [`Trainer`] is told what to train on what; [`Trainer::train`] runs. One concept a file: the loop, a step of it, evaluation, checkpoints, callbacks.

mod batch_size;
mod callback;
mod checkpoint;
mod early_stopping;
mod evaluate;
mod folder;
mod forward;
mod generate;
mod output;
mod run;
mod state;
mod step;
mod switches;

#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use course_datasets::{Batch, Dataset};
use course_models::architectures::{Model, ModelInputs};
use course_models::{GenerationConfig, Philox};
use course_tokenization::Tokenizer;

pub(crate) use callback::Moment;
pub use callback::{Event, TrainerCallback};
pub use early_stopping::EarlyStopping;
pub(crate) use folder::write;
pub(crate) use forward::number;
pub use output::TrainOutput;
pub use state::{TrainerControl, TrainerState};
pub(crate) use state::{evaluations, history};

use crate::arguments::OptimizerName;
use crate::collators::{DataCollator, DataCollatorWithPadding, DefaultDataCollator};
use crate::memory::{Memory, OfProcess};
use crate::optimizers::{Adafactor, AdamW, AdamW8bit, Lion, Optimizer, ParameterGroup, Rule, Sgd};
use crate::prediction::EvalPrediction;
use crate::schedulers::{Scheduler, SchedulerType};
use crate::trackers::{JsonLines, Live, TensorBoard};
use crate::{AnyError, Error, Metrics, Result, TrainingArguments};

type ComputeMetrics = Box<dyn Fn(&EvalPrediction) -> Result<Metrics, AnyError> + Send>;
type Preprocess = Box<dyn Fn(&candle_core::Tensor) -> Result<candle_core::Tensor, AnyError> + Send>;

/// Trains a model on a dataset, evaluates it, saves it, and goes on where it stopped.
///
/// ```no_run
/// # use course_training::{EarlyStopping, Trainer, TrainingArguments};
/// # fn run(model: Box<dyn course_models::architectures::Model>, train: &course_datasets::Dataset, test: &course_datasets::Dataset,
/// #     tokenizer: &course_tokenization::Tokenizer) -> Result<(), Box<dyn std::error::Error>> {
/// let arguments = TrainingArguments::new("out").epochs(3).learning_rate(2e-5).eval_strategy("epoch").save_strategy("epoch");
/// let mut trainer = Trainer::new(model, arguments.load_best_model_at_end(true))?
///     .train_dataset(train)?
///     .eval_dataset(test)?
///     .tokenizer(tokenizer)
///     .compute_metrics(|prediction| {
///         let (predicted, right) = (prediction.predicted()?, prediction.references()?);
///         let hits = predicted.iter().zip(&right).filter(|(one, other)| one == other).count();
///         Ok([("accuracy", hits as f64 / right.len() as f64)])
///     })
///     .callback(EarlyStopping::new(3));
/// println!("{}", trainer.train()?);
/// # Ok(())
/// # }
/// ```
pub struct Trainer {
    model: Box<dyn Model>,
    args: TrainingArguments,
    train_data: Option<Dataset>,
    eval_data: Vec<(String, Dataset)>,
    tokenizer: Option<Tokenizer>,
    collator: Option<Box<dyn DataCollator>>,
    compute_metrics: Option<ComputeMetrics>,
    preprocess: Option<Preprocess>,
    generation: Option<GenerationConfig>,
    callbacks: Vec<Box<dyn TrainerCallback>>,
    rule: Option<Arc<dyn Rule>>,
    groups: Option<Vec<ParameterGroup>>,
    scheduler: Option<Scheduler>,
    optimizer: Option<Optimizer>,
    allow_unused: bool,
    state: TrainerState,
    control: TrainerControl,
    live: Live,
    /// Where the last checkpoint of this trainer is.
    last_checkpoint: Option<PathBuf>,
    /// The rows of a batch that `auto_find_batch_size` has found.
    batch_size: Option<usize>,
    memory: Arc<dyn Memory>,
}

/// A [`Trainer`] of models that answer texts with texts: in Python a class of its own, here the same. Set
/// [`predict_with_generate`](TrainingArguments::predict_with_generate), and evaluations let the model write.
///
/// ```no_run
/// # use course_training::{DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments};
/// # fn run(model: Box<dyn course_models::architectures::Model>, train: &course_datasets::Dataset, test: &course_datasets::Dataset,
/// #     tokenizer: &course_tokenization::Tokenizer) -> Result<(), Box<dyn std::error::Error>> {
/// let arguments = Seq2SeqTrainingArguments::new("out").predict_with_generate(true).generation_max_length(64);
/// let words = tokenizer.clone();
/// let mut trainer = Seq2SeqTrainer::new(model, arguments)?
///     .train_dataset(train)?
///     .eval_dataset(test)?
///     .tokenizer(tokenizer)
///     .data_collator(DataCollatorForSeq2Seq::new(tokenizer)?)
///     .compute_metrics(move |prediction| {
///         let (written, right) = prediction.texts(&words)?;
///         let hits = written.iter().zip(&right).filter(|(one, other)| one == other).count();
///         Ok([("exact_match", hits as f64 / right.len() as f64)])
///     });
/// println!("{}", trainer.evaluate()?);
/// # Ok(())
/// # }
/// ```
pub type Seq2SeqTrainer = Trainer;

impl Trainer {
    /// A trainer of a model.
    ///
    /// # Errors
    /// [`Error::Argument`] saying everything that is wrong with the arguments; [`Error::Io`] where `output_dir` cannot be made.
    pub fn new(model: Box<dyn Model>, args: TrainingArguments) -> Result<Self> {
        args.check()?;
        std::fs::create_dir_all(&args.output_dir).map_err(Error::io("making the folder", &args.output_dir))?;
        let logs = args.log_folder();
        let reports = |name: &str| args.report_to.iter().any(|known| known == name || known == "all");
        let mut callbacks: Vec<Box<dyn TrainerCallback>> = Vec::new();
        if reports("jsonl") {
            callbacks.push(Box::new(JsonLines::new(&logs)));
        }
        if reports("tensorboard") {
            callbacks.push(Box::new(TensorBoard::new(&logs)));
        }
        Ok(Self {
            model,
            args,
            train_data: None,
            eval_data: Vec::new(),
            tokenizer: None,
            collator: None,
            compute_metrics: None,
            preprocess: None,
            generation: None,
            callbacks,
            rule: None,
            groups: None,
            scheduler: None,
            optimizer: None,
            allow_unused: false,
            state: TrainerState::default(),
            control: TrainerControl::default(),
            live: Live::default(),
            last_checkpoint: None,
            batch_size: None,
            memory: Arc::new(OfProcess),
        })
    }

    /// The data to learn from.
    ///
    /// # Errors
    /// [`Error::Data`] where it has no rows.
    pub fn train_dataset(mut self, data: impl Borrow<Dataset>) -> Result<Self> {
        self.train_data = Some(filled("the training data", data.borrow())?);
        Ok(self)
    }

    /// The data to be evaluated on.
    ///
    /// # Errors
    /// [`Error::Data`] where it has no rows.
    pub fn eval_dataset(mut self, data: impl Borrow<Dataset>) -> Result<Self> {
        self.eval_data = vec![("eval".to_owned(), filled("the evaluation data", data.borrow())?)];
        Ok(self)
    }

    /// One more dataset to be evaluated on, whose metrics are called `eval_NAME_…`.
    ///
    /// # Errors
    /// [`Error::Data`] where it has no rows.
    pub fn eval_dataset_named(mut self, name: &str, data: impl Borrow<Dataset>) -> Result<Self> {
        self.eval_data.push((format!("eval_{name}"), filled("the evaluation data", data.borrow())?));
        Ok(self)
    }

    /// The tokenizer: batches are padded with it unless there is a collator, checkpoints hold it, and [`doctor`](Self::doctor) reads with it.
    #[must_use]
    pub fn tokenizer(mut self, tokenizer: impl Borrow<Tokenizer>) -> Self {
        self.tokenizer = Some(tokenizer.borrow().clone());
        self
    }

    /// What makes rows into the tensors of a batch.
    #[must_use]
    pub fn data_collator(mut self, collator: impl DataCollator + 'static) -> Self {
        self.collator = Some(Box::new(collator));
        self
    }

    /// What is measured at each evaluation, beside the loss: names and numbers of predictions and labels.
    #[must_use]
    pub fn compute_metrics<M: Into<Metrics>>(
        mut self,
        compute: impl Fn(&EvalPrediction) -> Result<M, AnyError> + Send + 'static,
    ) -> Self {
        self.compute_metrics = Some(Box::new(move |prediction| Ok(compute(prediction)?.into())));
        self
    }

    /// What is kept of the logits for `compute_metrics`: the classes alone, say, where all logits of a vocabulary would not fit the memory.
    #[must_use]
    pub fn preprocess_logits_for_metrics(
        mut self,
        preprocess: impl Fn(&candle_core::Tensor) -> Result<candle_core::Tensor, AnyError> + Send + 'static,
    ) -> Self {
        self.preprocess = Some(Box::new(preprocess));
        self
    }

    /// How answers are written where `predict_with_generate` is set, instead of as the model's configuration says; `generation_max_length` and
    /// `generation_num_beams` go before it.
    #[must_use]
    pub fn generation_config(mut self, config: impl Borrow<GenerationConfig>) -> Self {
        self.generation = Some(config.borrow().clone());
        self
    }

    /// One more callback.
    #[must_use]
    pub fn callback(mut self, callback: impl TrainerCallback + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// What turns gradients into steps, instead of `optim`.
    #[must_use]
    pub fn optimizer(mut self, rule: impl Rule + 'static) -> Self {
        self.rule = Some(Arc::new(rule));
        self
    }

    /// Which parameters are trained, and how, instead of all that are not frozen with decay on all but biases and norms.
    #[must_use]
    pub fn parameter_groups(mut self, groups: Vec<ParameterGroup>) -> Self {
        self.groups = Some(groups);
        self
    }

    /// How the learning rate changes, instead of `lr_scheduler_type`.
    #[must_use]
    pub fn scheduler(mut self, scheduler: Scheduler) -> Self {
        self.scheduler = Some(scheduler);
        self
    }

    /// Goes on where a parameter gets no gradient, which is otherwise an error at the first step.
    #[must_use]
    pub fn allow_unused_parameters(mut self, allow: bool) -> Self {
        self.allow_unused = allow;
        self
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        self.model.as_ref()
    }

    /// The model, which the trainer lets go of.
    pub fn into_model(self) -> Box<dyn Model> {
        self.model
    }

    /// What the run was told.
    pub fn args(&self) -> &TrainingArguments {
        &self.args
    }

    /// What turns gradients into steps, by its name.
    pub(crate) fn optimizer_name(&self) -> String {
        self.rule.as_ref().map_or_else(|| self.args.optim.to_string(), |rule| rule.name().to_owned())
    }

    /// How the learning rate changes.
    pub(crate) fn scheduler_type(&self) -> SchedulerType {
        self.scheduler.as_ref().map_or(self.args.lr_scheduler_type, Scheduler::kind)
    }

    /// How far the run is, and everything that was logged.
    pub fn state(&self) -> &TrainerState {
        &self.state
    }

    /// The data to learn from.
    pub fn get_train_dataset(&self) -> Option<&Dataset> {
        self.train_data.as_ref()
    }

    /// The data to be evaluated on, by the names its metrics begin with.
    pub(crate) fn eval_data(&self) -> &[(String, Dataset)] {
        &self.eval_data
    }

    /// The tokenizer.
    pub fn get_tokenizer(&self) -> Option<&Tokenizer> {
        self.tokenizer.as_ref()
    }

    /// Writes model and tokenizer into a folder, as `from_pretrained` reads them.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Model`].
    pub fn save_model(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        course_models::architectures::save_pretrained(self.model.as_ref(), folder)?;
        if let Some(tokenizer) = &self.tokenizer {
            tokenizer.save_pretrained(folder)?;
        }
        checkpoint::save_json(&folder.join("training_args.json"), &self.args)
    }

    /// The tensors of rows, by the collator that was set, or by padding where there is a tokenizer that can.
    pub(crate) fn collate(&self, batch: &Batch, random: &mut Philox) -> Result<ModelInputs> {
        match (&self.collator, &self.tokenizer) {
            (Some(collator), _) => collator.collate_with(batch, random),
            (None, Some(tokenizer)) if tokenizer.pad_token_id().is_some() => {
                DataCollatorWithPadding::new(tokenizer)?.collate_with(batch, random)
            }
            (None, _) => DefaultDataCollator.collate_with(batch, random),
        }
    }

    /// Runs the callbacks of a moment.
    fn fire(&mut self, moment: Moment, metrics: &Metrics) -> Result<()> {
        for callback in &mut self.callbacks {
            let mut event = Event {
                args: &self.args,
                state: &self.state,
                control: &mut self.control,
                model: self.model.as_ref(),
                metrics,
            };
            let done = callback::call(callback.as_mut(), moment, &mut event);
            done.map_err(|error| Error::function(callback.name())(error))?;
        }
        Ok(())
    }

    /// The optimizer of `optim`, over the parameters that are trained.
    pub(crate) fn make_optimizer(&self) -> Result<Optimizer> {
        let args = &self.args;
        let betas = (args.adam_beta1, args.adam_beta2);
        let adamw = AdamW::new().betas(betas.0, betas.1).epsilon(args.adam_epsilon);
        let rule: Arc<dyn Rule> = match (&self.rule, args.optim) {
            (Some(rule), _) => rule.clone(),
            (None, OptimizerName::AdamW) => Arc::new(adamw),
            (None, OptimizerName::AdamW8bit) => {
                Arc::new(AdamW8bit::new().betas(betas.0, betas.1).epsilon(args.adam_epsilon))
            }
            (None, OptimizerName::Sgd) => Arc::new(Sgd::new().momentum(args.sgd_momentum)),
            (None, OptimizerName::Adafactor) => Arc::new(Adafactor::new()),
            (None, OptimizerName::Lion) => Arc::new(Lion::new().betas(betas.0, betas.1)),
        };
        let groups = match &self.groups {
            Some(groups) => groups.clone(),
            None => {
                let trainable = self.model.parameters().trainable();
                let named = trainable.into_iter().map(|parameter| (parameter.name.clone(), parameter.var));
                ParameterGroup::with_decay(named, args.weight_decay)
            }
        };
        Optimizer::shared(rule, groups)
    }
}

/// A dataset that has rows.
fn filled(what: &str, data: &Dataset) -> Result<Dataset> {
    if data.is_empty() {
        return Err(Error::data(what, "it has no rows; did a filter let none pass?"));
    }
    Ok(data.clone())
}
