//! The tests in Python: clients of the kernel, notebooks, and what set-up says on a broken machine.

use std::ffi::OsStr;

use anyhow::Result;

use super::{Context, Outcome, log};
use crate::bar::Step;
use crate::run::python;

/// Runs `tests/<folder>` with pytest.
pub fn pytest(context: &Context<'_>, step: &Step, folder: &str) -> Result<Outcome> {
    pytest_of(context, step, folder, &[&format!("tests/{folder}")], &[])
}

/// Runs these files and folders with pytest, in this environment; a JUnit file named for the part is left beside the log.
pub fn pytest_of(
    context: &Context<'_>,
    step: &Step,
    part: &str,
    files: &[&str],
    environment: &[(&str, &OsStr)],
) -> Result<Outcome> {
    let reports = context.reports();
    let mut python = python(context.project);
    python.args(["-m", "pytest", "-v", "-p", "no:cacheprovider", "--color=no", "--tb=short", "--durations=10"]);
    python.args(["--continue-on-collection-errors", "--junitxml"]);
    python.arg(reports.join(format!("{part}.xml"))).args(files).envs(environment.iter().copied());
    python.env("COURSE_STAGE", context.ready.stage.folder()).env("COURSE_SCRATCH", context.project.scratch());
    python.env("COURSE_BUILD_ID", &context.ready.stage.build_id).env("CARGO_TARGET_DIR", &context.project.target);
    // Not this program itself: the build may have replaced its file while it runs.
    python.env("XTASK", context.project.target.join("release/xtask"));
    let ended = log::run(python, &reports.join(format!("{part}.log")), step, |line| {
        if let Some((test, _)) = line.split_once(" PASSED") {
            step.messages().set_message(test.rsplit("::").next().unwrap_or(test).to_owned());
        }
    })?;
    let (passed, failed, skipped) = count(&ended.text);
    let failed = if failed == 0 && !ended.success { 1 } else { failed };
    // "xfailed" is what must fail, and does.
    let note = if skipped > 0 { format!("{skipped} skipped") } else { String::new() };
    Ok(Outcome { passed, failed, note })
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
}
