//! What a decoder that trains keeps of the tokens it has read, so that a new one costs one token's work.

use candle_core::Tensor;

use crate::Result;

/// Keys and values by layer, each `(rows, length, heads · size)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    /// Of what was written.
    own: Vec<(Tensor, Tensor)>,
    /// Of what an encoder read: they stay as they are.
    read: Vec<(Tensor, Tensor)>,
    /// The mask of what was read.
    read_mask: Option<Tensor>,
    /// The rows that are wanted, where they are not those there: to be chosen when they are used next.
    rows: Option<Vec<usize>>,
}

impl Past {
    /// Other rows from now on: `[0, 0, 1]` doubles the first of two.
    pub(crate) fn select(&mut self, rows: &[usize]) {
        let before = self.rows.take();
        let row = |row: &usize| before.as_ref().map_or(Some(*row), |before| before.get(*row).copied());
        self.rows = Some(rows.iter().filter_map(row).collect());
    }

    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let tensors = self.own.iter().chain(&self.read).flat_map(|(key, value)| [key, value]);
        tensors.map(|tensor| tensor.elem_count() * tensor.dtype().size_in_bytes()).sum()
    }

    /// Makes ready for the tokens after the first `length`, which are kept.
    pub(super) fn prepare(&mut self, length: usize) -> Result<()> {
        let rows = self.rows.take();
        let chosen = |tensor: &Tensor| -> Result<Tensor> {
            match &rows {
                Some(rows) => {
                    let rows = rows.iter().map(|row| *row as u32).collect::<Vec<_>>();
                    Ok(tensor.contiguous()?.index_select(&Tensor::new(rows, tensor.device())?, 0)?)
                }
                None => Ok(tensor.clone()),
            }
        };
        for (key, value) in &mut self.own {
            for tensor in [key, value] {
                *tensor = chosen(&tensor.narrow(1, 0, length.min(tensor.dim(1)?))?)?;
            }
        }
        for (key, value) in &mut self.read {
            (*key, *value) = (chosen(key)?, chosen(value)?);
        }
        if let Some(mask) = &mut self.read_mask {
            *mask = chosen(mask)?;
        }
        Ok(())
    }

    /// The keys and values of a layer with those of the new tokens; they are kept.
    fn join(&mut self, layer: usize, key: Tensor, value: Tensor) -> Result<(Tensor, Tensor)> {
        let joined = match self.own.get(layer) {
            Some((before, _)) if before.dim(1)? == 0 => (key, value),
            Some((keys, values)) => (Tensor::cat(&[keys, &key], 1)?, Tensor::cat(&[values, &value], 1)?),
            None => (key, value),
        };
        match self.own.get_mut(layer) {
            Some(there) => *there = joined.clone(),
            None => self.own.push(joined.clone()),
        }
        Ok(joined)
    }

    /// Keeps the mask of what an encoder read.
    pub(super) fn set_read_mask(&mut self, mask: Option<Tensor>) {
        self.read_mask = mask;
    }

    /// The mask of what an encoder read, for the rows there are.
    pub(super) fn read_mask(&self) -> Option<&Tensor> {
        self.read_mask.as_ref()
    }

    /// Whether what an encoder read was seen.
    pub(super) fn has_read(&self) -> bool {
        !self.read.is_empty()
    }
}

/// As [`Past::join`]; without a past, the new ones alone.
pub(super) fn joined(past: Option<&mut Past>, layer: usize, key: Tensor, value: Tensor) -> Result<(Tensor, Tensor)> {
    match past {
        Some(past) => past.join(layer, key, value),
        None => Ok((key, value)),
    }
}

/// Keys and values of what an encoder read: made the first time, kept from then on.
pub(super) fn read_once(
    past: Option<&mut Past>,
    layer: usize,
    make: impl FnOnce() -> Result<(Tensor, Tensor)>,
) -> Result<(Tensor, Tensor)> {
    let Some(past) = past else { return make() };
    if let Some(there) = past.read.get(layer) {
        return Ok(there.clone());
    }
    let made = make()?;
    past.read.push(made.clone());
    Ok(made)
}
