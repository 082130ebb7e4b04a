//! Tokenizing the columns of a dataset: texts go to the tokenizer as they lie in memory, and ids come back as flat Arrow buffers.
//!
//! ```no_run
//! use course_datasets::{Map, load_dataset};
//! use course_tokenization::{AutoTokenizer, EncodeOptions};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let data = load_dataset("csv").data_files("reviews.csv").split("train").load()?;
//! let tokenizer = AutoTokenizer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2")?;
//! let options = EncodeOptions::new().max_length(128);
//! let tokenized = data.map_batched(1000, |batch| Ok(batch.tokenize(&tokenizer, "review", &options)?))?;
//! # Ok(()) }
//! ```

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Int8Type, Int32Type};
use arrow_array::{ArrayRef, ListArray, PrimitiveArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::Field;
use course_tokenization::{BatchEncoding, EncodeOptions, Encoding, TokenColumns, Tokenizer};

use crate::{Batch, Column, Error, Feature, Result, Row};

/// The column that says which row of the batch a chunk comes from.
const SAMPLES: &str = "overflow_to_sample_mapping";

impl Batch {
    /// The texts of a column as tokens: a batch of `input_ids`, `attention_mask` and, where the model takes it, `token_type_ids`. With
    /// overflowing chunks it may have more rows than this one, and a column [`overflow_to_sample_mapping`](BatchEncoding::overflow_to_sample_mapping).
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds no texts or one is missing, [`Error::Tokenizer`].
    pub fn tokenize(&self, tokenizer: &Tokenizer, column: &str, options: &EncodeOptions) -> Result<Batch> {
        tokens(tokenizer, tokenizer.encode_columns(&self.strs(column)?, None, options)?, options)
    }

    /// [`Batch::tokenize`] for pairs of texts, as questions with their contexts.
    ///
    /// # Errors
    /// Those of [`Batch::tokenize`].
    pub fn tokenize_pairs(
        &self,
        tokenizer: &Tokenizer,
        first: &str,
        second: &str,
        options: &EncodeOptions,
    ) -> Result<Batch> {
        let (first, second) = (self.strs(first)?, self.strs(second)?);
        tokens(tokenizer, tokenizer.encode_columns(&first, Some(&second), options)?, options)
    }
}

impl Row {
    /// The text of a column as tokens: a row of `input_ids`, `attention_mask` and, where the model takes it, `token_type_ids`.
    ///
    /// One row at a time is slow: [`Batch::tokenize`] does many at once.
    ///
    /// # Errors
    /// Those of [`Batch::tokenize`].
    pub fn tokenize(&self, tokenizer: &Tokenizer, column: &str, options: &EncodeOptions) -> Result<Row> {
        let encoding = tokenizer.encode_with(self.str(column)?, options)?;
        let mut row = Row::new();
        for name in tokenizer.model_input_names() {
            if let Some(numbers) = input(&encoding, name) {
                row.set(name, numbers.iter().map(|number| i64::from(*number)).collect::<Vec<i64>>());
            }
        }
        Ok(row)
    }
}

/// The column of this name that models take.
fn input<'a>(encoding: &'a Encoding, name: &str) -> Option<&'a [u32]> {
    match name {
        "input_ids" => Some(encoding.input_ids()),
        "attention_mask" => Some(encoding.attention_mask()),
        "token_type_ids" => Some(encoding.token_type_ids()),
        _ => None,
    }
}

/// Flat columns as a batch, in the order in which the model names them.
fn tokens(tokenizer: &Tokenizer, columns: TokenColumns, options: &EncodeOptions) -> Result<Batch> {
    let TokenColumns { offsets, input_ids, attention_mask, token_type_ids, overflow_to_sample_mapping } = columns;
    let offsets = offsets_of(&offsets)?;
    let (mut input_ids, mut masks, mut types) = (Some(input_ids), Some(attention_mask), Some(token_type_ids));
    let mut batch = Batch::new();
    for name in tokenizer.model_input_names() {
        let column = match name.as_str() {
            "input_ids" => input_ids.take().map(|ids| lists::<Int32Type>(ids, &offsets, Feature::int32())),
            "attention_mask" => masks.take().map(|masks| lists::<Int8Type>(masks, &offsets, Feature::int8())),
            "token_type_ids" => types.take().map(|types| lists::<Int8Type>(types, &offsets, Feature::int8())),
            _ => None,
        };
        if let Some(column) = column {
            batch.set(name, column?);
        }
    }
    if options.return_overflowing_tokens {
        batch.set(SAMPLES, overflow_to_sample_mapping);
    }
    Ok(batch)
}

fn offsets_of(offsets: &[usize]) -> Result<OffsetBuffer<i32>> {
    let too_large = || Error::TooManyTokens;
    let offsets = offsets.iter().map(|offset| i32::try_from(*offset).map_err(|_| too_large()));
    Ok(OffsetBuffer::new(offsets.collect::<Result<Vec<_>>>()?.into()))
}

/// A column of lists that lie behind one another.
fn lists<T: ArrowPrimitiveType>(values: Vec<T::Native>, offsets: &OffsetBuffer<i32>, item: Feature) -> Result<Column> {
    let values: ArrayRef = Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), None));
    let field = Arc::new(Field::new_list_field(T::DATA_TYPE, true));
    let lists =
        ListArray::try_new(field, offsets.clone(), values, None).map_err(Error::arrow("making lists of tokens"))?;
    Column::from_arrays(Feature::list(item), vec![Arc::new(lists)])
}

impl From<&BatchEncoding> for Batch {
    /// The rows' `input_ids`, `token_type_ids` and `attention_mask`, and where texts were cut into chunks, which text each is from.
    fn from(encoding: &BatchEncoding) -> Self {
        let column = |numbers: fn(&Encoding) -> &[u32]| -> Column {
            encoding
                .iter()
                .map(|row| numbers(row).iter().map(|number| *number as i32).collect())
                .collect::<Vec<Vec<i32>>>()
                .into()
        };
        let mut batch = Batch::new()
            .with("input_ids", column(Encoding::input_ids))
            .with("token_type_ids", column(Encoding::token_type_ids))
            .with("attention_mask", column(Encoding::attention_mask));
        let samples = encoding.overflow_to_sample_mapping();
        if samples.windows(2).any(|pair| pair[0] == pair[1]) {
            batch.set(SAMPLES, samples.iter().map(|sample| *sample as i64).collect::<Vec<_>>());
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use course_tokenization::{models, pre_tokenizers, processors};

    use super::*;
    use crate::{Dataset, Map, batch};

    fn tokenizer() -> Tokenizer {
        let vocab = ["[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d"];
        let tokenizer = Tokenizer::new(models::word_level_from(vocab.into_iter().zip(0..), "[UNK]").unwrap())
            .with_pre_tokenizer(pre_tokenizers::whitespace());
        tokenizer.with_post_processor(processors::template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")).unwrap()
    }

    fn data() -> Dataset {
        let columns =
            batch! { "text" => ["a b", "c", "a b c d"], "other" => ["d", "d d", "x"], "stars" => [5i64, 1, 3] };
        Dataset::from_batches(columns.features(), vec![columns.to_record_batch().unwrap()]).unwrap()
    }

    #[test]
    fn tokens_become_columns_of_pythons_types() {
        let (tokenizer, options) = (tokenizer(), EncodeOptions::new());
        let tokenized = data().map_batched(2, |batch| Ok(batch.tokenize(&tokenizer, "text", &options)?)).unwrap();
        let names: Vec<&str> = tokenized.features().names().collect();
        assert_eq!(names, ["text", "other", "stars", "input_ids", "token_type_ids", "attention_mask"]);
        assert_eq!(tokenized.features().get("input_ids"), Some(&Feature::list(Feature::int32())));
        assert_eq!(tokenized.features().get("attention_mask"), Some(&Feature::list(Feature::int8())));
        assert_eq!(tokenized.row(1).unwrap().get::<Vec<i64>>("input_ids").unwrap(), [1, 5, 2]);
        assert_eq!(tokenized.row(2).unwrap().get::<Vec<i64>>("input_ids").unwrap(), [1, 3, 4, 5, 6, 2]);
        // Row by row the same.
        let slowly = data().map(|row| Ok(row.tokenize(&tokenizer, "text", &options)?)).unwrap();
        let ids = |data: &Dataset| {
            (0..3).map(|row| data.row(row).unwrap().get::<Vec<i64>>("input_ids").unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&slowly), ids(&tokenized));
    }

    #[test]
    fn pairs_have_types() {
        let (tokenizer, options) = (tokenizer(), EncodeOptions::new());
        let tokenized =
            data().map_batched(1000, |batch| Ok(batch.tokenize_pairs(&tokenizer, "text", "other", &options)?));
        let row = tokenized.unwrap().row(0).unwrap();
        assert_eq!(row.get::<Vec<i64>>("input_ids").unwrap(), [1, 3, 4, 2, 6, 2]);
        assert_eq!(row.get::<Vec<i64>>("token_type_ids").unwrap(), [0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn chunks_need_the_old_columns_gone() {
        let tokenizer = tokenizer();
        let options = EncodeOptions::new().max_length(4).return_overflowing_tokens(true);
        let chunks = |map: Map<Batch>| data().map_with(map, |batch| Ok(batch.tokenize(&tokenizer, "text", &options)?));
        let error = chunks(Map::batched(1000)).unwrap_err().to_string();
        assert!(error.contains("expected length"), "{error}");
        let tokenized = chunks(Map::batched(1000).remove_columns(["text", "other", "stars"])).unwrap();
        assert_eq!(tokenized.len(), 4);
        let samples = |row: usize| tokenized.row(row).unwrap().get::<i64>(SAMPLES).unwrap();
        assert_eq!((0..4).map(samples).collect::<Vec<_>>(), [0, 1, 2, 2]);
    }

    #[test]
    fn encodings_become_batches() {
        let encoding = tokenizer().encode_batch_with(&["a", "b c"], &EncodeOptions::new()).unwrap();
        let batch = Batch::from(&encoding);
        assert_eq!(batch.len(), 2);
        assert_eq!(batch.row(1).unwrap().get::<Vec<i64>>("input_ids").unwrap(), [1, 4, 5, 2]);
        assert!(batch.column(SAMPLES).is_err());
    }

    #[test]
    fn what_is_no_text_is_named() {
        let error =
            data().map_batched(1000, |batch| Ok(batch.tokenize(&tokenizer(), "stars", &EncodeOptions::new())?));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("stars"), "{error}");
    }
}
