//! Whether what has been typed is a whole cell: a console runs it on Enter, or gives another line.

use proc_macro2::TokenStream;
use serde_json::{Value, json};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Block};

use super::scan::{Scan, scan};
use super::source::{LONGEST_PARSED, on_deep_stack, without_commands};

/// The longest source that is looked at, in bytes: scanning takes four times as much memory.
const LONGEST_SCANNED: usize = 1 << 20;

/// What a piece of source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// It can be run.
    Complete,
    /// More is needed; the next line starts with this.
    Incomplete {
        /// Spaces for the next line.
        indent: String,
    },
    /// No more text can make it Rust.
    Invalid,
    /// It was too long to look at.
    Unknown,
}

impl Completeness {
    /// The content of an `is_complete_reply`.
    pub fn content(&self) -> Value {
        match self {
            Self::Complete => json!({ "status": "complete" }),
            Self::Incomplete { indent } => json!({ "status": "incomplete", "indent": indent }),
            Self::Invalid => json!({ "status": "invalid" }),
            Self::Unknown => json!({ "status": "unknown" }),
        }
    }
}

/// Looks at a cell's source, command lines included.
pub fn is_complete(code: &str) -> Completeness {
    if code.len() > LONGEST_SCANNED {
        return Completeness::Unknown;
    }
    let incomplete = |levels| Completeness::Incomplete { indent: " ".repeat(4 * levels) };
    let Some(rust) = without_commands(code) else { return Completeness::Complete };
    match scan(&rust) {
        Scan::Text => return incomplete(0),
        Scan::Brackets { levels } => return incomplete(levels),
        Scan::Mismatched => return Completeness::Invalid,
        Scan::Balanced => {}
    }
    if rust.len() > LONGEST_PARSED {
        return Completeness::Unknown;
    }
    match on_deep_stack(move || parse(&rust)) {
        Some(Parsed::Whole) => Completeness::Complete,
        Some(Parsed::Cut) => incomplete(1),
        Some(Parsed::CutBeforeItem) => incomplete(0),
        Some(Parsed::Wrong) => Completeness::Invalid,
        None => Completeness::Unknown,
    }
}

enum Parsed {
    Whole,
    Cut,
    CutBeforeItem,
    Wrong,
}

fn parse(rust: &str) -> Parsed {
    let Ok(tokens) = rust.parse::<TokenStream>() else { return Parsed::Wrong };
    let cell = |input: ParseStream| input.call(Attribute::parse_inner).and_then(|_| Block::parse_within(input));
    match cell.parse2(tokens) {
        Ok(_) => Parsed::Whole,
        // At the end of the whole input, syn's errors have no place of their own; inside brackets they point at the bracket.
        Err(error) if error.span().byte_range().is_empty() => {
            let attribute = rust.trim_end().lines().last().is_some_and(|line| {
                let line = line.trim_start();
                line.starts_with("#[") || line.starts_with("///")
            });
            if attribute { Parsed::CutBeforeItem } else { Parsed::Cut }
        }
        Err(_) => Parsed::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indent(code: &str) -> usize {
        match is_complete(code) {
            Completeness::Incomplete { indent } => indent.len(),
            other => panic!("{code}: {other:?}"),
        }
    }

    #[test]
    fn whole_cells_run() {
        for code in [
            "",
            "  \n",
            "1 + 1",
            "let x = 5;",
            "let x = 5;\nx",
            "println!(\"(\")",
            "use std::fmt;\nfn f() -> u32 { 1 }\nf()",
            "struct A;\nimpl A { fn g(&self) {} }",
            "#[derive(Debug)]\nstruct P { x: f32 }",
            "for i in 0..3 { print!(\"{i}\"); }",
            "let s = r#\"{\"#;",
            "a.await?",
            "'a: loop { break 'a; }",
            ":vars",
            "!ls -l (",
            "%%bash\nif [ 1 ]",
            ":opt 2\nlet y = 1;",
            "x // half a (",
            "//! About this notebook.\n#![allow(dead_code)]\nlet x = 1;",
        ] {
            assert_eq!(is_complete(code), Completeness::Complete, "{code}");
        }
    }

    #[test]
    fn cut_cells_get_another_line_with_its_indent() {
        assert_eq!(indent("fn f() {"), 4);
        assert_eq!(indent("fn f() {\n    if x {"), 8);
        assert_eq!(indent("vec![\n    1,"), 4);
        assert_eq!(indent("let x ="), 4);
        assert_eq!(indent("let x = 5"), 4);
        assert_eq!(indent("1 +"), 4);
        assert_eq!(indent("x."), 4);
        assert_eq!(indent("x\n    .iter()\n    ."), 4);
        assert_eq!(indent("a &&"), 4);
        assert_eq!(indent("fn f()"), 4);
        assert_eq!(indent("use std::fmt"), 4);
        assert_eq!(indent("if x"), 4);
        assert_eq!(indent("let s = \"abc"), 0);
        assert_eq!(indent("/* why"), 0);
        assert_eq!(indent("#[derive(Debug)]"), 0);
        assert_eq!(indent("/// Says hello."), 0);
    }

    #[test]
    fn what_no_line_can_mend_is_invalid() {
        for code in [
            "f(]",
            ")",
            "let + = 1;",
            "1 2",
            "fn 1() {}",
            "foo(1 + )",
            "struct A { x }",
            "println!(\"a\") println!(\"b\")",
        ] {
            assert_eq!(is_complete(code), Completeness::Invalid, "{code}");
        }
    }

    #[test]
    fn deep_nesting_does_not_end_the_kernel() {
        let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(is_complete(&deep), Completeness::Complete);
        assert_eq!(is_complete(&format!("{}x", "!".repeat(60_000))), Completeness::Complete);
        assert_eq!(is_complete(&"x;".repeat(40_000)), Completeness::Unknown);
        assert_eq!(is_complete(&"(".repeat(LONGEST_SCANNED + 1)), Completeness::Unknown);
    }

    #[test]
    fn the_reply_has_an_indent_only_when_it_is_needed() {
        assert_eq!(is_complete("fn f() {").content(), json!({ "status": "incomplete", "indent": "    " }));
        assert_eq!(is_complete("1").content(), json!({ "status": "complete" }));
    }
}
