//! Keeping the rows that a question is answered "yes" for.

use course_display::Progress;
use course_wire::interrupt;

use crate::{Batch, Dataset, Outcome, Result, Row};

/// How many rows are looked at between two glances at the interrupt and the bar.
const STEP: usize = 1000;

impl Dataset {
    /// The rows for which `keep` says yes. Only their numbers are noted.
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
    pub fn filter<O: Outcome<bool>>(&self, mut keep: impl FnMut(&Row) -> O) -> Result<Self> {
        self.filter_rows(&mut |row| keep(row).outcome())
    }

    fn filter_rows(&self, keep: &mut dyn FnMut(&Row) -> Result<bool, crate::RowError>) -> Result<Self> {
        let bar = Progress::rows(self.len() as u64, "Filter");
        let mut kept = Vec::new();
        for (number, row) in self.iter().enumerate() {
            if keep(&row?).map_err(|error| error.at(format!("row {number}")))? {
                kept.push(number as u64);
            }
            if (number + 1) % STEP == 0 {
                bar.inc(STEP as u64)?;
            }
        }
        bar.set(self.len() as u64)?;
        self.select_rows(kept)
    }

    /// The rows for which `keep` says yes, asked for whole batches: it gives a truth value for each row of the batch.
    ///
    /// # Errors
    /// [`Error::Function`](crate::Error::Function) with the rows where `keep` fails, [`Error::Argument`](crate::Error::Argument) where it
    /// gives too few or too many answers; `Interrupted` after ■.
    pub fn filter_batched<O: Outcome<Vec<bool>>>(
        &self,
        size: usize,
        mut keep: impl FnMut(&Batch) -> O,
    ) -> Result<Self> {
        let bar = Progress::rows(self.len() as u64, "Filter");
        let mut kept = Vec::new();
        for batch in self.batches(size) {
            interrupt::check()?;
            let batch = batch?;
            let first = batch.first_row();
            let place = || format!("rows {first} to {}", first + batch.len() - 1);
            let answers = keep(&batch).outcome().map_err(|error| error.at(place()))?;
            if answers.len() != batch.len() {
                return Err(crate::Error::Argument(format!(
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
        self.select_rows(kept)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Column, Dataset, Error, RowError};

    fn numbers() -> Dataset {
        Dataset::from_columns([("n", Column::from((0..10).collect::<Vec<i64>>()))]).unwrap()
    }

    #[test]
    fn rows_are_kept_where_the_answer_is_yes() {
        let even = numbers().filter(|row| row["n"].as_i64().is_some_and(|n| n % 2 == 0)).unwrap();
        assert_eq!(even.values::<i64>("n").unwrap(), [0, 2, 4, 6, 8]);
        let big = even.filter(|row| Ok(row.get::<i64>("n")? > 4)).unwrap();
        assert_eq!(big.values::<i64>("n").unwrap(), [6, 8]);
        let batched =
            numbers().filter_batched(3, |batch| Ok(batch.get::<i64>("n")?.iter().map(|n| *n > 7).collect())).unwrap();
        assert_eq!(batched.values::<i64>("n").unwrap(), [8, 9]);
    }

    #[test]
    fn a_failure_names_the_row() {
        let error = numbers()
            .filter(|row| match row.get::<i64>("n")? {
                7 => Err(RowError::new("seven")),
                _ => Ok(true),
            })
            .unwrap_err();
        assert_eq!(error.to_string(), "row 7: seven");
        let error = numbers().filter(|row| Ok(row.str("n")?.is_empty())).unwrap_err().to_string();
        assert_eq!(error, "row 0: column \"n\", row 0, holds an integer (0), not a string");
        let error = numbers().filter_batched(4, |_| vec![true]).unwrap_err();
        assert!(matches!(error, Error::Argument(_)), "{error}");
    }
}
