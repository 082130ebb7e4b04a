//! Questions and answers on a small index of a few crates, written as Rust.

use std::collections::BTreeMap;

use course_index::{Child, Index, Item, Kind};

use super::source::Source;
use super::{Assistant, Library};
use crate::engine::{Known, KnownVariable};

/// Declarations as the real indices have them: with full paths everywhere.
const CRATES: &str = r#"
mod std {
    mod option {
        /// Maybe a value.
        enum Option<T> { None, Some(T) }
        impl<T> std::option::Option<T> {
            fn unwrap(self) -> T; fn map<U, F: FnOnce(T) -> U>(self, f: F) -> std::option::Option<U>; fn as_ref(&self) -> std::option::Option<&T>;
            fn ok_or<E>(self, e: E) -> std::result::Result<T, E>;
        }
    }
    mod result { enum Result<T, E> { Ok(T), Err(E) } impl<T, E> std::result::Result<T, E> { fn unwrap(self) -> T; fn ok(self) -> std::option::Option<T>; } }
    mod vec {
        /// A list.
        struct Vec<T> {}
        impl<T> std::vec::Vec<T> {
            /// Appends an element.
            fn push(&mut self, value: T); fn pop(&mut self) -> std::option::Option<T>; fn new() -> std::vec::Vec<T>;
        }
        impl<T> std::ops::Deref for std::vec::Vec<T> { type Target = [T]; }
        impl<T> std::iter::IntoIterator for std::vec::Vec<T> { type Item = T; type IntoIter = std::vec::IntoIter<T>; }
        impl<T> std::clone::Clone for std::vec::Vec<T> {}
        struct IntoIter<T> {} impl<T> std::iter::Iterator for std::vec::IntoIter<T> { type Item = T; }
        /// Makes a list.
        macro_rules! vec_stub { () => {} }
    }
    mod string {
        struct String {} impl std::string::String { fn new() -> std::string::String; fn from_utf8(vec: std::vec::Vec<u8>) -> std::result::Result<std::string::String, std::string::FromUtf8Error>; fn push_str(&mut self, string: &str); }
        impl std::ops::Deref for std::string::String { type Target = str; }
        impl std::fmt::Display for std::string::String {}
        struct FromUtf8Error {} trait ToString { fn to_string(&self) -> std::string::String; }
    }
    mod boxed { struct Box<T> {} impl<T> std::boxed::Box<T> { fn new(x: T) -> std::boxed::Box<T>; } impl<T> std::ops::Deref for std::boxed::Box<T> { type Target = T; } }
    mod collections { struct HashMap<K, V> {} impl<K, V> std::collections::HashMap<K, V> { fn new() -> std::collections::HashMap<K, V>; fn get(&self, k: &K) -> std::option::Option<&V>; fn insert(&mut self, k: K, v: V) -> std::option::Option<V>; } }
    mod iter {
        trait Iterator { type Item; fn next(&mut self) -> std::option::Option<Self::Item>; fn enumerate(self) -> std::iter::Enumerate<Self>; fn rev(self) -> std::iter::Rev<Self>; fn map<B, F>(self, f: F) -> std::iter::Map<Self, F> where F: FnMut(Self::Item) -> B; fn filter<P>(self, predicate: P) -> std::iter::Rev<Self> where P: FnMut(&Self::Item) -> bool; fn fold<B, F>(self, init: B, f: F) -> B where F: FnMut(B, Self::Item) -> B; fn collect<B>(self) -> B; fn sum<S>(self) -> S; }
        trait IntoIterator { type Item; fn into_iter(self) -> Self::IntoIter; }
        struct Enumerate<I> {} impl<I> std::iter::Iterator for std::iter::Enumerate<I> { type Item = (usize, <I as std::iter::Iterator>::Item); }
        struct Rev<I> {} impl<I> std::iter::Iterator for std::iter::Rev<I> { type Item = <I as std::iter::Iterator>::Item; }
        struct Map<I, F> {} impl<B, I, F> std::iter::Iterator for std::iter::Map<I, F> { type Item = B; }
    }
    mod slice_types { struct Iter<T> {} impl<T> std::iter::Iterator for std::slice_types::Iter<T> { type Item = &T; } }
    mod clone { trait Clone { fn clone(&self) -> Self; } }
    mod fmt { trait Display { fn fmt(&self); } }
    mod ops { trait Deref { type Target; } trait Add { type Output; } struct Range<T> {} impl<T> std::iter::Iterator for std::ops::Range<T> { type Item = T; } }
    mod io { trait Read { fn read_to_end(&mut self) -> usize; } struct File {} impl std::io::Read for std::io::File {} fn stdin() -> std::io::File; }
}
mod candle_core {
    mod tensor {
        /// The core struct for manipulating tensors.
        struct Tensor {}
        impl candle_core::tensor::Tensor {
            fn new<A, D>(array: A, device: &D) -> candle_core::error::Result<Self>;
            /// The matrix product.
            fn matmul(&self, rhs: &Self) -> candle_core::error::Result<Self>;
            fn dims(&self) -> &[usize]; fn device(&self) -> &candle_core::device::Device; fn to_vec1<S>(&self) -> candle_core::error::Result<std::vec::Vec<S>>;
        }
        impl std::ops::Add for candle_core::tensor::Tensor { type Output = candle_core::error::Result<candle_core::tensor::Tensor>; }
        impl candle_core::Module for candle_core::tensor::Tensor {}
    }
    mod device { enum Device { Cpu, Cuda(u8) } impl candle_core::device::Device { fn is_cpu(&self) -> bool; } }
    mod error { struct Error {} type Result<T> = std::result::Result<T, candle_core::error::Error>; }
    trait Module { fn forward(&self, xs: &candle_core::tensor::Tensor) -> candle_core::error::Result<candle_core::tensor::Tensor>; }
}
mod course { fn device() -> candle_core::device::Device; }
"#;

fn library() -> Library {
    let mut source = Source::default();
    source.read(CRATES);
    let child = |name: &str, path: &str| Child { name: name.into(), path: path.into() };
    let module =
        |path: &str, children: Vec<Child>| Item { path: path.into(), kind: Kind::Module, children, ..Item::default() };
    let own = |path: &str| source.items.iter().find(|item| item.path == path).cloned().unwrap();
    let mut items = source.items.clone();
    items.retain(|item| !["candle_core", "course"].contains(&item.path.as_str()));
    // What `use` does in a crate.
    let mut candle = own("candle_core");
    candle
        .children
        .extend([child("Tensor", "candle_core::tensor::Tensor"), child("Device", "candle_core::device::Device")]);
    let mut course = own("course");
    course.children.extend([child("candle_core", "candle_core"), child("prelude", "course::prelude")]);
    items.extend([candle, course]);
    items.push(module(
        "course::prelude",
        vec![
            child("Tensor", "candle_core::tensor::Tensor"),
            child("Device", "candle_core::device::Device"),
            child("Module", "candle_core::Module"),
            child("device", "course::device"),
        ],
    ));
    let prelude = [
        "option::Option",
        "result::Result",
        "vec::Vec",
        "string::String",
        "string::ToString",
        "boxed::Box",
        "iter::Iterator",
        "iter::IntoIterator",
        "clone::Clone",
    ];
    let mut prelude: Vec<Child> =
        prelude.iter().map(|path| child(path.rsplit("::").next().unwrap(), &format!("std::{path}"))).collect();
    prelude.push(child("println", "std::println!"));
    items.push(module("std::prelude", prelude));
    items.push(Item {
        path: "std::println!".into(),
        kind: Kind::Macro,
        docs: "Prints a line.".into(),
        signature: "macro_rules! println".into(),
        ..Item::default()
    });
    // The slice's own page is under a name that is none of Rust's.
    let mut slice = Source::default();
    slice.read("impl<T> [T] { fn iter(&self) -> std::slice_types::Iter<T>; fn len(&self) -> usize; fn first(&self) -> std::option::Option<&T>; } impl str { fn trim(&self) -> &str; fn len(&self) -> usize; fn chars(&self) -> u8; } impl f32 { fn sqrt(self) -> f32; }");
    for mut item in slice.items {
        item.kind = Kind::Primitive;
        item.path = if item.path == "[T]" { "slice".into() } else { item.path };
        items.push(item);
    }
    let mut crates: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in items {
        let home = item.path.split("::").next().unwrap_or_default();
        let home = if ["std", "candle_core", "course"].contains(&home) { home } else { "std" };
        crates.entry(home.to_owned()).or_default().push(item);
    }
    let index = |items| Index::from_bytes(course_index::write(items)).unwrap();
    Library::of(crates.into_iter().map(|(name, items)| (name, index(items))).collect())
}

fn assistant() -> Assistant {
    let assistant = Assistant::new(library());
    let variable = |(name, type_text): (&str, &str)| KnownVariable {
        name: name.into(),
        type_text: type_text.into(),
        mutable: name == "names",
        cell: 3,
    };
    let variables = [
        ("x", "course::candle_core::Tensor"),
        ("names", "std::vec::Vec<std::string::String>"),
        ("pair", "(f32, &str)"),
        ("scores", "std::collections::HashMap<&str, std::vec::Vec<f32>>"),
        ("boxed", "std::boxed::Box<Circle>"),
        ("numbers", "[f32; 3]"),
        ("loss", "std::result::Result<course::candle_core::Tensor, course::candle_core::Error>"),
        ("circle", "Circle"),
    ];
    let items = [
        "/// A round thing.\nstruct Circle { radius: f32, center: (f32, f32) }",
        "impl Circle { /// The surface.\nfn area(&self) -> f32 { 0. } fn unit() -> Self { todo!() } }",
        "enum Shape { Dot, Line(u8) }",
        "fn norm(x: &Tensor) -> Vec<f32> { vec![] }",
        "trait Named { fn title(&self) -> String; }",
        "impl Named for Circle { fn title(&self) -> String { String::new() } }",
        "macro_rules! twice { () => {} }",
        "mod shapes { pub struct Square { pub side: f32 } pub fn unit() -> Square { todo!() } }",
        "use std::collections::HashMap;",
    ];
    let items = items.map(str::to_owned).into();
    assistant.learn(Known { variables: variables.map(variable).into(), items });
    assistant
}

/// The proposals at `|`, or at the end.
fn proposals(assistant: &Assistant, code: &str) -> Vec<String> {
    // Not `|`, which closures begin with.
    let at = code.find('‸').unwrap_or(code.len());
    let plain = code.replacen('‸', "", 1);
    assistant.complete(&plain, at).1.into_iter().map(|proposal| proposal.text).collect()
}

#[test]
fn what_can_follow_is_proposed() {
    let assistant = assistant();
    let mut wrong = Vec::new();
    for (code, wanted) in [
        // Members of variables, through references, boxes and derefs.
        ("x.mat", "matmul"),
        ("x.MAT", "matmul"),
        ("names.pu", "push"),
        ("names.fir", "first"),
        ("boxed.ar", "area"),
        ("pair.", "1"),
        ("pair.1.tr", "trim"),
        ("circle.rad", "radius"),
        ("circle.tit", "title"),
        ("numbers.le", "len"),
        ("numbers[0].sq", "sqrt"),
        // Chains.
        ("x.matmul(&x)?.di", "dims"),
        ("x.matmul(&x).unwrap().matmul(&x)?.dev", "device"),
        ("x.device().is", "is_cpu"),
        ("loss?.dim", "dims"),
        ("scores.get(\"a\").unwrap().fi", "first"),
        ("scores[\"a\"].le", "len"),
        ("names.iter().en", "enumerate"),
        ("names.iter().enumerate().next().unwrap().1.push_", "push_str"),
        ("names.iter().rev().next().unwrap().tri", "trim"),
        ("x.to_vec1::<f32>()?.pu", "push"),
        ("x.to_vec1::<f32>()?[0].sq", "sqrt"),
        ("names.iter().collect::<Vec<_>>().pu", "push"),
        ("(&x + &x)?.di", "dims"),
        ("norm(&x).le", "len"),
        ("Circle::unit().ar", "area"),
        ("Circle { radius: 1., center: (0., 0.) }.ar", "area"),
        ("circle.center.0.sq", "sqrt"),
        ("shapes::unit().si", "side"),
        ("String::new().push", "push_str"),
        ("\"text\".tr", "trim"),
        ("vec![1.0f32][0].sq", "sqrt"),
        ("format!(\"{x}\").tri", "trim"),
        ("Some(x).unw", "unwrap"),
        ("Tensor::new(&[1f32], &Device::Cpu)?.mat", "matmul"),
        ("device().is", "is_cpu"),
        ("names.len().to_st", ""),
        ("unheard::of::", ""),
        ("x.unheard_of().", ""),
        // Locals that have not run.
        ("let total = x.matmul(&x)?;\ntotal.di", "dims"),
        ("let words: Vec<String> = load();\nwords[0].push", "push_str"),
        ("let (a, b) = pair;\nb.tr", "trim"),
        ("if let Some(name) = names.first() { name.push", "push_str"),
        ("for (index, name) in names.iter().enumerate() { name.tr", "trim"),
        ("fn area(c: &Circle) -> f32 { c.rad‸ius }", "radius"),
        ("let made = Box::new(1.0f32);\nmade.sq", "sqrt"),
        ("struct Own { field: Tensor }\nlet own = Own { field: x };\nown.field.mat", "matmul"),
        // Closures.
        ("names.iter().map(|name| name.tr", "trim"),
        ("names.iter().enumerate().map(|(index, name)| name.tr", "trim"),
        ("names.iter().filter(|name| name.len() > 3).map(|name| name.tr", "trim"),
        ("names.iter().fold(0, move |sum, name| name.tr", "trim"),
        ("names.first().map(|name| { let other = name; other.tr", "trim"),
        ("let f = |c: &Circle| c.rad", "radius"),
        ("names.iter().map(|name| name.len()); name.tr", ""),
        // Fields of a literal.
        ("Circle { ra", "radius"),
        ("Circle { radius: 1.0, ", "center"),
        ("let c = Circle { radius: x.dims().len() as f32, cen", "center"),
        ("struct Own { field: Tensor }\nOwn { fi", "field"),
        ("shapes::Square { si", "side"),
        // Paths.
        ("Tensor::n", "new"),
        ("Device::C", "Cpu"),
        ("Shape::D", "Dot"),
        ("std::col", "collections"),
        ("std::collections::Ha", "HashMap"),
        ("HashMap::n", "new"),
        ("String::from", "from_utf8"),
        ("course::candle_core::Te", "Tensor"),
        ("shapes::Sq", "Square"),
        ("use std::{io, collections::{Ha", "HashMap"),
        ("use cou", "course"),
        ("Circle::un", "unit"),
        // Names.
        ("na", "names"),
        ("cir", "circle"),
        ("Cir", "Circle"),
        ("Tens", "Tensor"),
        ("prin", "println!"),
        ("twi", "twice!"),
        ("whi", "while"),
        ("HashM", "HashMap"),
        ("File", "std::io::File"),
        ("println!(\"{nam", "names"),
        ("#[derive(Clo", "Clone"),
        (":va", ":vars"),
        (":doc Tensor::ma", "matmul"),
        ("?Tensor::ma", "matmul"),
    ] {
        let found = proposals(&assistant, code);
        let right = if wanted.is_empty() { found.is_empty() } else { found.iter().any(|text| text == wanted) };
        if !right {
            wrong.push(format!("{code}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_best_fit_comes_first() {
    let assistant = assistant();
    assert_eq!(proposals(&assistant, "names.pu")[0], "push");
    assert_eq!(proposals(&assistant, "circle.")[0], "center", "fields come before methods");
    assert_eq!(proposals(&assistant, "c")[0], "circle", "variables come before what is further away");
    assert_eq!(proposals(&assistant, "Vec::n"), ["new"]);
    assert_eq!(proposals(&assistant, "Circle { radius: 1.0, "), ["center"], "only what is missing");
    // A trait's methods are there when the trait is.
    assert!(!proposals(&assistant, "std::io::stdin().re").contains(&"read_to_end".to_owned()));
    assert!(proposals(&assistant, "use std::io::Read;\nstd::io::stdin().re").contains(&"read_to_end".to_owned()));
    assert!(proposals(&assistant, "let a = 1; { let inner = 2; }\ninn").is_empty());
}

#[test]
fn a_word_is_explained_wherever_the_cursor_is_in_it() {
    let assistant = assistant();
    for (code, wanted) in [
        ("x|", "let x: course::candle_core::Tensor\nvariable of cell [3]"),
        ("nam|es", "let mut names"),
        ("x.mat|mul(&x)", "fn matmul(&self, rhs: &Self)"),
        ("x.matmul(|&x)", "The matrix product."),
        ("|Tensor::new", "The core struct for manipulating tensors."),
        ("names.pu|sh", "Appends an element."),
        ("Vec|", "A list."),
        ("print|ln!(\"\")", "Prints a line."),
        ("std::vec::V|ec", "A list."),
        ("Circ|le", "A round thing."),
        ("boxed.are|a()", "The surface."),
        ("Device::Cp|u", "Cpu"),
        ("So|me(1)", "Some(T)"),
        ("whi|le true {}", "as long as a condition"),
        (":va|rs", "the variables"),
        ("let made = x.matmul(&x)?;\nma|de", "let made: Tensor"),
        ("circle.rad|ius", "radius: f32"),
        ("use std::{collections::Hash|Map}", "struct HashMap"),
    ] {
        let at = code.find('|').unwrap();
        let plain = code.replacen('|', "", 1);
        let found = assistant.inspect(&plain, at, false).unwrap_or_else(|| panic!("{code}"));
        assert!(found.plain().contains(wanted), "{code}: {}", found.plain());
        assert!(found.data.contains_key("text/html"));
    }
    for code in ["unheard|_of", "x.unheard|_of()", "// x|y", "\"na|mes\"", "12|3", "", "x::y::z|", "nothing(|)"] {
        let at = code.find('|').unwrap_or(0);
        assert_eq!(assistant.inspect(&code.replacen('|', "", 1), at, false), None, "{code}");
    }
}

#[test]
fn files_are_proposed_in_strings() {
    let assistant = assistant();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    for name in ["day.txt", ".hidden", "data/inner.json"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let typed = |end: &str| proposals(&assistant, &format!("read(\"{}/{end}", folder.path().display()));
    assert_eq!(typed("da"), ["data/", "day.txt"]);
    assert_eq!(typed("data/in"), ["inner.json"]);
    assert_eq!(typed(".h"), [".hidden"]);
    assert!(typed("no/such").is_empty());
}

#[test]
fn a_path_is_documented_by_a_command() {
    let assistant = assistant();
    let about = |path: &str| assistant.about(path).map(|bundle| bundle.plain().to_owned());
    assert!(about("Tensor::matmul").unwrap().contains("The matrix product."));
    assert!(about("println!").unwrap().contains("Prints a line."));
    assert!(about("std::collections::HashMap").unwrap().starts_with("struct HashMap"));
    assert!(about("x.matmul").unwrap().contains("The matrix product."));
    assert_eq!(about("no::such"), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn no_cell_is_too_odd(code in "(x|names|let|fn|use|Tensor|::|\\.|[-a-c'\"/#(){}<>\\[\\]!?&;:=, \n0-9é]){0,40}", at in 0_usize..60) {
        let assistant = assistant();
        let at = code.char_indices().nth(at).map_or(code.len(), |(at, _)| at);
        assistant.complete(&code, at);
        assistant.inspect(&code, at, true);
    }
}
