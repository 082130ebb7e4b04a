//! From a folder or a name on the Hub to a model that trains: configuration, weights, and what of them was not there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};
use course_display::{Bundle, Rich, escape};
use course_hub::{Gguf, Repo};
use serde_json::{Map, Value};

use super::auto::{base_prefix, model_from_config, model_type};
use super::{Labels, Model, ProblemType, Task, llama_gguf};
use crate::error::few;
use crate::generation::ENTRIES;
use crate::nn::{Loaded, Parameters, Source};
use crate::peft;
use crate::{Error, Result};

/// How to load a model; [`model`](Self::model) does it.
///
/// ```no_run
/// use course_models::architectures::AutoModelForSequenceClassification;
///
/// let model = AutoModelForSequenceClassification::load("sentence-transformers/all-MiniLM-L6-v2")
///     .id2label(["negative", "positive"])
///     .seed(42)
///     .model()?;
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LoadModel {
    name: String,
    task: Task,
    seed: u64,
    device: Device,
    dtype: DType,
    ignore_mismatched_sizes: bool,
    merge_adapter: bool,
    settings: Map<String, Value>,
}

impl LoadModel {
    /// The model of this name, a folder or a name on the Hub, with the head for `task`.
    pub fn new(name: &str, task: Task) -> Self {
        Self {
            name: name.to_owned(),
            task,
            seed: 42,
            device: Device::Cpu,
            dtype: DType::F32,
            ignore_mismatched_sizes: false,
            merge_adapter: true,
            settings: Map::new(),
        }
    }

    /// How many classes the head has; default: those of the file, or two.
    #[must_use]
    pub fn num_labels(self, count: usize) -> Self {
        self.labels(&Labels::numbered(count)).config("num_labels", count)
    }

    /// The names of the classes, in the order of their numbers.
    #[must_use]
    pub fn id2label(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect::<Vec<String>>();
        let count = names.len();
        self.labels(&Labels { names, problem_type: None }).config("num_labels", count)
    }

    fn labels(mut self, labels: &Labels) -> Self {
        let numbered = labels.names.iter().enumerate();
        let names = numbered.map(|(id, name)| (id.to_string(), Value::from(name.as_str()))).collect::<Map<_, _>>();
        self.settings.insert("id2label".into(), names.into());
        self
    }

    /// What the head's numbers mean; default: told by the labels' type.
    #[must_use]
    pub fn problem_type(self, problem: ProblemType) -> Self {
        self.config("problem_type", serde_json::to_value(problem).unwrap_or_default())
    }

    /// Another value for an entry of `config.json`: `.config("hidden_dropout_prob", 0.0)`.
    #[must_use]
    pub fn config(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// What fresh weights and dropout are drawn from; default 42.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where the weights go; default the CPU.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// The number format of the weights; default `f32`.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }

    /// Whether weights of another shape in the file are left out and begin anew, as a head's with another number of classes; default
    /// no: they are an error.
    #[must_use]
    pub fn ignore_mismatched_sizes(mut self, on: bool) -> Self {
        self.ignore_mismatched_sizes = on;
        self
    }

    /// Whether an adapter becomes part of the weights of its model, to be used; default yes. Else it stays beside them and trains, and the
    /// model's own weights are frozen. Of a name that is no adapter it changes nothing.
    #[must_use]
    pub fn merge_adapter(mut self, on: bool) -> Self {
        self.merge_adapter = on;
        self
    }

    /// The model; says on the error stream which weights are new. A folder with an adapter of Python's `peft` gives the model that it
    /// was trained beside, with what it has learned.
    ///
    /// # Errors
    /// When it is not found, is of another architecture, or its files do not fit together.
    pub fn model(self) -> Result<Box<dyn Model>> {
        let LoadedModel { model, report } = self.loaded()?;
        if !report.new.is_empty() {
            eprintln!("{report}");
        }
        Ok(model)
    }

    /// The model, and what was and was not in its file.
    ///
    /// # Errors
    /// As [`model`](Self::model).
    pub fn loaded(self) -> Result<LoadedModel> {
        let repo = course_hub::resolve(&self.name)?;
        match peft::adapter_of(&repo)? {
            Some(adapter) => self.adapted(&repo, &adapter),
            None => self.whole(&repo),
        }
    }

    /// The model that an adapter was trained beside, with the adapter.
    fn adapted(mut self, repo: &Repo, adapter: &peft::LoraConfig) -> Result<LoadedModel> {
        let merge = self.merge_adapter;
        let base = resolve_base(repo, adapter)?;
        let labels = peft::head_beside(repo)?;
        self.settings = labels.into_iter().chain(self.settings).collect();
        // The adapter has a head of its own.
        self.ignore_mismatched_sizes |= adapter.modules_to_save.is_some();
        let LoadedModel { model, mut report } = self.whole(&base)?;
        let taken = peft::load_from(model.as_ref(), repo, adapter)?;
        let is_taken = |new: &String| taken.iter().any(|name| new.split(' ').next() == Some(name.as_str()));
        report.new.retain(|new| !is_taken(new));
        report.source = format!("the adapter {} from {}, beside {}", repo.name(), repo.source(), report.source);
        if merge {
            peft::merge_lora(model.as_ref())?;
        }
        Ok(LoadedModel { model, report })
    }

    fn whole(self, repo: &Repo) -> Result<LoadedModel> {
        let gguf = gguf(repo)?;
        let mut config = match &gguf {
            Some(gguf) => llama_gguf::config(gguf)?,
            None if self.task == Task::Seq2SeqLm => with_generation_config(repo.read_json("config.json")?, repo)?,
            None => repo.read_json("config.json")?,
        };
        if let Value::Object(config) = &mut config {
            config.extend(self.settings);
        }
        let prefix = base_prefix(model_type(&config)?);
        let file = Arc::new(match gguf {
            Some(gguf) => llama_gguf::weights(gguf)?,
            None => weights(repo)?,
        });
        let parameters = Parameters::new(&self.device, self.seed).dtype(self.dtype);
        parameters.set_source(source(&file, prefix));
        parameters.set_about(|about| about.origin = Some(repo.name().to_owned()));
        let model = model_from_config(config, self.task, parameters)?;
        let parameters = model.parameters();
        let taken = parameters.end_source();
        // What is left: tensors of another shape, those that only a tied weight's other name has, and those that are not known.
        let (mut unknown, mut known) = (Vec::new(), BTreeMap::new());
        for name in &file.names {
            let own = |known_as: String| parameters.get(&known_as).map(|parameter| (known_as, parameter.name));
            match candidates(name, prefix).find_map(own) {
                Some((_, own)) if taken.contains(&own) => {}
                Some((known_as, _)) => drop(known.insert(known_as, file.read(name)?)),
                None => unknown.push(name.clone()),
            }
        }
        let mut loaded =
            if self.ignore_mismatched_sizes { parameters.load_matching(&known)? } else { parameters.load(&known)? };
        loaded.missing.retain(|name| !taken.contains(name));
        if known.is_empty() && taken.is_empty() && parameters.count() > 0 {
            let problem =
                format!("has no weight of {}; its tensors are {}", model.architecture(), few(&unknown, SHOWN));
            return Err(Error::model(repo.name(), problem));
        }
        let report = LoadingReport::new(model.as_ref(), repo, loaded, unknown);
        Ok(LoadedModel { model, report })
    }
}

/// The configuration with what `generation_config.json` says of writing, where a repository has that file.
fn with_generation_config(mut config: Value, repo: &Repo) -> Result<Value> {
    const FILE: &str = "generation_config.json";
    if let Some(config) = config.as_object_mut().filter(|_| repo.has(FILE)) {
        let own: Value = repo.read_json(FILE)?;
        let written = ENTRIES.iter().filter_map(|name| Some(((*name).to_owned(), own.get(name)?.clone())));
        config.extend(written.filter(|(_, value)| !value.is_null()));
    }
    Ok(config)
}

/// A model fresh from its file.
#[derive(Debug)]
pub struct LoadedModel {
    /// The model.
    pub model: Box<dyn Model>,
    /// What was and was not in its file.
    pub report: LoadingReport,
}

/// The files of the model that an adapter was trained beside.
pub(super) fn resolve_base(repo: &Repo, adapter: &peft::LoraConfig) -> Result<Repo> {
    match adapter.base_model_name_or_path.as_deref().filter(|name| !name.is_empty()) {
        Some(base) => Ok(course_hub::resolve(base)?),
        None => Err(Error::model(
            repo.name(),
            "is an adapter that does not say what it was trained beside (`base_model_name_or_path`); load that model, and \
             `peft::load_adapter` puts this beside it",
        )),
    }
}

/// The GGUF file of a repository that has no other weights.
pub(super) fn gguf(repo: &Repo) -> Result<Option<Gguf>> {
    const OTHERS: [&str; 3] = ["model.safetensors", "model.safetensors.index.json", PYTORCH];
    if OTHERS.iter().any(|file| repo.has(file)) {
        return Ok(None);
    }
    let file = repo.first_with_extension("gguf");
    Ok(file.map(|file| Gguf::open(repo.file(&file)?)).transpose()?)
}

/// Names of tensors that a message lists.
const SHOWN: usize = 6;

/// PyTorch's own format.
const PYTORCH: &str = "pytorch_model.bin";

/// Reads the tensor of a name.
type Read = dyn Fn(&str) -> Result<Tensor> + Send + Sync;

/// The tensors of a repository's files, each read when it is asked for.
pub(super) struct FileWeights {
    names: Vec<String>,
    read: Box<Read>,
}

impl FileWeights {
    /// Those of these names, which `read` reads.
    pub(super) fn new(names: Vec<String>, read: impl Fn(&str) -> Result<Tensor> + Send + Sync + 'static) -> Self {
        Self { names, read: Box::new(read) }
    }

    fn read(&self, name: &str) -> Result<Tensor> {
        course_wire::interrupt::check()?;
        (self.read)(name)
    }
}

/// The weights of a repository, from safetensors or from PyTorch's own format, which is read without running what it holds.
fn weights(repo: &Repo) -> Result<FileWeights> {
    let safe = repo.has("model.safetensors") || repo.has("model.safetensors.index.json");
    if !safe && repo.has(PYTORCH) {
        let tensors = PthTensors::new(repo.file(PYTORCH)?, None)?;
        let mut names = tensors.tensor_infos().keys().cloned().collect::<Vec<_>>();
        names.sort();
        let missing = |name: &str| Error::model(PYTORCH, format!("has no numbers for the tensor `{name}`"));
        return Ok(FileWeights::new(names, move |name: &str| tensors.get(name)?.ok_or_else(|| missing(name))));
    }
    let weights = repo.weights()?;
    let names = weights.names().map(str::to_owned).collect();
    Ok(FileWeights::new(names, move |name: &str| Ok(weights.get(name, &Device::Cpu)?)))
}

/// What parameters take from a file, under whichever of the names they may have there.
fn source(file: &Arc<FileWeights>, prefix: &'static str) -> Source {
    let named = |name: &String| candidates(name, prefix).map(|known_as| (known_as, name.clone())).collect::<Vec<_>>();
    let places = file.names.iter().flat_map(named).collect::<HashMap<_, _>>();
    let file = Arc::clone(file);
    Box::new(move |name: &str| places.get(name).map(|place| file.read(place)))
}

/// What a model may call this tensor of a file: with or without the encoder's prefix, the norms' old names made new.
fn candidates(name: &str, prefix: &str) -> impl Iterator<Item = String> {
    let renewed = match name.rsplit_once('.') {
        Some((layer, "gamma")) => format!("{layer}.weight"),
        Some((layer, "beta")) => format!("{layer}.bias"),
        _ => name.to_owned(),
    };
    let without = renewed.strip_prefix(prefix).and_then(|name| name.strip_prefix('.')).map(str::to_owned);
    let with = format!("{prefix}.{renewed}");
    [Some(renewed), Some(with), without].into_iter().flatten()
}

/// What of a model was in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadingReport {
    /// The model's class.
    pub architecture: &'static str,
    /// Its name, and where it came from.
    pub source: String,
    /// Weights that were not in the file, or had another shape there, and begin with random numbers.
    pub new: Vec<String>,
    /// Tensors of the file that the model has no place for.
    pub unused: Vec<String>,
}

impl LoadingReport {
    fn new(model: &dyn Model, repo: &Repo, loaded: Loaded, unused: Vec<String>) -> Self {
        let reshaped = loaded.mismatched.into_iter().map(|name| format!("{name} (another shape in the file)"));
        Self {
            architecture: model.architecture(),
            source: format!("{} from {}", repo.name(), repo.source()),
            new: loaded.missing.into_iter().chain(reshaped).collect(),
            // Counted, not learned: older files have it.
            unused: unused.into_iter().filter(|name| !name.ends_with("position_ids")).collect(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.architecture, self.source)];
        lines.extend(
            self.new.iter().map(|name| format!("{name}: new, not in the file; train it before you use the model")),
        );
        lines.extend((!self.unused.is_empty()).then(|| format!("not used of the file: {}", few(&self.unused, SHOWN))));
        if self.new.is_empty() {
            lines.push("all weights of the model are in the file".into());
        }
        lines
    }
}

impl std::fmt::Display for LoadingReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.lines().join("\n"))
    }
}

/// What is new and what was not used, a line each.
impl Rich for LoadingReport {
    fn rich(&self) -> Bundle {
        let html = self.lines().iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br>");
        Bundle::html(html, self.to_string())
    }
}
