//! The learner's folder `learn/`: a copy of every notebook in `chapters/`, to write in.
//!
//! `learn/.made.json` has a hash of each copy as it was made. A copy whose cells are still those follows its master; one that the
//! learner has written in is never touched again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use course_notebook::{Notebook, student};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::problem::Problem;
use crate::project::Project;

/// The folder's name.
pub const LEARN: &str = "learn";
const CHAPTERS: &str = "chapters";
const MADE: &str = ".made.json";

/// What an update did; paths are relative to `learn/`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Files that were made or brought up to date.
    pub new: Vec<PathBuf>,
    /// Copies with the learner's work whose master has changed since.
    pub behind: Vec<PathBuf>,
}

impl Made {
    /// Says what a learner should know.
    pub fn tell(&self) {
        if !self.new.is_empty() {
            println!("your notebooks in {LEARN}/: {} made or brought up to date", self.new.len());
        }
        for path in &self.behind {
            let path = path.display();
            println!(
                "  {LEARN}/{path} has your work in it and is kept; the course has a newer version: \
                 `cargo xtask notebooks student --again {LEARN}/{path}` puts yours aside and makes a fresh one"
            );
        }
    }
}

/// What `.made.json` says of a copy.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
struct Record {
    /// The hash of the copy that was made.
    hash: String,
}

type Records = BTreeMap<String, Record>;

/// Makes what is missing in `learn/`, and brings up to date what the learner has not changed.
pub fn update(project: &Project) -> Result<Made> {
    let (from, to) = (project.root.join(CHAPTERS), project.root.join(LEARN));
    let mut records = read_records(&to);
    let before = records.clone();
    let mut made = Made::default();
    let mut sources = Vec::new();
    files::walk(&from, &mut |path| sources.push(path.to_owned()))?;
    sources.sort();
    for source in &sources {
        let relative = source.strip_prefix(&from).unwrap_or(source);
        let copy = Copy::of(source)?;
        let target = to.join(relative);
        let name = relative.to_string_lossy().replace('\\', "/");
        let recorded = records.get(&name).map(|record| record.hash.as_str());
        let state = match fs::read(&target) {
            Err(_) => State::Missing,
            Ok(bytes) => match hash(relative, &bytes) {
                found if found == copy.hash => State::Current,
                found if Some(found.as_str()) == recorded => State::AsMade,
                _ => State::Changed,
            },
        };
        match state {
            State::Missing | State::AsMade => {
                let folder = target.parent().unwrap_or(&to);
                fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
                files::write_atomically(&target, &copy.bytes)?;
                made.new.push(relative.to_owned());
            }
            State::Changed if recorded != Some(copy.hash.as_str()) => {
                made.behind.push(relative.to_owned());
                // What was made for the learner is still what their work began with.
                continue;
            }
            State::Changed | State::Current => {}
        }
        records.insert(name, Record { hash: copy.hash });
    }
    remove_orphans(&from, &to, &mut records);
    if records != before {
        files::write_atomically(&to.join(MADE), &serde_json::to_vec_pretty(&records)?)?;
    }
    Ok(made)
}

/// `notebooks student --again`: puts a copy aside, and makes a fresh one.
pub fn again(project: &Project, notebook: &Path) -> Result<()> {
    let (from, to) = (project.root.join(CHAPTERS), project.root.join(LEARN));
    let path = std::path::absolute(notebook)?;
    let relative = path
        .strip_prefix(&to)
        .or_else(|_| path.strip_prefix(&from))
        .ok()
        .filter(|relative| from.join(relative).is_file())
        .ok_or_else(|| {
            let advice = format!("name one of {LEARN}/ or {CHAPTERS}/");
            Problem::new(format!("{} is no notebook of the course", notebook.display()), advice)
        })?;
    let target = to.join(relative);
    if target.exists() {
        let aside = free_name(&target);
        fs::rename(&target, &aside).with_context(|| format!("renaming {}", target.display()))?;
        println!("yours is now {}", aside.strip_prefix(&project.root).unwrap_or(&aside).display());
    }
    update(project)?;
    println!("a fresh copy is in {LEARN}/{}", relative.display());
    Ok(())
}

/// What is to lie in `learn/` for a file of `chapters/`.
struct Copy {
    bytes: Vec<u8>,
    hash: String,
}

impl Copy {
    fn of(source: &Path) -> Result<Self> {
        let bytes = if is_notebook(source) {
            let master = Notebook::read(source)?;
            student::copy(&master).map_err(|error| error.within(source))?.to_json().into_bytes()
        } else {
            fs::read(source).with_context(|| format!("reading {}", source.display()))?
        };
        Ok(Self { hash: hash(source, &bytes), bytes })
    }
}

enum State {
    Missing,
    /// It is what would be made now.
    Current,
    /// It is what was made once.
    AsMade,
    /// The learner has written in it.
    Changed,
}

fn is_notebook(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "ipynb")
}

/// The hash of a file; of a notebook's cells, since running one changes its bytes and is no work that could get lost.
fn hash(path: &Path, bytes: &[u8]) -> String {
    let mut hash = blake3::Hasher::new();
    let notebook = std::str::from_utf8(bytes).ok().filter(|_| is_notebook(path)).map(Notebook::parse);
    match notebook {
        Some(Ok(notebook)) => {
            for cell in &notebook.cells {
                for part in [cell.id.as_str(), cell.cell_type.name(), cell.source.as_str()] {
                    hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
                }
            }
        }
        _ => drop(hash.update(bytes)),
    }
    hash.finalize().to_hex().to_string()
}

/// A name beside a file that is not taken: `03-x.1.ipynb`.
fn free_name(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    let mut number = 1;
    loop {
        let name = path.with_file_name(format!("{stem}.{number}{end}"));
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}

/// Removes copies that the learner has not changed and that have no master any more.
fn remove_orphans(from: &Path, to: &Path, records: &mut Records) {
    records.retain(|name, record| {
        if from.join(name).is_file() {
            return true;
        }
        let copy = to.join(name);
        let is_as_made = fs::read(&copy).is_ok_and(|bytes| hash(&copy, &bytes) == record.hash);
        if is_as_made {
            let _ = fs::remove_file(&copy);
        }
        false
    });
}

fn read_records(folder: &Path) -> Records {
    // A damaged list is as good as none: copies that differ are then taken for the learner's work.
    fs::read(folder.join(MADE)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use course_notebook::Cell;

    use super::*;

    struct Checkout {
        _root: tempfile::TempDir,
        project: Project,
    }

    impl Checkout {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let project = Project {
                root: root.path().into(),
                target: root.path().join("target"),
                cache: root.path().join("cache"),
            };
            fs::create_dir_all(root.path().join("chapters/00-a/images")).unwrap();
            fs::write(root.path().join("chapters/00-a/images/x.svg"), "<svg/>").unwrap();
            let checkout = Self { _root: root, project };
            checkout.master("let x = 1;");
            checkout
        }

        fn path(&self, name: &str) -> PathBuf {
            self.project.root.join(name)
        }

        fn master(&self, code: &str) {
            let mut cell = Cell::code("one", code);
            cell.execution_count = Some(1);
            Notebook::new(vec![cell]).write(self.path("chapters/00-a/01-b.ipynb")).unwrap();
        }

        fn update(&self) -> Made {
            update(&self.project).unwrap()
        }

        fn copy(&self) -> Notebook {
            Notebook::read(self.path("learn/00-a/01-b.ipynb")).unwrap()
        }

        fn write(&self, change: impl FnOnce(&mut Notebook)) {
            let mut copy = self.copy();
            change(&mut copy);
            copy.write(self.path("learn/00-a/01-b.ipynb")).unwrap();
        }
    }

    fn notebook() -> Vec<PathBuf> {
        vec!["00-a/01-b.ipynb".into()]
    }

    #[test]
    fn copies_mirror_the_chapters_and_are_made_once() {
        let checkout = Checkout::new();
        assert_eq!(checkout.update().new, [PathBuf::from("00-a/01-b.ipynb"), "00-a/images/x.svg".into()]);
        assert_eq!(checkout.copy().cells[0].execution_count, None);
        assert_eq!(checkout.update(), Made::default());
        fs::remove_file(checkout.path("learn/00-a/01-b.ipynb")).unwrap();
        assert_eq!(checkout.update().new, notebook(), "one that was removed comes again");
    }

    #[test]
    fn a_copy_that_was_only_run_follows_its_master() {
        let checkout = Checkout::new();
        checkout.update();
        checkout.write(|copy| copy.cells[0].execution_count = Some(7));
        checkout.master("let x = 2;");
        assert_eq!(checkout.update(), Made { new: notebook(), behind: Vec::new() });
        assert_eq!(checkout.copy().cells[0].source, "let x = 2;");
    }

    #[test]
    fn a_copy_with_work_in_it_is_kept_and_told_when_it_is_behind() {
        let checkout = Checkout::new();
        checkout.update();
        checkout.write(|copy| copy.cells[0].source = "let mine = 1;".into());
        assert_eq!(checkout.update(), Made::default(), "its master has not changed");
        checkout.master("let x = 2;");
        for _ in 0..2 {
            assert_eq!(checkout.update(), Made { new: Vec::new(), behind: notebook() });
        }
        assert_eq!(checkout.copy().cells[0].source, "let mine = 1;");
    }

    #[test]
    fn a_fresh_copy_puts_the_old_one_aside_under_a_number() {
        let checkout = Checkout::new();
        checkout.update();
        for number in 1..3 {
            checkout.write(|copy| copy.cells[0].source = format!("let mine = {number};"));
            again(&checkout.project, &checkout.path("chapters/00-a/01-b.ipynb")).unwrap();
            assert_eq!(checkout.copy().cells[0].source, "let x = 1;");
            let aside = Notebook::read(checkout.path(&format!("learn/00-a/01-b.{number}.ipynb"))).unwrap();
            assert_eq!(aside.cells[0].source, format!("let mine = {number};"));
        }
        assert_eq!(checkout.update(), Made::default());
        let error = again(&checkout.project, Path::new("README.md")).unwrap_err().to_string();
        assert!(error.contains("no notebook of the course"), "{error}");
    }

    #[test]
    fn copies_of_notebooks_that_are_gone_go_unless_someone_wrote_in_them() {
        let checkout = Checkout::new();
        checkout.update();
        fs::remove_dir_all(checkout.path("chapters/00-a/images")).unwrap();
        checkout.write(|copy| copy.cells[0].source.push(' '));
        fs::remove_file(checkout.path("chapters/00-a/01-b.ipynb")).unwrap();
        checkout.update();
        assert!(!checkout.path("learn/00-a/images/x.svg").exists());
        assert!(checkout.path("learn/00-a/01-b.ipynb").exists());
    }

    #[test]
    fn without_its_list_a_different_file_is_taken_for_work() {
        let checkout = Checkout::new();
        checkout.update();
        fs::write(checkout.path("learn/.made.json"), "{").unwrap();
        checkout.master("let x = 3;");
        assert_eq!(checkout.update(), Made { new: Vec::new(), behind: notebook() });
    }
}
