//! Lines of a cell that speak to the kernel: `:vars`, `:type x`, `!ls`.

use course_wire::{Bundle, CellName, size};

use super::diagnostics::shorten;
use super::magics::MAGICS;
use super::session::Session;

/// A command line at the top of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `:help`
    Help,
    /// `:vars`
    Vars,
    /// `:type name`
    Type(String),
    /// `:opt`, `:opt 0`–`:opt 3`, `:opt auto`
    Opt(Option<Optimisation>),
    /// `:dep …`, or nothing after it
    Dep(String),
    /// `:timing`
    Timing,
    /// `:warn`, `:warn on`, `:warn off`
    Warn(Option<bool>),
    /// `:output`, `:output 50 MB`, `:output off`
    Output(Option<Option<u64>>),
    /// `:clear`
    Clear,
    /// `:restart`
    Restart,
    /// `!command`
    Shell(String),
    /// Anything else with a colon.
    Unknown(String),
}

/// How cells are optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimisation {
    /// By whether the code loops.
    Auto,
    /// Always this level.
    Level(u8),
}

/// Every command with what it does, as `:help` lists them.
pub const COMMANDS: [(&str, &str); 13] = [
    (":help", "this list"),
    (":vars", "the variables: name, type, size"),
    (":type name", "the whole type of a variable"),
    (":doc name", "what is known about a function, type, method, macro or variable, as in :doc Tensor::matmul"),
    ("?name", "the same, as in ?Vec::push"),
    (":opt 0…3 | auto", "how hard to optimise cells; auto gives loops level 2. One cell: // opt: 3"),
    (
        ":dep name = \"1.2\"",
        "add a crate; a version may also be { version, features, path, git, … }. Alone: those added",
    ),
    (":timing", "show after each cell how long it compiled and ran; again to stop"),
    (":warn on | off", "show the compiler's warnings, or do not"),
    (":output 50 MB | off", "how much a cell may print, and how large a display may be"),
    (":clear", "forget all variables, functions and types"),
    (":restart", "a fresh process: variables go, functions and types stay"),
    ("!command", "run a shell command"),
];

impl Command {
    /// Reads a line; `None` if it is none of ours.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        if let Some(shell) = line.strip_prefix('!') {
            return Some(Self::Shell(shell.trim().to_owned()));
        }
        let rest = line.strip_prefix(':')?;
        // `::std::…` is a path.
        if rest.starts_with(':') {
            return None;
        }
        let mut words = rest.split_whitespace();
        let (name, argument) = (words.next().unwrap_or_default(), words.next());
        Some(match (name, argument) {
            ("help" | "?", None) => Self::Help,
            ("vars", None) => Self::Vars,
            ("type" | "t", Some(name)) if words.next().is_none() => Self::Type(name.to_owned()),
            ("opt", None) => Self::Opt(None),
            ("opt", Some("auto")) => Self::Opt(Some(Optimisation::Auto)),
            ("opt", Some(level @ ("0" | "1" | "2" | "3"))) => {
                Self::Opt(Some(Optimisation::Level(level.as_bytes()[0] - b'0')))
            }
            ("dep", _) => Self::Dep(rest.trim_start().trim_start_matches("dep").trim().to_owned()),
            ("timing", None) => Self::Timing,
            ("warn", None) => Self::Warn(None),
            ("warn", Some("on")) => Self::Warn(Some(true)),
            ("warn", Some("off")) => Self::Warn(Some(false)),
            ("output", None) => Self::Output(None),
            ("output", Some(_)) => match size::parse(rest.trim_start_matches("output")) {
                Some(limit) => Self::Output(Some(limit)),
                None => Self::Unknown(line.to_owned()),
            },
            ("clear", None) => Self::Clear,
            ("restart", None) => Self::Restart,
            _ => Self::Unknown(line.to_owned()),
        })
    }

    /// The command lines that a cell begins with, and the cell with them blanked.
    pub fn split(code: &str) -> (Vec<Self>, String) {
        let mut commands = Vec::new();
        let mut rest = String::with_capacity(code.len());
        let mut open = true;
        for line in code.split_inclusive('\n') {
            let command = if open { Self::parse(line) } else { None };
            match command {
                Some(command) => {
                    commands.push(command);
                    rest.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                }
                None => {
                    let text = line.trim();
                    open &= text.is_empty() || text.starts_with("//");
                    rest.push_str(line);
                }
            }
        }
        (commands, rest)
    }
}

/// What to say to an unknown command: the near ones.
pub fn unknown(line: &str) -> String {
    let typed = line.split_whitespace().next().unwrap_or(line);
    let near = near(typed, COMMANDS.iter().filter_map(|(usage, _)| usage.split_whitespace().next()));
    match (COMMANDS.iter().find(|(usage, _)| usage.split_whitespace().next() == Some(typed)), near.is_empty()) {
        (Some((usage, what)), _) => format!("`{typed}` is used as `{usage}`: {what}"),
        (None, false) => format!("there is no command `{typed}`; did you mean `{}`?", near.join("` or `")),
        (None, true) => format!("there is no command `{typed}`; `:help` lists them all"),
    }
}

/// The names that are a slip of the finger away from what was typed, or begin with it.
pub fn near<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names
        .filter(|name| distance(name, typed) <= 2 || name.len() > 2 && typed.len() > 2 && name.starts_with(typed))
        .collect()
}

/// The edits between two words.
pub fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Every command and magic with what it does.
pub fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    COMMANDS.iter().chain(&MAGICS)
}

/// `:help`.
pub fn help() -> Bundle {
    let rows = all().map(|(usage, what)| vec![(*usage).to_owned(), (*what).to_owned()]).collect::<Vec<_>>();
    table(&["command", "what it does"], &[0], &rows)
}

/// `:vars`, given each variable's size in bytes.
pub fn vars(session: &Session, size: impl Fn(&str) -> Option<usize>) -> Bundle {
    if session.variables.is_empty() {
        return Bundle::text("no variables yet: `let x = 1;` makes one");
    }
    let rows: Vec<_> = session
        .variables
        .iter()
        .map(|(name, variable)| {
            let name_text = if variable.mutable { format!("mut {name}") } else { name.clone() };
            let size = size(name).map_or_else(String::new, |bytes| format!("{bytes} B"));
            let cell = CellName(variable.cell).to_string();
            vec![
                name_text,
                shorten(&super::versions::shown(&variable.type_text)),
                size,
                cell.trim_start_matches("cell ").to_owned(),
            ]
        })
        .collect();
    table(&["name", "type", "size", "cell"], &[0, 1], &rows)
}

/// A table in HTML, with these columns set as code, and in columns of text.
pub(super) fn table(head: &[&str], code: &[usize], rows: &[Vec<String>]) -> Bundle {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or_default()
    };
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column))).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut text = line(&mut head.iter().copied());
    let mut html = String::from("<table><thead><tr>");
    for cell in head {
        html.push_str(&format!("<th style=\"text-align:left\">{}</th>", escape(cell)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        text.push('\n');
        text.push_str(&line(&mut row.iter().map(String::as_str)));
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            let cell = if code.contains(&column) { format!("<code>{cell}</code>") } else { cell };
            html.push_str(&format!("<td style=\"text-align:left\">{cell}</td>"));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    Bundle::html(html, text)
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_at_the_top_and_leave_the_lines_where_they_are() {
        let (commands, rest) = Command::split("// first\n:opt 3\n!ls -l\nlet x = 1;\n!x");
        assert_eq!(commands, [Command::Opt(Some(Optimisation::Level(3))), Command::Shell("ls -l".into())]);
        assert_eq!(rest, "// first\n      \n      \nlet x = 1;\n!x");
        assert_eq!(Command::split("::std::process::id()").0, []);
    }

    #[test]
    fn settings_are_read_and_what_is_none_is_explained() {
        assert_eq!(Command::parse(":output 50 MB"), Some(Command::Output(Some(Some(50_000_000)))));
        assert_eq!(Command::parse(":output off"), Some(Command::Output(Some(None))));
        assert_eq!(Command::parse(":warn off"), Some(Command::Warn(Some(false))));
        for line in [":output lots", ":warn maybe"] {
            assert_eq!(Command::parse(line), Some(Command::Unknown(line.into())));
            assert!(unknown(line).contains("is used as"), "{}", unknown(line));
        }
    }

    #[test]
    fn an_unknown_command_names_the_near_ones() {
        assert!(unknown(":varz").contains("did you mean `:vars`"), "{}", unknown(":varz"));
        assert!(unknown(":type").contains("used as `:type name`"));
        assert!(unknown(":frobnicate").contains(":help"));
    }
}
