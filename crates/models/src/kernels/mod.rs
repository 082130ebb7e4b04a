//! The few loops that all the time is spent in: matrix times vector, matrix times matrix, and the threads they share.
//!
//! Weights are stored the way the processor wants to read them ([`packed`]): sixteen output rows side by side, so
//! that one wide register holds one weight of each row, and a whole column of products is one instruction without any
//! sum across lanes. Quantized weights stay quantized in memory, because reading memory is what a token costs; they
//! become floats in registers. Activations are never rounded: the result is that of the same weights written out as
//! `f32`.
//!
//! [`scalar`] says in plain Rust what each kernel computes; `x86` says the same in AVX2 and AVX-512 and is tested to
//! be equal bit for bit. Which one runs is found out once, at run time.

pub mod elementwise;
pub mod matmul;
mod output;
pub mod packed;
pub mod pool;
pub mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

mod dispatch;

pub use dispatch::Kernels;

#[cfg(test)]
mod tests;
