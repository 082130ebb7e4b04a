//! The bars in a terminal: indicatif's, which keep their lines when several run.

use std::sync::LazyLock;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::snapshot::Unit;

/// All bars of the program: bars that do not know of each other draw over each other.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A bar below those that run.
pub(super) fn bar(total: Option<u64>, label: &str, unit: Unit) -> ProgressBar {
    let counts = match (unit, total) {
        (Unit::Steps, Some(_)) => "[{bar:30}] {human_pos}/{human_len} {per_sec} eta {eta} {msg}",
        (Unit::Steps, None) => "{spinner} {human_pos} {per_sec} {elapsed} {msg}",
        (Unit::Bytes, Some(_)) => {
            "[{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {msg}"
        }
        (Unit::Bytes, None) => "{spinner} {binary_bytes} {binary_bytes_per_sec} {elapsed} {msg}",
    };
    let bar = BARS.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
    // A label is text, not a template.
    if let Ok(style) = ProgressStyle::with_template(&format!("{{prefix}} {counts}")) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.with_prefix(label.to_owned())
}
