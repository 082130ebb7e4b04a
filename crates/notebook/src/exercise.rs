//! The exercises of a notebook.

use serde_json::Value;

use crate::nbgrader::Nbgrader;
use crate::regions::{self, SOLUTION};
use crate::{Cell, Error, Notebook, Result};

/// What a learner finds in place of a solution.
pub const STUB: &str = "todo!(\"your code here\")";

/// An exercise: a cell to write in, and one that checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exercise {
    /// Its name, a Rust identifier that no other exercise of the course has.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is about.
    pub concept: String,
    /// 1 to 3.
    pub difficulty: u32,
    /// From vague to nearly there.
    pub hints: Vec<String>,
    /// What a pass is worth.
    pub points: f64,
    /// The text of the answer cell with our solution, without its marks. Empty in a learner's copy.
    pub solution: String,
    /// The index of the cell to write in.
    pub answer_cell: usize,
    /// The index of the cell that checks.
    pub grade_cell: usize,
}

/// The name of the exercise that a cell is there to be written in for.
pub fn name(cell: &Cell) -> Option<&str> {
    cell.course("exercise").and_then(Value::as_str)
}

/// The name of the exercise that a cell grades.
pub fn graded(cell: &Cell) -> Option<&str> {
    cell.course("grades").and_then(Value::as_str)
}

/// The cell with our solution, without its marks; `None` for a learner's copy, which has none.
pub fn solution(cell: &Cell) -> Option<String> {
    cell.source.contains(SOLUTION.begin).then(|| regions::without_marks(&cell.source, SOLUTION))
}

/// The exercises, in order. A cell that a learner copied is no second exercise.
///
/// # Errors
/// When an exercise has no title, no hints, or no cell that grades it; the error names the cell.
pub fn exercises(notebook: &Notebook) -> Result<Vec<Exercise>> {
    let mut found: Vec<Exercise> = Vec::new();
    for (index, cell) in notebook.cells.iter().enumerate().filter(|(_, cell)| cell.is_code()) {
        if let Some(name) = name(cell)
            && found.iter().all(|earlier| earlier.name != name)
        {
            found
                .push(exercise(notebook, index, name).map_err(|what| Error::Exercise { cell: cell.id.clone(), what })?);
        }
    }
    Ok(found)
}

fn exercise(notebook: &Notebook, index: usize, name: &str) -> Result<Exercise, String> {
    let cells = || notebook.cells.iter().enumerate().skip(index);
    let (_, cell) = cells().next().ok_or("there is no such cell")?;
    let text = |field: &str| cell.course(field).and_then(Value::as_str).map(str::to_owned);
    let title = text("title").ok_or("`metadata.course.title` is missing: the exercise's name for people")?;
    let hints = cell.course("hints").and_then(Value::as_array).ok_or("`metadata.course.hints` is no list")?;
    let hints = hints.iter().map(|hint| hint.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    let grade = cells().find(|(_, cell)| graded(cell) == Some(name));
    let (grade_cell, grade) = grade
        .ok_or_else(|| format!("no cell below it has `\"course\": {{\"grades\": \"{name}\"}}` in its metadata"))?;
    let is_stub = cell.source.contains(STUB) && !cell.source.contains(SOLUTION.begin);
    Ok(Exercise {
        name: name.to_owned(),
        title,
        concept: text("concept").unwrap_or_default(),
        difficulty: cell.course("difficulty").and_then(Value::as_u64).and_then(|it| it.try_into().ok()).unwrap_or(1),
        hints: hints.ok_or("one of `metadata.course.hints` is no text")?,
        points: Nbgrader::of(grade).and_then(|fields| fields.points).unwrap_or(0.0),
        solution: if is_stub { String::new() } else { regions::without_marks(&cell.source, SOLUTION) },
        answer_cell: index,
        grade_cell,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notebook() -> Notebook {
        let mut answer = Cell::code(
            "double",
            "fn double(x: i32) -> i32 {\n    // BEGIN SOLUTION\n    2 * x\n    // END SOLUTION\n}",
        );
        answer.metadata.insert(
            "course".into(),
            json!({"exercise": "double", "title": "Twice", "concept": "functions", "difficulty": 2, "hints": ["a", "b"]}),
        );
        let mut grade = Cell::code("double-check", "check!(double, |check| {});");
        grade.metadata.insert("course".into(), json!({"grades": "double"}));
        grade.metadata.insert("nbgrader".into(), json!({"grade": true, "points": 2}));
        Notebook::new(vec![Cell::markdown("title", "# T"), answer, Cell::markdown("between", "x"), grade])
    }

    #[test]
    fn an_exercise_is_read_from_its_two_cells() {
        let found = exercises(&notebook()).unwrap();
        assert_eq!(found.len(), 1);
        let exercise = &found[0];
        assert_eq!((exercise.name.as_str(), exercise.title.as_str(), exercise.difficulty), ("double", "Twice", 2));
        assert_eq!((exercise.answer_cell, exercise.grade_cell, exercise.points), (1, 3, 2.0));
        assert_eq!(exercise.hints, ["a", "b"]);
        assert_eq!(exercise.solution, "fn double(x: i32) -> i32 {\n    2 * x\n}");
    }

    #[test]
    fn a_copied_cell_is_no_second_exercise_and_a_stub_no_solution() {
        let mut notebook = notebook();
        let mut copy = notebook.cells[1].clone();
        copy.id = "pasted".into();
        notebook.cells.push(copy);
        notebook.cells[1].source = format!("fn double(x: i32) -> i32 {{\n    {STUB}\n}}");
        let found = exercises(&notebook).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].solution, "");
    }

    #[test]
    fn what_is_missing_is_named_with_its_cell() {
        let mut lonely = notebook();
        lonely.cells.pop();
        let error = exercises(&lonely).unwrap_err().to_string();
        assert!(error.starts_with("cell `double`: no cell below it has"), "{error}");
        let mut untitled = notebook();
        untitled.cells[1].metadata.insert("course".into(), json!({"exercise": "double", "hints": []}));
        assert!(exercises(&untitled).unwrap_err().to_string().contains("title"));
    }
}
