//! Datasets as Parquet files, whose columns are packed in threads.

use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::export::NewFile;
use crate::{Dataset, Error, Feature, Features, Result, threads};

/// How large the rows of a row group are before they are packed: as in Python, since who wants one row must unpack its group.
const GROUP_BYTES: usize = 100_000_000;

impl Dataset {
    /// Writes Parquet, compressed with Snappy, with the features in its metadata. Returns how many bytes were written.
    ///
    /// # Errors
    /// As for [`Dataset::to_csv`].
    pub fn to_parquet(&self, path: impl AsRef<Path>) -> Result<u64> {
        self.write_parquet(path.as_ref(), GROUP_BYTES)
    }

    fn write_parquet(&self, path: &Path, group_bytes: usize) -> Result<u64> {
        let failed = |error: parquet::errors::ParquetError| Error::BadFile {
            place: path.display().to_string(),
            problem: error.to_string(),
        };
        let new = NewFile::create(path)?;
        let file = BufWriter::with_capacity(1 << 18, new.file()?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let features = parquet_features(&self.features);
        let schema = features.to_arrow_schema();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
        let (mut writer, columns) = writer.into_serialized_writer().map_err(failed)?;
        let bar = course_display::Progress::rows(self.len() as u64, "Creating parquet from Arrow format");
        let data = self.plain();
        // A list of structs, for instance, is a leaf for each of their fields.
        let leaves = |field: &Arc<Field>| -> Result<usize> {
            let empty = arrow_array::new_empty_array(field.data_type());
            Ok(compute_leaves(field, &empty).map_err(failed)?.len())
        };
        let leaves: Vec<usize> = schema.fields().iter().map(leaves).collect::<Result<_>>()?;
        let groups = self.bytes().div_ceil(group_bytes).clamp(1, self.len().max(1));
        let rows = self.len().div_ceil(groups).max(1);
        // One group after the other: each waits in memory, packed, until its last column is done.
        for (number, start) in (0..self.len()).step_by(rows).enumerate() {
            let end = (start + rows).min(self.len());
            let part = data.range(start..end);
            let mut writers = columns.create_column_writers(number).map_err(failed)?.into_iter();
            let mut parts = Vec::with_capacity(leaves.len());
            for (index, (field, leaves)) in schema.fields().iter().zip(&leaves).enumerate() {
                let writers = writers.by_ref().take(*leaves).collect();
                parts.push(Part { rows: part.clone(), index, field: field.clone(), writers });
            }
            let packed: Vec<Result<Vec<ArrowColumnChunk>>> =
                parts.into_par_iter().map(|part| part.packed(&features, &failed)).collect();
            let mut group = writer.next_row_group().map_err(failed)?;
            for column in packed {
                for chunk in column? {
                    chunk.append_to_row_group(&mut group).map_err(failed)?;
                }
            }
            group.close().map_err(failed)?;
            self.let_go(start..end);
            bar.set(end as u64)?;
        }
        writer.close().map_err(failed)?;
        bar.finish();
        new.take_place()
    }
}

/// One column of a row group.
struct Part {
    rows: Dataset,
    index: usize,
    field: Arc<Field>,
    writers: Vec<ArrowColumnWriter>,
}

impl Part {
    fn packed(
        mut self,
        features: &Features,
        failed: &(dyn Fn(parquet::errors::ParquetError) -> Error + Sync),
    ) -> Result<Vec<ArrowColumnChunk>> {
        let (name, feature) =
            features.at(self.index).ok_or_else(|| Error::no_column(self.field.name(), features.names()))?;
        let feature = Features::new().with(name.clone(), feature.clone());
        for chunk in self.rows.column(name)?.chunks() {
            threads::check()?;
            for array in crate::table::conform(std::slice::from_ref(chunk), &feature)? {
                for (leaf, writer) in compute_leaves(&self.field, &array).map_err(failed)?.iter().zip(&mut self.writers)
                {
                    writer.write(leaf).map_err(failed)?;
                }
            }
        }
        self.writers.into_iter().map(|writer| writer.close().map_err(failed)).collect()
    }
}

/// The features as Parquet has them: it knows no seconds, but milliseconds, and one kind of date.
fn parquet_features(features: &Features) -> Features {
    fn other(feature: &Feature) -> Feature {
        match feature {
            Feature::Value(value) => match value.arrow() {
                DataType::Timestamp(TimeUnit::Second, zone) => {
                    Feature::from_arrow(&DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))
                }
                DataType::Time32(TimeUnit::Second) => Feature::from_arrow(&DataType::Time32(TimeUnit::Millisecond)),
                DataType::Date64 => Feature::from_arrow(&DataType::Date32),
                _ => feature.clone(),
            },
            Feature::List { feature, length } => Feature::List { feature: Box::new(other(feature)), length: *length },
            Feature::LargeList(feature) => Feature::LargeList(Box::new(other(feature))),
            Feature::Struct(features) => Feature::Struct(parquet_features(features)),
            same => same.clone(),
        }
    }
    features.iter().map(|(name, feature)| (name, other(feature))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Value, load_dataset, row};

    #[test]
    fn rows_of_every_shape_come_back_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let rows = (0..5000_i64).map(|n| {
            let list: Vec<i64> = (0..n % 4).collect();
            row! {
                "n" => n,
                "text" => (n % 7 != 0).then(|| format!("text {n}")),
                "list" => list,
                "turns" => vec![Value::fields([("who", Value::from("ä")), ("at", Value::from(n))]); (n % 3) as usize],
            }
        });
        let data = Dataset::from_rows(rows).unwrap();
        for (name, data) in [("plain", data.clone()), ("shuffled", data.shuffle(7).unwrap()), ("none", data.take(0))] {
            let path = folder.path().join(format!("{name}.parquet"));
            assert_eq!(data.to_parquet(&path).unwrap(), std::fs::metadata(&path).unwrap().len());
            let back = load_dataset("parquet").data_files(&path).cache_folder(folder.path().join("cache")).quiet();
            let back = back.split("train").load().unwrap();
            assert_eq!((back.len(), back.features()), (data.len(), data.features()), "{name}");
            assert!(back.iter().zip(data.iter()).all(|(one, other)| one.unwrap() == other.unwrap()), "{name}");
        }
    }

    #[test]
    fn much_falls_into_row_groups() {
        let folder = tempfile::tempdir().unwrap();
        let numbers: Vec<i64> = (0..25_000).collect();
        let data = Dataset::from_columns([("n", Column::from(numbers))]).unwrap();
        let path = folder.path().join("data.parquet");
        data.write_parquet(&path, 80_000).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let groups: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!((groups.len(), groups.iter().sum::<i64>()), (3, data.len() as i64));
        let mut next = 0;
        for batch in reader.build().unwrap() {
            use arrow_array::cast::AsArray;
            let batch = batch.unwrap();
            let values = batch.column(0).as_primitive::<arrow_array::types::Int64Type>().values().clone();
            assert!(values.iter().zip(next..).all(|(value, expected)| *value == expected));
            next += values.len() as i64;
        }
        assert_eq!(next, data.len() as i64);
    }
}
