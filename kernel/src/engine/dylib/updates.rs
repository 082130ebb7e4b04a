//! Updates of displays, held back a moment: of two for the same display only the later is worth sending.
//!
//! A loop may update a display ten thousand times a second. Jupyter's server drops messages past a thousand a second, and pages stop
//! answering long before.

use std::time::{Duration, Instant};

use course_wire::Bundle;

use crate::engine::{Event, Output};

/// The least time between two updates of the displays.
const INTERVAL: Duration = Duration::from_millis(50);

/// The updates that wait.
#[derive(Debug, Default)]
pub struct Updates {
    waiting: Vec<(String, Bundle)>,
    sent: Option<Instant>,
}

impl Updates {
    /// Keeps an update; it takes the place of an earlier one that still waits.
    pub fn push(&mut self, display_id: String, bundle: Bundle) {
        match self.waiting.iter_mut().find(|(id, _)| *id == display_id) {
            Some((_, waiting)) => *waiting = bundle,
            None => self.waiting.push((display_id, bundle)),
        }
    }

    /// How long to wait before they are due; `None` when there are none.
    pub fn due_in(&self) -> Option<Duration> {
        let since = self.sent.map_or(INTERVAL, |sent| sent.elapsed());
        (!self.waiting.is_empty()).then(|| INTERVAL.saturating_sub(since))
    }

    /// Sends them if they are due.
    pub fn send_due(&mut self, output: &dyn Output) {
        if self.due_in().is_some_and(|wait| wait.is_zero()) {
            self.send(output);
        }
    }

    /// Sends them now.
    pub fn send(&mut self, output: &dyn Output) {
        for (id, bundle) in self.waiting.drain(..) {
            self.sent = Some(Instant::now());
            output.emit(Event::Display { bundle, display_id: Some(id), update: true });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Sent(Mutex<Vec<String>>);

    impl Output for Sent {
        fn emit(&self, event: Event) {
            if let Event::Display { bundle, display_id: Some(id), update: true } = event {
                self.0.lock().unwrap().push(format!("{id}={}", bundle.plain()));
            }
        }
    }

    #[test]
    fn the_last_of_each_display_is_sent_and_no_other() {
        let (mut updates, sent) = (Updates::default(), Sent::default());
        updates.send_due(&sent);
        assert_eq!(updates.due_in(), None);
        updates.push("a".into(), Bundle::text("first"));
        assert_eq!(updates.due_in(), Some(Duration::ZERO));
        updates.send_due(&sent);
        for number in 0..1000 {
            updates.push("a".into(), Bundle::text(number.to_string()));
            updates.push("b".into(), Bundle::text(number.to_string()));
        }
        updates.sent = Some(Instant::now() + INTERVAL);
        updates.send_due(&sent);
        assert_eq!(*sent.0.lock().unwrap(), ["a=first"]);
        updates.send(&sent);
        assert_eq!(*sent.0.lock().unwrap(), ["a=first", "a=999", "b=999"]);
        assert_eq!(updates.due_in(), None);
    }
}
