//! A Llama out of a GGUF file, with weights in full precision so that it trains: the file's names for sizes and tensors.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use course_hub::Gguf;
use serde_json::{Value, json};

use super::load::FileWeights;
use crate::{Error, Result};

/// What `config.json` would say.
pub(super) fn config(gguf: &Gguf) -> Result<Value> {
    let bad = |problem: String| Err(Error::model(gguf.path().display().to_string(), problem));
    let architecture = gguf.architecture()?;
    if architecture != "llama" {
        return bad(format!("is a `{architecture}` model, and this reads `llama` models"));
    }
    if gguf.has_tensor("rope_freqs.weight") {
        return bad("slows its rotary angles by `rope_freqs.weight`, which only `Llama` reads; to train it, take the safetensors".into());
    }
    let size = |name: &str| gguf.usize(&format!("llama.{name}"));
    let optional = |name: &str| gguf.get(&format!("llama.{name}")).map(|_| size(name)).transpose();
    let (heads, hidden_size) = (size("attention.head_count")?, size("embedding_length")?);
    let head_dim = optional("attention.key_length")?.unwrap_or(hidden_size / heads.max(1));
    let turned = optional("rope.dimension_count")?.unwrap_or(head_dim);
    if turned != head_dim {
        return bad(format!("turns {turned} of the {head_dim} numbers of a head by position, and this turns all"));
    }
    let (embedding, ..) = gguf.blocks("token_embd.weight")?;
    let tokenizer = gguf.tokenizer().unwrap_or_default();
    let mut config = json!({
        "model_type": "llama",
        "vocab_size": embedding.first(),
        "hidden_size": hidden_size,
        "intermediate_size": size("feed_forward_length")?,
        "num_hidden_layers": size("block_count")?,
        "num_attention_heads": heads,
        "num_key_value_heads": size("attention.head_count_kv").unwrap_or(heads),
        "max_position_embeddings": size("context_length")?,
        "rms_norm_eps": gguf.f64("llama.attention.layer_norm_rms_epsilon")?,
        "rope_theta": gguf.f64("llama.rope.freq_base").unwrap_or(10_000.0),
        "tie_word_embeddings": !gguf.has_tensor("output.weight"),
        "bos_token_id": tokenizer.bos_id,
        "eos_token_id": tokenizer.eos_id,
    });
    // Said only where it does not follow.
    if head_dim * heads != hidden_size {
        config["head_dim"] = head_dim.into();
    }
    Ok(config)
}

/// The weights under the Hub's names, in `f32`.
pub(super) fn weights(gguf: Gguf) -> Result<FileWeights> {
    let heads = gguf.usize("llama.attention.head_count")?;
    let key_heads = gguf.usize("llama.attention.head_count_kv").unwrap_or(heads);
    let known = gguf.tensors().iter().filter_map(|entry| Some((name(&entry.name)?, entry.name.clone())));
    let known = known.collect::<Vec<(String, String)>>();
    let names = known.iter().map(|(name, _)| name.clone()).collect();
    let places = known.into_iter().collect::<HashMap<_, _>>();
    Ok(FileWeights::new(names, move |name: &str| {
        let place = places.get(name).map_or(name, String::as_str);
        let tensor = gguf.tensor(place, &Device::Cpu)?.dequantize(&Device::Cpu)?;
        match name.rsplit_once('.').map(|(layer, _)| layer) {
            Some(layer) if layer.ends_with("q_proj") => halves(&tensor, heads),
            Some(layer) if layer.ends_with("k_proj") => halves(&tensor, key_heads),
            _ => Ok(tensor),
        }
    }))
}

/// From the file's name for a tensor to the Hub's.
fn name(name: &str) -> Option<String> {
    let (rest, kind) = name.rsplit_once('.')?;
    let outside = match rest {
        "token_embd" => Some("model.embed_tokens"),
        "output_norm" => Some("model.norm"),
        "output" => Some("lm_head"),
        _ => None,
    };
    if let Some(outside) = outside {
        return Some(format!("{outside}.{kind}"));
    }
    let (number, part) = rest.strip_prefix("blk.")?.split_once('.')?;
    let part = match part {
        "attn_norm" => "input_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "ffn_norm" => "post_attention_layernorm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        _ => return None,
    };
    Some(format!("model.layers.{number}.{part}.{kind}"))
}

/// The rows of each head in the Hub's order: the file has the two numbers that are turned together side by side, the Hub half a head
/// apart.
fn halves(weight: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, columns) = weight.dims2()?;
    let pairs = weight.reshape((heads, rows / heads.max(1) / 2, 2, columns))?;
    Ok(pairs.transpose(1, 2)?.reshape((rows, columns))?)
}
