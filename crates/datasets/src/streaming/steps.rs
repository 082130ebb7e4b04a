//! Steps that change rows: map, filter, selected columns. Tables become rows here, as in Python, but for selected columns.

use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::Field;

use super::node::{Reading, Rows, Shared, Step};
use crate::{Error, Features, Result, Row};

/// Makes rows of the rows below.
pub(super) type Change = Arc<dyn Fn(Rows) -> Rows + Send + Sync>;

/// A step over rows.
pub(super) struct Changed {
    pub(super) below: Shared,
    pub(super) change: Change,
}

impl Step for Changed {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, change: self.change.clone() })
    }

    fn read(&self) -> Reading {
        Reading::Rows((self.change)(self.below.open().rows()))
    }

    fn reads_tables(&self) -> bool {
        false
    }
}

/// Some of the columns.
pub(super) struct Selected {
    pub(super) below: Shared,
    pub(super) columns: Arc<[String]>,
}

impl Step for Selected {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, columns: self.columns.clone() })
    }

    fn read(&self) -> Reading {
        let columns = self.columns.clone();
        match self.below.open() {
            Reading::Tables(tables) => Reading::Tables(Box::new(tables.map(move |table| {
                let table = table?;
                let schema = table.schema();
                let place = |name: &String| {
                    let known = || schema.fields().iter().map(|field| field.name().as_str());
                    schema.index_of(name).map_err(|_| Error::no_column(name, known()))
                };
                let places = columns.iter().map(place).collect::<Result<Vec<_>>>()?;
                table.project(&places).map_err(Error::arrow("selecting columns"))
            }))),
            Reading::Rows(rows) => Reading::Rows(Box::new(rows.map(move |row| select(&row?, &columns)))),
        }
    }
}

fn select(row: &Row, columns: &[String]) -> Result<Row> {
    columns.iter().map(|name| Ok((name, row.value(name)?.clone()))).collect()
}

/// The same columns in every stream of several: missing ones are null, and all in one order.
pub(super) struct Aligned {
    pub(super) below: Shared,
    pub(super) features: Features,
}

impl Step for Aligned {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, features: self.features.clone() })
    }

    fn read(&self) -> Reading {
        let features = self.features.clone();
        match self.below.open() {
            Reading::Tables(tables) => {
                let schema = features.to_arrow_schema();
                Reading::Tables(Box::new(tables.map(move |table| {
                    let table = table?;
                    let column = |field: &Arc<Field>| match table.column_by_name(field.name()) {
                        Some(column) => column.clone(),
                        None => new_null_array(field.data_type(), table.num_rows()),
                    };
                    let columns = schema.fields().iter().map(column).collect();
                    RecordBatch::try_new(schema.clone(), columns).map_err(Error::arrow("making one stream of several"))
                })))
            }
            Reading::Rows(rows) => Reading::Rows(Box::new(rows.map(move |row| {
                let row = row?;
                Ok(features.names().map(|name| (name, row[name].clone())).collect())
            }))),
        }
    }
}
