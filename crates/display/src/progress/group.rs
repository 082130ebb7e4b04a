//! Bars that run at the same time, one below the other in one output: epochs above their steps, downloads above one another.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use course_wire::{Bundle, link};

use super::snapshot::{Phase, Snapshot};
use crate::Rich;
use crate::live::Live;

/// The least time between two updates in a notebook.
const INTERVAL: Duration = Duration::from_millis(100);
/// Bars inside others that stay when they are done; the oldest make room.
const DONE: usize = 4;

/// The group that new bars join.
static CURRENT: Mutex<Option<(u64, Live<Group>)>> = Mutex::new(None);

/// The bars of one output, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Group {
    lines: Vec<Line>,
    next: u64,
}

#[derive(Debug)]
struct Line {
    key: u64,
    snapshot: Snapshot,
}

/// A bar's place in a group.
#[derive(Debug)]
pub(super) struct Place {
    group: Live<Group>,
    key: u64,
}

impl Place {
    /// A place for a new bar: below those that run in this cell, or in an output of its own.
    pub(super) fn new(snapshot: Snapshot) -> Self {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = link::cell();
        let running = |group: &Live<Group>| group.read(|group| group.lines.iter().any(Line::runs));
        let group = match current.take() {
            Some((begun_in, group)) if begun_in == cell && running(&group) => group,
            _ => Live::new(Group::default(), INTERVAL),
        };
        *current = Some((cell, group.clone()));
        let key = group.change(|group| group.add(snapshot), |group, _| group.lines.len() == 1);
        Self { group, key }
    }

    /// Shows the bar as it is now; the end of the last bar at once.
    pub(super) fn show(&self, snapshot: &Snapshot) {
        let change = |group: &mut Group| {
            if let Some(line) = group.lines.iter_mut().find(|line| line.key == self.key) {
                let ends = line.runs() && snapshot.phase != Phase::Running;
                line.snapshot.clone_from(snapshot);
                return ends;
            }
            false
        };
        self.group.change(change, |group, ends| *ends && !group.lines.iter().any(Line::runs));
    }
}

impl Line {
    fn runs(&self) -> bool {
        self.snapshot.phase == Phase::Running
    }
}

impl Group {
    /// Adds a bar; one of the same name that has ended makes room for it, so that the steps of each epoch do not pile up.
    fn add(&mut self, snapshot: Snapshot) -> u64 {
        self.next += 1;
        let line = Line { key: self.next, snapshot };
        let ended = |other: &Line| !other.runs() && other.snapshot.label == line.snapshot.label;
        match self.lines.iter().skip(1).position(ended) {
            Some(index) => self.lines[index + 1] = line,
            None => {
                let done: Vec<u64> =
                    self.lines.iter().skip(1).filter(|line| !line.runs()).map(|line| line.key).collect();
                if done.len() >= DONE {
                    self.lines.retain(|line| line.key != done[0]);
                }
                self.lines.push(line);
            }
        }
        self.next
    }
}

impl Rich for Group {
    fn rich(&self) -> Bundle {
        let bundles: Vec<Bundle> = self.lines.iter().map(|line| line.snapshot.rich()).collect();
        let html: String = bundles.iter().filter_map(|bundle| bundle.data.get("text/html")?.as_str()).collect();
        Bundle::html(html, bundles.iter().map(Bundle::plain).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::Unit;
    use super::*;

    fn snapshot(label: &str, phase: Phase) -> Snapshot {
        Snapshot {
            label: label.into(),
            position: 1,
            total: Some(2),
            unit: Unit::Steps,
            elapsed: Duration::ZERO,
            message: String::new(),
            phase,
        }
    }

    fn labels(group: &Group) -> Vec<&str> {
        group.lines.iter().map(|line| line.snapshot.label.as_str()).collect()
    }

    #[test]
    fn a_bar_takes_the_line_of_an_ended_one_of_its_name() {
        let mut group = Group::default();
        group.add(snapshot("epochs", Phase::Running));
        let first = group.add(snapshot("steps", Phase::Done));
        group.add(snapshot("validation", Phase::Done));
        let second = group.add(snapshot("steps", Phase::Running));
        assert_ne!(first, second);
        assert_eq!(labels(&group), ["epochs", "steps", "validation"]);
        group.add(snapshot("steps", Phase::Running));
        assert_eq!(labels(&group), ["epochs", "steps", "validation", "steps"], "two of a name may run at once");
        assert_eq!(group.rich().plain().lines().count(), 4);
    }

    #[test]
    fn bars_with_names_of_their_own_do_not_pile_up() {
        let mut group = Group::default();
        group.add(snapshot("epochs", Phase::Done));
        group.add(snapshot("held", Phase::Running));
        for epoch in 0..100 {
            group.add(snapshot(&format!("epoch {epoch}"), Phase::Done));
        }
        assert_eq!(labels(&group), ["epochs", "held", "epoch 96", "epoch 97", "epoch 98", "epoch 99"]);
    }
}
