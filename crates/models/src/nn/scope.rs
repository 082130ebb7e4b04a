//! A place in the tree of a model's parameter names.

use std::fmt::Display;

use candle_core::{DType, Device};

use super::modules::Slot;
use super::{Dropout, Init, Module, ModuleWeight, Parameter, Parameters};
use crate::Result;

/// A place in the tree of names, where a layer makes its parameters: `encoder.layer.0`.
///
/// ```
/// # use course_models::nn::{Init, Parameters};
/// let parameters = Parameters::new(&candle_core::Device::Cpu, 0);
/// let layer = parameters.root().pp("encoder.layer").pp(0);
/// let weight = layer.get(&[2, 3], "weight", Init::Zeros)?;
/// assert_eq!(weight.name, "encoder.layer.0.weight");
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone)]
pub struct Scope {
    parameters: Parameters,
    path: String,
}

impl Scope {
    pub(super) fn new(parameters: Parameters, path: String) -> Self {
        Self { parameters, path }
    }

    /// The place `name` inside this one.
    pub fn pp(&self, name: impl Display) -> Scope {
        Self { parameters: self.parameters.clone(), path: self.name(&name.to_string()) }
    }

    /// Makes the parameter `name` here.
    ///
    /// # Errors
    /// The name is taken.
    pub fn get(&self, shape: &[usize], name: &str, init: Init) -> Result<Parameter> {
        self.parameters.create(self.name(name), shape, init)
    }

    /// Says that the layer here multiplies with `weight`; returns the place beside it, for the layer to look at.
    pub(super) fn module(&self, weight: ModuleWeight) -> Slot {
        let slot = Slot::default();
        self.parameters.add_module(Module::new(self.path.clone(), weight, &slot));
        slot
    }

    /// Makes `name` here another name of the parameter `to`: as GPT-2's `lm_head.weight` of its `wte.weight`.
    pub fn tie(&self, name: &str, to: &Parameter) {
        self.parameters.tie(self.name(name), &to.name);
    }

    /// Dropout with this model's training flag and random numbers; `p` is the share that is dropped.
    pub fn dropout(&self, p: f32) -> Dropout {
        Dropout::new(self.parameters.clone(), p)
    }

    /// The parameters this is a place of.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The names so far, with a point between: `encoder.layer.0`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where parameters are put.
    pub fn device(&self) -> &Device {
        &self.parameters.shared().device
    }

    /// The type of the parameters.
    pub fn dtype(&self) -> DType {
        self.parameters.shared().dtype
    }

    fn name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
