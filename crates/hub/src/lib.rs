//! Names to models: local folders, the Hugging Face cache, bundled models, the Hub; safetensors and GGUF files.
