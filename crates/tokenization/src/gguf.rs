//! A tokenizer out of a GGUF file's metadata: byte-level BPE (`tokenizer.ggml.model = gpt2`).
//!
//! The file has the tokens, their ids and the merges; what it says about cutting text before the merges is one word,
//! `tokenizer.ggml.pre`. This module knows what that word means for the models it supports.

use course_hub::{Gguf, GgufTokenizer, TokenType};
use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, PostProcessorWrapper, PreTokenizerWrapper};

use crate::tokenizer::library_error;
use crate::{ChatTemplate, Error, PaddingSide, Result, SpecialTokens, Tokenizer};

impl Tokenizer {
    /// The tokenizer in a GGUF file's metadata, with its chat template.
    ///
    /// It pads on the left: models in GGUF files write on from the last position.
    ///
    /// # Errors
    /// When the file carries no tokenizer, or one of another kind than byte-level BPE.
    pub fn from_gguf(name: impl Into<String>, gguf: &Gguf) -> Result<Self> {
        let name = name.into();
        let file = gguf.tokenizer()?;
        let special = special_tokens(&file);
        let template = file.chat_template.clone();
        let mut tokenizer = Tokenizer::from_library(&name, byte_level_bpe(&name, file)?)?
            .with_special_tokens(special)
            .with_padding_side(PaddingSide::Left)
            .with_model_input_names(["input_ids", "attention_mask"]);
        if let Ok(length) = gguf.architecture().and_then(|llama| gguf.usize(&format!("{llama}.context_length"))) {
            tokenizer = tokenizer.with_model_max_length(length);
        }
        if let Some(template) = template {
            tokenizer = tokenizer.with_chat_template(ChatTemplate::new(template)?);
        }
        Ok(tokenizer)
    }
}

fn byte_level_bpe(name: &str, file: GgufTokenizer) -> Result<tokenizers::Tokenizer> {
    if file.model != "gpt2" {
        let why = format!(
            "its GGUF file has a `{}` tokenizer; byte-level BPE (`gpt2`) is the kind that can be read",
            file.model
        );
        return Err(Error::NoTokenizer { model: name.into(), why });
    }
    let pre_tokenizer = pre_tokenizer(name, file.pre.as_deref().unwrap_or("default"))?;
    let begins_with = file.bos_id.filter(|_| file.add_bos == Some(true));
    let vocabulary = file.tokens.iter().cloned().zip(0..).collect::<Vocab>();
    let merges = file.merges.iter().map(|line| merge(line)).collect::<Result<Vec<_>>>()?;
    let model = BPE::builder().vocab_and_merges(vocabulary, merges).build().map_err(library_error)?;

    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(pre_tokenizer));
    tokenizer.with_decoder(Some(ByteLevel::new(false, false, false)));
    if let Some(token) = begins_with.and_then(|id| file.tokens.get(id as usize).map(|token| (token, id))) {
        tokenizer.with_post_processor(Some(starting_with(token)?));
    }
    let of_type = |wanted: &'static [TokenType]| {
        let types = file.token_types.iter().zip(&file.tokens);
        types.filter(move |(kind, _)| wanted.contains(kind)).map(|(_, token)| token.clone())
    };
    let control = of_type(&[TokenType::Control, TokenType::Unknown]);
    tokenizer
        .add_special_tokens(control.map(|token| AddedToken::from(token, true).normalized(false)))
        .map_err(library_error)?;
    let user_defined = of_type(&[TokenType::UserDefined]);
    tokenizer
        .add_tokens(user_defined.map(|token| AddedToken::from(token, false).normalized(false)))
        .map_err(library_error)?;
    Ok(tokenizer)
}

/// How text is cut before merges apply, by the name llama.cpp gave it.
fn pre_tokenizer(name: &str, pre: &str) -> Result<PreTokenizerWrapper> {
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;
    let gpt2 = || ByteLevel::new(false, false, true);
    match pre {
        "default" | "gpt-2" | "gpt2" => Ok(gpt2().into()),
        // Every digit is a piece of its own: the model sees numbers digit by digit.
        "smollm" | "starcoder" | "refact" | "command-r" => {
            Ok(Sequence::new(vec![Digits::new(true).into(), gpt2().into()]).into())
        }
        other => Err(Error::NoTokenizer {
            model: name.into(),
            why: format!(
                "its GGUF file cuts text in the way `{other}`; known are default, gpt-2, smollm, starcoder, refact, command-r"
            ),
        }),
    }
}

/// A token in front of every text.
fn starting_with((token, id): (&String, u32)) -> Result<PostProcessorWrapper> {
    use tokenizers::processors::template::TemplateProcessing;
    TemplateProcessing::builder()
        .try_single(vec![token.clone(), "$A".into()])
        .and_then(|builder| {
            builder
                .try_pair(vec![token.clone(), "$A".into(), "$B:1".into()])
                .map(|builder| builder.special_tokens(vec![(token.clone(), id)]))
        })
        .map_err(|problem| bad("tokenizer.ggml.bos_token_id", problem))?
        .build()
        .map(Into::into)
        .map_err(|problem| bad("tokenizer.ggml.bos_token_id", problem.to_string()))
}

fn merge(line: &str) -> Result<(String, String)> {
    // The first character may be the space that is part of no byte-level token, so the split is at the first one after it.
    line.split_once(' ')
        .map(|(left, right)| (left.to_owned(), right.to_owned()))
        .ok_or_else(|| bad("tokenizer.ggml.merges", format!("`{line}` is not two tokens with a space between")))
}

fn special_tokens(file: &GgufTokenizer) -> SpecialTokens {
    let token = |id: Option<u32>| file.tokens.get(id? as usize).cloned();
    SpecialTokens {
        bos: token(file.bos_id),
        eos: token(file.eos_id),
        pad: token(file.padding_id).or_else(|| token(file.eos_id)),
        unk: token(file.unknown_id),
        ..SpecialTokens::default()
    }
}

fn bad(place: &str, problem: impl Into<String>) -> Error {
    Error::BadFile { place: place.into(), problem: problem.into() }
}
