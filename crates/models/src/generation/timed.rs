//! Generation with a clock beside it.

use std::ops::ControlFlow;
use std::time::Instant;

use course_tokenization::Tokenizer;

use super::{Generated, GenerationConfig, generate_with};
use crate::from_scratch::Timings;
use crate::{CausalLm, Result};

/// Continues every prompt and says how long it took: time to first token, time per output token, throughput.
///
/// # Errors
/// As [`generate_with`].
pub fn generate_timed<P: AsRef<[u32]>>(
    model: &dyn CausalLm,
    prompts: &[P],
    config: &GenerationConfig,
    tokenizer: Option<&Tokenizer>,
) -> Result<(Vec<Generated>, Timings)> {
    let mut arrivals = vec![Vec::new(); prompts.len() * config.num_return_sequences];
    let started = Instant::now();
    let texts = generate_with(model, prompts, config, tokenizer, |step| {
        if let (Some(_), Some(arrivals)) = (step.token, arrivals.get_mut(step.sequence)) {
            arrivals.push(started.elapsed());
        }
        ControlFlow::Continue(())
    })?;
    Ok((texts, Timings::of(&arrivals)))
}
