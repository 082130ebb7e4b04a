//! Where a post-processor puts special tokens, found out by letting it process one token.

use crate::{EncodeOptions, Tokenizer};

/// What a row is made of, each part with its token type id.
pub(crate) type Layout = Vec<(Slot, u32)>;

/// A part of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The tokens of the first text.
    First,
    /// The tokens of the second text.
    Second,
    /// A special token.
    Special(u32),
}

/// Ids that no vocabulary has, which stand for the texts.
const FIRST: u32 = u32::MAX;
const SECOND: u32 = u32::MAX - 1;

impl Tokenizer {
    /// Where the texts and the special tokens go; none where a text does not stand in it exactly once.
    pub(crate) fn layout(&self, pair: bool, options: &EncodeOptions) -> Option<Layout> {
        let token = |id: u32| std::iter::once((id, String::new(), (0, 0), None, 0)).collect::<tokenizers::Encoding>();
        let row = self.assemble(token(FIRST), pair.then(|| token(SECOND)), options, None).ok()?;
        let slot = |id: u32| match id {
            FIRST => Slot::First,
            SECOND => Slot::Second,
            id => Slot::Special(id),
        };
        let layout: Layout =
            row.get_ids().iter().zip(row.get_type_ids()).map(|(id, kind)| (slot(*id), *kind)).collect();
        let times = |wanted: Slot| layout.iter().filter(|(slot, _)| *slot == wanted).count();
        (times(Slot::First) == 1 && times(Slot::Second) == usize::from(pair)).then_some(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{MINILM, SMOLLM2};

    #[test]
    fn special_tokens_are_where_the_template_has_them() {
        let layout = MINILM.layout(true, &EncodeOptions::new()).unwrap();
        let (cls, sep) = (Slot::Special(101), Slot::Special(102));
        assert_eq!(layout, [(cls, 0), (Slot::First, 0), (sep, 0), (Slot::Second, 1), (sep, 1)]);
        let bare = EncodeOptions::new().add_special_tokens(false);
        assert_eq!(MINILM.layout(false, &bare).unwrap(), [(Slot::First, 0)]);
        assert_eq!(SMOLLM2.layout(false, &EncodeOptions::new()).unwrap(), [(Slot::First, 0)]);
    }
}
