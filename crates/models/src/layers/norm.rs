//! Norms: each token's vector is brought to a standard size.

use crate::kernels::elementwise::dot;

/// `x / √(mean(x²) + ε) · weight`, for each vector of `weight.len()` numbers.
pub(crate) fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, y: &mut [f32]) {
    let size = weight.len();
    for (x, y) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)) {
        let mean_square = dot(x, x) / size as f32;
        let scale = 1.0 / (mean_square + epsilon).sqrt();
        for ((y, x), weight) in y.iter_mut().zip(x).zip(weight) {
            *y = x * scale * weight;
        }
    }
}

/// `(x - mean) / √(variance + ε) · weight + bias`, in place, for each vector of `weight.len()` numbers.
pub(crate) fn layer_norm(x: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let size = weight.len();
    for x in x.chunks_exact_mut(size) {
        let mean = sum(x) / size as f32;
        x.iter_mut().for_each(|x| *x -= mean);
        let variance = dot(x, x) / size as f32;
        let scale = 1.0 / (variance + epsilon).sqrt();
        for ((x, weight), bias) in x.iter_mut().zip(weight).zip(bias) {
            *x = (*x * scale).mul_add(*weight, *bias);
        }
    }
}

/// `Σ x`, in sixteen sums side by side.
fn sum(x: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let blocks = x.chunks_exact(16);
    let rest: f32 = blocks.remainder().iter().sum();
    for block in blocks {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += x;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rms_norm_divides_by_the_root_of_the_mean_square() {
        let mut y = [0.0; 4];
        rms_norm(&[3.0, 4.0, 0.0, 5.0], &[1.0, 2.0], 0.0, &mut y);
        // √((9 + 16) / 2) and √(25 / 2), both 5 / √2.
        let scale = 2.0_f32.sqrt() / 5.0;
        for (y, expected) in y.iter().zip([3.0 * scale, 8.0 * scale, 0.0, 10.0 * scale]) {
            assert!((y - expected).abs() < 1e-6, "{y} for {expected}");
        }
    }

    #[test]
    fn layer_norm_has_mean_and_spread_of_its_bias_and_weight() {
        let mut x = (0..40).map(|n| (n * n) as f32).collect::<Vec<_>>();
        layer_norm(&mut x, &[3.0; 40], &[7.0; 40], 1e-12);
        let mean = x.iter().sum::<f32>() / 40.0;
        let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / 40.0;
        assert!((mean - 7.0).abs() < 1e-4 && (variance - 9.0).abs() < 1e-3, "{mean} {variance}");
    }
}
