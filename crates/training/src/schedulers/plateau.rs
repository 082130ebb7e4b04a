//! The schedules that look at a metric: PyTorch's `ReduceLROnPlateau` and transformers' `GreedyLR`.

use serde::{Deserialize, Serialize};

use super::{SchedulerSettings, SchedulerType};

/// What they remember.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    #[serde(with = "crate::exact")]
    pub(super) rate: f64,
    #[serde(with = "crate::exact")]
    first: f64,
    /// The best value; none before the first, which JSON could not hold as infinity.
    #[serde(with = "crate::exact::each")]
    best: Option<f64>,
    bad: u64,
    good: u64,
    cooldown: u64,
    warmup: u64,
    #[serde(with = "crate::exact::each")]
    recent: Vec<f64>,
    until_reset: i64,
}

impl Watch {
    pub(super) fn new(rate: f64, settings: &SchedulerSettings) -> Self {
        let until_reset = settings.reset_start.unwrap_or(500) as i64;
        Self { rate, first: rate, best: None, bad: 0, good: 0, cooldown: 0, warmup: 0, recent: Vec::new(), until_reset }
    }

    /// Looks at the next value of the metric.
    pub(super) fn observe(&mut self, kind: SchedulerType, metric: f64, settings: &SchedulerSettings) {
        match kind {
            SchedulerType::ReduceLrOnPlateau => self.plateau(metric, settings),
            SchedulerType::Greedy => self.greedy(metric, settings),
            _ => {}
        }
    }

    fn better(&self, metric: f64, settings: &SchedulerSettings, (relative, threshold): (bool, f64)) -> bool {
        let threshold = settings.threshold.unwrap_or(threshold);
        let relative = settings.threshold_mode.as_deref().map_or(relative, |mode| mode == "rel");
        let Some(best) = self.best else { return !metric.is_nan() };
        match (settings.mode.as_deref() == Some("max"), relative) {
            (false, true) => metric < best * (1.0 - threshold),
            (false, false) => metric < best - threshold,
            (true, true) => metric > best * (1.0 + threshold),
            (true, false) => metric > best + threshold,
        }
    }

    fn plateau(&mut self, metric: f64, settings: &SchedulerSettings) {
        if self.better(metric, settings, (true, 1e-4)) {
            self.best = Some(metric);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.bad = 0;
        }
        if self.bad > settings.patience.unwrap_or(10) {
            self.lower(settings.factor.unwrap_or(0.1), settings.min_lr.unwrap_or(0.0), settings);
            self.cooldown = settings.cooldown.unwrap_or(0);
            self.bad = 0;
        }
    }

    fn greedy(&mut self, metric: f64, settings: &SchedulerSettings) {
        let metric = if settings.smooth { self.smoothed(metric, settings.window_size.unwrap_or(50)) } else { metric };
        if self.cooldown > 0 || self.warmup > 0 {
            let counter = if self.cooldown > 0 { &mut self.cooldown } else { &mut self.warmup };
            *counter -= 1;
            (self.bad, self.good) = (0, 0);
            return;
        }
        if self.better(metric, settings, (false, 1e-6)) {
            self.best = Some(metric);
            (self.bad, self.good) = (0, self.good + 1);
        } else {
            (self.bad, self.good) = (self.bad + 1, 0);
        }
        let patience = settings.patience.unwrap_or(10);
        let factor = settings.factor.unwrap_or(0.95);
        if self.good > patience {
            let higher = (self.rate / factor).min(settings.max_lr.unwrap_or(1.0));
            if higher - self.rate > settings.eps.unwrap_or(1e-8) {
                self.rate = higher;
            }
            self.until_reset = settings.reset_start.unwrap_or(500) as i64;
            (self.warmup, self.good) = (settings.warmup.unwrap_or(0), 0);
        } else if self.bad > patience {
            let lowest = settings.min_lr.unwrap_or(1e-3);
            self.lower(factor, lowest, settings);
            (self.cooldown, self.bad) = (settings.cooldown.unwrap_or(0), 0);
            if self.rate <= lowest {
                self.until_reset -= 1;
                if self.until_reset <= 0 {
                    // As transformers does: all anew, and then the cooldown of this step.
                    *self = Self { cooldown: self.cooldown, ..Self::new(self.first, settings) };
                }
            }
        }
    }

    fn lower(&mut self, factor: f64, lowest: f64, settings: &SchedulerSettings) {
        let lower = (self.rate * factor).max(lowest);
        if self.rate - lower > settings.eps.unwrap_or(1e-8) {
            self.rate = lower;
        }
    }

    /// The mean of the last values.
    fn smoothed(&mut self, metric: f64, window: usize) -> f64 {
        self.recent.push(metric);
        if self.recent.len() > window {
            self.recent.remove(0);
        }
        self.recent.iter().sum::<f64>() / self.recent.len() as f64
    }
}
