//! The tokenizer itself: encode, pad, decode.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use course_display::Tokens;
use tokenizers::{
    EncodeInput, PaddingDirection, PostProcessor, PostProcessorWrapper, TruncationDirection, TruncationParams,
    TruncationStrategy, utils::truncation::truncate_encodings,
};

use crate::{
    BatchEncoding, ChatOptions, ChatTemplate, EncodeOptions, Encoding, Error, Message, Padding, PaddingSide, Result,
    SpecialTokens, StreamDecoder,
};

/// Turns text into token ids and back. Cheap to clone.
#[derive(Clone)]
pub struct Tokenizer {
    name: String,
    /// Everything up to the special tokens: normalizer, pre-tokenizer, model, decoder.
    library: Arc<tokenizers::Tokenizer>,
    /// Kept apart from the library's tokenizer, because a length limit cuts between the two and is an option of each call.
    post_processor: Option<Arc<PostProcessorWrapper>>,
    special: SpecialTokens,
    padding_side: PaddingSide,
    model_max_length: Option<usize>,
    chat_template: Option<Arc<ChatTemplate>>,
}

impl Tokenizer {
    /// Wraps a tokenizer of the library. Its own padding and truncation settings are put aside: both are options of a call.
    ///
    /// # Errors
    /// None today; the library may refuse settings one day.
    pub fn from_library(name: impl Into<String>, mut library: tokenizers::Tokenizer) -> Result<Self> {
        let post_processor = library.get_post_processor().cloned().map(Arc::new);
        library.with_post_processor(None::<PostProcessorWrapper>);
        library.with_padding(None);
        library.with_truncation(None).map_err(library_error)?;
        Ok(Self {
            name: name.into(),
            library: Arc::new(library),
            post_processor,
            special: SpecialTokens::default(),
            padding_side: PaddingSide::Right,
            model_max_length: None,
            chat_template: None,
        })
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

    /// How many ids there are, added tokens included.
    pub fn vocab_size(&self) -> usize {
        self.library.get_vocab_size(true)
    }

    /// Every token with its id.
    pub fn vocab(&self) -> HashMap<String, u32> {
        self.library.get_vocab(true)
    }

    /// The id of a token, spelled as the vocabulary spells it.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    /// The token of an id, spelled as the vocabulary spells it.
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
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

    /// Whether the id stands for a special token, which decoding leaves out.
    pub fn is_special(&self, id: u32) -> bool {
        self.library.get_added_vocabulary().get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
    }

    /// The side that is padded unless a call says otherwise: left for a model that writes on, right for an encoder.
    pub fn padding_side(&self) -> PaddingSide {
        self.padding_side
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

    /// Encodes one text, with the model's special tokens around it.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn encode(&self, text: &str) -> Result<Encoding> {
        self.encode_with(text, &EncodeOptions::default())
    }

    /// Encodes one text.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on the text.
    pub fn encode_with(&self, text: &str, options: &EncodeOptions) -> Result<Encoding> {
        let mut encoding = self.encode_unpadded(text, None, options)?;
        self.pad(std::slice::from_mut(&mut encoding), options)?;
        Ok(encoding)
    }

    /// Encodes two texts as one input, as a question with its context.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on a text.
    pub fn encode_pair(&self, first: &str, second: &str, options: &EncodeOptions) -> Result<Encoding> {
        let mut encoding = self.encode_unpadded(first, Some(second), options)?;
        self.pad(std::slice::from_mut(&mut encoding), options)?;
        Ok(encoding)
    }

    /// Encodes several texts, padded to the longest.
    ///
    /// # Errors
    /// [`Error::NoPadToken`], when texts of different lengths cannot be padded; or the library fails on a text.
    pub fn encode_batch<T: AsRef<str>>(&self, texts: &[T]) -> Result<BatchEncoding> {
        self.encode_batch_with(texts, &EncodeOptions::new().padding(Padding::Longest))
    }

    /// Encodes several texts.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on a text.
    pub fn encode_batch_with<T: AsRef<str>>(&self, texts: &[T], options: &EncodeOptions) -> Result<BatchEncoding> {
        let mut rows =
            texts.iter().map(|text| self.encode_unpadded(text.as_ref(), None, options)).collect::<Result<Vec<_>>>()?;
        self.pad(&mut rows, options)?;
        Ok(BatchEncoding::new(rows))
    }

    /// The text of the ids, special tokens left out.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.decode_with(ids, true)
    }

    /// The text of the ids, with or without special tokens.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode_with(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String> {
        if let Some(&id) = ids.iter().find(|&&id| self.library.id_to_token(id).is_none()) {
            return Err(Error::UnknownId { id, size: self.vocab_size() });
        }
        self.library.decode(ids, skip_special_tokens).map_err(library_error)
    }

    /// Decodes ids one at a time, as a model writes them: holds back a character until all its bytes are there.
    pub fn stream_decoder(&self) -> StreamDecoder {
        StreamDecoder::new(self.clone())
    }

    /// The tokens of a text as the vocabulary spells them, without special tokens around it.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn tokenize(&self, text: &str) -> Result<Vec<String>> {
        Ok(self.encode_with(text, &EncodeOptions::new().add_special_tokens(false))?.tokens().to_vec())
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

    fn id_of(&self, token: Option<&str>) -> Option<u32> {
        self.library.token_to_id(token?)
    }

    fn encode_unpadded(&self, first: &str, second: Option<&str>, options: &EncodeOptions) -> Result<Encoding> {
        let plain = |text: &str| self.library.encode(EncodeInput::from(text), false).map_err(library_error);
        let mut first = plain(first)?;
        let mut second = second.map(plain).transpose()?;
        if let Some(second) = &mut second {
            second.set_type_ids(vec![1; second.len()]);
        }
        if let Some(max_length) = options.max_length {
            let room = self.room_for_text(max_length, second.is_some(), options)?;
            (first, second) = truncate_encodings(first, second, &room).map_err(library_error)?;
        }
        let whole = match &self.post_processor {
            Some(processor) => processor.process(first, second, options.add_special_tokens),
            None => {
                let parts = std::iter::once(first).chain(second).collect();
                <dyn PostProcessor>::default_process(parts, false).map(tokenizers::Encoding::from_iter)
            }
        };
        whole.map(Encoding::new).map_err(library_error)
    }

    /// What is left of `max_length` for the text, checked so that the library's own arithmetic cannot underflow.
    fn room_for_text(&self, max_length: usize, pair: bool, options: &EncodeOptions) -> Result<TruncationParams> {
        let added = match &self.post_processor {
            Some(processor) if options.add_special_tokens => processor.added_tokens(pair),
            _ => 0,
        };
        let texts = 1 + usize::from(pair);
        if max_length < added + texts || (options.stride > 0 && options.stride >= max_length - added) {
            return Err(Error::MaxLength { max_length, added });
        }
        Ok(TruncationParams {
            direction: TruncationDirection::Right,
            max_length: max_length - added,
            strategy: TruncationStrategy::LongestFirst,
            stride: options.stride,
        })
    }

    fn pad(&self, rows: &mut [Encoding], options: &EncodeOptions) -> Result<()> {
        let longest = rows.iter().map(Encoding::len).max().unwrap_or(0);
        let length = match options.padding {
            Padding::None => return Ok(()),
            Padding::Longest => longest,
            Padding::Fixed(length) => length.max(longest),
        };
        let length = match options.pad_to_multiple_of {
            Some(multiple) if multiple > 0 => length.next_multiple_of(multiple),
            _ => length,
        };
        if rows.iter().all(|row| row.len() == length) {
            return Ok(());
        }
        let token = self.special.pad.as_deref().ok_or(Error::NoPadToken)?;
        let id = self.id_of(Some(token)).ok_or(Error::NoPadToken)?;
        let direction = match options.padding_side.unwrap_or(self.padding_side) {
            PaddingSide::Left => PaddingDirection::Left,
            PaddingSide::Right => PaddingDirection::Right,
        };
        for row in rows {
            row.library_mut().pad(length, id, 0, token, direction);
        }
        Ok(())
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
