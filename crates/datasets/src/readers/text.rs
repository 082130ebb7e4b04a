//! Plain text: a row for each line, paragraph or document.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::SchemaRef;

use super::lines::{Block, LineBlocks};
use super::pipeline::Pipeline;
use crate::files::TextInput;
use crate::{Error, Result};

/// What makes a row of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SampleBy {
    /// Each line.
    #[default]
    Line,
    /// What stands between empty lines.
    Paragraph,
    /// The whole file.
    Document,
}

/// The rows of a text file, in batches of one column.
pub(crate) fn read(
    input: TextInput,
    schema: SchemaRef,
    sample_by: SampleBy,
    keep_linebreaks: bool,
) -> Box<dyn Iterator<Item = Result<RecordBatch>> + Send> {
    let mut blocks = LineBlocks::new(input);
    if sample_by == SampleBy::Line {
        let convert = move |block: Block| {
            let rows: StringArray = if keep_linebreaks {
                lines(&block.text).map(|(line, end)| Some(format!("{line}{end}"))).collect()
            } else {
                lines(&block.text).map(|(line, _)| Some(line)).collect()
            };
            batch(&schema, rows)
        };
        return Box::new(Pipeline::new(move || blocks.next(), convert));
    }
    let mut whole = Some(blocks);
    let read = move || {
        let Some(mut blocks) = whole.take() else { return Ok(None) };
        let mut text = String::new();
        while let Some(block) = blocks.next()? {
            course_wire::interrupt::check()?;
            for (line, end) in lines(&block.text) {
                text.push_str(line);
                text.push_str(end);
            }
        }
        Ok(Some(text))
    };
    let convert = move |text: String| {
        let rows: StringArray = match sample_by {
            SampleBy::Document => [Some(text)].into_iter().collect(),
            _ => paragraphs(&text).map(Some).collect(),
        };
        batch(&schema, rows)
    };
    Box::new(Pipeline::new(read, convert))
}

fn batch(schema: &SchemaRef, rows: StringArray) -> Result<RecordBatch> {
    RecordBatch::try_new(schema.clone(), vec![Arc::new(rows)]).map_err(Error::arrow("reading text"))
}

/// Paragraphs as Python's `datasets` cuts them: at two line ends, empty ones left out, the last one with what is left.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").filter(|paragraph| !paragraph.is_empty())
}

/// The lines and their ends, each end as `\n`: files end their lines with `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(end) = rest.bytes().position(|byte| byte == b'\n' || byte == b'\r') else {
            return Some((std::mem::take(&mut rest), ""));
        };
        let width = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        let line = &rest[..end];
        rest = &rest[end + width..];
        Some((line, "\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let found: Vec<_> = lines("a\nb\r\nc\rd\n\n e \nlast").map(|(line, _)| line).collect();
        assert_eq!(found, ["a", "b", "c", "d", "", " e ", "last"]);
        assert_eq!(lines("a\n").collect::<Vec<_>>(), [("a", "\n")]);
        // Other separators of lines are part of the text, as in Python.
        assert_eq!(lines("a\u{b}b\u{85}c\u{2028}d\n").count(), 1);
    }

    #[test]
    fn paragraphs_are_pythons() {
        assert_eq!(paragraphs("a\n\nb\nc\n\n\nd\n").collect::<Vec<_>>(), ["a", "b\nc", "\nd\n"]);
    }
}
