//! From texts to encodings: tokens, truncation, special tokens, padding, in this order.

use tokenizers::utils::truncation::truncate_encodings;
use tokenizers::{
    EncodeInput, PaddingDirection, PostProcessor, TruncationDirection, TruncationParams, TruncationStrategy,
};

use crate::tokenizer::library_error;
use crate::{BatchEncoding, EncodeOptions, Encoding, Error, Padding, PaddingSide, Result, Tokenizer};

impl Tokenizer {
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
    /// [`Error::NoPadToken`], when texts of different lengths cannot be padded; [`Error::Interrupted`]; or the library fails on a text.
    pub fn encode_batch<T: AsRef<str>>(&self, texts: &[T]) -> Result<BatchEncoding> {
        self.encode_batch_with(texts, &EncodeOptions::new().padding(Padding::Longest))
    }

    /// Encodes several texts.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on a text.
    pub fn encode_batch_with<T: AsRef<str>>(&self, texts: &[T], options: &EncodeOptions) -> Result<BatchEncoding> {
        let row = |text: &T| {
            course_wire::interrupt::check()?;
            self.encode_unpadded(text.as_ref(), None, options)
        };
        let mut rows = texts.iter().map(row).collect::<Result<Vec<_>>>()?;
        self.pad(&mut rows, options)?;
        Ok(BatchEncoding::new(rows))
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
        let token = self.special_tokens().pad.as_deref().ok_or(Error::NoPadToken)?;
        let id = self.id_of(Some(token)).ok_or(Error::NoPadToken)?;
        let direction = match options.padding_side.unwrap_or(self.padding_side()) {
            PaddingSide::Left => PaddingDirection::Left,
            PaddingSide::Right => PaddingDirection::Right,
        };
        for row in rows {
            row.library_mut().pad(length, id, 0, token, direction);
        }
        Ok(())
    }
}
