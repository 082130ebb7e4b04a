//! One text, cut by several tokenizers.

use course_display::{Bundle, Rich, Table, Tokens, escape};

use crate::{EncodeOptions, Result, Tokenizer};

/// One text, cut by several tokenizers, in colour below one another; made by [`compare_tokenizers`].
#[derive(Debug, Clone)]
pub struct TokenizerComparison {
    characters: usize,
    rows: Vec<Cut>,
}

#[derive(Debug, Clone)]
struct Cut {
    name: String,
    tokens: Tokens,
    /// Tokens that stand for what the vocabulary cannot spell.
    unknown: usize,
}

/// Cuts `text` by each tokenizer, without special tokens around it. Unknown tokens are framed.
///
/// # Errors
/// When a library fails on the text.
pub fn compare_tokenizers(text: &str, tokenizers: &[(&str, &Tokenizer)]) -> Result<TokenizerComparison> {
    let cut = |(name, tokenizer): &(&str, &Tokenizer)| {
        let encoding = tokenizer.encode_with(text, &EncodeOptions::new().add_special_tokens(false))?;
        let unknown = tokenizer.id_of(tokenizer.special_tokens().unk.as_deref());
        let is_unknown = |id: u32| unknown == Some(id);
        let tokens = (0..encoding.len()).filter_map(|token| {
            let (id, spelled) = (*encoding.input_ids().get(token)?, encoding.tokens().get(token)?);
            // A token inside a character has no text of its own.
            let piece = encoding.token_text(token).filter(|piece| !piece.is_empty()).unwrap_or(spelled);
            Some((piece.to_owned(), id, is_unknown(id) || tokenizer.is_special(id)))
        });
        let unknown = encoding.input_ids().iter().filter(|id| is_unknown(**id)).count();
        Ok(Cut { name: (*name).to_owned(), tokens: Tokens::new(tokens), unknown })
    };
    let rows = tokenizers.iter().map(cut).collect::<Result<_>>()?;
    Ok(TokenizerComparison { characters: text.chars().count(), rows })
}

impl TokenizerComparison {
    /// How many tokens each tokenizer needs, in the order they were given.
    pub fn counts(&self) -> Vec<usize> {
        self.rows.iter().map(|row| row.tokens.0.len()).collect()
    }

    /// The numbers alone: tokens, characters a token, unknown tokens.
    pub fn table(&self) -> Table {
        let table = Table::new(["tokenizer", "tokens", "characters a token", "unknown"]);
        self.rows.iter().fold(table, |table, row| {
            let count = row.tokens.0.len();
            let each = self.characters as f64 / count.max(1) as f64;
            table.row((&row.name, count, (each * 100.0).round() / 100.0, row.unknown))
        })
    }
}

impl Rich for TokenizerComparison {
    fn rich(&self) -> Bundle {
        let (mut html, mut text) = (String::new(), Vec::new());
        for row in &self.rows {
            let bundle = row.tokens.rich();
            let tokens = bundle.data.get("text/html").and_then(|html| html.as_str()).unwrap_or_default();
            html += &format!("<div style=\"margin:6px 0\"><b>{}</b>{tokens}</div>", escape(&row.name));
            text.push(format!("{}\n{}", row.name, bundle.plain()));
        }
        Bundle::html(html, text.join("\n\n"))
    }
}
