//! pipeline(task): a model, its tokenizer and the steps around them in one call.
