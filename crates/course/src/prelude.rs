//! What every cell sees without asking: what a notebook shows things with, where its models come from, and what trains and measures them.

pub use candle_core::{D, DType, Device, IndexOp, Module, Tensor};
pub use serde::{Deserialize, Serialize};

pub use crate::datasets::{
    BadRows, Batch, Column, DataFiles, Dataset, DatasetDict, Feature, Features, Filter, IterableDataset, Map, Order,
    PushToHub, Row, SampleBy, SortBy, Split, Value, batch, concatenate_columns, concatenate_datasets,
    interleave_datasets, load_dataset, load_from_disk, row,
};
pub use crate::display::{
    Audio, Bundle, Figure, Html, Image, Json, Latex, LiveCurve, Markdown, Math, Progress, Rich, Svg, Table, Tokens,
    attention_map, bar_chart, clear_output, display, display_handle, heatmap, line_chart, mask_figure, mask_figures,
    progress, timeline,
};
pub use crate::evaluation as evaluate;
pub use crate::exercises::quiz::quiz;
pub use crate::exercises::{check, given, hint, progress, solution};
pub use crate::pipelines::{pipeline, pipeline_with_model};
pub use crate::tokenizers::{
    AutoTokenizer, DecodeOptions, EncodeOptions, Message, Padding, Side, Tokenizer, Truncation,
};
pub use crate::training::{
    DataCollator, DataCollatorForLanguageModeling, DataCollatorForSeq2Seq, DataCollatorForTokenClassification,
    DataCollatorWithPadding, EarlyStopping, EvalPrediction, Seq2SeqTrainer, Seq2SeqTrainingArguments, Trainer,
    TrainingArguments,
};
pub use crate::transformers::architectures::{
    AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForMaskedLM,
    AutoModelForMultipleChoice, AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification, AutoModelForTokenClassification, ModelInputs,
};
pub use crate::transformers::{GenerationConfig, from_scratch};
pub use crate::widgets::{
    AnyWidget, Button, Checkbox, Dropdown, FloatSlider, HBox, IntSlider, OutputArea, Tabs, Text, VBox, View, Widget,
};
pub use crate::{device, input, interrupt, widgets};
