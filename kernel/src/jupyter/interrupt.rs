//! Who gets an interrupt: the running cell, also when the engine is still starting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::stdin::Questions;
use crate::engine::Interrupt;

/// ■: stops the running cell, and withdraws the question that it may be waiting for.
pub fn press(switch: Arc<Switch>, questions: Questions) {
    // Stopping a process may take the engine a moment; the reply to the front end does not wait for it.
    tokio::task::spawn_blocking(move || {
        switch.request();
        // After it, so that the cell knows why there is no answer.
        questions.cancel();
    });
}

/// Presses ■ for every interrupt that comes, for as long as the session lasts.
pub async fn listen(mut interrupts: mpsc::Receiver<()>, switch: Arc<Switch>, questions: Questions) {
    while interrupts.recv().await.is_some() {
        press(switch.clone(), questions.clone());
    }
    std::future::pending().await
}

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
    /// Whether a press came since the newest of them began.
    pressed: bool,
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
        state.pressed = false;
        state.early = false;
    }

    /// It is over: a press that comes now is not passed on, and one that came too late is taken back. A press that stopped a
    /// callback is over with it, also when the next cell already waits behind it.
    pub fn end(&self) {
        let mut state = self.state();
        state.running = state.running.saturating_sub(1);
        if let Some(target) = state.target.as_ref().filter(|_| state.running == 0 || !state.pressed) {
            target.over();
        }
    }

    /// Interrupts the running cell, if there is one.
    pub fn request(&self) {
        // The lock is held for as long as it takes: the cell must not end, and another begin, meanwhile.
        let mut state = self.state();
        state.pressed = true;
        match &state.target {
            _ if state.running == 0 => {}
            Some(target) => target.interrupt(),
            None => state.early = true,
        }
    }

    /// Ends whatever runs: the session is over.
    pub fn kill(&self) {
        let target = self.state().target.clone();
        if let Some(target) = target {
            target.kill();
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

        fn over(&self) {
            self.0.fetch_add(10_000, Ordering::Relaxed);
        }

        fn kill(&self) {
            self.0.fetch_add(100, Ordering::Relaxed);
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
        assert_eq!(counter.0.load(Ordering::Relaxed), 10_001);
        assert!(!switch.take_early());
        // The end of the session reaches the engine between two cells as well: it may be on its way to the next.
        switch.kill();
        assert_eq!(counter.0.load(Ordering::Relaxed), 10_101);
    }

    #[test]
    fn a_press_for_a_callback_does_not_reach_the_cell_that_waits_behind_it() {
        let (switch, counter) = (Switch::default(), Arc::new(Counter::default()));
        switch.set_target(Some(counter.clone()));
        switch.begin();
        switch.request();
        switch.begin();
        switch.end();
        assert_eq!(counter.0.load(Ordering::Relaxed), 10_001, "taken back though the cell has begun");
        // A press after the cell was sent is for both.
        switch.end();
        switch.begin();
        switch.begin();
        switch.request();
        switch.end();
        assert_eq!(counter.0.load(Ordering::Relaxed), 20_002);
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
