//! Cutting what is too long: which text of a pair loses how many tokens, and what becomes of the rest.

use std::ops::Range;

use tokenizers::{PostProcessor, TruncationDirection};

use crate::{EncodeOptions, Error, Result, Side, Tokenizer, Truncation};

/// A length limit, worked out for one tokenizer and one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// The limit that was asked for, in tokens.
    max_length: usize,
    /// What of it is left for text.
    room: usize,
    strategy: Truncation,
    stride: usize,
    direction: TruncationDirection,
}

impl Tokenizer {
    /// The limit that `options` ask for, or none.
    pub(crate) fn cut(&self, pair: bool, options: &EncodeOptions) -> Result<Option<Cut>> {
        let (strategy, limit) = match options.truncation {
            Some(Truncation::None) => return Ok(None),
            Some(strategy) => (strategy, options.max_length.or(self.model_max_length())),
            None => (Truncation::LongestFirst, options.max_length),
        };
        let Some(max_length) = limit else { return Ok(None) };
        let added = match &self.post_processor {
            Some(processor) if options.add_special_tokens => processor.added_tokens(pair),
            _ => 0,
        };
        if max_length < added + 1 + usize::from(pair) {
            return Err(Error::MaxLength { max_length, added });
        }
        let room = max_length - added;
        if options.stride >= room {
            return Err(Error::Stride { stride: options.stride, room, max_length });
        }
        if strategy == Truncation::OnlySecond && !pair {
            return Err(Error::NoSecondText);
        }
        let direction = match options.truncation_side.unwrap_or(self.truncation_side()) {
            Side::Left => TruncationDirection::Left,
            Side::Right => TruncationDirection::Right,
        };
        Ok(Some(Cut { max_length, room, strategy, stride: options.stride, direction }))
    }
}

impl Cut {
    /// Cuts the texts' tokens in place; what is cut off stays with each as its overflow.
    pub(crate) fn apply(
        &self,
        first: &mut tokenizers::Encoding,
        second: Option<&mut tokenizers::Encoding>,
    ) -> Result<()> {
        let lengths = (first.len(), second.as_deref().map(tokenizers::Encoding::len));
        let (keep_first, keep_second) = self.kept(lengths.0, lengths.1)?;
        self.cut_to(first, keep_first)?;
        second.map_or(Ok(()), |second| self.cut_to(second, keep_second))
    }

    /// How many tokens each text keeps.
    fn kept(&self, first: usize, second: Option<usize>) -> Result<(usize, usize)> {
        let total = first + second.unwrap_or(0);
        let Some(excess) = total.checked_sub(self.room).filter(|excess| *excess > 0) else {
            return Ok((first, second.unwrap_or(0)));
        };
        let shortened = |length: usize, which: &'static str, other: &'static str| {
            let rest = length.checked_sub(excess).filter(|rest| *rest > 0);
            rest.ok_or(Error::CannotTruncate {
                max_length: self.max_length,
                strategy: self.strategy.name(),
                which,
                other,
                tokens: total - length,
                room: self.room,
            })
        };
        match (self.strategy, second) {
            (Truncation::None, _) => Ok((first, second.unwrap_or(0))),
            (Truncation::OnlySecond, Some(second)) => Ok((first, shortened(second, "second", "first")?)),
            (Truncation::OnlyFirst, Some(second)) => Ok((shortened(first, "first", "second")?, second)),
            (Truncation::LongestFirst, Some(second)) => Ok(balanced(first, second, self.room)),
            (_, None) => Ok((self.room, 0)),
        }
    }

    /// The tokens that each text keeps where the rest is not wanted.
    pub(crate) fn ranges(&self, first: usize, second: Option<usize>) -> Result<(Range<usize>, Range<usize>)> {
        let (keep_first, keep_second) = self.kept(first, second)?;
        Ok((self.range(first, keep_first)?, self.range(second.unwrap_or(0), keep_second)?))
    }

    fn range(&self, length: usize, keep: usize) -> Result<Range<usize>> {
        if keep >= length {
            return Ok(0..length);
        }
        self.check_stride(keep)?;
        Ok(match self.direction {
            TruncationDirection::Right => 0..keep,
            TruncationDirection::Left => length - keep..length,
        })
    }

    /// From how many tokens of a text on it makes no difference how many more there are.
    pub(crate) fn enough(&self, pair: bool) -> usize {
        if !pair && self.direction == TruncationDirection::Right { self.room + 1 } else { usize::MAX }
    }

    fn check_stride(&self, room: usize) -> Result<()> {
        // The library panics here.
        if self.stride < room {
            return Ok(());
        }
        Err(Error::Stride { stride: self.stride, room, max_length: self.max_length })
    }

    fn cut_to(&self, encoding: &mut tokenizers::Encoding, length: usize) -> Result<()> {
        if length >= encoding.len() {
            return Ok(());
        }
        self.check_stride(length)?;
        encoding.truncate(length, self.stride, self.direction);
        Ok(())
    }
}

/// The lengths of a pair that is cut to `room` tokens, the longer text first.
///
/// A text that has at most half of the room keeps all of it; otherwise each gets half, and an odd token goes to the longer one.
fn balanced(first: usize, second: usize, room: usize) -> (usize, usize) {
    let (short, long) = (first.min(second), first.max(second));
    let (short, long) = match room.checked_sub(short) {
        Some(rest) if rest >= short => (short, rest.min(long)),
        _ => (room / 2, room - room / 2),
    };
    if first <= second { (short, long) } else { (long, short) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_text_loses_first() {
        assert_eq!(balanced(3, 10, 8), (3, 5));
        assert_eq!(balanced(10, 3, 8), (5, 3));
        assert_eq!(balanced(10, 10, 8), (4, 4));
        assert_eq!(balanced(10, 20, 9), (4, 5));
        assert_eq!(balanced(20, 10, 9), (5, 4));
        assert_eq!(balanced(0, 10, 4), (0, 4));
    }

    fn cut(strategy: Truncation, room: usize, stride: usize) -> Cut {
        Cut { max_length: room, room, strategy, stride, direction: TruncationDirection::Right }
    }

    #[test]
    fn one_text_of_a_pair_is_spared() {
        assert_eq!(cut(Truncation::OnlySecond, 8, 0).kept(3, Some(10)).unwrap(), (3, 5));
        assert_eq!(cut(Truncation::OnlyFirst, 8, 0).kept(10, Some(3)).unwrap(), (5, 3));
        assert_eq!(cut(Truncation::OnlyFirst, 8, 0).kept(10, None).unwrap(), (8, 0));
        let error = cut(Truncation::OnlySecond, 8, 0).kept(8, Some(2)).unwrap_err();
        assert!(error.to_string().contains("the first text alone has 8 tokens"), "{error}");
    }

    #[test]
    fn a_stride_as_long_as_a_chunk_is_an_error_and_not_a_panic() {
        let mut first: tokenizers::Encoding = (0..10).map(|id| (id, String::new(), (0, 0), None, 0)).collect();
        let mut second = first.clone();
        // Each text of the pair keeps 4 tokens, which a stride of 4 would never leave behind.
        let error = cut(Truncation::LongestFirst, 8, 4).apply(&mut first, Some(&mut second)).unwrap_err();
        assert!(matches!(error, Error::Stride { stride: 4, room: 4, .. }), "{error}");
    }
}
