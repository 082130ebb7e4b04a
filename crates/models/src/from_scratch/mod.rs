//! Language models in pieces that one reads: each file is one idea, in the plainest code it can be written in.
//!
//! Everything here works on `&[f32]` and on ids, allocates freely and takes its time. The same ideas, written to be fast,
//! are in [`generation`](crate::generation) and in the layers of the models; tests hold each piece equal to its fast twin.
//!
//! From logits to the next token, and from there to a text:
//!
//! | idea | code |
//! |---|---|
//! | logits become probabilities | [`softmax`], [`log_softmax`], [`softmax_with_temperature`] |
//! | fewer tokens to draw from | [`top_k`], [`top_p`], [`min_p`] |
//! | less of what was there already | [`repetition_penalty`], [`presence_penalty`], [`frequency_penalty`], [`no_repeat_ngram`] |
//! | choose | [`greedy`], [`sample`] |
//! | go on | [`next_logits`], [`generate`] |
//! | stop | [`stop_at`] |
//! | several texts at once, and the best of them | [`best_continuations`], [`beam_search`], [`BeamTree`] |
//! | what it costs | [`Timings`], [`kv_cache_bytes`] |
//! | a model small enough to follow by hand | [`Bigram`] |
//!
//! Inside the model:
//!
//! | idea | code |
//! |---|---|
//! | every token gathers from others | [`attention_weights`], [`scaled_dot_product_attention`], [`multi_head_attention`] |
//! | who may look at whom | [`causal_mask`], [`prefix_mask`], [`sliding_window_mask`], [`local_global_mask`], [`padding_mask`] |
//! | where a token stands | [`sinusoidal_positions`], [`rotate`], [`axial_position`] |

mod attention;
mod beam_search;
mod beam_tree;
mod bigram;
mod generate;
mod kv_cache;
mod masks;
mod min_p;
mod no_repeat_ngram;
mod penalties;
mod positions;
mod sample;
mod softmax;
mod stop;
mod temperature;
#[cfg(test)]
mod tests;
mod timings;
mod top_k;
mod top_p;

pub use attention::{attention_weights, multi_head_attention, scaled_dot_product_attention, split_heads};
pub use beam_search::{beam_search, best_continuations};
pub use beam_tree::{BeamNode, BeamTree, Fate, Hypothesis};
pub use bigram::Bigram;
pub use generate::{generate, next_logits};
pub use kv_cache::kv_cache_bytes;
pub use masks::{
    bidirectional_mask, both, causal_mask, local_global_mask, looks, padding_mask, prefix_mask, sliding_window_mask,
};
pub use min_p::min_p;
pub use no_repeat_ngram::no_repeat_ngram;
pub use penalties::{frequency_penalty, presence_penalty, repetition_penalty};
pub use positions::{axial_position, rotate, sinusoidal_positions};
pub use sample::{greedy, sample};
pub use softmax::{log_softmax, softmax};
pub use stop::stop_at;
pub use temperature::softmax_with_temperature;
pub use timings::Timings;
pub use top_k::{likeliest_first, top_k};
pub use top_p::top_p;
