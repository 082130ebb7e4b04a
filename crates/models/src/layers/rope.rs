//! Rotary position embedding (Su et al., 2021): where a token stands is told by turning its query and its key.

/// Turns pairs of numbers by angles that grow with the position, each pair at its own speed.
///
/// The numbers of a pair are neighbours, which is how GGUF files order the rows of the weights; files of `transformers`
/// pair the first half of a head with the second.
#[derive(Debug)]
pub(crate) struct Rope {
    /// Radians a position, for each pair.
    speeds: Vec<f64>,
}

impl Rope {
    /// For heads of `head_dim` numbers: pair `i` turns by `theta^(-2i / head_dim)` radians a position, divided by
    /// `factors[i]` where the model stretches its context so.
    pub(crate) fn new(head_dim: usize, theta: f32, factors: Option<&[f32]>) -> Self {
        let speed = |pair: usize| {
            let factor = factors.and_then(|factors| factors.get(pair)).copied().unwrap_or(1.0);
            f64::from(theta).powf(-2.0 * pair as f64 / head_dim as f64) / f64::from(factor)
        };
        Self { speeds: (0..head_dim / 2).map(speed).collect() }
    }

    /// The sine and cosine of every pair's angle at each position.
    pub(crate) fn angles(&self, positions: &[u32]) -> Vec<(f32, f32)> {
        let turns =
            positions.iter().flat_map(|&position| self.speeds.iter().map(move |speed| f64::from(position) * speed));
        turns.map(|angle| (angle.sin() as f32, angle.cos() as f32)).collect()
    }

    /// Turns every head of one token by that token's angles.
    pub(crate) fn turn(heads: &mut [f32], angles: &[(f32, f32)]) {
        for head in heads.chunks_exact_mut(2 * angles.len()) {
            for (pair, (sine, cosine)) in head.chunks_exact_mut(2).zip(angles) {
                let [a, b] = [pair[0], pair[1]];
                pair[0] = a * cosine - b * sine;
                pair[1] = a * sine + b * cosine;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_two_turned_vectors_depends_on_their_distance_only() {
        let rope = Rope::new(8, 10_000.0, None);
        let (query, key) = ([0.3, -1.0, 0.5, 2.0, 0.1, 0.7, -0.4, 1.1], [1.0, 0.2, -0.6, 0.9, 0.4, -1.3, 0.8, 0.5]);
        let product = |query_at: u32, key_at: u32| {
            let (mut query, mut key) = (query, key);
            Rope::turn(&mut query, &rope.angles(&[query_at]));
            Rope::turn(&mut key, &rope.angles(&[key_at]));
            query.iter().zip(key).map(|(q, k)| q * k).sum::<f32>()
        };
        assert!((product(3, 1) - product(103, 101)).abs() < 1e-4);
        assert!((product(3, 1) - product(4, 1)).abs() > 0.1);
    }

    #[test]
    fn the_first_pair_turns_by_one_radian_a_position() {
        let mut head = [1.0, 0.0, 1.0, 0.0];
        Rope::turn(&mut head, &Rope::new(4, 100.0, None).angles(&[2]));
        // The second pair: 100^(-2/4) = 0.1 radians a position.
        let expected = [2.0_f32.cos(), 2.0_f32.sin(), 0.2_f32.cos(), 0.2_f32.sin()];
        assert!(head.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{head:?}");
    }
}
