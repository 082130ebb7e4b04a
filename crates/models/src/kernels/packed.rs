//! How weights lie in memory: groups of sixteen rows, interleaved.

use half::f16;

/// Rows of a group: one 512-bit register of `f32`.
pub const LANES: usize = 16;
/// Weights of a quantized block, all under one scale.
pub const BLOCK: usize = 32;

/// Sixteen rows × 32 columns in 4 bits: `weight = scale · q + minimum` with `q` from 0 to 15 (ggml's Q4_1, interleaved).
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct Q4Block {
    /// One scale a row.
    pub scale: [f16; LANES],
    /// One minimum a row.
    pub minimum: [f16; LANES],
    /// `quants[j][row]` holds columns 8j to 8j+7 of a row, the first in the lowest four bits.
    pub quants: [[u32; LANES]; BLOCK / 8],
}

/// Sixteen rows × 32 columns in 8 bits: `weight = scale · q` with `q` from -128 to 127 (ggml's Q8_0, interleaved).
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub struct Q8Block {
    /// One scale a row.
    pub scale: [f16; LANES],
    /// `quants[column][row]`.
    pub quants: [[i8; LANES]; BLOCK],
}

/// A weight matrix of `rows` × `columns`, packed; a last group that is not full is filled up with zeros.
#[derive(Debug, Clone)]
pub struct Packed {
    rows: usize,
    columns: usize,
    /// The packed weights, group after group.
    pub storage: Storage,
}

/// The weights of a packed matrix in one of the formats.
#[derive(Debug, Clone)]
pub enum Storage {
    /// `columns / 32` blocks a group.
    Q4(Vec<Q4Block>),
    /// `columns / 32` blocks a group.
    Q8(Vec<Q8Block>),
    /// `columns` columns a group, one number a row.
    F32(Vec<[f32; LANES]>),
}

/// One group of sixteen rows.
#[derive(Debug, Clone, Copy)]
pub enum Group<'a> {
    /// 4 bits.
    Q4(&'a [Q4Block]),
    /// 8 bits.
    Q8(&'a [Q8Block]),
    /// 32 bits.
    F32(&'a [[f32; LANES]]),
}

impl Packed {
    /// Packs `f32` weights, row after row.
    ///
    /// # Panics
    /// When `weights` has not `rows × columns` numbers; callers check the shape first.
    pub fn from_f32(weights: &[f32], rows: usize, columns: usize) -> Self {
        assert_eq!(weights.len(), rows * columns, "{rows} × {columns} weights");
        let mut packed = vec![[0.0; LANES]; rows.div_ceil(LANES) * columns];
        for (row, weights) in weights.chunks_exact(columns.max(1)).enumerate() {
            let group = &mut packed[row / LANES * columns..][..columns];
            for (column, weight) in group.iter_mut().zip(weights) {
                column[row % LANES] = *weight;
            }
        }
        Self { rows, columns, storage: Storage::F32(packed) }
    }

    /// Packs ggml's Q4_1 blocks (scale, minimum, 16 bytes: the low half-bytes are columns 0–15, the high ones 16–31),
    /// without any loss.
    ///
    /// # Panics
    /// When `bytes` has not `rows × columns / 32` blocks; callers check the shape first.
    pub fn from_q4_1(bytes: &[u8], rows: usize, columns: usize) -> Self {
        let blocks = columns / BLOCK;
        assert_eq!(bytes.len(), rows * blocks * 20, "{rows} × {columns} weights in Q4_1");
        let empty = Q4Block { scale: [f16::ZERO; LANES], minimum: [f16::ZERO; LANES], quants: [[0; LANES]; BLOCK / 8] };
        let mut packed = vec![empty; rows.div_ceil(LANES) * blocks];
        for (number, block) in bytes.chunks_exact(20).enumerate() {
            let (row, column) = (number / blocks, number % blocks);
            let (to, lane) = (&mut packed[row / LANES * blocks + column], row % LANES);
            to.scale[lane] = f16::from_le_bytes([block[0], block[1]]);
            to.minimum[lane] = f16::from_le_bytes([block[2], block[3]]);
            let quants = &block[4..];
            for (j, word) in to.quants.iter_mut().enumerate() {
                let eight = &quants[j % 2 * 8..][..8];
                let shift = j / 2 * 4;
                word[lane] = eight.iter().rev().fold(0, |word, byte| word << 4 | u32::from(byte >> shift & 15));
            }
        }
        Self { rows, columns, storage: Storage::Q4(packed) }
    }

    /// Packs ggml's Q8_0 blocks (scale, 32 bytes), without any loss.
    ///
    /// # Panics
    /// When `bytes` has not `rows × columns / 32` blocks; callers check the shape first.
    pub fn from_q8_0(bytes: &[u8], rows: usize, columns: usize) -> Self {
        let blocks = columns / BLOCK;
        assert_eq!(bytes.len(), rows * blocks * 34, "{rows} × {columns} weights in Q8_0");
        let empty = Q8Block { scale: [f16::ZERO; LANES], quants: [[0; LANES]; BLOCK] };
        let mut packed = vec![empty; rows.div_ceil(LANES) * blocks];
        for (number, block) in bytes.chunks_exact(34).enumerate() {
            let (row, column) = (number / blocks, number % blocks);
            let (to, lane) = (&mut packed[row / LANES * blocks + column], row % LANES);
            to.scale[lane] = f16::from_le_bytes([block[0], block[1]]);
            for (column, quant) in to.quants.iter_mut().zip(&block[2..]) {
                column[lane] = quant.cast_signed();
            }
        }
        Self { rows, columns, storage: Storage::Q8(packed) }
    }

    /// Packs ggml's Q4_0 blocks (scale, 16 bytes; `weight = scale · (q - 8)`), as 4 bits with the minimum `-8 · scale`.
    ///
    /// # Panics
    /// When `bytes` has not `rows × columns / 32` blocks; callers check the shape first.
    pub fn from_q4_0(bytes: &[u8], rows: usize, columns: usize) -> Self {
        let mut with_minimum = Vec::with_capacity(bytes.len() / 18 * 20);
        for block in bytes.chunks_exact(18) {
            let minimum = f16::from_f32(-8.0 * f16::from_le_bytes([block[0], block[1]]).to_f32());
            with_minimum.extend_from_slice(&block[..2]);
            with_minimum.extend_from_slice(&minimum.to_le_bytes());
            with_minimum.extend_from_slice(&block[2..]);
        }
        Self::from_q4_1(&with_minimum, rows, columns)
    }

    /// Rounds `f32` weights to 8 bits, 32 of a row under one scale.
    ///
    /// # Panics
    /// When `weights` has not `rows × columns` numbers or `columns` is no multiple of 32; callers check the shape first.
    pub fn quantize(weights: &[f32], rows: usize, columns: usize) -> Self {
        assert_eq!(columns % BLOCK, 0, "blocks of {BLOCK}");
        let mut bytes = Vec::with_capacity(weights.len() / BLOCK * 34);
        for block in weights.chunks_exact(BLOCK) {
            let largest = block.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
            let scale = largest / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            bytes.extend_from_slice(&f16::from_f32(scale).to_le_bytes());
            bytes.extend(block.iter().map(|weight| ((weight * inverse).round() as i8).cast_unsigned()));
        }
        Self::from_q8_0(&bytes, rows, columns)
    }

    /// How many rows: the numbers that come out.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns: the numbers that go in.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many groups of sixteen rows.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Bytes in memory, and so bytes read for one token.
    pub fn bytes(&self) -> usize {
        match &self.storage {
            Storage::Q4(blocks) => size_of_val(blocks.as_slice()),
            Storage::Q8(blocks) => size_of_val(blocks.as_slice()),
            Storage::F32(columns) => size_of_val(columns.as_slice()),
        }
    }

    /// One group of sixteen rows.
    pub fn group(&self, group: usize) -> Group<'_> {
        let blocks = self.columns / BLOCK;
        match &self.storage {
            Storage::Q4(all) => Group::Q4(&all[group * blocks..][..blocks]),
            Storage::Q8(all) => Group::Q8(&all[group * blocks..][..blocks]),
            Storage::F32(all) => Group::F32(&all[group * self.columns..][..self.columns]),
        }
    }

    /// One row as floats: an embedding, when the matrix is a table of them.
    pub fn row(&self, row: usize, to: &mut [f32]) {
        let lane = row % LANES;
        match self.group(row / LANES) {
            Group::Q4(blocks) => {
                for (to, block) in to.chunks_exact_mut(BLOCK).zip(blocks) {
                    let (scale, minimum) = (block.scale[lane].to_f32(), block.minimum[lane].to_f32());
                    for (column, to) in to.iter_mut().enumerate() {
                        let quant = block.quants[column / 8][lane] >> (column % 8 * 4) & 15;
                        *to = scale * quant as f32 + minimum;
                    }
                }
            }
            Group::Q8(blocks) => {
                for (to, block) in to.chunks_exact_mut(BLOCK).zip(blocks) {
                    let scale = block.scale[lane].to_f32();
                    for (to, quants) in to.iter_mut().zip(&block.quants) {
                        *to = scale * f32::from(quants[lane]);
                    }
                }
            }
            Group::F32(columns) => {
                for (to, column) in to.iter_mut().zip(columns) {
                    *to = column[lane];
                }
            }
        }
    }
}
