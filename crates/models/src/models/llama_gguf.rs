//! A Llama out of a GGUF file: the file's names for sizes and tensors, and the number formats it may use.

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use course_hub::Gguf;

use super::llama::{Block, LlamaConfig, Weights};
use crate::kernels::packed::{BLOCK, Packed};
use crate::layers::{Linear, Rope};
use crate::{Error, Result};

/// The model's sizes and weights, and in words which formats they have.
pub(super) fn load(gguf: &Gguf) -> Result<(LlamaConfig, Weights, String)> {
    let architecture = gguf.architecture()?;
    if architecture != "llama" {
        return Err(bad(gguf, format!("is a `{architecture}` model, and this reads `llama` models")));
    }
    let config = config(gguf)?;
    let mut loader = Loader { gguf, rounded: Vec::new() };
    let heads = config.num_attention_heads * config.head_dim;
    let key_value_heads = config.num_key_value_heads * config.head_dim;
    let (hidden, inner, vocab) = (config.hidden_size, config.intermediate_size, config.vocab_size);

    let mut block = |number: usize| -> Result<Block> {
        let name = |part: &str| format!("blk.{number}.{part}.weight");
        Ok(Block {
            attention_norm: loader.vector(&name("attn_norm"), hidden)?,
            query_key_value: Linear::new(vec![
                loader.matrix(&name("attn_q"), heads, hidden)?,
                loader.matrix(&name("attn_k"), key_value_heads, hidden)?,
                loader.matrix(&name("attn_v"), key_value_heads, hidden)?,
            ]),
            attention_output: Linear::new(vec![loader.matrix(&name("attn_output"), hidden, heads)?]),
            feed_forward_norm: loader.vector(&name("ffn_norm"), hidden)?,
            gate_up: Linear::new(vec![
                loader.matrix(&name("ffn_gate"), inner, hidden)?,
                loader.matrix(&name("ffn_up"), inner, hidden)?,
            ]),
            down: Linear::new(vec![loader.matrix(&name("ffn_down"), hidden, inner)?]),
        })
    };
    let blocks = (0..config.num_hidden_layers).map(&mut block).collect::<Result<Vec<_>>>()?;
    let factors = if gguf.has_tensor("rope_freqs.weight") {
        Some(loader.vector("rope_freqs.weight", config.head_dim / 2)?)
    } else {
        None
    };
    let head = if gguf.has_tensor("output.weight") {
        Some(Linear::new(vec![loader.matrix("output.weight", vocab, hidden)?]))
    } else {
        None
    };
    let tokenizer = gguf.tokenizer().unwrap_or_default();
    let weights = Weights {
        embedding: Linear::new(vec![loader.matrix("token_embd.weight", vocab, hidden)?]),
        blocks,
        norm: loader.vector("output_norm.weight", hidden)?,
        head,
        rope: Rope::new(config.head_dim, config.rope_theta, factors.as_deref()),
        eos_token_ids: tokenizer.eos_id.into_iter().collect(),
        pad_token_id: tokenizer.padding_id.or(tokenizer.eos_id),
    };
    let formats = loader.formats();
    Ok((config, weights, formats))
}

fn config(gguf: &Gguf) -> Result<LlamaConfig> {
    let size = |name: &str| gguf.usize(&format!("llama.{name}"));
    let optional = |name: &str| gguf.get(&format!("llama.{name}")).map(|_| size(name)).transpose();
    let hidden_size = size("embedding_length")?;
    let num_attention_heads = size("attention.head_count")?;
    let head_dim = match optional("attention.key_length")? {
        Some(head_dim) => head_dim,
        None => hidden_size / num_attention_heads.max(1),
    };
    let turned = optional("rope.dimension_count")?.unwrap_or(head_dim);
    let (embedding, ..) = gguf.blocks("token_embd.weight")?;
    let config = LlamaConfig {
        hidden_size,
        intermediate_size: size("feed_forward_length")?,
        num_hidden_layers: size("block_count")?,
        num_attention_heads,
        num_key_value_heads: optional("attention.head_count_kv")?.unwrap_or(num_attention_heads),
        head_dim,
        vocab_size: embedding.first().copied().unwrap_or(0),
        max_position_embeddings: size("context_length")?,
        rope_theta: gguf.f64("llama.rope.freq_base").unwrap_or(10_000.0) as f32,
        rms_norm_eps: gguf.f64("llama.attention.layer_norm_rms_epsilon")? as f32,
    };
    let LlamaConfig { num_attention_heads, num_key_value_heads, .. } = config;
    let heads_fit =
        num_key_value_heads > 0 && num_attention_heads > 0 && num_attention_heads % num_key_value_heads == 0;
    if !heads_fit || head_dim == 0 || head_dim % 2 != 0 || turned != head_dim {
        let problem = format!(
            "has {num_attention_heads} heads on {num_key_value_heads} key heads of {head_dim} numbers, {turned} of them turned by \
             position, which is no Llama this can run"
        );
        return Err(bad(gguf, problem));
    }
    Ok(config)
}

struct Loader<'a> {
    gguf: &'a Gguf,
    /// The formats that had to be rounded to another.
    rounded: Vec<String>,
}

impl Loader<'_> {
    /// A norm's weights.
    fn vector(&self, name: &str, size: usize) -> Result<Vec<f32>> {
        let vector = self.gguf.tensor(name, &Device::Cpu)?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()?;
        if vector.len() == size { Ok(vector) } else { Err(self.wrong_shape(name, &[vector.len()], &[size])) }
    }

    /// A matrix, packed in the format it has; in 8 bits when there is no kernel for its format.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Packed> {
        let (shape, format, bytes) = self.gguf.blocks(name)?;
        if shape != [rows, columns] {
            return Err(self.wrong_shape(name, shape, &[rows, columns]));
        }
        match format {
            GgmlDType::Q4_1 => return Ok(Packed::from_q4_1(bytes, rows, columns)),
            GgmlDType::Q4_0 => return Ok(Packed::from_q4_0(bytes, rows, columns)),
            GgmlDType::Q8_0 => return Ok(Packed::from_q8_0(bytes, rows, columns)),
            _ => {}
        }
        let weights =
            self.gguf.tensor(name, &Device::Cpu)?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        if matches!(format, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16) || !columns.is_multiple_of(BLOCK) {
            return Ok(Packed::from_f32(&weights, rows, columns));
        }
        let format = format!("{format:?}");
        if !self.rounded.contains(&format) {
            self.rounded.push(format);
        }
        Ok(Packed::quantize(&weights, rows, columns))
    }

    fn formats(&self) -> String {
        let stored = format!("weights mostly {} as stored, activations f32", self.gguf.main_format());
        match self.rounded.as_slice() {
            [] => stored,
            rounded => format!(
                "weights mostly {}, of which {} was rounded to 8 bits on load, activations f32",
                self.gguf.main_format(),
                rounded.join(", ")
            ),
        }
    }

    fn wrong_shape(&self, name: &str, shape: &[usize], expected: &[usize]) -> Error {
        bad(
            self.gguf,
            format!("has the tensor {name} in shape {shape:?}, but the file's own sizes ask for {expected:?}"),
        )
    }
}

fn bad(gguf: &Gguf, problem: String) -> Error {
    Error::model(gguf.path().display().to_string(), problem)
}
