//! Links in prose lead somewhere: to a file, to a heading, to an attachment. Addresses of the web are not asked.

use std::fs;
use std::path::Path;

use super::{Problem, prose};
use crate::{Cell, CellType, Notebook};

pub(super) fn check(notebook: &Notebook, path: &Path) -> Vec<Problem> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for cell in notebook.cells.iter().filter(|cell| cell.cell_type == CellType::Markdown) {
        for (line, text) in prose::lines(&cell.source) {
            for target in targets(text) {
                if let Some(what) = broken(notebook, cell, folder, &target) {
                    found.push(Problem::of_cell(cell, what).at(line));
                }
            }
        }
    }
    found
}

fn broken(notebook: &Notebook, cell: &Cell, folder: &Path, target: &str) -> Option<String> {
    if let Some(name) = target.strip_prefix("attachment:") {
        let attached =
            cell.other.get("attachments").is_some_and(|attachments| attachments.get(decoded(name)).is_some());
        return (!attached).then(|| format!("`{target}`: the cell has no such attachment"));
    }
    if target.contains("://") || target.starts_with("mailto:") || target.starts_with("data:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = decoded(file);
    if file.starts_with('/') {
        return Some(format!("`{target}` is absolute: links are relative to the notebook"));
    }
    if !file.is_empty() && !folder.join(&file).exists() {
        return Some(format!("`{target}` leads nowhere: there is no {file} beside the notebook"));
    }
    if anchor.is_empty() {
        return None;
    }
    let anchors = if file.is_empty() {
        anchors_of(notebook)
    } else if file.ends_with(".ipynb") {
        anchors_of(&Notebook::read(folder.join(&file)).ok()?)
    } else if file.ends_with(".md") {
        headings(&fs::read_to_string(folder.join(&file)).ok()?).map(|text| slug(&text)).collect()
    } else {
        return None;
    };
    let anchor = decoded(anchor);
    (!anchors.contains(&anchor)).then(|| {
        let near: Vec<&String> = anchors.iter().filter(|found| found.eq_ignore_ascii_case(&anchor)).collect();
        match near.first() {
            Some(near) => format!("`{target}` leads to no heading; there is `#{near}`"),
            None => format!("`{target}` leads to no heading: in a notebook, `## What it is` is `#What-it-is`"),
        }
    })
}

/// The targets of Markdown's links and images, and of `href` and `src`.
fn targets(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    for (open, close) in [("](", &[')', ' '][..]), ("href=\"", &['"']), ("src=\"", &['"'])] {
        for piece in text.split(open).skip(1) {
            let target: String = piece.chars().take_while(|c| !close.contains(c)).collect();
            let target = target.trim_start_matches('<').trim_end_matches('>');
            if !target.is_empty() {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The headings' ids in JupyterLab, and ids that the prose sets itself.
fn anchors_of(notebook: &Notebook) -> Vec<String> {
    let mut anchors = Vec::new();
    for cell in notebook.cells.iter().filter(|cell| cell.cell_type == CellType::Markdown) {
        anchors.extend(headings(&cell.source).map(|text| text.replace(' ', "-")));
        for piece in cell.source.split("id=\"").skip(1) {
            anchors.extend(piece.split('"').next().map(str::to_owned));
        }
    }
    anchors
}

fn headings(source: &str) -> impl Iterator<Item = String> {
    prose::lines(source).into_iter().filter_map(|(_, line)| {
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        ((1..=6).contains(&level) && text.starts_with(' ')).then(|| plain(text.trim()))
    })
}

/// A heading's text without its markup.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((label, end)) = after.split_once("](").and_then(|(label, end)| Some((label, end.split_once(')')?.1)))
        else {
            break;
        };
        plain.extend([before, label]);
        rest = end;
    }
    (plain + rest).replace(['*', '`'], "")
}

/// A heading's id on GitHub.
fn slug(text: &str) -> String {
    let kept = text.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// `%20` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex =
            (*first == b'%').then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())).flatten();
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("figures")).unwrap();
        fs::write(folder.path().join("figures/a b.svg"), "").unwrap();
        fs::write(folder.path().join("text.md"), "# The `one` heading, *now*\n").unwrap();
        Notebook::new(vec![Cell::markdown("t", "# Other *title*")]).write(folder.path().join("other.ipynb")).unwrap();
        let mut cell = Cell::markdown("a", source);
        cell.other.insert("attachments".into(), serde_json::json!({"in.png": {}}));
        let notebook = Notebook::new(vec![cell, Cell::markdown("b", "## What it is\n<a id=\"here\"></a>")]);
        check(&notebook, &folder.path().join("this.ipynb")).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let source = "[a](https://x.org) ![b](figures/a%20b.svg \"title\") [c](#What-it-is) [d](other.ipynb#Other-title) \
                      [e](text.md#the-one-heading-now) <img src=\"attachment:in.png\"> [f](#here) [g](figures) `[h](no)`\n\
                      ```\n[i](no)\n```";
        assert_eq!(told(source), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_told_with_their_line() {
        for (source, said) in [
            ("x\n\n[a](no/such.ipynb)", "cell `a`, line 3: `no/such.ipynb` leads nowhere"),
            ("[a](#what-it-is)", "there is `#What-it-is`"),
            ("[a](#nothing)", "leads to no heading"),
            ("[a](other.ipynb#nothing)", "leads to no heading"),
            ("[a](text.md#Nothing)", "leads to no heading"),
            ("![a](attachment:out.png)", "no such attachment"),
            ("<a href=\"/etc\">", "is absolute"),
        ] {
            let told = told(source);
            assert_eq!(told.len(), 1, "{source}: {told:?}");
            assert!(told[0].contains(said), "{source}: {told:?}");
        }
    }
}
