//! The words that arguments choose by.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

macro_rules! words {
    ($($(#[$doc:meta])* $type:ident of $argument:literal { $($(#[$each:meta])* $word:ident = $name:literal $(| $other:literal)*,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$each])* #[serde(rename = $name)] $word,)*
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self> {
                match name {
                    $($name $(| $other)* => Ok(Self::$word),)*
                    _ => Err(Error::argument($argument, format!("{name:?} is none of {}", [$($name),*].join(", ")))),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(match self { $(Self::$word => $name,)* })
            }
        }
    )*};
}

words! {
    /// When something is done.
    IntervalStrategy of "eval_strategy" {
        /// Never.
        No = "no",
        /// Every so many steps.
        Steps = "steps",
        /// At the end of every epoch.
        Epoch = "epoch",
    }

    /// When a checkpoint is saved.
    SaveStrategy of "save_strategy" {
        /// Never.
        No = "no",
        /// Every so many steps.
        Steps = "steps",
        /// At the end of every epoch.
        Epoch = "epoch",
        /// After every evaluation that is the best so far.
        Best = "best",
    }

    /// In what order rows come.
    SamplingStrategy of "train_sampling_strategy" {
        /// Shuffled anew in each epoch.
        Random = "random",
        /// As they are.
        Sequential = "sequential",
        /// Shuffled, but rows of about one length in a batch, so that little is padded.
        GroupByLength = "group_by_length",
    }

    /// What turns gradients into steps; transformers' longer names are understood too.
    OptimizerName of "optim" {
        /// [`AdamW`](crate::optimizers::AdamW).
        AdamW = "adamw" | "adamw_torch" | "adamw_torch_fused" | "adamw_hf" | "adamw_apex_fused",
        /// [`Sgd`](crate::optimizers::Sgd).
        Sgd = "sgd",
        /// [`Adafactor`](crate::optimizers::Adafactor).
        Adafactor = "adafactor",
        /// [`Lion`](crate::optimizers::Lion).
        Lion = "lion" | "lion_32bit" | "paged_lion_32bit",
        /// [`AdamW8bit`](crate::optimizers::AdamW8bit).
        AdamW8bit = "adamw_8bit" | "adamw_bnb_8bit" | "paged_adamw_8bit",
    }
}
