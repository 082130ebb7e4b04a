//! A model's weights by name, in the order they were made, with what training needs to know about them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::{Init, Module, Scope};
use crate::{Error, Result};

/// The weights of a model, its training flag and its random numbers. A clone is the same weights.
///
/// ```
/// use candle_core::Device;
/// use course_models::nn::{Init, Linear, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 42);
/// let layer = Linear::new(&parameters.root().pp("classifier"), 384, 2, true, Init::Normal { std: 0.02 })?;
/// let names = parameters.named().into_iter().map(|parameter| parameter.name).collect::<Vec<_>>();
/// assert_eq!(names, ["classifier.weight", "classifier.bias"]);
/// assert_eq!(parameters.count(), 384 * 2 + 2);
/// # let _ = layer;
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone)]
pub struct Parameters {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) device: Device,
    pub(super) dtype: DType,
    seed: AtomicU64,
    /// How many dropout masks were drawn.
    draws: AtomicU64,
    training: AtomicBool,
    switches: Arc<Switches>,
    /// How strong the noise on embeddings is, as the bits of an `f64`, and whether the model has embeddings that take it.
    noise: AtomicU64,
    can_be_noisy: AtomicBool,
    /// Whether layers are computed again in the backward pass, and whether the model has layers that can.
    checkpointing: AtomicBool,
    can_recompute: AtomicBool,
    names: RwLock<Names>,
    /// What parameters made from now on begin with, in place of random numbers.
    source: RwLock<Option<Source>>,
    about: RwLock<About>,
}

/// What every parameter must know of its model.
struct Switches {
    /// Off inside [`Parameters::no_grad`].
    recording: AtomicBool,
    /// Whether `f32` weights are rounded to `bf16` where a layer uses them.
    bf16: AtomicBool,
}

/// Reads what a file has under a name, if it has it.
pub(crate) type Source = Box<dyn Fn(&str) -> Option<Result<Tensor>> + Send + Sync>;

/// What files say that is not a number of the model's.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// The name that the weights were loaded by.
    pub(crate) origin: Option<String>,
    /// `adapter_config.json` of what was put beside the layers.
    pub(crate) adapter: Option<serde_json::Value>,
}

#[derive(Default)]
struct Names {
    ordered: Vec<Parameter>,
    /// Of names and of tied names: the place in `ordered`.
    places: HashMap<String, usize>,
    /// Of those that began with what the source has.
    taken: HashSet<String>,
    /// The layers that something can be put beside.
    modules: Vec<Module>,
}

/// One weight: a name and a [`Var`] that an optimizer changes in place.
#[derive(Clone)]
pub struct Parameter {
    /// Its name in the model's file: `encoder.layer.0.output.dense.weight`.
    pub name: String,
    /// The numbers.
    pub var: Var,
    trainable: Arc<AtomicBool>,
    switches: Arc<Switches>,
}

/// What [`Parameters::load`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Parameters that the file does not have; they keep the values they had.
    pub missing: Vec<String>,
    /// Tensors of the file that the model does not have.
    pub unexpected: Vec<String>,
    /// Parameters whose tensor in the file has another shape; they keep the values they had.
    pub mismatched: Vec<String>,
}

/// Where the random numbers of dropout are; kept in a checkpoint, so that a resumed run draws the same masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RandomState {
    /// The seed.
    pub seed: u64,
    /// How many masks were drawn.
    pub draws: u64,
}

impl Parameters {
    /// No weights yet; those to come are `f32` on `device`, drawn from `seed`.
    pub fn new(device: &Device, seed: u64) -> Self {
        Self::with_dtype(device, seed, DType::F32)
    }

    /// The same with weights of another type. Meant to follow [`new`](Self::new) at once: weights made before stay with
    /// the old value.
    pub fn dtype(self, dtype: DType) -> Self {
        Self::with_dtype(&self.shared.device, self.shared.seed.load(Ordering::Relaxed), dtype)
    }

    fn with_dtype(device: &Device, seed: u64, dtype: DType) -> Self {
        let shared = Shared {
            device: device.clone(),
            dtype,
            seed: AtomicU64::new(seed),
            draws: AtomicU64::new(0),
            training: AtomicBool::new(false),
            switches: Arc::new(Switches { recording: AtomicBool::new(true), bf16: AtomicBool::new(false) }),
            noise: AtomicU64::new(0),
            can_be_noisy: AtomicBool::new(false),
            checkpointing: AtomicBool::new(false),
            can_recompute: AtomicBool::new(false),
            names: RwLock::default(),
            source: RwLock::default(),
            about: RwLock::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The place where names begin.
    pub fn root(&self) -> Scope {
        Scope::new(self.clone(), String::new())
    }

    /// Where the weights are.
    pub fn device(&self) -> &Device {
        &self.shared.device
    }

    /// All parameters, in the order they were made; a tied one once.
    pub fn named(&self) -> Vec<Parameter> {
        self.names().ordered.clone()
    }

    /// Those that are not frozen.
    pub fn trainable(&self) -> Vec<Parameter> {
        self.names().ordered.iter().filter(|parameter| parameter.is_trainable()).cloned().collect()
    }

    /// The parameter of this name, or the one tied to it.
    pub fn get(&self, name: &str) -> Option<Parameter> {
        let names = self.names();
        names.places.get(name).and_then(|&place| names.ordered.get(place)).cloned()
    }

    /// Keeps the parameters whose name `matches` as they are from now on; returns how many that were trained are not any
    /// more.
    pub fn freeze(&self, matches: impl Fn(&str) -> bool) -> usize {
        self.set_trainable(matches, false)
    }

    /// Trains the parameters whose name `matches` from now on; returns how many that were frozen are not any more.
    pub fn unfreeze(&self, matches: impl Fn(&str) -> bool) -> usize {
        self.set_trainable(matches, true)
    }

    fn set_trainable(&self, matches: impl Fn(&str) -> bool, on: bool) -> usize {
        let names = self.names();
        let chosen = names.ordered.iter().filter(|parameter| matches(&parameter.name));
        chosen.filter(|parameter| parameter.trainable.swap(on, Ordering::Relaxed) != on).count()
    }

    /// The layers that an adapter can be put beside, in the order they were made.
    pub fn modules(&self) -> Vec<Module> {
        self.names().modules.clone()
    }

    pub(super) fn add_module(&self, module: Module) {
        self.names_mut().modules.push(module);
    }

    /// Lets go of the parameters whose name `matches`, and of names tied to them: those of an adapter that is part of the weights now. A
    /// layer that has one keeps it.
    pub(crate) fn remove(&self, matches: impl Fn(&str) -> bool) {
        let mut names = self.names_mut();
        let mut kept = Vec::new();
        let mut moved = HashMap::new();
        for (place, parameter) in std::mem::take(&mut names.ordered).into_iter().enumerate() {
            if !matches(&parameter.name) {
                moved.insert(place, kept.len());
                kept.push(parameter);
            }
        }
        names.ordered = kept;
        names.places = std::mem::take(&mut names.places)
            .into_iter()
            .filter_map(|(name, place)| Some((name, *moved.get(&place)?)))
            .collect();
    }

    /// What files say of the model beside its numbers.
    pub(crate) fn about(&self) -> About {
        self.shared.about.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_about(&self, change: impl FnOnce(&mut About)) {
        change(&mut self.shared.about.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// How many numbers the model has.
    pub fn count(&self) -> usize {
        self.names().ordered.iter().map(|parameter| parameter.var.elem_count()).sum()
    }

    /// How many of them are trained.
    pub fn count_trainable(&self) -> usize {
        self.trainable().iter().map(|parameter| parameter.var.elem_count()).sum()
    }

    /// Takes the values of the tensors that have a parameter's name, in the parameter's own type.
    ///
    /// # Errors
    /// A tensor of another shape, before anything is changed.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<Loaded> {
        for (name, tensor) in tensors {
            if let Some(parameter) = self.get(name).filter(|parameter| parameter.var.dims() != tensor.dims()) {
                return Err(Error::input(
                    "tensors",
                    format!(
                        "{name} has shape {:?}, but this model's {} is {:?}: is the configuration another model's, or the head \
                         made for another number of labels? `load_matching` leaves out what does not fit",
                        tensor.dims(),
                        parameter.name,
                        parameter.var.dims()
                    ),
                ));
            }
        }
        self.load_matching(tensors)
    }

    /// [`load`](Self::load) that leaves out, and names, the tensors whose shape does not fit.
    pub fn load_matching(&self, tensors: &BTreeMap<String, Tensor>) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        let mut found = HashSet::new();
        for (name, tensor) in tensors {
            let Some(parameter) = self.get(name) else {
                loaded.unexpected.push(name.clone());
                continue;
            };
            if parameter.var.dims() != tensor.dims() {
                loaded.mismatched.push(name.clone());
                continue;
            }
            // A tied name in the file is that of the same weights; the parameter's own name wins.
            if *name == parameter.name || !tensors.contains_key(&parameter.name) {
                let values = tensor.to_dtype(parameter.var.dtype())?.to_device(parameter.var.device())?.contiguous()?;
                parameter.var.set(&values)?;
            }
            found.insert(parameter.name);
        }
        let missing = self.named().into_iter().map(|parameter| parameter.name);
        loaded.missing = missing.filter(|name| !found.contains(name) && !loaded.mismatched.contains(name)).collect();
        Ok(loaded)
    }

    /// Names and values, to be saved; tied ones once, under the name they were made with.
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        self.names()
            .ordered
            .iter()
            .map(|parameter| (parameter.name.clone(), parameter.var.as_detached_tensor()))
            .collect()
    }

    /// Whether dropout drops: on in training, off (as it begins) for evaluation.
    pub fn set_training(&self, on: bool) {
        self.shared.training.store(on, Ordering::Relaxed);
    }

    /// Whether dropout drops.
    pub fn is_training(&self) -> bool {
        self.shared.training.load(Ordering::Relaxed)
    }

    /// Whether layers let go of their activations while the model trains and compute them again in the backward pass: a third more time for a
    /// fraction of the memory, with the same gradients.
    pub fn set_gradient_checkpointing(&self, on: bool) {
        self.shared.checkpointing.store(on, Ordering::Relaxed);
    }

    /// Whether layers compute their activations again.
    pub fn gradient_checkpointing(&self) -> bool {
        self.shared.checkpointing.load(Ordering::Relaxed)
    }

    /// Whether the model has layers that can compute their activations again.
    pub fn can_recompute(&self) -> bool {
        self.shared.can_recompute.load(Ordering::Relaxed)
    }

    pub(super) fn set_can_recompute(&self) {
        self.shared.can_recompute.store(true, Ordering::Relaxed);
    }

    /// Whether a graph is kept for a backward pass: not inside [`no_grad`](Self::no_grad).
    pub fn is_recording(&self) -> bool {
        self.shared.switches.recording.load(Ordering::Relaxed)
    }

    /// Whether layers compute in `bf16` with weights that stay `f32`: they are rounded where a layer uses them, and their gradients are `f32` again
    /// (mixed precision; on a CPU, where the layers themselves compute in `f32`, what comes out of each is rounded).
    pub fn set_bf16(&self, on: bool) {
        self.shared.switches.bf16.store(on, Ordering::Relaxed);
    }

    /// Whether layers compute in `bf16`.
    pub fn is_bf16(&self) -> bool {
        self.shared.switches.bf16.load(Ordering::Relaxed)
    }

    /// How strong the noise is that the embeddings of tokens get while the model trains (NEFTune, Jain et al., 2023): each number one between
    /// ±`alpha` / √(length · size). 0, as it begins, is none.
    pub fn set_neftune_noise_alpha(&self, alpha: f64) {
        self.shared.noise.store(alpha.to_bits(), Ordering::Relaxed);
    }

    /// How strong the noise on the embeddings of tokens is.
    pub fn neftune_noise_alpha(&self) -> f64 {
        f64::from_bits(self.shared.noise.load(Ordering::Relaxed))
    }

    /// Whether the model has embeddings that take such noise.
    pub fn can_be_noisy(&self) -> bool {
        self.shared.can_be_noisy.load(Ordering::Relaxed)
    }

    pub(super) fn set_can_be_noisy(&self) {
        self.shared.can_be_noisy.store(true, Ordering::Relaxed);
    }

    /// Runs `work` with no graph kept for a backward pass: an evaluation costs less memory so.
    ///
    /// ```
    /// # use course_models::nn::{Init, Linear, Parameters};
    /// # use candle_core::{DType, Device, Tensor};
    /// # let parameters = Parameters::new(&Device::Cpu, 0);
    /// # let layer = Linear::new(&parameters.root(), 2, 2, true, Init::Ones)?;
    /// let x = Tensor::ones((1, 2), DType::F32, &Device::Cpu)?;
    /// assert!(layer.forward(&x)?.track_op());
    /// assert!(!parameters.no_grad(|| layer.forward(&x))?.track_op());
    /// # Ok::<(), course_models::Error>(())
    /// ```
    pub fn no_grad<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Back to what it was, also when `work` panics.
        struct Restore<'a>(&'a AtomicBool, bool);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.store(self.1, Ordering::Relaxed);
            }
        }
        let recording = &self.shared.switches.recording;
        let _restore = Restore(recording, recording.swap(false, Ordering::Relaxed));
        work()
    }

    /// Where the random numbers are.
    pub fn random_state(&self) -> RandomState {
        RandomState { seed: self.shared.seed.load(Ordering::Relaxed), draws: self.shared.draws.load(Ordering::Relaxed) }
    }

    /// Goes on with the random numbers from there.
    pub fn set_random_state(&self, state: RandomState) {
        self.shared.seed.store(state.seed, Ordering::Relaxed);
        self.shared.draws.store(state.draws, Ordering::Relaxed);
    }

    /// The state for one mask; the next call gets another.
    pub(super) fn draw(&self) -> RandomState {
        RandomState {
            seed: self.shared.seed.load(Ordering::Relaxed),
            draws: self.shared.draws.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Parameters made from now on begin with what `source` has under their name, if it has their shape. Random numbers for what a
    /// file has would cost more than reading it, and all of the file at once would be the memory of a second model.
    pub(crate) fn set_source(&self, source: Source) {
        *self.shared.source.write().unwrap_or_else(PoisonError::into_inner) = Some(source);
    }

    /// Lets go of the source; returns the names of the parameters that began with what it has.
    pub(crate) fn end_source(&self) -> HashSet<String> {
        *self.shared.source.write().unwrap_or_else(PoisonError::into_inner) = None;
        std::mem::take(&mut self.names_mut().taken)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn create(&self, name: String, shape: &[usize], init: Init) -> Result<Parameter> {
        let shared = &self.shared;
        if self.names().places.contains_key(&name) {
            return Err(Error::input(
                "name",
                format!("{name} is there already: give the layer a place of its own with `pp`, or share it with `tie`"),
            ));
        }
        let stored = {
            let source = shared.source.read().unwrap_or_else(PoisonError::into_inner);
            source.as_ref().and_then(|read| read(&name)).transpose()?
        };
        let stored = stored.filter(|tensor| tensor.dims() == shape);
        let taken = stored.is_some();
        let values = match stored {
            Some(values) => values.contiguous()?,
            None => init.draw(shape, shared.seed.load(Ordering::Relaxed), &name)?,
        };
        let values = values.to_dtype(shared.dtype)?.to_device(&shared.device)?;
        let parameter = Parameter {
            name: name.clone(),
            var: Var::from_tensor(&values)?,
            trainable: Arc::new(AtomicBool::new(true)),
            switches: Arc::clone(&shared.switches),
        };
        let mut names = self.names_mut();
        let place = names.ordered.len();
        if taken {
            names.taken.insert(name.clone());
        }
        names.places.insert(name, place);
        names.ordered.push(parameter.clone());
        Ok(parameter)
    }

    pub(super) fn tie(&self, name: String, to: &str) {
        let mut names = self.names_mut();
        if let Some(&place) = names.places.get(to) {
            names.places.entry(name).or_insert(place);
        }
    }

    fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.shared.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn names_mut(&self) -> RwLockWriteGuard<'_, Names> {
        self.shared.names.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parameter {
    /// Whether it is trained.
    pub fn is_trainable(&self) -> bool {
        self.trainable.load(Ordering::Relaxed)
    }

    /// The values as a layer uses them: of a trained parameter the variable itself, of a frozen one, or inside
    /// [`Parameters::no_grad`], a tensor that no gradient is computed for; rounded where the model computes in `bf16`.
    pub fn tensor(&self) -> Tensor {
        let values = self.stored();
        match self.rounds() {
            // A device without room for it says so at the operation that the types do not fit.
            true => values.to_dtype(DType::BF16).unwrap_or(values),
            false => values,
        }
    }

    /// The values as they are kept, for a layer that uses few of them and rounds those.
    pub(super) fn stored(&self) -> Tensor {
        if self.is_trainable() && self.switches.recording.load(Ordering::Relaxed) {
            self.var.as_tensor().clone()
        } else {
            self.var.as_detached_tensor()
        }
    }

    /// Whether layers use them rounded to `bf16`.
    pub(super) fn rounds(&self) -> bool {
        self.var.dtype() == DType::F32 && self.switches.bf16.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frozen = if self.is_trainable() { "" } else { ", frozen" };
        write!(f, "{} {:?} {:?}{frozen}", self.name, self.var.dims(), self.var.dtype())
    }
}

impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names().ordered.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (Parameters, Parameter, Parameter) {
        let parameters = Parameters::new(&Device::Cpu, 1);
        let scope = parameters.root();
        let table = scope.pp("embeddings").get(&[3, 2], "weight", Init::Normal { std: 1.0 }).unwrap();
        let bias = scope.pp("head").get(&[3], "bias", Init::Zeros).unwrap();
        scope.pp("head").tie("weight", &table);
        (parameters, table, bias)
    }

    fn tensors(of: &[(&str, Tensor)]) -> BTreeMap<String, Tensor> {
        of.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.clone())).collect()
    }

    fn holding(file: &[(&str, Tensor)]) -> Source {
        let file = tensors(file);
        Box::new(move |name: &str| file.get(name).cloned().map(Ok))
    }

    fn filled(value: f32, shape: &[usize]) -> Tensor {
        Tensor::full(value, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn tied_weights_are_one_parameter_with_two_names() {
        let (parameters, table, _) = two();
        assert_eq!(parameters.count(), 9);
        assert_eq!(parameters.get("head.weight").unwrap().var.id(), table.var.id());
        assert_eq!(
            parameters.tensors().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["embeddings.weight", "head.bias"]
        );
        // A file may have either name, or both; then the parameter's own counts.
        let only_tied = tensors(&[("head.weight", filled(2.0, &[3, 2])), ("head.bias", filled(1.0, &[3]))]);
        assert_eq!(parameters.load(&only_tied).unwrap(), Loaded::default());
        assert_eq!(table.var.sum_all().unwrap().to_scalar::<f32>().unwrap(), 12.0);
        let both = tensors(&[("embeddings.weight", filled(1.0, &[3, 2])), ("head.weight", filled(5.0, &[3, 2]))]);
        assert_eq!(parameters.load(&both).unwrap().missing, ["head.bias"]);
        assert_eq!(table.var.sum_all().unwrap().to_scalar::<f32>().unwrap(), 6.0);
    }

    #[test]
    fn loading_says_what_does_not_fit() {
        let (parameters, table, bias) = two();
        let before = table.var.to_vec2::<f32>().unwrap();
        let file = tensors(&[
            ("embeddings.weight", filled(0.0, &[3, 5])),
            ("head.bias", filled(4.0, &[3])),
            ("pooler", filled(0.0, &[1])),
        ]);
        let error = parameters.load(&file).unwrap_err().to_string();
        assert!(error.contains("embeddings.weight") && error.contains("[3, 5]") && error.contains("[3, 2]"), "{error}");
        assert_eq!(bias.var.to_vec1::<f32>().unwrap(), [0.0; 3]);
        let loaded = parameters.load_matching(&file).unwrap();
        assert_eq!(loaded.unexpected, ["pooler"]);
        assert_eq!(loaded.mismatched, ["embeddings.weight"]);
        assert_eq!(table.var.to_vec2::<f32>().unwrap(), before);
        assert_eq!(bias.var.to_vec1::<f32>().unwrap(), [4.0; 3]);
    }

    #[test]
    fn values_take_the_parameters_type() {
        let parameters = Parameters::new(&Device::Cpu, 1).dtype(DType::BF16);
        let weight = parameters.root().get(&[2], "weight", Init::Ones).unwrap();
        assert_eq!(weight.var.dtype(), DType::BF16);
        parameters.load(&tensors(&[("weight", filled(3.0, &[2]))])).unwrap();
        assert_eq!(weight.var.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap(), [3.0; 2]);
    }

    #[test]
    fn freezing_counts_what_it_changes() {
        let (parameters, table, bias) = two();
        assert_eq!(parameters.freeze(|name| name.starts_with("embeddings")), 1);
        assert_eq!(parameters.freeze(|_| true), 1);
        assert_eq!((parameters.count_trainable(), parameters.trainable().len()), (0, 0));
        assert!(!table.is_trainable() && !table.tensor().track_op());
        assert_eq!(parameters.unfreeze(|name| name.ends_with("bias")), 1);
        assert!(bias.tensor().is_variable());
        assert_eq!(parameters.count_trainable(), 3);
    }

    #[test]
    fn no_grad_ends_also_by_a_panic() {
        let (parameters, table, _) = two();
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parameters.no_grad(|| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert!(table.tensor().is_variable());
        assert!(!parameters.no_grad(|| table.tensor().track_op()));
    }

    #[test]
    fn what_a_file_has_is_not_drawn() {
        let (drawn, table, _) = two();
        let parameters = Parameters::new(&Device::Cpu, 1);
        let file = [("embeddings.weight", filled(2.0, &[3, 2])), ("other.weight", filled(2.0, &[9]))];
        parameters.set_source(holding(&file));
        let taken = parameters.root().pp("embeddings").get(&[3, 2], "weight", Init::Normal { std: 1.0 }).unwrap();
        assert_eq!(taken.var.to_vec2::<f32>().unwrap(), [[2.0; 2]; 3]);
        // Of another shape, or when the file is put away: as ever.
        let other = parameters.root().pp("other").get(&[3, 2], "weight", Init::Zeros).unwrap();
        assert_eq!(other.var.to_vec2::<f32>().unwrap(), [[0.0; 2]; 3]);
        assert_eq!(parameters.end_source(), HashSet::from(["embeddings.weight".to_owned()]));
        let again = Parameters::new(&Device::Cpu, 1);
        again.set_source(holding(&[("embeddings.weight", filled(2.0, &[3, 2]))]));
        assert!(again.end_source().is_empty());
        let again = again.root().pp("embeddings").get(&[3, 2], "weight", Init::Normal { std: 1.0 }).unwrap();
        assert_eq!(again.var.to_vec2::<f32>().unwrap(), table.var.to_vec2::<f32>().unwrap());
        assert_eq!(drawn.count(), 9);
    }

    #[test]
    fn a_name_is_given_once() {
        let (parameters, ..) = two();
        let error = parameters.root().pp("head").get(&[3], "bias", Init::Zeros).unwrap_err().to_string();
        assert!(error.contains("head.bias is there already"), "{error}");
    }

    #[test]
    fn random_state_survives_serde() {
        let (parameters, ..) = two();
        let _ = parameters.draw();
        let state = parameters.random_state();
        let copy = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(state, RandomState { seed: 1, draws: 1 });
        parameters.set_random_state(copy);
        assert_eq!(parameters.draw().draws, 1);
    }
}
