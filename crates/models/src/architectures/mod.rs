//! Models that train: one file for each architecture, with its configuration, layers, heads and the Hub's names of its weights.
//!
//! The layers are those of [`nn`](crate::nn), so every weight gets a gradient; the fast twins without gradients are in
//! [`models`](crate::models). A model of any architecture is a `Box<dyn Model>`: what [`forward`](Model::forward) takes and gives
//! has names, as in Python.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use course_models::architectures::{AutoModelForSequenceClassification, ModelInputs};
//!
//! let config = serde_json::json!({ "model_type": "bert", "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2,
//!     "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 16 });
//! let model = AutoModelForSequenceClassification::from_config(config, 42)?;
//! assert_eq!(model.architecture(), "BertForSequenceClassification");
//! let inputs = ModelInputs::new()
//!     .with("input_ids", Tensor::new(&[[2_u32, 7, 8, 3], [2, 9, 3, 0]], &Device::Cpu)?)
//!     .with("attention_mask", Tensor::new(&[[1_u32, 1, 1, 1], [1, 1, 1, 0]], &Device::Cpu)?)
//!     .with("labels", Tensor::new(&[0_i64, 1], &Device::Cpu)?);
//! let output = model.forward(&inputs)?;
//! assert_eq!(output.logits.dims(), [2, 2]);
//! assert!(output.loss.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answering;
mod auto;
pub mod bart;
pub mod bert;
mod causal;
mod config;
pub mod distilbert;
pub mod gpt2;
mod head;
mod inputs;
pub mod llama;
mod llama_gguf;
mod lm_head;
mod load;
mod loss;
mod mask;
pub mod mpnet;
mod output;
pub(crate) mod past;
mod relative;
pub mod roberta;
mod rotary;
mod save;
mod seq2seq;
pub mod t5;
mod task;
pub mod vit;

#[cfg(test)]
pub(crate) mod tests;

use course_display::{Bundle, Rich, escape};

use crate::nn::Parameters;
use crate::{CausalLm, Error, Result};

pub use answering::{Answering, generate_answers};
pub use auto::{
    AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForMaskedLM,
    AutoModelForMultipleChoice, AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification, AutoModelForTokenClassification, model_from_config,
};
pub use bart::BartConfig;
pub use bert::BertConfig;
pub use config::{Labels, ProblemType};
pub use distilbert::DistilBertConfig;
pub use gpt2::Gpt2Config;
pub use inputs::ModelInputs;
pub use llama::LlamaConfig;
pub use load::{LoadModel, LoadedModel, LoadingReport};
pub use output::ModelOutput;
pub use save::{save_pretrained, save_pretrained_in_shards};
pub use t5::T5Config;
pub use task::Task;
pub use vit::VitConfig;

/// A model that trains: weights, and a forward pass that gradients flow back through.
pub trait Model: Send + Sync {
    /// The class of Python's transformers that this is, as `architectures` in `config.json` names it.
    fn architecture(&self) -> &'static str;

    /// What `config.json` holds, `architectures` and `model_type` included.
    fn config(&self) -> serde_json::Value;

    /// The weights, the switch between training and evaluation, and dropout's random numbers.
    fn parameters(&self) -> &Parameters;

    /// The logits for a batch, and the loss when it has labels.
    ///
    /// # Errors
    /// When an input is missing, has another shape than the others ask for, or holds what the model cannot read.
    fn forward(&self, inputs: &ModelInputs) -> Result<ModelOutput>;

    /// The model as one that continues texts: `generate(model.causal_lm()?, &prompts, &config)` writes with it, without dropout, also
    /// while it trains.
    ///
    /// # Errors
    /// When it does not continue texts.
    fn causal_lm(&self) -> Result<&dyn CausalLm> {
        Err(Error::model(self.architecture(), "does not continue texts; load it by `AutoModelForCausalLM`"))
    }

    /// The model as one that answers the texts of `inputs` with texts, if it does; [`generate_answers`] writes them.
    ///
    /// # Errors
    /// When it does not, or the inputs do not fit.
    fn answering(&self, _inputs: &ModelInputs) -> Result<Answering<'_>> {
        Err(Error::model(self.architecture(), "does not answer texts; load it by `AutoModelForSeq2SeqLM`"))
    }

    /// The inputs that [`forward`](Self::forward) looks at, `labels` included.
    fn input_names(&self) -> &[&str];
}

/// Architecture, sizes, and how many of its numbers are trained.
impl Rich for dyn Model {
    fn rich(&self) -> Bundle {
        let (all, trainable) = (self.parameters().count(), self.parameters().count_trainable());
        let heading = format!("{} with {} million parameters", self.architecture(), millions(all));
        let trained = if all == trainable {
            "all of them train".into()
        } else {
            format!("{} million train", millions(trainable))
        };
        let config = self.config();
        // Architectures have names of their own for the same.
        let size = |names: &[&str], words: &str| {
            names.iter().find_map(|name| config.get(name)).map(|size| format!("{size} {words}"))
        };
        let sizes = [
            size(&["num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"], "blocks"),
            size(&["hidden_size", "n_embd", "dim", "d_model"], "numbers a token"),
            size(&["num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"], "heads"),
            size(&["vocab_size"], "tokens"),
            Some(trained),
        ];
        let sizes = sizes.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Bundle::html(format!("<b>{}</b><br>{}", escape(&heading), escape(&sizes)), format!("{heading}\n{sizes}"))
    }
}

impl std::fmt::Display for dyn Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

impl std::fmt::Debug for dyn Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({} parameters)", self.architecture(), self.parameters().count())
    }
}

fn millions(count: usize) -> String {
    let millions = count as f64 / 1e6;
    if millions < 10.0 { format!("{millions:.2}") } else { format!("{millions:.0}") }
}
