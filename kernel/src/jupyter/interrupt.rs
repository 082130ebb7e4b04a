//! Who gets an interrupt: the running cell, also when the engine is still starting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::Interrupt;

/// Passes interrupts on to the engine while a cell runs, and drops them otherwise.
#[derive(Default)]
pub struct Switch {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    target: Option<Arc<dyn Interrupt>>,
    /// A cell and a widget's callback may overlap for a moment.
    running: u32,
    early: bool,
}

impl Switch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the engine that runs cells from now on.
    pub fn set_target(&self, target: Option<Arc<dyn Interrupt>>) {
        self.state().target = target;
    }

    /// A cell, or a widget's callback, begins.
    pub fn begin(&self) {
        let mut state = self.state();
        state.running += 1;
        state.early = false;
    }

    /// It is over.
    pub fn end(&self) {
        let mut state = self.state();
        state.running = state.running.saturating_sub(1);
    }

    /// Interrupts the running cell, if there is one.
    pub fn request(&self) {
        let target = {
            let mut state = self.state();
            if state.running == 0 {
                return;
            }
            if state.target.is_none() {
                state.early = true;
            }
            state.target.clone()
        };
        if let Some(target) = target {
            target.interrupt();
        }
    }

    /// Whether an interrupt came before there was an engine to interrupt.
    pub fn take_early(&self) -> bool {
        std::mem::take(&mut self.state().early)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicU32);

    impl Interrupt for Counter {
        fn interrupt(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_a_running_cell_is_interrupted() {
        let (switch, counter) = (Switch::default(), Arc::new(Counter::default()));
        switch.set_target(Some(counter.clone()));
        switch.request();
        assert_eq!(counter.0.load(Ordering::Relaxed), 0);
        switch.begin();
        switch.request();
        switch.end();
        switch.request();
        assert_eq!(counter.0.load(Ordering::Relaxed), 1);
        assert!(!switch.take_early());
    }

    #[test]
    fn an_interrupt_before_the_engine_is_there_is_remembered_for_that_cell_only() {
        let switch = Switch::default();
        switch.begin();
        switch.request();
        assert!(switch.take_early());
        assert!(!switch.take_early());
        switch.request();
        switch.end();
        switch.begin();
        assert!(!switch.take_early());
    }
}
