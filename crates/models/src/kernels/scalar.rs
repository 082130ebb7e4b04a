//! What the kernels compute, in plain Rust. `x86` does the same operations in the same order.

#![expect(clippy::needless_range_loop, reason = "a lane goes through several arrays at once")]

use half::f16;

use super::packed::{BLOCK, LANES, Q4Block, Q8Block};

/// One number for each of the sixteen rows of a group.
pub type Lanes = [f32; LANES];

/// `quantized · x` for one group in 4 bits and `M` vectors, with `sums[m][block]` the sum of 32 numbers of `x[m]`.
///
/// For each block: `scale · Σ q·x + minimum · Σ x`.
pub fn dot_q4<const M: usize>(blocks: &[Q4Block], x: [&[f32]; M], sums: [&[f32]; M]) -> [Lanes; M] {
    let mut result = [[0.0; LANES]; M];
    for (number, block) in blocks.iter().enumerate() {
        for m in 0..M {
            let x = &x[m][number * BLOCK..][..BLOCK];
            for lane in 0..LANES {
                // Two sums, for the even and the odd words, so that additions need not wait for each other.
                let mut parts = [0.0_f32; 2];
                for (column, x) in x.iter().enumerate() {
                    let quant = block.quants[column / 8][lane] >> (column % 8 * 4) & 15;
                    let part = &mut parts[column / 8 % 2];
                    *part = (quant as f32).mul_add(*x, *part);
                }
                let sum = parts[0] + parts[1];
                let y = block.scale[lane].to_f32().mul_add(sum, result[m][lane]);
                result[m][lane] = block.minimum[lane].to_f32().mul_add(sums[m][number], y);
            }
        }
    }
    result
}

/// `quantized · x` for one group in 8 bits and `M` vectors: for each block `scale · Σ q·x`.
pub fn dot_q8<const M: usize>(blocks: &[Q8Block], x: [&[f32]; M]) -> [Lanes; M] {
    let mut result = [[0.0; LANES]; M];
    for (number, block) in blocks.iter().enumerate() {
        for m in 0..M {
            let x = &x[m][number * BLOCK..][..BLOCK];
            for lane in 0..LANES {
                let mut parts = [0.0_f32; 2];
                for (column, x) in x.iter().enumerate() {
                    let part = &mut parts[column % 2];
                    *part = f32::from(block.quants[column][lane]).mul_add(*x, *part);
                }
                result[m][lane] = block.scale[lane].to_f32().mul_add(parts[0] + parts[1], result[m][lane]);
            }
        }
    }
    result
}

/// One group in 4 bits as floats, column after column.
pub fn unpack_q4(blocks: &[Q4Block], to: &mut [Lanes]) {
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        for (column, to) in to.iter_mut().enumerate() {
            for lane in 0..LANES {
                let quant = block.quants[column / 8][lane] >> (column % 8 * 4) & 15;
                to[lane] = block.scale[lane].to_f32().mul_add(quant as f32, block.minimum[lane].to_f32());
            }
        }
    }
}

/// One group in 8 bits as floats, column after column.
pub fn unpack_q8(blocks: &[Q8Block], to: &mut [Lanes]) {
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        let scale = block.scale.map(f16::to_f32);
        for (to, quants) in to.iter_mut().zip(&block.quants) {
            for lane in 0..LANES {
                to[lane] = scale[lane] * f32::from(quants[lane]);
            }
        }
    }
}

/// `weights · x` for `G` groups in floats and `M` vectors, all of the same length.
pub fn tile<const M: usize, const G: usize>(groups: [&[Lanes]; G], x: [&[f32]; M]) -> [[Lanes; G]; M] {
    let mut result = [[[0.0; LANES]; G]; M];
    for m in 0..M {
        for g in 0..G {
            for (weights, x) in groups[g].iter().zip(x[m]) {
                for lane in 0..LANES {
                    result[m][g][lane] = weights[lane].mul_add(*x, result[m][g][lane]);
                }
            }
        }
    }
    result
}
