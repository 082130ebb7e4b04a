//! Functions of the learner's that run at certain moments.

use course_models::architectures::Model;
use serde_json::Value;

use super::{TrainerControl, TrainerState};
use crate::{AnyError, Metrics, TrainingArguments};

/// What a callback sees, and may change: [`control`](Self::control).
pub struct Event<'t> {
    /// What the run was told.
    pub args: &'t TrainingArguments,
    /// How far it is.
    pub state: &'t TrainerState,
    /// What is to happen next.
    pub control: &'t mut TrainerControl,
    /// The model.
    pub model: &'t dyn Model,
    /// What was just logged or measured; empty at other moments.
    pub metrics: &'t Metrics,
}

macro_rules! hooks {
    ($($(#[$doc:meta])* $hook:ident = $moment:ident,)*) => {
        /// Does something at certain moments of a run; what it does not care for, it leaves out.
        ///
        /// ```
        /// use course_training::{AnyError, Event, TrainerCallback};
        ///
        /// /// Ends a run once the loss is below a limit.
        /// struct GoodEnough(f64);
        ///
        /// impl TrainerCallback for GoodEnough {
        ///     fn on_step_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
        ///         event.control.should_training_stop |= event.state.last_loss < self.0;
        ///         Ok(())
        ///     }
        /// }
        /// ```
        ///
        /// # Errors
        /// An error of a hook ends the run, and names the callback.
        pub trait TrainerCallback: Send {
            /// Its name, under which its state is saved.
            fn name(&self) -> String {
                std::any::type_name::<Self>().rsplit("::").next().unwrap_or("callback").to_owned()
            }

            /// What it remembers, to be saved with a checkpoint.
            fn state(&self) -> Option<Value> {
                None
            }

            /// Goes on from what it remembered.
            #[allow(unused_variables)]
            fn load_state(&mut self, state: &Value) {}

            $($(#[$doc])*
            #[allow(unused_variables)]
            fn $hook(&mut self, event: &mut Event) -> Result<(), AnyError> {
                Ok(())
            })*
        }

        /// The moments at which callbacks run.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Moment {
            $($moment,)*
        }

        pub(crate) fn call(callback: &mut dyn TrainerCallback, moment: Moment, event: &mut Event) -> Result<(), AnyError> {
            match moment {
                $(Moment::$moment => callback.$hook(event),)*
            }
        }
    };
}

hooks! {
    /// A run is about to begin at its first step, not from a checkpoint.
    on_init_end = InitEnd,
    /// The run begins.
    on_train_begin = TrainBegin,
    /// The run has ended.
    on_train_end = TrainEnd,
    /// An epoch begins.
    on_epoch_begin = EpochBegin,
    /// An epoch has ended.
    on_epoch_end = EpochEnd,
    /// A step begins.
    on_step_begin = StepBegin,
    /// A batch of a step is done, and it is not the last.
    on_substep_end = SubstepEnd,
    /// The gradients are there and clipped, the weights did not move yet.
    on_pre_optimizer_step = PreOptimizerStep,
    /// The weights moved.
    on_optimizer_step = OptimizerStep,
    /// A step has ended.
    on_step_end = StepEnd,
    /// An evaluation has ended; its metrics are there.
    on_evaluate = Evaluate,
    /// A prediction has ended; its metrics are there.
    on_predict = Predict,
    /// A checkpoint was saved.
    on_save = Save,
    /// Something was logged; it is there as metrics.
    on_log = Log,
    /// A batch of an evaluation or prediction is done.
    on_prediction_step = PredictionStep,
}
