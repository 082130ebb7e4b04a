//! AutoTokenizer and chat templates.
