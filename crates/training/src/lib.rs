//! TrainingArguments, Trainer, collators, optimizers, schedulers: models learn.
