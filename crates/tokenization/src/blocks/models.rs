//! Blocks that cut words into tokens of a vocabulary.

use tokenizers::Model as _;
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::models::unigram::Unigram;
use tokenizers::models::wordlevel::WordLevel;
use tokenizers::models::wordpiece::WordPiece;

use super::bad;
use crate::Result;
use crate::tokenizer::library_error;

/// Cuts words into tokens of a vocabulary.
#[derive(Debug, Clone)]
pub struct Model(pub(crate) ModelWrapper);

impl Model {
    /// The tokens of one word.
    ///
    /// # Errors
    /// When the library fails on the word, for one because it needs an unknown token and there is none.
    pub fn tokenize(&self, word: &str) -> Result<Vec<String>> {
        let tokens = self.0.tokenize(word).map_err(library_error)?;
        Ok(tokens.into_iter().map(|token| token.value).collect())
    }

    /// How many tokens there are.
    pub fn vocab_size(&self) -> usize {
        self.0.get_vocab_size()
    }

    /// The kind of model: `BPE`, `WordPiece`, `WordLevel`, `Unigram`.
    pub fn kind(&self) -> &'static str {
        match self.0 {
            ModelWrapper::BPE(_) => "BPE",
            ModelWrapper::WordPiece(_) => "WordPiece",
            ModelWrapper::WordLevel(_) => "WordLevel",
            ModelWrapper::Unigram(_) => "Unigram",
        }
    }
}

/// Byte-pair encoding with an empty vocabulary.
pub fn bpe() -> Model {
    Model(BPE::default().into())
}

/// Byte-pair encoding with an empty vocabulary, in which what cannot be spelled becomes `unk_token`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the library refuses the token.
pub fn bpe_with_unk(unk_token: &str) -> Result<Model> {
    Ok(Model(BPE::builder().unk_token(unk_token.to_owned()).build().map_err(bad("models::bpe_with_unk"))?.into()))
}

/// Byte-pair encoding with these tokens and merges, the first merge first.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when a part of a merge, or the two together, are not in the vocabulary.
pub fn bpe_from(
    vocab: impl IntoIterator<Item = (impl Into<String>, u32)>,
    merges: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Result<Model> {
    let merges = merges.into_iter().map(|(left, right)| (left.into(), right.into())).collect();
    let block = BPE::builder().vocab_and_merges(collect(vocab), merges).build();
    Ok(Model(block.map_err(bad("models::bpe_from"))?.into()))
}

/// WordPiece with an empty vocabulary; what cannot be spelled becomes `unk_token`.
pub fn word_piece(unk_token: &str) -> Model {
    let mut model = WordPiece::default();
    unk_token.clone_into(&mut model.unk_token);
    Model(model.into())
}

/// WordPiece with these tokens; those inside a word begin with `##`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the library refuses the vocabulary.
pub fn word_piece_from(vocab: impl IntoIterator<Item = (impl Into<String>, u32)>, unk_token: &str) -> Result<Model> {
    let block = WordPiece::builder().vocab(collect(vocab)).unk_token(unk_token.to_owned()).build();
    Ok(Model(block.map_err(bad("models::word_piece_from"))?.into()))
}

/// Whole words only, with an empty vocabulary; any other word becomes `unk_token`.
pub fn word_level(unk_token: &str) -> Model {
    let mut model = WordLevel::default();
    unk_token.clone_into(&mut model.unk_token);
    Model(model.into())
}

/// Whole words only, these; any other word becomes `unk_token`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the library refuses the vocabulary.
pub fn word_level_from(vocab: impl IntoIterator<Item = (impl Into<String>, u32)>, unk_token: &str) -> Result<Model> {
    let block = WordLevel::builder().vocab(collect(vocab)).unk_token(unk_token.to_owned()).build();
    Ok(Model(block.map_err(bad("models::word_level_from"))?.into()))
}

/// Unigram with an empty vocabulary.
pub fn unigram() -> Model {
    Model(Unigram::default().into())
}

/// Unigram with these tokens and the logarithms of their probabilities; the id of a token is its place, and `unk_id` is the place of
/// the unknown one.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when `unk_id` is not in the vocabulary.
pub fn unigram_from(
    pieces: impl IntoIterator<Item = (impl Into<String>, f64)>,
    unk_id: Option<usize>,
) -> Result<Model> {
    let pieces = pieces.into_iter().map(|(piece, score)| (piece.into(), score)).collect();
    Ok(Model(Unigram::from(pieces, unk_id, false).map_err(bad("models::unigram_from"))?.into()))
}

fn collect(vocab: impl IntoIterator<Item = (impl Into<String>, u32)>) -> Vocab {
    vocab.into_iter().map(|(token, id)| (token.into(), id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_cut_words_by_their_vocabularies() {
        let vocab = [("[UNK]", 0), ("hug", 1), ("##s", 2), ("##g", 3)];
        let model = word_piece_from(vocab, "[UNK]").unwrap();
        assert_eq!(model.tokenize("hugs").unwrap(), ["hug", "##s"]);
        assert_eq!(model.tokenize("bugs").unwrap(), ["[UNK]"]);

        let vocab = [("h", 0), ("u", 1), ("g", 2), ("s", 3), ("ug", 4), ("hug", 5)];
        let model = bpe_from(vocab, [("u", "g"), ("h", "ug")]).unwrap();
        assert_eq!(model.tokenize("hugs").unwrap(), ["hug", "s"]);
        assert!(bpe_from(vocab, [("u", "s")]).is_err());

        let pieces = [("<unk>", 0.0), ("hug", -1.0), ("s", -2.0), ("h", -3.0), ("u", -3.0), ("g", -3.0)];
        let model = unigram_from(pieces, Some(0)).unwrap();
        assert_eq!(model.tokenize("hugs").unwrap(), ["hug", "s"]);
        assert!(unigram_from(pieces, Some(9)).is_err());
        assert_eq!(model.kind(), "Unigram");
    }
}
