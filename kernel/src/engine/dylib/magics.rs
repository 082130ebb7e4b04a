//! Cells and lines that Jupyter's users know by their percent signs: `%%bash`, `%time`, `%timeit`, `%%time`, `%%timeit`.
//!
//! A line of a cell begins with `%time` only where a statement can begin: `a⏎ %time` is a division's remainder.

use proc_macro2::{TokenStream, TokenTree};

use super::commands::near;

/// Every magic with what it does, as `:help` lists them.
pub const MAGICS: [(&str, &str); 3] = [
    ("%time statement", "run it optimised, and say how long it took; %%time for a whole cell"),
    (
        "%timeit statement",
        "run it often, and say the mean and the deviation; -n loops, -r runs; %%timeit for a whole cell",
    ),
    ("%%bash", "run the whole cell with bash; its options go on the same line"),
];

/// A part of a cell. Each stands in a text of the whole cell's lines, the others blank, so that its lines keep their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Rust, perhaps with a clock beside it.
    Rust {
        /// The text.
        code: String,
        /// How it is measured.
        measure: Measure,
    },
    /// A script for bash.
    Bash {
        /// bash's options.
        options: Vec<String>,
        /// The text.
        script: String,
    },
}

/// Whether and how a part is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// It is not.
    #[default]
    No,
    /// Run once.
    Time,
    /// Run often.
    Often {
        /// Loops in each run; as many as take a fifth of a second if not given.
        loops: Option<u64>,
        /// How many runs.
        runs: u32,
        /// What stands before this byte is done once, before the clock runs.
        setup: usize,
    },
}

/// Takes a cell apart, its commands blanked.
///
/// # Errors
/// What is wrong with a magic, and what to write instead.
pub fn parts(code: &str) -> Result<Vec<Part>, String> {
    if let Some(at) = first_code(code).filter(|at| code[*at..].starts_with("%%")) {
        return cell_magic(code, at).map(|part| vec![part]);
    }
    let mut parts = Vec::new();
    let mut rust = String::new();
    let mut rest = code;
    while !rest.is_empty() {
        let done = code.len() - rest.len();
        let end = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let line = &rest[..end];
        let word = word(line);
        let is_magic = match word {
            "%time" | "%timeit" => statement_may_begin(&rust),
            _ if word.len() > 1 && rust.trim().is_empty() => return Err(unknown(word)),
            _ => false,
        };
        if !is_magic {
            rust.push_str(line);
            rest = &rest[end..];
            continue;
        }
        let statement = statement_length(rest);
        if !rust.trim().is_empty() {
            parts.push(Part::Rust { code: std::mem::take(&mut rust), measure: Measure::No });
        }
        let start = done + line.find('%').unwrap_or(0) + word.len();
        let (measure, from) = options(word, &code[start..done + statement], start)?;
        if code[from..done + statement].trim().is_empty() {
            return Err(format!(
                "what is `{word}` to measure? Write a statement behind it: `{word} (0..1000).sum::<u64>()`"
            ));
        }
        parts.push(Part::Rust { code: blank(&code[..from]) + &code[from..done + statement], measure });
        rust = blank(&code[..done + statement]);
        rest = &rest[statement..];
    }
    if !rust.trim().is_empty() {
        parts.push(Part::Rust { code: rust, measure: Measure::No });
    }
    Ok(parts)
}

fn cell_magic(code: &str, at: usize) -> Result<Part, String> {
    let end = code[at..].find('\n').map_or(code.len(), |newline| at + newline);
    let (line, body) = (&code[at..end], &code[end..]);
    let word = word(line);
    match word {
        "%%bash" | "%%sh" => Ok(Part::Bash {
            options: line[word.len()..].split_whitespace().map(str::to_owned).collect(),
            script: blank(&code[..end]) + body,
        }),
        "%%time" | "%%timeit" => {
            let start = at + word.len();
            let (mut measure, from) = options(word, &code[start..end], start)?;
            if let (Measure::Often { setup, .. }, false) = (&mut measure, body.trim().is_empty()) {
                *setup = end;
            }
            let code = blank(&code[..from]) + &code[from..];
            match code.trim().is_empty() {
                true => Err(format!("what is `{word}` to measure? Write Rust below it")),
                false => Ok(Part::Rust { code, measure }),
            }
        }
        _ => Err(unknown(word)),
    }
}

/// Reads `-n 10 -r 3`; gives the measure, and where the statement begins.
fn options(word: &str, text: &str, start: usize) -> Result<(Measure, usize), String> {
    if !word.ends_with("timeit") {
        return Ok((Measure::Time, start));
    }
    let (mut loops, mut runs, mut rest) = (None, 7, text.trim_start());
    while let Some(option) =
        rest.strip_prefix("-n").map(|value| ('n', value)).or(rest.strip_prefix("-r").map(|value| ('r', value)))
    {
        let (name, value) = option;
        let value = value.trim_start();
        let end = value.find(char::is_whitespace).unwrap_or(value.len());
        let number: u32 =
            value[..end].parse().ok().filter(|number| *number > 0).ok_or_else(|| {
                format!("`-{name}` of `{word}` takes a number of at least 1, not `{}`", &value[..end])
            })?;
        if name == 'n' {
            loops = Some(u64::from(number));
        } else {
            runs = number;
        }
        rest = value[end..].trim_start();
    }
    Ok((Measure::Often { loops, runs, setup: 0 }, start + text.len() - rest.len()))
}

fn unknown(word: &str) -> String {
    let names = ["%time", "%timeit", "%%time", "%%timeit", "%%bash"];
    match near(word, names.into_iter()).as_slice() {
        [] => format!("there is no command `{word}`; `:help` lists them all"),
        near => format!("there is no command `{word}`; did you mean `{}`?", near.join("` or `")),
    }
}

/// The word that a line begins with, if it begins with a percent sign.
fn word(line: &str) -> &str {
    let line = line.trim_start();
    let end = line.find(|c: char| c != '%' && !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    if line.starts_with('%') && line.trim_start_matches('%').starts_with(char::is_alphabetic) {
        &line[..end]
    } else {
        ""
    }
}

/// Where the first line stands that is neither empty nor a comment.
fn first_code(code: &str) -> Option<usize> {
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let text = line.trim_start();
        if !text.is_empty() && !text.starts_with("//") {
            return Some(at + line.len() - text.len());
        }
        at += line.len();
    }
    None
}

/// Whether the text before a line ends with a whole statement.
fn statement_may_begin(before: &str) -> bool {
    match before.parse::<TokenStream>().map(|tokens| tokens.into_iter().last()) {
        Ok(None) => true,
        Ok(Some(TokenTree::Punct(last))) => last.as_char() == ';',
        Ok(Some(TokenTree::Group(last))) => last.delimiter() == proc_macro2::Delimiter::Brace,
        Ok(Some(_)) | Err(_) => false,
    }
}

/// How many bytes the statement that a magic's line begins takes: its line, those that close its brackets, and method calls below.
fn statement_length(text: &str) -> usize {
    let mut length = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        length += line.len();
        let rust = text[..length].trim_start().trim_start_matches('%');
        let goes_on = lines.peek().is_some_and(|next| next.trim_start().starts_with('.'));
        if !goes_on && rust.parse::<TokenStream>().is_ok() {
            return length;
        }
    }
    // Its brackets never close: rustc says so best, about this line alone.
    text.find('\n').map_or(text.len(), |newline| newline + 1)
}

/// The text's lines, empty, with spaces where it ends inside one.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(code: &str, measure: Measure) -> Part {
        Part::Rust { code: code.into(), measure }
    }

    const OFTEN: Measure = Measure::Often { loops: None, runs: 7, setup: 0 };

    #[test]
    fn a_cell_without_percent_signs_is_one_part() {
        for code in
            ["let x = 1;\nx", "a\n%b", "let y = a\n    %time;", "f(\n%timeit\n)", "\"\n%time x\n\"", "// %time\nx"]
        {
            assert_eq!(parts(code).unwrap(), [rust(code, Measure::No)], "{code}");
        }
        assert_eq!(parts(" \n\n").unwrap(), []);
    }

    #[test]
    fn a_timed_line_is_a_part_in_its_place() {
        let cell = parts("let é = 1;\n%time f(\n  2)\n   .g();\n%timeit -n 10 -r3 h()\nx").unwrap();
        assert_eq!(
            cell,
            [
                rust("let é = 1;\n", Measure::No),
                rust(
                    "           \n      f(\n  2)\n   .g();\n".replacen("           ", &" ".repeat(11), 1).as_str(),
                    Measure::Time
                ),
                rust(
                    &format!(
                        "{}\n{}\n{}\n{}\n{}h()\n",
                        " ".repeat(11),
                        " ".repeat(8),
                        " ".repeat(4),
                        " ".repeat(8),
                        " ".repeat(18)
                    ),
                    Measure::Often { loops: Some(10), runs: 3, setup: 0 }
                ),
                rust(
                    &format!(
                        "{}\n{}\n{}\n{}\n{}\nx",
                        " ".repeat(11),
                        " ".repeat(8),
                        " ".repeat(4),
                        " ".repeat(8),
                        " ".repeat(21)
                    ),
                    Measure::No
                ),
            ]
        );
    }

    #[test]
    fn a_cell_magic_takes_the_whole_cell() {
        assert_eq!(
            parts("// a comment\n%%bash -e\necho 1\n%time x").unwrap(),
            [Part::Bash { options: vec!["-e".into()], script: "            \n         \necho 1\n%time x".into() }]
        );
        assert_eq!(parts("%%time\nlet x = 1;\nx").unwrap(), [rust("      \nlet x = 1;\nx", Measure::Time)]);
        assert_eq!(
            parts("%%timeit let v = 1;\nf(v)").unwrap(),
            [rust("         let v = 1;\nf(v)", Measure::Often { loops: None, runs: 7, setup: 19 })]
        );
        assert_eq!(parts("%%timeit f()").unwrap(), [rust("         f()", OFTEN)]);
    }

    #[test]
    fn what_is_no_magic_names_the_near_ones() {
        for (code, say) in [
            ("%tiem x", "did you mean `%time`"),
            ("%%bsh\nls", "did you mean `%%bash`"),
            ("%matplotlib inline", ":help"),
            ("%%writefile a.txt\nx", ":help"),
            ("%timeit -n 0 x", "at least 1"),
            ("%timeit -r many x", "`many`"),
            ("%time", "what is `%time` to measure"),
            ("%%timeit\n ", "what is `%%timeit` to measure"),
        ] {
            let error = parts(code).unwrap_err();
            assert!(error.contains(say), "{code}: {error}");
        }
    }
}
