//! Which tokens are text and which are padding: the mask for attention, and where each token stands in its text.

use candle_core::{DType, Tensor};

use crate::Result;
use crate::nn::{Attention, padding_mask};

/// What is added to the attention scores, `(batch, 1, 1, keys)`, from 1 for text and 0 for padding, `(batch, keys)`; `None` when all is
/// text.
pub(super) fn padding(mask: Option<&Tensor>, dtype: DType) -> Result<Option<Tensor>> {
    match mask {
        Some(mask) if mask.flatten_all()?.to_vec1::<u32>()?.contains(&0) => Ok(Some(padding_mask(mask, dtype)?)),
        _ => Ok(None),
    }
}

/// Attention with this mask, if there is one.
pub(super) fn on(attention: Attention, mask: Option<&Tensor>) -> Attention {
    match mask {
        Some(mask) => attention.mask(mask),
        None => attention,
    }
}

/// The position of each token in its text, padding not counted: `(batch, length)`.
pub(super) fn positions(mask: Option<&Tensor>, like: &Tensor) -> Result<Tensor> {
    let (rows, length) = like.dims2()?;
    let counted: Vec<u32> = match mask {
        None => (0..rows).flat_map(|_| 0..length as u32).collect(),
        Some(mask) => {
            let visible: Vec<u32> = mask.flatten_all()?.to_dtype(DType::U32)?.to_vec1()?;
            let count = |row: &[u32]| {
                let mut seen = 0;
                let number = |visible: &u32| {
                    seen += u32::from(*visible != 0);
                    if *visible == 0 { seen } else { seen - 1 }
                };
                row.iter().map(number).collect::<Vec<_>>()
            };
            // A place of padding counts as the next token's: never beyond the last one of a full row.
            visible.chunks_exact(length.max(1)).flat_map(count).map(|place| place.min(length as u32 - 1)).collect()
        }
    };
    Ok(Tensor::from_vec(counted, (rows, length), like.device())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn padding_hides_and_no_padding_costs_nothing() {
        let mask = |rows: &[[u32; 3]]| Tensor::from_slice(rows.as_flattened(), (rows.len(), 3), &Device::Cpu).unwrap();
        assert!(padding(Some(&mask(&[[1, 1, 1]])), DType::F32).unwrap().is_none());
        let hides = padding(Some(&mask(&[[1, 1, 0]])), DType::F32).unwrap().unwrap();
        assert_eq!(hides.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [0.0, 0.0, f32::NEG_INFINITY]);
        let places = positions(Some(&mask(&[[0, 1, 1], [1, 1, 0]])), &mask(&[[1; 3], [1; 3]])).unwrap();
        assert_eq!(places.to_vec2::<u32>().unwrap(), [[0, 0, 1], [0, 1, 2]]);
    }
}
