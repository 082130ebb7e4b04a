//! `progress!`: how far a learner has come, a line a chapter.

use std::path::{Component, Path, PathBuf};

use course_display::{Bundle, Rich, display, escape};
use course_notebook::Notebook;
use serde_json::Value;

use crate::card::{Card, Tone};
use crate::lookup;
use crate::progress::{self, Progress};

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chapter {
    number: String,
    title: String,
    /// What it teaches and how long it takes, as far as its first notebook says it.
    about: String,
    /// Where its first notebook is, from the current folder.
    link: Option<String>,
    passed: usize,
    exercises: usize,
    /// "7 of 8"; `None` for a chapter without a quiz.
    quiz: Option<String>,
}

/// Shows the table; `progress!` calls it.
pub fn show_progress() {
    let Some(root) = lookup::root() else {
        display(
            &Card::new(Tone::Plain, "Progress is not known here: this kernel was not told where the course is")
                .notes(progress::notices()),
        );
        return;
    };
    let progress = Progress::load().unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let chapters = lookup::chapters(&root).iter().map(|folder| chapter(&root, folder, &here, &progress)).collect();
    display(&Table { chapters });
    let notices = progress::notices();
    if !notices.is_empty() {
        display(&Card::new(Tone::Plain, "About the file that keeps your progress").notes(notices));
    }
}

fn chapter(root: &Path, folder: &Path, here: &Path, progress: &Progress) -> Chapter {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (number, rest) = name.split_once('-').unwrap_or(("", &name));
    let notebooks = lookup::notebooks_in(folder);
    let exercises: Vec<_> = notebooks.iter().flat_map(|path| lookup::exercises(path)).collect();
    let passed = |name: &str| progress.exercises.get(name).is_some_and(|exercise| exercise.passed);
    let quiz = match progress.quizzes.get(number) {
        Some(quiz) => Some(format!("{} of {}", quiz.best, quiz.of)),
        None => root.join("quizzes").join(&name).with_extension("toml").exists().then(|| "not yet".to_owned()),
    };
    let first = notebooks.first();
    let (title, about) =
        first.and_then(|path| described(path)).unwrap_or_else(|| (lookup::prettified(rest), String::new()));
    Chapter {
        number: number.to_owned(),
        title,
        about,
        link: first.map(|path| link(root, path, here)),
        passed: exercises.iter().filter(|exercise| passed(&exercise.name)).count(),
        exercises: exercises.len(),
        quiz,
    }
}

/// What the chapter's first notebook says of it: `"chapter": {"title": …, "teaches": …, "minutes": …}` in its metadata.
fn described(path: &Path) -> Option<(String, String)> {
    let notebook = Notebook::read(path).ok()?;
    let chapter = notebook.metadata.get("course")?.get("chapter")?;
    let teaches = chapter.get("teaches").and_then(Value::as_str).map(str::to_owned);
    let minutes = chapter.get("minutes").and_then(Value::as_u64).map(|minutes| format!("{minutes} minutes"));
    let about: Vec<String> = teaches.into_iter().chain(minutes).collect();
    Some((chapter.get("title")?.as_str()?.to_owned(), about.join(" · ")))
}

/// A notebook as a page in `here` names it: the learner's copy where that is what the page is.
fn link(root: &Path, notebook: &Path, here: &Path) -> String {
    let below = notebook.strip_prefix(root.join("chapters")).unwrap_or(notebook);
    let learn = root.join("learn");
    let to = if here.starts_with(&learn) { learn.join(below) } else { notebook.to_owned() };
    relative(here, &to).to_string_lossy().into_owned()
}

fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(common).map(|_| Component::ParentDir);
    up.chain(to.iter().skip(common).copied()).collect()
}

/// The table.
struct Table {
    chapters: Vec<Chapter>,
}

const HEADERS: [&str; 4] = ["chapter", "exercises", "", "quiz"];

impl Chapter {
    /// Ten steps of a bar, as text.
    fn bar(&self) -> String {
        let full = (self.passed * 10).checked_div(self.exercises).unwrap_or(0);
        "▰".repeat(full) + &"▱".repeat(10 - full.min(10))
    }

    fn cells(&self) -> [String; 4] {
        let (done, bar) = match self.exercises {
            0 => ("–".to_owned(), String::new()),
            all => (format!("{} of {all}", self.passed), self.bar()),
        };
        [
            format!("{} {}", self.number, self.title).trim().to_owned(),
            done,
            bar,
            self.quiz.clone().unwrap_or("–".to_owned()),
        ]
    }
}

impl Rich for Table {
    fn rich(&self) -> Bundle {
        let rows: Vec<[String; 4]> = self.chapters.iter().map(Chapter::cells).collect();
        let mut html = String::from("<table style=\"border-collapse:collapse;color:inherit;margin:4px 0\"><thead><tr>");
        const CELL: &str = "text-align:left;padding:3px 10px;border-bottom:1px solid rgba(128,128,128,0.4)";
        for header in HEADERS {
            html += &format!("<th scope=\"col\" style=\"{CELL};font-weight:600\">{header}</th>");
        }
        html += "</tr></thead><tbody>";
        for (chapter, [name, done, _, quiz]) in self.chapters.iter().zip(&rows) {
            let name = match &chapter.link {
                Some(link) => format!(
                    "<a href=\"{}\" style=\"color:inherit;text-decoration:underline\">{}</a>",
                    escape(link),
                    escape(name)
                ),
                None => escape(name),
            };
            let about = match chapter.about.as_str() {
                "" => String::new(),
                about => format!("<br><small>{}</small>", escape(about)),
            };
            let share = (chapter.passed * 100).checked_div(chapter.exercises).unwrap_or(0);
            let bar = match chapter.exercises {
                0 => String::new(),
                _ => format!(
                    "<div aria-hidden=\"true\" style=\"width:8em;height:0.6em;border:1px solid rgb(120,120,120)\">\
                     <div style=\"width:{share}%;height:100%;background:rgb(30,135,85)\"></div></div>"
                ),
            };
            html += &format!(
                "<tr style=\"background:transparent\"><td style=\"{CELL}\">{name}{about}</td><td style=\"{CELL}\">{done}</td>\
                 <td style=\"{CELL}\">{bar}</td><td style=\"{CELL}\">{}</td></tr>",
                escape(quiz)
            );
        }
        Bundle::html(html + "</tbody></table>", text(&rows))
    }
}

fn text(rows: &[[String; 4]]) -> String {
    let headers = HEADERS.map(str::to_owned);
    let all = || std::iter::once(&headers).chain(rows);
    let widths: Vec<usize> = (0..HEADERS.len())
        .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &[String; 4]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use course_notebook::Cell;
    use serde_json::json;

    use super::*;
    use crate::progress::{ExerciseProgress, QuizProgress};

    #[test]
    fn links_lead_from_where_the_page_is() {
        let root = Path::new("/course");
        let notebook = Path::new("/course/chapters/01-x/01-a.ipynb");
        assert_eq!(link(root, notebook, Path::new("/course/learn")), "01-x/01-a.ipynb");
        assert_eq!(link(root, notebook, Path::new("/course/learn/00-setup")), "../01-x/01-a.ipynb");
        assert_eq!(link(root, notebook, Path::new("/course/chapters")), "01-x/01-a.ipynb");
    }

    #[test]
    fn a_chapter_counts_its_exercises_and_knows_its_quiz() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("chapters/01-transformer-models");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(root.path().join("quizzes")).unwrap();
        std::fs::write(root.path().join("quizzes/01-transformer-models.toml"), "").unwrap();
        let cell = |name: &str| {
            let mut cell = Cell::code(name, "");
            cell.metadata.insert("course".into(), json!({ "exercise": name }));
            cell
        };
        let mut notebook = Notebook::new(vec![cell("a"), cell("b"), cell("c")]);
        let about = json!({ "chapter": { "title": "Transformer models", "teaches": "What they do", "minutes": 90 } });
        notebook.metadata.insert("course".into(), about);
        std::fs::write(folder.join("01-a.ipynb"), notebook.to_json()).unwrap();
        let mut progress = Progress::default();
        progress.exercises.insert("b".into(), ExerciseProgress { passed: true, attempts: 1, hints: 0 });
        progress.exercises.insert("c".into(), ExerciseProgress { passed: false, attempts: 1, hints: 0 });
        let row = chapter(root.path(), &folder, &root.path().join("chapters"), &progress);
        assert_eq!((row.passed, row.exercises, row.quiz.as_deref()), (1, 3, Some("not yet")));
        progress.quizzes.insert("01".into(), QuizProgress { right: 2, of: 8, best: 7 });
        let row = chapter(root.path(), &folder, &root.path().join("chapters"), &progress);
        let bundle = Table { chapters: vec![row] }.rich();
        assert_eq!(
            bundle.plain(),
            "chapter                exercises              quiz\n01 Transformer models  1 of 3     ▰▰▰▱▱▱▱▱▱▱  7 of 8"
        );
        let html = bundle.data["text/html"].as_str().unwrap();
        assert!(
            html.contains("href=\"01-transformer-models/01-a.ipynb\"") && html.contains("What they do · 90 minutes"),
            "{html}"
        );
    }
}
