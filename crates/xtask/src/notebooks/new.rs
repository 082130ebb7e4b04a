//! `notebooks new CHAPTER SECTION "Title"`: the file that a section starts from.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use course_notebook::{Notebook, exercise};

use super::chosen::{self, CHAPTERS};
use crate::problem::Problem;
use crate::project::Project;

/// Makes the file, and says what comes next.
pub fn new(project: &Project, chapter: &str, section: u32, title: &str) -> Result<()> {
    let folder = folder(project, chapter)?;
    let slug = slug(title);
    if slug.is_empty() {
        return Err(Problem::error(format!("no file name can be made of \"{title}\""), "give it a title with letters"));
    }
    let path = folder.join(format!("{section:02}-{slug}.ipynb"));
    if path.exists() {
        return Err(Problem::error(format!("{} is there already", path.display()), "choose another number or title"));
    }
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let name = free_name(project, &slug)?;
    course_notebook::new::notebook(title, &name).write(&path)?;
    let shown = path.strip_prefix(&project.root).unwrap_or(&path).display();
    println!("made {shown}, with an exercise `{name}`. Next:\n");
    println!("  cargo xtask lab                            # write it");
    println!("  cargo xtask notebooks refresh {shown}   # run it, and write the outputs");
    println!("  cargo xtask notebooks check {shown}");
    Ok(())
}

/// The chapter's folder: by its number, or by a whole name, which may be new.
fn folder(project: &Project, chapter: &str) -> Result<PathBuf> {
    let chapters = project.root.join(CHAPTERS);
    if let Ok(number) = chapter.parse::<u32>() {
        let mut found: Vec<PathBuf> = fs::read_dir(&chapters)?.flatten().map(|entry| entry.path()).collect();
        found.retain(|path| {
            path.is_dir()
                && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{number:02}-")))
        });
        return found.pop().ok_or_else(|| {
            let advice = format!("name its folder, and it is made: {number:02}-what-it-is-about");
            Problem::error(format!("there is no chapter {number:02}"), advice)
        });
    }
    let numbered = chapter.get(..2).is_some_and(|start| start.bytes().all(|byte| byte.is_ascii_digit()))
        && chapter.get(2..3) == Some("-")
        && chapter.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !numbered {
        return Err(Problem::error(
            format!("`{chapter}` is no chapter"),
            "give its number, or the name of its folder such as 06-tokenizers",
        ));
    }
    Ok(chapters.join(chapter))
}

fn slug(title: &str) -> String {
    let lower: String = title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    lower.split_whitespace().collect::<Vec<_>>().join("-")
}

/// A name for the exercise that no other in the course has.
fn free_name(project: &Project, slug: &str) -> Result<String> {
    let mut taken = Vec::new();
    for path in chosen::files(project, &[])? {
        let notebook = Notebook::read(path)?;
        taken.extend(notebook.cells.iter().filter_map(exercise::name).map(str::to_owned));
    }
    let base =
        format!("{}_shares", slug.replace('-', "_").trim_start_matches(|c: char| c.is_ascii_digit() || c == '_'));
    let numbered = (2..).map(|number| format!("{base}_{number}"));
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| !taken.contains(name)).context("every name is taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, Project) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("chapters/02-using")).unwrap();
        let project =
            Project { root: root.path().into(), target: root.path().join("target"), cache: root.path().join("cache") };
        (root, project)
    }

    #[test]
    fn a_section_is_made_once_and_its_exercises_have_names_of_their_own() {
        let (root, project) = project();
        new(&project, "2", 4, "What's a Tokenizer?").unwrap();
        let path = root.path().join("chapters/02-using/04-what-s-a-tokenizer.ipynb");
        let first = Notebook::read(&path).unwrap();
        assert_eq!(exercise::exercises(&first).unwrap()[0].name, "what_s_a_tokenizer_shares");
        assert!(new(&project, "02", 4, "What's a tokenizer").unwrap_err().to_string().contains("is there already"));
        new(&project, "03-new", 1, "What's a tokenizer").unwrap();
        let second = Notebook::read(root.path().join("chapters/03-new/01-what-s-a-tokenizer.ipynb")).unwrap();
        assert_eq!(exercise::exercises(&second).unwrap()[0].name, "what_s_a_tokenizer_shares_2");
    }

    #[test]
    fn what_is_no_chapter_is_told() {
        let (_root, project) = project();
        for (chapter, said) in [("7", "no chapter 07"), ("Using", "is no chapter"), ("02 x", "is no chapter")] {
            assert!(new(&project, chapter, 1, "T").unwrap_err().to_string().contains(said), "{chapter}");
        }
        assert!(new(&project, "2", 1, "!").unwrap_err().to_string().contains("no file name"));
    }
}
