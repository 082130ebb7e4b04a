//! Blocks that make text of tokens.

use tokenizers::Decoder as _;
use tokenizers::decoders as library;
use tokenizers::decoders::DecoderWrapper;

use crate::Result;
use crate::tokenizer::library_error;

/// Makes text of tokens.
#[derive(Debug, Clone)]
pub struct Decoder(pub(crate) DecoderWrapper);

impl Decoder {
    /// The text of tokens, spelled as the vocabulary spells them.
    ///
    /// # Errors
    /// When the library fails on a token.
    ///
    /// ```
    /// use course_tokenization::decoders;
    /// assert_eq!(decoders::word_piece("##").decode(&["let", "##s", "go", "!"])?, "lets go!");
    /// # Ok::<(), course_tokenization::Error>(())
    /// ```
    pub fn decode<T: AsRef<str>>(&self, tokens: &[T]) -> Result<String> {
        self.0.decode(tokens.iter().map(|token| token.as_ref().to_owned()).collect()).map_err(library_error)
    }
}

/// GPT-2's: visible characters back to bytes, bytes to text.
pub fn byte_level() -> Decoder {
    Decoder(library::byte_level::ByteLevel::default().into())
}

/// WordPiece's: a space before every token that does not begin with `prefix`, and the [clean-up](crate::clean_up_tokenization).
pub fn word_piece(prefix: &str) -> Decoder {
    Decoder(library::wordpiece::WordPiece::new(prefix.to_owned(), true).into())
}

/// SentencePiece's: `▁` back to spaces.
pub fn metaspace() -> Decoder {
    Decoder(library::metaspace::Metaspace::default().into())
}

/// Of byte-pair encoding with a mark at the end of each word, such as `</w>`: the mark becomes a space.
pub fn bpe(suffix: &str) -> Decoder {
    Decoder(library::bpe::BPEDecoder::new(suffix.to_owned()).into())
}

/// Tokens like `<0xE2>` back to bytes.
pub fn byte_fallback() -> Decoder {
    Decoder(library::byte_fallback::ByteFallback::default().into())
}

/// All tokens to one, for blocks behind it.
pub fn fuse() -> Decoder {
    Decoder(library::fuse::Fuse::default().into())
}

/// Up to `start` times `character` at the beginning of each token away, and up to `stop` times at its end.
pub fn strip(character: char, start: usize, stop: usize) -> Decoder {
    Decoder(library::strip::Strip::new(character, start, stop).into())
}

/// Of speech models: repeated tokens once, `pad_token` away, `word_delimiter_token` to spaces.
pub fn ctc(pad_token: &str, word_delimiter_token: &str) -> Decoder {
    Decoder(library::ctc::CTC::new(pad_token.to_owned(), word_delimiter_token.to_owned(), true).into())
}

/// Several, one after the other.
pub fn sequence(decoders: impl IntoIterator<Item = Decoder>) -> Decoder {
    Decoder(library::sequence::Sequence::new(decoders.into_iter().map(|one| one.0).collect()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoders_undo_what_their_models_did() {
        assert_eq!(byte_level().decode(&["L", "et", "'s", "Ġgo"]).unwrap(), "Let's go");
        assert_eq!(metaspace().decode(&["▁Let", "'s", "▁go"]).unwrap(), "Let's go");
        assert_eq!(bpe("</w>").decode(&["le", "t</w>", "go</w>"]).unwrap(), "let go");
        let llama = sequence([byte_fallback(), fuse(), strip(' ', 1, 0)]);
        assert_eq!(llama.decode(&[" caf", "<0xC3>", "<0xA9>"]).unwrap(), "café");
    }
}
