//! How datasets show themselves: Python's words in a terminal, a table with types in a notebook.

use std::fmt;

use course_display::{Bundle, Rich, escape};

use crate::value::quoted;
use crate::{Batch, Dataset, DatasetDict, Feature, Value};

/// How many rows the table of a dataset shows.
const SHOWN: usize = 8;
/// How many characters of a value a cell shows.
const CELL: usize = 240;

const TABLE: &str = "border-collapse:collapse;color:inherit;font-variant-numeric:tabular-nums;margin:4px 0";
const HEAD: &str = "padding:2px 10px;border-bottom:1px solid rgba(128,128,128,0.6);font-weight:600;white-space:nowrap;vertical-align:bottom";
const KIND: &str = "font-weight:400;opacity:0.8;font-size:90%;white-space:normal;max-width:24em;overflow-wrap:anywhere";
const BODY: &str = "padding:2px 10px;border-bottom:1px solid rgba(128,128,128,0.2);white-space:pre-wrap;vertical-align:top;max-width:48em;overflow-wrap:anywhere";
const NOTE: &str = "opacity:0.8;padding:2px 8px";

impl fmt::Display for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.features().names().map(quoted).collect();
        write!(formatter, "Dataset({{\n    features: [{}],\n    num_rows: {}\n}})", names.join(", "), self.len())
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Rich for Dataset {
    fn rich(&self) -> Bundle {
        let note = match self.split() {
            Some(split) => format!("{} · split {}", counted(self.len()), escape(split)),
            None => counted(self.len()),
        };
        let html = match self.plain().head(SHOWN) {
            Ok(batch) => table(&batch, 0, &note),
            Err(error) => format!("<div style=\"{NOTE}\">{}</div>", escape(&error.to_string())),
        };
        Bundle::html(html, self.to_string())
    }
}

impl Rich for Batch {
    fn rich(&self) -> Bundle {
        let rows = match self.rows() {
            Ok(rows) => rows.iter().take(30).map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(_) => self.to_string(),
        };
        Bundle::html(table(self, self.first_row(), &counted(self.len())), rows)
    }
}

/// The splits one below the other.
pub(crate) fn splits(splits: &DatasetDict) -> Bundle {
    let one = |(_, dataset): (&str, &Dataset)| match &dataset.rich().data.get("text/html") {
        Some(html) => html.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    Bundle::html(splits.iter().map(one).collect::<String>(), splits.to_string())
}

/// A batch as an HTML table: names with their types above, the numbers of the rows on the left, `note` below.
pub(crate) fn table(batch: &Batch, first: usize, note: &str) -> String {
    let mut html = format!("<table style=\"{TABLE}\"><thead><tr><th style=\"{HEAD}\"></th>");
    for (name, column) in batch.iter() {
        let align = if right(column.feature()) { "right" } else { "left" };
        html += &format!(
            "<th scope=\"col\" style=\"text-align:{align};{HEAD}\">{}<div style=\"{KIND}\">{}</div></th>",
            escape(name),
            escape(&kind(column.feature()))
        );
    }
    html += "</tr></thead><tbody>";
    for row in 0..batch.len() {
        html += &format!("<tr><td style=\"text-align:right;{BODY};opacity:0.7\">{}</td>", first + row);
        for (_, column) in batch.iter() {
            let value = column.value(row).unwrap_or_default();
            let align = if right(column.feature()) { "right" } else { "left" };
            html += &format!("<td style=\"text-align:{align};{BODY}\">{}</td>", cell(&value, column.feature()));
        }
        html += "</tr>";
    }
    html += &format!("</tbody></table><div style=\"{NOTE}\">{note}</div>");
    html
}

fn right(feature: &Feature) -> bool {
    matches!(feature, Feature::Value(value) if value.is_integer() || value.is_float())
}

/// A feature in few words: `string`, `2 classes`, `list of int32`.
pub(crate) fn kind(feature: &Feature) -> String {
    match feature {
        Feature::Value(value) => value.to_string(),
        Feature::ClassLabel(label) => format!("class of {}", label.num_classes()),
        Feature::List { feature, length: None } | Feature::LargeList(feature) => format!("list of {}", kind(feature)),
        Feature::List { feature, length: Some(length) } => format!("list of {length} {}", kind(feature)),
        Feature::Struct(features) => {
            let fields: Vec<String> =
                features.iter().map(|(name, feature)| format!("{name}: {}", kind(feature))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn cell(value: &Value, feature: &Feature) -> String {
    let text = match (value, feature) {
        (Value::Null, _) => return "<i style=\"opacity:0.6\">None</i>".to_owned(),
        (Value::Int(class), Feature::ClassLabel(label)) => match label.name(*class) {
            Some(name) => format!("{class} ({name})"),
            None => class.to_string(),
        },
        (Value::String(text), _) => text.clone(),
        (Value::Moment(moment), _) => moment.iso(),
        (value, _) => value.to_string(),
    };
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", escape(text.get(..end).unwrap_or_default())),
        None => escape(&text).to_string(),
    }
}

/// `1 row`, `12,345 rows`.
pub(crate) fn counted(rows: usize) -> String {
    let digits = rows.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} row{}", if rows == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    #[test]
    fn a_dataset_says_what_python_says_and_shows_a_table() {
        let data = Dataset::from_rows([row! { "it's" => "<b>", "n" => 1 }, row! { "it's" => "b" }]).unwrap();
        assert_eq!(data.to_string(), "Dataset({\n    features: [\"it's\", 'n'],\n    num_rows: 2\n})");
        let bundle = data.rich();
        let html = bundle.data["text/html"].as_str().unwrap();
        assert!(
            html.contains("&lt;b&gt;") && html.contains("int64") && html.contains("None") && html.contains("2 rows"),
            "{html}"
        );
        let splits = DatasetDict::new([("train", data.clone()), ("test", data)]);
        assert_eq!(
            splits.to_string(),
            "DatasetDict({\n    train: Dataset({\n        features: [\"it's\", 'n'],\n        num_rows: 2\n    })\n    test: Dataset({\n        features: [\"it's\", 'n'],\n        num_rows: 2\n    })\n})"
        );
    }

    #[test]
    fn rows_are_counted() {
        assert_eq!(counted(1), "1 row");
        assert_eq!(counted(1_234_567), "1,234,567 rows");
    }
}
