//! The tests in Python: clients of the kernel, notebooks, and what set-up says on a broken machine.

use std::process::Command;

use anyhow::Result;

use super::{Context, Outcome, log};
use crate::bar::Step;
use crate::run::python;

/// Runs `tests/<folder>` with pytest.
pub fn pytest(context: &Context<'_>, step: &Step, folder: &str) -> Result<Outcome> {
    pytest_with(python(context.project), context, step, folder)
}

/// The same on another environment's Python.
pub fn pytest_with(python: Command, context: &Context<'_>, step: &Step, folder: &str) -> Result<Outcome> {
    pytest_of(python, context, step, folder, &[&format!("tests/{folder}")])
}

/// Runs these files and folders with pytest; a JUnit file named for the part is left beside the log.
pub fn pytest_of(
    mut python: Command,
    context: &Context<'_>,
    step: &Step,
    part: &str,
    files: &[&str],
) -> Result<Outcome> {
    let reports = context.reports();
    python.args(["-m", "pytest", "-v", "-p", "no:cacheprovider", "--color=no", "--tb=short", "--durations=10"]);
    python.args(["--continue-on-collection-errors", "--junitxml"]);
    python.arg(reports.join(format!("{part}.xml"))).args(workers(part)).args(files);
    python.env("COURSE_STAGE", context.ready.stage.folder()).env("COURSE_SCRATCH", context.project.scratch());
    python.env("COURSE_BUILD_ID", &context.ready.stage.build_id).env("CARGO_TARGET_DIR", &context.project.target);
    // Not this program itself: the build may have replaced its file while it runs.
    python.env("XTASK", context.project.target.join("release/xtask"));
    let ended = log::run(python, &reports.join(format!("{part}.log")), step, |line| {
        if let Some(test) = passed_test(line) {
            step.messages().set_message(test.to_owned());
        }
    })?;
    let (passed, failed, skipped) = count(&ended.text);
    let failed = if failed == 0 && !ended.success { 1 } else { failed };
    let note = if skipped > 0 { format!("{skipped} skipped") } else { String::new() };
    Ok(Outcome { passed, failed, note })
}

/// Two processes for the parts whose tests mostly wait for kernels: files go whole to one of them where tests share a file's kernel, and
/// one by one where each test starts afresh.
fn workers(part: &str) -> &'static [&'static str] {
    match part {
        // In the order of tests/kernel/conftest.py.
        "kernel" => &["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"],
        "language" => &["-n", "2", "--dist", "load"],
        _ => &[],
    }
}

/// The name in `tests/x.py::test PASSED [ 3%]`, or in `[gw0] [ 3%] PASSED tests/x.py::test`.
fn passed_test(line: &str) -> Option<&str> {
    let (before, after) = line.split_once(" PASSED")?;
    let test = if before.starts_with("[gw") { after.trim() } else { before.trim() };
    test.rsplit("::").next()
}

/// Reads pytest's last line, `== 3 failed, 12 passed, 1 skipped in 4.2s ==`.
fn count(text: &str) -> (u64, u64, u64) {
    let summary = text.lines().rev().find(|line| line.starts_with('=') && line.contains(" in ")).unwrap_or_default();
    let words: Vec<&str> = summary.split([' ', ',', '=']).filter(|word| !word.is_empty()).collect();
    let number = |name: &str| {
        let pairs = words.windows(2).filter(|pair| pair.get(1).is_some_and(|word| word.starts_with(name)));
        pairs.filter_map(|pair| pair.first()?.parse::<u64>().ok()).sum::<u64>()
    };
    (number("passed"), number("failed") + number("error"), number("skipped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_read() {
        assert_eq!(count("x\n===== 3 failed, 12 passed, 1 skipped, 2 errors in 4.20s =====\n"), (12, 5, 1));
        assert_eq!(count("==== 7 passed in 0.12s ====\n"), (7, 0, 0));
        assert_eq!(count("Traceback"), (0, 0, 0));
    }

    #[test]
    fn a_passed_test_is_named_with_and_without_workers() {
        assert_eq!(passed_test("tests/kernel/test_a.py::test_b[c-d] PASSED   [ 12%]"), Some("test_b[c-d]"));
        assert_eq!(passed_test("[gw1] [ 12%] PASSED tests/kernel/test_a.py::test_b "), Some("test_b"));
        assert_eq!(passed_test("tests/kernel/test_a.py::test_b FAILED"), None);
    }
}
