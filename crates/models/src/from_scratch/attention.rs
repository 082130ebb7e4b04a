//! Attention (Vaswani et al., 2017, section 3.2): every token asks, every token answers, and each takes home a mixture.
//!
//! ```text
//! scores  = queries · keysᵀ / √d           (n, m)   how well each answer fits each question
//! weights = softmax(scores), row by row    (n, m)   0 where the mask forbids to look
//! output  = weights · values               (n, d)   for each token, a mixture of the values
//! ```
//!
//! `queries` has n rows of d numbers, `keys` has m rows of d numbers, `values` has m rows. In self-attention all three are made
//! from the same tokens, so n = m; in cross-attention the queries are the decoder's and the rest is the encoder's.
//!
//! ```
//! use course_models::from_scratch::{attention_weights, causal_mask, scaled_dot_product_attention};
//!
//! // Two tokens. The first asks for what the first key stands for, the second for nothing in particular.
//! let queries = vec![vec![2.0, 0.0], vec![0.0, 0.0]];
//! let keys = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
//! let values = vec![vec![10.0], vec![20.0]];
//!
//! let weights = attention_weights(&queries, &keys, None)?;
//! // 2/√2 = 1.414 against 0: e^1.414 = 4.113 parts of 5.113.
//! assert!((weights[0][0] - 0.8044).abs() < 1e-4);
//! assert_eq!(weights[1], [0.5, 0.5]);
//!
//! let output = scaled_dot_product_attention(&queries, &keys, &values, None)?;
//! assert!((output[0][0] - 11.956).abs() < 1e-3);
//! assert_eq!(output[1], [15.0]);
//!
//! // With a causal mask the first token sees nothing but itself.
//! let output = scaled_dot_product_attention(&queries, &keys, &values, Some(&causal_mask(2)))?;
//! assert_eq!(output[0], [10.0]);
//! # Ok::<(), course_models::Error>(())
//! ```
//!
//! What it leaves out: batches, threads, and the memory for n·m scores, which fast attention never holds at once.

use super::softmax;
use crate::{Error, Result};

/// How much each query takes from each key: n rows of m weights that sum to 1. `mask[query][key]` says who may look at whom;
/// `None` means everyone at everyone. A query that may look at nothing gets zeros.
///
/// # Errors
/// When the rows are not of one length, or the mask has another shape.
pub fn attention_weights(queries: &[Vec<f32>], keys: &[Vec<f32>], mask: Option<&[Vec<bool>]>) -> Result<Vec<Vec<f32>>> {
    check(queries, keys, mask)?;
    let mut weights = Vec::new();
    for (number, query) in queries.iter().enumerate() {
        let scale = (query.len() as f32).sqrt();
        let mut scores: Vec<f32> = keys.iter().map(|key| dot(query, key) / scale).collect();
        if let Some(may_look) = mask.and_then(|mask| mask.get(number)) {
            for (score, may_look) in scores.iter_mut().zip(may_look) {
                if !may_look {
                    *score = f32::NEG_INFINITY; // e^-∞ is 0, so the softmax gives it nothing
                }
            }
        }
        let sees_nothing = scores.iter().all(|score| *score == f32::NEG_INFINITY);
        weights.push(if sees_nothing { vec![0.0; scores.len()] } else { softmax(&scores) });
    }
    Ok(weights)
}

/// For each query the mean of the values under its [`attention_weights`]: n rows as long as a value.
///
/// # Errors
/// When the rows are not of one length, there are not as many values as keys, or the mask has another shape.
pub fn scaled_dot_product_attention(
    queries: &[Vec<f32>],
    keys: &[Vec<f32>],
    values: &[Vec<f32>],
    mask: Option<&[Vec<bool>]>,
) -> Result<Vec<Vec<f32>>> {
    if values.len() != keys.len() {
        return Err(Error::input("values", format!("has {} rows, but there are {} keys", values.len(), keys.len())));
    }
    let weights = attention_weights(queries, keys, mask)?;
    Ok(weights.iter().map(|weights| mixture(weights, values)).collect())
}

/// Several heads: each works on its own slice of the vectors, and what they put out is laid side by side again. All rows have
/// `heads × d` numbers.
///
/// ```
/// use course_models::from_scratch::multi_head_attention;
///
/// let x = vec![vec![1.0, 0.0, 0.0, 3.0], vec![0.0, 1.0, 3.0, 0.0]];
/// let output = multi_head_attention(&x, &x, &x, 2, None)?;
/// // Head 1 has short vectors, so it mixes: e^0.707 = 2.028 parts of 3.028. Head 2 has long ones and nearly chooses.
/// assert!((output[0][0] - 0.6698).abs() < 1e-4 && (output[0][3] - 2.9948).abs() < 1e-4);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// As [`scaled_dot_product_attention`], and when the rows cannot be cut into `heads` equal parts.
pub fn multi_head_attention(
    queries: &[Vec<f32>],
    keys: &[Vec<f32>],
    values: &[Vec<f32>],
    heads: usize,
    mask: Option<&[Vec<bool>]>,
) -> Result<Vec<Vec<f32>>> {
    let (queries, keys) = (split_heads(queries, heads)?, split_heads(keys, heads)?);
    let values = split_heads(values, heads)?;
    let mut output: Vec<Vec<f32>> = vec![Vec::new(); queries.first().map_or(0, Vec::len)];
    for ((queries, keys), values) in queries.iter().zip(&keys).zip(&values) {
        let head = scaled_dot_product_attention(queries, keys, values, mask)?;
        for (row, part) in output.iter_mut().zip(head) {
            row.extend(part);
        }
    }
    Ok(output)
}

/// Cuts each row into `heads` equal parts: one list of rows for each head.
///
/// # Errors
/// When the rows cannot be cut so.
pub fn split_heads(rows: &[Vec<f32>], heads: usize) -> Result<Vec<Vec<Vec<f32>>>> {
    if let Some(row) = rows.iter().find(|row| heads == 0 || row.len() % heads != 0) {
        let problem = format!("{} numbers cannot be cut into {heads} equal parts", row.len());
        return Err(Error::input("heads", problem));
    }
    let part = |row: &Vec<f32>, head: usize| {
        let width = row.len() / heads;
        row[head * width..(head + 1) * width].to_vec()
    };
    Ok((0..heads).map(|head| rows.iter().map(|row| part(row, head)).collect()).collect())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn mixture(weights: &[f32], values: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; values.first().map_or(0, Vec::len)];
    for (weight, value) in weights.iter().zip(values) {
        for (sum, number) in sum.iter_mut().zip(value) {
            *sum += weight * number;
        }
    }
    sum
}

fn check(queries: &[Vec<f32>], keys: &[Vec<f32>], mask: Option<&[Vec<bool>]>) -> Result<()> {
    let width = queries.first().map_or(0, Vec::len);
    for (argument, rows) in [("queries", queries), ("keys", keys)] {
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            let problem = format!("has a row of {} numbers, but the first query has {width}", row.len());
            return Err(Error::input(argument, problem));
        }
    }
    let Some(mask) = mask else { return Ok(()) };
    if mask.len() != queries.len() || mask.iter().any(|row| row.len() != keys.len()) {
        let columns = mask.first().map_or(0, Vec::len);
        let problem = format!(
            "is {} × {columns}, but there are {} queries and {} keys; a row is for a query",
            mask.len(),
            queries.len(),
            keys.len()
        );
        return Err(Error::input("mask", problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use candle_core::{IndexOp, Tensor};

    use super::super::{causal_mask, padding_mask};
    use super::*;
    use crate::layers::{Attention, KeysValues};
    use crate::{Bert, Llama, Philox};

    fn rows(random: &mut Philox, count: usize, width: usize) -> Vec<Vec<f32>> {
        (0..count).map(|_| (0..width).map(|_| random.next_f32() - 0.5).collect()).collect()
    }

    fn assert_close(a: &[Vec<f32>], b: &[Vec<f32>]) {
        assert_eq!(a.len(), b.len());
        for (row, (a, b)) in a.iter().zip(b).enumerate() {
            assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(b) {
                assert!((a - b).abs() < 1e-5, "row {row}: {a} for {b}");
            }
        }
    }

    #[test]
    fn it_is_the_attention_of_the_models() {
        let (heads, head_dim, length) = (3, 8, 21);
        let mut random = Philox::new(11);
        let [q, k, v] = [(); 3].map(|()| rows(&mut random, length, heads * head_dim));
        let seen: Vec<u32> = (0..length).map(|at| u32::from(at < 17)).collect();
        for causal in [false, true] {
            let attention = Attention { query_heads: heads, key_value_heads: heads, head_dim, causal };
            let mut keys_values = vec![KeysValues::new(head_dim); heads];
            for (k, v) in k.iter().zip(&v) {
                let pairs = k.chunks(head_dim).zip(v.chunks(head_dim));
                keys_values.iter_mut().zip(pairs).for_each(|(head, (key, value))| head.push(key, value));
            }
            let scaled: Vec<f32> = q.concat().iter().map(|q| q / (head_dim as f32).sqrt()).collect();
            let visible = seen.iter().map(|seen| *seen as u8).collect::<Vec<_>>();
            let mut output = vec![0.0; length * heads * head_dim];
            attention.forward(&scaled, heads * head_dim, length, &keys_values, &[visible], &mut output);
            let fast: Vec<Vec<f32>> = output.chunks(heads * head_dim).map(<[f32]>::to_vec).collect();

            let padding = padding_mask(&seen);
            let mask = if causal { super::super::both(&causal_mask(length), &padding) } else { padding };
            assert_close(&multi_head_attention(&q, &k, &v, heads, Some(&mask)).unwrap(), &fast);
        }
    }

    fn head(tensor: &Tensor, layer: usize, head: usize) -> Vec<Vec<f32>> {
        tensor.i((layer, head)).unwrap().to_vec2().unwrap()
    }

    #[test]
    fn it_gives_the_weights_of_minilm_and_of_smollm() {
        let ids =
            Tensor::new(&[[101_u32, 1996, 4937, 7719, 2006, 1996, 13523, 102]], &candle_core::Device::Cpu).unwrap();
        let bert = Bert::from_pretrained("sentence-transformers/all-MiniLM-L6-v2").unwrap();
        let (_, attentions) = bert.forward_with_attentions(&ids, None, None).unwrap();
        for (layer, number) in [(0, 0), (2, 7), (5, 11)] {
            let [q, k] = [attentions.queries(), attentions.keys()].map(|tensor| head(tensor, layer, number));
            let weights = attention_weights(&q, &k, None).unwrap();
            assert_close(&weights, &head(attentions.weights(), layer, number));
        }
        let llama = Llama::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap();
        let (_, attentions) = llama.forward_with_attentions(&ids).unwrap();
        for (layer, number) in [(0, 0), (17, 5), (29, 8)] {
            // Three query heads share a key head.
            let (q, k) = (head(attentions.queries(), layer, number), head(attentions.keys(), layer, number / 3));
            let weights = attention_weights(&q, &k, Some(&causal_mask(8))).unwrap();
            assert_close(&weights, &head(attentions.weights(), layer, number));
        }
    }

    #[test]
    fn a_token_that_may_look_at_nothing_gets_zeros() {
        let x = vec![vec![1.0, 2.0]; 2];
        let mask = vec![vec![false, false], vec![true, false]];
        let output = scaled_dot_product_attention(&x, &x, &x, Some(&mask)).unwrap();
        assert_eq!(output, [[0.0, 0.0], [1.0, 2.0]]);
    }

    #[test]
    fn shapes_that_do_not_fit_are_said_in_words() {
        let (two, three) = (vec![vec![0.0; 2]; 2], vec![vec![0.0; 3]; 2]);
        let message = |result: Result<Vec<Vec<f32>>>| result.unwrap_err().to_string();
        assert!(message(attention_weights(&two, &three, None)).contains("keys: has a row of 3 numbers"));
        let mask = causal_mask(3);
        assert!(
            message(attention_weights(&two, &two, Some(&mask))).contains("mask: is 3 × 3, but there are 2 queries")
        );
        assert!(message(scaled_dot_product_attention(&two, &two, &two[..1], None)).contains("values: has 1 rows"));
        assert!(message(multi_head_attention(&three, &three, &three, 2, None)).contains("into 2 equal parts"));
        assert!(message(multi_head_attention(&two, &two, &two, 0, None)).contains("into 0 equal parts"));
    }
}
