//! Ids without the library's bookkeeping: a text is cut where no token can reach over the cut, and pieces that came before are looked up.
//!
//! The library keeps for every character where it came from, which is what offsets need and a table of ids does not. Words repeat, so
//! most pieces of a corpus are found in a table, and only new ones go through the library. The cuts are safe for two kinds of
//! tokenizers, BERT's and GPT-2's; all others, and texts in which an added token may stand, take the library's way. The ids are the
//! same (tested).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use tokenizers::models::ModelWrapper;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::Result;
use crate::tokenizer::library_error;

/// How many bytes a piece has at most that is kept.
const LONGEST: usize = 32;
/// How many pieces one table keeps.
const KEPT: usize = 1 << 17;

/// The pieces of one tokenizer.
#[derive(Debug)]
pub(crate) struct Pieces {
    cut: Cutter,
    /// What must not stand in a text that is cut.
    added: Vec<String>,
    /// The tables that no thread works with at the moment.
    idle: Mutex<Vec<Known>>,
}

/// Where a text can be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cutter {
    Bert,
    ByteLevel,
}

/// Pieces with their ids.
#[derive(Debug, Default)]
pub(crate) struct Known {
    places: HashMap<Box<str>, (u32, u32), BuildHasherDefault<PieceHasher>>,
    ids: Vec<u32>,
}

impl Pieces {
    /// The pieces of this tokenizer, if it is of a kind that can be cut.
    pub(crate) fn of(library: &tokenizers::Tokenizer) -> Option<Self> {
        let byte_level = |block: &PreTokenizerWrapper| {
            matches!(block, PreTokenizerWrapper::ByteLevel(ByteLevel { add_prefix_space: false, use_regex: true, .. }))
        };
        let cut = match (library.get_normalizer(), library.get_pre_tokenizer()?, library.get_model()) {
            (
                Some(NormalizerWrapper::BertNormalizer(_)),
                PreTokenizerWrapper::BertPreTokenizer(_),
                ModelWrapper::WordPiece(_),
            ) => Cutter::Bert,
            (None, block, ModelWrapper::BPE(model)) if model.dropout.is_none() => match block {
                PreTokenizerWrapper::Sequence(blocks) => match blocks.as_ref() {
                    [PreTokenizerWrapper::Digits(_), last] if byte_level(last) => Cutter::ByteLevel,
                    _ => return None,
                },
                block if byte_level(block) => Cutter::ByteLevel,
                _ => return None,
            },
            _ => return None,
        };
        let added = library.get_added_vocabulary().get_added_tokens_decoder();
        // Those are looked for in the normalized text, which is not there.
        if added.values().any(|token| token.normalized || token.content.is_empty()) {
            return None;
        }
        let added = added.values().map(|token| token.content.clone()).collect();
        Some(Self { cut, added, idle: Mutex::default() })
    }

    /// Lends a table to `work`; each thread has one of its own, so none waits for another.
    pub(crate) fn with_known<R>(&self, work: impl FnOnce(&mut Known) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = idle().pop().unwrap_or_default();
        let result = work(&mut known);
        idle().push(known);
        result
    }

    /// The ids of a text without special tokens around it, at least the first `enough` of them; none for a text that is not cut.
    pub(crate) fn ids(
        &self,
        library: &tokenizers::Tokenizer,
        text: &str,
        enough: usize,
        known: &mut Known,
    ) -> Result<Option<Vec<u32>>> {
        if self.added.iter().any(|token| text.contains(token.as_str())) {
            return Ok(None);
        }
        let mut ids = Vec::with_capacity((text.len() / 4).min(enough.saturating_add(16)));
        let (mut rest, mut start) = (text, 0);
        while !rest.is_empty() && ids.len() < enough {
            let (piece, behind) = match self.cut {
                Cutter::Bert => bert_piece(rest),
                Cutter::ByteLevel => rest.split_at(byte_level_piece(text, start)),
            };
            start += rest.len() - behind.len();
            rest = behind;
            known.extend(library, piece, &mut ids)?;
        }
        Ok(Some(ids))
    }
}

impl Known {
    /// Puts the ids of a piece behind `ids`.
    fn extend(&mut self, library: &tokenizers::Tokenizer, piece: &str, ids: &mut Vec<u32>) -> Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        if let Some(&(start, end)) = self.places.get(piece) {
            ids.extend_from_slice(self.ids.get(start as usize..end as usize).unwrap_or_default());
            return Ok(());
        }
        let encoding = library.encode_fast(piece, false).map_err(library_error)?;
        ids.extend_from_slice(encoding.get_ids());
        if piece.len() <= LONGEST && self.places.len() < KEPT {
            let start = self.ids.len() as u32;
            self.ids.extend_from_slice(encoding.get_ids());
            self.places.insert(piece.into(), (start, self.ids.len() as u32));
        }
        Ok(())
    }
}

/// The next piece for BERT, and what comes behind it: a mark of punctuation, or what stands before one or before white space. BERT's
/// normalizer goes character by character, so a piece by itself is what it is in the text.
fn bert_piece(text: &str) -> (&str, &str) {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let text = text.trim_start_matches([' ', '\t', '\n', '\r']);
    let bytes = text.as_bytes();
    let end = match bytes.first() {
        Some(first) if first.is_ascii_punctuation() => 1,
        _ => bytes.iter().position(|byte| byte.is_ascii_punctuation() || space(byte)).unwrap_or(bytes.len()),
    };
    text.split_at(end)
}

/// How long the piece of `text` from byte `start` on is for GPT-2's expression,
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, whatever the other pieces are:
///
/// * white space ends a token that is none, and a space begins one if a letter or mark follows: a cut goes before the first white
///   space, and before the last space (not before one in front of a digit, which may be cut off before the expression is applied);
/// * letters and digits end at a mark, and marks at them, but an apostrophe may begin `'s`.
fn byte_level_piece(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let mut characters = rest.char_indices().peekable();
    let mut before: Option<char> = None;
    while let Some((at, character)) = characters.next() {
        if let Some(before) = before {
            let next = characters.peek().map(|(_, next)| *next);
            let (word, mark) = (|one: char| one.is_ascii_alphanumeric(), |one: char| one.is_ascii_punctuation());
            let cut = if character.is_whitespace() {
                let begins = next.is_some_and(|next| !next.is_whitespace() && !next.is_numeric());
                !before.is_whitespace() || (character == ' ' && begins)
            } else {
                (word(before) && mark(character)) || (mark(before) && before != '\'' && word(character))
            };
            if cut {
                return at;
            }
        }
        before = Some(character);
    }
    rest.len()
}

/// A hash for short texts that nobody chose to collide, eight bytes at a time.
#[derive(Debug, Default, Clone, Copy)]
struct PieceHasher(u64);

impl PieceHasher {
    fn add(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for PieceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut number = [0; 8];
            number.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.add(u64::from_le_bytes(number) ^ (chunk.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 = self.0.rotate_left(5) ^ u64::from(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let (mut pieces, mut start) = (Vec::new(), 0);
        while start < text.len() {
            let length = byte_level_piece(text, start);
            pieces.push(&text[start..start + length]);
            start += length;
        }
        pieces
    }

    #[test]
    fn pieces_are_words_where_it_is_safe() {
        assert_eq!(cut("Let's go, now!\n\n    x 12"), ["Let", "'s", " go", ",", " now", "!", "\n\n   ", " x", " 12"]);
        assert_eq!(cut("a  1"), ["a", "  1"]);
        assert_eq!(cut("(word"), ["(", "word"]);
        assert_eq!(cut("''s"), ["''s"]);
        let mut rest = "It's  fine,ok ";
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, behind) = bert_piece(rest);
            pieces.push(piece);
            rest = behind;
        }
        assert_eq!(pieces, ["It", "'", "s", "fine", ",", "ok", ""]);
    }
}
