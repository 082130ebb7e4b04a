//! All rows past a question, or the numbers of those that an earlier run kept.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use course_display::Progress;
use course_wire::interrupt;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::super::kept::Kept;
use super::options::Filter;
use crate::{ArrowWriter, Batch, Dataset, Error, Feature, Features, Result, Row, RowError};

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
    let rows = numbers(data, &options.label, options.threads, ask)?;
    if let Some(path) = file {
        // They only spare time; without them all is well.
        let _ = write(path, &rows);
    }
    data.select_rows(rows)
}

fn numbers(data: &Dataset, label: &str, threads: usize, ask: Ask<'_>) -> Result<Vec<u64>> {
    let bar = Progress::rows(data.len() as u64, label);
    let mut kept = Vec::new();
    match ask {
        Ask::One(ask) => {
            for (number, row) in data.iter().enumerate() {
                if ask(&row?).map_err(|error| error.at(format!("row {number}")))? {
                    kept.push(number as u64);
                }
                if (number + 1) % STEP == 0 {
                    bar.inc(STEP as u64)?;
                }
            }
        }
        Ask::Many(ask) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|error| Error::Argument(format!("{threads} threads: {error}")))?;
            let one = |start: usize| -> Result<Vec<u64>> {
                // Only the thread of the cell answers widgets; the others look at the flag alone.
                if interrupt::is_requested() {
                    return Err(Error::Interrupted(course_wire::Interrupted));
                }
                let mut kept = Vec::new();
                for (number, row) in (start..).zip(data.iter_from(start).take(STEP)) {
                    if ask(&row?).map_err(|error| error.at(format!("row {number}")))? {
                        kept.push(number as u64);
                    }
                }
                Ok(kept)
            };
            for window in (0..data.len()).step_by(4 * threads * STEP) {
                let starts: Vec<usize> = (window..data.len().min(window + 4 * threads * STEP)).step_by(STEP).collect();
                let asked = starts.len() * STEP;
                let found: Vec<Result<Vec<u64>>> = pool.install(|| starts.into_par_iter().map(one).collect());
                for rows in found {
                    kept.extend(rows?);
                }
                bar.inc(asked as u64)?;
            }
        }
        Ask::Batches(size, ask) => {
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
        }
    }
    bar.set(data.len() as u64)?;
    bar.finish();
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
