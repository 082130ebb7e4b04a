//! The schedules that depend on the step alone: what the learning rate is multiplied with.

use std::f64::consts::PI;

use super::{SchedulerSettings, SchedulerType};

/// Warmup and length of a run, in steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) warmup: f64,
    pub(super) total: f64,
    pub(super) learning_rate: f64,
}

impl Run {
    /// The part of a rising line from 0 to 1 at the end of the warmup.
    fn rising(self, step: f64) -> f64 {
        step / self.warmup.max(1.0)
    }

    /// How far the run is after the warmup, from 0 to 1.
    fn progress(self, step: f64) -> f64 {
        (step - self.warmup) / (self.total - self.warmup).max(1.0)
    }
}

/// A wave from 1 down, `cycles` times.
fn cosine(cycles: f64, progress: f64) -> f64 {
    0.5 * (1.0 + (PI * cycles * 2.0 * progress).cos())
}

/// Half a wave up or down, a line, or a root: 0 at `progress` 0.
fn shaped(shape: &str, cycles: f64, progress: f64) -> f64 {
    match shape {
        "cosine" => 1.0 - cosine(cycles, progress),
        "1-sqrt" => progress.sqrt(),
        _ => progress,
    }
}

/// What the learning rate is multiplied with at `step`, counted from 0.
pub(super) fn factor(kind: SchedulerType, step: u64, run: Run, settings: &SchedulerSettings) -> f64 {
    let step = step as f64;
    let warming = step < run.warmup;
    let lowest = settings.min_lr.map_or(settings.min_lr_rate.unwrap_or(0.0), |rate| rate / run.learning_rate);
    match kind {
        SchedulerType::Constant | SchedulerType::ReduceLrOnPlateau | SchedulerType::Greedy => 1.0,
        SchedulerType::CosineWarmupWithMinLr => {
            if warming {
                return match settings.warmup_lr_rate {
                    Some(first) => first + (1.0 - first) * step / (run.warmup - 1.0).max(1.0),
                    None => (step + 1.0) / run.warmup.max(1.0),
                };
            }
            let progress = (step - run.warmup + 1.0) / (run.total - run.warmup).max(1.0);
            (cosine(settings.num_cycles.unwrap_or(0.5), progress) * (1.0 - lowest) + lowest).max(0.0)
        }
        SchedulerType::WarmupStableDecay => stable(step, run, settings),
        _ if warming => run.rising(step),
        SchedulerType::Linear => ((run.total - step) / (run.total - run.warmup).max(1.0)).max(0.0),
        SchedulerType::Cosine => cosine(settings.num_cycles.unwrap_or(0.5), run.progress(step)).max(0.0),
        SchedulerType::CosineWithMinLr => {
            let wave = cosine(settings.num_cycles.unwrap_or(0.5), run.progress(step));
            (wave * (1.0 - lowest) + lowest).max(0.0)
        }
        SchedulerType::CosineWithRestarts => {
            let progress = run.progress(step);
            if progress >= 1.0 {
                return 0.0;
            }
            let within = (settings.num_cycles.unwrap_or(1.0) * progress) % 1.0;
            (0.5 * (1.0 + (PI * within).cos())).max(0.0)
        }
        SchedulerType::Polynomial => {
            let last = settings.lr_end.unwrap_or(1e-7);
            if step > run.total {
                return last / run.learning_rate;
            }
            let left = 1.0 - (step - run.warmup) / (run.total - run.warmup).max(1.0);
            ((run.learning_rate - last) * left.powf(settings.power.unwrap_or(1.0)) + last) / run.learning_rate
        }
        SchedulerType::ConstantWithWarmup => 1.0,
        SchedulerType::InverseSqrt => {
            let none = if run.warmup > 0.0 { run.warmup } else { 10_000.0 };
            let timescale = settings.timescale.unwrap_or(none);
            1.0 / ((step + timescale - run.warmup) / timescale).sqrt()
        }
    }
}

fn stable(step: f64, run: Run, settings: &SchedulerSettings) -> f64 {
    let decay = settings.num_decay_steps.unwrap_or(0) as f64;
    let stable = settings.num_stable_steps.map_or(run.total - run.warmup - decay, |steps| steps as f64);
    let lowest = settings.min_lr_ratio.unwrap_or(0.0);
    let cycles = settings.num_cycles.unwrap_or(0.5);
    let of = |factor: f64| (factor * (1.0 - lowest) + lowest).max(0.0);
    if step < run.warmup {
        let shape = settings.warmup_type.as_deref().unwrap_or("linear");
        let progress = run.rising(step);
        // The root is taken of what is left of the warmup.
        return of(if shape == "1-sqrt" { 1.0 - (1.0 - progress).sqrt() } else { shaped(shape, 0.5, progress) });
    }
    if step < run.warmup + stable {
        return 1.0;
    }
    if step < run.warmup + stable + decay {
        let progress = (step - run.warmup - stable) / decay.max(1.0);
        return of(1.0 - shaped(settings.decay_type.as_deref().unwrap_or("cosine"), cycles, progress));
    }
    lowest
}
