//! Which version of a kernel runs.

use std::sync::OnceLock;

use super::packed::{Group, Q4Block, Q8Block};
use super::scalar::{self, Lanes};

/// A set of kernels that this processor can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernels(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Calls one of the three versions of a kernel.
macro_rules! version {
    ($level:expr, $scalar:expr, $avx2:expr, $avx512:expr) => {
        match $level {
            Level::Scalar => $scalar,
            // SAFETY: a `Level` above `Scalar` is made only after the processor said that it has the features.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { $avx2 },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { $avx512 },
        }
    };
}

#[cfg(target_arch = "x86_64")]
use super::x86;

impl Kernels {
    /// The fastest kernels of this processor.
    pub fn best() -> Self {
        static BEST: OnceLock<Kernels> = OnceLock::new();
        *BEST.get_or_init(|| *Self::all().last().unwrap_or(&Self(Level::Scalar)))
    }

    /// Every set of kernels this processor can run, the plain ones first and the fastest last.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "nothing to add on other processors"))]
        let mut all = vec![Self(Level::Scalar)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
                all.push(Self(Level::Avx2));
            }
            if is_x86_feature_detected!("avx512f") {
                all.push(Self(Level::Avx512));
            }
        }
        all
    }

    /// `scalar`, `AVX2` or `AVX-512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "AVX-512",
        }
    }

    /// How many vectors [`tile`](Self::tile) and how many groups it should be given at a time, to use all registers.
    pub fn tile_size(self) -> (usize, usize) {
        match self.0 {
            Level::Scalar => (4, 1),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => (6, 1),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => (12, 2),
        }
    }

    /// As [`scalar::dot_q4`].
    pub fn dot_q4<const M: usize>(self, blocks: &[Q4Block], x: [&[f32]; M], sums: [&[f32]; M]) -> [Lanes; M] {
        version!(
            self.0,
            scalar::dot_q4(blocks, x, sums),
            x86::avx2::dot_q4(blocks, x, sums),
            x86::avx512::dot_q4(blocks, x, sums)
        )
    }

    /// As [`scalar::dot_q8`].
    pub fn dot_q8<const M: usize>(self, blocks: &[Q8Block], x: [&[f32]; M]) -> [Lanes; M] {
        version!(self.0, scalar::dot_q8(blocks, x), x86::avx2::dot_q8(blocks, x), x86::avx512::dot_q8(blocks, x))
    }

    /// As [`scalar::tile`].
    pub fn tile<const M: usize, const G: usize>(self, groups: [&[Lanes]; G], x: [&[f32]; M]) -> [[Lanes; G]; M] {
        version!(self.0, scalar::tile(groups, x), x86::avx2::tile(groups, x), x86::avx512::tile(groups, x))
    }

    /// [`tile`](Self::tile) for any number of vectors, as many at a time as there are registers for. `finish` gets each
    /// result with the number of its vector and of its group.
    pub fn tiles<'x, const G: usize>(
        self,
        groups: [&[Lanes]; G],
        vectors: usize,
        x: impl Fn(usize) -> &'x [f32],
        mut finish: impl FnMut(usize, usize, &Lanes),
    ) {
        let (most, _) = self.tile_size();
        let mut vector = 0;
        while vector < vectors {
            macro_rules! take {
                ($m:literal) => {{
                    let results = self.tile::<$m, G>(groups, std::array::from_fn(|m| x(vector + m)));
                    for (m, groups) in results.iter().enumerate() {
                        for (g, lanes) in groups.iter().enumerate() {
                            finish(vector + m, g, lanes);
                        }
                    }
                    vector += $m;
                }};
            }
            match (vectors - vector).min(most) {
                12.. => take!(12),
                8.. => take!(8),
                6.. => take!(6),
                4.. => take!(4),
                3 => take!(3),
                2 => take!(2),
                _ => take!(1),
            }
        }
    }

    /// [`tiles`](Self::tiles) for any number of groups of the same length.
    pub fn multiply<'x>(
        self,
        groups: &[&[Lanes]],
        vectors: usize,
        x: impl Fn(usize) -> &'x [f32],
        mut finish: impl FnMut(usize, usize, &Lanes),
    ) {
        let (_, at_once) = self.tile_size();
        for (number, groups) in groups.chunks(at_once).enumerate() {
            let first = number * at_once;
            match groups {
                [one] => self.tiles([one], vectors, &x, |vector, _, lanes| finish(vector, first, lanes)),
                [one, two, ..] => {
                    self.tiles([one, two], vectors, &x, |vector, g, lanes| finish(vector, first + g, lanes));
                }
                [] => {}
            }
        }
    }

    /// A group as floats, column after column; `to` has one element a column.
    pub fn unpack(self, group: Group<'_>, to: &mut [Lanes]) {
        match group {
            Group::Q4(blocks) => version!(
                self.0,
                scalar::unpack_q4(blocks, to),
                x86::avx2::unpack_q4(blocks, to),
                x86::avx512::unpack_q4(blocks, to)
            ),
            Group::Q8(blocks) => version!(
                self.0,
                scalar::unpack_q8(blocks, to),
                x86::avx2::unpack_q8(blocks, to),
                x86::avx512::unpack_q8(blocks, to)
            ),
            Group::F32(columns) => to.copy_from_slice(columns),
        }
    }
}
