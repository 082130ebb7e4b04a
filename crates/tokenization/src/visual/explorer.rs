//! The vocabulary, to search in.

use std::rc::Rc;

use course_display::{Bundle, Rich, Table};
use course_widgets::{Dropdown, Text, VBox, View, Widget};
use serde::Serialize;
use tokenizers::decoders::DecoderWrapper;

use super::visible;
use crate::{Result, Tokenizer};

/// How many tokens are shown at a time.
const SHOWN: usize = 25;
/// The choice of the explorer that leaves nothing out.
const ALL: &str = "all tokens";

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TokenKind {
    /// A role instead of text: `[CLS]`, `<|im_end|>`.
    #[serde(rename = "special")]
    Special,
    /// Part of a character: some of its bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// One character.
    #[serde(rename = "character")]
    Character,
    /// The beginning of a word, or a whole one.
    #[serde(rename = "word")]
    Word,
    /// What comes inside a word.
    #[serde(rename = "inside a word")]
    Inside,
}

impl TokenKind {
    const EACH: [Self; 5] = [Self::Special, Self::Bytes, Self::Character, Self::Word, Self::Inside];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Special => "special",
            Self::Bytes => "bytes",
            Self::Character => "character",
            Self::Word => "word",
            Self::Inside => "inside a word",
        }
    }
}

/// A token of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VocabularyEntry {
    /// Its id.
    pub id: u32,
    /// How the vocabulary spells it.
    pub token: String,
    /// What it stands for.
    pub text: String,
    /// What kind of token it is.
    pub kind: TokenKind,
}

/// A field to search a vocabulary with; made by [`Tokenizer::explore_vocabulary`].
#[derive(Debug, Clone)]
pub struct VocabularyExplorer {
    /// What tokens must contain.
    pub search: Text,
    /// Of which kind they must be.
    pub kind: Dropdown,
    whole: VBox,
}

impl Tokenizer {
    /// Every token with what it stands for, by id.
    pub fn vocabulary(&self) -> Vec<VocabularyEntry> {
        let mut tokens = self.vocab().into_iter().map(|(token, id)| (id, token)).collect::<Vec<_>>();
        tokens.sort_unstable();
        tokens.into_iter().map(|(id, token)| self.entry(id, token)).collect()
    }

    fn entry(&self, id: u32, token: String) -> VocabularyEntry {
        let spaced = token.starts_with(['Ġ', '▁']);
        let marks =
            matches!(self.library.get_decoder(), Some(DecoderWrapper::ByteLevel(_) | DecoderWrapper::Metaspace(_)));
        let stem = token.strip_prefix("##");
        let text = match stem {
            Some(stem) if !marks => stem.to_owned(),
            _ => self.decode_raw(&[id], false).unwrap_or_else(|_| token.clone()),
        };
        let kind = if self.is_special(id) {
            TokenKind::Special
        } else if text.contains(char::REPLACEMENT_CHARACTER) {
            TokenKind::Bytes
        } else if text.trim().chars().count() <= 1 {
            TokenKind::Character
        } else if (marks && !spaced) || (!marks && stem.is_some()) {
            TokenKind::Inside
        } else {
            TokenKind::Word
        };
        VocabularyEntry { id, token, text, kind }
    }

    /// How many tokens of each kind the vocabulary has, with the longest of each.
    pub fn vocabulary_summary(&self) -> Table {
        let entries = self.vocabulary();
        let table = Table::new(["kind", "tokens", "longest"]).caption(format!("{} tokens", entries.len()));
        TokenKind::EACH.iter().fold(table, |table, kind| {
            let of_kind = || entries.iter().filter(|entry| entry.kind == *kind);
            // Of equally long ones the first.
            let longest = of_kind().rev().max_by_key(|entry| entry.text.chars().count());
            let longest = longest.map(|entry| visible(&entry.text)).unwrap_or_default();
            table.row((kind.name(), of_kind().count(), longest))
        })
    }

    /// A field to search the vocabulary with, and what is found below it.
    ///
    /// # Errors
    /// None today; building the list may fail one day.
    pub fn explore_vocabulary(&self) -> Result<VocabularyExplorer> {
        let entries = Rc::new(self.vocabulary());
        let search = Text::new("contains").with_label_width("6em");
        let kinds = std::iter::once(ALL).chain(TokenKind::EACH.iter().map(|kind| kind.name()));
        let kind = Dropdown::new("kind", kinds).with_label_width("6em");
        let view = View::new();
        view.show(&found(&entries, "", ALL));
        let whole = VBox::new((&search, &kind, &view)).with_width("40em");
        let show = {
            let (search, kind) = (search.clone(), kind.clone());
            Rc::new(move || view.show(&found(&entries, &search.value(), &kind.value())))
        };
        let again = show.clone();
        search.on_change(move |_| again());
        kind.on_change(move |_| show());
        Ok(VocabularyExplorer { search, kind, whole })
    }
}

/// The tokens that contain `part`, of one kind; those that begin with it first, short ones before long ones.
fn found(entries: &[VocabularyEntry], part: &str, kind: &str) -> Table {
    let mut hits = entries
        .iter()
        .filter(|entry| kind == ALL || entry.kind.name() == kind)
        .filter(|entry| entry.text.contains(part) || entry.token.contains(part))
        .collect::<Vec<_>>();
    if !part.is_empty() {
        let text = |entry: &VocabularyEntry| entry.text.trim_start().to_owned();
        hits.sort_by_key(|entry| (!text(entry).starts_with(part), entry.text.chars().count(), entry.id));
    }
    let table = Table::new(["id", "token", "stands for", "kind"]).limit(SHOWN);
    let count = hits.len();
    let table = hits
        .into_iter()
        .take(SHOWN)
        .fold(table, |table, entry| table.row((entry.id, &entry.token, visible(&entry.text), entry.kind.name())));
    let note =
        if count > SHOWN { format!("{count} tokens, the first {SHOWN} shown") } else { format!("{count} tokens") };
    table.note(note)
}

impl Rich for VocabularyExplorer {
    fn rich(&self) -> Bundle {
        self.whole.rich()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{MINILM, SMOLLM2};

    #[test]
    fn tokens_are_of_the_kind_they_look_like() {
        let entries = MINILM.vocabulary();
        let kind = |token: &str| entries.iter().find(|entry| entry.token == token).unwrap().kind;
        assert_eq!(kind("[CLS]"), TokenKind::Special);
        assert_eq!(kind("hello"), TokenKind::Word);
        assert_eq!(kind("##ing"), TokenKind::Inside);
        assert_eq!(kind("##a"), TokenKind::Character);
        assert_eq!(entries.len(), MINILM.vocab_size());

        let entries = SMOLLM2.vocabulary();
        let entry = |token: &str| entries.iter().find(|entry| entry.token == token).unwrap();
        assert_eq!((entry("Ġthe").kind, entry("Ġthe").text.as_str()), (TokenKind::Word, " the"));
        assert_eq!(entry("ectable").kind, TokenKind::Inside);
        assert!(entries.iter().any(|entry| entry.kind == TokenKind::Bytes));
    }

    #[test]
    fn searching_shows_what_begins_with_the_letters_first() {
        let entries = MINILM.vocabulary();
        let table = found(&entries, "token", ALL).rich().plain().to_owned();
        assert!(table.lines().nth(2).unwrap().contains("token"), "{table}");
        assert!(found(&entries, "zzzzzz", ALL).is_empty());
        let summary = SMOLLM2.vocabulary_summary().rich().plain().to_owned();
        assert!(summary.contains("49152 tokens") && summary.contains("inside a word"), "{summary}");
    }

    #[test]
    fn the_explorer_follows_its_fields() {
        let explorer = MINILM.explore_vocabulary().unwrap();
        assert!(explorer.rich().plain().contains("[PAD]"), "{}", explorer.rich().plain());
    }
}
