//! Metrics of transcripts: how much would have to be corrected.

mod character_error_rate;
mod edit_distance;
mod word_error_rate;

pub use character_error_rate::CharacterErrorRate;
pub use edit_distance::edits;
pub use word_error_rate::WordErrorRate;

use crate::{Inputs, Result};

/// All edits over all units of the references, where `cut` cuts a text into its units.
fn error_rate<'a, T: PartialEq>(inputs: &Inputs<'a>, unit: &str, cut: impl Fn(&'a str) -> Vec<T>) -> Result<f64> {
    let (mut wrong, mut all) = (0, 0);
    for (prediction, reference) in inputs.texts()? {
        course_wire::interrupt::check()?;
        let reference = cut(reference);
        wrong += edits(&reference, &cut(prediction));
        all += reference.len();
    }
    if all == 0 {
        return Err(inputs.empty(&format!("the references have no {unit}, so that there is nothing to be a rate of")));
    }
    Ok(wrong as f64 / all as f64)
}
