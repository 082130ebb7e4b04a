//! A model by its name or its configuration: which architecture it is stands in `config.json`.

use candle_core::Device;
use serde_json::Value;

use super::config::read;
use super::load::LoadModel;
use super::{Model, Task, bart, bert, distilbert, gpt2, llama, mpnet, roberta, t5, vit};
use crate::nn::Parameters;
use crate::{Error, Result};

/// The architectures there are: `model_type` in `config.json`, and the name the encoder has inside a model with a head.
pub(super) const FAMILIES: &[(&str, &str)] = &[
    ("bert", "bert"),
    ("distilbert", "distilbert"),
    ("roberta", "roberta"),
    ("camembert", "roberta"),
    ("mpnet", "mpnet"),
    ("vit", "vit"),
    ("gpt2", "transformer"),
    ("llama", "model"),
    ("qwen2", "model"),
    ("t5", ""),
    ("bart", "model"),
    ("marian", "model"),
];

/// A model with fresh weights in `parameters` of the architecture that `model_type` in `config` names.
///
/// # Errors
/// When the architecture is not there or has no head for the task, or the sizes do not fit together.
pub fn model_from_config(config: Value, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    let model_type = model_type(&config)?.to_owned();
    match model_type.as_str() {
        "bert" => bert::model(read(config, "BERT")?, task, parameters),
        "distilbert" => distilbert::model(read(config, "DistilBERT")?, task, parameters),
        "roberta" => roberta::model(roberta::config(config)?, task, parameters),
        "camembert" => roberta::camembert(roberta::config(config)?, task, parameters),
        "mpnet" => mpnet::model(mpnet::config(config)?, task, parameters),
        "vit" => vit::model(read(config, "ViT")?, task, parameters),
        "gpt2" => gpt2::model(read(config, "GPT-2")?, task, parameters),
        "llama" => llama::model(read(config, "Llama")?, task, parameters),
        "qwen2" => llama::qwen2(read(config, "Qwen2")?, task, parameters),
        "t5" => t5::model(read(config, "T5")?, task, parameters),
        "bart" => bart::model(bart::config(config)?, task, parameters),
        "marian" => bart::marian(bart::marian_config(config)?, task, parameters),
        other => Err(unknown(other)),
    }
}

/// What kind of model a configuration is of.
pub(super) fn model_type(config: &Value) -> Result<&str> {
    config.get("model_type").and_then(Value::as_str).ok_or_else(|| {
        Error::model("config.json", format!("has no `model_type`; it says which architecture: {}", known()))
    })
}

/// The name of the encoder inside a model with a head.
pub(super) fn base_prefix(model_type: &str) -> &'static str {
    FAMILIES.iter().find(|(name, _)| *name == model_type).map_or("", |(_, prefix)| prefix)
}

fn unknown(model_type: &str) -> Error {
    Error::model("config.json", format!("names the architecture `{model_type}`; those that train here are {}", known()))
}

fn known() -> String {
    FAMILIES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// A model's `config.json`, which [`model_from_config`] and the other `Auto` classes take.
pub struct AutoConfig;

impl AutoConfig {
    /// The configuration of the model of this name: a folder, or a name on the Hub. Of an adapter it is that of its model, with its
    /// head and labels.
    ///
    /// # Errors
    /// When it is not found.
    pub fn from_pretrained(name: &str) -> Result<Value> {
        let repo = course_hub::resolve(name)?;
        if let Some(adapter) = crate::peft::adapter_of(&repo)? {
            let base = super::load::resolve_base(&repo, &adapter)?;
            let mut config: serde_json::Map<String, Value> = base.read_json("config.json")?;
            // The class of the model below has another head, or none.
            config.remove("architectures");
            config.extend(crate::peft::head_beside(&repo)?);
            return Ok(config.into());
        }
        match super::load::gguf(&repo)? {
            Some(gguf) => super::llama_gguf::config(&gguf),
            None => Ok(repo.read_json("config.json")?),
        }
    }
}

macro_rules! auto {
    ($(#[$doc:meta])* $name:ident, $task:ident) => {
        $(#[$doc])*
        pub struct $name;

        impl $name {
            /// The model of this name, a folder or a name on the Hub; says on the error stream which weights are new.
            ///
            /// # Errors
            /// When it is not found, is of another architecture, or its files do not fit together.
            pub fn from_pretrained(name: &str) -> Result<Box<dyn Model>> {
                Self::load(name).model()
            }

            /// A model with fresh weights, drawn from `seed`.
            ///
            /// # Errors
            /// When the architecture is not there or has no such head, or the sizes do not fit together.
            pub fn from_config(config: Value, seed: u64) -> Result<Box<dyn Model>> {
                model_from_config(config, Task::$task, Parameters::new(&Device::Cpu, seed))
            }

            /// The model of this name with settings: labels, seed, device.
            pub fn load(name: &str) -> LoadModel {
                LoadModel::new(name, Task::$task)
            }
        }
    };
}

auto!(
    /// A model without a head: a vector for each token.
    AutoModel,
    Features
);
auto!(
    /// A model that names the token behind a mask.
    AutoModelForMaskedLM,
    MaskedLm
);
auto!(
    /// A model that continues a text.
    AutoModelForCausalLM,
    CausalLm
);
auto!(
    /// A model that answers a text with a text.
    AutoModelForSeq2SeqLM,
    Seq2SeqLm
);
auto!(
    /// A model that puts a text into a class, or several, or gives it a number.
    AutoModelForSequenceClassification,
    SequenceClassification
);
auto!(
    /// A model that puts each token into a class.
    AutoModelForTokenClassification,
    TokenClassification
);
auto!(
    /// A model that finds where in a text the answer is.
    AutoModelForQuestionAnswering,
    QuestionAnswering
);
auto!(
    /// A model that chooses among continuations.
    AutoModelForMultipleChoice,
    MultipleChoice
);
auto!(
    /// A model that puts an image into a class.
    AutoModelForImageClassification,
    ImageClassification
);
