//! Models that generate and embed: Llama from GGUF with a KV cache, BERT with mean pooling.
