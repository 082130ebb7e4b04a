//! How the learning rate changes over a run: the twelve ways of transformers' `SchedulerType`.
//!
//! ```
//! use course_training::schedulers::{Scheduler, SchedulerType};
//!
//! let mut scheduler = Scheduler::new(SchedulerType::Linear, 1e-3, 2, 10)?;
//! let rates: Vec<f64> = (0..4).map(|_| { let rate = scheduler.learning_rate(); scheduler.step(); rate }).collect();
//! assert_eq!(rates, [0.0, 5e-4, 1e-3, 8.75e-4]);
//! # Ok::<(), course_training::Error>(())
//! ```

mod formulas;
mod kind;
mod plateau;
mod scheduler;

pub use kind::SchedulerType;
pub use scheduler::{Scheduler, SchedulerSettings, SchedulerState};
