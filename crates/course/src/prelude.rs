//! What every cell sees without asking: what a notebook shows things with, and where its models come from.

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
pub use crate::exercises::quiz::quiz;
pub use crate::exercises::{check, given, hint, progress, solution};
pub use crate::pipelines::{pipeline, pipeline_with_model};
pub use crate::tokenizers::{
    AutoTokenizer, DecodeOptions, EncodeOptions, Message, Padding, Side, Tokenizer, Truncation,
};
pub use crate::transformers::{GenerationConfig, from_scratch};
pub use crate::widgets::{
    AnyWidget, Button, Checkbox, Dropdown, FloatSlider, HBox, IntSlider, OutputArea, Tabs, Text, VBox, View, Widget,
};
pub use crate::{device, input, interrupt, widgets};
