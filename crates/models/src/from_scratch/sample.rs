//! Choosing: the likeliest token, or a draw.
//!
//! To draw, lay the probabilities side by side on a line from 0 to 1, each as long as it is large, and see where a random
//! number falls:
//!
//! ```text
//! 0        0.5     0.75  0.9  1
//! |--- a ---|-- b --|- c -|-d-|
//!               ↑ 0.6: b
//! ```

/// The id of the largest number, the first of several; 0 when there is none.
///
/// ```
/// assert_eq!(course_models::from_scratch::greedy(&[0.1, 0.7, 0.7]), 1);
/// ```
pub fn greedy(numbers: &[f32]) -> usize {
    let mut best = 0;
    for (id, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = id;
        }
    }
    best
}

/// The id on whose part of the line `draw`, a number from 0 to below 1, falls.
///
/// ```
/// use course_models::from_scratch::sample;
///
/// let probabilities = [0.5, 0.25, 0.15, 0.1];
/// assert_eq!([0.0, 0.6, 0.99].map(|draw| sample(&probabilities, draw)), [0, 1, 3]);
/// ```
pub fn sample(probabilities: &[f32], draw: f32) -> usize {
    let mut end = 0.0;
    for (id, probability) in probabilities.iter().enumerate() {
        end += probability;
        if draw < end {
            return id;
        }
    }
    // Rounded, the probabilities may add up to a little less than 1, and the draw may fall into the gap.
    probabilities.len().saturating_sub(1)
}
