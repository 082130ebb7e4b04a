//! ViT (Dosovitskiy et al., 2020): an image cut into squares, each a token, and BERT's idea of attention over them.
//!
//! The norm comes before each step, not after it, and once more at the end. The Hub's names of the weights are those of the scopes.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::config::{check_heads, class, written};
use super::head::{Body, FirstToken, Head, HeadedModel};
use super::{Labels, Model, ModelInputs, Task};
use crate::nn::{
    Activation, Attention, Dropout, Init, LayerNorm, Linear, Parameter, Parameters, Recompute, Scope, feed_forward,
    linear, self_attention,
};
use crate::{Error, Result};

/// The sizes that make one ViT another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VitConfig {
    /// Numbers in the vector of one square.
    pub hidden_size: usize,
    /// Blocks one after the other.
    pub num_hidden_layers: usize,
    /// Attention heads of a block.
    pub num_attention_heads: usize,
    /// Numbers inside the feed-forward part.
    pub intermediate_size: usize,
    /// The function inside the feed-forward part.
    pub hidden_act: String,
    /// The share of a square's numbers that training drops.
    pub hidden_dropout_prob: f32,
    /// The share of attention that training drops.
    pub attention_probs_dropout_prob: f32,
    /// The deviation of fresh weights.
    pub initializer_range: f64,
    /// Keeps the norm from dividing by zero.
    pub layer_norm_eps: f64,
    /// Pixels of a side of the image.
    pub image_size: usize,
    /// Pixels of a side of a square.
    pub patch_size: usize,
    /// Colours of a pixel.
    pub num_channels: usize,
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// The function of the pooler.
    pub pooler_act: String,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for VitConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: "gelu".into(),
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            image_size: 224,
            patch_size: 16,
            num_channels: 3,
            qkv_bias: true,
            pooler_act: "tanh".into(),
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

impl VitConfig {
    fn init(&self) -> Init {
        Init::Normal { std: self.initializer_range }
    }
}

const HEADS: &[(Task, &str)] =
    &[(Task::Features, "ViTModel"), (Task::ImageClassification, "ViTForImageClassification")];

/// A ViT with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: VitConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    check_heads("ViT", config.hidden_size, config.num_attention_heads)?;
    if config.patch_size == 0 || !config.image_size.is_multiple_of(config.patch_size) {
        let (image, patch) = (config.image_size, config.patch_size);
        return Err(Error::model(
            "ViT",
            format!("cuts images of {image} pixels into squares of {patch}, which do not fit"),
        ));
    }
    let architecture = class("ViT", HEADS, task)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("vit") };
    let body = Vit::new(&scope, &config)?;
    let linear = |scope: &Scope, name: &str, outputs| {
        Linear::new(&scope.pp(name), config.hidden_size, outputs, true, config.init())
    };
    let head = match task {
        Task::ImageClassification => Head::Sequence(FirstToken {
            before: None,
            dense: None,
            dropout: None,
            output: linear(&root, "classifier", config.labels.len())?,
        }),
        _ => Head::Pooled(Some((
            linear(&scope, "pooler.dense", config.hidden_size)?,
            Activation::from_name(&config.pooler_act)?,
        ))),
    };
    let inputs = if task == Task::Features { vec!["pixel_values"] } else { vec!["pixel_values", "labels"] };
    let (labels, config) = (config.labels.clone(), written(&config, "vit", architecture, root.dtype()));
    Ok(Box::new(HeadedModel {
        architecture,
        config,
        labels,
        parameters,
        body: Box::new(body),
        head,
        inputs,
        writing: None,
    }))
}

/// The encoder: squares and where they are, then block after block.
struct Vit {
    /// The token whose vector stands for the whole image.
    class: Parameter,
    positions: Parameter,
    /// From the pixels of a square, `(hidden_size, channels, side, side)`.
    squares: Parameter,
    squares_bias: Parameter,
    dropout: Dropout,
    layers: Vec<Arc<Layer>>,
    recompute: Recompute,
    norm: LayerNorm,
    config: VitConfig,
}

impl Vit {
    fn new(scope: &Scope, config: &VitConfig) -> Result<Self> {
        let VitConfig { hidden_size: size, image_size, patch_size: side, num_channels, .. } = *config;
        let (embeddings, init) = (scope.pp("embeddings"), config.init());
        let projection = embeddings.pp("patch_embeddings.projection");
        let layer = |number| Layer::new(&scope.pp("encoder.layer").pp(number), config).map(Arc::new);
        Ok(Self {
            class: embeddings.get(&[1, 1, size], "cls_token", init)?,
            positions: embeddings.get(&[1, (image_size / side).pow(2) + 1, size], "position_embeddings", init)?,
            squares: projection.get(&[size, num_channels, side, side], "weight", init)?,
            squares_bias: projection.get(&[size], "bias", Init::Zeros)?,
            dropout: scope.dropout(config.hidden_dropout_prob),
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            norm: LayerNorm::new(&scope.pp("layernorm"), size, config.layer_norm_eps)?,
            config: config.clone(),
        })
    }

    /// The vectors of the squares, row by row: `(batch, squares, hidden_size)`.
    fn cut(&self, pixels: &Tensor) -> Result<Tensor> {
        let VitConfig { image_size, patch_size: side, num_channels: colours, hidden_size, .. } = self.config;
        let rows = match *pixels.dims() {
            [rows, found, height, width] if found == colours && height == image_size && width == image_size => rows,
            _ => {
                let problem = format!(
                    "has shape {:?}, but (batch, {colours}, {image_size}, {image_size}) is needed; scale the image to this size",
                    pixels.dims()
                );
                return Err(Error::input("pixel_values", problem));
            }
        };
        let across = image_size / side;
        // A convolution whose squares do not overlap is one matrix for each square.
        let weight = self.squares.tensor();
        let squares = pixels.to_dtype(weight.dtype())?.reshape(&[rows, colours, across, side, across, side][..])?;
        let squares =
            squares.permute(vec![0, 2, 4, 1, 3, 5])?.reshape((rows, across * across, colours * side * side))?;
        let weight = weight.reshape((hidden_size, colours * side * side))?;
        linear(&squares, &weight, Some(&self.squares_bias.tensor()))
    }
}

impl Body for Vit {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let squares = self.cut(inputs.require("pixel_values")?)?;
        let class = self.class.tensor().expand((squares.dim(0)?, 1, self.config.hidden_size))?;
        let hidden = Tensor::cat(&[&class, &squares], 1)?.broadcast_add(&self.positions.tensor())?;
        let mut hidden = self.dropout.forward(&hidden)?;
        for layer in &self.layers {
            course_wire::interrupt::check()?;
            let layer = Arc::clone(layer);
            hidden = self.recompute.run([&hidden], move |[hidden]| layer.forward(hidden))?;
        }
        self.norm.forward(&hidden)
    }
}

/// One block: attention, then feed-forward, each on the normed vectors and added to what was there.
struct Layer {
    attention_norm: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_dropout: Dropout,
    norm: LayerNorm,
    intermediate: Linear,
    activation: Activation,
    output: Linear,
    dropout: Dropout,
    heads: usize,
}

impl Layer {
    fn new(scope: &Scope, config: &VitConfig) -> Result<Self> {
        let VitConfig { hidden_size: size, intermediate_size: inner, layer_norm_eps: epsilon, qkv_bias, .. } = *config;
        let linear =
            |name: &str, inputs, outputs, bias| Linear::new(&scope.pp(name), inputs, outputs, bias, config.init());
        Ok(Self {
            attention_norm: LayerNorm::new(&scope.pp("layernorm_before"), size, epsilon)?,
            query: linear("attention.attention.query", size, size, qkv_bias)?,
            key: linear("attention.attention.key", size, size, qkv_bias)?,
            value: linear("attention.attention.value", size, size, qkv_bias)?,
            attention_output: linear("attention.output.dense", size, size, true)?,
            attention_dropout: scope.dropout(config.attention_probs_dropout_prob),
            norm: LayerNorm::new(&scope.pp("layernorm_after"), size, epsilon)?,
            intermediate: linear("intermediate.dense", size, inner, true)?,
            activation: Activation::from_name(&config.hidden_act)?,
            output: linear("output.dense", inner, size, true)?,
            dropout: scope.dropout(config.hidden_dropout_prob),
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let attention = Attention::new(self.heads).dropout(&self.attention_dropout);
        let normed = self.attention_norm.forward(hidden)?;
        let attended = self_attention(&normed, &self.query, &self.key, &self.value, &attention)?;
        let hidden = self.dropout.forward_residual(&self.attention_output.forward(&attended)?, hidden)?;

        let output = feed_forward(&self.norm.forward(&hidden)?, &self.intermediate, self.activation, &self.output)?;
        self.dropout.forward_residual(&output, &hidden)
    }
}
