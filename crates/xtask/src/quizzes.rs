//! `cargo xtask quizzes`: checks the quizzes as the tests do, and exports them for jupyterquiz.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Subcommand;
use course_quizzes::{Folder, Quiz, rules, to_jupyterquiz};

use crate::problem::Problem;
use crate::project::Project;
use crate::rust::toolchain::Toolchain;

/// What to do with the quizzes.
#[derive(Subcommand)]
pub enum Quizzes {
    /// Reads every quiz, checks it against the rules, and runs its programs
    Check,
    /// Writes quizzes as JSON for jupyterquiz, one file a chapter
    Export {
        /// The chapter's number or name; without it, all chapters
        chapter: Option<String>,
        /// The folder to write into; without it, target/xtask/jupyterquiz
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// Performs one of them.
pub fn quizzes(project: &Project, what: Quizzes) -> Result<()> {
    let folder = open(project)?;
    match what {
        Quizzes::Check => check(project, &folder),
        Quizzes::Export { chapter, out } => {
            let chosen = match chapter {
                Some(chapter) => vec![folder.quiz(&chapter)],
                None => folder.all(),
            };
            let quizzes = chosen.into_iter().collect::<Result<Vec<_>, _>>().map_err(in_file)?;
            export(&quizzes, &out.unwrap_or_else(|| project.scratch().join("jupyterquiz")))
        }
    }
}

fn open(project: &Project) -> Result<Folder> {
    let path = project.root.join("quizzes");
    Folder::open(&path).map_err(|error| {
        Problem::error(error.to_string(), "the quizzes are the .toml files in the checkout's quizzes/")
    })
}

fn in_file(error: course_quizzes::Error) -> anyhow::Error {
    let advice = match error {
        course_quizzes::Error::NoSuchChapter { .. } => "name one of these, by its number or its whole name",
        _ => "mend it, and run the same command again",
    };
    Problem::error(error.to_string(), advice)
}

fn check(project: &Project, folder: &Folder) -> Result<()> {
    let rustc = Toolchain::find(project)?.rustc;
    let (mut quizzes, mut problems) = (Vec::new(), Vec::new());
    for quiz in folder.all() {
        match quiz {
            Ok(quiz) => quizzes.push(quiz),
            Err(error) => problems.push(error.to_string()),
        }
    }
    problems.extend(rules(&quizzes));
    for quiz in &quizzes {
        for question in &quiz.questions {
            if let Err(what) = question.verify(&rustc) {
                problems.push(format!("{}, line {}: {what}", quiz.file.display(), question.line));
            }
        }
        println!("{}: {} questions", quiz.name, quiz.questions.len());
    }
    if problems.is_empty() {
        return Ok(());
    }
    let count = problems.len();
    let what =
        format!("the quizzes have {count} problem{}:\n{}", if count == 1 { "" } else { "s" }, problems.join("\n"));
    Err(Problem::error(what, "crates/quizzes/src/lib.rs says how a quiz is written"))
}

fn export(quizzes: &[Quiz], out: &Path) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
    for quiz in quizzes {
        let file = out.join(format!("{}.json", quiz.name));
        let mut json = serde_json::to_string_pretty(&to_jupyterquiz(quiz))?;
        json.push('\n');
        fs::write(&file, json).with_context(|| format!("writing {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}
