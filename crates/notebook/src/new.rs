//! The notebook that a new section starts from: a title, an example, and an exercise that works.

use serde_json::{Value, json};

use crate::{Cell, Notebook};

/// A notebook with this title and one exercise of this name.
pub fn notebook(title: &str, exercise: &str) -> Notebook {
    let mut answer = Cell::code(
        exercise.replace('_', "-"),
        format!(
            "/// The numbers, each divided by their sum.\nfn {exercise}(numbers: &[f32]) -> Vec<f32> {{\n    // BEGIN SOLUTION\n    \
             let sum: f32 = numbers.iter().sum();\n    numbers.iter().map(|number| number / sum).collect()\n    // END SOLUTION\n}}"
        ),
    );
    answer.metadata.insert("nbgrader".into(), nbgrader(false, exercise, None));
    answer.metadata.insert(
        "course".into(),
        json!({
            "exercise": exercise,
            "title": "Shares of a whole",
            "concept": "what the exercise is about, in a word or two",
            "difficulty": 1,
            "hints": [
                "What must the results add up to?",
                "`numbers.iter().sum::<f32>()` is the sum; divide each number by it.",
            ],
        }),
    );
    let mut grade = Cell::code(
        format!("{}-check", exercise.replace('_', "-")),
        format!(
            "check!({exercise}, |check| {{\n    check.that(\"1, 1 and 2\", || {exercise}(&[1.0, 1.0, 2.0])).is_close(&vec![0.25, 0.25, 0.5], 1e-6);\n    \
             for mut draw in check.draws(10) {{\n        let numbers = draw.floats(5, 0.5..4.0);\n        \
             check.that(given!(numbers), || {exercise}(&numbers)).holds(\"they add up to 1\", |shares| (shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);\n    \
             }}\n}});"
        ),
    );
    grade.metadata.insert("nbgrader".into(), nbgrader(true, &format!("{exercise}_check"), Some(1)));
    grade.metadata.insert("course".into(), json!({"grades": exercise}));
    Notebook::new(vec![
        Cell::markdown("title", format!("# {title}\n\nWhat this section is about, and what a reader can do after it.")),
        Cell::markdown("example-intro", "## One idea\n\nThe idea, before the code."),
        Cell::code("example", "let numbers = [1.0, 2.0, 5.0];\nnumbers.iter().sum::<f32>()"),
        Cell::markdown("example-read", "What to notice in the output."),
        Cell::markdown(
            format!("{}-intro", exercise.replace('_', "-")),
            "## Your turn\n\nWhat to write, and what it is good for. Run the cell below it to check.",
        ),
        answer,
        grade,
    ])
}

fn nbgrader(grade: bool, id: &str, points: Option<u32>) -> Value {
    let mut fields = json!({
        "grade": grade, "solution": !grade, "locked": grade, "task": false, "schema_version": 3, "grade_id": id, "cell_type": "code",
    });
    if let (Some(points), Some(fields)) = (points, fields.as_object_mut()) {
        fields.insert("points".into(), points.into());
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{checks, exercise, student};

    #[test]
    fn it_passes_the_checks_but_that_it_was_not_run() {
        let notebook = notebook("A new section", "shares");
        let told: Vec<String> =
            checks::check(&notebook, Path::new("new.ipynb")).iter().map(checks::Problem::to_string).collect();
        assert_eq!(told, ["cells without outputs: run `cargo xtask notebooks refresh` on it"]);
        let exercises = exercise::exercises(&notebook).unwrap();
        assert_eq!((exercises.len(), exercises[0].points), (1, 1.0));
        let copy = student::copy(&notebook).unwrap();
        assert!(copy.cells[exercises[0].answer_cell].source.ends_with("{\n    todo!(\"your code here\")\n}"));
    }
}
