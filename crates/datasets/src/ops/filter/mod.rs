//! Keeping the rows that a question is answered "yes" for.

mod options;
mod run;

#[cfg(test)]
mod tests;

pub use options::Filter;

use self::run::{Ask, run};
use super::code;
use crate::{Batch, Dataset, DatasetDict, Outcome, Result, Row, RowError};

impl Dataset {
    /// The rows for which `keep` says yes. Only their numbers are noted, and where the data lies in files they are kept for the next run:
    /// see [`Filter::cache`].
    ///
    /// ```
    /// # use course_datasets::{Dataset, row};
    /// # let data = Dataset::from_rows([row! { "text" => "short" }, row! { "text" => "a longer one" }])?;
    /// let long = data.filter(|row| Ok(row.str("text")?.len() > 5))?;
    /// assert_eq!(long.len(), 1);
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Function`](crate::Error::Function) with the row where `keep` fails; `Interrupted` after ■.
    pub fn filter<F: FnMut(&Row) -> O, O: Outcome<bool>>(&self, mut keep: F) -> Result<Self> {
        let key = code::fingerprint_of(&keep, ask_mut::<F, O> as fn(&mut F, &Row) -> _ as *const ());
        run(self, &Filter::new(), key, Ask::One(&mut |row| ask_mut(&mut keep, row)))
    }

    /// The rows for which `keep` says yes, asked for whole batches: it gives a truth value for each row of the batch.
    ///
    /// # Errors
    /// [`Error::Function`](crate::Error::Function) with the rows where `keep` fails, [`Error::Argument`](crate::Error::Argument) where it
    /// gives too few or too many answers; `Interrupted` after ■.
    pub fn filter_batched<F: FnMut(&Batch) -> O, O: Outcome<Vec<bool>>>(
        &self,
        size: usize,
        mut keep: F,
    ) -> Result<Self> {
        let key = code::fingerprint_of(&keep, ask_batch::<F, O> as fn(&mut F, &Batch) -> _ as *const ());
        run(self, &Filter::new(), key, Ask::Batches(size, &mut |batch| ask_batch(&mut keep, batch)))
    }

    /// [`Dataset::filter`] with all that can be chosen: see [`Filter`]. The function may be called by several threads at once.
    ///
    /// # Errors
    /// Those of [`Dataset::filter`].
    pub fn filter_with<F: Fn(&Row) -> O + Sync, O: Outcome<bool>>(&self, filter: &Filter, keep: F) -> Result<Self> {
        let key = code::fingerprint_of(&keep, ask::<F, O> as fn(&F, &Row) -> _ as *const ());
        any(self, filter, key, &|row| ask(&keep, row))
    }
}

impl DatasetDict {
    /// [`Dataset::filter`] for every split.
    ///
    /// # Errors
    /// Those of [`Dataset::filter`].
    pub fn filter<F: FnMut(&Row) -> O, O: Outcome<bool>>(&self, mut keep: F) -> Result<Self> {
        let key = code::fingerprint_of(&keep, ask_mut::<F, O> as fn(&mut F, &Row) -> _ as *const ());
        let mut ask = |row: &Row| ask_mut(&mut keep, row);
        self.each(|data| run(data, &Filter::new(), key.clone(), Ask::One(&mut ask)))
    }

    /// [`Dataset::filter_with`] for every split.
    ///
    /// # Errors
    /// Those of [`Dataset::filter`].
    pub fn filter_with<F: Fn(&Row) -> O + Sync, O: Outcome<bool>>(&self, filter: &Filter, keep: F) -> Result<Self> {
        let key = code::fingerprint_of(&keep, ask::<F, O> as fn(&F, &Row) -> _ as *const ());
        self.each(|data| any(data, filter, key.clone(), &|row| ask(&keep, row)))
    }
}

fn any(
    data: &Dataset,
    filter: &Filter,
    key: Option<String>,
    keep: &(dyn Fn(&Row) -> Result<bool, RowError> + Sync),
) -> Result<Dataset> {
    if filter.threads > 1 {
        return run(data, filter, key, Ask::Many(keep));
    }
    run(data, filter, key, Ask::One(&mut |row| keep(row)))
}

// The address of these tells one function from another, so the function's code must lie in them.

#[inline(never)]
fn ask_mut<F: FnMut(&Row) -> O, O: Outcome<bool>>(keep: &mut F, row: &Row) -> Result<bool, RowError> {
    keep(row).outcome()
}

#[inline(never)]
fn ask<F: Fn(&Row) -> O, O: Outcome<bool>>(keep: &F, row: &Row) -> Result<bool, RowError> {
    keep(row).outcome()
}

#[inline(never)]
fn ask_batch<F: FnMut(&Batch) -> O, O: Outcome<Vec<bool>>>(keep: &mut F, batch: &Batch) -> Result<Vec<bool>, RowError> {
    keep(batch).outcome()
}
