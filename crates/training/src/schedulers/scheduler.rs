//! The learning rate of each step.

use course_display::{Bundle, Rich};
use serde::{Deserialize, Serialize};

use super::SchedulerType;
use super::formulas::{Run, factor};
use super::plateau::Watch;
use crate::{Error, Result};

/// Gives the learning rate of each step.
#[derive(Debug, Clone)]
pub struct Scheduler {
    kind: SchedulerType,
    run: Run,
    settings: SchedulerSettings,
    step: u64,
    watch: Watch,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// What a schedule can be told beside warmup and length, with transformers' names; what is not set has transformers' default.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct SchedulerSettings {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$type>,)*
            /// Greedy: looks at the mean of the last `window_size` values.
            pub smooth: bool,
        }

        impl SchedulerSettings {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, value: impl Into<$type>) -> Self {
                self.$name = Some(value.into());
                self
            })*
        }
    };
}

settings! {
    /// How many waves of the cosine (0.5: once down), or restarts.
    num_cycles: f64,
    /// The exponent of the polynomial.
    power: f64,
    /// Where the polynomial ends.
    lr_end: f64,
    /// The step whose root is the unit of `inverse_sqrt`.
    timescale: f64,
    /// The lowest rate.
    min_lr: f64,
    /// The same as a part of the learning rate.
    min_lr_rate: f64,
    /// Where the warmup of `cosine_warmup_with_min_lr` begins, as a part of the learning rate.
    warmup_lr_rate: f64,
    /// How many steps at the end go down.
    num_decay_steps: u64,
    /// How many steps are level.
    num_stable_steps: u64,
    /// `linear`, `cosine` or `1-sqrt`.
    warmup_type: String,
    /// `linear`, `cosine` or `1-sqrt`.
    decay_type: String,
    /// The lowest rate of `warmup_stable_decay` as a part of the learning rate.
    min_lr_ratio: f64,
    /// `min` where less is better, or `max`; the trainer goes by `greater_is_better` unless set.
    mode: String,
    /// What the rate is multiplied with.
    factor: f64,
    /// How many values without getting better are let pass.
    patience: u64,
    /// How much better counts.
    threshold: f64,
    /// `rel` or `abs`.
    threshold_mode: String,
    /// How many values are let pass after the rate went down.
    cooldown: u64,
    /// How many values are let pass after the rate went up.
    warmup: u64,
    /// The highest rate.
    max_lr: f64,
    /// The least change.
    eps: f64,
    /// How many values are smoothed over.
    window_size: usize,
    /// How often it may reach the lowest rate before it begins anew.
    reset_start: u64,
}

impl SchedulerSettings {
    /// The names of those that are set.
    fn set(&self) -> impl Iterator<Item = String> {
        let all = match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(all)) => all,
            _ => serde_json::Map::new(),
        };
        all.into_iter().filter(|(_, value)| *value != serde_json::Value::Bool(false)).map(|(name, _)| name)
    }
}

/// What a [`Scheduler`] remembers, to be saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchedulerState {
    step: u64,
    watch: Watch,
}

impl Scheduler {
    /// A schedule that rises for `warmup_steps` and ends after `training_steps`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a learning rate below 0.
    pub fn new(kind: SchedulerType, learning_rate: f64, warmup_steps: u64, training_steps: u64) -> Result<Self> {
        Self::with_settings(kind, learning_rate, warmup_steps, training_steps, SchedulerSettings::default())
    }

    /// The same with more to say.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the setting that does not fit.
    pub fn with_settings(
        kind: SchedulerType,
        learning_rate: f64,
        warmup_steps: u64,
        training_steps: u64,
        settings: SchedulerSettings,
    ) -> Result<Self> {
        if !learning_rate.is_finite() || learning_rate < 0.0 {
            return Err(Error::argument(
                "learning_rate",
                format!("{learning_rate}; it is a number from 0, such as 5e-5"),
            ));
        }
        let run = Run { warmup: warmup_steps as f64, total: training_steps as f64, learning_rate };
        check(kind, learning_rate, &settings)?;
        let watch = Watch::new(learning_rate, &settings);
        Ok(Self { kind, run, settings, step: 0, watch })
    }

    /// Which schedule it is.
    pub fn kind(&self) -> SchedulerType {
        self.kind
    }

    /// The learning rate of the step that comes next.
    pub fn learning_rate(&self) -> f64 {
        if self.kind.needs_metric() { self.watch.rate } else { self.learning_rate_at(self.step) }
    }

    /// The learning rate of any step, counted from 0; of those that look at a metric, the rate now.
    pub fn learning_rate_at(&self, step: u64) -> f64 {
        if self.kind.needs_metric() {
            return self.watch.rate;
        }
        self.run.learning_rate * factor(self.kind, step, self.run, &self.settings)
    }

    /// Goes on to the next step.
    pub fn step(&mut self) {
        self.step += 1;
    }

    /// Tells the metric of an evaluation to the schedules that look at it; the others do not mind.
    pub fn observe(&mut self, metric: f64) {
        self.watch.observe(self.kind, metric, &self.settings);
    }

    /// What it remembers.
    pub fn state(&self) -> SchedulerState {
        SchedulerState { step: self.step, watch: self.watch.clone() }
    }

    /// Goes on from what it remembered.
    pub fn load_state(&mut self, state: &SchedulerState) {
        self.step = state.step;
        self.watch = state.watch.clone();
    }
}

/// Says what a schedule needs or cannot have.
fn check(kind: SchedulerType, learning_rate: f64, settings: &SchedulerSettings) -> Result<()> {
    let wrong = |problem: String| Err(Error::argument(format!("lr_scheduler_kwargs of {kind}"), problem));
    if let Some(setting) = settings.set().find(|setting| !kind.settings().contains(&setting.as_str())) {
        let known = match kind.settings() {
            [] => "it takes none".to_owned(),
            known => format!("it takes {}", known.join(", ")),
        };
        return wrong(format!("{setting} has no effect; {known}"));
    }
    let words =
        [("mode", &settings.mode, ["min", "max"]), ("threshold_mode", &settings.threshold_mode, ["rel", "abs"])];
    for (name, word, known) in words {
        if let Some(word) = word.as_deref().filter(|word| !known.contains(word)) {
            return wrong(format!("{name} {word:?} is none of {}", known.join(", ")));
        }
    }
    let lowest = (settings.min_lr, settings.min_lr_rate);
    match kind {
        SchedulerType::CosineWithMinLr | SchedulerType::CosineWarmupWithMinLr
            if lowest.0.is_some() == lowest.1.is_some() =>
        {
            wrong("it needs one of min_lr and min_lr_rate".to_owned())
        }
        SchedulerType::Polynomial if settings.lr_end.unwrap_or(1e-7) >= learning_rate => {
            let end = settings.lr_end.unwrap_or(1e-7);
            wrong(format!("lr_end {end:e} is not below the learning rate {learning_rate:e}"))
        }
        SchedulerType::WarmupStableDecay => {
            if settings.num_decay_steps.is_none() {
                return wrong("it needs num_decay_steps".to_owned());
            }
            let shapes = [&settings.warmup_type, &settings.decay_type];
            let known = |shape: &str| matches!(shape, "linear" | "cosine" | "1-sqrt");
            match shapes.into_iter().flatten().find(|shape| !known(shape)) {
                Some(shape) => wrong(format!("{shape:?} is none of linear, cosine, 1-sqrt")),
                None => Ok(()),
            }
        }
        kind if kind.needs_metric() && settings.factor.is_some_and(|factor| !(0.0..1.0).contains(&factor)) => {
            wrong("factor is below 1".to_owned())
        }
        _ => Ok(()),
    }
}

impl Rich for Scheduler {
    /// The rates of the whole run as a curve.
    fn rich(&self) -> Bundle {
        let total = self.run.total.max(1.0) as u64;
        let every = (total / 500).max(1);
        let rates: Vec<f64> = (0..=total).step_by(every as usize).map(|step| self.learning_rate_at(step)).collect();
        match course_display::line_chart(&[(self.kind.name(), rates)]) {
            Ok(figure) => figure.rich(),
            Err(error) => Bundle::text(format!("{}: {error}", self.kind)),
        }
    }
}
