//! What a stream does to its rows, and to its columns.

use std::sync::Arc;

use super::IterableDataset;
use super::dataset::batch_of;
use super::node::Rows;
use super::steps::{Change, Changed, Selected};
use crate::{Batch, Error, Features, Map, Outcome, Result, Row, Value};

impl IterableDataset {
    /// Every row through `function`, which gives back the row changed, or a new one whose columns are put over the old ones.
    ///
    /// It runs when the stream is read. What it uses of the variables around it must be its own: clone them into it, with `move`.
    #[must_use]
    pub fn map<O: Outcome<Row>>(&self, function: impl Fn(Row) -> O + Send + Sync + 'static) -> Self {
        let function = move |row| function(row).outcome();
        self.changed(None, Arc::new(function_over_rows(Arc::new(function))))
    }

    /// Batches of `size` rows through `function`. It may give back another number of rows, if all columns that stay have as many.
    #[must_use]
    pub fn map_batched<O: Outcome<Batch>>(
        &self,
        size: usize,
        function: impl Fn(Batch) -> O + Send + Sync + 'static,
    ) -> Self {
        self.map_with(Map::batched(size), function)
    }

    /// The same with columns that are left out of the result: see [`Map::remove_columns`].
    #[must_use]
    pub fn map_with<O: Outcome<Batch>>(
        &self,
        map: Map<Batch>,
        function: impl Fn(Batch) -> O + Send + Sync + 'static,
    ) -> Self {
        let function = move |batch| function(batch).outcome();
        self.changed(None, Arc::new(function_over_batches(map, Arc::new(function))))
    }

    /// The rows for which `keep` says yes.
    #[must_use]
    pub fn filter<O: Outcome<bool>>(&self, keep: impl Fn(&Row) -> O + Send + Sync + 'static) -> Self {
        let keep = Arc::new(move |row: &Row| keep(row).outcome());
        let change = move |rows: Rows| -> Rows {
            let keep = keep.clone();
            Box::new(rows.zip(0usize..).filter_map(move |(row, number)| match row {
                Ok(row) => match keep(&row) {
                    Ok(true) => Some(Ok(row)),
                    Ok(false) => None,
                    Err(error) => Some(Err(error.at(format!("row {number} of the stream")))),
                },
                error => Some(error),
            }))
        };
        self.changed(self.features.clone(), Arc::new(change))
    }

    /// Rows of `size` rows: each column becomes a list of their values. The last may have fewer.
    #[must_use]
    pub fn batch(&self, size: usize) -> Self {
        let size = size.max(1);
        let change = move |rows: Rows| -> Rows {
            let mut rows = rows;
            Box::new(std::iter::from_fn(move || {
                let rows: Result<Vec<Row>> = rows.by_ref().take(size).collect();
                match rows {
                    Ok(rows) if rows.is_empty() => None,
                    Ok(rows) => Some(Ok(listed(&rows))),
                    Err(error) => Some(Err(error)),
                }
            }))
        };
        let features = self.features.as_ref().map(|features| {
            features.iter().map(|(name, feature)| (name, crate::Feature::list(feature.clone()))).collect()
        });
        self.changed(features, Arc::new(change))
    }

    /// Gives a column another name.
    ///
    /// # Errors
    /// When the columns are known, and there is none of this name or already one of the new.
    pub fn rename_column(&self, name: &str, new_name: &str) -> Result<Self> {
        let features = match &self.features {
            Some(features) => {
                features.column(name)?;
                if features.get(new_name).is_some() {
                    return Err(Error::TwoColumns(new_name.to_owned()));
                }
                let renamed = |column| if column == name { new_name } else { column };
                Some(features.iter().map(|(column, feature)| (renamed(column), feature.clone())).collect())
            }
            None => None,
        };
        let (name, new_name) = (name.to_owned(), new_name.to_owned());
        let change = move |rows: Rows| -> Rows {
            let (name, new_name) = (name.clone(), new_name.clone());
            Box::new(rows.map(move |row| {
                let mut row = row?;
                row.value(&name)?;
                let value = row.remove(&name);
                row.set(&new_name, value);
                Ok(row)
            }))
        };
        Ok(self.changed(features, Arc::new(change)))
    }

    /// Leaves columns out.
    ///
    /// # Errors
    /// When the columns are known, and there is none of one of these names.
    pub fn remove_columns(&self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let names: Arc<[String]> = names.into_iter().map(Into::into).collect();
        let features = match &self.features {
            Some(features) => {
                let mut features = features.clone();
                for name in names.iter() {
                    features.column(name)?;
                    features.remove(name);
                }
                Some(features)
            }
            None => None,
        };
        let change = move |rows: Rows| -> Rows {
            let names = names.clone();
            Box::new(rows.map(move |row| {
                let mut row = row?;
                for name in names.iter() {
                    row.remove(name);
                }
                Ok(row)
            }))
        };
        Ok(self.changed(features, Arc::new(change)))
    }

    /// Keeps these columns only, in this order.
    ///
    /// # Errors
    /// When the columns are known, and there is none of one of these names.
    pub fn select_columns(&self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let columns: Arc<[String]> = names.into_iter().map(Into::into).collect();
        let features = match &self.features {
            Some(features) => {
                let mut kept = Features::new();
                for name in columns.iter() {
                    kept.insert(name.as_str(), features.column(name)?.clone());
                }
                Some(kept)
            }
            None => None,
        };
        Ok(self.with(Arc::new(Selected { below: self.node.clone(), columns }), features))
    }

    fn changed(&self, features: Option<Features>, change: Change) -> Self {
        self.with(Arc::new(Changed { below: self.node.clone(), change }), features)
    }
}

type OverRow = Arc<dyn Fn(Row) -> Result<Row, crate::RowError> + Send + Sync>;
type OverBatch = Arc<dyn Fn(Batch) -> Result<Batch, crate::RowError> + Send + Sync>;

fn function_over_rows(function: OverRow) -> impl Fn(Rows) -> Rows + Send + Sync {
    move |rows| {
        let function = function.clone();
        Box::new(rows.zip(0usize..).map(move |(row, number)| {
            let (row, block, index) = row?.with_place(number);
            let mut old = row.clone();
            let given = function(row).map_err(|error| error.at(format!("row {number} of the stream")))?;
            if given.is_of(&block, index) {
                return Ok(given);
            }
            for (name, value) in given.into_fields() {
                old.set(&name, value);
            }
            Ok(old)
        }))
    }
}

fn function_over_batches(map: Map<Batch>, function: OverBatch) -> impl Fn(Rows) -> Rows + Send + Sync {
    let map = Arc::new(map);
    move |rows| {
        let (map, function) = (map.clone(), function.clone());
        let (mut rows, mut first) = (rows, 0);
        let batches = std::iter::from_fn(move || {
            let batch: Result<Vec<Row>> = rows.by_ref().take(map.size()).collect();
            let made = match batch {
                Ok(batch) if batch.is_empty() => return None,
                Ok(batch) => batch_of(&batch, first).and_then(|batch| {
                    first += batch.len();
                    map.once(batch, &mut |batch| function(batch))?.rows()
                }),
                Err(error) => Err(error),
            };
            Some(made)
        });
        Box::new(batches.flat_map(|made| match made {
            Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }))
    }
}

/// One row of many: each column a list.
fn listed(rows: &[Row]) -> Row {
    let names: Vec<&str> = rows.first().map(|row| row.names().collect()).unwrap_or_default();
    names.into_iter().map(|name| (name, Value::List(rows.iter().map(|row| row[name].clone()).collect()))).collect()
}
