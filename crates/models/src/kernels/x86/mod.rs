//! The kernels in AVX2 and AVX-512. The only intrinsics of the course are here.
//!
//! Why this is sound: every function is `unsafe` for one reason only, that the processor must have the features it
//! names; `dispatch` calls them after asking the processor. Memory is read and written inside slices: the lengths
//! are brought to agree at the top of each function (blocks against `x`), and the fixed-size arrays of a block
//! make every offset inside it a constant.

pub mod avx2;
pub mod avx512;

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// How far ahead of the block in work memory is asked for, in bytes. The processor's own prefetching does not keep up: with
/// this a token takes two thirds of the time.
const AHEAD: usize = 4096;

/// Asks for the memory of the block that lies [`AHEAD`] of this one. It may lie outside the matrix: asking is all that is done.
#[inline(always)]
fn fetch_ahead<B>(block: &B) {
    let ahead = std::ptr::from_ref(block).cast::<i8>().wrapping_add(AHEAD);
    for line in 0..size_of::<B>().div_ceil(64) {
        // SAFETY: a prefetch reads nothing and cannot fault, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line * 64)) };
    }
}
