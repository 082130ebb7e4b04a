//! Blocks that put special tokens around a text.

use tokenizers::PostProcessorWrapper;
use tokenizers::processors as library;

use super::bad;
use crate::{Error, Result, Tokenizer};

/// Puts special tokens around a text. It names them by their text; [`Tokenizer::with_post_processor`] finds their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processor(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Template { single: String, pair: String },
    ByteLevel { trim_offsets: bool },
    Bert { sep: String, cls: String },
    Roberta { sep: String, cls: String },
    Sequence(Vec<Processor>),
}

/// One template for a text and one for a pair: `$A` and `$B` are the texts, everything else is a special token, and `:1` after
/// either gives it that token type id.
///
/// `template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")` is BERT's.
pub fn template(single: &str, pair: &str) -> Processor {
    Processor(Kind::Template { single: single.to_owned(), pair: pair.to_owned() })
}

/// GPT-2's: no special tokens; offsets leave the space before a word out if `trim_offsets` says so.
pub fn byte_level(trim_offsets: bool) -> Processor {
    Processor(Kind::ByteLevel { trim_offsets })
}

/// BERT's, by the names of its two tokens.
pub fn bert(sep: &str, cls: &str) -> Processor {
    Processor(Kind::Bert { sep: sep.to_owned(), cls: cls.to_owned() })
}

/// RoBERTa's, by the names of its two tokens.
pub fn roberta(sep: &str, cls: &str) -> Processor {
    Processor(Kind::Roberta { sep: sep.to_owned(), cls: cls.to_owned() })
}

/// Several, one after the other.
pub fn sequence(processors: impl IntoIterator<Item = Processor>) -> Processor {
    Processor(Kind::Sequence(processors.into_iter().collect()))
}

impl Processor {
    /// The library's block, with the ids that the tokens have in this tokenizer.
    pub(crate) fn resolve(&self, tokenizer: &Tokenizer) -> Result<PostProcessorWrapper> {
        let named = |block: &'static str, token: &str| {
            let id = tokenizer.token_to_id(token).ok_or_else(|| missing(block, token, tokenizer))?;
            Ok((token.to_owned(), id))
        };
        Ok(match &self.0 {
            Kind::Template { single, pair } => {
                const BLOCK: &str = "processors::template";
                let special = special_tokens(single).chain(special_tokens(pair));
                let special = special.map(|token| named(BLOCK, token)).collect::<Result<Vec<_>>>()?;
                let problem = |problem: String| Error::Block { block: BLOCK, problem };
                let builder = &mut library::template::TemplateProcessing::builder();
                let builder = builder.try_single(single.as_str()).map_err(problem)?;
                let builder = builder.try_pair(pair.as_str()).map_err(problem)?.special_tokens(special);
                builder.build().map_err(|error| problem(error.to_string()))?.into()
            }
            Kind::ByteLevel { trim_offsets } => library::byte_level::ByteLevel::new(true, *trim_offsets, true).into(),
            Kind::Bert { sep, cls } => {
                const BLOCK: &str = "processors::bert";
                library::bert::BertProcessing::new(named(BLOCK, sep)?, named(BLOCK, cls)?).into()
            }
            Kind::Roberta { sep, cls } => {
                const BLOCK: &str = "processors::roberta";
                library::roberta::RobertaProcessing::new(named(BLOCK, sep)?, named(BLOCK, cls)?).into()
            }
            Kind::Sequence(processors) => {
                let blocks = processors.iter().map(|one| one.resolve(tokenizer)).collect::<Result<_>>()?;
                library::sequence::Sequence::new(blocks).into()
            }
        })
    }
}

/// The special tokens of a template, without their token type ids.
fn special_tokens(template: &str) -> impl Iterator<Item = &str> {
    let pieces = template.split_whitespace().filter(|piece| !piece.starts_with('$'));
    pieces.map(|piece| match piece.rsplit_once(':') {
        Some((token, kind)) if !token.is_empty() && kind.parse::<u32>().is_ok() => token,
        _ => piece,
    })
}

fn missing(block: &'static str, token: &str, tokenizer: &Tokenizer) -> Error {
    let size = tokenizer.vocab_size();
    let hint = if size == 0 { "train the tokenizer first" } else { "give it to the trainer as a special token" };
    bad(block)(format!("{token:?} is not in the vocabulary of {size} tokens; {hint}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models;

    #[test]
    fn a_template_gives_tokens_types_and_sides() {
        let vocab = [("<sep>", 0), ("<cls>", 1), ("a", 2), ("b", 3)];
        let tokenizer = Tokenizer::new(models::word_level_from(vocab, "a").unwrap());
        let xlnet = template("$A:0 <sep>:0 <cls>:2", "$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2");
        let tokenizer = tokenizer.with_post_processor(xlnet).unwrap();
        let pair = tokenizer.encode_pair("a", "b", &crate::EncodeOptions::new()).unwrap();
        assert_eq!(pair.tokens(), ["a", "<sep>", "b", "<sep>", "<cls>"]);
        assert_eq!(pair.token_type_ids(), [0, 0, 1, 1, 2]);
        assert_eq!(tokenizer.encode("a").unwrap().tokens(), ["a", "<sep>", "<cls>"]);
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_named() {
        let empty = Tokenizer::new(models::word_piece("[UNK]"));
        let bert = || template("[CLS] $A", "[CLS] $A $B:1");
        let error = empty.with_post_processor(bert()).unwrap_err().to_string();
        assert!(error.contains("\"[CLS]\" is not in the vocabulary of 0 tokens; train"), "{error}");
        let other = Tokenizer::new(models::word_level_from([("a", 0)], "a").unwrap());
        let error = other.clone().with_post_processor(bert()).unwrap_err().to_string();
        assert!(error.contains("special token"), "{error}");
        let error = other.with_post_processor(template("$A", "$A")).unwrap_err().to_string();
        assert!(error.contains("both sequences"), "{error}");
    }
}
