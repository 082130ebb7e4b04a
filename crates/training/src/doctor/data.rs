//! Rows, columns, a batch, a sample of it as text.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use candle_core::DType;
use course_datasets::Dataset;
use course_models::architectures::ModelInputs;

use super::{Diagnosis, Verdict};
use crate::loader::DataLoader;
use crate::trainer::Trainer;
use crate::{Error, Result};

/// More rows than this are not compared with one another.
const COMPARED: usize = 50_000;

impl Trainer {
    /// The loader and its first batch, where there is one.
    pub(super) fn look_at_data(&mut self, diagnosis: &mut Diagnosis) -> Result<Option<(DataLoader, ModelInputs)>> {
        let Some(data) = self.get_train_dataset().cloned() else {
            diagnosis.add("data", Verdict::Problem, "there is no training data; give it with `.train_dataset(data)?`");
            return Ok(None);
        };
        diagnosis.add("data", Verdict::Good, format!("{} rows with the columns {:?}", data.len(), data.column_names()));
        let Some(used) = diagnosis.take("columns", self.used_columns(&data))? else { return Ok(None) };
        let left_out: Vec<String> =
            data.column_names().into_iter().filter(|name| used.features().get(name).is_none()).collect();
        let said = if left_out.is_empty() { "all are used".to_owned() } else { format!("{left_out:?} are left out") };
        diagnosis.add("columns", Verdict::Good, format!("the model reads {:?}; {said}", used.column_names()));
        let twins = diagnosis.take("twins", self.twins(&used))?;
        diagnosis.checks.extend(twins.flatten());
        let args = self.args();
        let seed = args.data_seed.unwrap_or(args.seed);
        let made = DataLoader::new(&used, args.per_device_train_batch_size)
            .and_then(|loader| loader.sampling(args.train_sampling_strategy, seed));
        let Some(loader) = diagnosis.take("batch", made)? else { return Ok(None) };
        let batch = loader.batch(&loader.order(0), 0);
        let inputs = batch.and_then(|batch| self.collate(&batch, &mut loader.random(0, 0)));
        let Some(inputs) = diagnosis.take("batch", inputs.and_then(|inputs| self.placed(inputs)))? else {
            return Ok(None);
        };
        let shapes: Vec<String> = inputs
            .iter()
            .map(|(name, tensor)| format!("{name} {:?} {}", tensor.dims(), tensor.dtype().as_str()))
            .collect();
        diagnosis.add("batch", Verdict::Good, shapes.join(", "));
        self.padding(&inputs, diagnosis)?;
        self.sample(&inputs, diagnosis)?;
        Ok(Some((loader, inputs)))
    }

    /// Rows that are there twice, and rows of the evaluation that are learned too.
    fn twins(&self, data: &Dataset) -> Result<Option<super::Check>> {
        let inputs: Vec<&str> = data
            .features()
            .names()
            .filter(|name| matches!(*name, "input_ids" | "pixel_values" | "input_values"))
            .collect();
        let Some(column) = inputs.first() else { return Ok(None) };
        let hashes = |data: &Dataset| -> Result<Vec<u64>> {
            let rows = data.range(0..data.len().min(COMPARED));
            let hash = |value: course_datasets::Value| {
                let mut hasher = DefaultHasher::new();
                value.to_string().hash(&mut hasher);
                hasher.finish()
            };
            Ok(rows.column(column)?.iter().map(hash).collect())
        };
        let train = hashes(data)?;
        let different: HashSet<u64> = train.iter().copied().collect();
        let mut found = (train.len() - different.len(), 0);
        for (_, eval) in self.eval_data() {
            if eval.features().get(column).is_some() {
                found.1 += hashes(eval)?.iter().filter(|row| different.contains(row)).count();
            }
        }
        let (verdict, finding) = match found {
            (0, 0) => (Verdict::Good, "no row is there twice".to_owned()),
            (twice, _) if different.len() == 1 && twice > 0 => (
                Verdict::Problem,
                format!("all {} rows are the same; was the tokenizer given the right column?", train.len()),
            ),
            (twice, 0) => (Verdict::Notice, format!("{twice} of {} rows are repeats of others", train.len())),
            (_, leaked) => {
                let rows = if leaked == 1 { "row of the evaluation is" } else { "rows of the evaluation are" };
                let finding = format!("{leaked} {rows} in the training data too: its metrics will look too good");
                (Verdict::Notice, finding)
            }
        };
        Ok(Some(super::Check { name: "twins", verdict, finding }))
    }

    /// How much of a batch is padding, and whether masks say so.
    fn padding(&self, inputs: &ModelInputs, diagnosis: &mut Diagnosis) -> Result<()> {
        let Some(mask) = inputs.get("attention_mask") else {
            if inputs.get("input_ids").is_some() {
                diagnosis.add(
                    "padding",
                    Verdict::Notice,
                    "there is no attention_mask: padding is read as if it were text",
                );
            }
            return Ok(());
        };
        let ones = mask.to_dtype(DType::F64)?.mean_all()?.to_scalar::<f64>()?;
        let padded = 100.0 * (1.0 - ones);
        let finding = format!("{padded:.0} % of the first batch is padding");
        if ones == 0.0 {
            diagnosis.add("padding", Verdict::Problem, "the attention_mask is 0 everywhere: the model sees nothing");
        } else if padded > 50.0 {
            diagnosis.add(
                "padding",
                Verdict::Notice,
                format!("{finding}; train_sampling_strategy(\"group_by_length\") makes less of it"),
            );
        } else {
            diagnosis.add("padding", Verdict::Good, finding);
        }
        Ok(())
    }

    /// The first row as text: what the model really reads.
    fn sample(&self, inputs: &ModelInputs, diagnosis: &mut Diagnosis) -> Result<()> {
        let (Some(tokenizer), Some(ids)) = (self.get_tokenizer(), inputs.get("input_ids")) else { return Ok(()) };
        let first = ids.flatten_to(ids.rank().saturating_sub(2))?.get(0)?.to_dtype(DType::U32)?.to_vec1::<u32>();
        let decoded = first.map_err(Error::from).and_then(|ids| {
            let unknown = tokenizer.special_tokens().unk.as_deref().and_then(|token| tokenizer.token_to_id(token));
            let count = ids.iter().filter(|id| Some(**id) == unknown).count();
            let pad = tokenizer.pad_token_id();
            let read: Vec<u32> = ids.iter().copied().filter(|id| Some(*id) != pad).collect();
            Ok((tokenizer.decode_with(&read, false)?, count, read.len()))
        });
        let Some((text, unknown, length)) = diagnosis.take("sample", decoded)? else { return Ok(()) };
        let short: String = text.chars().take(200).collect();
        let cut = if short.len() < text.len() { "…" } else { "" };
        let label = self.labels(inputs).first().and_then(|(name, labels)| {
            let first = labels.get(0).ok().filter(|label| label.rank() == 0)?;
            if first.dtype().is_float() {
                return Some(format!(" → {name} {}", first.to_dtype(DType::F64).ok()?.to_scalar::<f64>().ok()?));
            }
            let class = first.to_dtype(DType::I64).ok()?.to_scalar::<i64>().ok()?;
            let config = self.model().config();
            let known = config.get("id2label").and_then(|names| names.get(class.to_string())?.as_str());
            Some(format!(" → {name} {class}{}", known.map_or(String::new(), |known| format!(" ({known})"))))
        });
        let finding = format!("{length} tokens: {short}{cut}{}", label.unwrap_or_default());
        if unknown * 5 > length {
            diagnosis.add(
                "sample",
                Verdict::Problem,
                format!("{unknown} of {finding}: most is unknown to the tokenizer; is it the model's?"),
            );
        } else {
            diagnosis.add("sample", Verdict::Good, finding);
        }
        Ok(())
    }
}
