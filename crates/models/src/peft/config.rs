//! What LoRA is put beside, and how: `adapter_config.json`.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Error, Result};

/// Which layers get two thin matrices beside them, how thin, and what else trains; the names and defaults are those of Python's `peft`.
///
/// ```
/// use course_models::peft::LoraConfig;
///
/// let config = LoraConfig::new().r(16).lora_alpha(32.0).lora_dropout(0.05).target_modules(["query", "value"]);
/// assert_eq!(config.scale_of("bert.encoder.layer.0.attention.self.query")?, 2.0);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoraConfig {
    /// The kind of adapter; only `LORA` is read.
    pub peft_type: String,
    /// The model it was trained beside: a folder, or a name on the Hub.
    pub base_model_name_or_path: Option<String>,
    /// What the model does, as `TOKEN_CLS`; default: told by the model.
    pub task_type: Option<String>,
    /// Whether the file is there to be used, not to be trained further.
    pub inference_mode: bool,
    /// The rank: how many rows the first thin matrix has.
    pub r: usize,
    /// Counts the product of the two `lora_alpha / r` times.
    #[serde(serialize_with = "whole")]
    pub lora_alpha: f64,
    /// The share of a layer's input that the thin matrices do not see in training.
    pub lora_dropout: f64,
    /// The layers; default: those of attention that `peft` takes for the architecture.
    pub target_modules: Option<Targets>,
    /// Layers that are left out although they are meant by `target_modules`.
    pub exclude_modules: Option<Targets>,
    /// Layers that train as a whole: heads that are new.
    pub modules_to_save: Option<Vec<String>>,
    /// Which biases train.
    pub bias: LoraBias,
    /// Counts the product `lora_alpha / √r` times (Kalajdzievski, 2023).
    pub use_rslora: bool,
    /// Another rank for layers whose name ends in, or matches, this.
    pub rank_pattern: BTreeMap<String, usize>,
    /// Another `lora_alpha` for layers whose name ends in, or matches, this.
    pub alpha_pattern: BTreeMap<String, f64>,
    /// Only these blocks, counted from 0.
    pub layers_to_transform: Option<Blocks>,
    /// Whether the layers' weights lie as `(inputs, outputs)`: told by the layers here, and written for Python.
    pub fan_in_fan_out: bool,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Names of layers: a name, or its end after a point; one text is a regular expression for the whole name, or `all-linear`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Targets {
    /// A regular expression, or `all-linear`.
    Pattern(String),
    /// Names, or their ends.
    Names(Vec<String>),
}

/// One block or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Blocks {
    /// One.
    One(usize),
    /// Several.
    Several(Vec<usize>),
}

/// Which biases train beside the thin matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoraBias {
    /// None.
    #[default]
    None,
    /// Those of all layers.
    All,
    /// Those of the layers with thin matrices.
    LoraOnly,
}

/// What stands for every layer but the last.
pub(super) const ALL_LINEAR: &str = "all-linear";

/// What is done otherwise by files that ask for it, and would give other numbers: each is refused when it is set.
const NOT_READ: [&str; 10] = [
    "use_dora",
    "use_qalora",
    "use_bdlora",
    "lora_bias",
    "layers_pattern",
    "layer_replication",
    "target_parameters",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "arrow_config",
];

impl Default for LoraConfig {
    fn default() -> Self {
        Self {
            peft_type: "LORA".into(),
            base_model_name_or_path: None,
            task_type: None,
            inference_mode: false,
            r: 8,
            lora_alpha: 8.0,
            lora_dropout: 0.0,
            target_modules: None,
            exclude_modules: None,
            modules_to_save: None,
            bias: LoraBias::None,
            use_rslora: false,
            rank_pattern: BTreeMap::new(),
            alpha_pattern: BTreeMap::new(),
            layers_to_transform: None,
            fan_in_fan_out: false,
            other: Map::new(),
        }
    }
}

impl LoraConfig {
    /// Rank 8, counted once, no dropout, beside the layers usual for the architecture.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rank of the thin matrices.
    #[must_use]
    pub fn r(mut self, rank: usize) -> Self {
        self.r = rank;
        self
    }

    /// How much the product of the thin matrices counts: `lora_alpha / r` times.
    #[must_use]
    pub fn lora_alpha(mut self, alpha: f64) -> Self {
        self.lora_alpha = alpha;
        self
    }

    /// The share of a layer's input that the thin matrices do not see in training.
    #[must_use]
    pub fn lora_dropout(mut self, share: f64) -> Self {
        self.lora_dropout = share;
        self
    }

    /// The layers, by the ends of their names: `["query", "value"]`, `["output.dense"]`.
    #[must_use]
    pub fn target_modules(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.target_modules = Some(Targets::Names(names.into_iter().map(Into::into).collect()));
        self
    }

    /// The layers whose whole name this regular expression matches, or with `all-linear` all but the head.
    #[must_use]
    pub fn target_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.target_modules = Some(Targets::Pattern(pattern.into()));
        self
    }

    /// Layers that train as a whole and are saved as a whole, beside the head of the task.
    #[must_use]
    pub fn modules_to_save(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.modules_to_save = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Which biases train.
    #[must_use]
    pub fn bias(mut self, bias: LoraBias) -> Self {
        self.bias = bias;
        self
    }

    /// Counts the product `lora_alpha / √r` times, so that a larger rank does not make the steps smaller.
    #[must_use]
    pub fn use_rslora(mut self, on: bool) -> Self {
        self.use_rslora = on;
        self
    }

    /// The rank beside the layer of this name.
    ///
    /// # Errors
    /// A key of `rank_pattern` is no regular expression.
    pub fn rank_of(&self, module: &str) -> Result<usize> {
        pattern(&self.rank_pattern, module).map(|rank| rank.unwrap_or(self.r))
    }

    /// How many times the product beside the layer of this name counts.
    ///
    /// # Errors
    /// A key of `rank_pattern` or `alpha_pattern` is no regular expression.
    pub fn scale_of(&self, module: &str) -> Result<f64> {
        let alpha = pattern(&self.alpha_pattern, module)?.unwrap_or(self.lora_alpha);
        let rank = self.rank_of(module)?.max(1) as f64;
        Ok(alpha / if self.use_rslora { rank.sqrt() } else { rank })
    }

    /// Whether the layer of this name gets thin matrices.
    pub(super) fn is_target(&self, module: &str) -> Result<bool> {
        let excluded = match &self.exclude_modules {
            Some(targets) => targets.mean(module)?,
            None => false,
        };
        if excluded || self.is_saved(module) {
            return Ok(false);
        }
        match &self.target_modules {
            Some(Targets::Pattern(all)) if all == ALL_LINEAR => Ok(true),
            Some(targets @ Targets::Pattern(_)) => targets.mean(module),
            Some(targets) => Ok(targets.mean(module)? && self.is_block(module)),
            None => Ok(false),
        }
    }

    /// Whether the module or parameter of this name is, or is inside, one that trains as a whole.
    pub(super) fn is_saved(&self, name: &str) -> bool {
        self.modules_to_save.iter().flatten().any(|module| holds(module, name))
    }

    /// Whether the module is in one of the blocks that are meant: the first number in its name counts that has two names before it.
    fn is_block(&self, module: &str) -> bool {
        let Some(blocks) = &self.layers_to_transform else { return true };
        let parts = module.split('.').collect::<Vec<_>>();
        let inner = parts.iter().take(parts.len().saturating_sub(1)).skip(2);
        let block = inner.filter_map(|part| part.parse::<usize>().ok()).next();
        match (blocks, block) {
            (_, None) => false,
            (Blocks::One(wanted), Some(block)) => *wanted == block,
            (Blocks::Several(wanted), Some(block)) => wanted.is_empty() || wanted.contains(&block),
        }
    }

    /// That this is what is computed here.
    pub(super) fn check(&self) -> Result<()> {
        let trouble = |problem: String| Err(Error::model("the adapter's configuration", problem));
        if self.peft_type != "LORA" {
            return trouble(format!("is of the kind `{}`, and those that are read are `LORA`", self.peft_type));
        }
        if self.r == 0 || self.rank_pattern.values().any(|rank| *rank == 0) {
            return trouble("has a rank of 0; one between 4 and 64 is usual".into());
        }
        if !(0.0..=1.0).contains(&self.lora_dropout) {
            return trouble(format!("drops a share of {}, which is not between 0 and 1", self.lora_dropout));
        }
        let set = |value: &Value| match value {
            Value::Null => false,
            Value::Bool(on) => *on,
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        };
        match NOT_READ.iter().find(|name| self.other.get(**name).is_some_and(set)) {
            Some(name) => trouble(format!("asks for `{name}`, which is not done here")),
            None => Ok(()),
        }
    }
}

impl Targets {
    /// Whether the layer of this name is meant.
    fn mean(&self, module: &str) -> Result<bool> {
        match self {
            Self::Names(names) => Ok(names.iter().any(|name| ends(name, module))),
            Self::Pattern(pattern) => Ok(regex(&format!("^(?:{pattern})$"))?.is_match(module)),
        }
    }
}

/// Whether `module` is called `name`, or ends in it after a point.
fn ends(name: &str, module: &str) -> bool {
    module.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether `name` is that of a module whose name ends in `module`, or of something inside it. No point is asked for before the end, as in
/// `peft`: DistilBERT's `pre_classifier` trains with its `classifier`.
fn holds(module: &str, name: &str) -> bool {
    let mut cut = name.match_indices('.').map(|(place, _)| place).chain([name.len()]);
    cut.any(|end| name.get(..end).is_some_and(|name| name.ends_with(module)))
}

/// The value of the first key that is the end of the name, or a regular expression for it.
fn pattern<T: Copy>(values: &BTreeMap<String, T>, module: &str) -> Result<Option<T>> {
    for (key, value) in values {
        if ends(key, module) || regex(&format!(r"^(?:.*\.)?(?:{key})$"))?.is_match(module) {
            return Ok(Some(*value));
        }
    }
    Ok(None)
}

fn regex(pattern: &str) -> Result<Regex> {
    let trouble = |error: regex::Error| Error::model("the adapter's configuration", error.to_string());
    Regex::new(pattern).map_err(trouble)
}

/// A number without a fraction is written without a point, as Python does.
fn whole<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => serializer.serialize_i64(*number as i64),
        false => serializer.serialize_f64(*number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const QUERY: &str = "bert.encoder.layer.10.attention.self.query";

    #[test]
    fn layers_are_meant_by_the_ends_of_their_names() {
        let config = LoraConfig::new().target_modules(["query", "output.dense"]).modules_to_save(["classifier"]);
        let meant = |name: &str| config.is_target(name).unwrap();
        assert!(meant(QUERY) && meant("query") && meant("layer.0.output.dense") && meant("a.attention.output.dense"));
        assert!(!meant("layer.0.my_query") && !meant("layer.0.query.inner") && !meant("layer.0.intermediate.dense"));
        assert!(!meant("classifier.query") && !meant("model.classifier.output.dense"));
        assert!(config.is_saved("classifier.weight") && config.is_saved("model.classifier.dense.bias"));
        assert!(config.is_saved("pre_classifier.weight") && !config.is_saved("classifiers.weight"));
    }

    #[test]
    fn patterns_exceptions_and_blocks() {
        let config = LoraConfig {
            exclude_modules: Some(Targets::Names(vec!["layer.10.attention.self.query".into()])),
            ..LoraConfig::new().target_pattern(r".*\.\d+\.attention.*\.(query|key)")
        };
        assert!(!config.is_target(QUERY).unwrap());
        assert!(config.is_target("bert.encoder.layer.1.attention.self.key").unwrap());
        assert!(!config.is_target("bert.encoder.layer.1.attention.self.key.inner").unwrap());
        assert!(LoraConfig::new().target_pattern("(").is_target(QUERY).unwrap_err().to_string().contains("unclosed"));
        let blocks =
            |blocks| LoraConfig { layers_to_transform: Some(blocks), ..LoraConfig::new().target_modules(["query"]) };
        assert!(blocks(Blocks::One(10)).is_target(QUERY).unwrap());
        assert!(!blocks(Blocks::Several(vec![0, 1])).is_target(QUERY).unwrap());
        assert!(LoraConfig::new().target_pattern(ALL_LINEAR).is_target("anything").unwrap());
    }

    #[test]
    fn scales_are_those_of_the_papers() {
        let mut config = LoraConfig::new().r(16).lora_alpha(8.0);
        assert_eq!(config.scale_of(QUERY).unwrap(), 0.5);
        config.use_rslora = true;
        assert_eq!(config.scale_of(QUERY).unwrap(), 2.0);
        config.use_rslora = false;
        config.rank_pattern = [("self.query".to_owned(), 4)].into();
        config.alpha_pattern = [(r"layer\.1\d\..*query".to_owned(), 2.0)].into();
        assert_eq!((config.rank_of(QUERY).unwrap(), config.scale_of(QUERY).unwrap()), (4, 0.5));
        assert_eq!(config.scale_of("layer.1.key").unwrap(), 0.5);
    }

    #[test]
    fn what_is_not_done_is_refused_and_the_rest_kept() {
        let read = |json: Value| serde_json::from_value::<LoraConfig>(json).unwrap();
        let config = read(
            json!({ "r": 4, "lora_alpha": 16, "use_dora": false, "loftq_config": {}, "megatron_core": "megatron.core",
            "target_modules": "all-linear", "layers_to_transform": null, "bias": "lora_only" }),
        );
        config.check().unwrap();
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!((&written["lora_alpha"], &written["bias"]), (&json!(16), &json!("lora_only")));
        assert_eq!(written["megatron_core"], "megatron.core");
        let error = |json| read(json).check().unwrap_err().to_string();
        assert!(error(json!({ "use_dora": true })).contains("`use_dora`"));
        assert!(error(json!({ "peft_type": "PREFIX_TUNING" })).contains("PREFIX_TUNING"));
        assert!(error(json!({ "r": 0 })).contains("rank of 0"));
    }
}
