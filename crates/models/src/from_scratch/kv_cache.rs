//! What the KV cache weighs.
//!
//! For every token, each layer keeps a key and a value for each of its key heads:
//!
//! ```text
//! bytes = 2 · layers · key heads · head size · tokens · bytes a number
//! ```
//!
//! It grows with the length of the text, one text at a time: twice as long is twice as much, ten texts at once are ten times
//! as much. [`KvCache::bytes`](crate::KvCache::bytes) counts a real one.

/// The bytes of a KV cache that holds `tokens` tokens of one text.
///
/// ```
/// use course_models::from_scratch::kv_cache_bytes;
///
/// // SmolLM2-135M: 30 layers with 3 key heads of 64 numbers, kept in 4 bytes each.
/// assert_eq!(kv_cache_bytes(30, 3, 64, 1, 4), 46_080);
/// // Llama 3 8B in 2 bytes a number, at its full context of 8192 tokens: one GiB.
/// assert_eq!(kv_cache_bytes(32, 8, 128, 8192, 2), 1 << 30);
/// ```
pub fn kv_cache_bytes(
    layers: usize,
    key_value_heads: usize,
    head_dim: usize,
    tokens: usize,
    bytes_a_number: usize,
) -> usize {
    2 * layers * key_value_heads * head_dim * tokens * bytes_a_number
}
