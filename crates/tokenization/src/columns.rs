//! Encoding for a table: many texts' ids in flat columns, without the strings and offsets that an [`Encoding`](crate::Encoding) keeps.

use tokenizers::parallelism::MaybeParallelIterator;
use tokenizers::{EncodeInput, InputSequence};

use crate::encode::uneven;
use crate::layout::{Layout, Slot};
use crate::pieces::Known;
use crate::tokenizer::library_error;
use crate::truncate::Cut;
use crate::{EncodeOptions, Result, Side, Tokenizer};

/// How many texts a thread takes at a time.
const PIECE: usize = 32;
/// How many pieces are encoded between two looks at the interrupt.
const PIECES: usize = 64;

/// Many texts as ids, in flat columns: row `r` of each is `offsets[r]..offsets[r + 1]`.
///
/// The types of the numbers are those that Python's `datasets` stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenColumns {
    /// Where each row begins, and at the end where the last one ends.
    pub offsets: Vec<usize>,
    /// The ids of all rows.
    pub input_ids: Vec<i32>,
    /// 1 for text, 0 for padding.
    pub attention_mask: Vec<i8>,
    /// 0 for the first text of a pair, 1 for the second.
    pub token_type_ids: Vec<i8>,
    /// For each row the number of the text that it comes from.
    pub overflow_to_sample_mapping: Vec<i64>,
}

impl TokenColumns {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.overflow_to_sample_mapping.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of one row.
    pub fn row(&self, row: usize) -> Option<&[i32]> {
        self.input_ids.get(*self.offsets.get(row)?..*self.offsets.get(row + 1)?)
    }
}

/// What one call is to do.
struct Job<'a> {
    texts: &'a [&'a str],
    pairs: Option<&'a [&'a str]>,
    options: &'a EncodeOptions,
    cut: Option<Cut>,
    layout: Option<Layout>,
}

/// The rows of one piece of the batch, before padding.
#[derive(Default)]
struct Part {
    lengths: Vec<usize>,
    ids: Vec<i32>,
    types: Vec<i8>,
    samples: Vec<i64>,
}

impl Part {
    fn push(&mut self, row: &tokenizers::Encoding, sample: usize) {
        self.lengths.push(row.len());
        self.ids.extend(row.get_ids().iter().map(|id| *id as i32));
        self.types.extend(row.get_type_ids().iter().map(|kind| *kind as i8));
        self.samples.push(sample as i64);
    }

    /// A row of one text's ids, or of a pair's, cut and with special tokens where the layout has them.
    fn push_ids(
        &mut self,
        first: &[u32],
        second: Option<&[u32]>,
        layout: &Layout,
        cut: Option<Cut>,
        sample: usize,
    ) -> Result<()> {
        let ranges = match cut {
            Some(cut) => cut.ranges(first.len(), second.map(<[u32]>::len))?,
            None => (0..first.len(), 0..second.map_or(0, <[u32]>::len)),
        };
        let first = first.get(ranges.0).unwrap_or_default();
        let second = second.and_then(|second| second.get(ranges.1)).unwrap_or_default();
        let before = self.ids.len();
        for &(slot, kind) in layout {
            match slot {
                Slot::First => self.ids.extend(first.iter().map(|id| *id as i32)),
                Slot::Second => self.ids.extend(second.iter().map(|id| *id as i32)),
                Slot::Special(id) => self.ids.push(id as i32),
            }
            self.types.resize(self.ids.len(), kind as i8);
        }
        self.lengths.push(self.ids.len() - before);
        self.samples.push(sample as i64);
        Ok(())
    }
}

impl Tokenizer {
    /// Encodes many texts, or pairs of texts, into flat columns, on all threads. The texts are not copied.
    ///
    /// # Errors
    /// As [`encode_batch_with`](Self::encode_batch_with) and [`encode_pairs`](Self::encode_pairs).
    pub fn encode_columns(
        &self,
        texts: &[&str],
        pairs: Option<&[&str]>,
        options: &EncodeOptions,
    ) -> Result<TokenColumns> {
        if let Some(pairs) = pairs {
            uneven(texts.len(), pairs.len())?;
        }
        let job = Job {
            texts,
            pairs,
            options,
            cut: self.cut(pairs.is_some(), options)?,
            // Chunks of what was cut off come from the library.
            layout: if options.return_overflowing_tokens { None } else { self.layout(pairs.is_some(), options) },
        };
        let starts = (0..texts.len()).step_by(PIECE).collect::<Vec<_>>();
        let mut parts = Vec::with_capacity(starts.len());
        for starts in starts.chunks(PIECES) {
            course_wire::interrupt::check()?;
            let encoded = starts
                .to_vec()
                .into_maybe_par_iter_cond(starts.len() > 1)
                .map(|start| match self.pieces() {
                    Some(pieces) => pieces.with_known(|known| self.encode_part(&job, start, known)),
                    None => self.encode_part(&job, start, &mut Known::default()),
                })
                .collect::<Result<Vec<_>>>()?;
            parts.extend(encoded);
        }
        self.lay_out(&parts, options)
    }

    fn encode_part(&self, job: &Job<'_>, start: usize, known: &mut Known) -> Result<Part> {
        let mut part = Part::default();
        for (sample, text) in job.texts.iter().enumerate().skip(start).take(PIECE) {
            let second = job.pairs.and_then(|pairs| pairs.get(sample)).copied();
            match &job.layout {
                Some(layout) => {
                    let enough = job.cut.map_or(usize::MAX, |cut| cut.enough(second.is_some()));
                    let first = self.ids(text, enough, known)?;
                    let second = second.map(|text| self.ids(text, enough, known)).transpose()?;
                    part.push_ids(&first, second.as_deref(), layout, job.cut, sample)?;
                }
                None => {
                    let second = second.map(|text| self.plain(text)).transpose()?;
                    let row = self.assemble(self.plain(text)?, second, job.options, job.cut)?;
                    part.push(&row, sample);
                    if job.options.return_overflowing_tokens {
                        row.get_overflowing().iter().for_each(|chunk| part.push(chunk, sample));
                    }
                }
            }
        }
        Ok(part)
    }

    /// A text's ids without special tokens around it, at least the first `enough` of them.
    fn ids(&self, text: &str, enough: usize, known: &mut Known) -> Result<Vec<u32>> {
        let found = match self.pieces() {
            Some(pieces) => pieces.ids(&self.library, text, enough, known)?,
            None => None,
        };
        match found {
            Some(ids) => Ok(ids),
            None => Ok(self.plain(text)?.get_ids().to_vec()),
        }
    }

    /// A text's tokens without special ones around it, and without offsets.
    fn plain(&self, text: &str) -> Result<tokenizers::Encoding> {
        self.library.encode_fast(EncodeInput::Single(InputSequence::from(text)), false).map_err(library_error)
    }

    /// Puts the parts behind one another, padded.
    fn lay_out(&self, parts: &[Part], options: &EncodeOptions) -> Result<TokenColumns> {
        let lengths = || parts.iter().flat_map(|part| &part.lengths).copied();
        let padded = self.padded_length(lengths().max().unwrap_or(0), options)?;
        let short = padded.is_some_and(|padded| lengths().any(|length| length < padded));
        let pad = if short { self.padding_token()?.1 as i32 } else { 0 };
        let left = options.padding_side.unwrap_or(self.padding_side()) == Side::Left;
        let total = padded.map_or_else(|| lengths().sum(), |padded| padded * lengths().count());

        let mut columns = TokenColumns { offsets: vec![0], ..TokenColumns::default() };
        columns.input_ids.reserve_exact(total);
        columns.attention_mask.reserve_exact(total);
        columns.token_type_ids.reserve_exact(total);
        for part in parts {
            let mut at = 0;
            for &length in &part.lengths {
                let missing = padded.unwrap_or(length).saturating_sub(length);
                let (before, after) = if left { (missing, 0) } else { (0, missing) };
                let row = at..at + length;
                at = row.end;
                extend(&mut columns.input_ids, pad, before, part.ids.get(row.clone()), after);
                extend(&mut columns.token_type_ids, 0, before, part.types.get(row), after);
                columns.attention_mask.extend(std::iter::repeat_n(0, before));
                columns.attention_mask.extend(std::iter::repeat_n(1, length));
                columns.attention_mask.extend(std::iter::repeat_n(0, after));
                columns.offsets.push(columns.input_ids.len());
            }
            columns.overflow_to_sample_mapping.extend(&part.samples);
        }
        Ok(columns)
    }
}

fn extend<N: Copy>(column: &mut Vec<N>, pad: N, before: usize, row: Option<&[N]>, after: usize) {
    column.extend(std::iter::repeat_n(pad, before));
    column.extend_from_slice(row.unwrap_or_default());
    column.extend(std::iter::repeat_n(pad, after));
}
