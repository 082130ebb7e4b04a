//! The layers of a model that something can be put beside, by name: where LoRA finds them.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::{Lora, Parameter};

/// A layer that an adapter can be put beside. Each layer that is made in a [`Scope`](super::Scope) and multiplies with a matrix is
/// one; [`Parameters::modules`](super::Parameters::modules) lists them.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name in the model: `encoder.layer.0.attention.self.query`.
    pub name: String,
    /// What it multiplies with.
    pub weight: ModuleWeight,
    slot: Weak<RwLock<Option<Arc<Lora>>>>,
}

/// What a layer multiplies with, and how that lies in memory.
#[derive(Clone, Debug)]
pub enum ModuleWeight {
    /// Of `(outputs, inputs)`: a [`Linear`](super::Linear).
    Linear(Parameter),
    /// Of `(inputs, outputs)`: a [`Conv1d`](super::Conv1d).
    Conv1d(Parameter),
}

impl ModuleWeight {
    /// The parameter.
    pub fn parameter(&self) -> &Parameter {
        match self {
            Self::Linear(weight) | Self::Conv1d(weight) => weight,
        }
    }

    /// Inputs and outputs of the layer.
    pub fn sizes(&self) -> (usize, usize) {
        let size = |place: usize| self.parameter().var.dims().get(place).copied().unwrap_or(0);
        match self {
            Self::Linear(_) => (size(1), size(0)),
            Self::Conv1d(_) => (size(0), size(1)),
        }
    }
}

impl Module {
    pub(super) fn new(name: String, weight: ModuleWeight, slot: &Slot) -> Self {
        Self { name, weight, slot: Arc::downgrade(&slot.0) }
    }

    /// What is beside the layer now.
    pub fn adapter(&self) -> Option<Arc<Lora>> {
        self.slot.upgrade().and_then(|slot| Slot(slot).get())
    }

    /// Puts something beside the layer, or takes it away; false when the layer is no more.
    pub(crate) fn set_adapter(&self, adapter: Option<Lora>) -> bool {
        let Some(slot) = self.slot.upgrade() else { return false };
        *slot.write().unwrap_or_else(PoisonError::into_inner) = adapter.map(Arc::new);
        true
    }
}

/// The place beside a layer, which its clones share. The layer owns it, and what lists modules only knows it: an adapter's dropout holds the
/// parameters, which must not hold it in turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<RwLock<Option<Arc<Lora>>>>);

impl Slot {
    pub(super) fn get(&self) -> Option<Arc<Lora>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_taken(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}
