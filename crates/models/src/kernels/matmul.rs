//! `y = x · Wᵀ + b` for packed weights and any number of vectors.

use std::cell::RefCell;

use super::Kernels;
use super::elementwise::gelu;
use super::output::Columns;
use super::packed::{BLOCK, Group, LANES, Packed, Storage};
use super::pool::Pool;
use super::scalar::Lanes;

/// Up to so many vectors, quantized weights are used as they are; for more, each group becomes floats once.
const FEW: usize = 4;
/// Weights a piece of work should have at least: some microseconds of work.
const WEIGHTS_OF_A_PIECE: usize = 1 << 15;

thread_local! {
    /// Two groups as floats, kept by each thread for the next matrix.
    static PANEL: RefCell<Vec<Lanes>> = const { RefCell::new(Vec::new()) };
}

/// What is done to a result before it is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finish<'a> {
    /// Added to each vector's results: one number a row.
    pub bias: Option<&'a [f32]>,
    /// Whether GELU is applied after that.
    pub gelu: bool,
}

/// Multiplies `vectors` vectors, `x` of `(vectors, columns)`, with every matrix of `parts`: `y` of `(vectors, all rows)`
/// has the results of the parts side by side.
///
/// # Panics
/// When the lengths do not fit; callers check shapes first.
pub fn matmul(parts: &[Packed], finish: Finish<'_>, x: &[f32], vectors: usize, y: &mut [f32]) {
    matmul_with(Kernels::best(), Pool::global(), parts, finish, x, vectors, y);
}

/// [`matmul`] with chosen kernels and threads.
///
/// # Panics
/// As [`matmul`].
pub fn matmul_with(
    kernels: Kernels,
    pool: &Pool,
    parts: &[Packed],
    finish: Finish<'_>,
    x: &[f32],
    vectors: usize,
    y: &mut [f32],
) {
    let columns = parts.first().map_or(0, Packed::columns);
    let rows = parts.iter().map(Packed::rows).sum();
    assert!(parts.iter().all(|part| part.columns() == columns), "the parts take vectors of one length");
    assert_eq!(x.len(), vectors * columns, "{vectors} vectors of {columns}");
    assert_eq!(y.len(), vectors * rows, "{vectors} results of {rows}");
    assert!(finish.bias.is_none_or(|bias| bias.len() == rows), "one bias a row");
    if vectors == 0 || rows == 0 {
        return;
    }

    let (_, at_once) = kernels.tile_size();
    let groups_of_a_piece =
        WEIGHTS_OF_A_PIECE.div_ceil(columns.max(1) * LANES * vectors.min(8)).next_multiple_of(at_once);
    let mut pieces = Vec::new();
    let mut first_column = 0;
    for part in parts {
        let starts = (0..part.groups()).step_by(groups_of_a_piece);
        pieces.extend(starts.map(|start| Piece {
            part,
            groups: start..(start + groups_of_a_piece).min(part.groups()),
            first_column,
        }));
        first_column += part.rows();
    }
    let job =
        Job { kernels, finish, x, vectors, columns, sums: block_sums(parts, x, vectors), y: Columns::new(y, rows) };
    pool.run(pieces.len(), &|piece| job.work_on(&pieces[piece]));
}

/// The sum of every 32 numbers of `x`: what the minimum of a Q4 block is multiplied with.
fn block_sums(parts: &[Packed], x: &[f32], vectors: usize) -> Vec<f32> {
    let needed = vectors <= FEW && parts.iter().any(|part| matches!(part.storage, Storage::Q4(_)));
    if needed { x.chunks_exact(BLOCK).map(|block| block.iter().sum()).collect() } else { Vec::new() }
}

/// Some groups of one matrix.
struct Piece<'a> {
    part: &'a Packed,
    groups: std::ops::Range<usize>,
    /// Where the matrix's results begin in `y`.
    first_column: usize,
}

struct Job<'a> {
    kernels: Kernels,
    finish: Finish<'a>,
    x: &'a [f32],
    vectors: usize,
    columns: usize,
    sums: Vec<f32>,
    y: Columns<'a>,
}

impl Job<'_> {
    fn work_on(&self, piece: &Piece<'_>) {
        let quantized = !matches!(piece.part.storage, Storage::F32(_));
        if quantized && self.vectors <= FEW {
            for group in piece.groups.clone() {
                match self.vectors {
                    1 => self.dot::<1>(piece, group),
                    2 => self.dot::<2>(piece, group),
                    3 => self.dot::<3>(piece, group),
                    _ => self.dot::<FEW>(piece, group),
                }
            }
            return;
        }
        let mut groups = piece.groups.clone();
        while !groups.is_empty() {
            let (_, at_once) = self.kernels.tile_size();
            let group = groups.start;
            if at_once == 2 && groups.len() >= 2 {
                self.with_floats(piece, group, 2, |floats| {
                    let (first, second) = floats.split_at(self.columns);
                    self.tiles(piece, group, [first, second]);
                });
                groups.start += 2;
            } else {
                self.with_floats(piece, group, 1, |floats| self.tiles(piece, group, [floats]));
                groups.start += 1;
            }
        }
    }

    /// One group of a quantized matrix with a few vectors.
    fn dot<const M: usize>(&self, piece: &Piece<'_>, group: usize) {
        let x = std::array::from_fn::<_, M, _>(|m| &self.x[m * self.columns..][..self.columns]);
        let results = match piece.part.group(group) {
            Group::Q4(blocks) => {
                let blocks_of_a_row = self.columns / BLOCK;
                let sums = std::array::from_fn(|m| &self.sums[m * blocks_of_a_row..][..blocks_of_a_row]);
                self.kernels.dot_q4(blocks, x, sums)
            }
            Group::Q8(blocks) => self.kernels.dot_q8(blocks, x),
            Group::F32(columns) => self.kernels.tile([columns], x).map(|[lanes]| lanes),
        };
        for (vector, lanes) in results.iter().enumerate() {
            self.finish(piece, group, vector, lanes);
        }
    }

    /// Gives `work` one or two groups as floats, unpacking them if they are quantized.
    fn with_floats(&self, piece: &Piece<'_>, group: usize, count: usize, work: impl FnOnce(&[Lanes])) {
        if let Storage::F32(all) = &piece.part.storage {
            return work(&all[group * self.columns..][..count * self.columns]);
        }
        PANEL.with_borrow_mut(|panel| {
            panel.resize(count * self.columns, [0.0; LANES]);
            for (number, to) in panel.chunks_exact_mut(self.columns).enumerate() {
                self.kernels.unpack(piece.part.group(group + number), to);
            }
            work(panel);
        });
    }

    /// One or two groups with all vectors.
    fn tiles<const G: usize>(&self, piece: &Piece<'_>, group: usize, floats: [&[Lanes]; G]) {
        let x = |vector: usize| &self.x[vector * self.columns..][..self.columns];
        self.kernels.tiles(floats, self.vectors, x, |vector, g, lanes| self.finish(piece, group + g, vector, lanes));
    }

    /// Adds the bias, applies the function, and writes the rows that exist.
    fn finish(&self, piece: &Piece<'_>, group: usize, vector: usize, lanes: &Lanes) {
        let row = group * LANES;
        let rows = LANES.min(piece.part.rows() - row);
        let column = piece.first_column + row;
        let mut lanes = *lanes;
        if let Some(bias) = self.finish.bias {
            for (lane, bias) in lanes.iter_mut().zip(&bias[column..][..rows]) {
                *lane += bias;
            }
        }
        if self.finish.gelu {
            lanes = lanes.map(gelu);
        }
        // SAFETY: every group of a matrix is in one piece, and every piece is worked on once: no two threads write here.
        unsafe { self.y.write(vector, column, &lanes[..rows]) };
    }
}
