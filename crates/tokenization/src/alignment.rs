//! From tokens to the text and back: tokens, words, bytes and characters.
//!
//! Rust cuts strings at bytes, Python at characters. Every way exists in both units here: `…_bytes` slices a `&str`, and `…_chars`
//! gives the numbers that Python prints. In a text of ASCII letters they are the same.

use std::ops::Range;

use crate::Encoding;

impl Encoding {
    /// The text that was encoded, the first of a pair; none when it came cut into words.
    pub fn text(&self) -> Option<&str> {
        self.source().around(0, None)
    }

    /// The second text of a pair.
    pub fn pair_text(&self) -> Option<&str> {
        self.source().around(1, None)
    }

    /// The piece of the text that a token stands for; none for an added token, and for a number past the last token.
    pub fn token_text(&self, token: usize) -> Option<&str> {
        let (sequence, &(start, end)) = (self.token_to_sequence(token)?, self.offsets().get(token)?);
        let word = self.word_ids().get(token).copied().flatten();
        self.source().around(sequence, word)?.get(start..end)
    }

    /// Which text of a pair a token belongs to, 0 or 1; none for an added token.
    pub fn token_to_sequence(&self, token: usize) -> Option<usize> {
        let added = self.special_tokens_mask().get(token).is_none_or(|mask| *mask == 1);
        if added { None } else { self.library().token_to_sequence(token) }
    }

    /// The word that a token belongs to.
    pub fn token_to_word(&self, token: usize) -> Option<u32> {
        self.word_ids().get(token).copied().flatten()
    }

    /// The tokens that word number `word` of text `sequence` (0, or 1 for the second of a pair) was cut into.
    pub fn word_to_tokens(&self, word: u32, sequence: usize) -> Option<Range<usize>> {
        self.library().word_to_tokens(word, sequence).map(|(start, end)| start..end)
    }

    /// The token that holds byte `position` of text `sequence` (0, or 1 for the second of a pair).
    pub fn byte_to_token(&self, position: usize, sequence: usize) -> Option<usize> {
        self.library().char_to_token(position, sequence)
    }

    /// The word that holds byte `position` of text `sequence`.
    pub fn byte_to_word(&self, position: usize, sequence: usize) -> Option<u32> {
        self.token_to_word(self.byte_to_token(position, sequence)?)
    }

    /// The bytes of the text that token number `token` stands for; none for an added token.
    pub fn token_to_bytes(&self, token: usize) -> Option<Range<usize>> {
        self.token_to_sequence(token)?;
        self.offsets().get(token).map(|&(start, end)| start..end)
    }

    /// The bytes of the text that word number `word` of text `sequence` covers.
    pub fn word_to_bytes(&self, word: u32, sequence: usize) -> Option<Range<usize>> {
        self.library().word_to_chars(word, sequence).map(|(start, end)| start..end)
    }

    /// The characters of the text that each token stands for, as Python's `offset_mapping`; (0, 0) for an added one.
    pub fn char_offsets(&self) -> Vec<(usize, usize)> {
        let ranges = (0..self.len()).map(|token| self.token_to_chars(token));
        ranges.map(|range| range.map_or((0, 0), |range| (range.start, range.end))).collect()
    }

    /// The characters of the text that token number `token` stands for; none for an added token.
    pub fn token_to_chars(&self, token: usize) -> Option<Range<usize>> {
        let sequence = self.token_to_sequence(token)?;
        self.chars(sequence, self.token_to_word(token), self.token_to_bytes(token)?)
    }

    /// The characters of the text that word number `word` of text `sequence` covers.
    pub fn word_to_chars(&self, word: u32, sequence: usize) -> Option<Range<usize>> {
        self.chars(sequence, Some(word), self.word_to_bytes(word, sequence)?)
    }

    /// The token that holds character `position` of text `sequence`.
    pub fn char_to_token(&self, position: usize, sequence: usize) -> Option<usize> {
        let (byte, _) = self.source().around(sequence, None)?.char_indices().nth(position)?;
        self.byte_to_token(byte, sequence)
    }

    /// The word that holds character `position` of text `sequence`.
    pub fn char_to_word(&self, position: usize, sequence: usize) -> Option<u32> {
        self.token_to_word(self.char_to_token(position, sequence)?)
    }

    fn chars(&self, sequence: usize, word: Option<u32>, bytes: Range<usize>) -> Option<Range<usize>> {
        let text = self.source().around(sequence, word)?;
        let start = text.get(..bytes.start)?.chars().count();
        Some(start..start + text.get(bytes)?.chars().count())
    }
}
