//! One step: the batches of a window, their gradients, the move; and what must hold before the weights move.

use candle_core::Tensor;
use course_models::nn;
use course_wire::interrupt;

use super::forward::number;
use super::run::Run;
use super::{Moment, Trainer};
use crate::optimizers::Gradients;
use crate::schedulers::Scheduler;
use crate::{Error, Metrics, Result};

impl Trainer {
    /// One step: the batches of a window, their gradients, the move.
    pub(super) fn step(
        &mut self,
        run: &Run,
        epoch: u64,
        step: u64,
        order: &[u64],
        gradients: &mut Gradients,
    ) -> Result<()> {
        self.fire(Moment::StepBegin, &Metrics::new())?;
        let random = self.model.parameters().random_state();
        let loss = self.window(run, epoch, step, order, gradients).inspect_err(|_| {
            // A checkpoint of this moment goes on with this step from its beginning.
            self.model.parameters().set_random_state(random);
        })?;
        let (Some(optimizer), Some(scheduler)) = (&mut self.optimizer, &mut self.scheduler) else {
            return Err(Error::argument("optimizer", "there is none"));
        };
        self.state.learning_rate = scheduler.learning_rate();
        optimizer.step(gradients, self.state.learning_rate)?;
        scheduler.step();
        self.state.last_loss = loss;
        self.state.exact.last_finite = Some(loss);
        self.state.exact.recent_loss += loss;
        self.state.exact.recent_steps += 1;
        self.state.exact.total_loss += loss;
        self.state.global_step += 1;
        self.state.epoch = (self.state.global_step + self.state.exact.skipped) as f64 / run.steps_per_epoch as f64;
        self.fire(Moment::OptimizerStep, &Metrics::new())
    }

    /// The loss and the gradients of the batches of one window, clipped.
    fn window(&mut self, run: &Run, epoch: u64, step: u64, order: &[u64], gradients: &mut Gradients) -> Result<f64> {
        let window = self.args.gradient_accumulation_steps;
        let first = step as usize * window;
        let mut batches = Vec::with_capacity(window);
        for number in first..(first + window).min(run.loader.len()) {
            let batch = run.loader.batch(order, number)?;
            batches.push(self.collate(&batch, &mut run.loader.random(epoch, number))?);
        }
        let mut items = 0.0;
        for inputs in &batches {
            items += self.items(inputs)?;
        }
        let count = batches.len();
        let mut loss = 0.0;
        gradients.clear();
        for (place, inputs) in batches.into_iter().enumerate() {
            interrupt::check()?;
            let part = self.training_loss(self.placed(inputs)?, items)?;
            loss += number(&part)?;
            self.check_loss(loss)?;
            gradients.add(nn::backward(&part)?)?;
            if place + 1 < count {
                self.fire(Moment::SubstepEnd, &Metrics::new())?;
            }
        }
        self.check_gradients(run, gradients)?;
        self.state.last_grad_norm = match self.args.max_grad_norm {
            limit if limit > 0.0 => gradients.clip_norm(limit)?,
            _ => gradients.norm()?,
        };
        if !self.state.last_grad_norm.is_finite() {
            return Err(self.bad_gradient(gradients));
        }
        self.fire(Moment::PreOptimizerStep, &Metrics::new())?;
        Ok(loss)
    }

    fn check_loss(&self, loss: f64) -> Result<()> {
        if loss.is_finite() {
            return Ok(());
        }
        let checkpoint =
            self.last_checkpoint.as_ref().map(|path| format!("; the last checkpoint is {}", path.display()));
        Err(Error::NotFinite {
            loss,
            step: self.state.global_step + 1,
            epoch: self.state.epoch,
            learning_rate: self.scheduler.as_ref().map_or(f64::NAN, Scheduler::learning_rate),
            last: self.state.exact.last_finite.map_or("none".to_owned(), |loss| format!("{loss:.4}")),
            checkpoint: checkpoint.unwrap_or_default(),
        })
    }

    /// At the first step every parameter that is trained must have a gradient.
    fn check_gradients(&self, run: &Run, gradients: &Gradients) -> Result<()> {
        if self.allow_unused || self.state.global_step > run.first_step {
            return Ok(());
        }
        let missing = gradients.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let shown: Vec<&str> = missing.iter().take(5).copied().collect();
        let more = missing.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(Error::Gradient {
            problem: format!(
                "{} of the parameters that should learn get no gradient: {}{more}. An operation without a backward pass lies between them and the loss, or \
                 the model does not use them: freeze those, or `allow_unused_parameters(true)`",
                missing.len(),
                shown.join(", ")
            ),
        })
    }

    fn bad_gradient(&self, gradients: &Gradients) -> Error {
        let finite = |gradient: &Tensor| -> Result<bool> { Ok(number(&gradient.sqr()?.sum_all()?)?.is_finite()) };
        let bad = gradients.iter().filter(|(_, gradient)| !finite(gradient).unwrap_or(false)).map(|(name, _)| name);
        let names: Vec<&str> = bad.take(5).collect();
        Error::Gradient {
            problem: format!(
                "the gradient at step {} is not finite in {}, while the loss is; the weights were not moved. A smaller learning rate or more warmup may \
                 keep them from growing so large",
                self.state.global_step + 1,
                names.join(", ")
            ),
        }
    }
}
