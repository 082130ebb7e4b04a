//! A rule applied to all parameters, and what it remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};

use super::apply::apply;
use super::{Buffer, Gradients, Numbers, ParameterGroup};
use crate::{Error, Result};

/// How one parameter moves along its gradient.
pub trait Rule: Send + Sync {
    /// Its name, as in `TrainingArguments::optim`.
    fn name(&self) -> &'static str;

    /// What it remembers of a parameter of this shape, before the first step.
    fn buffers(&self, shape: &[usize]) -> Vec<Buffer>;

    /// Moves the weights. The gradient is still to be multiplied with [`Now::gradient_factor`].
    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now);
}

/// What holds at a step.
#[derive(Debug, Clone)]
pub struct Now<'s> {
    /// How far to go.
    pub learning_rate: f64,
    /// How much of a weight is taken away, times the learning rate.
    pub weight_decay: f64,
    /// Which step it is, counted from 1.
    pub step: u64,
    /// What the numbers of the gradient are to be multiplied with: clipping.
    pub gradient_factor: f32,
    /// The parameter's shape.
    pub shape: &'s [usize],
}

/// Moves parameters along their gradients by a [`Rule`].
pub struct Optimizer {
    rule: Arc<dyn Rule>,
    groups: Vec<ParameterGroup>,
    /// As many as there are parameters, in the order of the groups.
    memories: Vec<Memory>,
    step: u64,
}

#[derive(Default)]
struct Memory {
    /// Empty until the first step.
    buffers: Vec<Buffer>,
    master: Option<Vec<f32>>,
}

/// What an [`Optimizer`] remembers: tensors under names such as `exp_avg.classifier.weight`, and how many steps it made.
#[derive(Debug, Clone)]
pub struct OptimizerState {
    /// The steps made so far.
    pub step: u64,
    /// Flat tensors, on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
}

/// Under this name the f32 copies of bf16 and f16 weights are saved.
const MASTER: &str = "master";

impl Optimizer {
    /// An optimizer of these parameters.
    ///
    /// # Errors
    /// [`Error::Argument`] where a parameter is in two groups, or in none at all.
    pub fn new(rule: impl Rule + 'static, groups: Vec<ParameterGroup>) -> Result<Self> {
        Self::shared(Arc::new(rule), groups)
    }

    pub(crate) fn shared(rule: Arc<dyn Rule>, groups: Vec<ParameterGroup>) -> Result<Self> {
        let mut names: Vec<&str> = groups.iter().flat_map(ParameterGroup::names).collect();
        if names.is_empty() {
            return Err(Error::argument("parameters", "there is none to train; is everything frozen?"));
        }
        let count = names.len();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(Error::argument("groups", format!("{:?} is in them twice", pair.first().unwrap_or(&""))));
        }
        let memories = (0..count).map(|_| Memory::default()).collect();
        Ok(Self { rule, groups, memories, step: 0 })
    }

    /// The name of its rule.
    pub fn name(&self) -> &'static str {
        self.rule.name()
    }

    /// The groups.
    pub fn groups(&self) -> &[ParameterGroup] {
        &self.groups
    }

    /// How many steps it made.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Names and variables of all parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Var)> {
        self.groups.iter().flat_map(|group| group.parameters.iter().cloned())
    }

    /// Moves every parameter that has a gradient.
    ///
    /// # Errors
    /// [`Error::Tensor`] where gradient and weights differ in shape.
    pub fn step(&mut self, gradients: &Gradients, learning_rate: f64) -> Result<()> {
        self.step += 1;
        let by_name: BTreeMap<&str, &Tensor> = gradients.iter().collect();
        let parameters =
            self.groups.iter().flat_map(|group| group.parameters.iter().map(move |parameter| (group, parameter)));
        for ((group, (name, var)), memory) in parameters.zip(&mut self.memories) {
            let Some(gradient) = by_name.get(name.as_str()) else { continue };
            let shape = var.as_tensor().dims();
            if memory.buffers.is_empty() {
                memory.buffers = self.rule.buffers(shape);
            }
            let now = Now {
                learning_rate: learning_rate * group.rate_factor,
                weight_decay: group.weight_decay,
                step: self.step,
                gradient_factor: gradients.factor() as f32,
                shape,
            };
            let (rule, buffers) = (&self.rule, &mut memory.buffers);
            let mut kernel = |weights: &mut [f32], gradient: &[f32]| rule.update(weights, gradient, buffers, &now);
            apply(var, gradient, &mut memory.master, &mut kernel)?;
        }
        Ok(())
    }

    /// How many bytes it remembers.
    pub fn memory(&self) -> usize {
        let bytes = |buffer: &Buffer| match &buffer.numbers {
            Numbers::F32(numbers) => 4 * numbers.len(),
            Numbers::U8(codes) => codes.len(),
        };
        let of = |memory: &Memory| {
            memory.buffers.iter().map(bytes).sum::<usize>() + 4 * memory.master.as_ref().map_or(0, Vec::len)
        };
        self.memories.iter().map(of).sum()
    }

    /// What it remembers, to be saved.
    ///
    /// # Errors
    /// [`Error::Tensor`].
    pub fn state(&self) -> Result<OptimizerState> {
        let mut tensors = BTreeMap::new();
        for ((name, _), memory) in self.parameters().zip(&self.memories) {
            for buffer in &memory.buffers {
                tensors.insert(format!("{}.{name}", buffer.name), buffer.to_tensor()?);
            }
            if let Some(master) = &memory.master {
                let master = Tensor::from_slice(master, master.len(), &Device::Cpu)?;
                tensors.insert(format!("{MASTER}.{name}"), master);
            }
        }
        Ok(OptimizerState { step: self.step, tensors })
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// [`Error::Data`] naming what is missing, is too much or of another size.
    pub fn load_state(&mut self, state: &OptimizerState) -> Result<()> {
        let mut used = 0;
        let parameters: Vec<(String, Var)> = self.parameters().collect();
        for ((name, var), memory) in parameters.iter().zip(&mut self.memories) {
            let mut buffers = self.rule.buffers(var.as_tensor().dims());
            let there = buffers.iter().filter(|buffer| state.tensors.contains_key(&format!("{}.{name}", buffer.name)));
            // A parameter that never got a gradient has no state.
            let there = there.count();
            if there > 0 || buffers.is_empty() {
                for buffer in &mut buffers {
                    let place = format!("{}.{name}", buffer.name);
                    let saved = state.tensors.get(&place).ok_or_else(|| {
                        Error::data(
                            &place,
                            format!("it is not in the saved state of the optimizer {}", self.rule.name()),
                        )
                    })?;
                    buffer.load(&place, saved)?;
                    used += 1;
                }
                memory.buffers = buffers;
            }
            memory.master = match state.tensors.get(&format!("{MASTER}.{name}")) {
                Some(master) => {
                    used += 1;
                    Some(master.to_vec1()?)
                }
                None => None,
            };
        }
        if used != state.tensors.len() {
            let known: Vec<&String> = parameters.iter().map(|(name, _)| name).collect();
            let other = state.tensors.keys().find(|place| !known.iter().any(|name| place.ends_with(name.as_str())));
            let what = other.or(state.tensors.keys().next()).cloned().unwrap_or_default();
            return Err(Error::data(
                what,
                format!("the saved state holds more than the optimizer {} of this model knows", self.rule.name()),
            ));
        }
        self.step = state.step;
        Ok(())
    }
}

impl Optimizer {
    /// The bytes that it will remember from the first step on, before that.
    pub(crate) fn bytes_to_come(&self) -> u64 {
        if self.step > 0 {
            return 0;
        }
        let parameters = self.groups.iter().flat_map(|group| &group.parameters);
        let bytes = |numbers: &Numbers| match numbers {
            Numbers::F32(numbers) => numbers.len() * 4,
            Numbers::U8(codes) => codes.len(),
        };
        let of = |dims: &[usize]| self.rule.buffers(dims).iter().map(|buffer| bytes(&buffer.numbers)).sum::<usize>();
        parameters.map(|(_, var)| of(var.dims()) as u64).sum()
    }
}

impl std::fmt::Debug for Optimizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Optimizer({}, {} parameters, step {})", self.name(), self.memories.len(), self.step)
    }
}
