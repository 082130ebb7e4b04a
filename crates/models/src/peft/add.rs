//! Putting LoRA beside the layers of a model, and making it part of them.

use course_display::{Bundle, Rich, escape};

use super::config::ALL_LINEAR;
use super::{LoraBias, LoraConfig, Targets, has_adapter};
use crate::architectures::{Model, Task};
use crate::error::few;
use crate::nn::{Lora, Module};
use crate::{Error, Result};

/// How many layers an error lists.
const SHOWN: usize = 12;

/// The layers that `peft` puts LoRA beside when it is not told which, by `model_type`.
const USUAL: &[(&str, &[&str])] = &[
    ("bert", &["query", "value"]),
    ("roberta", &["query", "value"]),
    ("camembert", &["query", "value"]),
    ("vit", &["query", "value"]),
    ("distilbert", &["q_lin", "v_lin"]),
    ("mpnet", &["q", "v"]),
    ("gpt2", &["c_attn"]),
    ("llama", &["q_proj", "v_proj"]),
    ("qwen2", &["q_proj", "v_proj"]),
    ("t5", &["q", "v"]),
    ("bart", &["q_proj", "v_proj"]),
    ("marian", &["q_proj", "v_proj"]),
];

/// Heads that `peft` does not name: that of BART.
const MORE_HEADS: [&str; 1] = ["classification_head"];

/// How many of a model's numbers train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainableParameters {
    /// Those that train.
    pub trainable: usize,
    /// All.
    pub all: usize,
}

impl TrainableParameters {
    /// Those of a model as it is now.
    pub fn of(model: &dyn Model) -> Self {
        let parameters = model.parameters();
        Self { trainable: parameters.count_trainable(), all: parameters.count() }
    }

    /// The share of those that train, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.trainable as f64 / (self.all.max(1) as f64)
    }
}

impl std::fmt::Display for TrainableParameters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (trainable, all) = (grouped(self.trainable), grouped(self.all));
        write!(formatter, "{trainable} of {all} parameters train ({:.2} %)", self.percent())
    }
}

impl Rich for TrainableParameters {
    fn rich(&self) -> Bundle {
        let text = self.to_string();
        Bundle::html(escape(&text), text)
    }
}

/// 22713216 as 22,713,216.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let groups = (!head.is_empty()).then(|| head.to_owned()).into_iter().chain(groups);
    groups.collect::<Vec<_>>().join(",")
}

/// Freezes a model and puts thin matrices that train beside the layers that `config` means. The head of a classification or of question
/// answering trains as a whole, and so does what `modules_to_save` names.
///
/// The model gives what it gave before, until it is trained. [`save_adapter`](super::save_adapter) writes what was learned, and
/// [`save_pretrained`](crate::architectures::save_pretrained) does so too; [`merge_lora`] makes it part of the weights.
///
/// # Errors
/// No layer is meant, or a name of `modules_to_save` means none; the configuration asks for what is not done here; the model has an adapter
/// already.
pub fn add_lora(model: &dyn Model, config: &LoraConfig) -> Result<TrainableParameters> {
    let parameters = model.parameters();
    if has_adapter(model) {
        let problem = "has an adapter already; `merge_lora` makes it part of the weights, and another can follow";
        return Err(Error::model(model.architecture(), problem));
    }
    config.check()?;
    let mut config = config.clone();
    let (task_type, heads) = task(model);
    config.task_type = config.task_type.or(task_type.map(str::to_owned));
    if config.base_model_name_or_path.is_none() {
        config.base_model_name_or_path = parameters.about().origin;
    }
    if config.target_modules.is_none() {
        let of_type = model.config().get("model_type").and_then(|name| name.as_str()).map(str::to_owned);
        let usual = USUAL.iter().find(|(name, _)| Some(*name) == of_type.as_deref()).map(|(_, names)| *names);
        config = match usual {
            Some(names) => config.target_modules(names.iter().copied()),
            None => config.target_pattern(ALL_LINEAR),
        };
    }
    let named = parameters.named();
    let asked = config.modules_to_save.clone().unwrap_or_default();
    for module in &asked {
        let one = LoraConfig::new().modules_to_save([module]);
        // Python names heads of all architectures, of which a model has one.
        if !heads.contains(&module.as_str()) && !named.iter().any(|parameter| one.is_saved(&parameter.name)) {
            let problem = format!("`modules_to_save` names {module}, which the model has not");
            return Err(Error::model(model.architecture(), problem));
        }
    }
    // A file that was written by it stays as it is.
    let more = MORE_HEADS.iter().filter(|head| {
        let one = LoraConfig::new().modules_to_save([**head]);
        config.modules_to_save.is_none() && named.iter().any(|parameter| one.is_saved(&parameter.name))
    });
    let heads = heads.iter().chain(more).map(|head| (*head).to_owned()).filter(|head| !asked.contains(head));
    let whole = asked.iter().cloned().chain(heads).collect::<Vec<_>>();
    config.modules_to_save = (!whole.is_empty()).then_some(whole);
    let chosen = chosen(model, &config)?;
    if let Some(Targets::Pattern(all)) = &config.target_modules
        && all == ALL_LINEAR
    {
        config.target_modules = Some(Targets::Names(chosen.iter().map(|module| module.name.clone()).collect()));
    }
    config.fan_in_fan_out |= chosen.iter().any(|module| matches!(module.weight, crate::nn::ModuleWeight::Conv1d(_)));

    let root = parameters.root();
    let sizes = chosen.iter().map(|module| Ok((config.rank_of(&module.name)?, config.scale_of(&module.name)?)));
    let sizes = sizes.collect::<Result<Vec<_>>>()?;
    let mut made = Vec::new();
    for (module, (rank, scale)) in chosen.iter().zip(sizes) {
        made.push(Lora::new(&root, module, rank, scale, config.lora_dropout as f32)?);
    }
    parameters.freeze(|name| !is_thin(name));
    parameters.unfreeze(|name| config.is_saved(name));
    match config.bias {
        LoraBias::None => {}
        LoraBias::All => {
            parameters.unfreeze(|name| name.ends_with("bias"));
        }
        LoraBias::LoraOnly => {
            let biases = chosen.iter().map(|module| format!("{}.bias", module.name)).collect::<Vec<_>>();
            parameters.unfreeze(|name| biases.iter().any(|bias| bias == name));
        }
    }
    for (module, lora) in chosen.iter().zip(made) {
        module.set_adapter(Some(lora));
    }
    let written = serde_json::to_value(&config).unwrap_or_default();
    parameters.set_about(|about| about.adapter = Some(written));
    Ok(TrainableParameters::of(model))
}

/// Adds what the thin matrices beside the layers have learned to the layers' weights, and takes them away: the model gives the same and is as
/// fast as without. All of it trains from then on.
///
/// # Errors
/// The weights cannot be read or written. A model without an adapter stays as it is.
pub fn merge_lora(model: &dyn Model) -> Result<()> {
    let parameters = model.parameters();
    if !has_adapter(model) {
        return Ok(());
    }
    for module in parameters.modules() {
        if let Some(lora) = module.adapter() {
            module.weight.parameter().var.set(&lora.merged(&module.weight)?)?;
            module.set_adapter(None);
        }
    }
    parameters.remove(is_thin);
    parameters.unfreeze(|_| true);
    parameters.set_about(|about| about.adapter = None);
    Ok(())
}

/// The layers that get thin matrices.
fn chosen(model: &dyn Model, config: &LoraConfig) -> Result<Vec<Module>> {
    let modules = model.parameters().modules();
    let mut chosen = Vec::new();
    for module in &modules {
        if config.is_target(&module.name)? {
            chosen.push(module.clone());
        }
    }
    if chosen.is_empty() {
        let mut ends = Vec::new();
        for module in &modules {
            let end = module.name.rsplit('.').next().unwrap_or_default();
            if !ends.contains(&end) {
                ends.push(end);
            }
        }
        let asked = config.target_modules.as_ref().and_then(|targets| serde_json::to_string(targets).ok());
        let asked = asked.unwrap_or_default();
        let problem = format!("has no layer that {asked} means; its layers' names end in {}", few(&ends, SHOWN));
        return Err(Error::model(model.architecture(), problem));
    }
    Ok(chosen)
}

/// What `peft` calls the model's task, and the heads that train with it.
fn task(model: &dyn Model) -> (Option<&'static str>, &'static [&'static str]) {
    const CLASSES: &[&str] = &["classifier", "score"];
    match Task::of_class(model.architecture()) {
        Some(Task::SequenceClassification) => (Some("SEQ_CLS"), CLASSES),
        Some(Task::TokenClassification) => (Some("TOKEN_CLS"), CLASSES),
        Some(Task::QuestionAnswering) => (Some("QUESTION_ANS"), &["qa_outputs"]),
        Some(Task::CausalLm) => (Some("CAUSAL_LM"), &[]),
        Some(Task::Seq2SeqLm) => (Some("SEQ_2_SEQ_LM"), &[]),
        Some(Task::Features) => (Some("FEATURE_EXTRACTION"), &[]),
        Some(Task::MultipleChoice | Task::ImageClassification) => (None, &["classifier"]),
        Some(Task::MaskedLm) | None => (None, &[]),
    }
}

/// Whether a parameter is one of the thin matrices.
pub(super) fn is_thin(name: &str) -> bool {
    [".lora_A.weight", ".lora_B.weight"].iter().any(|end| name.ends_with(end))
}
