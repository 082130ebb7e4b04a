//! The names of the schedules.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// How the learning rate changes, with transformers' names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub enum SchedulerType {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl SchedulerType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name, such as `cosine_with_restarts`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// Down to 0 in a straight line.
    #[default]
    Linear = "linear",
    /// Down to 0 along half a cosine wave: slow, fast, slow.
    Cosine = "cosine",
    /// Cosines one after the other, each from the top.
    CosineWithRestarts = "cosine_with_restarts",
    /// Down along a power of what is left of the run.
    Polynomial = "polynomial",
    /// The same all the time.
    Constant = "constant",
    /// The same all the time after the warmup.
    ConstantWithWarmup = "constant_with_warmup",
    /// With 1 over the root of the step, as the first Transformer.
    InverseSqrt = "inverse_sqrt",
    /// Less whenever the metric no longer gets better.
    ReduceLrOnPlateau = "reduce_lr_on_plateau",
    /// A cosine that ends above 0.
    CosineWithMinLr = "cosine_with_min_lr",
    /// The same, where the warmup begins above 0 too.
    CosineWarmupWithMinLr = "cosine_warmup_with_min_lr",
    /// Up, level, and down at the end.
    WarmupStableDecay = "warmup_stable_decay",
    /// Up while the metric gets better, down while it does not.
    Greedy = "greedy",
}

impl SchedulerType {
    /// The settings that it reads.
    pub(super) fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Linear | Self::Constant | Self::ConstantWithWarmup => &[],
            Self::Cosine | Self::CosineWithRestarts => &["num_cycles"],
            Self::Polynomial => &["power", "lr_end"],
            Self::InverseSqrt => &["timescale"],
            Self::CosineWithMinLr => &["num_cycles", "min_lr", "min_lr_rate"],
            Self::CosineWarmupWithMinLr => &["num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate"],
            Self::WarmupStableDecay => {
                &["num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles"]
            }
            Self::ReduceLrOnPlateau => {
                &["mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"]
            }
            Self::Greedy => &[
                "mode",
                "factor",
                "patience",
                "threshold",
                "threshold_mode",
                "cooldown",
                "warmup",
                "min_lr",
                "max_lr",
                "eps",
                "smooth",
                "window_size",
                "reset_start",
            ],
        }
    }

    /// Whether it looks at a metric instead of the step.
    pub fn needs_metric(self) -> bool {
        matches!(self, Self::ReduceLrOnPlateau | Self::Greedy)
    }
}

impl FromStr for SchedulerType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.iter().find(|kind| kind.name() == name).copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
            Error::argument("lr_scheduler_type", format!("{name:?} is none of {}", names.join(", ")))
        })
    }
}

impl std::fmt::Display for SchedulerType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}
