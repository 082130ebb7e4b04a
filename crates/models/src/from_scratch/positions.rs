//! Positions: attention alone does not know in which order the tokens stand, so each token is told its place.
//!
//! ```text
//! sinusoidal   sin(p / 10000^(2i/d)), cos(p / 10000^(2i/d)), …      added to the embedding   (Vaswani et al., 2017)
//! learned      row p of a table (positions, d)                      added to the embedding   (BERT, GPT-2)
//! axial        row p mod l₁ of one table, row p / l₁ of another     laid side by side        (Reformer, 2020)
//! rotary       query and key turned by p · θ^(-2i/d) radians        inside attention         (RoFormer, 2021; Llama)
//! ```
//!
//! ```
//! use course_models::from_scratch::{rotate, sinusoidal_positions};
//!
//! let positions = sinusoidal_positions(3, 4);
//! assert_eq!(positions[0], [0.0, 1.0, 0.0, 1.0]);
//! assert!((positions[2][0] - 0.9093).abs() < 1e-4); // sin 2
//! assert!((positions[2][2] - 0.0200).abs() < 1e-4); // sin (2 / 100)
//!
//! // Turned vectors: the product of a query and a key depends on how far apart they stand, and on nothing else.
//! let dot = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>();
//! let (query, key) = ([1.0, 0.0, 0.5, 0.5], [0.0, 1.0, 1.0, 0.0]);
//! let near = dot(rotate(&query, 3, 10_000.0), rotate(&key, 1, 10_000.0));
//! let same = dot(rotate(&query, 103, 10_000.0), rotate(&key, 101, 10_000.0));
//! assert!((near - same).abs() < 1e-5);
//! ```

/// For each of `n` positions `d` numbers, pairs of sine and cosine that turn more and more slowly: `(n, d)`.
pub fn sinusoidal_positions(n: usize, d: usize) -> Vec<Vec<f32>> {
    let number = |position: usize, i: usize| {
        let pair = i / 2;
        let angle = position as f64 / 10_000_f64.powf(2.0 * pair as f64 / d as f64);
        (if i.is_multiple_of(2) { angle.sin() } else { angle.cos() }) as f32
    };
    (0..n).map(|position| (0..d).map(|i| number(position, i)).collect()).collect()
}

/// A query or key, each pair of neighbours turned by `position · theta^(-2i/d)` radians. A last number without a partner stays.
pub fn rotate(vector: &[f32], position: usize, theta: f64) -> Vec<f32> {
    let d = vector.len() as f64;
    let mut turned = vector.to_vec();
    for (i, pair) in turned.chunks_exact_mut(2).enumerate() {
        let (sine, cosine) = (position as f64 * theta.powf(-2.0 * i as f64 / d)).sin_cos();
        let (a, b) = (f64::from(pair[0]), f64::from(pair[1]));
        pair[0] = (a * cosine - b * sine) as f32;
        pair[1] = (a * sine + b * cosine) as f32;
    }
    turned
}

/// The vector of `position` out of two small tables: row `position mod l₁` of the first, then row `position / l₁` of the second,
/// where `l₁` is how many rows the first has. `None` past `l₁ · l₂`.
///
/// ```
/// use course_models::from_scratch::axial_position;
///
/// let (first, second) = (vec![vec![1.0], vec![2.0]], vec![vec![10.0], vec![20.0], vec![30.0]]);
/// assert_eq!(axial_position(5, &first, &second), Some(vec![2.0, 30.0])); // 5 = 1 + 2 · 2
/// assert_eq!(axial_position(6, &first, &second), None);
/// ```
pub fn axial_position(position: usize, first: &[Vec<f32>], second: &[Vec<f32>]) -> Option<Vec<f32>> {
    let row = position.checked_rem(first.len())?;
    Some([first.get(row)?.as_slice(), second.get(position / first.len())?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Rope;

    #[test]
    fn rotation_is_that_of_the_models() {
        let vector: Vec<f32> = (0..16).map(|i| (i as f32 * 0.7).sin()).collect();
        for (position, theta) in [(0, 10_000.0), (1, 10_000.0), (977, 100_000.0)] {
            let mut fast = vector.clone();
            Rope::turn(&mut fast, &Rope::new(16, theta as f32, None).angles(&[position as u32]));
            for (plain, fast) in rotate(&vector, position, theta).iter().zip(&fast) {
                assert!((plain - fast).abs() < 1e-5, "{plain} for {fast}");
            }
        }
        assert_eq!(rotate(&[1.0, 2.0, 3.0], 0, 10_000.0), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn every_position_has_its_own_vector() {
        let positions = sinusoidal_positions(200, 16);
        for (a, one) in positions.iter().enumerate() {
            for other in &positions[..a] {
                assert!(one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>() > 1e-3);
            }
        }
        let (first, second) = (sinusoidal_positions(4, 2), sinusoidal_positions(3, 4));
        let all: Vec<_> = (0..12).map(|p| axial_position(p, &first, &second).unwrap()).collect();
        assert!((0..12).all(|a| (0..a).all(|b| all[a] != all[b])) && all[0].len() == 6);
        assert_eq!(axial_position(0, &[], &second), None);
    }
}
