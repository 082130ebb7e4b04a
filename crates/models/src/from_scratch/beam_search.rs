//! Beam search: look for the likeliest *text*, and not for the likeliest next token.
//!
//! A text is as likely as the product of its tokens' probabilities, so its log-probability is a sum:
//!
//! ```text
//! log p(a b c) = log p(a) + log p(b | a) + log p(c | a b)
//! ```
//!
//! Greedy search may take a likely token after which nothing likely comes. Beam search keeps the `num_beams` best texts so
//! far, continues each with every token, and keeps the best of what that gives. A sum only falls as a text grows, so finished
//! texts are compared by
//!
//! ```text
//! score = log p / length ^ length_penalty
//! ```
//!
//! where a larger `length_penalty` favours longer texts. The details are those of `transformers`: of the 2 · `num_beams` best
//! candidates, one that ends the text is finished if it is among the best `num_beams`, and the best that do not end it go on.
//! So a beam that ends does not leave its place empty.

use super::beam_tree::{BeamTree, Fate};
use super::{log_softmax, next_logits};
use crate::{CausalLm, Result};

/// Searches for the likeliest text of up to `max_new_tokens` tokens after `prompt`, and gives the tree it looked at.
///
/// ```
/// use course_models::from_scratch::{Bigram, beam_search};
///
/// // Greedy goes from 0 to 1 (0.6), where the best way on has 0.4. By 2 it is 0.4 · 0.9. 3 ends the text.
/// let model = Bigram::new(
///     vec![
///         vec![0.0, 0.6, 0.4, 0.0],
///         vec![0.3, 0.4, 0.0, 0.3],
///         vec![0.0, 0.0, 0.1, 0.9],
///         vec![0.0, 0.0, 0.0, 1.0],
///     ],
///     3,
/// )?;
/// let greedy = beam_search(&model, &[0], 1, 2, 1.0)?;
/// assert_eq!(greedy.best().map(|text| text.tokens.clone()), Some(vec![1, 1]));
/// let two = beam_search(&model, &[0], 2, 2, 1.0)?;
/// assert_eq!(two.best().map(|text| text.tokens.clone()), Some(vec![2]));
/// assert!((two.best().map_or(0.0, |text| text.log_probability.exp()) - 0.36).abs() < 1e-6);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// When the prompt is empty, has an id that is not in the vocabulary, or the text gets too long for the model.
pub fn beam_search(
    model: &dyn CausalLm,
    prompt: &[u32],
    num_beams: usize,
    max_new_tokens: usize,
    length_penalty: f32,
) -> Result<BeamTree> {
    let ends = model.eos_token_ids();
    let mut tree = BeamTree::new(prompt);
    // The texts that go on, by their last node. At first there is one, without new tokens.
    let mut beams: Vec<Option<usize>> = vec![None];
    for length in 1..=max_new_tokens {
        // Every beam goes on with every token; the best of all that are candidates.
        let sums: Vec<f32> = beams.iter().map(|beam| tree.log_probability(*beam)).collect();
        let mut log_probabilities = Vec::new();
        for &beam in &beams {
            course_wire::interrupt::check()?;
            let ids = [prompt, &tree.tokens(beam)].concat();
            log_probabilities.push(log_softmax(&next_logits(model, &ids, None)?));
        }
        let candidates = best_continuations(&sums, &log_probabilities, num_beams * (1 + ends.len().max(1)));

        // Some end a text, some go on, the others are dropped.
        let parents = std::mem::take(&mut beams);
        for (rank, (beam, token)) in candidates.into_iter().enumerate() {
            let (parent, log_probability, token) = (parents[beam], log_probabilities[beam][token], token as u32);
            let ends_here = ends.contains(&token);
            if ends_here || length == max_new_tokens {
                let fate = if rank < num_beams { Fate::Finished } else { Fate::Dropped };
                let node = tree.push(parent, token, log_probability, fate);
                if rank < num_beams {
                    tree.finish(node, ends_here, length_penalty);
                }
            } else if beams.len() < num_beams {
                beams.push(Some(tree.push(parent, token, log_probability, Fate::Kept)));
            } else {
                tree.push(parent, token, log_probability, Fate::Dropped);
            }
        }
        tree.hypotheses.truncate(num_beams);

        // Over when no text that goes on can overtake the worst of the finished ones.
        let best_going_on =
            beams.first().map(|beam| tree.log_probability(*beam) / (length as f32).powf(length_penalty));
        let worst_finished = tree.hypotheses.last().map(|text| text.score);
        if beams.is_empty() || (tree.hypotheses.len() == num_beams && worst_finished >= best_going_on) {
            break;
        }
    }
    Ok(tree)
}

/// The `count` best ways to go on from beams whose texts have the log-probabilities `sums`, where `log_probabilities` holds for
/// each beam those of all tokens after it: pairs of a beam and a token, the likeliest text first. What is impossible is left
/// out.
///
/// ```
/// use course_models::from_scratch::best_continuations;
///
/// // The second beam is behind by 1, but its first token is nearly certain.
/// let (sums, next) = ([-1.0, -2.0], [vec![-1.5, -1.6], vec![-0.1, -3.0]]);
/// assert_eq!(best_continuations(&sums, &next, 3), [(1, 0), (0, 0), (0, 1)]);
/// ```
pub fn best_continuations(sums: &[f32], log_probabilities: &[Vec<f32>], count: usize) -> Vec<(usize, usize)> {
    let mut candidates = Vec::new();
    for (beam, (sum, next)) in sums.iter().zip(log_probabilities).enumerate() {
        for (token, log_probability) in next.iter().enumerate() {
            candidates.push((beam, token, sum + log_probability));
        }
    }
    candidates.retain(|(_, _, sum)| sum.is_finite());
    candidates.sort_by(|(_, _, a), (_, _, b)| b.total_cmp(a));
    candidates.into_iter().take(count).map(|(beam, token, _)| (beam, token)).collect()
}
