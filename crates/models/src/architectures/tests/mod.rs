//! All architectures and heads, against PyTorch, candle-transformers and themselves.

mod answers;
mod candle;
mod files;
pub(crate) mod oracle;
mod training;
mod writing;

use candle_core::{Device, Tensor};

use super::{Model, ModelInputs, Task};

pub(crate) fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[track_caller]
pub(crate) fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest = theirs.iter().fold(1.0_f32, |largest, number| largest.max(number.abs()));
    let worst = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
    assert!(
        worst <= tolerance * largest,
        "{what}: differ by {worst}: {:?} … {:?}",
        &ours[..ours.len().min(6)],
        &theirs[..ours.len().min(6)]
    );
}

fn loss(model: &dyn Model, inputs: &ModelInputs) -> f32 {
    model.forward(inputs).unwrap().loss.unwrap().to_scalar().unwrap()
}

fn ids(rows: &[[u32; 6]]) -> Tensor {
    Tensor::from_slice(rows.as_flattened(), (rows.len(), 6), &Device::Cpu).unwrap()
}
