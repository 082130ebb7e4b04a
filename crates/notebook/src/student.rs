//! The learner's copy of a notebook: what nbgrader's `generate_assignment` releases, for someone who learns alone.
//!
//! Solutions become stubs, hidden tests and outputs go, and cells that grade cannot be changed by accident. nbgrader's checksums stay
//! away: they are for its own database.

use serde_json::{Value, json};

use crate::exercise::STUB;
use crate::nbgrader::Nbgrader;
use crate::regions::{self, HIDDEN_TESTS, SOLUTION};
use crate::{Cell, Error, Notebook, Result};

/// The stub of an answer in prose.
const PROSE_STUB: &str = "YOUR ANSWER HERE";

/// Makes the copy.
///
/// # Errors
/// When the marks of a region have no partner or stand in a cell where they do not belong; the error names cell and line.
pub fn copy(master: &Notebook) -> Result<Notebook> {
    let mut copy = master.clone();
    // The state of widgets belongs to outputs.
    for field in ["celltoolbar", "widgets"] {
        copy.metadata.shift_remove(field);
    }
    for cell in &mut copy.cells {
        release(cell)?;
    }
    Ok(copy)
}

fn release(cell: &mut Cell) -> Result<()> {
    let fields = Nbgrader::of(cell).unwrap_or_default();
    let wrong = |cell: &Cell, line, what| Error::Marker { cell: cell.id.clone(), line, what };
    let find = |cell: &Cell, marks| regions::find(&cell.source, marks).map_err(|(line, what)| wrong(cell, line, what));

    let solutions = find(cell, SOLUTION)?;
    if let (Some(first), false) = (solutions.first(), fields.solution) {
        let what = "a solution in a cell that is not marked `\"solution\": true` in `metadata.nbgrader`".to_owned();
        return Err(wrong(cell, first.start + 1, what));
    }
    let stub = if cell.is_code() { STUB } else { PROSE_STUB };
    if !solutions.is_empty() {
        cell.source = regions::replace(&cell.source, &solutions, |indent| Some(format!("{indent}{stub}")));
    } else if fields.solution {
        cell.source = stub.to_owned();
    }

    let hidden = find(cell, HIDDEN_TESTS)?;
    if let (Some(first), false) = (hidden.first(), fields.grade) {
        let what = "hidden tests in a cell that is not marked `\"grade\": true` in `metadata.nbgrader`".to_owned();
        return Err(wrong(cell, first.start + 1, what));
    }
    cell.source = regions::replace(&cell.source, &hidden, |_| None);

    // As nbgrader's LockCells has it.
    if fields.solution || fields.grade || fields.locked {
        cell.metadata.insert("deletable".into(), false.into());
        if !fields.solution {
            cell.metadata.insert("editable".into(), false.into());
        }
    }
    if let Some(Value::Object(nbgrader)) = cell.metadata.get_mut("nbgrader") {
        nbgrader.insert("cell_type".into(), json!(cell.cell_type.name()));
    }
    if cell.is_code() {
        cell.outputs.clear();
        cell.execution_count = None;
    }
    for field in ["collapsed", "scrolled", "execution"] {
        cell.metadata.shift_remove(field);
    }
    Ok(())
}

/// Whether a learner has written in a copy: another text in a cell, another cell. Outputs do not count.
pub fn is_changed(copy: &Notebook, made: &Notebook) -> bool {
    copy.cells.len() != made.cells.len()
        || copy
            .cells
            .iter()
            .zip(&made.cells)
            .any(|(one, other)| one.id != other.id || one.cell_type != other.cell_type || one.source != other.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(mut cell: Cell, nbgrader: Value) -> Cell {
        cell.metadata.insert("nbgrader".into(), nbgrader);
        cell
    }

    fn released(cell: Cell) -> Result<Cell> {
        copy(&Notebook::new(vec![cell])).map(|mut copy| copy.cells.remove(0))
    }

    #[test]
    fn a_solution_becomes_a_stub_and_can_be_written_in() {
        let source = "fn f() -> u8 {\n    // BEGIN SOLUTION\n    1\n    // END SOLUTION\n}";
        let mut cell = with(Cell::code("f", source), json!({"solution": true}));
        cell.metadata.insert("course".into(), json!({"exercise": "f"}));
        cell.execution_count = Some(3);
        cell.outputs = vec![json!({"output_type": "stream", "name": "stdout", "text": "x"})];
        let cell = released(cell).unwrap();
        assert_eq!(cell.source, "fn f() -> u8 {\n    todo!(\"your code here\")\n}");
        assert_eq!(cell.metadata["deletable"], false);
        assert!(!cell.metadata.contains_key("editable"));
        assert_eq!(cell.metadata["nbgrader"]["cell_type"], "code");
        assert_eq!(cell.metadata["course"]["exercise"], "f");
        assert_eq!((cell.outputs.len(), cell.execution_count), (0, None));
    }

    #[test]
    fn a_cell_that_is_all_solution_is_all_stub() {
        assert_eq!(released(with(Cell::code("f", "1 + 1"), json!({"solution": true}))).unwrap().source, STUB);
        let prose = with(Cell::markdown("p", "Because."), json!({"solution": true, "grade": true}));
        assert_eq!(released(prose).unwrap().source, PROSE_STUB);
    }

    #[test]
    fn hidden_tests_go_and_the_cell_is_locked() {
        let source =
            "check!(f, |check| {\n    // BEGIN HIDDEN TESTS\n    check.secret();\n    // END HIDDEN TESTS\n});";
        let cell = released(with(Cell::code("c", source), json!({"grade": true, "locked": true}))).unwrap();
        assert_eq!(cell.source, "check!(f, |check| {\n});");
        assert_eq!((&cell.metadata["deletable"], &cell.metadata["editable"]), (&json!(false), &json!(false)));
    }

    #[test]
    fn other_cells_are_left_alone_but_for_their_outputs() {
        let mut notebook = Notebook::new(vec![Cell::markdown("m", "text"), Cell::code("c", "let x = 1;")]);
        notebook.cells[1].execution_count = Some(1);
        notebook.metadata.insert("widgets".into(), json!({}));
        let made = copy(&notebook).unwrap();
        assert_eq!(made, Notebook::new(vec![Cell::markdown("m", "text"), Cell::code("c", "let x = 1;")]));
        assert!(!is_changed(&notebook, &made));
        notebook.cells[1].source.push(' ');
        assert!(is_changed(&notebook, &made));
    }

    #[test]
    fn marks_where_they_do_not_belong_name_cell_and_line() {
        for (cell, said) in [
            (Cell::code("a", "x\n// BEGIN SOLUTION\n// END SOLUTION"), "cell `a`, line 2: a solution in a cell"),
            (Cell::code("a", "// BEGIN HIDDEN TESTS\n// END HIDDEN TESTS"), "cell `a`, line 1: hidden tests in a cell"),
            (Cell::code("a", "x\n// BEGIN SOLUTION"), "cell `a`, line 2: `BEGIN SOLUTION` without"),
            (Cell::code("a", "x\n\n// END HIDDEN TESTS"), "cell `a`, line 3: `END HIDDEN TESTS` without"),
        ] {
            let error = released(cell).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
