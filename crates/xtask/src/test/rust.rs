//! `cargo fmt --check` and `cargo test`.

use anyhow::Result;

use super::{Context, Outcome, log};
use crate::bar::Step;

/// Formatting of the whole workspace.
pub fn fmt(context: &Context<'_>) -> Result<Outcome> {
    let output = context.project.cargo().args(["fmt", "--all", "--check"]).output()?;
    if output.status.success() {
        return Ok(Outcome::check(true, ""));
    }
    print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok(Outcome::check(false, "run `cargo fmt --all`"))
}

/// Unit, integration and documentation tests of the workspace.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let mut cargo = context.project.cargo();
    cargo.args(["test", "--workspace", "--release", "--no-fail-fast"]);
    cargo.env("COURSE_CACHE", &context.project.cache).env("COURSE_STAGE", context.ready.stage.folder());
    let ended = log::run(cargo, &context.reports().join("rust.log"), step, |line| {
        if line.starts_with("test ") {
            step.advance("");
        }
    })?;
    let (passed, failed) = count(&ended.text);
    // A test that does not compile or aborts has no result line.
    let failed = if failed == 0 && !ended.success { 1 } else { failed };
    Ok(Outcome { passed, failed, note: String::new() })
}

/// Sums libtest's `test result: ok. 12 passed; 0 failed; …` lines.
fn count(text: &str) -> (u64, u64) {
    let results = text.lines().filter_map(|line| line.strip_prefix("test result: "));
    results.fold((0, 0), |(passed, failed), line| {
        let number = |word: &str| {
            let before = line.split(word).next().unwrap_or_default();
            before
                .rsplit([' ', ';', '.'])
                .find(|part| !part.is_empty())
                .and_then(|part| part.parse::<u64>().ok())
                .unwrap_or(0)
        };
        (passed + number(" passed"), failed + number(" failed"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_binaries_are_summed() {
        let text = "test a ... ok\n\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(count(text), (15, 2));
        assert_eq!(count(""), (0, 0));
    }
}
