//! Choosing, naming and adding columns.

use std::sync::Arc;

use crate::table::{Block, Table};
use crate::{Column, Dataset, DatasetDict, Error, Feature, Features, Result, Row, Sink};

impl Dataset {
    /// The dataset with a column renamed.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::TwoColumns`] where the new name is taken.
    pub fn rename_column(&self, from: &str, to: &str) -> Result<Self> {
        self.rename_columns([(from, to)])
    }

    /// The dataset with columns renamed: `data.rename_columns([("a", "b"), ("c", "d")])?`.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::TwoColumns`] where two columns would have one name.
    pub fn rename_columns<'n>(&self, names: impl IntoIterator<Item = (&'n str, &'n str)>) -> Result<Self> {
        let names: Vec<(&str, &str)> = names.into_iter().collect();
        for (from, _) in &names {
            self.features.position(from)?;
        }
        let mut features = Features::new();
        for (name, feature) in self.features.iter() {
            let name = names.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to);
            if features.get(name).is_some() {
                return Err(Error::TwoColumns(name.to_owned()));
            }
            features.insert(name, feature.clone());
        }
        let fingerprint = self.fingerprint.then("rename", &format!("{names:?}"));
        Ok(Self { features: Arc::new(features), fingerprint, ..self.clone() })
    }

    /// The dataset without these columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn remove_columns(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        for name in &names {
            self.features.position(name)?;
        }
        self.select_columns(self.features.names().filter(|name| !names.iter().any(|removed| removed == name)))
    }

    /// The dataset with these columns alone, in this order.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::TwoColumns`] where one comes twice.
    pub fn select_columns(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let mut features = Features::new();
        let mut indices = Vec::new();
        for name in names {
            let name = name.as_ref();
            if features.get(name).is_some() {
                return Err(Error::TwoColumns(name.to_owned()));
            }
            indices.push(self.features.position(name)?);
            features.insert(name, self.features.column(name)?.clone());
        }
        let arguments = format!("{indices:?}");
        Ok(self.with_table(self.table.project(indices), features, "columns", &arguments))
    }

    /// The dataset with one more column, the last.
    ///
    /// # Errors
    /// [`Error::TwoColumns`] where there is one of that name, [`Error::ColumnLengths`] where it has not one value for each row.
    pub fn add_column(&self, name: &str, column: impl Into<Column>) -> Result<Self> {
        let column = column.into();
        if self.features.get(name).is_some() {
            return Err(Error::TwoColumns(name.to_owned()));
        }
        if !self.features.is_empty() && column.len() != self.len() {
            return Err(Error::ColumnLengths {
                index: self.num_columns(),
                column: name.to_owned(),
                expected: self.len(),
                found: column.len(),
                old: self.len(),
            });
        }
        self.beside(&Self::from_columns([(name, column)])?)
    }

    /// Two datasets of as many rows side by side.
    pub(crate) fn beside(&self, other: &Self) -> Result<Self> {
        let mut features = (*self.features).clone();
        for (name, feature) in other.features.iter() {
            if features.get(name).is_some() {
                return Err(Error::TwoColumns(name.to_owned()));
            }
            features.insert(name, feature.clone());
        }
        if self.features.is_empty() {
            return Ok(Self { split: self.split.clone(), info: self.info.clone(), ..other.clone() });
        }
        let (left, right) = (self.flatten_indices()?, other.flatten_indices()?);
        let mut dataset = Self::new(
            left.plain_table().beside(&right.plain_table()),
            features,
            crate::Fingerprint::of_all([self.fingerprint, other.fingerprint], "beside"),
        );
        dataset.split = self.split.clone();
        dataset.info = self.info.clone();
        dataset.scratch = [left.scratch, right.scratch].concat();
        Ok(dataset)
    }

    /// The table of exactly this dataset's rows; for one whose rows are in order.
    pub(crate) fn plain_table(&self) -> Table {
        match &self.rows {
            crate::dataset::Rows::Range(range) => self.table.range(range.clone()),
            crate::dataset::Rows::List(..) => Table::from_columns(Vec::new(), 0),
        }
    }

    /// The dataset with its rows written down in their order, so that reading them in order is reading memory in order. Done for you where
    /// it is needed; it pays where shuffled rows are read many times.
    ///
    /// # Errors
    /// [`Error::Io`] where a temporary file is needed and cannot be written.
    pub fn flatten_indices(&self) -> Result<Self> {
        if self.rows.numbers().is_none() {
            return Ok(self.clone());
        }
        let mut sink = Sink::new(None, Some((*self.features).clone()));
        let bar = course_display::Progress::rows(self.len() as u64, "Flattening the indices");
        for batch in self.plain().batches(1000) {
            let batch = batch?;
            sink.write(&batch)?;
            bar.inc(batch.len() as u64)?;
        }
        bar.finish();
        let flat = sink.finish()?;
        let fingerprint = self.fingerprint.then("flatten_indices", "");
        let (split, info, format) = (self.split.clone(), self.info.clone(), self.format.clone());
        Ok(Self { split, info, format, fingerprint, ..flat })
    }

    /// The dataset with one more row, the last. What fits no column's type is an error; columns it does not have are missing.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`]; [`Error::NoColumn`] for a name that is none of a column.
    pub fn add_item(&self, row: impl Into<Row>) -> Result<Self> {
        let row = row.into();
        for name in row.names() {
            self.features.position(name)?;
        }
        let one = Self::from_rows_of((*self.features).clone(), [row])?;
        super::concatenate_datasets(&[self.clone(), one])
    }

    /// The dataset with every struct column replaced by one column for each field, named `column.field`, all the way down.
    ///
    /// # Errors
    /// None that is the learner's.
    pub fn flatten(&self) -> Result<Self> {
        let features = self.features.clone();
        let flat = features.flatten();
        let table = self.table.derive(move |block| {
            let mut columns = Vec::new();
            for ((_, feature), array) in features.iter().zip(&block.columns) {
                flatten(feature, array, &mut columns)?;
            }
            Ok(Block { columns, rows: block.rows })
        });
        Ok(self.with_table(table, flat, "flatten", ""))
    }
}

/// The fields of a struct as columns; where the struct is missing, so are they.
fn flatten(feature: &Feature, array: &arrow_array::ArrayRef, columns: &mut Vec<arrow_array::ArrayRef>) -> Result<()> {
    use arrow_array::cast::AsArray;
    use arrow_array::{Array, BooleanArray};
    let (Feature::Struct(fields), Some(structs)) = (feature, array.as_struct_opt()) else {
        columns.push(array.clone());
        return Ok(());
    };
    for ((_, feature), column) in fields.iter().zip(structs.columns()) {
        let column = match structs.nulls() {
            Some(nulls) if nulls.null_count() > 0 => {
                let missing = BooleanArray::new(!nulls.inner(), None);
                arrow_select::nullif::nullif(column, &missing).map_err(Error::arrow("flattening a struct"))?
            }
            _ => column.clone(),
        };
        flatten(feature, &column, columns)?;
    }
    Ok(())
}

impl DatasetDict {
    /// [`Dataset::rename_column`] for every split.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn rename_column(&self, from: &str, to: &str) -> Result<Self> {
        self.each(|data| data.rename_column(from, to))
    }

    /// [`Dataset::remove_columns`] for every split.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn remove_columns(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.each(|data| data.remove_columns(&names))
    }

    /// [`Dataset::select_columns`] for every split.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn select_columns(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.each(|data| data.select_columns(&names))
    }

    /// [`Dataset::flatten`] for every split.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn flatten(&self) -> Result<Self> {
        self.each(Dataset::flatten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, row};

    fn data() -> Dataset {
        let answers = |text: &str| Value::fields([("text", Value::from([text])), ("start", Value::from(1))]);
        Dataset::from_rows([
            row! { "id" => "a", "answers" => answers("x") },
            row! { "id" => "b", "answers" => Value::Null },
            row! { "id" => "c", "answers" => answers("y") },
        ])
        .unwrap()
    }

    #[test]
    fn columns_are_chosen_and_named() {
        let data = data();
        assert_eq!(data.rename_column("id", "name").unwrap().column_names(), ["name", "answers"]);
        assert_eq!(
            data.rename_column("id", "answers").unwrap_err().to_string(),
            "there would be two columns named \"answers\"; give one of them another name, or remove it first"
        );
        assert_eq!(data.remove_columns(["answers"]).unwrap().row(2).unwrap().to_string(), "{'id': 'c'}");
        assert_eq!(data.select_columns(["answers", "id"]).unwrap().column_names(), ["answers", "id"]);
        assert!(data.select_columns(["id", "id"]).is_err());
        assert!(data.remove_columns(["ids"]).unwrap_err().to_string().contains("did you mean \"id\"?"));
        assert_eq!(data.select_columns(["answers"]).unwrap().len(), 3);
    }

    #[test]
    fn structs_become_columns() {
        let flat = data().flatten().unwrap();
        assert_eq!(flat.column_names(), ["id", "answers.text", "answers.start"]);
        assert_eq!(flat.select([1, 2]).unwrap().column("answers.text").unwrap().to_string(), "Column([None, ['y']])");
        assert_eq!(flat.row(1).unwrap().to_string(), "{'id': 'b', 'answers.text': None, 'answers.start': None}");
    }

    #[test]
    fn columns_and_rows_are_added() {
        let data = data().select([2, 0]).unwrap();
        let more = data.add_column("n", vec![7_i64, 8]).unwrap();
        assert_eq!(more.row(0).unwrap()["id"], "c");
        assert_eq!(more.row(0).unwrap()["n"], 7);
        assert!(
            data.add_column("n", vec![7_i64])
                .unwrap_err()
                .to_string()
                .starts_with("Column 2 named n expected length 2 but got length 1")
        );
        assert!(data.add_column("id", vec![7_i64, 8]).is_err());
        let more = data.add_item(row! { "id" => "d" }).unwrap();
        assert_eq!(more.strings("id").unwrap(), ["c", "a", "d"]);
        assert!(data.add_item(row! { "id" => 3 }).is_err());
        assert!(data.add_item(row! { "ids" => "x" }).is_err());
    }
}
