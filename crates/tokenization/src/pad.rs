//! Filling rows up to one length.

use tokenizers::PaddingDirection;

use crate::{EncodeOptions, Encoding, Error, Padding, Result, Side, Tokenizer};

impl Tokenizer {
    /// The length that rows of which the longest has `longest` tokens are filled up to; none for no padding.
    pub(crate) fn padded_length(&self, longest: usize, options: &EncodeOptions) -> Result<Option<usize>> {
        let length = match options.padding {
            Padding::None => return Ok(None),
            Padding::Longest => longest,
            Padding::Fixed(length) => length.max(longest),
            Padding::MaxLength => {
                options.max_length.or(self.model_max_length()).ok_or(Error::NoMaxLength)?.max(longest)
            }
        };
        Ok(Some(match options.pad_to_multiple_of {
            Some(multiple) if multiple > 0 => length.next_multiple_of(multiple),
            _ => length,
        }))
    }

    /// The token that fills rows up, with its id.
    pub(crate) fn padding_token(&self) -> Result<(&str, u32)> {
        let token = self.special_tokens().pad.as_deref().ok_or(Error::NoPadToken)?;
        Ok((token, self.id_of(Some(token)).ok_or(Error::NoPadToken)?))
    }

    pub(crate) fn pad(&self, rows: &mut [Encoding], options: &EncodeOptions) -> Result<()> {
        let longest = rows.iter().map(Encoding::len).max().unwrap_or(0);
        let Some(length) = self.padded_length(longest, options)? else { return Ok(()) };
        if rows.iter().all(|row| row.len() == length) {
            return Ok(());
        }
        let (token, id) = self.padding_token()?;
        let direction = match options.padding_side.unwrap_or(self.padding_side()) {
            Side::Left => PaddingDirection::Left,
            Side::Right => PaddingDirection::Right,
        };
        for row in rows {
            row.library_mut().pad(length, id, 0, token, direction);
        }
        Ok(())
    }
}
