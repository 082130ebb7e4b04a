//! Sixteen rows in one register: AVX-512. Why this is sound is said in the module above.

use std::arch::x86_64::*;

use super::super::packed::{BLOCK, LANES, Q4Block, Q8Block};
use super::super::scalar::Lanes;
use super::fetch_ahead;

/// As [`scalar::dot_q4`](super::super::scalar::dot_q4).
///
/// # Safety
/// The processor must have AVX-512F.
#[target_feature(enable = "avx512f")]
pub unsafe fn dot_q4<const M: usize>(blocks: &[Q4Block], x: [&[f32]; M], sums: [&[f32]; M]) -> [Lanes; M] {
    let x = x.map(|x| &x[..blocks.len() * BLOCK]);
    let sums = sums.map(|sums| &sums[..blocks.len()]);
    let mut y = [_mm512_setzero_ps(); M];
    // A shuffle looks at the lowest four bits of its index only: as a table it turns half-bytes into floats.
    let float = _mm512_setr_ps(0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.);
    for (number, block) in blocks.iter().enumerate() {
        fetch_ahead(block);
        let mut parts = [[_mm512_setzero_ps(); 2]; M];
        for j in 0..BLOCK / 8 {
            // SAFETY: 16 words, so 64 bytes; `x` is long enough for every block.
            let (mut word, x) = unsafe {
                let word = _mm512_loadu_si512(block.quants[j].as_ptr().cast());
                (word, x.map(|x| x.as_ptr().add(number * BLOCK + j * 8)))
            };
            for i in 0..8 {
                let weight = _mm512_permutexvar_ps(word, float);
                for m in 0..M {
                    // SAFETY: column 8j + i < 32 of the block.
                    let x = _mm512_set1_ps(unsafe { *x[m].add(i) });
                    parts[m][j % 2] = _mm512_fmadd_ps(weight, x, parts[m][j % 2]);
                }
                word = _mm512_srli_epi32::<4>(word);
            }
        }
        // SAFETY: 16 halves are 32 bytes.
        let (scale, minimum) = unsafe {
            let load = |from: *const half::f16| _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
            (load(block.scale.as_ptr()), load(block.minimum.as_ptr()))
        };
        for m in 0..M {
            y[m] = _mm512_fmadd_ps(scale, _mm512_add_ps(parts[m][0], parts[m][1]), y[m]);
            y[m] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(sums[m][number]), y[m]);
        }
    }
    y.map(|y| to_lanes_512(y))
}

/// As [`scalar::dot_q8`](super::super::scalar::dot_q8).
///
/// # Safety
/// The processor must have AVX-512F.
#[target_feature(enable = "avx512f")]
pub unsafe fn dot_q8<const M: usize>(blocks: &[Q8Block], x: [&[f32]; M]) -> [Lanes; M] {
    let x = x.map(|x| &x[..blocks.len() * BLOCK]);
    let mut y = [_mm512_setzero_ps(); M];
    for (number, block) in blocks.iter().enumerate() {
        fetch_ahead(block);
        let mut parts = [[_mm512_setzero_ps(); 2]; M];
        for (column, quants) in block.quants.iter().enumerate() {
            // SAFETY: 16 bytes.
            let bytes = unsafe { _mm_loadu_si128(quants.as_ptr().cast()) };
            let weight = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
            for m in 0..M {
                // SAFETY: `x` is long enough for every block.
                let x = _mm512_set1_ps(unsafe { *x[m].as_ptr().add(number * BLOCK + column) });
                parts[m][column % 2] = _mm512_fmadd_ps(weight, x, parts[m][column % 2]);
            }
        }
        // SAFETY: 16 halves are 32 bytes.
        let scale = unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(block.scale.as_ptr().cast())) };
        for m in 0..M {
            y[m] = _mm512_fmadd_ps(scale, _mm512_add_ps(parts[m][0], parts[m][1]), y[m]);
        }
    }
    y.map(|y| to_lanes_512(y))
}

/// As [`scalar::unpack_q4`](super::super::scalar::unpack_q4).
///
/// # Safety
/// The processor must have AVX-512F.
#[target_feature(enable = "avx512f")]
pub unsafe fn unpack_q4(blocks: &[Q4Block], to: &mut [Lanes]) {
    let float = _mm512_setr_ps(0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.);
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        // SAFETY: 16 halves are 32 bytes.
        let (scale, minimum) = unsafe {
            let load = |from: *const half::f16| _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
            (load(block.scale.as_ptr()), load(block.minimum.as_ptr()))
        };
        for (quants, to) in block.quants.iter().zip(to.chunks_exact_mut(8)) {
            // SAFETY: 16 words, so 64 bytes.
            let mut word = unsafe { _mm512_loadu_si512(quants.as_ptr().cast()) };
            for to in to {
                let weight = _mm512_fmadd_ps(scale, _mm512_permutexvar_ps(word, float), minimum);
                // SAFETY: 16 floats.
                unsafe { _mm512_storeu_ps(to.as_mut_ptr(), weight) };
                word = _mm512_srli_epi32::<4>(word);
            }
        }
    }
}

/// As [`scalar::unpack_q8`](super::super::scalar::unpack_q8).
///
/// # Safety
/// The processor must have AVX-512F.
#[target_feature(enable = "avx512f")]
pub unsafe fn unpack_q8(blocks: &[Q8Block], to: &mut [Lanes]) {
    for (block, to) in blocks.iter().zip(to.chunks_exact_mut(BLOCK)) {
        // SAFETY: 16 halves are 32 bytes.
        let scale = unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(block.scale.as_ptr().cast())) };
        for (quants, to) in block.quants.iter().zip(to) {
            // SAFETY: 16 bytes read, 16 floats written.
            unsafe {
                let bytes = _mm_loadu_si128(quants.as_ptr().cast());
                let weight = _mm512_mul_ps(scale, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
                _mm512_storeu_ps(to.as_mut_ptr(), weight);
            }
        }
    }
}

/// As [`scalar::tile`](super::super::scalar::tile).
///
/// # Safety
/// The processor must have AVX-512F.
#[target_feature(enable = "avx512f")]
pub unsafe fn tile<const M: usize, const G: usize>(groups: [&[Lanes]; G], x: [&[f32]; M]) -> [[Lanes; G]; M] {
    let columns = groups.iter().map(|group| group.len()).chain(x.iter().map(|x| x.len())).min().unwrap_or(0);
    let mut y = [[_mm512_setzero_ps(); G]; M];
    let mut weights = [_mm512_setzero_ps(); G];
    for column in 0..columns {
        for g in 0..G {
            // SAFETY: `column` is inside every group and every `x`.
            weights[g] = unsafe { _mm512_loadu_ps(groups[g].as_ptr().add(column).cast()) };
        }
        for m in 0..M {
            // SAFETY: as above.
            let x = _mm512_set1_ps(unsafe { *x[m].as_ptr().add(column) });
            for g in 0..G {
                y[m][g] = _mm512_fmadd_ps(weights[g], x, y[m][g]);
            }
        }
    }
    y.map(|y| y.map(|y| to_lanes_512(y)))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn to_lanes_512(register: __m512) -> Lanes {
    let mut lanes = [0.0; LANES];
    // SAFETY: 16 floats.
    unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), register) };
    lanes
}
