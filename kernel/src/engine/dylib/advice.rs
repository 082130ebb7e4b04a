//! What someone who comes from Python types, and the names they nearly got right: one sentence for each.

use std::sync::OnceLock;

use syn::{Item, UseTree};

use super::commands::distance;
use super::compile::Diagnostic;
use super::session::Session;

/// What every cell sees without asking, as the course crate's own source lists it.
const PRELUDE: &str = include_str!("../../../../crates/course/src/prelude.rs");

/// Modules of the course crate that people look for under their own names.
const MODULES: &[&str] = &[
    "candle_core",
    "candle_nn",
    "datasets",
    "display",
    "evaluation",
    "exercises",
    "hub",
    "indicatif",
    "pipelines",
    "plotters",
    "polars",
    "serde_json",
    "tokenizers",
    "tokio",
    "training",
    "transformers",
    "widgets",
];

/// A Python name that is none in Rust, and what to write instead.
const PYTHON: [(&str, &str); 27] = [
    (
        "print",
        "Printing is a macro, with a `!` and a format string: `println!(\"{x}\")`, or `println!(\"{x:?}\")` for lists and structs.",
    ),
    ("len", "A length is asked of the value itself: `x.len()`."),
    ("True", "The truth values are written small: `true` and `false`."),
    ("False", "The truth values are written small: `true` and `false`."),
    ("str", "A text is made with `.to_string()` or `format!(\"{x}\")`; the type of an owned text is `String`."),
    ("int", "A text is read as a number with `text.parse::<i64>()?`; a float is cut with `x as i64`."),
    ("float", "A text is read as a number with `text.parse::<f64>()?`; an integer becomes a float with `x as f64`."),
    ("range", "Ranges are written `0..n`, or `0..=n` with the end in it: `for i in 0..10 { … }`."),
    ("list", "A list is a `Vec`: `vec![1, 2, 3]`, or `.collect::<Vec<_>>()` from an iterator."),
    ("dict", "A dictionary is a `HashMap`: `use std::collections::HashMap;`, then `HashMap::from([(\"a\", 1)])`."),
    ("set", "A set is a `HashSet`: `use std::collections::HashSet;`, then `HashSet::from([1, 2])`."),
    ("tuple", "A tuple is written `(a, b)`."),
    ("enumerate", "Counting along is a method of iterators: `for (i, x) in list.iter().enumerate() { … }`."),
    ("zip", "Two lists go together with a method of iterators: `a.iter().zip(&b)`."),
    ("map", "`map` is a method of iterators: `list.iter().map(|x| …).collect::<Vec<_>>()`."),
    ("filter", "`filter` is a method of iterators: `list.iter().filter(|x| …)`."),
    ("sum", "A sum is a method of iterators: `list.iter().sum::<f64>()`."),
    ("min", "The smallest is `list.iter().min()`, of two values `a.min(b)`."),
    ("max", "The largest is `list.iter().max()`, of two values `a.max(b)`."),
    ("abs", "An absolute value is asked of the number: `x.abs()`."),
    ("round", "A number is rounded with `x.round()`; to print two digits, `format!(\"{x:.2}\")`."),
    ("sorted", "A list is sorted in place, `list.sort()`, so it must be `mut`."),
    (
        "isinstance",
        "A value has one type, known when the cell is compiled: there is nothing to ask. `match` tells the variants of an enum apart.",
    ),
    ("open", "A file is read with `std::fs::read_to_string(\"name\")?`."),
    ("type", "The type of a variable is shown by `:type x`, at the top of a cell."),
    ("nil", "Nothing is `None`, of the type `Option<T>`; a value that is there is `Some(value)`."),
    ("null", "Nothing is `None`, of the type `Option<T>`; a value that is there is `Some(value)`."),
];

/// A Python method, and Rust's.
const METHODS: &[(&str, &str)] = &[
    ("append", "A value is put at the end of a list with `.push(value)`, a list with `.extend(other)`."),
    ("upper", "In Rust it is `.to_uppercase()`."),
    ("lower", "In Rust it is `.to_lowercase()`."),
    ("strip", "In Rust it is `.trim()`."),
    ("startswith", "In Rust it is `.starts_with(…)`."),
    ("endswith", "In Rust it is `.ends_with(…)`."),
    ("items", "In Rust it is `.iter()`, which gives pairs: `for (key, value) in &map { … }`."),
    ("format", "A text is put together with the macro `format!(\"{x} and {y}\")`."),
    ("shape", "A tensor tells its shape with `.dims()`, `.shape()` or, taken apart, `.dims2()?`."),
    ("size", "A tensor tells its sizes with `.dims()`, one of them with `.dim(0)?`; a list its length with `.len()`."),
    (
        "numpy",
        "A tensor's numbers come out with `.to_vec1::<f32>()?`, `.to_vec2::<f32>()?`, one of them with `.to_scalar::<f32>()?`.",
    ),
    ("item", "One number comes out of a tensor with `.to_scalar::<f32>()?`."),
    (
        "fp16",
        "There is no fp16; `bf16(true)` computes in half precision with the range of `f32`, so that no loss needs to be scaled.",
    ),
    ("dataloader_num_workers", "A batch is made by the step that needs it; there are no workers to count."),
    (
        "include_for_metrics",
        "`compute_metrics` is given predictions and labels; what else it needs, its closure can hold.",
    ),
    (
        "push_to_hub",
        "Datasets are pushed with `push_to_hub`. A model is written into a folder with `trainer.save_model(\"folder\")?`, its card with \
         `trainer.model_card(\"name\").save(\"folder\")?`.",
    ),
];

/// A sentence for an error that has one, given the line of the cell it is about.
pub fn of(error: &Diagnostic, line: &str, session: &Session) -> Option<String> {
    let name = error.message.split('`').nth(1).unwrap_or_default();
    let assigned = || {
        line.trim_start().strip_prefix(name).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with('=') && !rest.starts_with("==")
        })
    };
    if let Some(advice) = in_check(error, line) {
        return Some(advice.to_owned());
    }
    match error.code() {
        "" => syntax(&error.message, line),
        "E0425" | "E0423" | "E0424" | "E0531" if !name.is_empty() => {
            if assigned() && python(name).is_none() {
                return Some(near(name, session).map_or_else(
                    || format!("A new variable begins with `let`: `let {name} = …;`, or `let mut {name} = …;` if it will change."),
                    |near| format!("A new variable begins with `let`: `let {name} = …;`. Or is `{near}` meant?"),
                ));
            }
            python(name).map(str::to_owned).or_else(|| did_you_mean(name, error, session))
        }
        "E0412" | "E0405" | "E0422" | "E0574" if !name.is_empty() => {
            python_type(name).map(str::to_owned).or_else(|| did_you_mean(name, error, session))
        }
        "E0432" | "E0433" => {
            let missing = error.message.rsplit('`').nth(1).unwrap_or(name);
            let root = missing.split("::").next().unwrap_or(missing);
            match MODULES.contains(&root) {
                true => Some(format!("The course brings this crate: write `course::{missing}`, or `use course::{root};` first.")),
                false => did_you_mean(root, error, session),
            }
        }
        "E0599" => METHODS.iter().find(|(python, _)| *python == name).map(|(_, text)| (*text).to_owned()),
        "E0610" | "E0609" | "E0615" | "E0616" => {
            METHODS.iter().find(|(python, _)| *python == name).map(|(_, text)| (*text).to_owned())
        }
        "E0369" if line.contains("**") => Some("A power is a method: `x.powi(2)` or `x.powf(0.5)` for floats, `x.pow(2)` for integers.".into()),
        "E0614" if line.contains("**") => Some("A power is a method: `x.powi(2)` or `x.powf(0.5)` for floats, `x.pow(2)` for integers.".into()),
        "E0277" if error.message.contains("cannot be indexed by") && line.contains("[-") => {
            Some("An index counts from the front only: the last one is `list[list.len() - 1]`, or `list.last()`.".into())
        }
        "E0277" if error.message.contains("cannot be indexed by") => {
            Some("An index is a `usize`: write `list[i as usize]`, or count with `for i in 0..list.len()`.".into())
        }
        "E0277" if error.message.contains("`?` operator") && error.message.contains("`Option") => {
            Some("`?` at the top of a cell needs a `Result`: say what it means when nothing is there, `value.ok_or(\"no value\")?`.".into())
        }
        "E0600" if error.message.contains("`-`") && error.message.contains("usize") => {
            Some("An index counts from the front only: the last one is `list[list.len() - 1]`, or `list.last()`.".into())
        }
        _ => None,
    }
}

/// A grade cell is right as it stands: what does not fit it is the learner's function.
fn in_check(error: &Diagnostic, line: &str) -> Option<&'static str> {
    if !["check.that(", "check!("].iter().any(|call| line.contains(call)) {
        return None;
    }
    match error.code() {
        "E0425" if error.message.starts_with("cannot find function") => Some(
            "The check calls a function that is not there: run the cell with your function first, and keep its name.",
        ),
        "E0061" | "E0107" | "E0277" | "E0308" | "E0369" | "E0599" => Some(
            "This line is the check's, which calls your function as the exercise describes it. Do its parameters and its result have the \
             types that the exercise asks for? Change the function, not the check.",
        ),
        _ => None,
    }
}

fn python(name: &str) -> Option<&'static str> {
    PYTHON.iter().find(|(python, _)| *python == name).map(|(_, text)| *text)
}

fn python_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" => "The whole numbers are `i32`, `i64`, `usize` for lengths and indices, …",
        "float" | "double" => "The floating point numbers are `f32` and `f64`.",
        "string" | "str" => "An owned text is `String`, a borrowed one `&str`.",
        "list" | "List" => "A list is `Vec<T>`.",
        "dict" | "Dict" => "A dictionary is `HashMap<K, V>`, after `use std::collections::HashMap;`.",
        "boolean" => "The truth values are of the type `bool`.",
        "any" | "Any" | "object" => "A value has one type in Rust; an `enum` lists the ones it may have.",
        _ => return None,
    })
}

/// Names in reach that are written nearly like this one, if rustc has not said so itself.
fn did_you_mean(name: &str, error: &Diagnostic, session: &Session) -> Option<String> {
    let near = near(name, session)?;
    let said = error.children.iter().any(|child| child.message.contains("similar name"));
    (!said).then(|| format!("Nothing is called `{name}`. Is `{near}` meant?"))
}

fn near(name: &str, session: &Session) -> Option<String> {
    let most = match name.chars().count() {
        0..=2 => return None,
        3..=4 => 1,
        5..=7 => 2,
        _ => 3,
    };
    let close = |other: &str| {
        let edits = distance(&name.to_lowercase(), &other.to_lowercase());
        (edits <= most && other != name).then(|| (edits, other.to_owned()))
    };
    let known = session.names().chain(prelude().iter().map(String::as_str)).chain(MODULES.iter().copied());
    known.filter_map(close).min().map(|(_, name)| name)
}

/// The names of the prelude.
fn prelude() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = Vec::new();
        if let Ok(file) = syn::parse_file(PRELUDE) {
            for item in file.items {
                if let Item::Use(item) = item {
                    leaves(&item.tree, &mut names);
                }
            }
        }
        names
    })
}

fn leaves(tree: &UseTree, into: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, into),
        UseTree::Name(name) => into.push(name.ident.to_string()),
        UseTree::Rename(rename) => into.push(rename.rename.to_string()),
        UseTree::Glob(_) => {}
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, into)),
    }
}

/// Text that is no Rust: the Python in it.
fn syntax(message: &str, line: &str) -> Option<String> {
    let text = line.trim();
    let first = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let has = |word: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|other| other == word);
    let advice = match first {
        "def" => {
            "A function begins with `fn`, says its types and has braces: `fn area(w: f64, h: f64) -> f64 { w * h }`."
        }
        "class" => {
            "Data is a `struct Name { field: Type }`, its methods stand in `impl Name { fn method(&self) { … } }`."
        }
        "import" | "from" => {
            "Names come in with `use`: `use std::collections::HashMap;`. The course's prelude is there without asking."
        }
        "elif" => "It is `else if condition { … }`.",
        "try" => "Errors are values: `?` passes one on, `match` or `if let Err(error) = …` looks at it.",
        "with" => "A file or a lock is let go at the end of its block; there is no `with`.",
        "lambda" => "A closure is written `|x| x + 1`.",
        "del" => "A value goes away at the end of its block, or with `drop(x)`.",
        "pass" => "An empty block is written `{}`.",
        "raise" => "An error is passed on with `return Err(…)`; `panic!(\"…\")` stops at once.",
        "assert" if !text.contains("assert!") => "`assert!` is a macro: `assert!(a == b)`, or `assert_eq!(a, b)`.",
        "var" | "auto" | "int" | "float" => {
            "A variable begins with `let`: `let x = 5;`, or `let mut x = 5;` if it will change."
        }
        _ if text.starts_with('#') && !text.starts_with("#[") && !text.starts_with("#!") => {
            "A comment begins with `//`."
        }
        _ if text.starts_with('%') => {
            "A line that begins with `%` is for IPython. This kernel's commands begin with `:`, and `:help` lists them."
        }
        "if" | "for" | "while" | "else" if text.ends_with(':') => {
            "A block stands in braces, without a colon: `if x > 0 { … }`, `for i in 0..10 { … }`."
        }
        _ if has("elif") => "It is `else if condition { … }`.",
        _ if has("lambda") => "A closure is written `|x| x + 1`.",
        _ if has("is") && has("not") => "Whether something is there is asked with `.is_some()` and `.is_none()`.",
        _ if has("and") || has("or") || has("not") => {
            "The logical words are signs: `&&` for and, `||` for or, `!` for not."
        }
        _ if message.contains("prefix") && (text.contains("f\"") || text.contains("f'")) => {
            "Names in braces work in every format string: `println!(\"{name} is {age}\")`, `format!(\"{x:.2}\")`."
        }
        _ if message.contains("character literal") || message.contains("unterminated character") => {
            "A text stands in double quotes, `\"text\"`; single quotes hold one character, `'t'`."
        }
        _ if message.contains("lifetime") && text.contains('\'') => {
            "A text stands in double quotes, `\"text\"`; single quotes hold one character, `'t'`."
        }
        _ if message.contains("no postfix increment") || text.contains("++") => "Counting up is written `x += 1`.",
        _ if text.contains(" in ") && text.contains(" for ") && text.starts_with('[') | text.contains("= [") => {
            "A list is built by an iterator: `(0..10).map(|x| x * x).collect::<Vec<_>>()`."
        }
        _ if message.contains("cannot find macro") => return macro_name(message),
        _ => return None,
    };
    Some(advice.to_owned())
}

/// A macro that is none: the near ones.
fn macro_name(message: &str) -> Option<String> {
    const MACROS: [&str; 14] = [
        "println",
        "print",
        "eprintln",
        "format",
        "vec",
        "assert",
        "assert_eq",
        "assert_ne",
        "panic",
        "matches",
        "dbg",
        "todo",
        "write",
        "writeln",
    ];
    let name = message.split('`').nth(1)?;
    let near = MACROS.iter().map(|known| (distance(name, known), known)).filter(|(edits, _)| *edits <= 2).min()?;
    Some(format!("There is no macro `{name}!`. Is `{}!` meant?", near.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prelude_is_read_from_its_source() {
        for name in ["Tensor", "AutoTokenizer", "Trainer", "evaluate", "pipeline", "display", "Serialize"] {
            assert!(prelude().iter().any(|known| known == name), "{name} in {:?}", prelude());
        }
    }

    #[test]
    fn names_that_are_nearly_right_are_found_and_far_ones_are_not() {
        let session = Session::default();
        for (typed, meant) in [
            ("AutoTokeniser", "AutoTokenizer"),
            ("pipline", "pipeline"),
            ("Tensr", "Tensor"),
            ("DTyp", "DType"),
            ("candle_cor", "candle_core"),
        ] {
            assert_eq!(near(typed, &session).as_deref(), Some(meant), "{typed}");
        }
        for typed in ["xy", "zebra", "learning_rate"] {
            assert_eq!(near(typed, &session), None, "{typed}");
        }
    }

    #[test]
    fn python_is_known_by_its_first_word() {
        for (line, part) in [
            ("def f(x):", "`fn`"),
            ("class A:", "struct"),
            ("import torch", "`use`"),
            ("from x import y", "`use`"),
            ("# note", "`//`"),
            ("if x > 3:", "braces"),
            ("x = a and b", "&&"),
            ("%matplotlib inline", "IPython"),
            ("f = lambda x: x", "closure"),
        ] {
            assert!(
                syntax("expected one of", line).is_some_and(|advice| advice.contains(part)),
                "{line}: {:?}",
                syntax("", line)
            );
        }
        assert_eq!(syntax("expected one of", "let x = foo("), None);
    }
}
