//! Functions of one number at a time, written without branches so that the compiler makes them wide.

/// `e^x`, within 2 units in the last place; `x` is held between -87.3 and 88, where `f32` ends.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts: the first has few bits, so that its product with a small whole number is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.0);
    let whole = (x * LOG2_E).round_ties_even();
    let rest = (-whole).mul_add(LN2_LOW, (-whole).mul_add(LN2_HIGH, x));
    // Taylor's polynomial of e^rest for |rest| ≤ ln 2 / 2.
    let mut sum = 1.0 / 5040.0;
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = rest.mul_add(sum, coefficient);
    }
    sum * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}

/// SiLU: `x / (1 + e^-x)`.
#[inline(always)]
pub fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The error function, within 2e-7: a ratio of polynomials on [-4, 4], with the coefficients that Eigen uses.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    const TOP: [f32; 7] =
        [-2.726_142_3e-10, 2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906e-4, -2.954_6e-3, -1.609_603_3e-2];
    const BOTTOM: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let polynomial = |coefficients: &[f32]| coefficients.iter().fold(0.0, |sum, c| square.mul_add(sum, *c));
    x * polynomial(&TOP) / polynomial(&BOTTOM)
}

/// GELU, exact: `x · Φ(x)` with the normal distribution's Φ.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// `Σ a·b`, in sixteen sums side by side.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (a_blocks, b_blocks) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for lane in 0..16 {
            sums[lane] = a[lane].mul_add(b[lane], sums[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// `to += factor · from`.
#[inline(always)]
pub fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = factor.mul_add(*from, *to);
    }
}

/// Turns scores into probabilities, in place: `e^score / Σ e^score`.
pub fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0_f32; 16];
    let mut blocks = scores.chunks_exact_mut(16);
    for block in &mut blocks {
        for lane in 0..16 {
            block[lane] = exp(block[lane] - largest);
            sums[lane] += block[lane];
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for score in blocks.into_remainder() {
        *score = exp(*score - largest);
        sum += *score;
    }
    let scale = 1.0 / sum;
    for score in scores {
        *score *= scale;
    }
}
