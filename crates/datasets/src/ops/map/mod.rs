//! A function over all rows.

mod options;
mod run;
mod sink;
mod types;

#[cfg(test)]
mod tests;

pub use options::Map;
pub(crate) use sink::Sink;
pub(crate) use types::cast_column;

use self::run::{Work, by_rows, run};
use super::code;
use crate::{Batch, Dataset, DatasetDict, Outcome, Result, Row};

impl Dataset {
    /// Every row through `function`, which gives back the row changed, or a new one whose columns are put over the old ones.
    ///
    /// Columns that it leaves alone are not copied. The result is kept for the next run where the data lies in files: see [`Map::cache`].
    ///
    /// ```
    /// # use course_datasets::{Dataset, row};
    /// # let data = Dataset::from_rows([row! { "text" => "GOOD" }])?;
    /// let lower = data.map(|row| Ok(row! { "text" => row.str("text")?.to_lowercase(), "length" => row.str("text")?.len() }))?;
    /// assert_eq!(lower.row(0)?.to_string(), "{'text': 'good', 'length': 4}");
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Function`](crate::Error::Function) naming the row where `function` fails; `MixedTypes`, `Features` where its rows do not go
    /// together; `Interrupted` after ■, with nothing left behind.
    pub fn map<F: FnMut(Row) -> O, O: Outcome<Row>>(&self, mut function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call_mut::<Row, F, O> as fn(&mut F, Row) -> _ as *const ());
        let map = Map::rows();
        let mut one = |row| call_mut(&mut function, row);
        run(self, &map.options, key, Work::One(&mut |batch| by_rows(batch, &map.options, &mut one)))
    }

    /// Batches of `size` rows through `function`, which gives back the batch changed, or a new one whose columns are put over the old ones.
    /// It may give back another number of rows, if all columns that stay have as many.
    ///
    /// # Errors
    /// [`Error::Function`](crate::Error::Function) naming the rows where `function` fails; `ColumnLengths` where old and new columns differ
    /// in length; `Features` where its batches do not go together; `Interrupted` after ■, with nothing left behind.
    pub fn map_batched<F: FnMut(Batch) -> O, O: Outcome<Batch>>(&self, size: usize, mut function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call_mut::<Batch, F, O> as fn(&mut F, Batch) -> _ as *const ());
        let map = Map::batched(size);
        let mut one = |batch| call_mut(&mut function, batch);
        run(self, &map.options, key, Work::One(&mut |batch| in_place(batch, &mut one)))
    }

    /// The same with all that can be chosen: see [`Map`]. The function may be called by several threads at once.
    ///
    /// # Errors
    /// Those of [`Dataset::map`] and [`Dataset::map_batched`].
    pub fn map_with<K: MapItem, F: Fn(K) -> O + Sync, O: Outcome<K>>(&self, map: Map<K>, function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call::<K, F, O> as fn(&F, K) -> _ as *const ());
        map_any(self, &map, key, &|item| call(&function, item))
    }
}

fn map_any<K: MapItem>(
    data: &Dataset,
    map: &Map<K>,
    key: Option<String>,
    one: &(dyn Fn(K) -> Result<K, crate::RowError> + Sync),
) -> Result<Dataset> {
    let work = |batch| K::through(batch, map, one);
    if map.options.threads > 1 {
        return run(data, &map.options, key, Work::Many(&work));
    }
    run(data, &map.options, key, Work::One(&mut |batch| work(batch)))
}

impl DatasetDict {
    /// [`Dataset::map`] for every split.
    ///
    /// # Errors
    /// Those of [`Dataset::map`].
    pub fn map<F: FnMut(Row) -> O, O: Outcome<Row>>(&self, mut function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call_mut::<Row, F, O> as fn(&mut F, Row) -> _ as *const ());
        let map = Map::rows();
        let mut one = |row| call_mut(&mut function, row);
        self.each(|data| {
            run(data, &map.options, key.clone(), Work::One(&mut |batch| by_rows(batch, &map.options, &mut one)))
        })
    }

    /// [`Dataset::map_batched`] for every split.
    ///
    /// # Errors
    /// Those of [`Dataset::map_batched`].
    pub fn map_batched<F: FnMut(Batch) -> O, O: Outcome<Batch>>(&self, size: usize, mut function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call_mut::<Batch, F, O> as fn(&mut F, Batch) -> _ as *const ());
        let map = Map::batched(size);
        let mut one = |batch| call_mut(&mut function, batch);
        self.each(|data| run(data, &map.options, key.clone(), Work::One(&mut |batch| in_place(batch, &mut one))))
    }

    /// [`Dataset::map_with`] for every split.
    ///
    /// # Errors
    /// Those of [`Dataset::map_with`].
    pub fn map_with<K: MapItem, F: Fn(K) -> O + Sync, O: Outcome<K>>(&self, map: Map<K>, function: F) -> Result<Self> {
        let key = code::fingerprint_of(&function, call::<K, F, O> as fn(&F, K) -> _ as *const ());
        self.each(|data| map_any(data, &map, key.clone(), &|item| call(&function, item)))
    }
}

/// What a mapped function gets and gives: a [`Row`] or a [`Batch`].
pub trait MapItem: Sized + Clone {
    #[doc(hidden)]
    fn through(batch: Batch, map: &Map<Self>, one: &dyn Fn(Self) -> Result<Self, crate::RowError>) -> Result<Batch>;
}

impl MapItem for Row {
    fn through(batch: Batch, map: &Map<Self>, one: &dyn Fn(Self) -> Result<Self, crate::RowError>) -> Result<Batch> {
        by_rows(batch, &map.options, &mut |row| one(row))
    }
}

impl MapItem for Batch {
    fn through(batch: Batch, _: &Map<Self>, one: &dyn Fn(Self) -> Result<Self, crate::RowError>) -> Result<Batch> {
        in_place(batch, &mut |batch| one(batch))
    }
}

impl Map<Batch> {
    /// How many rows go through together.
    pub(crate) fn size(&self) -> usize {
        self.options.size
    }

    /// One batch through a function, and what it gives back put over what went in.
    pub(crate) fn once(
        &self,
        batch: Batch,
        function: &mut dyn FnMut(Batch) -> Result<Batch, crate::RowError>,
    ) -> Result<Batch> {
        run::through(batch, None, &self.options, &mut |batch| in_place(batch, function))
    }
}

/// Calls the function, and names the rows where it fails.
fn in_place(batch: Batch, one: &mut dyn FnMut(Batch) -> Result<Batch, crate::RowError>) -> Result<Batch> {
    let (first, rows) = (batch.first_row(), batch.len());
    one(batch).map_err(|error| error.at(format!("rows {first} to {}", first + rows.saturating_sub(1))))
}

// The address of these tells one function from another, so the function's code must lie in them.

#[inline(never)]
fn call_mut<K, F: FnMut(K) -> O, O: Outcome<K>>(function: &mut F, item: K) -> Result<K, crate::RowError> {
    function(item).outcome()
}

#[inline(never)]
fn call<K, F: Fn(K) -> O, O: Outcome<K>>(function: &F, item: K) -> Result<K, crate::RowError> {
    function(item).outcome()
}
