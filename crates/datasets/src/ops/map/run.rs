//! Batches through a function, in order, and back into a dataset.

use std::sync::Arc;

use course_display::Progress;

use super::super::kept::Kept;
use super::options::Options;
use super::sink::Sink;
use super::types::{as_before, optimised};
use crate::row::Part;
use crate::streaming::batch_of;
use crate::table::Block;
use crate::transform::Transform;
use crate::{Batch, Column, Dataset, Features, Fingerprint, Result, Row, RowError, Value, threads};

/// A function from batches to batches that one thread calls, or that several may.
pub(super) enum Work<'w> {
    One(&'w mut dyn FnMut(Batch) -> Result<Batch>),
    Many(&'w (dyn Fn(Batch) -> Result<Batch> + Sync)),
}

/// Maps the dataset, or takes what an earlier run left in the cache under `key`.
pub(super) fn run(dataset: &Dataset, options: &Options, key: Option<String>, work: Work<'_>) -> Result<Dataset> {
    for name in &options.remove {
        dataset.features().position(name)?;
    }
    // As in Python: a function that is called for no row changes nothing.
    if dataset.is_empty() {
        return Ok(dataset.clone());
    }
    let key = key.or_else(|| options.key.clone());
    let arguments = key.as_ref().map(|key| {
        let features = options.features.as_ref().map(ToString::to_string);
        format!("{key}|{}|{:?}|{features:?}", options.size, options.remove)
    });
    // Steps that nobody can name again get a number that nobody has.
    let fingerprint = match &arguments {
        Some(arguments) => dataset.seen().then("map", arguments),
        None => Fingerprint::unique(),
    };
    let kept = Kept::of(dataset, "map", options.cache, arguments.is_some().then_some(fingerprint));
    let made = match kept.found() {
        Some(made) => made,
        None => {
            let target = kept.file()?;
            let mut sink = Sink::new(target.clone(), options.features.clone());
            feed(dataset, options, work, &mut sink)?;
            let mut made = sink.finish()?;
            if let Some(target) = target {
                kept.was_made(&mut made, target);
            }
            made
        }
    };
    let format = dataset.format.clone();
    Ok(Dataset { split: dataset.split.clone(), info: dataset.info.clone(), fingerprint, format, ..made })
}

fn feed(dataset: &Dataset, options: &Options, work: Work<'_>, sink: &mut Sink) -> Result<()> {
    let bar = Progress::rows(dataset.len() as u64, options.label.as_str());
    // What the functions give back is put over the rows as they lie, whatever the functions saw of them.
    let data = dataset.plain();
    match work {
        Work::One(function) => {
            for batch in data.batches(options.size) {
                let batch = batch?;
                let rows = batch.len();
                sink.write(&through(batch, Some(dataset), options, function)?)?;
                bar.inc(rows as u64)?;
            }
        }
        Work::Many(function) => {
            let one = |batch: Batch| -> Result<(usize, Batch)> {
                Ok((batch.len(), through(batch, Some(dataset), options, &mut |batch| function(batch))?))
            };
            threads::in_order(options.threads, data.batches(options.size), one, |(rows, made)| {
                sink.write(&made)?;
                Ok(bar.inc(rows as u64)?)
            })?;
        }
    }
    bar.finish();
    Ok(())
}

/// One batch through the function: what it gives back, put over what went in. The function sees it as a reader of `dataset` does.
pub(super) fn through(
    mut batch: Batch,
    dataset: Option<&Dataset>,
    options: &Options,
    function: &mut dyn FnMut(Batch) -> Result<Batch>,
) -> Result<Batch> {
    let rows = batch.len();
    let before = batch.clone();
    let mark = batch.hand_over();
    if let Some((dataset, transform)) = dataset.and_then(|dataset| Some((dataset, dataset.transform()?))) {
        let handed = dataset.handed(batch);
        batch = match options.one_by_one {
            true => rows_of(&handed, transform)?,
            false => transform.batch(handed)?,
        };
        batch.set_foreign();
    }
    let mut given = function(batch)?;
    let mut merged = if given.is_merged() {
        given
    } else if given.was_handed(mark) {
        for name in &options.remove {
            given.remove(name);
        }
        given
    } else {
        let mut merged = before.clone();
        for name in &options.remove {
            merged.remove(name);
        }
        for (name, column) in given.into_columns() {
            merged.set(&name, column);
        }
        merged
    };
    if options.features.is_none() {
        for (name, feature) in before.features().iter() {
            if let Ok(column) = merged.column(name)
                && column.feature() != feature
            {
                let column = as_before(column.clone(), feature);
                merged.set(name, column);
            }
        }
    }
    merged.check_lengths(rows)?;
    Ok(merged)
}

/// What a transform makes of the rows when they are read one by one.
fn rows_of(batch: &Batch, transform: &Transform) -> Result<Batch> {
    let first = batch.first_row();
    let one = |row: usize| transform.row(batch.take([row])?.beginning_at(first + row));
    batch_of(&(0..batch.len()).map(one).collect::<Result<Vec<Row>>>()?, first)
}

/// A function of batches that hands their rows to `function` one by one.
pub(super) fn by_rows(
    batch: Batch,
    options: &Options,
    function: &mut dyn FnMut(Row) -> Result<Row, RowError>,
) -> Result<Batch> {
    let first = batch.first_row();
    if batch.is_foreign() {
        let rows = batch.rows()?.into_iter().enumerate();
        let given = rows.map(|(index, row)| function(row).map_err(|error| error.at(format!("row {}", first + index))));
        return batch_of(&given.collect::<Result<Vec<Row>>>()?, first);
    }
    let features = Arc::new(batch.features());
    let block = Arc::new(batch.block()?);
    let mut rows = Vec::with_capacity(block.rows);
    for index in 0..block.rows {
        let number = first + index;
        let row = Row::view(block.clone(), features.clone(), index, number);
        let given = function(row).map_err(|error| error.at(format!("row {number}")))?;
        rows.push(Given { whole: given.is_of(&block, index), row: given });
    }
    collect(batch, &block, &features, &rows, options)
}

/// A row that a function gave back, and whether it is the one it was given, changed or not.
struct Given {
    row: Row,
    whole: bool,
}

/// The rows that came back as a batch. Columns that no row changed are taken as they are.
fn collect(batch: Batch, block: &Arc<Block>, features: &Features, rows: &[Given], options: &Options) -> Result<Batch> {
    let mut made = batch;
    made.set_merged();
    let removed = |name: &str| options.remove.iter().any(|removed| removed == name);
    for name in &options.remove {
        made.remove(name);
    }
    for name in features.names() {
        if rows.iter().any(|given| given.whole && !given.row.contains(name)) {
            made.remove(name);
        }
    }
    let mut names: Vec<&str> = features.names().filter(|name| !removed(name)).collect();
    for given in rows {
        // Of a row that came back itself, what is to be removed goes, changed or not.
        // Nearly always all rows have the same names.
        if !given.row.names().eq(names.iter().copied()) {
            let stays = |name: &&str| !(names.contains(name) || given.whole && removed(name));
            let new: Vec<&str> = given.row.names().filter(stays).collect();
            names.extend(new);
        }
    }
    for name in names {
        let old = features.index_of(name).filter(|_| !removed(name));
        let mut values: Vec<&Value> = Vec::with_capacity(rows.len());
        let mut changed = false;
        for given in rows {
            match given.row.part(name, block) {
                Some(Part::Value(value)) => {
                    changed = true;
                    values.push(value);
                }
                Some(Part::Unchanged(column)) if Some(column) != old => {
                    changed = true;
                    values.push(&given.row[name]);
                }
                // Missing, or filled in below.
                _ => values.push(&crate::value::NULL),
            }
        }
        if !changed {
            continue;
        }
        let kept = match old {
            Some(column) => kept(name, column, block, features, rows),
            None => Vec::new(),
        };
        for (value, kept) in values.iter_mut().zip(&kept) {
            if let Some(kept) = kept {
                *value = kept;
            }
        }
        made.set(name, build(name, &values, features.get(name), options)?);
    }
    Ok(made)
}

/// The old values of a column for the rows that left it alone.
fn kept(name: &str, column: usize, block: &Arc<Block>, features: &Features, rows: &[Given]) -> Vec<Option<Value>> {
    let (Some(array), Some((_, feature))) = (block.columns.get(column), features.at(column)) else { return Vec::new() };
    let keeps = |given: &Given| match given.row.part(name, block) {
        Some(Part::Unchanged(same)) => same == column,
        Some(Part::Value(_)) => false,
        None => !given.whole,
    };
    let value = |(index, given): (usize, &Given)| keeps(given).then(|| crate::arrays::read(array, index, feature));
    rows.iter().enumerate().map(value).collect()
}

/// The column of these values: of the feature asked for, of the one that the column had where they fit it, or of the one they have in common.
fn build(name: &str, values: &[&Value], before: Option<&crate::Feature>, options: &Options) -> Result<Column> {
    if let Some(features) = &options.features {
        return Column::build(name, values, Some(features.column(name)?));
    }
    if let Some(before) = before
        && let Ok(column) = Column::build(name, values, Some(before))
    {
        return Ok(column);
    }
    let feature = optimised(name, crate::arrays::infer(name, values)?);
    Column::build(name, values, Some(&feature))
}
