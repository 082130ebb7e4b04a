//! From texts to encodings: tokens, truncation, special tokens, padding, in this order.

use std::sync::Arc;

use tokenizers::parallelism::MaybeParallelIterator;
use tokenizers::{EncodeInput, InputSequence, PostProcessor};

use crate::source::Source;
use crate::tokenizer::library_error;
use crate::truncate::Cut;
use crate::{BatchEncoding, EncodeOptions, Encoding, Error, Padding, Result, Tokenizer};

/// How many texts are encoded between two looks at the interrupt.
const BLOCK: usize = 1024;
/// From how many texts on a block is shared among threads.
const PARALLEL: usize = 4;

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
        self.encode_single(Source::text(text, None), options)
    }

    /// Encodes two texts as one input, as a question with its context.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on a text.
    pub fn encode_pair(&self, first: &str, second: &str, options: &EncodeOptions) -> Result<Encoding> {
        self.encode_single(Source::text(first, Some(second)), options)
    }

    /// Encodes a text that is cut into words already, as data for named entities are: [`word_ids`](Encoding::word_ids) are then
    /// the places of these words, and offsets count within each word.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer, or the library fails on a word.
    pub fn encode_words<T: AsRef<str>>(&self, words: &[T], options: &EncodeOptions) -> Result<Encoding> {
        self.encode_single(Source::words(words), options)
    }

    fn encode_single(&self, source: Source, options: &EncodeOptions) -> Result<Encoding> {
        let cut = self.cut(source.is_pair(), options)?;
        let mut encoding = self.encode_source(source, options, cut)?;
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

    /// Encodes several texts, on all threads.
    ///
    /// With [`return_overflowing_tokens`](EncodeOptions::return_overflowing_tokens) a long text becomes several rows;
    /// [`overflow_to_sample_mapping`](BatchEncoding::overflow_to_sample_mapping) says which text each row comes from.
    ///
    /// # Errors
    /// When the options contradict each other or the tokenizer; [`Error::Interrupted`]; or the library fails on a text.
    pub fn encode_batch_with<T: AsRef<str>>(&self, texts: &[T], options: &EncodeOptions) -> Result<BatchEncoding> {
        self.encode_sources(texts.iter().map(|text| Source::text(text.as_ref(), None)), false, options)
    }

    /// Encodes pairs of texts: the first of `first` with the first of `second`, and so on, as questions with their contexts.
    ///
    /// # Errors
    /// [`Error::Uneven`], when there are more of the one than of the other; and as [`encode_batch_with`](Self::encode_batch_with).
    pub fn encode_pairs<T: AsRef<str>, U: AsRef<str>>(
        &self,
        first: &[T],
        second: &[U],
        options: &EncodeOptions,
    ) -> Result<BatchEncoding> {
        uneven(first.len(), second.len())?;
        let pairs = first.iter().zip(second);
        let sources = pairs.map(|(first, second)| Source::text(first.as_ref(), Some(second.as_ref())));
        self.encode_sources(sources, true, options)
    }

    fn encode_sources(
        &self,
        sources: impl Iterator<Item = Source>,
        pair: bool,
        options: &EncodeOptions,
    ) -> Result<BatchEncoding> {
        let cut = self.cut(pair, options)?;
        let mut sources = sources.peekable();
        let (mut rows, mut samples, mut sample) = (Vec::new(), Vec::new(), 0);
        while sources.peek().is_some() {
            course_wire::interrupt::check()?;
            let block = sources.by_ref().take(BLOCK).collect::<Vec<_>>();
            let parallel = block.len() >= PARALLEL;
            let encoded = block
                .into_maybe_par_iter_cond(parallel)
                .map(|source| self.encode_source(source, options, cut))
                .collect::<Result<Vec<_>>>()?;
            for mut row in encoded {
                let overflow = if options.return_overflowing_tokens { row.take_overflowing() } else { Vec::new() };
                samples.extend(std::iter::repeat_n(sample, 1 + overflow.len()));
                rows.push(row);
                rows.extend(overflow);
                sample += 1;
            }
        }
        self.pad(&mut rows, options)?;
        Ok(BatchEncoding::new(rows, samples))
    }

    fn encode_source(&self, source: Source, options: &EncodeOptions, cut: Option<Cut>) -> Result<Encoding> {
        let plain = |input: InputSequence<'_>| self.library.encode(EncodeInput::Single(input), false);
        let first = plain(source.first()).map_err(library_error)?;
        let second = source.second().map(plain).transpose().map_err(library_error)?;
        Ok(Encoding::new(self.assemble(first, second, options, cut)?, Arc::new(source)))
    }

    /// Cuts the tokens of one text, or of a pair, and puts the special tokens around them.
    pub(crate) fn assemble(
        &self,
        mut first: tokenizers::Encoding,
        mut second: Option<tokenizers::Encoding>,
        options: &EncodeOptions,
        cut: Option<Cut>,
    ) -> Result<tokenizers::Encoding> {
        if let Some(second) = &mut second {
            second.set_type_ids(vec![1; second.len()]);
        }
        if let Some(cut) = cut {
            cut.apply(&mut first, second.as_mut())?;
        }
        let whole = match &self.post_processor {
            Some(processor) => processor.process(first, second, options.add_special_tokens),
            None => {
                // Or padding would count as text, and chunks would belong to none.
                number(&mut first, 0);
                second.iter_mut().for_each(|second| number(second, 1));
                let parts = std::iter::once(first).chain(second).collect();
                <dyn PostProcessor>::default_process(parts, false).map(tokenizers::Encoding::from_iter)
            }
        };
        whole.map_err(library_error)
    }
}

/// Says which text of a pair the tokens are of.
fn number(encoding: &mut tokenizers::Encoding, sequence: usize) {
    encoding.set_sequence_id(sequence);
    encoding.get_overflowing_mut().iter_mut().for_each(|chunk| chunk.set_sequence_id(sequence));
}

/// An error unless there are as many first texts as second ones.
pub(crate) fn uneven(first: usize, second: usize) -> Result<()> {
    if first == second { Ok(()) } else { Err(Error::Uneven { first, second }) }
}
