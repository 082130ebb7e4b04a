//! Which of the labels that a model was trained for fits a picture.
//!
//! Picture → the size that the model reads → each colour from 0 to 1, minus a mean, over a deviation → the model's logits, one a label →
//! scores. Size, mean and deviation stand in the model's `preprocessor_config.json`.

mod picture;
mod resize;

use std::sync::Arc;

use candle_core::{Device, Tensor};
use course_models::architectures::{ModelInputs, Task as Head};
use serde::Deserialize;
use serde_json::Value;

pub use self::picture::Picture;
use self::resize::{Filter, resize};
use crate::headed::{Headed, identity, in_batches, rows};
use crate::shared::Shared;
use crate::text_classification::ScoreFunction;
use crate::{Classification, Classifications, Error, Result, Task};

/// Pictures in one forward pass.
const BATCH_SIZE: usize = 8;

/// Puts pictures into the classes of a model that was trained for them.
#[derive(Debug, Clone)]
pub struct ImageClassification {
    pub(crate) model: Arc<ImageModel>,
    top_k: usize,
    function: ScoreFunction,
}

/// A model of pictures with a head, and how pictures are made ready for it.
pub(crate) struct ImageModel {
    pub(crate) headed: Headed,
    processor: Processor,
}

static LOADED: Shared<ImageModel> = Shared::new();

impl std::fmt::Debug for ImageModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} of {}", self.headed.model, self.headed.name)
    }
}

impl ImageClassification {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, has no trained head for classes of pictures, or makes pictures ready in a way that is not known here.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let repo = course_hub::resolve(name)?;
        let model = LOADED.get(&identity(&repo), || {
            let headed = Headed::load(&repo, Task::ImageClassification, Head::ImageClassification)?;
            let file = "preprocessor_config.json";
            let processor: RawProcessor = if repo.has(file) { repo.read_json(file)? } else { RawProcessor::default() };
            let processor = Processor::new(processor, headed.setting("image_size").unwrap_or(224))?;
            Ok::<_, Error>(ImageModel { headed, processor })
        })?;
        let function = ScoreFunction::of(&model.headed.labels);
        Ok(Self { model, top_k: 5, function })
    }

    /// Keeps the `k` best labels of each picture; default 5.
    #[must_use]
    pub fn top_k(mut self, k: usize) -> Self {
        self.top_k = k.max(1);
        self
    }

    /// What makes scores of the logits; default: what the model's configuration asks for.
    #[must_use]
    pub fn function_to_apply(mut self, function: ScoreFunction) -> Self {
        self.function = function;
        self
    }

    /// The labels, by their numbers.
    pub fn labels(&self) -> &[String] {
        &self.model.headed.labels.names
    }

    /// The best labels of each picture with their scores.
    ///
    /// ```no_run
    /// use course_pipelines::{ImageClassification, Picture};
    ///
    /// let classifier = ImageClassification::from_pretrained("google/vit-base-patch16-224")?;
    /// let answer = classifier.predict_images(&[Picture::open("cat.png")?])?;
    /// println!("{}", answer[0].label());
    /// # Ok::<(), course_pipelines::Error>(())
    /// ```
    ///
    /// # Errors
    /// Without pictures, or when the learner interrupts.
    pub fn predict_images(&self, pictures: &[Picture]) -> Result<Classifications> {
        if pictures.is_empty() {
            return Err(Error::input("pictures", "there are none; pass at least one"));
        }
        let items = in_batches(
            pictures.len(),
            BATCH_SIZE,
            "classifying",
            |_| 0,
            |items| {
                let batch: Vec<&Picture> = items.iter().filter_map(|&item| pictures.get(item)).collect();
                let inputs = ModelInputs::new().with("pixel_values", self.model.processor.tensor(&batch)?);
                let logits = rows(&self.model.headed.model.forward(&inputs)?.logits)?;
                let classified = batch.iter().zip(logits).map(|(picture, logits)| {
                    let scores = self.function.scores(&logits);
                    let mut one = Classification::new(picture.name().to_owned(), self.labels(), &logits, &scores);
                    one.labels.truncate(self.top_k);
                    one
                });
                Ok(classified.collect())
            },
        )?;
        let method = format!("{} of {}", self.function.words(), self.model.headed.name);
        Ok(Classifications::new(items, method))
    }
}

/// `preprocessor_config.json`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawProcessor {
    size: Value,
    resample: Option<u64>,
    do_resize: Option<bool>,
    do_rescale: Option<bool>,
    do_normalize: Option<bool>,
    rescale_factor: Option<f64>,
    image_mean: Option<Vec<f64>>,
    image_std: Option<Vec<f64>>,
}

/// How pictures are made ready.
struct Processor {
    /// Width and height.
    size: (usize, usize),
    filter: Filter,
    /// What a byte of each colour is multiplied by and what is added then.
    scales: [(f64, f64); 3],
}

impl Processor {
    fn new(raw: RawProcessor, image_size: usize) -> Result<Self> {
        let unknown = |problem: String| Error::input("model", format!("its preprocessor_config.json {problem}"));
        let number = |value: &Value| value.as_u64().map(|number| number as usize).filter(|number| *number > 0);
        let size = match &raw.size {
            Value::Null => (image_size, image_size),
            Value::Object(size) => match (size.get("width").and_then(number), size.get("height").and_then(number)) {
                (Some(width), Some(height)) => (width, height),
                _ => return Err(unknown(format!("gives the size {}, and width and height are read here", raw.size))),
            },
            one => match number(one) {
                Some(side) => (side, side),
                None => return Err(unknown(format!("gives the size {one}, which is none"))),
            },
        };
        if raw.do_resize == Some(false) {
            return Err(unknown("leaves pictures in their own sizes, which is not done here".into()));
        }
        let filter = match raw.resample {
            None | Some(2) => Filter::Bilinear,
            Some(3) => Filter::Bicubic,
            Some(other) => {
                return Err(unknown(format!(
                    "scales by the filter {other}; those here are 2, bilinear, and 3, bicubic"
                )));
            }
        };
        let factor = if raw.do_rescale == Some(false) { 1.0 } else { raw.rescale_factor.unwrap_or(1.0 / 255.0) };
        let three = |given: Option<Vec<f64>>| <[f64; 3]>::try_from(given.unwrap_or_else(|| vec![0.5; 3])).ok();
        let (Some(mean), Some(deviation)) = (three(raw.image_mean), three(raw.image_std)) else {
            return Err(unknown("does not give three means and deviations, one for each colour".into()));
        };
        let normalized = raw.do_normalize != Some(false);
        let scale = |colour: usize| match normalized {
            true => (factor / deviation[colour], -mean[colour] / deviation[colour]),
            false => (factor, 0.0),
        };
        Ok(Self { size, filter, scales: [scale(0), scale(1), scale(2)] })
    }

    /// `(pictures, 3, height, width)`.
    fn tensor(&self, pictures: &[&Picture]) -> Result<Tensor> {
        let (width, height) = self.size;
        let mut numbers = Vec::with_capacity(pictures.len() * 3 * width * height);
        for picture in pictures {
            course_wire::interrupt::check()?;
            let pixels = resize(picture.pixels(), (picture.width(), picture.height()), self.size, self.filter);
            for (colour, (scale, shift)) in self.scales.iter().enumerate() {
                let bytes = pixels.iter().skip(colour).step_by(3);
                numbers.extend(bytes.map(|byte| (f64::from(*byte) * scale + shift) as f32));
            }
        }
        Ok(Tensor::from_vec(numbers, (pictures.len(), 3, height, width), &Device::Cpu)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn processor(raw: Value) -> Result<Processor> {
        Processor::new(serde_json::from_value(raw).unwrap(), 4)
    }

    #[test]
    fn pixels_become_numbers_around_zero() {
        let picture = Picture::from_rgb(1, 1, [255, 0, 51]).unwrap();
        let numbers = |raw| {
            let tensor = processor(raw).unwrap().tensor(&[&picture]).unwrap();
            (tensor.dims().to_vec(), tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap())
        };
        let (shape, values) = numbers(json!({ "size": 1 }));
        assert_eq!((shape, values[..2].to_vec()), (vec![1, 3, 1, 1], vec![1.0, -1.0]));
        assert!((values[2] + 0.6).abs() < 1e-6);
        let (shape, values) = numbers(json!({ "size": { "width": 2, "height": 1 }, "do_normalize": false }));
        assert_eq!((shape, values[..2].to_vec()), (vec![1, 3, 1, 2], vec![1.0, 1.0]));
        assert_eq!(numbers(json!({})).0, [1, 3, 4, 4]);
    }

    #[test]
    fn what_is_not_done_here_is_refused() {
        let error = |raw| processor(raw).err().unwrap().to_string();
        assert!(error(json!({ "size": { "shortest_edge": 9 } })).contains("shortest_edge"));
        assert!(error(json!({ "resample": 1 })).contains("filter 1"));
        assert!(error(json!({ "image_mean": [0.5] })).contains("three means"));
    }
}
