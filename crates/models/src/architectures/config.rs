//! What configurations of all architectures share: the labels, and reading and writing `config.json`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Model, Task};
use crate::nn::Embedding;
use crate::{Error, Result};

/// What the numbers of a classification head are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemType {
    /// Numbers: mean squared error.
    Regression,
    /// One class of several: cross-entropy.
    SingleLabelClassification,
    /// Any number of classes: binary cross-entropy of each.
    MultiLabelClassification,
}

/// The classes of a classification head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawLabels", into = "RawLabels")]
pub struct Labels {
    /// The name of each class, by its number.
    pub names: Vec<String>,
    /// What the head's numbers mean; by default told by the labels: one number is regression, whole numbers are classes, others
    /// several classes at once.
    pub problem_type: Option<ProblemType>,
}

impl Labels {
    /// `LABEL_0`, `LABEL_1`, …
    pub fn numbered(count: usize) -> Self {
        Self { names: (0..count).map(|number| format!("LABEL_{number}")).collect(), problem_type: None }
    }

    /// Those of a model, as its configuration says.
    pub fn of(model: &dyn Model) -> Self {
        serde_json::from_value(model.config()).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Two classes without names.
impl Default for Labels {
    fn default() -> Self {
        Self::numbered(2)
    }
}

/// The labels as `config.json` spells them.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct RawLabels {
    #[serde(skip_serializing_if = "Option::is_none")]
    id2label: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label2id: Option<Map<String, Value>>,
    #[serde(skip_serializing)]
    num_labels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem_type: Option<ProblemType>,
}

impl From<RawLabels> for Labels {
    fn from(raw: RawLabels) -> Self {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let labels = match (raw.id2label, raw.num_labels) {
            (Some(id2label), count) if count.is_none_or(|count| count == id2label.len()) => {
                let mut names: Vec<_> =
                    id2label.into_iter().map(|(id, name)| (id.parse::<usize>().ok(), text(name))).collect();
                names.sort_by_key(|(id, _)| *id);
                Self { names: names.into_iter().map(|(_, name)| name).collect(), problem_type: None }
            }
            (_, Some(count)) => Self::numbered(count),
            (_, None) => Self::default(),
        };
        Self { problem_type: raw.problem_type, ..labels }
    }
}

impl From<Labels> for RawLabels {
    fn from(labels: Labels) -> Self {
        let problem_type = labels.problem_type;
        if labels.names == Labels::default().names {
            return Self { problem_type, ..Self::default() };
        }
        let numbered = labels.names.into_iter().enumerate();
        let (id2label, label2id) =
            numbered.map(|(id, name)| ((id.to_string(), Value::from(name.clone())), (name, Value::from(id)))).unzip();
        Self { id2label: Some(id2label), label2id: Some(label2id), num_labels: None, problem_type }
    }
}

/// A configuration out of JSON.
pub(super) fn read<T: DeserializeOwned>(config: Value, architecture: &str) -> Result<T> {
    serde_json::from_value(config)
        .map_err(|error| Error::model(format!("the configuration of a {architecture} model"), error.to_string()))
}

/// A configuration that has the names of another architecture's, and `defaults` of its own.
pub(super) fn read_over<T: DeserializeOwned>(mut defaults: Value, config: Value, architecture: &str) -> Result<T> {
    if let (Value::Object(defaults), Value::Object(given)) = (&mut defaults, config) {
        defaults.extend(given);
    }
    read(defaults, architecture)
}

/// What `config.json` holds: the configuration, what kind of model it is, and the number format of the file beside it.
pub(super) fn written(
    config: &impl Serialize,
    model_type: &str,
    architecture: &str,
    dtype: candle_core::DType,
) -> Value {
    let dtype = match dtype {
        candle_core::DType::BF16 => "bfloat16",
        candle_core::DType::F16 => "float16",
        candle_core::DType::F64 => "float64",
        _ => "float32",
    };
    let mut written = Map::new();
    written.insert("architectures".into(), json!([architecture]));
    written.insert("model_type".into(), model_type.into());
    if let Ok(Value::Object(fields)) = serde_json::to_value(config) {
        written.extend(
            fields
                .into_iter()
                .filter(|(name, _)| !["architectures", "model_type", "torch_dtype"].contains(&name.as_str())),
        );
    }
    written.insert("dtype".into(), dtype.into());
    Value::Object(written)
}

/// A table whose row for padding is not learned, as in PyTorch.
pub(super) fn padded(table: Embedding, id: Option<u32>) -> Embedding {
    match id {
        Some(id) => table.padding_id(id),
        None => table,
    }
}

/// Heads must divide the numbers of a token, or nothing fits later.
pub(super) fn check_heads(architecture: &str, hidden_size: usize, heads: usize) -> Result<()> {
    if heads > 0 && hidden_size > 0 && hidden_size.is_multiple_of(heads) {
        return Ok(());
    }
    let problem = format!("has {heads} attention heads, which do not divide its {hidden_size} numbers a token");
    Err(Error::model(architecture, problem))
}

/// The name of the class with the head for `task` among those that an architecture has.
pub(super) fn class(architecture: &str, heads: &[(Task, &'static str)], task: Task) -> Result<&'static str> {
    heads.iter().find(|(head, _)| *head == task).map(|(_, name)| *name).ok_or_else(|| {
        let there = heads.iter().map(|(task, _)| task.to_string()).collect::<Vec<_>>().join(", ");
        Error::model(architecture, format!("has no head for {task}; it has those for {there}"))
    })
}

/// What a model of text reads: what its body does, and the labels of its task.
pub(super) fn inputs(task: Task, body: &[&'static str]) -> Vec<&'static str> {
    let labels: &[&str] = match task {
        Task::Features => &[],
        Task::QuestionAnswering => &["start_positions", "end_positions"],
        _ => &["labels"],
    };
    [body, labels].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(json: Value) -> Labels {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn labels_are_read_by_number_and_written_back() {
        let twelve: Map<String, Value> = (0..12).map(|id| (id.to_string(), json!(format!("class {id}")))).collect();
        let read = labels(json!({ "id2label": twelve, "problem_type": "multi_label_classification" }));
        assert_eq!((read.len(), read.names[10].as_str()), (12, "class 10"));
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written["label2id"]["class 11"], 11);
        assert_eq!(labels(written), read);
    }

    #[test]
    fn without_names_they_are_numbered() {
        assert_eq!(labels(json!({})).names, ["LABEL_0", "LABEL_1"]);
        assert_eq!(labels(json!({ "num_labels": 3 })).names, ["LABEL_0", "LABEL_1", "LABEL_2"]);
        assert_eq!(serde_json::to_value(Labels::default()).unwrap(), json!({}));
        let json = json!({ "model_type": "bert", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 8, "id2label": { "0": "no", "1": "yes" } });
        let model = crate::architectures::AutoModelForSequenceClassification::from_config(json, 1).unwrap();
        assert_eq!(Labels::of(model.as_ref()).names, ["no", "yes"]);
        // The count that was asked for wins over names of an earlier head.
        assert_eq!(labels(json!({ "num_labels": 3, "id2label": { "0": "no", "1": "yes" } })).len(), 3);
    }
}
