//! Attention: every token gathers what it needs from the tokens it may look at.
//!
//! For each query: a score against every key, `softmax`, and the mean of the values under those weights. Keys and
//! values are stored in the layout of the weight kernels, so both steps are products with a matrix, and grouped
//! queries (several query heads on one key head) go through together.

use std::cell::RefCell;
use std::ops::Range;

use crate::kernels::Kernels;
use crate::kernels::elementwise::softmax;
use crate::kernels::packed::LANES;
use crate::kernels::pool::Pool;
use crate::kernels::scalar::Lanes;

/// Queries that are worked on together.
const TILE: usize = 16;
/// Below so many multiplications it costs more to share them than to do them.
const SHARED: usize = 1 << 16;

thread_local! {
    /// The scores of one tile, kept by each thread for the next.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The keys and values of one head in one row of a batch.
#[derive(Debug, Clone)]
pub(crate) struct KeysValues {
    head_dim: usize,
    length: usize,
    /// Sixteen positions side by side: `keys[group × head_dim + i][position]`.
    keys: Vec<Lanes>,
    /// Sixteen numbers of the vector side by side: `values[group][position][i]`.
    values: Vec<Vec<Lanes>>,
}

impl KeysValues {
    /// No positions yet, for vectors of `head_dim` numbers.
    pub(crate) fn new(head_dim: usize) -> Self {
        Self { head_dim, length: 0, keys: Vec::new(), values: vec![Vec::new(); head_dim.div_ceil(LANES)] }
    }

    /// Adds one position.
    pub(crate) fn push(&mut self, key: &[f32], value: &[f32]) {
        let lane = self.length % LANES;
        let start = self.length / LANES * self.head_dim;
        self.keys.resize(start + self.head_dim, [0.0; LANES]);
        for (column, key) in self.keys[start..].iter_mut().zip(key) {
            column[lane] = *key;
        }
        for (group, value) in self.values.iter_mut().zip(value.chunks(LANES)) {
            let mut lanes = [0.0; LANES];
            lanes[..value.len()].copy_from_slice(value);
            group.push(lanes);
        }
        self.length += 1;
    }

    /// How many bytes the keys and values are.
    pub(crate) fn bytes(&self) -> usize {
        let values = self.values.iter().map(Vec::len).sum::<usize>();
        (self.keys.len() + values) * size_of::<Lanes>()
    }

    /// Forgets the positions from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        if length < self.length {
            self.length = length;
            self.keys.truncate(length.div_ceil(LANES) * self.head_dim);
            self.values.iter_mut().for_each(|group| group.truncate(length));
        }
    }
}

/// The sizes of an attention layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attention {
    /// Heads that ask.
    pub query_heads: usize,
    /// Heads that answer.
    pub key_value_heads: usize,
    /// Numbers in the vector of a head.
    pub head_dim: usize,
    /// Whether a token sees only itself and what is before it.
    pub causal: bool,
}

impl Attention {
    /// Attends with the newest `length` positions of each row.
    ///
    /// `queries` holds each token's query heads at the start of `stride` numbers: `(rows, length, stride)`, already divided by
    /// `√head_dim`. `keys_values` is `(rows, key_value_heads)`. `visible` has, for each row, 0 for a position that nobody
    /// may look at. `output` is `(rows, length, query_heads × head_dim)`; a token that sees nothing gets zeros.
    pub(crate) fn forward(
        &self,
        queries: &[f32],
        stride: usize,
        length: usize,
        keys_values: &[KeysValues],
        visible: &[Vec<u8>],
        output: &mut [f32],
    ) {
        let width = self.query_heads / self.key_value_heads * self.head_dim;
        let pieces = self.pieces(keys_values.len(), length);
        let work = |piece: &Piece, output: &mut [f32]| {
            let (row, head) = (piece.head / self.key_value_heads, piece.head % self.key_value_heads);
            let query = |token: usize, in_group: usize| {
                &queries[(row * length + token) * stride + head * width + in_group * self.head_dim..][..self.head_dim]
            };
            SCORES.with_borrow_mut(|scores| {
                self.tile(&keys_values[piece.head], &visible[row], length, piece.tokens.clone(), query, scores, output);
            });
        };
        // One token a row: the heads lie in the output as they are worked on. Otherwise each head's tokens are
        // together first, and are put in order at the end.
        let mut by_head = if length == 1 { Vec::new() } else { vec![0.0; output.len()] };
        let mut rest = if length == 1 { &mut *output } else { &mut by_head[..] };
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let (part, after) = rest.split_at_mut(piece.tokens.len() * width);
            parts.push(part);
            rest = after;
        }
        let positions = keys_values.first().map_or(0, |head| head.length);
        if keys_values.len() * length * positions * width < SHARED {
            pieces.iter().zip(parts).for_each(|(piece, part)| work(piece, part));
        } else {
            Pool::global().run_parts(parts, |number, part| work(&pieces[number], part));
        }
        if length > 1 {
            let heads = by_head.chunks_exact(length * width).enumerate();
            for (head, tokens) in heads {
                let (row, head) = (head / self.key_value_heads, head % self.key_value_heads);
                for (token, from) in tokens.chunks_exact(width).enumerate() {
                    let to = (row * length + token) * self.query_heads * self.head_dim + head * width;
                    output[to..to + width].copy_from_slice(from);
                }
            }
        }
    }

    /// Some tokens of one head each.
    fn pieces(&self, heads: usize, length: usize) -> Vec<Piece> {
        let tiles = |head: usize| {
            let starts = (0..length).step_by(TILE);
            starts.map(move |start| Piece { head, tokens: start..(start + TILE).min(length) })
        };
        (0..heads).flat_map(tiles).collect()
    }

    /// The new tokens number `tokens` of one key head: `output` is `(tokens, query heads of the key head, head_dim)`.
    #[expect(clippy::too_many_arguments, reason = "the innermost step: a struct would only rename them")]
    fn tile<'q>(
        &self,
        head: &KeysValues,
        visible: &[u8],
        length: usize,
        tokens: Range<usize>,
        query: impl Fn(usize, usize) -> &'q [f32],
        scores: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let kernels = Kernels::best();
        let in_group = self.query_heads / self.key_value_heads;
        let vectors = tokens.len() * in_group;
        let seen_by = |token: usize| if self.causal { head.length - length + token + 1 } else { head.length };
        let most_seen = seen_by(tokens.end - 1);
        let width = most_seen.next_multiple_of(LANES);

        // Scores of every query against every key.
        scores.resize(vectors * width, 0.0);
        let key_groups = head.keys.chunks_exact(self.head_dim).take(width / LANES).collect::<Vec<_>>();
        let vector = |number: usize| query(tokens.start + number / in_group, number % in_group);
        kernels.multiply(&key_groups, vectors, vector, |vector, group, lanes| {
            scores[vector * width + group * LANES..][..LANES].copy_from_slice(lanes);
        });

        // Scores become weights; what may not be seen weighs nothing.
        for (number, scores) in scores.chunks_exact_mut(width).enumerate() {
            let (seen, hidden) = scores.split_at_mut(seen_by(tokens.start + number / in_group));
            let hide = |(score, visible): (&mut f32, &u8)| {
                if *visible == 0 {
                    *score = f32::NEG_INFINITY;
                }
            };
            seen.iter_mut().zip(visible).for_each(hide);
            if seen.iter().all(|score| *score == f32::NEG_INFINITY) {
                seen.fill(0.0);
            } else {
                softmax(seen);
            }
            hidden.fill(0.0);
        }

        // The values under those weights.
        let value_groups = head.values.iter().map(|group| &group[..most_seen]).collect::<Vec<_>>();
        let weights = |number: usize| &scores[number * width..][..most_seen];
        kernels.multiply(&value_groups, vectors, weights, |vector, group, lanes| {
            let start = group * LANES;
            let count = LANES.min(self.head_dim - start);
            output[vector * self.head_dim + start..][..count].copy_from_slice(&lanes[..count]);
        });
    }
}

/// Some new tokens of one key head.
struct Piece {
    /// Row × key heads + key head.
    head: usize,
    tokens: Range<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Philox;

    /// Attention as the formula says it, in f64.
    fn plain(attention: Attention, q: &[f32], k: &[f32], v: &[f32], length: usize, seen: &[u8]) -> Vec<f64> {
        let Attention { query_heads, key_value_heads, head_dim, causal } = attention;
        let total = seen.len();
        let mut output = Vec::new();
        for token in 0..length {
            for query_head in 0..query_heads {
                let head = query_head / (query_heads / key_value_heads);
                let key = |at: usize| &k[(at * key_value_heads + head) * head_dim..][..head_dim];
                let value = |at: usize| &v[(at * key_value_heads + head) * head_dim..][..head_dim];
                let query = &q[(token * query_heads + query_head) * head_dim..][..head_dim];
                let last = if causal { total - length + token } else { total - 1 };
                let positions = (0..=last).filter(|at| seen[*at] == 1).collect::<Vec<_>>();
                let score = |at: &usize| query.iter().zip(key(*at)).map(|(q, k)| f64::from(q * k)).sum::<f64>().exp();
                let scores = positions.iter().map(score).collect::<Vec<_>>();
                let sum = scores.iter().sum::<f64>();
                for i in 0..head_dim {
                    let weighted = positions.iter().zip(&scores).map(|(at, score)| score * f64::from(value(*at)[i]));
                    output.push(if positions.is_empty() { 0.0 } else { weighted.sum::<f64>() / sum });
                }
            }
        }
        output
    }

    #[test]
    fn attention_is_what_the_formula_says() {
        let mut random = Philox::new(3);
        let mut numbers = |count: usize| (0..count).map(|_| random.next_f32() - 0.5).collect::<Vec<_>>();
        for (causal, total, length, hidden) in
            [(true, 37, 37, 0), (true, 37, 1, 5), (false, 20, 20, 3), (true, 18, 17, 18)]
        {
            let attention = Attention { query_heads: 6, key_value_heads: 2, head_dim: 20, causal };
            let (k, v, q) = (numbers(total * 40), numbers(total * 40), numbers(length * 120));
            let mut seen = vec![1; total];
            seen[..hidden].fill(0);
            let mut heads = vec![KeysValues::new(20); 2];
            for at in 0..total {
                for (head, keys_values) in heads.iter_mut().enumerate() {
                    let range = (at * 2 + head) * 20..(at * 2 + head + 1) * 20;
                    keys_values.push(&k[range.clone()], &v[range]);
                }
            }
            let expected = plain(attention, &q, &k, &v, length, &seen);
            let mut output = vec![f32::NAN; length * 120];
            attention.forward(&q, 120, length, &heads, &[seen], &mut output);
            for (number, (got, expected)) in output.iter().zip(expected).enumerate() {
                assert!((f64::from(*got) - expected).abs() < 1e-5, "number {number}: {got} for {expected}");
            }
        }
    }

    #[test]
    fn a_truncated_cache_is_the_shorter_one() {
        let mut random = Philox::new(4);
        let mut pair = || [(); 2].map(|()| [(); 8].map(|()| random.next_f32()));
        let pairs = [(); 40].map(|()| pair());
        let filled = |count: usize| {
            let mut head = KeysValues::new(8);
            pairs[..count].iter().for_each(|[key, value]| head.push(key, value));
            head
        };
        let mut shortened = filled(40);
        shortened.truncate(19);
        pairs[19..33].iter().for_each(|[key, value]| shortened.push(key, value));
        let attention = Attention { query_heads: 1, key_value_heads: 1, head_dim: 8, causal: true };
        let attend = |head: KeysValues| {
            let mut output = [0.0; 8];
            attention.forward(&[0.5; 8], 8, 1, &[head], &[vec![1; 33]], &mut output);
            output
        };
        assert_eq!(attend(shortened), attend(filled(33)));
    }
}
