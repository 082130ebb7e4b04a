//! The tokenizer itself: what it is made of, its settings, chat. Encoding, decoding and the vocabulary have files of their own.

use std::fmt;
use std::sync::{Arc, OnceLock};

use course_display::Tokens;
use tokenizers::PostProcessorWrapper;

use crate::pieces::Pieces;
use crate::{ChatOptions, ChatTemplate, Error, Message, PaddingSide, Result, SpecialTokens, TruncationSide};

/// Turns text into token ids and back. Cheap to clone.
#[derive(Clone)]
pub struct Tokenizer {
    name: String,
    /// Everything up to the special tokens: normalizer, pre-tokenizer, model, decoder.
    pub(crate) library: Arc<tokenizers::Tokenizer>,
    /// Kept apart from the library's tokenizer, because a length limit cuts between the two and is an option of each call.
    pub(crate) post_processor: Option<Arc<PostProcessorWrapper>>,
    /// What the fast way to ids remembers, made when it is first gone.
    pieces: Arc<OnceLock<Option<Pieces>>>,
    special: SpecialTokens,
    padding_side: PaddingSide,
    truncation_side: TruncationSide,
    model_max_length: Option<usize>,
    model_input_names: Arc<[String]>,
    clean_up: bool,
    chat_template: Option<Arc<ChatTemplate>>,
}

impl Tokenizer {
    /// Wraps a tokenizer of the library. Its own padding and truncation settings are put aside: both are options of a call.
    ///
    /// # Errors
    /// None today; the library may refuse settings one day.
    pub fn from_library(name: impl Into<String>, library: tokenizers::Tokenizer) -> Result<Self> {
        Ok(Self::around(library).with_name(name))
    }

    /// [`from_library`](Self::from_library), without a name yet.
    pub(crate) fn around(mut library: tokenizers::Tokenizer) -> Self {
        let post_processor = library.get_post_processor().cloned().map(Arc::new);
        library.with_post_processor(None::<PostProcessorWrapper>);
        library.with_padding(None);
        // Only a limit can be refused.
        let _ = library.with_truncation(None);
        Self {
            name: "a new tokenizer".to_owned(),
            library: Arc::new(library),
            post_processor,
            pieces: Arc::default(),
            special: SpecialTokens::default(),
            padding_side: PaddingSide::Right,
            truncation_side: TruncationSide::Right,
            model_max_length: None,
            model_input_names: ["input_ids", "token_type_ids", "attention_mask"].map(str::to_owned).into(),
            clean_up: false,
            chat_template: None,
        }
    }

    /// The same tokenizer with another vocabulary, and everything else that goes with it but the post-processor.
    pub(crate) fn with_library(mut self, library: tokenizers::Tokenizer) -> Self {
        self.library = Arc::new(library);
        self.pieces = Arc::default();
        self
    }

    /// The library's part, to be changed.
    pub(crate) fn library_mut(&mut self) -> &mut tokenizers::Tokenizer {
        self.pieces = Arc::default();
        Arc::make_mut(&mut self.library)
    }

    /// The fast way to ids, where there is one.
    pub(crate) fn pieces(&self) -> Option<&Pieces> {
        self.pieces.get_or_init(|| Pieces::of(&self.library)).as_ref()
    }

    /// The same tokenizer with these special tokens.
    #[must_use]
    pub fn with_special_tokens(mut self, special: SpecialTokens) -> Self {
        self.special = special;
        self
    }

    /// The same tokenizer, filling up short rows with `token`.
    #[must_use]
    pub fn with_pad_token(mut self, token: impl Into<String>) -> Self {
        self.special.pad = Some(token.into());
        self
    }

    /// The same tokenizer, padding on `side` unless a call says otherwise.
    #[must_use]
    pub fn with_padding_side(mut self, side: PaddingSide) -> Self {
        self.padding_side = side;
        self
    }

    /// The same tokenizer, cutting long texts on `side` unless a call says otherwise.
    #[must_use]
    pub fn with_truncation_side(mut self, side: TruncationSide) -> Self {
        self.truncation_side = side;
        self
    }

    /// The same tokenizer for a model that takes these columns of an encoding, of `input_ids`, `token_type_ids` and `attention_mask`.
    #[must_use]
    pub fn with_model_input_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.model_input_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The same tokenizer, taking the spaces before punctuation out of what it decodes, or not.
    #[must_use]
    pub fn with_clean_up(mut self, clean_up: bool) -> Self {
        self.clean_up = clean_up;
        self
    }

    /// The same tokenizer under another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same tokenizer for a model that reads at most `tokens` tokens.
    #[must_use]
    pub fn with_model_max_length(mut self, tokens: usize) -> Self {
        self.model_max_length = Some(tokens);
        self
    }

    /// The same tokenizer with this chat template.
    #[must_use]
    pub fn with_chat_template(mut self, template: ChatTemplate) -> Self {
        self.chat_template = Some(Arc::new(template));
        self
    }

    /// The name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tokens that carry a role.
    pub fn special_tokens(&self) -> &SpecialTokens {
        &self.special
    }

    /// The id of the token that ends a text.
    pub fn eos_token_id(&self) -> Option<u32> {
        self.id_of(self.special.eos.as_deref())
    }

    /// The id of the token that begins a text.
    pub fn bos_token_id(&self) -> Option<u32> {
        self.id_of(self.special.bos.as_deref())
    }

    /// The id of the token that fills up short rows.
    pub fn pad_token_id(&self) -> Option<u32> {
        self.id_of(self.special.pad.as_deref())
    }

    /// The side that is padded unless a call says otherwise: left for a model that writes on, right for an encoder.
    pub fn padding_side(&self) -> PaddingSide {
        self.padding_side
    }

    /// The side on which long texts are cut unless a call says otherwise.
    pub fn truncation_side(&self) -> TruncationSide {
        self.truncation_side
    }

    /// The columns of an encoding that the model takes.
    pub fn model_input_names(&self) -> &[String] {
        &self.model_input_names
    }

    /// Whether decoding takes the spaces before punctuation out.
    pub fn clean_up(&self) -> bool {
        self.clean_up
    }

    /// How many tokens the model reads at most, if it says.
    pub fn model_max_length(&self) -> Option<usize> {
        self.model_max_length
    }

    /// A copy of the library's own tokenizer, complete with its post-processor.
    pub fn to_library(&self) -> tokenizers::Tokenizer {
        let mut library = (*self.library).clone();
        library.with_post_processor(self.post_processor.as_deref().cloned());
        library
    }

    /// The tokens of a text in colour, as a cell shows them: each with the piece of the text it stands for and its id.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn tokens(&self, text: &str) -> Result<Tokens> {
        let encoding = self.encode(text)?;
        let rows = encoding.input_ids().iter().zip(encoding.offsets()).zip(encoding.tokens());
        Ok(Tokens::new(rows.map(|((&id, &(start, end)), spelled)| {
            // A token inside a character has no text of its own, and neither has an added one.
            let piece = text.get(start..end).filter(|piece| !piece.is_empty()).unwrap_or(spelled);
            (piece.to_owned(), id, self.is_special(id))
        })))
    }

    /// The chat template, if the model has one.
    pub fn chat_template(&self) -> Option<&ChatTemplate> {
        self.chat_template.as_deref()
    }

    /// A conversation as the one prompt that the model was trained on. With `add_generation_prompt` it ends where the
    /// model's answer begins.
    ///
    /// # Errors
    /// [`Error::NoChatTemplate`], or [`Error::ChatTemplate`] when the template refuses the conversation.
    pub fn apply_chat_template(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        self.apply_chat_template_with(messages, &ChatOptions::new().add_generation_prompt(add_generation_prompt))
    }

    /// [`apply_chat_template`](Self::apply_chat_template) with tools, documents and variables of the template's own.
    ///
    /// # Errors
    /// [`Error::NoChatTemplate`], or [`Error::ChatTemplate`] when the template refuses the conversation.
    pub fn apply_chat_template_with(&self, messages: &[Message], options: &ChatOptions) -> Result<String> {
        let template = self.chat_template.as_deref().ok_or_else(|| Error::NoChatTemplate(self.name.clone()))?;
        template.render(messages, &self.special, options)
    }

    pub(crate) fn id_of(&self, token: Option<&str>) -> Option<u32> {
        self.library.token_to_id(token?)
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("name", &self.name)
            .field("vocab_size", &self.vocab_size())
            .field("model_max_length", &self.model_max_length)
            .field("padding_side", &self.padding_side)
            .field("special_tokens", &self.special)
            .finish_non_exhaustive()
    }
}

pub(crate) fn library_error(error: tokenizers::Error) -> Error {
    Error::Library(error.to_string())
}
