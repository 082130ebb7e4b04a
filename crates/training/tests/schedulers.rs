//! Every learning rate of every schedule beside transformers' (`golden/make.py`).

use course_training::schedulers::{Scheduler, SchedulerSettings, SchedulerType};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    kind: String,
    total: u64,
    warmup: u64,
    settings: SchedulerSettings,
    metrics: Option<Vec<f64>>,
    rates: Vec<f64>,
}

#[test]
fn every_rate_is_transformers() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/schedulers.json")).unwrap();
    let mut kinds: Vec<&str> = cases.iter().map(|case| case.kind.as_str()).collect();
    kinds.dedup();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), SchedulerType::ALL.len());
    for case in &cases {
        let kind: SchedulerType = case.kind.parse().unwrap();
        let mut scheduler =
            Scheduler::with_settings(kind, 0.01, case.warmup, case.total, case.settings.clone()).unwrap();
        for (step, expected) in case.rates.iter().enumerate() {
            // A state saved and loaded at every step changes nothing.
            let state = serde_json::to_string(&scheduler.state()).unwrap();
            scheduler.load_state(&serde_json::from_str(&state).unwrap());
            let found = scheduler.learning_rate();
            let settings = serde_json::to_string(&case.settings).unwrap();
            assert!(
                (found - expected).abs() <= 1e-12,
                "{kind} {settings}, warmup {}, step {step}: {found}, transformers {expected}",
                case.warmup
            );
            scheduler.step();
            if let Some(metrics) = &case.metrics {
                scheduler.observe(metrics[step]);
            }
        }
    }
}

#[test]
fn what_a_schedule_needs_is_said() {
    let of =
        |kind, settings| Scheduler::with_settings(kind, 1e-3, 0, 10, settings).map(|_| ()).unwrap_err().to_string();
    let none = SchedulerSettings::default;
    assert!(of(SchedulerType::CosineWithMinLr, none()).contains("one of min_lr and min_lr_rate"));
    assert!(of(SchedulerType::WarmupStableDecay, none()).contains("num_decay_steps"));
    let wrong = none().num_decay_steps(2_u64).decay_type("sine");
    assert!(of(SchedulerType::WarmupStableDecay, wrong).contains("\"sine\" is none of linear, cosine, 1-sqrt"));
    assert!(of(SchedulerType::Polynomial, none().lr_end(0.1)).contains("lr_end 1e-1 is not below"));
    let linear = of(SchedulerType::Linear, none().num_cycles(2.0));
    assert!(linear.ends_with("of linear: num_cycles has no effect; it takes none"), "{linear}");
    let inverse = of(SchedulerType::InverseSqrt, none().power(2.0));
    assert!(inverse.ends_with("power has no effect; it takes timescale"), "{inverse}");
    let plateau = of(SchedulerType::ReduceLrOnPlateau, none().mode("most"));
    assert!(plateau.ends_with("mode \"most\" is none of min, max"), "{plateau}");
    let error = "cosin".parse::<SchedulerType>().unwrap_err().to_string();
    assert!(error.starts_with("lr_scheduler_type: \"cosin\" is none of linear, cosine, "), "{error}");
    assert!(Scheduler::new(SchedulerType::Linear, -1.0, 0, 10).is_err());
}
