//! Rows of structs as a table.

use course_wire::Bundle;
use serde::Serialize;
use serde_json::Value;

use crate::number::{grouped, short};
use crate::{Error, Result, Rich, escape, record, theme};

/// How many rows a table shows unless told otherwise.
const ROW_LIMIT: usize = 30;
/// How many rows are turned into cells at all: a page with more is of no use, and a million rows would take a while.
const KEPT: usize = 1_000;
/// Beyond this many decimals zeros at the end would only be noise.
const MOST_DECIMALS: usize = 6;
/// How many characters a cell of the text form shows.
const CELL_WIDTH: usize = 60;

/// A table: HTML in a notebook, aligned columns in a terminal.
///
/// ```
/// use course_display::{Rich, Table};
///
/// let table = Table::new(["model", "parameters"]).row(("BERT", 110)).row(("GPT-2", 124));
/// assert_eq!(table.rich().plain(), "model  parameters\n─────  ──────────\nBERT          110\nGPT-2         124");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<Value>>,
    /// Rows there are in all.
    count: usize,
    limit: usize,
    caption: Option<String>,
    note: Option<String>,
}

impl Table {
    /// A table with these column headers and no rows yet.
    pub fn new(headers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let headers = headers.into_iter().map(Into::into).collect();
        Self { headers, rows: Vec::new(), count: 0, limit: ROW_LIMIT, caption: None, note: None }
    }
}

impl Table {
    /// One row for each of `rows`, one column for each field name that any of the shown rows has, in field order.
    ///
    /// A row that is no struct or map fills the columns `0`, `1`, … (a tuple) or `value` (anything else). Nested values
    /// show as JSON.
    ///
    /// # Errors
    /// [`Error::Row`] when a row's `Serialize` implementation fails.
    pub fn of<T: Serialize>(rows: &[T]) -> Result<Self> {
        let mut table = Self::new(Vec::<String>::new());
        for (row, value) in rows.iter().enumerate().take(KEPT) {
            let fields = record::fields(value).map_err(|source| Error::Row { row, source })?;
            table.push_fields(fields.entries);
        }
        table.count = rows.len();
        Ok(table)
    }

    /// The table of rows that are structs or maps; `None` when there are none, or they are something else.
    pub(crate) fn of_records<T: Serialize>(rows: &[T]) -> Option<Self> {
        let first = record::fields(rows.first()?).ok()?;
        if first.named { Self::of(rows).ok() } else { None }
    }

    /// Adds a row: a tuple, an array or a struct, whose parts are the cells in order.
    ///
    /// What does not serialize shows as the reason in the row's first cell.
    #[must_use]
    pub fn row(mut self, cells: impl Serialize) -> Self {
        let cells = match record::fields(&cells) {
            Ok(fields) => fields.entries.into_iter().map(|(_, value)| value).collect(),
            Err(error) => vec![Value::String(error.to_string())],
        };
        while self.headers.len() < cells.len() {
            self.headers.push(String::new());
        }
        self.rows.push(cells);
        self.count += 1;
        self
    }

    /// Shows at most `rows` rows (30 unless set, 1000 at most); what is left out is counted below the table.
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows;
        self
    }

    /// Adds a line of text above the table.
    #[must_use]
    pub fn caption(mut self, text: impl Into<String>) -> Self {
        self.caption = Some(text.into());
        self
    }

    /// Adds a line of text below the table.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// The number of rows, those that are not shown included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push_fields(&mut self, fields: Vec<(String, Value)>) {
        let mut cells = vec![Value::Null; self.headers.len()];
        for (name, value) in fields {
            match self.headers.iter().position(|header| *header == name) {
                Some(column) => cells[column] = value,
                None => {
                    self.headers.push(name);
                    cells.push(value);
                }
            }
        }
        self.rows.push(cells);
    }

    fn shown(&self) -> &[Vec<Value>] {
        &self.rows[..self.rows.len().min(self.limit)]
    }

    /// "… and 70 more rows", where some are left out.
    fn left_out(&self) -> Option<String> {
        let more = self.count - self.shown().len();
        (more > 0).then(|| format!("… and {} more row{}", grouped(more as u64), if more == 1 { "" } else { "s" }))
    }

    /// Whether a column holds numbers and nothing else, which puts it flush right.
    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.shown().iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_null()).peekable();
        cells.peek().is_some() && cells.all(is_number)
    }

    /// The decimals that all cells of a column of floats are padded to, so that their points stand below each other.
    ///
    /// `None` where a cell is no float, or one is too large or too small to be written without an exponent.
    fn decimals(&self, column: usize) -> Option<usize> {
        let mut most = 0;
        for cell in self.shown().iter().filter_map(|row| row.get(column)) {
            match cell {
                Value::Number(number) if number.is_f64() => {
                    let text = text_of(cell);
                    if text.contains('e') {
                        return None;
                    }
                    most = most.max(text.split_once('.').map_or(0, |(_, decimals)| decimals.len()));
                }
                Value::Null => {}
                cell if is_number(cell) && !cell.is_number() => {}
                _ => return None,
            }
        }
        (most <= MOST_DECIMALS).then_some(most)
    }

    /// The text of every cell that is shown, a row at a time.
    fn cells(&self) -> Vec<Vec<String>> {
        let decimals: Vec<Option<usize>> = (0..self.headers.len()).map(|column| self.decimals(column)).collect();
        let text = |(cell, decimals): (&Value, &Option<usize>)| match (cell, decimals) {
            (Value::Number(_), Some(decimals)) => padded(text_of(cell), *decimals),
            _ => text_of(cell),
        };
        self.shown().iter().map(|row| row.iter().zip(&decimals).map(text).collect()).collect()
    }

    fn text(&self) -> String {
        let numeric: Vec<bool> = (0..self.headers.len()).map(|column| self.is_numeric(column)).collect();
        let clip = |text: String| match text.char_indices().nth(CELL_WIDTH) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        let one_line = |cell: String| clip(cell.replace(['\n', '\r', '\t'], " "));
        let rows: Vec<Vec<String>> =
            self.cells().into_iter().map(|row| row.into_iter().map(one_line).collect()).collect();
        let width_of = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.headers[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(width_of).collect();
        let line = |cells: &[String]| {
            let padded = widths.iter().zip(&numeric).enumerate().map(|(column, (&width, &right))| {
                let cell = cells.get(column).map_or("", String::as_str);
                if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut lines: Vec<String> = self.caption.iter().cloned().collect();
        lines.push(line(&self.headers));
        lines.push(widths.iter().map(|&width| "─".repeat(width)).collect::<Vec<_>>().join("  "));
        lines.extend(rows.iter().map(|row| line(row)));
        lines.extend(self.left_out());
        lines.extend(self.note.clone());
        lines.join("\n")
    }

    fn html(&self) -> String {
        let numeric: Vec<bool> = (0..self.headers.len()).map(|column| self.is_numeric(column)).collect();
        let align = |column: usize| if numeric.get(column) == Some(&true) { "right" } else { "left" };
        let mut html = String::new();
        if let Some(caption) = &self.caption {
            // A caption element would be as narrow as a narrow table.
            html += &format!("<div style=\"{}\">{}</div>", theme::CAPTION, escape(caption));
        }
        html += &format!("<table style=\"{}\"><thead><tr>", theme::TABLE);
        for (column, header) in self.headers.iter().enumerate() {
            html += &format!(
                "<th scope=\"col\" style=\"text-align:{};{}\">{}</th>",
                align(column),
                theme::HEADER_CELL,
                escape(header)
            );
        }
        html += "</tr></thead><tbody>";
        for row in self.cells() {
            html += "<tr>";
            for column in 0..self.headers.len() {
                let text = row.get(column).map_or("", String::as_str);
                html += &format!("<td style=\"text-align:{};{}\">{}</td>", align(column), theme::CELL, escape(text));
            }
            html += "</tr>";
        }
        html += "</tbody></table>";
        for note in self.left_out().iter().chain(&self.note) {
            html += &format!("<div style=\"{}\">{}</div>", theme::NOTE, escape(note));
        }
        html
    }
}

impl Rich for Table {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

/// `0.5` with four decimals: `0.5000`; `32` with one: `32.0`.
fn padded(mut text: String, decimals: usize) -> String {
    let there = text.split_once('.').map(|(_, decimals)| decimals.len());
    if decimals > 0 && there.is_none() {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', decimals.saturating_sub(there.unwrap_or(0))));
    text
}

fn is_number(cell: &Value) -> bool {
    match cell {
        Value::Number(_) => true,
        Value::String(text) => matches!(text.as_str(), "NaN" | "inf" | "-inf"),
        _ => false,
    }
}

/// A cell's text: strings as they are, floats shortened, a missing value empty, anything nested as JSON.
fn text_of(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => short(number.as_f64().unwrap_or(f64::NAN)),
        Value::Array(items) => format!("[{}]", items.iter().map(nested).collect::<Vec<_>>().join(", ")),
        Value::Object(_) => nested(cell),
        other => other.to_string(),
    }
}

fn nested(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), nested(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::String(_) => value.to_string(),
        other => text_of(other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        loss: f32,
        steps: u64,
        note: Option<&'static str>,
        tags: Vec<f64>,
    }

    fn rows() -> Vec<Row> {
        vec![
            Row { name: "a & b", loss: 0.1, steps: 1000, note: None, tags: vec![0.5, 1.0] },
            Row { name: "<i>", loss: f32::NAN, steps: 2, note: Some("two\nlines"), tags: vec![] },
        ]
    }

    #[test]
    fn structs_become_rows_in_field_order() {
        let bundle = Table::of(&rows()).unwrap().caption("Runs").rich();
        insta::assert_snapshot!(bundle.plain());
        insta::assert_snapshot!(bundle.data["text/html"].as_str().unwrap());
    }

    #[test]
    fn points_stand_below_each_other() {
        let floats = Table::new(["a", "b"]).row((0.5, 32.0)).row((0.1234, 5.8)).row((f64::NAN, 1.0));
        assert_eq!(floats.rich().plain(), "     a     b\n──────  ────\n0.5000  32.0\n0.1234   5.8\n   NaN   1.0");
        let mixed = Table::new(["a", "b", "c"]).row((0.5, 2.5, 2.0)).row((1, 1e9, 3.0));
        assert_eq!(mixed.rich().plain(), "  a    b  c\n───  ───  ─\n0.5  2.5  2\n  1  1e9  3");
    }

    #[test]
    fn markup_in_cells_headers_and_captions_stays_text() {
        let table =
            Table::new(["<script>"]).row(("<script>alert(1)</script>",)).caption("<script>").note("<script>").rich();
        assert!(!table.data["text/html"].as_str().unwrap().contains("<script"));
    }

    #[test]
    fn rows_may_have_different_fields() {
        let rows = [BTreeMap::from([("a", 1)]), BTreeMap::from([("b", 2)])];
        assert_eq!(Table::of(&rows).unwrap().rich().plain(), "a  b\n─  ─\n1\n   2");
    }

    #[test]
    fn rows_past_the_limit_are_counted() {
        let rows: Vec<(usize, &str)> = (0..1032).map(|index| (index, "x")).collect();
        let table = Table::of(&rows).unwrap();
        assert_eq!(table.len(), 1032);
        let text = table.rich().plain().to_owned();
        assert!(text.ends_with("29  x\n… and 1,002 more rows"), "{text}");
        assert!(table.limit(2).rich().plain().ends_with("… and 1,030 more rows"));
    }

    #[test]
    fn scalars_fill_one_column_and_an_error_names_its_row() {
        assert_eq!(Table::of(&["x", "y"]).unwrap().rich().plain(), "value\n─────\nx\ny");
        let broken = [BTreeMap::from([(vec![1], 1)])];
        let error = Table::of(&broken).map(|table| table.rich().plain().to_owned());
        assert!(error.is_ok() || matches!(error, Err(Error::Row { row: 0, .. })));
    }

    #[test]
    fn an_empty_table_has_its_headers() {
        assert_eq!(Table::new(["a"]).rich().plain(), "a\n─");
        assert!(Table::new(["a"]).is_empty());
    }
}
