//! Property tests that go on for as long as one asks: a few hundred random inputs in `cargo test`, and with
//! `COURSE_FUZZ_SECONDS=600` ten minutes of them for each property.

mod decoder;
mod mapper;
mod source;
mod splitter;

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

use crate::jupyter::on_deep_stack;

/// Checks a property on random inputs, on a stack as large as the one that cells are parsed on.
pub fn holds<S: Strategy>(
    name: &str,
    strategy: impl Fn() -> S + Sync,
    check: impl Fn(S::Value) -> TestCaseResult + Sync,
) {
    let limit = std::env::var("COURSE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let limit = limit.map(Duration::from_secs_f64);
    let begun = Instant::now();
    let mut tried = 0u64;
    loop {
        let config = Config { failure_persistence: None, ..Config::default() };
        let failure = on_deep_stack(|| {
            let cases = u64::from(config.cases);
            TestRunner::new(config).run(&strategy(), &check).map(|()| cases).map_err(|failure| failure.to_string())
        });
        match failure {
            Some(Ok(cases)) => tried += cases,
            Some(Err(failure)) => panic!("{name}: {failure}"),
            None => panic!("{name}: the thread that tries inputs failed"),
        }
        if limit.is_none_or(|limit| begun.elapsed() >= limit) {
            break;
        }
    }
    if limit.is_some() {
        println!("{name}: {tried} inputs in {} s", begun.elapsed().as_secs());
    }
}
