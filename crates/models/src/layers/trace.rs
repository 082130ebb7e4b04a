//! What attention did in one pass, written down layer by layer so that it can be looked at.

use super::Attention;
use crate::kernels::elementwise::{dot, softmax};

/// Queries, keys, values and weights of one text, in the order the layers ran.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub layers: usize,
    /// `(layers, query_heads, length, head_dim)`, as they were before the division by `√head_dim`.
    pub queries: Vec<f32>,
    /// `(layers, key_value_heads, length, head_dim)`.
    pub keys: Vec<f32>,
    /// `(layers, key_value_heads, length, head_dim)`.
    pub values: Vec<f32>,
    /// `(layers, query_heads, length, length)`.
    pub weights: Vec<f32>,
}

impl Trace {
    /// Writes down one layer of a text that is read in one piece.
    ///
    /// `tokens` has for each token its query heads, already divided by `√head_dim`, its key heads and its value heads;
    /// `visible` is 0 for a token that nobody may look at.
    pub(crate) fn record(&mut self, attention: &Attention, tokens: &[f32], visible: &[u8]) {
        let Attention { query_heads, key_value_heads, head_dim, causal } = *attention;
        let tokens = tokens.chunks_exact((query_heads + 2 * key_value_heads) * head_dim).collect::<Vec<_>>();
        let vector = |token: &'_ [f32], number: usize| token[number * head_dim..][..head_dim].to_vec();
        for head in 0..query_heads {
            let key_head = query_heads + head / (query_heads / key_value_heads);
            for (at, token) in tokens.iter().enumerate() {
                let query = vector(token, head);
                self.queries.extend(query.iter().map(|number| number * (head_dim as f32).sqrt()));
                let may_see = |other: usize| visible.get(other) == Some(&1) && (other <= at || !causal);
                let score = |(other, token): (usize, &&[f32])| match may_see(other) {
                    true => dot(&query, &token[key_head * head_dim..][..head_dim]),
                    false => f32::NEG_INFINITY,
                };
                let mut weights = tokens.iter().enumerate().map(score).collect::<Vec<_>>();
                if weights.iter().all(|score| *score == f32::NEG_INFINITY) {
                    weights.fill(0.0);
                } else {
                    let seen = if causal { at + 1 } else { weights.len() };
                    softmax(&mut weights[..seen]);
                    (0..weights.len()).filter(|other| !may_see(*other)).for_each(|other| weights[other] = 0.0);
                }
                self.weights.extend(weights);
            }
        }
        for head in query_heads..query_heads + key_value_heads {
            self.keys.extend(tokens.iter().flat_map(|token| vector(token, head)));
            self.values.extend(tokens.iter().flat_map(|token| vector(token, head + key_value_heads)));
        }
        self.layers += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeysValues;
    use super::*;
    use crate::Philox;

    #[test]
    fn the_weights_mix_the_values_into_what_the_layer_puts_out() {
        let mut random = Philox::new(5);
        for (causal, hidden) in [(false, 0), (true, 0), (false, 3), (true, 2)] {
            let (query_heads, key_value_heads, head_dim, length) = (6, 2, 20, 19);
            let attention = Attention { query_heads, key_value_heads, head_dim, causal };
            let stride = (query_heads + 2 * key_value_heads) * head_dim;
            let tokens = (0..length * stride).map(|_| random.next_f32() - 0.5).collect::<Vec<_>>();
            let mut visible = vec![1; length];
            visible[..hidden].fill(0);
            let mut heads = vec![KeysValues::new(head_dim); key_value_heads];
            for token in tokens.chunks_exact(stride) {
                let (keys, values) = token[query_heads * head_dim..].split_at(key_value_heads * head_dim);
                let pairs = keys.chunks_exact(head_dim).zip(values.chunks_exact(head_dim));
                heads.iter_mut().zip(pairs).for_each(|(head, (key, value))| head.push(key, value));
            }
            let mut output = vec![f32::NAN; length * query_heads * head_dim];
            attention.forward(&tokens, stride, length, &heads, &[visible.clone()], &mut output);

            let mut trace = Trace::default();
            trace.record(&attention, &tokens, &visible);
            for (row, weights) in trace.weights.chunks_exact(length).enumerate() {
                let (head, token) = (row / length, row % length);
                let sum = weights.iter().sum::<f32>();
                let expected = if causal && token < hidden { 0.0 } else { 1.0 };
                assert!((sum - expected).abs() < 1e-5, "head {head}, token {token}: {sum}");
                for i in 0..head_dim {
                    let value =
                        |at: usize| trace.values[(head / (query_heads / key_value_heads) * length + at) * head_dim + i];
                    let mixed = weights.iter().enumerate().map(|(at, weight)| weight * value(at)).sum::<f32>();
                    let layer = output[(token * query_heads + head) * head_dim + i];
                    assert!((mixed - layer).abs() < 1e-5, "head {head}, token {token}: {mixed} for {layer}");
                }
            }
        }
    }
}
