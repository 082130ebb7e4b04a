//! Pictures of another size, as Python's Pillow makes them.
//!
//! Each new pixel is a mean of the old ones around its place, near ones counting more; when a picture shrinks, the mean goes over as many
//! more pixels, so that none is left out. Rows first, then columns, each rounded to
//! bytes: the same bytes as Pillow's where it takes rows first too, which its newer versions do not for every tall picture.

/// How the weights fall with the distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// In a straight line, up to one pixel away.
    Bilinear,
    /// In a curve that falls below zero, up to two pixels away (Keys, 1981, with −0.5).
    Bicubic,
}

/// Bits after the point of a weight: sums of bytes times weights fit 32 bits.
const BITS: u32 = 32 - 8 - 2;

impl Filter {
    fn reach(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            _ => 0.0,
        }
    }
}

/// For each new pixel the first old one that counts, and the weights from there on.
fn weights(old: usize, new: usize, filter: Filter) -> Vec<(usize, Vec<i32>)> {
    let step = old as f64 / new as f64;
    let wider = step.max(1.0);
    let reach = filter.reach() * wider;
    let of_place = |place: usize| {
        let centre = (place as f64 + 0.5) * step;
        let first = (centre - reach + 0.5).max(0.0) as usize;
        let end = ((centre + reach + 0.5) as usize).min(old);
        let weights: Vec<f64> =
            (first..end).map(|pixel| filter.weight((pixel as f64 - centre + 0.5) / wider)).collect();
        let sum: f64 = weights.iter().sum();
        let whole = |weight: f64| {
            let scaled = if sum == 0.0 { weight } else { weight / sum } * f64::from(1 << BITS);
            (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
        };
        (first, weights.into_iter().map(whole).collect())
    };
    (0..new).map(of_place).collect()
}

/// The picture of `old` size, three bytes a pixel, in the `new` size; sizes are width and height, and none is 0.
pub(super) fn resize(pixels: &[u8], old: (usize, usize), new: (usize, usize), filter: Filter) -> Vec<u8> {
    let mut now = pixels.to_vec();
    if old.0 != new.0 {
        now = rows(&now, old.0 * 3, &weights(old.0, new.0, filter));
    }
    if old.1 != new.1 {
        now = columns(&now, new.0 * 3, &weights(old.1, new.1, filter));
    }
    now
}

/// Every row in its new width; `row` is the bytes of an old one.
fn rows(pixels: &[u8], row: usize, weights: &[(usize, Vec<i32>)]) -> Vec<u8> {
    let mut made = Vec::with_capacity(pixels.len() / row.max(1) * weights.len() * 3);
    for line in pixels.chunks_exact(row.max(1)) {
        for (first, weights) in weights {
            for colour in 0..3 {
                let bytes = line.iter().skip(first * 3 + colour).step_by(3);
                made.push(mean(bytes.zip(weights)));
            }
        }
    }
    made
}

/// Every column in its new height; `row` is the bytes of a row.
fn columns(pixels: &[u8], row: usize, weights: &[(usize, Vec<i32>)]) -> Vec<u8> {
    let mut made = Vec::with_capacity(row * weights.len());
    for (first, weights) in weights {
        for place in 0..row {
            let bytes = pixels.iter().skip(first * row + place).step_by(row.max(1));
            made.push(mean(bytes.zip(weights)));
        }
    }
    made
}

fn mean<'a>(bytes: impl Iterator<Item = (&'a u8, &'a i32)>) -> u8 {
    let sum = bytes.fold(1_i32 << (BITS - 1), |sum, (byte, weight)| sum + i32::from(*byte) * weight);
    (sum >> BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_pixels_are_means_of_the_old_ones_around_them() {
        let grey = |bytes: &[u8]| bytes.iter().flat_map(|byte| [*byte; 3]).collect::<Vec<_>>();
        let four = grey(&[0, 100, 200, 40]);
        assert_eq!(resize(&four, (2, 2), (2, 2), Filter::Bilinear), four);
        // Half as wide: three eighths of the near ones and an eighth of those further off, where there are any.
        assert_eq!(resize(&grey(&[0, 80, 160, 240]), (4, 1), (2, 1), Filter::Bilinear), grey(&[57, 183]));
        // Twice as high: a quarter and three quarters, the edges as they are.
        assert_eq!(resize(&grey(&[0, 100]), (1, 2), (1, 4), Filter::Bilinear), grey(&[0, 25, 75, 100]));
        let sharp = resize(&grey(&[0, 0, 255, 255]), (4, 1), (8, 1), Filter::Bicubic);
        assert!(sharp.windows(4).all(|pair| pair[0] <= pair[3]) && sharp[9] < 128 && sharp[12] > 128, "{sharp:?}");
    }
}
