//! Random cells: real ones with cuts and insertions, and tokens in a row.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const PIECES: &[&str] = &[
    "fn f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "let ",
    "mut ",
    "x",
    " = ",
    "1",
    "..",
    "=>",
    "->",
    ";",
    ",",
    ":",
    "::",
    "\n",
    " ",
    "'a",
    "'('",
    "'\\''",
    "\"",
    "\\",
    "r#\"",
    "\"#",
    "b\"x\"",
    "c\"",
    "br##\"",
    "//",
    "/*",
    "*/",
    "///",
    "//!",
    "#![allow(dead_code)]",
    "#[derive(Debug)]",
    "#",
    "!",
    "?",
    "&",
    "|x| ",
    "static S: u8 = 1;",
    "thread_local! { static T: u8 = 1; }",
    "const C: u8 = 1;",
    "struct S { x: u8 }",
    "enum E { A, B(u8) }",
    "impl S { fn g(&self) {} }",
    "impl Drop for S { fn drop(&mut self) {} }",
    "trait T { const N: usize; fn t(&self); }",
    "use std::fmt;",
    "mod m { pub fn f() {} }",
    "macro_rules! m { ($x:expr) => { $x } }",
    "async ",
    ".await",
    "return ",
    "loop { break 'a }",
    "for i in 0..3 { }",
    "match x { _ => () }",
    "if let Some(y) = x { }",
    "else ",
    "println!(\"{x} {:?} {y:>w$}\", z);",
    "vec![1, 2]",
    ":vars",
    ":opt 3",
    "!ls",
    "%%bash",
    "%time ",
    "?x",
    "type A = u8;",
    "union U { a: u8 }",
    "unsafe ",
    "extern \"C\" ",
    "where T: ",
    "dyn ",
    "é",
    "👩‍🔬",
    "größe",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "0x",
    "1e",
    "1_000u8",
    "1.0.0",
    "r#type",
    "_",
    "$",
    "@",
    "`",
    "\0",
];

const CELLS: &[&str] = &[
    "let x = 1;\nx + 1",
    "struct Point { x: f32, y: f32 }\nimpl Point { fn norm(&self) -> f32 { self.x.hypot(self.y) } }\nPoint { x: 3., y: 4. }.norm()",
    "static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);\nfn next() -> u32 { static mut N: u32 = 0; unsafe { N += 1; N } }",
    "#![allow(unused)]\n//! about\nuse std::{fmt, io::{self, Read as _}};\nlet (a, Some(b)) = (1, Some(2)) else { panic!() };",
    ":opt 2\n!ls -l\n// a comment\nlet größe = \"👩‍🔬\";\nprintln!(\"{größe:>10} {0}\", 1);",
    "async fn f() -> Result<u8, std::io::Error> { Ok(1) }\nlet y = f().await?;",
];

fn cells() -> Vec<String> {
    let mut cells: Vec<String> = CELLS.iter().map(|cell| (*cell).to_owned()).collect();
    let chapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chapters");
    let folders = std::fs::read_dir(chapters).into_iter().flatten().flatten();
    for file in folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten()) {
        let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
        let notebook: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        for cell in notebook["cells"].as_array().into_iter().flatten().filter(|cell| cell["cell_type"] == "code") {
            let lines = cell["source"].as_array().into_iter().flatten().filter_map(|line| line.as_str());
            cells.push(lines.collect());
        }
    }
    cells
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(Index, String),
    Cut(Index, Index),
    Repeat(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let piece = prop_oneof![4 => select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop_oneof![
        2 => (any::<Index>(), piece).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Cut(from, to)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ]
}

fn apply(mut text: Vec<char>, edits: Vec<Edit>) -> String {
    for edit in edits {
        let place = |index: Index| index.index(text.len() + 1);
        match edit {
            Edit::Insert(at, piece) => {
                let at = place(at);
                text.splice(at..at, piece.chars());
            }
            Edit::Cut(from, to) => {
                let (from, to) = (place(from), place(to));
                text.drain(from.min(to)..from.max(to));
            }
            Edit::Repeat(from, to) => {
                let (from, to) = (place(from), place(to));
                let part = text[from.min(to)..from.max(to)].to_vec();
                let at = from.max(to);
                text.splice(at..at, part);
            }
        }
    }
    text.into_iter().collect()
}

/// A cell that someone might type, or nobody would.
pub fn source() -> impl Strategy<Value = String> {
    let base = prop_oneof![
        2 => select(cells()),
        2 => vec(select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        1 => vec(any::<char>(), 0..60).prop_map(String::from_iter),
        1 => (select(PIECES), 1..400usize).prop_map(|(piece, times)| piece.repeat(times)),
    ];
    (base, vec(edit(), 0..6)).prop_map(|(base, edits)| apply(base.chars().collect(), edits))
}
