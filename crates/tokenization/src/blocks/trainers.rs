//! What fills a model's vocabulary from texts; [`Tokenizer::train`](crate::Tokenizer::train) runs it.

use std::collections::HashSet;

use tokenizers::AddedToken;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::BpeTrainer;
use tokenizers::models::unigram::UnigramTrainer;
use tokenizers::models::wordlevel::WordLevelTrainer;
use tokenizers::models::wordpiece::WordPieceTrainer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::{Error, Result};

/// How a vocabulary is learnt: how large it gets, and which tokens it must have.
#[derive(Debug, Clone, PartialEq)]
pub struct Trainer {
    pub(crate) kind: Kind,
    vocab_size: usize,
    special_tokens: Vec<AddedToken>,
    min_frequency: Option<u64>,
    limit_alphabet: Option<usize>,
    initial_alphabet: HashSet<char>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    max_token_length: Option<usize>,
    unk_token: Option<String>,
    shrinking_factor: Option<f64>,
    sub_iterations: Option<u32>,
}

/// The model that a trainer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bpe,
    WordPiece,
    WordLevel,
    Unigram,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bpe => "BPE",
            Self::WordPiece => "WordPiece",
            Self::WordLevel => "WordLevel",
            Self::Unigram => "Unigram",
        }
    }
}

/// For byte-pair encoding: merges the most frequent pair until there are `vocab_size` tokens.
pub fn bpe(vocab_size: usize) -> Trainer {
    Trainer::new(Kind::Bpe, vocab_size)
}

/// For WordPiece, by the merges of byte-pair encoding, until there are `vocab_size` tokens.
pub fn word_piece(vocab_size: usize) -> Trainer {
    Trainer::new(Kind::WordPiece, vocab_size)
}

/// For whole words: the `vocab_size` most frequent ones.
pub fn word_level(vocab_size: usize) -> Trainer {
    Trainer::new(Kind::WordLevel, vocab_size)
}

/// For Unigram: begins with far too many tokens, and drops those that are missed least until `vocab_size` are left.
pub fn unigram(vocab_size: usize) -> Trainer {
    Trainer::new(Kind::Unigram, vocab_size)
}

/// The 256 characters that byte-level tokens are spelled in, for [`Trainer::initial_alphabet`].
pub fn byte_level_alphabet() -> Vec<char> {
    let mut alphabet = ByteLevel::alphabet().into_iter().collect::<Vec<_>>();
    alphabet.sort_unstable();
    alphabet
}

impl Trainer {
    pub(crate) fn new(kind: Kind, vocab_size: usize) -> Self {
        Self {
            kind,
            vocab_size,
            special_tokens: Vec::new(),
            min_frequency: None,
            limit_alphabet: None,
            initial_alphabet: HashSet::new(),
            continuing_subword_prefix: None,
            end_of_word_suffix: None,
            max_token_length: None,
            unk_token: None,
            shrinking_factor: None,
            sub_iterations: None,
        }
    }

    /// Tokens that get the first ids, in this order, whether or not the texts have them.
    #[must_use]
    pub fn special_tokens<T: Into<String>>(mut self, tokens: impl IntoIterator<Item = T>) -> Self {
        self.special_tokens.extend(tokens.into_iter().map(|token| AddedToken::from(token, true)));
        self
    }

    /// Tokens with every setting of the library's.
    pub(crate) fn added_tokens(mut self, tokens: impl IntoIterator<Item = AddedToken>) -> Self {
        self.special_tokens.extend(tokens);
        self
    }

    /// How often a pair (or a word) must occur to become a token. Not for Unigram. Default: 0, as in Python.
    #[must_use]
    pub fn min_frequency(mut self, times: u64) -> Self {
        self.min_frequency = Some(times);
        self
    }

    /// Keeps only this many different characters, the most frequent. BPE and WordPiece. Default: all.
    #[must_use]
    pub fn limit_alphabet(mut self, characters: usize) -> Self {
        self.limit_alphabet = Some(characters);
        self
    }

    /// Characters that become tokens whether or not the texts have them. Not for whole words.
    #[must_use]
    pub fn initial_alphabet(mut self, characters: impl IntoIterator<Item = char>) -> Self {
        self.initial_alphabet.extend(characters);
        self
    }

    /// What a token inside a word begins with. BPE and WordPiece. Default: `##` for WordPiece, nothing for BPE.
    #[must_use]
    pub fn continuing_subword_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.continuing_subword_prefix = Some(prefix.into());
        self
    }

    /// What a token at the end of a word ends with, such as `</w>`. BPE and WordPiece. Default: nothing.
    #[must_use]
    pub fn end_of_word_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.end_of_word_suffix = Some(suffix.into());
        self
    }

    /// How long a token gets at most, in characters. BPE and Unigram. Default: no limit, 16 for Unigram.
    #[must_use]
    pub fn max_token_length(mut self, characters: usize) -> Self {
        self.max_token_length = Some(characters);
        self
    }

    /// The token for what cannot be spelled. Unigram only: other models are made with theirs.
    #[must_use]
    pub fn unk_token(mut self, token: impl Into<String>) -> Self {
        self.unk_token = Some(token.into());
        self
    }

    /// What part of the tokens stays in each round. Unigram only. Default: 0.75.
    #[must_use]
    pub fn shrinking_factor(mut self, part: f64) -> Self {
        self.shrinking_factor = Some(part);
        self
    }

    /// How often probabilities are estimated anew in each round. Unigram only. Default: 2.
    #[must_use]
    pub fn sub_iterations(mut self, times: u32) -> Self {
        self.sub_iterations = Some(times);
        self
    }

    /// The library's trainer.
    pub(crate) fn library(&self) -> Result<TrainerWrapper> {
        self.check()?;
        let special_tokens = self.special_tokens.clone();
        Ok(match self.kind {
            Kind::Bpe => {
                let mut trainer = BpeTrainer::builder()
                    .vocab_size(self.vocab_size)
                    .min_frequency(self.min_frequency.unwrap_or(0))
                    .special_tokens(special_tokens)
                    .initial_alphabet(self.initial_alphabet.clone())
                    .show_progress(false)
                    .build();
                trainer.limit_alphabet = self.limit_alphabet;
                trainer.continuing_subword_prefix = self.continuing_subword_prefix.clone();
                trainer.end_of_word_suffix = self.end_of_word_suffix.clone();
                trainer.max_token_length = self.max_token_length;
                trainer.into()
            }
            Kind::WordPiece => {
                let mut trainer = WordPieceTrainer::builder()
                    .vocab_size(self.vocab_size)
                    .min_frequency(self.min_frequency.unwrap_or(0))
                    .special_tokens(special_tokens)
                    .initial_alphabet(self.initial_alphabet.clone())
                    .show_progress(false)
                    .build();
                trainer.set_limit_alphabet(self.limit_alphabet);
                if self.continuing_subword_prefix.is_some() {
                    trainer.set_continuing_subword_prefix(self.continuing_subword_prefix.clone());
                }
                trainer.set_end_of_word_suffix(self.end_of_word_suffix.clone());
                trainer.into()
            }
            Kind::WordLevel => {
                let mut trainer = WordLevelTrainer::default();
                trainer.vocab_size = self.vocab_size;
                trainer.min_frequency = self.min_frequency.unwrap_or(0);
                trainer.special_tokens = special_tokens;
                trainer.show_progress = false;
                trainer.into()
            }
            Kind::Unigram => {
                let mut trainer = UnigramTrainer::default();
                trainer.vocab_size = u32::try_from(self.vocab_size).unwrap_or(u32::MAX);
                trainer.special_tokens = special_tokens;
                trainer.initial_alphabet = self.initial_alphabet.iter().copied().collect();
                trainer.unk_token = self.unk_token.clone();
                trainer.show_progress = false;
                if let Some(part) = self.shrinking_factor {
                    trainer.shrinking_factor = part;
                }
                if let Some(times) = self.sub_iterations {
                    trainer.n_sub_iterations = times;
                }
                if let Some(length) = self.max_token_length {
                    trainer.max_piece_length = length;
                }
                trainer.into()
            }
        })
    }

    /// A setting that this kind of trainer would pass over in silence is an error.
    fn check(&self) -> Result<()> {
        let (bpe, unigram) = (matches!(self.kind, Kind::Bpe | Kind::WordPiece), self.kind == Kind::Unigram);
        let settings = [
            ("min_frequency", self.min_frequency.is_some(), !unigram),
            ("limit_alphabet", self.limit_alphabet.is_some(), bpe),
            ("initial_alphabet", !self.initial_alphabet.is_empty(), bpe || unigram),
            ("continuing_subword_prefix", self.continuing_subword_prefix.is_some(), bpe),
            ("end_of_word_suffix", self.end_of_word_suffix.is_some(), bpe),
            ("max_token_length", self.max_token_length.is_some(), unigram || self.kind == Kind::Bpe),
            ("unk_token", self.unk_token.is_some(), unigram),
            ("shrinking_factor", self.shrinking_factor.is_some(), unigram),
            ("sub_iterations", self.sub_iterations.is_some(), unigram),
        ];
        let kind = self.kind.name();
        if let Some((setting, ..)) = settings.iter().find(|(_, set, known)| *set && !known) {
            return Err(Error::Training(format!("a {kind} trainer has no setting `{setting}`")));
        }
        // The library goes on for ever.
        if self.shrinking_factor.is_some_and(|part| !(part > 0.0 && part < 1.0)) {
            return Err(Error::Training(
                "shrinking_factor is the part of the tokens that stays: between 0 and 1".into(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_another_model_are_named() {
        let error = unigram(10).min_frequency(2).library().err().unwrap().to_string();
        assert_eq!(error, "training failed: a Unigram trainer has no setting `min_frequency`");
        let error = bpe(10).unk_token("<unk>").library().err().unwrap().to_string();
        assert!(error.contains("`unk_token`"), "{error}");
        assert!(unigram(10).shrinking_factor(1.0).library().is_err());
        assert!(word_piece(10).min_frequency(2).limit_alphabet(5).library().is_ok());
    }
}
