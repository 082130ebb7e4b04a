//! A model with a head for a task, and its tokenizer, loaded once however many pipelines use it.
//!
//! The models are those that train ([`architectures`]), so that what a `Trainer` or
//! [`save_pretrained`](course_models::architectures::save_pretrained) wrote is at once a pipeline. Here nothing trains: the
//! weights are frozen, and a forward pass keeps nothing for a backward one.

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Tensor;
use course_display::Progress;
use course_hub::Repo;
use course_models::architectures::{self, AutoConfig, Labels, LoadModel, LoadedModel, Model, ModelInputs, ModelOutput};
use course_tokenization::{AutoTokenizer, BatchEncoding, EncodeOptions, Padding, Tokenizer, Truncation};
use serde_json::Value;

use crate::shared::Shared;
use crate::{Error, Result, Task};

/// More batches than this show a bar.
const SHOW_BAR: usize = 4;

/// A model with a head, frozen.
pub(crate) struct Headed {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) model: Box<dyn Model>,
    /// The names of what the head tells apart.
    pub(crate) labels: Labels,
    /// What `config.json` says.
    pub(crate) config: Value,
}

/// A model of texts with a head, and its tokenizer.
pub(crate) struct TextModel {
    pub(crate) headed: Headed,
    pub(crate) tokenizer: Tokenizer,
    /// How many tokens it reads at most.
    pub(crate) longest: usize,
}

static LOADED: Shared<TextModel> = Shared::new();

impl Headed {
    /// The model in `repo`, which must have the head that `task` needs.
    pub(crate) fn load(repo: &Repo, task: Task, head: architectures::Task) -> Result<Self> {
        let name = repo.name();
        fits(name, task, head, &AutoConfig::from_pretrained(name)?)?;
        let LoadedModel { model, report } = LoadModel::new(name, head).loaded()?;
        if !report.new.is_empty() {
            return Err(Error::UntrainedHead {
                model: name.to_owned(),
                architecture: report.architecture,
                missing: report.new.join(", "),
            });
        }
        model.parameters().freeze(|_| true);
        let (labels, config) = (Labels::of(model.as_ref()), model.config());
        Ok(Self { name: name.to_owned(), source: repo.source().to_string(), model, labels, config })
    }

    pub(crate) fn num_parameters(&self) -> usize {
        self.model.parameters().count()
    }

    /// A number of the configuration.
    pub(crate) fn setting(&self, key: &str) -> Option<usize> {
        self.config.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
    }
}

impl std::fmt::Debug for TextModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} of {}", self.headed.model, self.headed.name)
    }
}

impl TextModel {
    /// The model of this name with the head that `task` needs: the one that is loaded already, or a new one.
    pub(crate) fn load(name: &str, task: Task, head: architectures::Task) -> Result<Arc<Self>> {
        let repo = course_hub::resolve(name)?;
        LOADED.get(&format!("{head} {}", identity(&repo)), || {
            let headed = Headed::load(&repo, task, head)?;
            let tokenizer = AutoTokenizer::from_repo(&repo)?;
            let longest = longest(&headed, &tokenizer);
            Ok(Self { headed, tokenizer, longest })
        })
    }

    /// How texts go into the model: padded to the longest of their batch.
    pub(crate) fn options(&self) -> EncodeOptions {
        EncodeOptions::new().padding(Padding::Longest)
    }

    /// The same, with what is longer than the model reads cut off.
    pub(crate) fn cut_options(&self, truncation: Truncation) -> EncodeOptions {
        self.options().truncation(truncation).max_length(self.longest)
    }

    /// One forward pass over a batch.
    pub(crate) fn forward(&self, batch: &BatchEncoding) -> Result<ModelOutput> {
        Ok(self.headed.model.forward(&self.inputs(batch)?)?)
    }

    /// What `read` takes of a batch's rows, from forward passes of `size` rows each: a long text may have become many.
    pub(crate) fn forward_in_parts<T>(
        &self,
        batch: &BatchEncoding,
        size: usize,
        read: impl Fn(&ModelOutput) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let inputs = self.inputs(batch)?;
        let mut results = Vec::with_capacity(batch.len());
        for first in (0..batch.len()).step_by(size.max(1)) {
            course_wire::interrupt::check()?;
            let mut part = ModelInputs::new();
            for (name, tensor) in inputs.iter() {
                part.set(name, tensor.narrow(0, first, size.max(1).min(batch.len() - first))?);
            }
            results.extend(read(&self.headed.model.forward(&part)?)?);
        }
        Ok(results)
    }

    fn inputs(&self, batch: &BatchEncoding) -> Result<ModelInputs> {
        let mut inputs = ModelInputs::from_encoding(batch)?;
        // A model with a single type, as RoBERTa, has no row for the second text of a pair; one trained without types knows none.
        let named = self.tokenizer.model_input_names().iter().any(|name| name == "token_type_ids");
        if !named || self.headed.setting("type_vocab_size").is_some_and(|types| types < 2) {
            inputs.remove("token_type_ids");
        }
        Ok(inputs.select_names(self.headed.model.input_names()))
    }

    /// An error that says how long a text is, if it is longer than the model reads.
    pub(crate) fn check_length(&self, batch: &BatchEncoding, advice: &str) -> Result<()> {
        let Some(long) = batch.iter().find(|row| row.len() > self.longest) else { return Ok(()) };
        let tokens = long.attention_mask().iter().filter(|mask| **mask == 1).count();
        let text = long.text().unwrap_or_default().chars().take(40).collect::<String>();
        let problem =
            format!("{text:?}… has {tokens} tokens, and {} reads {}; {advice}", self.headed.name, self.longest);
        Err(Error::input("texts", problem))
    }
}

/// What tells one model from another that a pipeline holds: a folder may be trained anew under the same name.
pub(crate) fn identity(repo: &Repo) -> String {
    const FILES: [&str; 5] = [
        "model.safetensors",
        "model.safetensors.index.json",
        "adapter_model.safetensors",
        "config.json",
        "tokenizer.json",
    ];
    let folder = PathBuf::from(repo.name());
    if !folder.is_dir() {
        return format!("{} {}", repo.name(), repo.source());
    }
    let changed = FILES.iter().map(|file| std::fs::metadata(folder.join(file)).and_then(|file| file.modified()).ok());
    format!("{} {:?}", repo.name(), changed.collect::<Vec<_>>())
}

/// Whether the model has the head that the task needs, as its configuration says.
fn fits(name: &str, task: Task, head: architectures::Task, config: &Value) -> Result<()> {
    let classes = config.get("architectures").and_then(Value::as_array);
    let Some(class) = classes.and_then(|classes| classes.first()).and_then(Value::as_str) else { return Ok(()) };
    match architectures::Task::of_class(class) {
        Some(has) if has != head => {
            Err(Error::WrongHead { model: name.to_owned(), class: class.to_owned(), task, fits: Task::of_head(has) })
        }
        // Of classes that are not known here, the weights will tell.
        _ => Ok(()),
    }
}

/// How many tokens the model reads: its positions, or fewer when its tokenizer says so.
fn longest(headed: &Headed, tokenizer: &Tokenizer) -> usize {
    let names = ["max_position_embeddings", "n_positions", "seq_length"];
    let positions = names.iter().find_map(|name| headed.setting(name));
    // In these, positions count from the number after the padding's.
    let family = headed.config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let taken = match family {
        "roberta" | "camembert" | "mpnet" => headed.setting("pad_token_id").unwrap_or(1) + 1,
        _ => 0,
    };
    let positions = positions.map(|positions| positions.saturating_sub(taken));
    [positions, tokenizer.model_max_length()].into_iter().flatten().min().unwrap_or(usize::MAX).max(1)
}

/// Does `work` for every item in batches of `size`, the items of like `length` side by side, since they need little padding; the
/// results come back in the items' order.
pub(crate) fn in_batches<T>(
    count: usize,
    size: usize,
    what: &'static str,
    length: impl Fn(usize) -> usize,
    mut work: impl FnMut(&[usize]) -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&item| length(item));
    let size = size.max(1);
    let bar = (count > SHOW_BAR * size).then(|| Progress::new(count as u64, what));
    let mut results = Vec::with_capacity(count);
    for chunk in order.chunks(size) {
        course_wire::interrupt::check()?;
        results.extend(chunk.iter().copied().zip(work(chunk)?));
        if let Some(bar) = &bar {
            bar.inc(chunk.len() as u64)?;
        }
    }
    results.sort_by_key(|(item, _)| *item);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The numbers of a `(rows, columns)` tensor.
pub(crate) fn rows(tensor: &Tensor) -> Result<Vec<Vec<f32>>> {
    Ok(tensor.to_dtype(candle_core::DType::F32)?.to_vec2()?)
}

/// Texts there must be, and none of them blank.
pub(crate) fn check_texts(argument: &'static str, texts: &[String]) -> Result<()> {
    if texts.is_empty() {
        return Err(Error::input(argument, "there are none; pass at least one"));
    }
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(index) if texts.len() == 1 && index == 0 => Err(Error::input(argument, "the text is empty")),
        Some(index) => Err(Error::input(argument, format!("number {index} is empty"))),
        None => Ok(()),
    }
}

/// Softmax and sigmoid, as every head's numbers become scores.
pub(crate) fn sigmoid(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|logit| (1.0 / (1.0 + (-f64::from(*logit)).exp())) as f32).collect()
}

/// Shares that add up to 1.
pub(crate) fn shares(logits: &[f32]) -> Vec<f32> {
    crate::next_token::softmax(logits).into_iter().map(|share| share as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_items_of_like_length_and_results_keep_the_order() {
        let lengths = [5, 1, 4, 2, 3];
        let mut batches = Vec::new();
        let results = in_batches(
            5,
            2,
            "",
            |item| lengths[item],
            |items| {
                batches.push(items.to_vec());
                Ok(items.iter().map(|item| lengths[*item] * 10).collect())
            },
        );
        assert_eq!(results.unwrap(), [50, 10, 40, 20, 30]);
        assert_eq!(batches, [vec![1, 3], vec![4, 2], vec![0]]);
    }

    #[test]
    fn scores_are_shares_or_each_for_itself() {
        let together = shares(&[1.0, 2.0, 3.0]);
        assert!((together.iter().sum::<f32>() - 1.0).abs() < 1e-6 && together[2] > together[1]);
        assert_eq!(sigmoid(&[0.0, 200.0, -200.0]), [0.5, 1.0, 0.0]);
    }

    #[test]
    fn texts_must_say_something() {
        let check = |texts: &[&str]| {
            let texts = texts.iter().map(ToString::to_string).collect::<Vec<_>>();
            check_texts("texts", &texts).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["a"]), Ok(()));
        assert_eq!(check(&[]), Err("texts: there are none; pass at least one".into()));
        assert_eq!(check(&[" "]), Err("texts: the text is empty".into()));
        assert_eq!(check(&["a", "\n"]), Err("texts: number 1 is empty".into()));
    }
}
