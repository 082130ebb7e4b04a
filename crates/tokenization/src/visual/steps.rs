//! What each block of a tokenizer does to one text.

use course_display::{Bundle, Rich, escape};

use super::visible;
use crate::{EncodeOptions, Result, Tokenizer};

/// Tints that neighbouring pieces alternate between; a page's own text reads on them, light or dark.
const TINTS: [&str; 2] = ["rgba(59,130,214,0.28)", "rgba(214,137,16,0.28)"];

/// A text on its way through a tokenizer, one line a block; made by [`Tokenizer::steps`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenizationSteps {
    /// The text.
    pub text: String,
    /// What the normalizer leaves of it.
    pub normalized: String,
    /// The words the pre-tokenizer cuts that into.
    pub words: Vec<String>,
    /// The tokens the model cuts the words into.
    pub tokens: Vec<String>,
    /// The tokens with the special ones that the post-processor puts around them.
    pub whole: Vec<String>,
    /// Their ids.
    pub ids: Vec<u32>,
    /// The kind of the model.
    model: &'static str,
}

impl Tokenizer {
    /// A text on its way through this tokenizer: normalized, cut into words, into tokens, with special tokens, as ids.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn steps(&self, text: &str) -> Result<TokenizationSteps> {
        let normalized = self.normalize(text)?;
        let words = self.pre_tokenize(&normalized)?.into_iter().map(|(word, _)| word).collect();
        let plain = self.encode_with(text, &EncodeOptions::new().add_special_tokens(false))?;
        let whole = self.encode(text)?;
        Ok(TokenizationSteps {
            text: text.to_owned(),
            normalized,
            words,
            tokens: plain.tokens().to_vec(),
            whole: whole.tokens().to_vec(),
            ids: whole.input_ids().to_vec(),
            model: self.model().kind(),
        })
    }
}

impl TokenizationSteps {
    fn lines(&self) -> [(String, Vec<String>); 6] {
        let whole = |text: &str| vec![visible(text)];
        let each = |pieces: &[String]| pieces.iter().map(|piece| visible(piece)).collect();
        [
            ("text".into(), whole(&self.text)),
            ("normalized".into(), whole(&self.normalized)),
            ("words".into(), each(&self.words)),
            (format!("tokens ({})", self.model), each(&self.tokens)),
            ("with special tokens".into(), each(&self.whole)),
            ("ids".into(), self.ids.iter().map(u32::to_string).collect()),
        ]
    }
}

impl Rich for TokenizationSteps {
    fn rich(&self) -> Bundle {
        let lines = self.lines();
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let (mut rows, mut text) = (String::new(), Vec::new());
        for (name, pieces) in &lines {
            let spans = pieces.iter().zip(TINTS.iter().cycle()).map(|(piece, tint)| {
                let style = format!("background:{tint};border-radius:4px;padding:1px 3px;white-space:pre-wrap");
                format!("<span style=\"{style}\">{}</span>", escape(piece))
            });
            rows += &format!(
                "<tr><td style=\"text-align:left;padding:2px 10px;vertical-align:top;white-space:nowrap\">{}</td>\
                 <td style=\"text-align:left;padding:2px 10px;line-height:1.8;font-family:var(--jp-code-font-family,monospace)\">{}</td></tr>",
                escape(name),
                spans.collect::<Vec<_>>().join(" ")
            );
            text.push(format!("{name:<width$}  {}", pieces.join("  ")));
        }
        let html = format!("<table style=\"border-collapse:collapse;color:inherit\"><tbody>{rows}</tbody></table>");
        Bundle::html(html, text.join("\n"))
    }
}
