//! What was told from the data itself: each column's type and why.

use std::fmt;

use course_display::{Bundle, Rich, Table};
use serde::{Deserialize, Serialize};

/// A column whose type was told from its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InferredColumn {
    /// The name of the column.
    pub name: String,
    /// Its type, as Python writes it.
    pub feature: String,
    /// What the cells looked like.
    pub why: String,
}

/// What was told from the data itself: each column's type and why; shows itself as a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inferred {
    /// The file that was looked at.
    pub file: String,
    /// How many rows were looked at.
    pub rows: usize,
    /// Whether these were all rows of the file.
    pub all: bool,
    /// The columns in order.
    pub columns: Vec<InferredColumn>,
    /// What else there is to say, such as a hint at an option.
    pub notes: Vec<String>,
}

impl Inferred {
    /// The first line: what was looked at.
    fn heading(&self) -> String {
        let rows = match (self.rows, self.all) {
            (1, true) => "its one row".to_owned(),
            (rows, true) => format!("all {rows} rows"),
            (rows, false) => format!("the first {rows} rows"),
        };
        format!("{}: types told from {rows}", self.file)
    }

    /// One line for all: `reviews.csv: types told from all 20 rows: id int64, text string`.
    pub fn summary(&self) -> String {
        const MOST: usize = 12;
        let columns: Vec<String> =
            self.columns.iter().take(MOST).map(|column| format!("{} {}", column.name, column.feature)).collect();
        let more = match self.columns.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let notes: String = self.notes.iter().map(|note| format!("\n  {note}")).collect();
        let mixed = self.columns.iter().filter(|column| column.why.starts_with("mixed"));
        let mixed: String = mixed.map(|column| format!("\n  {} is {}", column.name, column.why)).collect();
        format!("{}: {}{more}{mixed}{notes}", self.heading(), columns.join(", "))
    }
}

impl fmt::Display for Inferred {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.heading())?;
        let width =
            |of: fn(&InferredColumn) -> &str| self.columns.iter().map(|c| of(c).chars().count()).max().unwrap_or(0);
        let (names, features) = (width(|column| &column.name), width(|column| &column.feature));
        for InferredColumn { name, feature, why } in &self.columns {
            writeln!(formatter, "  {name:names$}  {feature:features$}  {why}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(formatter, "  {note}"))
    }
}

impl Rich for Inferred {
    fn rich(&self) -> Bundle {
        match Table::of(&self.columns) {
            Ok(table) => {
                let table = table.caption(self.heading());
                self.notes.iter().fold(table, |table, note| table.note(note)).rich()
            }
            Err(_) => Bundle::text(self.to_string()),
        }
    }
}
