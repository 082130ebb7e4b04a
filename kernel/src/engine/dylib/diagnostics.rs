//! rustc's diagnostics, told in cell lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::compile::{Diagnostic, Span};
use super::generate::Generated;
use crate::engine::CellName;

/// Turns places of a generated file into places of cells, and diagnostics into reports.
pub struct Reporter<'a> {
    generated: &'a Generated,
    file: String,
    line_starts: Vec<usize>,
    cells: &'a BTreeMap<u32, String>,
    cell_line_starts: RefCell<BTreeMap<u32, Rc<Vec<usize>>>>,
}

/// A place in a cell, in bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSpan {
    /// The cell's number.
    pub cell: u32,
    /// The line, from 1.
    pub line: u32,
    /// The bytes.
    pub bytes: Range<usize>,
}

impl<'a> Reporter<'a> {
    /// A reporter for one generated file, given the cells' texts.
    pub fn new(generated: &'a Generated, name: &str, cells: &'a BTreeMap<u32, String>) -> Self {
        Self {
            generated,
            file: format!("{name}.rs"),
            line_starts: line_starts(&generated.text),
            cells,
            cell_line_starts: RefCell::default(),
        }
    }

    /// Where the lines of a cell begin, looked up once however many spans ask.
    fn starts_of(&self, cell: u32, text: &str) -> Rc<Vec<usize>> {
        let mut known = self.cell_line_starts.borrow_mut();
        Rc::clone(known.entry(cell).or_insert_with(|| Rc::new(line_starts(text))))
    }

    /// The place in the generated file that a span is about: its own, or the macro call it comes from.
    fn in_file<'s>(&self, mut span: &'s Span) -> Option<&'s Span> {
        while span.file_name != self.file {
            span = &span.expansion.as_ref()?.span;
        }
        Some(span)
    }

    /// The generated line a span is on.
    pub fn generated_line(&self, span: &Span) -> Option<u32> {
        self.in_file(span).map(|span| span.line_start)
    }

    /// The place in a cell that a span is about; `None` for generated lines and other crates.
    pub fn place(&self, span: &Span) -> Option<CellSpan> {
        let span = self.in_file(span)?;
        let (cell, line, start) = self.position(span.byte_start)?;
        let end = match self.position(span.byte_end) {
            Some((other, _, end)) if other == cell => end,
            _ => start,
        };
        Some(CellSpan { cell, line, bytes: start..end.max(start) })
    }

    fn position(&self, byte: usize) -> Option<(u32, u32, usize)> {
        let index = self.line_starts.partition_point(|start| *start <= byte).checked_sub(1)?;
        let generated = index as u32 + 1;
        let mut column = byte - self.line_starts[index];
        for (_, at, bytes) in self.generated.inserted.iter().filter(|(line, ..)| *line == generated) {
            if column > *at {
                column = column.saturating_sub(*bytes).max(*at);
            }
        }
        let (cell, line) = self.generated.lines.place(generated)?;
        let text = self.cells.get(&cell)?;
        let starts = self.starts_of(cell, text);
        let start = *starts.get(line as usize - 1)?;
        let end = starts.get(line as usize).map_or(text.len(), |next| next - 1);
        let mut at = (start + column).min(end);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Some((cell, line, at))
    }

    /// The first place in a cell that a diagnostic is about.
    pub fn primary(&self, diagnostic: &Diagnostic) -> Option<CellSpan> {
        diagnostic.spans.iter().filter(|span| span.is_primary).find_map(|span| self.place(span))
    }

    /// The report for one diagnostic, with ANSI colours or without.
    pub fn render(&self, diagnostic: &Diagnostic, coloured: bool) -> String {
        let message = friendly(&diagnostic.message);
        let level = if diagnostic.level == "warning" { Level::WARNING } else { Level::ERROR };
        let mut title = level.primary_title(message);
        if diagnostic.code().starts_with('E') {
            title = title.id(diagnostic.code().to_owned());
        }
        let mut groups = Vec::new();
        let mut first = Group::with_title(title).elements(self.snippets(diagnostic));
        for child in &diagnostic.children {
            let message = friendly(&child.message);
            let level = match child.level.as_str() {
                "help" => Level::HELP,
                _ => Level::NOTE,
            };
            // A list of who else has the trait is noise: with the course's crates it is long, and none of them is the learner's.
            if message.starts_with("the following other types implement trait") {
                continue;
            }
            // Where a lint is configured is a matter of the kernel's.
            if message.contains("on by default") || message.contains("for more information about this error") {
                continue;
            }
            let patches: Vec<_> = child
                .spans
                .iter()
                .filter_map(|span| Some((self.place(span)?, span.suggested_replacement.clone()?)))
                .collect();
            let snippets = self.snippets(child);
            if let Some((place, _)) = patches.first() {
                let Some(text) = self.cells.get(&place.cell) else { continue };
                let cell = place.cell;
                let patches = patches
                    .into_iter()
                    .filter(|(place, _)| place.cell == cell)
                    .map(|(place, replacement)| Patch::new(place.bytes, replacement));
                let snippet = Snippet::source(text.as_str()).path(CellName(cell).to_string()).patches(patches);
                groups.push(level.secondary_title(message).element(snippet));
            } else if !snippets.is_empty() {
                groups.push(level.secondary_title(message).elements(snippets));
            } else {
                let replacements: Vec<_> = child
                    .spans
                    .iter()
                    .filter_map(|span| span.suggested_replacement.as_deref())
                    .map(|replacement| path_in_a_cell(replacement.trim()))
                    .collect();
                let message = match replacements.is_empty() {
                    true => message,
                    false => format!("{message}: `{}`", replacements.join("` or `")),
                };
                first = first.element(level.message(message));
            }
        }
        groups.insert(0, first);
        let renderer = if coloured { super::palette::renderer() } else { Renderer::plain() };
        renderer.render(&groups)
    }

    /// One snippet a cell, with the diagnostic's places marked.
    fn snippets(&self, diagnostic: &Diagnostic) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let mut places: Vec<(CellSpan, bool, Option<String>)> = Vec::new();
        for span in diagnostic.spans.iter().filter(|span| span.suggested_replacement.is_none()) {
            if let Some(place) = self.place(span) {
                places.push((place, span.is_primary, span.label.as_deref().map(friendly)));
            }
        }
        let mut cells: Vec<u32> = Vec::new();
        places.iter().for_each(|(place, ..)| {
            if !cells.contains(&place.cell) {
                cells.push(place.cell);
            }
        });
        let snippet = |cell: u32| {
            let text = self.cells.get(&cell)?;
            let marks = places.iter().filter(|(place, ..)| place.cell == cell).map(|(place, primary, label)| {
                let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                let mark = kind.span(place.bytes.clone());
                match label {
                    Some(label) => mark.label(label.clone()),
                    None => mark,
                }
            });
            Some(Snippet::source(text.as_str()).path(CellName(cell).to_string()).annotations(marks.collect::<Vec<_>>()))
        };
        cells.into_iter().filter_map(snippet).collect()
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// A message without the paths that only the kernel needs: `std::vec::Vec<u8>` reads `Vec<u8>`.
pub fn friendly(message: &str) -> String {
    if message.contains("import") || message.contains("a similar path") {
        return message.to_owned();
    }
    shorten(message)
}

/// A proposed `use` by the name that a cell has for the crate: `use course_hub::resolve;` → `use course::hub::resolve;`.
fn path_in_a_cell(replacement: &str) -> String {
    const MODULES: &[(&str, &str)] = &[
        ("course_datasets", "datasets"),
        ("course_display", "display"),
        ("course_evaluation", "evaluation"),
        ("course_exercises", "exercises"),
        ("course_hub", "hub"),
        ("course_models", "transformers"),
        ("course_pipelines", "pipelines"),
        ("course_tokenization", "tokenizers"),
        ("course_training", "training"),
        ("course_widgets", "widgets"),
        ("candle_core", "candle_core"),
        ("candle_nn", "candle_nn"),
        ("indicatif", "indicatif"),
        ("plotters", "plotters"),
        ("polars", "polars"),
        ("serde_json", "serde_json"),
        ("tokio", "tokio"),
    ];
    let path = replacement.strip_prefix("use ").and_then(|path| path.split_once("::"));
    let module = |name: &str| MODULES.iter().find(|(known, _)| *known == name).map(|(_, module)| module);
    match path.and_then(|(name, rest)| Some((module(name)?, rest))) {
        Some((module, rest)) => format!("use course::{module}::{rest}"),
        None => replacement.to_owned(),
    }
}

/// Drops the modules before a type's name: `std::collections::HashMap<&str, std::vec::Vec<u8>>` → `HashMap<&str, Vec<u8>>`.
pub fn shorten(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let trimmed = path.trim_end_matches(':');
        let last = trimmed.rsplit("::").next().unwrap_or(trimmed);
        let is_type = trimmed.contains("::") && last.starts_with(char::is_uppercase);
        // `Color::Red` keeps its enum: only modules, which are lower case, go.
        let from = match is_type {
            true => trimmed
                .split("::")
                .take_while(|s| s.starts_with(|c: char| c.is_lowercase() || c == '_'))
                .map(|s| s.len() + 2)
                .sum(),
            false => 0,
        };
        out.push_str(path.get(from..).unwrap_or(path));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_use_works_in_a_cell() {
        assert_eq!(path_in_a_cell("use course_models::Philox;"), "use course::transformers::Philox;");
        assert_eq!(path_in_a_cell("use tokio::time::sleep;"), "use course::tokio::time::sleep;");
        assert_eq!(path_in_a_cell("use std::time::Duration;"), "use std::time::Duration;");
        assert_eq!(path_in_a_cell("&"), "&");
    }

    #[test]
    fn paths_are_shortened_to_the_names_a_learner_writes() {
        assert_eq!(shorten("std::collections::HashMap<&str, std::vec::Vec<u8>>"), "HashMap<&str, Vec<u8>>");
        assert_eq!(shorten("use of `course::candle_core::Tensor::new`"), "use of `course::candle_core::Tensor::new`");
        assert_eq!(
            shorten("expected `std::option::Option<i32>`, found `Color::Red`"),
            "expected `Option<i32>`, found `Color::Red`"
        );
        assert_eq!(shorten("std::env::args: x"), "std::env::args: x");
    }
}
