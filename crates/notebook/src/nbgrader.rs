//! What nbgrader writes into a cell's metadata (its schema 3).

use serde_json::Value;

use crate::Cell;

/// The fields that nbgrader knows; it throws others away.
pub const FIELDS: [&str; 9] =
    ["schema_version", "grade", "locked", "solution", "task", "grade_id", "points", "checksum", "cell_type"];

/// nbgrader's word on a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nbgrader {
    /// It is graded.
    pub grade: bool,
    /// The learner writes it.
    pub solution: bool,
    /// The instructor's text replaces the learner's before it is graded.
    pub locked: bool,
    /// It is a task in prose.
    pub task: bool,
    /// Its name.
    pub grade_id: String,
    /// What a pass is worth.
    pub points: Option<f64>,
}

impl Nbgrader {
    /// What a cell's metadata says; `None` if nbgrader has no part in it.
    pub fn of(cell: &Cell) -> Option<Self> {
        let fields = cell.metadata.get("nbgrader")?;
        let flag = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or(false);
        Some(Self {
            grade: flag("grade"),
            solution: flag("solution"),
            locked: flag("locked"),
            task: flag("task"),
            grade_id: fields.get("grade_id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            points: fields.get("points").and_then(Value::as_f64),
        })
    }

    /// Whether a cell is graded.
    pub fn grades(cell: &Cell) -> bool {
        Self::of(cell).is_some_and(|fields| fields.grade)
    }

    /// Whether a learner writes in a cell.
    pub fn is_solution(cell: &Cell) -> bool {
        Self::of(cell).is_some_and(|fields| fields.solution)
    }
}
