//! What a learner sees of `:dep`: a bar while cargo works, then a line for each crate.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use course_wire::Bundle;

use super::super::commands::{escape, table};
use super::Clash;
use super::cargo::Progress;
use super::set::Crate;
use super::spec::Spec;
use crate::engine::{Event, Output};

/// The bar moves at most this often.
const EVERY: Duration = Duration::from_millis(200);

/// How wide the names of the crates at work may be.
const NAMES: usize = 70;

/// One display, replaced as the work goes on.
pub struct Shown<'a> {
    output: &'a dyn Output,
    id: String,
    there: bool,
    last: Option<Instant>,
}

impl<'a> Shown<'a> {
    /// Shows nothing yet.
    pub fn new(output: &'a dyn Output) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let id = format!("course-dep-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { output, id, there: false, last: None }
    }

    fn show(&mut self, bundle: Bundle) {
        let update = std::mem::replace(&mut self.there, true);
        self.output.emit(Event::Display { bundle, display_id: Some(self.id.clone()), update });
    }

    /// Moves the bar.
    pub fn progress(&mut self, progress: &Progress) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        self.show(bar(progress));
    }

    /// Takes the bar away: the error says the rest.
    pub fn failed(&mut self) {
        if self.there {
            self.show(Bundle::text("nothing was added"));
        }
    }

    /// Replaces the bar by what was added.
    pub fn summary(
        &mut self,
        asked: &BTreeSet<String>,
        crates: &[(String, Crate)],
        clashes: &[Clash],
        took: Option<Duration>,
    ) {
        let mut lines = Vec::new();
        for (name, one) in crates.iter().filter(|(name, _)| asked.contains(name)) {
            let renamed = if name == &one.name { String::new() } else { format!(" (`{}`)", one.package) };
            let how = match (one.shared, took) {
                (true, _) => ": the course's own, its types are the same".to_owned(),
                (false, Some(took)) => format!(": built in {:.1} s", took.as_secs_f64()),
                (false, None) => ": ready".to_owned(),
            };
            lines.push(format!("`{name}`{renamed} {}{how}", one.version));
        }
        lines.extend(clashes.iter().map(|clash| format!("note: {}", clash.sentence())));
        let html: Vec<String> =
            lines.iter().map(|line| format!("<div>{}</div>", super::super::note::code_spans(&escape(line)))).collect();
        self.show(Bundle::html(html.concat(), lines.join("\n").replace('`', "")));
    }
}

fn bar(progress: &Progress) -> Bundle {
    match progress {
        Progress::Step(step) => {
            Bundle::html(format!("<div style=\"opacity:.75\">{}</div>", escape(step)), format!("cargo: {step}"))
        }
        Progress::Building { done, total, names } => {
            let names: String = names.chars().take(NAMES).collect();
            let html = format!(
                "<div style=\"display:flex;gap:.6em;align-items:center\"><progress max=\"{total}\" value=\"{done}\"></progress>\
                 <span>{done}/{total}</span><code style=\"opacity:.75\">{}</code></div>",
                escape(&names)
            );
            Bundle::html(html, format!("building crates: {done}/{total} {names}"))
        }
    }
}

/// The table that `:dep` alone shows.
pub fn list<'a>(wanted: impl Iterator<Item = &'a Spec>, crates: &[(String, Crate)]) -> Bundle {
    let rows: Vec<Vec<String>> = wanted
        .map(|spec| {
            let name = spec.crate_name();
            let one = crates.iter().find(|(other, _)| *other == name).map(|(_, one)| one);
            let version = one.map_or_else(String::new, |one| one.version.clone());
            let origin = match one {
                Some(one) if one.shared => "the course library".to_owned(),
                _ => spec.origin(),
            };
            vec![name, version, origin]
        })
        .collect();
    if rows.is_empty() {
        return Bundle::text("no crates added yet: `:dep rand = \"0.9\"` adds one");
    }
    table(&["crate", "version", "from"], &[0], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Event;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(String, bool)>>);

    impl Output for Kept {
        fn emit(&self, event: Event) {
            let Event::Display { bundle, update, .. } = event else { return };
            let text = bundle.data.get("text/plain").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
            self.0.lock().unwrap().push((text, update));
        }
    }

    #[test]
    fn one_display_becomes_the_summary() {
        let kept = Kept::default();
        let mut shown = Shown::new(&kept);
        shown.progress(&Progress::Building { done: 1, total: 3, names: "itoa".into() });
        shown.progress(&Progress::Building { done: 2, total: 3, names: "too soon".into() });
        let one = Crate {
            package: "k".into(),
            version: "1.0.2".into(),
            name: "k".into(),
            file: "k.rmeta".into(),
            identity: "1".into(),
            shared: false,
        };
        shown.summary(&BTreeSet::from(["k".into()]), &[("k".into(), one)], &[], Some(Duration::from_secs(3)));
        let kept = kept.0.into_inner().unwrap();
        assert_eq!(kept, [("building crates: 1/3 itoa".into(), false), ("k 1.0.2: built in 3.0 s".into(), true)]);
    }
}
