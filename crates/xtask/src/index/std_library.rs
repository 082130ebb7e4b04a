//! std's index. The toolchain has neither std's source nor its JSON, but its libraries carry the documentation: rustdoc writes it into
//! the pages of a crate that re-exports std. That takes minutes and never changes for a toolchain, so a developer does it
//! (`cargo xtask index-std`) and the result is in the repository.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use course_index::{Child, Index, Item, Kind, PRIMITIVES};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::page;
use crate::bar::Step;
use crate::files;
use crate::project::Project;
use crate::rust::toolchain::Toolchain;

/// Parts of std that no notebook needs, or that repeat what is elsewhere.
const LEFT_OUT: [&str; 16] = [
    "arch",
    "async_iter",
    "autodiff",
    "bstr",
    "core_arch",
    "core_simd",
    "f128",
    "f16",
    "intrinsics",
    "os",
    "pat",
    "prelude",
    "simd",
    "unsafe_binder",
    "primitive",
    "static.files",
];
/// Twelve integer types have the same methods: these keep the whole documentation, the others its first paragraphs.
const IN_FULL: [&str; 3] = ["f32", "i32", "usize"];
const ORIGIN: &str = "std.idx is the API of Rust's standard library with its documentation, made by `cargo xtask index-std` from the rustc\n\
    toolchain named in std.version. The text is by the Rust project's contributors (https://github.com/rust-lang/rust), under MIT or\n\
    Apache-2.0, as the Rust project licenses it.\n";

/// Makes std's index of the pinned toolchain and puts it into the repository.
pub fn ship(project: &Project) -> Result<()> {
    let toolchain = Toolchain::find(project)?;
    let work = files::Unfinished::create(&project.scratch(), "index-std")?;
    let step = Step::start("rustdoc on a crate that re-exports std");
    let mut source =
        String::from("#![feature(rustc_attrs)]\n#![allow(internal_features)]\n#[doc(inline)] pub use std::*;\n");
    for name in PRIMITIVES {
        source += &format!("/// .\n#[rustc_doc_primitive = \"{name}\"] mod type_{name} {{}}\n");
    }
    let file = work.path().join("stdx.rs");
    fs::write(&file, source)?;
    let mut rustdoc = Command::new(toolchain.program("rustdoc"));
    rustdoc
        .args(["--edition", "2024", "--crate-name", "stdx"])
        .arg(&file)
        .arg("--out-dir")
        .arg(work.path().join("html"));
    let output = rustdoc.env("RUSTC_BOOTSTRAP", "1").output().context("rustdoc cannot be started")?;
    if !output.status.success() {
        bail!("rustdoc failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    step.done("written");

    let step = Step::start("read its pages");
    let items = pages(&work.path().join("html/stdx"))?;
    let count = items.len();
    let bytes = course_index::write(items);
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(9));
    for (name, content) in
        [("ORIGIN", ORIGIN.as_bytes()), ("std.version", toolchain.version.as_bytes()), ("std.idx", &bytes)]
    {
        archive.start_file(name, options)?;
        archive.write_all(content)?;
    }
    let packed = archive.finish()?.into_inner();
    files::write_atomically(&archive_file(project), &packed)?;
    step.done(&format!("{count} items, {} KB, {} KB packed", bytes.len() / 1024, packed.len() / 1024));
    Ok(())
}

fn archive_file(project: &Project) -> PathBuf {
    project.root.join("crates/index/data/std.zip")
}

/// The shipped index, unpacked into the cache.
pub fn unpack(project: &Project, folder: &Path) -> Result<PathBuf> {
    let file = archive_file(project);
    let packed = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
    let name = format!("std-{}.idx", &blake3::hash(&packed).to_hex()[..16]);
    let path = folder.join(name);
    if !path.is_file() {
        let mut archive = ZipArchive::new(File::open(&file)?)?;
        let mut bytes = Vec::new();
        archive.by_name("std.idx")?.read_to_end(&mut bytes)?;
        files::write_atomically(&path, &bytes)?;
    }
    Ok(path)
}

fn pages(folder: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut prelude = Item::default();
    let mut failure = None;
    files::walk(folder, &mut |file| {
        let Some(inside) = file.strip_prefix(folder).ok().and_then(Path::to_str) else { return };
        let prelude_page = inside == "prelude/rust_2024/index.html";
        let Some((path, kind)) = subject(inside).filter(|_| prelude_page || !left_out(inside)) else { return };
        match fs::read_to_string(file) {
            Ok(html) if prelude_page => prelude = page::read(&html, "std::prelude", Kind::Module).unwrap_or_default(),
            Ok(html) => items.extend(page::read(&html, &path, kind)),
            Err(error) => failure = Some(error),
        }
    })?;
    if let Some(error) = failure {
        return Err(error).context("reading rustdoc's pages");
    }
    // The prelude's own pages are left out: its names lead to where the things are from.
    let home = |child: &Child| {
        let name = child.path.rsplit("::").next().unwrap_or_default().to_owned();
        let here = items.iter().filter(|item| item.path.rsplit("::").next() == Some(&name));
        // `Result` is the enum, not io's alias of it.
        let here = here.filter(|item| item.kind != Kind::Module && item.kind != Kind::Alias);
        let path = here.map(|item| item.path.clone()).min_by_key(|path| path.len())?;
        Some(Child { name: child.name.clone(), path })
    };
    prelude.children = prelude.children.iter().filter_map(home).collect();
    items.push(prelude);
    items.iter_mut().for_each(shorten);
    Ok(items)
}

fn left_out(inside: &str) -> bool {
    inside.split('/').any(|part| LEFT_OUT.contains(&part)) || inside.contains("!.html")
}

/// What a page of this name is about.
fn subject(inside: &str) -> Option<(String, Kind)> {
    let (folders, page) = inside.rsplit_once('/').unwrap_or(("", inside));
    let module = format!("std/{folders}").trim_end_matches('/').replace('/', "::");
    if page == "index.html" {
        return Some((module, Kind::Module));
    }
    let (kind, name) = page.strip_suffix(".html")?.split_once('.')?;
    let kind = match kind {
        "struct" | "union" => Kind::Struct,
        "enum" => Kind::Enum,
        "trait" => Kind::Trait,
        "type" => Kind::Alias,
        "fn" => Kind::Function,
        "constant" | "static" => Kind::Constant,
        "macro" => return Some((format!("{module}::{name}!"), Kind::Macro)),
        "derive" => Kind::Derive,
        "primitive" => return Some((name.to_owned(), Kind::Primitive)),
        _ => return None,
    };
    Some((format!("{module}::{name}"), kind))
}

fn shorten(item: &mut Item) {
    if item.kind != Kind::Primitive {
        return;
    }
    // The page only says that the type is documented elsewhere.
    item.docs.clear();
    item.signature = format!("primitive type {}", item.path);
    if item.path.starts_with(['i', 'u', 'f']) && !IN_FULL.contains(&item.path.as_str()) {
        for member in item.impls.iter_mut().flat_map(|block| &mut block.members) {
            member.docs = member.docs.split("\n\n").next().unwrap_or_default().to_owned();
        }
    }
}

/// The path under which std shows what is defined at `path`: `alloc::vec::Vec` is `std::vec::Vec`, and
/// `core::iter::traits::iterator::Iterator` is `std::iter::Iterator`.
pub fn public_path(of_std: &Index, path: &str) -> String {
    let Some(("std" | "core" | "alloc", inside)) = path.split_once("::") else { return path.to_owned() };
    let direct = format!("std::{inside}");
    if of_std.has(&direct) {
        return direct;
    }
    let name = path.rsplit("::").next().unwrap_or_default();
    let words =
        |path: &str| path.split(['_', ':']).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let wanted = words(path);
    let shared = |candidate: &&str| words(candidate).iter().filter(|word| wanted.contains(word)).count();
    let candidates = of_std.named(name.trim_end_matches('!')).into_iter();
    let same = candidates.filter(|candidate| candidate.rsplit("::").next() == Some(name));
    same.max_by_key(|candidate| (shared(candidate), usize::MAX - candidate.len())).map_or(direct, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_name() {
        assert_eq!(subject("vec/struct.Vec.html"), Some(("std::vec::Vec".into(), Kind::Struct)));
        assert_eq!(subject("vec/index.html"), Some(("std::vec".into(), Kind::Module)));
        assert_eq!(subject("macro.vec.html"), Some(("std::vec!".into(), Kind::Macro)));
        assert_eq!(subject("primitive.str.html"), Some(("str".into(), Kind::Primitive)));
        assert_eq!(subject("all.html"), None);
        assert!(left_out("prelude/v1/struct.Vec.html") && !left_out("vec/struct.Vec.html"));
    }

    #[test]
    fn a_definition_inside_std_is_found_where_std_shows_it() {
        let item = |path: &str| Item { path: path.into(), kind: Kind::Struct, ..Item::default() };
        let paths = [
            "std::vec::Vec",
            "std::iter::Iterator",
            "std::slice::Iter",
            "std::collections::btree_map::Iter",
            "std::result::Iter",
        ];
        let index = Index::from_bytes(course_index::write(paths.map(item).into())).unwrap();
        for (defined, shown) in [
            ("alloc::vec::Vec", "std::vec::Vec"),
            ("core::iter::traits::iterator::Iterator", "std::iter::Iterator"),
            ("core::slice::iter::Iter", "std::slice::Iter"),
            ("alloc::collections::btree::map::Iter", "std::collections::btree_map::Iter"),
            ("core::nowhere::Other", "std::nowhere::Other"),
            ("candle_core::tensor::Tensor", "candle_core::tensor::Tensor"),
        ] {
            assert_eq!(public_path(&index, defined), shown);
        }
    }
}
