//! Datasets one below the other, or side by side.

use arrow_array::{ArrayRef, new_null_array};

use crate::dataset::Rows;
use crate::table::{Block, Table};
use crate::{Dataset, Error, Features, Fingerprint, Result};

/// The rows of all datasets one after the other. A column that one of them does not have is missing there; nothing is copied.
///
/// # Errors
/// [`Error::Features`] where a column is of different types, [`Error::Argument`] where there is no dataset.
pub fn concatenate_datasets(datasets: &[Dataset]) -> Result<Dataset> {
    let with_rows: Vec<&Dataset> = datasets.iter().filter(|dataset| !dataset.is_empty()).collect();
    let datasets = match (with_rows.as_slice(), datasets.first()) {
        ([], None) => return Err(Error::Argument("there is no dataset to concatenate".to_owned())),
        ([], Some(first)) => return Ok(first.clone()),
        ([one], _) => return Ok((*one).clone()),
        (many, _) => many,
    };
    let features = common(datasets)?;
    let tables: Vec<Table> = datasets.iter().map(|dataset| adapted(dataset, &features)).collect();
    let table = Table::concatenate(&tables);
    let fingerprint = Fingerprint::of_all(datasets.iter().map(|dataset| dataset.fingerprint), "concatenate");
    let mut all = Dataset::new(table, features, fingerprint);
    if datasets.iter().any(|dataset| dataset.rows.numbers().is_some()) {
        let mut rows = Vec::new();
        let mut offset = 0;
        for (dataset, table) in datasets.iter().zip(&tables) {
            match dataset.rows.numbers() {
                Some(numbers) => rows.extend(numbers.iter().map(|row| row + offset)),
                None => rows.extend((0..dataset.len() as u64).map(|row| row + offset)),
            }
            offset += table.rows() as u64;
        }
        all.rows = Rows::list(rows);
    }
    if let Some(first) = datasets.first() {
        all.info = first.info.clone();
        all.split = first.split.clone().filter(|_| datasets.iter().all(|dataset| dataset.split == first.split));
    }
    all.scratch = datasets.iter().flat_map(|dataset| dataset.scratch.iter().cloned()).collect();
    Ok(all)
}

/// The datasets side by side: the columns of all of them.
///
/// # Errors
/// [`Error::TwoColumns`] where two have a column of one name, [`Error::Argument`] where they differ in length or there is none.
pub fn concatenate_columns(datasets: &[Dataset]) -> Result<Dataset> {
    let [first, rest @ ..] = datasets else {
        return Err(Error::Argument("there is no dataset to put beside another".to_owned()));
    };
    let mut all = first.clone();
    for dataset in rest {
        if dataset.len() != all.len() {
            return Err(Error::Argument(format!(
                "datasets side by side need as many rows each: one has {}, another {}",
                all.len(),
                dataset.len()
            )));
        }
        all = all.beside(dataset)?;
    }
    Ok(all)
}

/// The columns of all datasets, in the order in which they first come.
fn common(datasets: &[&Dataset]) -> Result<Features> {
    let mut all = Features::new();
    for (name, feature) in datasets.iter().flat_map(|dataset| dataset.features().iter()) {
        match all.get(name) {
            Some(known) if known == feature || feature.is_null() => {}
            Some(known) if !known.is_null() => {
                return Err(Error::Features {
                    doing: "concatenating datasets",
                    column: name.to_owned(),
                    first: known.to_string(),
                    second: feature.to_string(),
                });
            }
            _ => all.insert(name, feature.clone()),
        }
    }
    Ok(all)
}

/// The table of the dataset with the columns of `features`: in their order, those it does not have missing.
fn adapted(dataset: &Dataset, features: &Features) -> Table {
    let plain = match &dataset.rows {
        Rows::Range(range) => dataset.table.range(range.clone()),
        Rows::List(..) => dataset.table.range(0..dataset.table.rows()),
    };
    if dataset.features() == features {
        return plain;
    }
    let places: Vec<(Option<usize>, arrow_schema::DataType)> = features
        .iter()
        .map(|(name, feature)| {
            let place = dataset.features().index_of(name).filter(|_| dataset.features().get(name) == Some(feature));
            (place, feature.arrow_type())
        })
        .collect();
    plain.derive(move |block| {
        let column = |(place, data_type): &(Option<usize>, arrow_schema::DataType)| -> ArrayRef {
            let there = place.and_then(|place| block.columns.get(place));
            there.cloned().unwrap_or_else(|| new_null_array(data_type, block.rows))
        };
        Ok(Block { columns: places.iter().map(column).collect(), rows: block.rows })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn data(rows: &[i64]) -> Dataset {
        Dataset::from_rows(rows.iter().map(|n| row! { "n" => *n })).unwrap()
    }

    #[test]
    fn rows_one_after_the_other() {
        let all = concatenate_datasets(&[
            data(&[1, 2]),
            data(&[]),
            data(&[3, 4]).select([1, 0]).unwrap(),
            data(&[5, 6]).range(1..2),
        ])
        .unwrap();
        assert_eq!(all.values::<i64>("n").unwrap(), [1, 2, 4, 3, 6]);
        assert_eq!(all.sort("n").unwrap().values::<i64>("n").unwrap(), [1, 2, 3, 4, 6]);
    }

    #[test]
    fn columns_that_one_does_not_have_are_missing_there() {
        let other = Dataset::from_rows([row! { "text" => "x", "n" => Option::<i64>::None }]).unwrap();
        let all = concatenate_datasets(&[data(&[1]), other.clone()]).unwrap();
        assert_eq!(all.row(0).unwrap().to_string(), "{'n': 1, 'text': None}");
        assert_eq!(all.row(1).unwrap().to_string(), "{'n': None, 'text': 'x'}");
        let error = concatenate_datasets(&[data(&[1]), other.rename_columns([("n", "m"), ("text", "n")]).unwrap()])
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("concatenating datasets: column \"n\" is Value('int64') in one and Value('string')"),
            "{error}"
        );
        assert!(concatenate_datasets(&[]).is_err());
    }

    #[test]
    fn columns_side_by_side() {
        let texts = Dataset::from_rows([row! { "t" => "a" }, row! { "t" => "b" }, row! { "t" => "c" }]).unwrap();
        let both =
            concatenate_columns(&[concatenate_datasets(&[data(&[1]), data(&[2, 3])]).unwrap(), texts.clone()]).unwrap();
        assert_eq!(both.row(2).unwrap().to_string(), "{'n': 3, 't': 'c'}");
        assert!(concatenate_columns(&[data(&[1]), texts.clone()]).is_err());
        assert!(concatenate_columns(&[texts.clone(), texts]).is_err());
    }
}
