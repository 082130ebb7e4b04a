//! The tokens that carry a role instead of text.

/// The tokens that carry a role instead of text; each is there only if the model has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Begins a text.
    pub bos: Option<String>,
    /// Ends a text.
    pub eos: Option<String>,
    /// Fills up short rows.
    pub pad: Option<String>,
    /// Stands for what the vocabulary cannot spell.
    pub unk: Option<String>,
    /// Begins a text for a classifier.
    pub cls: Option<String>,
    /// Separates or ends texts for a classifier.
    pub sep: Option<String>,
    /// Hides a token that a masked language model must guess.
    pub mask: Option<String>,
}

impl SpecialTokens {
    /// These tokens, and where one is missing the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            bos: self.bos.or(other.bos),
            eos: self.eos.or(other.eos),
            pad: self.pad.or(other.pad),
            unk: self.unk.or(other.unk),
            cls: self.cls.or(other.cls),
            sep: self.sep.or(other.sep),
            mask: self.mask.or(other.mask),
        }
    }
}
