//! What is generated for `%timeit`: the cell's lines in a closure that is called often.

use super::generate::{File, Plan};
use super::source::{Binding, keep_only};

impl Plan<'_> {
    /// What `%timeit` measures: a closure that keeps nothing. `black_box` keeps the compiler from doing its work only once, or never.
    pub(super) fn repeated(&self, file: &mut File, error: &str, (loops, runs, setup): (Option<u64>, u32, usize)) {
        let (before, statements): (Vec<_>, Vec<_>) =
            self.source.statements.iter().cloned().partition(|range| range.start < setup);
        let awaits = self.awaits;
        if !before.is_empty() {
            file.cell_text(&keep_only(self.code, &before), self.cell, 1);
        }
        let ok = format!("::core::result::Result::<(), ::course_cell::{error}>::Ok(())");
        file.line(&format!("::course::runtime::timing::timeit({loops:?}, {runs}, || {{"));
        if awaits {
            file.line("::course::runtime::cell::block_on(async {");
        }
        for (name, _) in self.taken().filter(|(name, _)| !self.moved.contains(*name)) {
            file.line(&format!("::core::hint::black_box(&{name});"));
        }
        if !statements.is_empty() {
            file.cell_text(&keep_only(self.code, &statements), self.cell, 1);
        }
        if let Some(tail) = &self.source.tail {
            file.line("::core::hint::black_box(&(");
            file.cell_text(&keep_only(self.code, std::slice::from_ref(tail)), self.cell, 1);
            file.line("));");
        }
        for Binding { name, .. } in self.kept() {
            file.generated.puts.insert(file.next_line, name.clone());
            file.line(&format!("::core::hint::black_box(&{name});"));
        }
        file.line(&ok);
        file.line(if awaits { "})" } else { "" });
        file.line("})?;");
        file.line(&ok);
    }
}
