//! A BERT out of safetensors files: the names of tensors on the Hub.

use candle_core::{DType, Device};

use super::bert::{BertConfig, Block, Norm, Weights};
use crate::kernels::packed::Packed;
use crate::layers::Linear;
use crate::{Error, Result};

/// Sizes that would not fit together later.
pub(super) fn check(model: &str, config: &BertConfig) -> Result<()> {
    let BertConfig { hidden_size, num_attention_heads, hidden_act, .. } = config;
    if *num_attention_heads == 0 || hidden_size % num_attention_heads != 0 {
        let problem = format!("has {num_attention_heads} heads, which do not divide its {hidden_size} numbers a token");
        return Err(Error::model(model, problem));
    }
    if hidden_act != "gelu" {
        return Err(Error::model(model, format!("uses `{hidden_act}`, and this reads BERT models with `gelu`")));
    }
    Ok(())
}

/// The model's weights.
pub(super) fn load(file: &course_hub::Weights, config: &BertConfig) -> Result<Weights> {
    let prefix = if file.contains("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
    Loader { file, config, prefix }.load()
}

/// Tensors by their names on the Hub.
struct Loader<'a> {
    file: &'a course_hub::Weights,
    config: &'a BertConfig,
    /// Models with a head have the encoder under `bert.`.
    prefix: &'static str,
}

impl Loader<'_> {
    fn load(&self) -> Result<Weights> {
        let BertConfig { hidden_size, vocab_size, max_position_embeddings, type_vocab_size, .. } = *self.config;
        let table = |name: &str, rows: usize| {
            self.tensor(&format!("embeddings.{name}_embeddings.weight"), &[rows, hidden_size])
        };
        Ok(Weights {
            words: table("word", vocab_size)?,
            positions: table("position", max_position_embeddings)?,
            types: table("token_type", type_vocab_size)?,
            norm: self.norm("embeddings.LayerNorm")?,
            blocks: (0..self.config.num_hidden_layers).map(|number| self.block(number)).collect::<Result<_>>()?,
        })
    }

    fn block(&self, number: usize) -> Result<Block> {
        let BertConfig { hidden_size, intermediate_size, .. } = *self.config;
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let linear = |parts: &[&str], outputs: usize, inputs: usize| -> Result<Linear> {
            let (mut weights, mut biases) = (Vec::new(), Vec::new());
            for part in parts {
                let weight = self.tensor(&format!("{}.weight", name(part)), &[outputs, inputs])?;
                weights.push(Packed::from_f32(&weight, outputs, inputs));
                biases.extend(self.tensor(&format!("{}.bias", name(part)), &[outputs])?);
            }
            Ok(Linear::new(weights).with_bias(biases))
        };
        let query_key_value = ["attention.self.query", "attention.self.key", "attention.self.value"];
        Ok(Block {
            query_key_value: linear(&query_key_value, hidden_size, hidden_size)?,
            attention_output: linear(&["attention.output.dense"], hidden_size, hidden_size)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"))?,
            intermediate: linear(&["intermediate.dense"], intermediate_size, hidden_size)?.with_gelu(),
            output: linear(&["output.dense"], hidden_size, intermediate_size)?,
            output_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        let part = |part: &str| self.tensor(&format!("{name}.{part}"), &[self.config.hidden_size]);
        Ok(Norm { weight: part("weight")?, bias: part("bias")?, epsilon: self.config.layer_norm_eps as f32 })
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self.file.get_checked(&format!("{}{name}", self.prefix), shape, DType::F32, &Device::Cpu)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    }
}
