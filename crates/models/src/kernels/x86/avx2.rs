//! Sixteen rows in two registers: AVX2. Why this is sound is said in the module above.

#![expect(clippy::needless_range_loop, reason = "a half goes through several registers at once")]

use std::arch::x86_64::*;

use super::super::packed::{BLOCK, LANES, Q4Block, Q8Block};
use super::super::scalar::Lanes;
use super::fetch_ahead;

/// As [`scalar::dot_q4`](super::super::scalar::dot_q4), the lower eight rows of the group and then the upper.
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn dot_q4<const M: usize>(blocks: &[Q4Block], x: [&[f32]; M], sums: [&[f32]; M]) -> [Lanes; M] {
    let x = x.map(|x| &x[..blocks.len() * BLOCK]);
    let sums = sums.map(|sums| &sums[..blocks.len()]);
    let mut y = [[_mm256_setzero_ps(); 2]; M];
    let low_four_bits = _mm256_set1_epi32(15);
    for (number, block) in blocks.iter().enumerate() {
        fetch_ahead(block);
        for half in 0..2 {
            let mut parts = [[_mm256_setzero_ps(); 2]; M];
            for j in 0..BLOCK / 8 {
                // SAFETY: 8 of 16 words, so 32 bytes; `x` is long enough for every block.
                let (mut word, x) = unsafe {
                    let word = _mm256_loadu_si256(block.quants[j].as_ptr().add(half * 8).cast());
                    (word, x.map(|x| x.as_ptr().add(number * BLOCK + j * 8)))
                };
                for i in 0..8 {
                    let weight = _mm256_cvtepi32_ps(_mm256_and_si256(word, low_four_bits));
                    for m in 0..M {
                        // SAFETY: column 8j + i < 32 of the block.
                        let x = _mm256_set1_ps(unsafe { *x[m].add(i) });
                        parts[m][j % 2] = _mm256_fmadd_ps(weight, x, parts[m][j % 2]);
                    }
                    word = _mm256_srli_epi32::<4>(word);
                }
            }
            let (scale, minimum) = (to_f32_256(&block.scale, half), to_f32_256(&block.minimum, half));
            for m in 0..M {
                let sum = _mm256_add_ps(parts[m][0], parts[m][1]);
                y[m][half] = _mm256_fmadd_ps(scale, sum, y[m][half]);
                y[m][half] = _mm256_fmadd_ps(minimum, _mm256_set1_ps(sums[m][number]), y[m][half]);
            }
        }
    }
    y.map(|y| to_lanes_256(y))
}

/// As [`scalar::dot_q8`](super::super::scalar::dot_q8), the lower eight rows of the group and then the upper.
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn dot_q8<const M: usize>(blocks: &[Q8Block], x: [&[f32]; M]) -> [Lanes; M] {
    let x = x.map(|x| &x[..blocks.len() * BLOCK]);
    let mut y = [[_mm256_setzero_ps(); 2]; M];
    for (number, block) in blocks.iter().enumerate() {
        fetch_ahead(block);
        for half in 0..2 {
            let mut parts = [[_mm256_setzero_ps(); 2]; M];
            for (column, quants) in block.quants.iter().enumerate() {
                let weight = eight_bytes_to_f32(quants, half);
                for m in 0..M {
                    // SAFETY: `x` is long enough for every block.
                    let x = _mm256_set1_ps(unsafe { *x[m].as_ptr().add(number * BLOCK + column) });
                    parts[m][column % 2] = _mm256_fmadd_ps(weight, x, parts[m][column % 2]);
                }
            }
            let scale = to_f32_256(&block.scale, half);
            for m in 0..M {
                y[m][half] = _mm256_fmadd_ps(scale, _mm256_add_ps(parts[m][0], parts[m][1]), y[m][half]);
            }
        }
    }
    y.map(|y| to_lanes_256(y))
}

/// As [`scalar::unpack_q4`](super::super::scalar::unpack_q4).
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_q4(blocks: &[Q4Block], to: &mut [Lanes]) {
    let low_four_bits = _mm256_set1_epi32(15);
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        for half in 0..2 {
            let (scale, minimum) = (to_f32_256(&block.scale, half), to_f32_256(&block.minimum, half));
            for (quants, to) in block.quants.iter().zip(to.chunks_exact_mut(8)) {
                // SAFETY: 8 of 16 words, so 32 bytes.
                let mut word = unsafe { _mm256_loadu_si256(quants.as_ptr().add(half * 8).cast()) };
                for to in to {
                    let quant = _mm256_cvtepi32_ps(_mm256_and_si256(word, low_four_bits));
                    // SAFETY: 8 of 16 floats.
                    unsafe { _mm256_storeu_ps(to.as_mut_ptr().add(half * 8), _mm256_fmadd_ps(scale, quant, minimum)) };
                    word = _mm256_srli_epi32::<4>(word);
                }
            }
        }
    }
}

/// As [`scalar::unpack_q8`](super::super::scalar::unpack_q8).
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_q8(blocks: &[Q8Block], to: &mut [Lanes]) {
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        for half in 0..2 {
            let scale = to_f32_256(&block.scale, half);
            for (quants, to) in block.quants.iter().zip(to.iter_mut()) {
                let weight = _mm256_mul_ps(scale, eight_bytes_to_f32(quants, half));
                // SAFETY: 8 of 16 floats.
                unsafe { _mm256_storeu_ps(to.as_mut_ptr().add(half * 8), weight) };
            }
        }
    }
}

/// As [`scalar::tile`](super::super::scalar::tile).
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn tile<const M: usize, const G: usize>(groups: [&[Lanes]; G], x: [&[f32]; M]) -> [[Lanes; G]; M] {
    let columns = groups.iter().map(|group| group.len()).chain(x.iter().map(|x| x.len())).min().unwrap_or(0);
    let mut y = [[[_mm256_setzero_ps(); 2]; G]; M];
    for column in 0..columns {
        let weights = groups.map(|group| {
            // SAFETY: `column` is inside every group; a group's column is 16 floats.
            unsafe {
                let weights = group.as_ptr().add(column).cast::<f32>();
                [_mm256_loadu_ps(weights), _mm256_loadu_ps(weights.add(8))]
            }
        });
        for m in 0..M {
            // SAFETY: `column` is inside every `x`.
            let x = _mm256_set1_ps(unsafe { *x[m].as_ptr().add(column) });
            for g in 0..G {
                for half in 0..2 {
                    y[m][g][half] = _mm256_fmadd_ps(weights[g][half], x, y[m][g][half]);
                }
            }
        }
    }
    y.map(|y| y.map(|y| to_lanes_256(y)))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn to_f32_256(halves: &[half::f16; LANES], half: usize) -> __m256 {
    assert!(half < 2);
    // SAFETY: 8 of 16 halves are 16 bytes.
    unsafe { _mm256_cvtph_ps(_mm_loadu_si128(halves.as_ptr().add(half * 8).cast())) }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn eight_bytes_to_f32(bytes: &[i8; LANES], half: usize) -> __m256 {
    assert!(half < 2);
    // SAFETY: 8 of 16 bytes.
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(unsafe { _mm_loadl_epi64(bytes.as_ptr().add(half * 8).cast()) }))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn to_lanes_256(registers: [__m256; 2]) -> Lanes {
    let mut lanes = [0.0; LANES];
    // SAFETY: two times 8 of 16 floats.
    unsafe {
        _mm256_storeu_ps(lanes.as_mut_ptr(), registers[0]);
        _mm256_storeu_ps(lanes.as_mut_ptr().add(8), registers[1]);
    }
    lanes
}
