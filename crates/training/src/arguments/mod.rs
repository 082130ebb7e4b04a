//! What a training run is told, with transformers' names and defaults.

mod check;
mod strategy;

pub use strategy::{IntervalStrategy, OptimizerName, SamplingStrategy, SaveStrategy};

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::schedulers::{SchedulerSettings, SchedulerType};

macro_rules! arguments {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr;)*) => {
        /// What a training run is told: sizes of batches, how far to go and how fast, when to evaluate, log and save.
        ///
        /// Every field has a setter of its name; `epochs`, `batch_size` and names of older versions are there too. A value that cannot be is
        /// told by `Trainer::new`, all of them at once.
        ///
        /// ```
        /// use course_training::TrainingArguments;
        /// let arguments = TrainingArguments::new("out").epochs(2).learning_rate(2e-5).batch_size(16).eval_strategy("epoch");
        /// assert_eq!(arguments.per_device_train_batch_size, 16);
        /// assert_eq!(arguments.num_train_epochs, 2.0);
        /// let wrong = TrainingArguments::new("out").eval_strategy("epochs").check().unwrap_err().to_string();
        /// assert_eq!(wrong, "eval_strategy: \"epochs\" is none of no, steps, epoch");
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct TrainingArguments {
            /// The folder for checkpoints and logs.
            pub output_dir: PathBuf,
            $($(#[$doc])* pub $name: $type,)*
            /// What setters were given that cannot be: argument and problem.
            #[serde(skip)]
            problems: Vec<(String, String)>,
        }

        impl Default for TrainingArguments {
            fn default() -> Self {
                Self { output_dir: PathBuf::from("trainer_output"), $($name: $default,)* problems: Vec::new() }
            }
        }
    };
}

arguments! {
    /// Rows of a training batch.
    per_device_train_batch_size: usize = 8;
    /// Rows of a batch in evaluation.
    per_device_eval_batch_size: usize = 8;
    /// How often to go through the data; may be a fraction.
    num_train_epochs: f64 = 3.0;
    /// How many steps to make in all, instead of epochs; −1 for epochs.
    max_steps: i64 = -1;
    /// How far a step goes at the most.
    learning_rate: f64 = 5e-5;
    /// How the learning rate changes.
    lr_scheduler_type: SchedulerType = SchedulerType::Linear;
    /// What the schedule is told besides.
    lr_scheduler_kwargs: SchedulerSettings = SchedulerSettings::default();
    /// For how many steps the learning rate rises from 0; below 1, which part of all steps.
    warmup_steps: f64 = 0.0;
    /// How much of each weight is taken away, times the learning rate; not of biases and norms.
    weight_decay: f64 = 0.0;
    /// How much of the mean gradient Adam and Lion keep.
    adam_beta1: f64 = 0.9;
    /// How much of the mean square gradient Adam keeps.
    adam_beta2: f64 = 0.999;
    /// What keeps Adam from dividing by zero.
    adam_epsilon: f64 = 1e-8;
    /// How much of the last step `sgd` goes again.
    sgd_momentum: f64 = 0.0;
    /// What turns gradients into steps.
    optim: OptimizerName = OptimizerName::AdamW;
    /// How many batches make a step; the loss is the mean over all they hold.
    gradient_accumulation_steps: usize = 1;
    /// Whether to halve the training batch, and begin anew, for as long as one does not fit the memory.
    auto_find_batch_size: bool = false;
    /// Whether layers compute their activations again in the backward pass, where a model has such layers: less memory, more time.
    gradient_checkpointing: bool = false;
    /// Whether layers compute in bf16, with weights that stay f32.
    bf16: bool = false;
    /// How strong the noise on the embeddings of tokens is while the model trains (NEFTune); none where not set.
    neftune_noise_alpha: Option<f64> = None;
    /// The greatest length of the gradient; 0 for any.
    max_grad_norm: f64 = 1.0;
    /// Which share of a label's probability is spread over all classes.
    label_smoothing_factor: f64 = 0.0;
    /// When to evaluate.
    eval_strategy: IntervalStrategy = IntervalStrategy::No;
    /// After how many steps to evaluate (below 1, which part of all); as `logging_steps` where not set.
    eval_steps: Option<f64> = None;
    /// Whether to evaluate before the first step.
    eval_on_start: bool = false;
    /// When to log the loss.
    logging_strategy: IntervalStrategy = IntervalStrategy::Steps;
    /// After how many steps to log; below 1, which part of all.
    logging_steps: f64 = 500.0;
    /// Whether to log the first step too.
    logging_first_step: bool = false;
    /// When to save a checkpoint.
    save_strategy: SaveStrategy = SaveStrategy::Steps;
    /// After how many steps to save; below 1, which part of all.
    save_steps: f64 = 500.0;
    /// How many checkpoints to keep, the best one among them.
    save_total_limit: Option<usize> = None;
    /// Whether to end with the weights of the best evaluation.
    load_best_model_at_end: bool = false;
    /// The metric that decides which is the best, `loss` unless set.
    metric_for_best_model: Option<String> = None;
    /// Whether more of it is better; unless set, it is where the name does not end in `loss`.
    greater_is_better: Option<bool> = None;
    /// What all random numbers come from.
    seed: u64 = 42;
    /// What the order of the rows comes from, `seed` unless set.
    data_seed: Option<u64> = None;
    /// Whether to leave out the last batch of an epoch where it is smaller.
    dataloader_drop_last: bool = false;
    /// In what order the rows come.
    train_sampling_strategy: SamplingStrategy = SamplingStrategy::Random;
    /// Whether to leave out columns that the model does not look at.
    remove_unused_columns: bool = true;
    /// The columns that are labels, where they are not called `labels`, `label`, `start_positions` or `end_positions`.
    label_names: Vec<String> = Vec::new();
    /// Whether evaluations let the model write its answers, so that `compute_metrics` gets token ids in place of logits.
    predict_with_generate: bool = false;
    /// How long those answers may be, the token they begin with included; as the model's configuration says where not set.
    generation_max_length: Option<usize> = None;
    /// How many texts to follow at once for each answer; as the model's configuration says where not set.
    generation_num_beams: Option<usize> = None;
    /// A checkpoint to go on from: its folder, or `last`.
    resume_from_checkpoint: Option<String> = None;
    /// Who gets the log: `jsonl`, `tensorboard`, `all`, `none`.
    report_to: Vec<String> = vec!["jsonl".to_owned()];
    /// The folder of the log files, `logs` in `output_dir` unless set.
    logging_dir: Option<PathBuf> = None;
    /// The name of the run: its log files go into a folder of this name in `logging_dir`.
    run_name: Option<String> = None;
    /// Whether to show neither bar nor curve.
    disable_tqdm: bool = false;
}

/// The arguments of a [`Seq2SeqTrainer`](crate::Seq2SeqTrainer): in Python a class of its own, here the same, with `predict_with_generate` among
/// them.
pub type Seq2SeqTrainingArguments = TrainingArguments;

macro_rules! plain_setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        impl TrainingArguments {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, value: $type) -> Self {
                self.$name = value.into();
                self
            })*
        }
    };
}

plain_setters! {
    /// Rows of a training batch.
    per_device_train_batch_size: usize;
    /// Rows of a batch in evaluation.
    per_device_eval_batch_size: usize;
    /// How often to go through the data.
    num_train_epochs: impl Into<f64>;
    /// How many steps to make in all, instead of epochs.
    max_steps: i64;
    /// How far a step goes at the most.
    learning_rate: f64;
    /// What the schedule is told besides.
    lr_scheduler_kwargs: SchedulerSettings;
    /// For how many steps the learning rate rises; below 1, which part of all.
    warmup_steps: impl Into<f64>;
    /// How much of each weight is taken away, times the learning rate.
    weight_decay: f64;
    /// How much of the mean gradient is kept.
    adam_beta1: f64;
    /// How much of the mean square gradient is kept.
    adam_beta2: f64;
    /// What keeps Adam from dividing by zero.
    adam_epsilon: f64;
    /// How much of the last step `sgd` goes again.
    sgd_momentum: f64;
    /// How many batches make a step.
    gradient_accumulation_steps: usize;
    /// Whether to halve the training batch, and begin anew, for as long as one does not fit the memory.
    auto_find_batch_size: bool;
    /// Whether layers compute their activations again in the backward pass.
    gradient_checkpointing: bool;
    /// Whether layers compute in bf16, with weights that stay f32.
    bf16: bool;
    /// The greatest length of the gradient; 0 for any.
    max_grad_norm: f64;
    /// Which share of a label's probability is spread over all classes.
    label_smoothing_factor: f64;
    /// Whether to evaluate before the first step.
    eval_on_start: bool;
    /// After how many steps to log.
    logging_steps: impl Into<f64>;
    /// Whether to log the first step too.
    logging_first_step: bool;
    /// After how many steps to save.
    save_steps: impl Into<f64>;
    /// How many checkpoints to keep.
    save_total_limit: usize;
    /// Whether to end with the weights of the best evaluation.
    load_best_model_at_end: bool;
    /// Whether more of it is better.
    greater_is_better: bool;
    /// What all random numbers come from.
    seed: u64;
    /// What the order of the rows comes from.
    data_seed: u64;
    /// Whether to leave out the last batch of an epoch where it is smaller.
    dataloader_drop_last: bool;
    /// Whether to leave out columns that the model does not look at.
    remove_unused_columns: bool;
    /// Whether evaluations let the model write its answers.
    predict_with_generate: bool;
    /// Whether to show neither bar nor curve.
    disable_tqdm: bool;
}

macro_rules! named_setters {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl TrainingArguments {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, name: impl AsRef<str>) -> Self {
                match name.as_ref().parse() {
                    Ok(value) => self.$name = value,
                    Err(error) => self.problem(stringify!($name), error),
                }
                self
            })*
        }
    };
}

named_setters! {
    /// How the learning rate changes: `linear`, `cosine`, …, see [`SchedulerType`].
    lr_scheduler_type;
    /// What turns gradients into steps: `adamw`, `sgd`, `adafactor`, `lion`, `adamw_8bit`.
    optim;
    /// When to evaluate: `no`, `steps`, `epoch`.
    eval_strategy;
    /// When to log the loss: `no`, `steps`, `epoch`.
    logging_strategy;
    /// When to save a checkpoint: `no`, `steps`, `epoch`, `best`.
    save_strategy;
    /// In what order the rows come: `random`, `sequential`, `group_by_length`.
    train_sampling_strategy;
}

/// What is none of Python's own names for it, and names of older versions.
impl TrainingArguments {
    /// The defaults, with this folder for checkpoints and logs.
    pub fn new(output_dir: impl Into<PathBuf>) -> Self {
        Self { output_dir: output_dir.into(), ..Self::default() }
    }

    /// How often to go through the data: `num_train_epochs`.
    #[must_use]
    pub fn epochs(self, epochs: impl Into<f64>) -> Self {
        self.num_train_epochs(epochs)
    }

    /// Rows of a batch, in training and in evaluation.
    #[must_use]
    pub fn batch_size(self, rows: usize) -> Self {
        self.per_device_train_batch_size(rows).per_device_eval_batch_size(rows)
    }

    /// After how many steps to evaluate.
    #[must_use]
    pub fn eval_steps(mut self, steps: impl Into<f64>) -> Self {
        self.eval_steps = Some(steps.into());
        self
    }

    /// How strong the noise on the embeddings of tokens is while the model trains (NEFTune); 5 is a common value.
    #[must_use]
    pub fn neftune_noise_alpha(mut self, alpha: f64) -> Self {
        self.neftune_noise_alpha = Some(alpha);
        self
    }

    /// How long the answers of `predict_with_generate` may be, the token they begin with included.
    #[must_use]
    pub fn generation_max_length(mut self, tokens: usize) -> Self {
        self.generation_max_length = Some(tokens);
        self
    }

    /// How many texts to follow at once for each answer of `predict_with_generate`.
    #[must_use]
    pub fn generation_num_beams(mut self, beams: usize) -> Self {
        self.generation_num_beams = Some(beams);
        self
    }

    /// The columns that are labels.
    #[must_use]
    pub fn label_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.label_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The metric that decides which is the best, with or without `eval_`.
    #[must_use]
    pub fn metric_for_best_model(mut self, name: impl Into<String>) -> Self {
        self.metric_for_best_model = Some(name.into());
        self
    }

    /// A checkpoint to go on from: its folder, or `last`.
    #[must_use]
    pub fn resume_from_checkpoint(mut self, checkpoint: impl Into<String>) -> Self {
        self.resume_from_checkpoint = Some(checkpoint.into());
        self
    }

    /// The name of the run: its log files go into a folder of this name.
    #[must_use]
    pub fn run_name(mut self, name: impl Into<String>) -> Self {
        self.run_name = Some(name.into());
        self
    }

    /// The folder of the log files.
    #[must_use]
    pub fn logging_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.logging_dir = Some(folder.into());
        self
    }

    /// Who gets the log: `jsonl`, `tensorboard`, `all`, `none`; several with commas between.
    #[must_use]
    pub fn report_to(mut self, names: impl AsRef<str>) -> Self {
        self.report_to = names.as_ref().split(',').map(|name| name.trim().to_owned()).collect();
        self
    }

    /// An older name of `eval_strategy`.
    #[must_use]
    pub fn evaluation_strategy(self, name: impl AsRef<str>) -> Self {
        self.eval_strategy(name)
    }

    /// Which part of all steps the learning rate rises for: an older way to say `warmup_steps`.
    #[must_use]
    pub fn warmup_ratio(mut self, part: f64) -> Self {
        if part >= 1.0 {
            let problem = format!("{part}; it is a part of all steps, below 1, and warmup_steps is their number");
            self.problems.push(("warmup_ratio".to_owned(), problem));
            return self;
        }
        self.warmup_steps(part)
    }

    /// An older way to say `train_sampling_strategy("group_by_length")`.
    #[must_use]
    pub fn group_by_length(mut self, on: bool) -> Self {
        self.train_sampling_strategy = if on { SamplingStrategy::GroupByLength } else { SamplingStrategy::Random };
        self
    }

    /// Notes what an argument cannot be; several share the words they may be.
    fn problem(&mut self, argument: &str, error: crate::Error) {
        let problem = match error {
            crate::Error::Argument { problem, .. } => problem,
            other => other.to_string(),
        };
        self.problems.push((argument.to_owned(), problem));
    }

    /// The folder of the log files.
    pub(crate) fn log_folder(&self) -> PathBuf {
        let folder = self.logging_dir.clone().unwrap_or_else(|| self.output_dir.join("logs"));
        self.run_name.iter().fold(folder, |folder, name| folder.join(name))
    }

    /// Says what is wrong with the arguments, all of it at once.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument).
    pub fn check(&self) -> Result<()> {
        check::check(self)
    }

    /// The metric that decides which evaluation is the best, as the log names it: `eval_loss`.
    pub fn best_metric(&self) -> String {
        let name = self.metric_for_best_model.as_deref().unwrap_or("loss");
        if name.starts_with("eval_") { name.to_owned() } else { format!("eval_{name}") }
    }

    /// Whether more of that metric is better.
    pub fn more_is_better(&self) -> bool {
        self.greater_is_better.unwrap_or_else(|| !self.best_metric().ends_with("loss"))
    }

    /// `steps` where it is 1 or more, and that part of `total` below.
    pub(crate) fn steps_of(steps: f64, total: u64) -> u64 {
        let steps = if steps < 1.0 { (steps * total as f64).ceil() } else { steps };
        (steps as u64).max(1)
    }

    /// For how many of `total` steps the learning rate rises.
    pub fn warmup_steps_of(&self, total: u64) -> u64 {
        if self.warmup_steps < 1.0 {
            (self.warmup_steps * total as f64).ceil() as u64
        } else {
            self.warmup_steps as u64
        }
    }
}
