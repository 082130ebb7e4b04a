//! All rows past a question, or the numbers of those that an earlier run kept.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use course_display::Progress;
use course_wire::interrupt;

use super::super::kept::Kept;
use super::options::Filter;
use crate::{ArrowWriter, Batch, Dataset, Error, Feature, Features, Result, Row, RowError, threads};

/// How many rows are looked at between two glances at the interrupt and the bar.
const STEP: usize = 1000;
/// How many numbers a record batch of kept ones has.
const NUMBERS: usize = 1 << 16;

/// A question about rows that one thread asks, or that several may, or one about whole batches.
pub(super) enum Ask<'a> {
    One(&'a mut dyn FnMut(&Row) -> Result<bool, RowError>),
    Many(&'a (dyn Fn(&Row) -> Result<bool, RowError> + Sync)),
    Batches(usize, &'a mut dyn FnMut(&Batch) -> Result<Vec<bool>, RowError>),
}

/// The rows for which the answer is yes. The numbers that an earlier run found under `key` are taken.
pub(super) fn run(data: &Dataset, options: &Filter, key: Option<String>, ask: Ask<'_>) -> Result<Dataset> {
    let key = key.or_else(|| options.key.clone()).map(|key| match &ask {
        Ask::Batches(size, _) => format!("{key}|{size}"),
        _ => key,
    });
    let kept = Kept::of(data, "filter", options.cache, key.map(|key| data.seen().then("filter", &key)));
    // What lives with its datasets alone is in the rows of this one already.
    let file = match &kept {
        Kept::InCache(path) => Some(path.as_path()),
        _ => None,
    };
    if let Some(path) = file.filter(|path| path.is_file())
        && let Ok(chosen) = crate::save::numbers(&[path.to_owned()]).and_then(|rows| data.select_rows(rows))
    {
        return Ok(chosen);
    }
    let rows = numbers(data, options, ask)?;
    if let Some(path) = file {
        // They only spare time; without them all is well.
        let _ = write(path, &rows);
    }
    data.select_rows(rows)
}

/// The numbers of the rows for which the answer is yes.
fn numbers(data: &Dataset, options: &Filter, ask: Ask<'_>) -> Result<Vec<u64>> {
    let bar = Progress::rows(data.len() as u64, options.label.as_str());
    let kept = match ask {
        Ask::One(ask) => one_by_one(data, &bar, ask)?,
        Ask::Many(ask) => in_threads(data, &bar, options.threads, ask)?,
        Ask::Batches(size, ask) => in_batches(data, &bar, size, ask)?,
    };
    bar.set(data.len() as u64)?;
    bar.finish();
    Ok(kept)
}

fn one_by_one(data: &Dataset, bar: &Progress, ask: &mut dyn FnMut(&Row) -> Result<bool, RowError>) -> Result<Vec<u64>> {
    let mut kept = Vec::new();
    for (number, row) in data.iter().enumerate() {
        if ask(&row?).map_err(|error| error.at(format!("row {number}")))? {
            kept.push(number as u64);
        }
        if (number + 1) % STEP == 0 {
            bar.inc(STEP as u64)?;
        }
    }
    Ok(kept)
}

fn in_threads(
    data: &Dataset,
    bar: &Progress,
    threads: usize,
    ask: &(dyn Fn(&Row) -> Result<bool, RowError> + Sync),
) -> Result<Vec<u64>> {
    let step = |start: usize| -> Result<Vec<u64>> {
        let mut kept = Vec::new();
        for (number, row) in (start..).zip(data.iter_from(start).take(STEP)) {
            if ask(&row?).map_err(|error| error.at(format!("row {number}")))? {
                kept.push(number as u64);
            }
        }
        Ok(kept)
    };
    let mut kept = Vec::new();
    threads::in_order(threads, (0..data.len()).step_by(STEP).map(Ok), step, |rows| {
        kept.extend(rows);
        Ok(bar.inc(STEP as u64)?)
    })?;
    Ok(kept)
}

fn in_batches(
    data: &Dataset,
    bar: &Progress,
    size: usize,
    ask: &mut dyn FnMut(&Batch) -> Result<Vec<bool>, RowError>,
) -> Result<Vec<u64>> {
    let mut kept = Vec::new();
    for batch in data.batches(size) {
        interrupt::check()?;
        let batch = batch?;
        let first = batch.first_row();
        let place = || format!("rows {first} to {}", first + batch.len() - 1);
        let answers = ask(&batch).map_err(|error| error.at(place()))?;
        if answers.len() != batch.len() {
            return Err(Error::Argument(format!(
                "{}: {} answers for {} rows; `filter_batched` needs one for each",
                place(),
                answers.len(),
                batch.len()
            )));
        }
        let yes = answers.iter().enumerate().filter(|(_, answer)| **answer);
        kept.extend(yes.map(|(index, _)| (first + index) as u64));
        bar.inc(answers.len() as u64)?;
    }
    Ok(kept)
}

/// Writes the numbers in the way of Python's: one column of an Arrow file.
fn write(path: &Path, rows: &[u64]) -> Result<()> {
    let features = Features::new().with("indices", Feature::value("uint64")?);
    let mut writer = ArrowWriter::create(path, &features)?;
    for rows in rows.chunks(NUMBERS) {
        let column: ArrayRef = Arc::new(UInt64Array::from(rows.to_vec()));
        let batch = RecordBatch::try_new(features.to_arrow_schema(), vec![column]);
        writer.write(&batch.map_err(Error::arrow("keeping row numbers"))?)?;
    }
    writer.finish()?;
    Ok(())
}
