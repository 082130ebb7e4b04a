//! What goes into a forward pass, checked.

use candle_core::{DType, Device, Tensor};

use super::ForwardOptions;
use crate::{Error, KvCache, Result};

/// A `(rows, length)` tensor of whole numbers, row after row.
pub(super) fn read(argument: &'static str, tensor: &Tensor) -> Result<(usize, usize, Vec<u32>)> {
    let Ok((rows, length)) = tensor.dims2() else {
        let hint = match tensor.rank() {
            1 => "; a single text is a batch of one: `.unsqueeze(0)`",
            _ => "",
        };
        return Err(Error::input(
            argument,
            format!("has shape {:?}, but (batch, length) is needed{hint}", tensor.dims()),
        ));
    };
    let numbers = match tensor.dtype() {
        DType::U32 | DType::U8 | DType::I64 | DType::I32 => tensor.to_device(&Device::Cpu)?.to_dtype(DType::U32)?,
        other => {
            return Err(Error::input(argument, format!("holds {other:?}, but token ids and masks are whole numbers")));
        }
    };
    Ok((rows, length, numbers.flatten_all()?.to_vec1()?))
}

/// As [`read`], for a tensor that must have this shape.
pub(super) fn read_shaped(argument: &'static str, tensor: &Tensor, shape: (usize, usize)) -> Result<Vec<u32>> {
    let (rows, length, numbers) = read(argument, tensor)?;
    if (rows, length) == shape {
        Ok(numbers)
    } else {
        Err(Error::input(argument, format!("has shape ({rows}, {length}), but {shape:?} is needed to fit input_ids")))
    }
}

/// Every id must be in the vocabulary.
pub(super) fn check_ids(ids: &[u32], vocab_size: usize) -> Result<()> {
    match ids.iter().find(|id| **id as usize >= vocab_size) {
        Some(id) => Err(Error::input(
            "input_ids",
            format!(
                "has the id {id}, but the vocabulary ends at {}; was the text encoded for another model?",
                vocab_size - 1
            ),
        )),
        None => Ok(()),
    }
}

/// The new tokens of a decoder's batch.
#[derive(Debug)]
pub(crate) struct NewTokens {
    pub rows: usize,
    /// New tokens of each row.
    pub length: usize,
    /// `(rows, length)`.
    pub ids: Vec<u32>,
    /// `(rows, length)`.
    pub positions: Vec<u32>,
    /// For each row and each position, the cached ones included: 1 for text, 0 for padding.
    pub visible: Vec<Vec<u8>>,
}

impl NewTokens {
    /// Reads and checks what goes with `cache` into a decoder.
    pub(crate) fn read(
        input_ids: &Tensor,
        options: &ForwardOptions<'_>,
        cache: &KvCache,
        vocab_size: usize,
        max_position_embeddings: usize,
    ) -> Result<Self> {
        let (rows, length, ids) = read("input_ids", input_ids)?;
        let cached = cache.len();
        if rows == 0 || length == 0 {
            return Err(Error::input("input_ids", format!("has shape ({rows}, {length}): there is no token to read")));
        }
        if cached > 0 && cache.rows() != rows {
            let problem = format!("has {rows} rows, but the cache was filled with {}", cache.rows());
            return Err(Error::input("input_ids", problem));
        }
        check_ids(&ids, vocab_size)?;

        let mut visible = if cached > 0 { cache.visible.clone() } else { vec![Vec::new(); rows] };
        match options.attention_mask {
            None => visible.iter_mut().for_each(|row| row.resize(cached + length, 1)),
            Some(mask) => {
                let mask = read_shaped("attention_mask", mask, (rows, cached + length))?;
                for (row, mask) in visible.iter_mut().zip(mask.chunks_exact(cached + length)) {
                    *row = mask.iter().map(|mask| u8::from(*mask != 0)).collect();
                }
            }
        }
        let positions = match options.position_ids {
            Some(positions) => read_shaped("position_ids", positions, (rows, length))?,
            None => visible.iter().flat_map(|row| count_text(row, cached)).collect(),
        };
        if let Some(position) = positions.iter().find(|position| **position as usize >= max_position_embeddings) {
            let problem =
                format!("has a text of {} tokens, but the model reads at most {max_position_embeddings}", position + 1);
            return Err(Error::input("input_ids", problem));
        }
        Ok(Self { rows, length, ids, positions, visible })
    }
}

/// The number of each token after `cached` in its text: padding is not counted.
fn count_text(visible: &[u8], cached: usize) -> Vec<u32> {
    let mut before = visible[..cached].iter().map(|text| u32::from(*text)).sum::<u32>();
    let number = |text: &u8| {
        let number = before;
        before += u32::from(*text);
        number
    };
    visible[cached..].iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_text_and_not_padding() {
        assert_eq!(count_text(&[0, 0, 1, 1, 1], 0), [0, 0, 0, 1, 2]);
        assert_eq!(count_text(&[0, 1, 1, 1, 1], 3), [2, 3]);
    }

    #[test]
    fn what_does_not_fit_is_said_in_words() {
        let tensor = |shape: (usize, usize)| Tensor::ones(shape, DType::U32, &Device::Cpu).unwrap();
        let read = |ids: &Tensor, options: &ForwardOptions<'_>| {
            NewTokens::read(ids, options, &KvCache::default(), 10, 4).unwrap_err().to_string()
        };
        let one_text = tensor((1, 3)).squeeze(0).unwrap();
        assert!(read(&one_text, &ForwardOptions::new()).contains("`.unsqueeze(0)`"));
        assert!(read(&tensor((1, 5)), &ForwardOptions::new()).contains("5 tokens, but the model reads at most 4"));
        assert!(read(&tensor((0, 5)), &ForwardOptions::new()).contains("no token"));
        let mask = tensor((1, 2));
        let error = read(&tensor((1, 3)), &ForwardOptions::new().attention_mask(&mask));
        assert!(error.contains("attention_mask: has shape (1, 2), but (1, 3)"), "{error}");
        let ids = (tensor((1, 1)) * 10.0).unwrap();
        assert!(read(&ids, &ForwardOptions::new()).contains("the id 10, but the vocabulary ends at 9"));
        let floats = tensor((1, 1)).to_dtype(DType::F32).unwrap();
        assert!(read(&floats, &ForwardOptions::new()).contains("whole numbers"));
    }
}
