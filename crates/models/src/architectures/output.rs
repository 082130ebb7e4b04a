//! What comes out of a model.

use candle_core::Tensor;
use course_display::{Bundle, Rich, Table};

/// The logits, the loss when there were labels, and what else the model gives.
#[derive(Debug, Clone)]
pub struct ModelOutput {
    /// A single number, to go backward from; there when the inputs had labels.
    pub loss: Option<Tensor>,
    /// What the head says: `(batch, labels)`, `(batch, length, vocabulary)`, …; the start logits of question answering; the last
    /// hidden state, `(batch, length, hidden_size)`, of a model without a head.
    pub logits: Tensor,
    /// More of it by name, in a fixed order: `end_logits`, `pooler_output`, `encoder_last_hidden_state`.
    pub others: Vec<(String, Tensor)>,
}

impl ModelOutput {
    /// Logits alone.
    pub fn new(logits: Tensor) -> Self {
        Self { loss: None, logits, others: Vec::new() }
    }

    /// With a loss, if there is one.
    #[must_use]
    pub fn loss(mut self, loss: impl Into<Option<Tensor>>) -> Self {
        self.loss = loss.into();
        self
    }

    /// With one more tensor.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, tensor: Tensor) -> Self {
        self.others.push((name.into(), tensor));
        self
    }

    /// One of the [`others`](Self::others) by its name; `logits`, `start_logits` and `last_hidden_state` are the first tensor.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        match self.others.iter().find(|(there, _)| there == name) {
            Some((_, tensor)) => Some(tensor),
            None if ["logits", "start_logits", "last_hidden_state"].contains(&name) => Some(&self.logits),
            None => None,
        }
    }

    /// What is compared with the labels: the logits, and the end logits of question answering.
    pub fn predictions(&self) -> Vec<Tensor> {
        let end = self.others.iter().filter(|(name, _)| name == "end_logits").map(|(_, tensor)| tensor.clone());
        std::iter::once(self.logits.clone()).chain(end).collect()
    }
}

/// The loss, and one line a tensor: name, shape, type.
impl Rich for ModelOutput {
    fn rich(&self) -> Bundle {
        let line = |table: Table, name: &str, tensor: &Tensor| {
            table.row((name, format!("{:?}", tensor.dims()), tensor.dtype().as_str()))
        };
        let table = line(Table::new(["output", "shape", "type"]), "logits", &self.logits);
        let table = self.others.iter().fold(table, |table, (name, tensor)| line(table, name, tensor));
        let number = |loss: &Tensor| loss.to_dtype(candle_core::DType::F32).and_then(|loss| loss.to_scalar::<f32>());
        match self.loss.as_ref().and_then(|loss| number(loss).ok()) {
            Some(loss) => table.caption(format!("loss {loss:.4}")).rich(),
            None => table.rich(),
        }
    }
}

impl std::fmt::Display for ModelOutput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}
