//! What a run shows while it goes on: a bar, a curve of the losses, a table of the evaluations.

use course_display::{DisplayHandle, LiveCurve, Progress, display_handle};
use course_wire::Interrupted;

use crate::Metrics;
use crate::trainer::{TrainerState, history};

/// The displays of one run; they are made when there is something to show, and outside of a run there are none.
#[derive(Debug, Default)]
pub(crate) struct Live {
    bar: Option<Progress>,
    curve: Option<LiveCurve>,
    table: Option<DisplayHandle>,
}

impl Live {
    pub(crate) fn begin(&mut self, state: &TrainerState) -> Result<(), Interrupted> {
        let bar = Progress::new(state.max_steps, "training");
        bar.set(state.global_step)?;
        self.bar = Some(bar);
        Ok(())
    }

    pub(crate) fn step(&mut self, state: &TrainerState) -> Result<(), Interrupted> {
        let bar = self.bar.as_ref();
        bar.iter().for_each(|bar| bar.message(format!("epoch {:.2}, loss {:.4}", state.epoch, state.last_loss)));
        bar.map_or(Ok(()), |bar| bar.set(state.global_step))
    }

    pub(crate) fn logged(&mut self, state: &TrainerState, metrics: &Metrics) -> Result<(), Interrupted> {
        if self.bar.is_none() {
            return Ok(());
        }
        for (name, series) in [("loss", "training"), ("eval_loss", "validation")] {
            if let Some(value) = metrics.get(name) {
                self.curve.get_or_insert_with(|| LiveCurve::new("loss")).push(series, state.global_step, value)?;
            }
        }
        if metrics.get("eval_loss").is_some() && course_wire::link::connected() {
            let table = history(&state.log_history);
            match &self.table {
                Some(handle) => handle.redraw(&table),
                None => self.table = Some(display_handle(&table)),
            }
        }
        Ok(())
    }

    /// Whether the evaluations are on the page already.
    pub(crate) fn shows_table(&self) -> bool {
        self.table.is_some()
    }

    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
        *self = Self::default();
    }
}
