//! What a bar shows at one moment, as HTML and as text.

use std::time::Duration;

use course_wire::Bundle;

use crate::number::{grouped, short};
use crate::{Rich, escape};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Steps,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    Done,
    Stopped,
}

/// What a bar shows at one moment.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) label: String,
    pub(super) position: u64,
    pub(super) total: Option<u64>,
    pub(super) unit: Unit,
    pub(super) elapsed: Duration,
    pub(super) message: String,
    pub(super) phase: Phase,
}

impl Snapshot {
    fn fraction(&self) -> Option<f64> {
        match self.total? {
            0 => Some(1.0),
            total => Some((self.position as f64 / total as f64).clamp(0.0, 1.0)),
        }
    }

    /// "3 of 10 · 2.5/s · 3 s left · loss 0.31".
    fn figures(&self) -> String {
        let count = match (self.unit, self.total) {
            (Unit::Steps, Some(total)) => format!("{} of {}", grouped(self.position), grouped(total)),
            (Unit::Steps, None) => grouped(self.position),
            (Unit::Bytes, Some(total)) => format!("{} of {}", bytes(self.position as f64), bytes(total as f64)),
            (Unit::Bytes, None) => bytes(self.position as f64),
        };
        let mut parts = vec![count];
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.position as f64 / seconds } else { 0.0 };
        if rate > 0.0 {
            parts.push(match self.unit {
                Unit::Bytes => format!("{}/s", bytes(rate)),
                Unit::Steps if rate < 1.0 => format!("{} s each", three_digits(1.0 / rate)),
                Unit::Steps => format!("{}/s", three_digits(rate)),
            });
        }
        match (self.phase, self.total) {
            (Phase::Running, Some(total)) if rate > 0.0 => {
                let left = total.saturating_sub(self.position) as f64 / rate;
                parts.push(format!("{} left", duration(left)));
            }
            (Phase::Running, _) => {}
            (Phase::Done, _) => parts.push(format!("done in {}", duration(seconds))),
            (Phase::Stopped, _) => parts.push(format!("stopped after {}", duration(seconds))),
        }
        if !self.message.is_empty() {
            parts.push(self.message.clone());
        }
        parts.join(" · ")
    }

    fn text(&self) -> String {
        const WIDTH: usize = 30;
        let filled = self.fraction().map_or(0, |fraction| (fraction * WIDTH as f64) as usize);
        let bar = match self.fraction() {
            Some(_) => format!(" [{}{}]", "█".repeat(filled), "·".repeat(WIDTH - filled)),
            None => String::new(),
        };
        format!("{}{bar} {}", self.label, self.figures())
    }

    fn html(&self) -> String {
        let colour = match self.phase {
            Phase::Running => "rgb(52,120,200)",
            Phase::Done => "rgb(30,135,85)",
            Phase::Stopped => "rgb(206,100,20)",
        };
        let percent = self.fraction().map(|fraction| (fraction * 100.0).floor());
        let bar = match percent {
            Some(percent) => format!(
                "<div role=\"progressbar\" aria-valuemin=\"0\" aria-valuemax=\"100\" aria-valuenow=\"{percent}\" \
                 aria-label=\"{}\" style=\"flex:0 0 220px;height:10px;border-radius:5px;overflow:hidden;\
                 background:rgba(128,128,128,0.25)\"><div style=\"width:{percent}%;height:100%;background:{colour}\">\
                 </div></div>",
                escape(&self.label)
            ),
            None => format!("<span style=\"color:{colour}\">●</span>"),
        };
        format!(
            "<div style=\"display:flex;align-items:center;gap:10px;flex-wrap:wrap;font-variant-numeric:tabular-nums\">\
             <span style=\"min-width:6em\">{}</span>{bar}<span>{}</span></div>",
            escape(&self.label),
            escape(&self.figures())
        )
    }
}

impl Rich for Snapshot {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

fn three_digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => grouped(value.round() as u64),
        value if value >= 10.0 => format!("{value:.0}"),
        value => short((value * 100.0).round() / 100.0),
    }
}

/// Bytes in the units that file managers use, powers of 1000.
fn bytes(count: f64) -> String {
    let (scale, unit) = match count {
        count if count >= 1e9 => (1e9, "GB"),
        count if count >= 1e6 => (1e6, "MB"),
        count if count >= 1e3 => (1e3, "kB"),
        _ => return format!("{count:.0} B"),
    };
    format!("{:.1} {unit}", count / scale)
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if !seconds.is_finite() => "?".into(),
        seconds if seconds < 1.0 => format!("{seconds:.1} s"),
        seconds if seconds < 60.0 => format!("{seconds:.0} s"),
        seconds if seconds < 3600.0 => format!("{} min {:02} s", seconds as u64 / 60, seconds as u64 % 60),
        seconds => format!("{} h {:02} min", seconds as u64 / 3600, seconds as u64 % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(position: u64, total: Option<u64>, phase: Phase) -> Snapshot {
        Snapshot {
            label: "train <x>".into(),
            position,
            total,
            unit: Unit::Steps,
            elapsed: Duration::from_secs(4),
            message: "loss 0.31".into(),
            phase,
        }
    }

    #[test]
    fn a_bar_shows_count_rate_and_time_left() {
        let running = snapshot(1, Some(4), Phase::Running);
        insta::assert_snapshot!(running.text(), @"train <x> [███████·······················] 1 of 4 · 4 s each · 12 s left · loss 0.31");
        insta::assert_snapshot!(running.html());
        assert_eq!(snapshot(4, Some(4), Phase::Done).figures(), "4 of 4 · 1/s · done in 4 s · loss 0.31");
        assert_eq!(snapshot(2000, None, Phase::Stopped).figures(), "2,000 · 500/s · stopped after 4 s · loss 0.31");
        assert_eq!(snapshot(0, Some(0), Phase::Running).fraction(), Some(1.0));
    }

    #[test]
    fn bytes_and_durations_read_well() {
        assert_eq!(bytes(999.0), "999 B");
        assert_eq!(bytes(98_412_000.0), "98.4 MB");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(75.0), "1 min 15 s");
        assert_eq!(duration(7_260.0), "2 h 01 min");
        assert_eq!(duration(f64::INFINITY), "?");
    }
}
