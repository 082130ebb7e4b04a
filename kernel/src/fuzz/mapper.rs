//! rustc's diagnostics, with places that may be anywhere.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::holds;
use super::source::source;
use crate::engine::dylib::fuzzed::{Code, Diagnostic, Expansion, Generated, Reporter, Span, friendly, generate};

/// A span as random numbers, which become places once the file is known.
#[derive(Debug, Clone)]
struct Draft {
    file: &'static str,
    from: Index,
    length: usize,
    beyond: usize,
    is_primary: bool,
    label: Option<String>,
    replacement: Option<String>,
    call: Option<Box<Draft>>,
}

#[derive(Debug, Clone)]
struct Message {
    text: String,
    code: Option<&'static str>,
    level: &'static str,
    spans: Vec<Draft>,
    children: Vec<Message>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "mismatched types",
            "expected `std::vec::Vec<u8>`, found `a::B::C`",
            "help: consider\nthis",
            "",
            "`x` 👩‍🔬"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z:<>,&`_ \n\u{e9}\u{1f980}]{0,30}",
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    let files = select(vec!["cell-1-0.rs", "cell-1-0.rs", "cell-1-0.rs", "/rustc/library/core/src/macros.rs"]);
    let leaf = (
        files,
        any::<Index>(),
        0..40usize,
        prop_oneof![9 => Just(0), 1 => 0..50usize],
        any::<bool>(),
        option::of(text()),
        option::of(text()),
    )
        .prop_map(|(file, from, length, beyond, is_primary, label, replacement)| Draft {
            file,
            from,
            length,
            beyond,
            is_primary,
            label,
            replacement,
            call: None,
        });
    leaf.prop_recursive(3, 3, 1, |inner| {
        (inner.clone(), option::of(inner)).prop_map(|(draft, call)| Draft { call: call.map(Box::new), ..draft })
    })
}

fn message() -> impl Strategy<Value = Message> {
    let leaf = (
        text(),
        option::of(select(vec!["E0308", "E0382", "unused_variables", "dropping_references"])),
        select(vec!["error", "warning", "note", "help", "failure-note", "error: internal compiler error"]),
        vec(draft(), 0..4),
    )
        .prop_map(|(text, code, level, spans)| Message { text, code, level, spans, children: Vec::new() });
    leaf.prop_recursive(2, 6, 3, |inner| {
        (inner.clone(), vec(inner, 0..3)).prop_map(|(message, children)| Message { children, ..message })
    })
}

fn span(draft: &Draft, text: &str) -> Span {
    let byte_start = draft.from.index(text.len() + 1) + draft.beyond;
    Span {
        file_name: draft.file.into(),
        byte_start,
        byte_end: byte_start + draft.length,
        line_start: 1 + text.bytes().take(byte_start).filter(|byte| *byte == b'\n').count() as u32,
        is_primary: draft.is_primary,
        label: draft.label.clone(),
        suggested_replacement: draft.replacement.clone(),
        expansion: draft.call.as_ref().map(|call| Box::new(Expansion { span: span(call, text) })),
    }
}

fn diagnostic(message: &Message, text: &str) -> Diagnostic {
    Diagnostic {
        message: message.text.clone(),
        code: message.code.map(|code| Code { code: code.into() }),
        level: message.level.into(),
        spans: message.spans.iter().map(|draft| span(draft, text)).collect(),
        children: message.children.iter().map(|child| diagnostic(child, text)).collect(),
    }
}

fn cells_of(cell: &str) -> (Generated, BTreeMap<u32, String>) {
    (generate(cell), BTreeMap::from([(1, cell.to_owned())]))
}

#[test]
fn every_diagnostic_is_told_in_places_of_the_cell() {
    holds(
        "the diagnostics mapper",
        || (source(), message()),
        |(cell, message)| {
            let (generated, cells) = cells_of(&cell);
            let diagnostic = diagnostic(&message, &generated.text);
            let reporter = Reporter::new(&generated, "cell-1-0", &cells);
            for span in &diagnostic.spans {
                if let Some(place) = reporter.place(span) {
                    prop_assert!(cell.get(place.bytes.clone()).is_some(), "{place:?} is no part of the cell");
                }
            }
            reporter.primary(&diagnostic);
            let coloured = reporter.render(&diagnostic, false).contains('\u{1b}');
            prop_assert!(!coloured || cell.contains('\x1b'));
            reporter.render(&diagnostic, true);
            friendly(&diagnostic.message);
            Ok(())
        },
    );
}
