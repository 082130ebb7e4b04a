//! `resave FROM TO`: reads the model in one folder and writes it into another, for `tests/models/`, which looks whether Python's
//! transformers load what was written. Which head it has stands in `config.json`.

use course_models::architectures::{
    AutoModel, AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForMaskedLM, AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification,
    AutoModelForTokenClassification, LoadModel, save_pretrained,
};

type Loader = fn(&str) -> LoadModel;

const ENDINGS: &[(&str, Loader)] = &[
    ("ForMaskedLM", AutoModelForMaskedLM::load),
    ("LMHeadModel", AutoModelForCausalLM::load),
    ("ForCausalLM", AutoModelForCausalLM::load),
    ("ForConditionalGeneration", AutoModelForSeq2SeqLM::load),
    ("MTModel", AutoModelForSeq2SeqLM::load),
    ("ForSequenceClassification", AutoModelForSequenceClassification::load),
    ("ForTokenClassification", AutoModelForTokenClassification::load),
    ("ForQuestionAnswering", AutoModelForQuestionAnswering::load),
    ("ForMultipleChoice", AutoModelForMultipleChoice::load),
    ("ForImageClassification", AutoModelForImageClassification::load),
    ("Model", AutoModel::load),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [from, to] = std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: resave FROM TO")?;
    let config = std::fs::read_to_string(format!("{from}/config.json"))?;
    let config: serde_json::Value = serde_json::from_str(&config)?;
    let class = config["architectures"][0].as_str().ok_or("config.json names no architecture")?;
    let (_, load) = ENDINGS.iter().find(|(ending, _)| class.ends_with(ending)).ok_or("no such head")?;
    let loaded = load(&from).loaded()?;
    if !loaded.report.new.is_empty() || !loaded.report.unused.is_empty() {
        return Err(format!("not all weights were read: {}", loaded.report).into());
    }
    Ok(save_pretrained(loaded.model.as_ref(), to)?)
}
