//! A quiz as TOML has it: nothing is checked but names and types.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawQuiz {
    pub(crate) title: Spanned<String>,
    #[serde(default)]
    pub(crate) questions: Vec<Spanned<RawQuestion>>,
}

/// All fields of all kinds: which of them must be there is for `read.rs` to say, with a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawQuestion {
    pub(crate) id: Option<Spanned<String>>,
    pub(crate) kind: Option<Spanned<String>>,
    pub(crate) prompt: Option<Spanned<String>>,
    pub(crate) code: Option<Spanned<String>>,
    pub(crate) section: Option<Spanned<String>>,
    pub(crate) choices: Option<Spanned<Vec<Spanned<RawChoice>>>>,
    pub(crate) answers: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) tolerance: Option<Spanned<f64>>,
    pub(crate) program: Option<Spanned<String>>,
    pub(crate) prints: Option<Spanned<String>>,
    pub(crate) fails_at: Option<Spanned<u32>>,
    pub(crate) error: Option<Spanned<String>>,
    pub(crate) explanation: Option<Spanned<String>>,
    pub(crate) mistakes: Option<Vec<Spanned<RawMistake>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawChoice {
    pub(crate) text: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) right: bool,
    pub(crate) explanation: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawMistake {
    pub(crate) answer: Option<Spanned<String>>,
    pub(crate) prints: Option<Spanned<String>>,
    pub(crate) fails_at: Option<Spanned<u32>>,
    pub(crate) explanation: Option<Spanned<String>>,
}
