//! Tags, and the schemes that say how they may follow each other.

use super::Entity;

/// A scheme of tags, for strict scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `I` for all words of an entity; `B` only where it follows one of the same type.
    Iob1,
    /// `B` for the first word of an entity, `I` for the others.
    Iob2,
    /// `I` for all words of an entity; `E` only where one of the same type follows.
    Ioe1,
    /// `E` for the last word of an entity, `I` for the others.
    Ioe2,
    /// `B` first, `E` last, `I` between, `S` for a single word.
    Iobes,
    /// The same with other letters: `L` last, `U` for a single word.
    Bilou,
}

/// A tag in its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub letter: char,
    /// The type; `_` where the tag has none.
    pub kind: String,
}

impl Tag {
    pub fn outside() -> Self {
        Self { letter: 'O', kind: "_".into() }
    }

    /// Reads `B-PER`, or with `suffix` `PER-B`; `None` for what has no such letter.
    pub fn read(text: &str, letters: &str, suffix: bool) -> Option<Self> {
        let letter = if suffix { text.chars().next_back()? } else { text.chars().next()? };
        if !letters.contains(letter) {
            return None;
        }
        let rest = if suffix { text.strip_suffix(letter)? } else { text.strip_prefix(letter)? };
        let kind = match (rest.is_empty(), suffix) {
            (true, _) => "",
            (false, true) => rest.strip_suffix('-')?,
            (false, false) => rest.strip_prefix('-')?,
        };
        Some(Self { letter, kind: if kind.is_empty() { "_".into() } else { kind.into() } })
    }
}

/// What must hold for the types of two tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Types {
    Same,
    Differ,
    Any,
}

/// The letter before, the letter, and their types.
type Pattern = (&'static str, &'static str, Types);

/// The pairs of tags between which an entity starts, goes on, ends. As seqeval has them, IOE1's gaps included.
struct Patterns {
    letters: &'static str,
    start: &'static [Pattern],
    inside: &'static [Pattern],
    end: &'static [Pattern],
}

use Types::{Any, Differ, Same};

const IOB1: Patterns = Patterns {
    letters: "IOB",
    start: &[("O", "I", Any), ("I", "I", Differ), ("B", "I", Any), ("I", "B", Same), ("B", "B", Same)],
    inside: &[("BI", "I", Same)],
    end: &[("I", "I", Differ), ("I", "OB", Any), ("B", "O", Any), ("B", "I", Differ), ("B", "B", Same)],
};
const IOB2: Patterns = Patterns {
    letters: "IOB",
    start: &[("IOB", "B", Any)],
    inside: &[("BI", "I", Same)],
    end: &[("BI", "OB", Any), ("BI", "I", Differ)],
};
const IOE1: Patterns = Patterns {
    letters: "IOE",
    start: &[("O", "I", Any), ("I", "I", Differ), ("E", "I", Any), ("E", "E", Same)],
    inside: &[("I", "IE", Same)],
    end: &[("I", "I", Differ), ("I", "O", Any), ("I", "E", Differ), ("E", "IE", Same)],
};
const IOE2: Patterns = Patterns {
    letters: "IOE",
    start: &[("OE", "IE", Any), ("I", "IE", Differ)],
    inside: &[("I", "IE", Same)],
    end: &[("E", "IOE", Any)],
};
const IOBES: Patterns = Patterns {
    letters: "IOBES",
    start: &[("IOBES", "BS", Any)],
    inside: &[("BI", "IE", Same)],
    end: &[("SE", "IOBES", Any)],
};
const BILOU: Patterns = Patterns {
    letters: "BILOU",
    start: &[("BILOU", "BU", Any)],
    inside: &[("BI", "IL", Same)],
    end: &[("UL", "BILOU", Any)],
};

fn any(patterns: &[Pattern], before: &Tag, tag: &Tag) -> bool {
    patterns.iter().any(|(first, second, types)| {
        let fit = match types {
            Same => before.kind == tag.kind,
            Differ => before.kind != tag.kind,
            Any => true,
        };
        fit && first.contains(before.letter) && second.contains(tag.letter)
    })
}

impl Scheme {
    /// By the names that seqeval has for them.
    pub(super) const NAMES: &'static [(&'static str, Scheme)] = &[
        ("IOB1", Scheme::Iob1),
        ("IOB2", Scheme::Iob2),
        ("IOE1", Scheme::Ioe1),
        ("IOE2", Scheme::Ioe2),
        ("IOBES", Scheme::Iobes),
        ("BILOU", Scheme::Bilou),
    ];

    fn patterns(self) -> &'static Patterns {
        match self {
            Self::Iob1 => &IOB1,
            Self::Iob2 => &IOB2,
            Self::Ioe1 => &IOE1,
            Self::Ioe2 => &IOE2,
            Self::Iobes => &IOBES,
            Self::Bilou => &BILOU,
        }
    }

    /// The letters that its tags begin with.
    pub fn letters(self) -> &'static str {
        self.patterns().letters
    }

    /// The scheme whose letters these are. Those that could be several are the more common one: `B` and `I` are IOB2.
    pub(super) fn of_letters(letters: &[char]) -> Option<Self> {
        let has = |wanted: char| letters.contains(&wanted);
        let within = |scheme: Scheme| letters.iter().all(|letter| scheme.letters().contains(*letter));
        if letters == ['S'] {
            return Some(Self::Iobes);
        }
        if letters == ['U'] {
            return Some(Self::Bilou);
        }
        let schemes = [(Self::Iob2, "B"), (Self::Ioe2, "E"), (Self::Iobes, "BE"), (Self::Bilou, "BL")];
        let found = schemes.into_iter().find(|(scheme, needed)| within(*scheme) && needed.chars().all(has));
        found.map(|(scheme, _)| scheme)
    }

    /// The entities of a sentence whose tags follow the scheme; what does not follow it is none.
    pub(super) fn entities(self, sentence: usize, tags: &[Tag]) -> Vec<Entity> {
        let patterns = self.patterns();
        let outside = Tag::outside();
        let tag = |place: usize| tags.get(place).unwrap_or(&outside);
        let before = |place: usize| place.checked_sub(1).map_or(&outside, tag);
        let mut found = Vec::new();
        let mut place = 0;
        while place < tags.len() {
            let start = place;
            place += 1;
            if !any(patterns.start, before(start), tag(start)) {
                continue;
            }
            while place < tags.len() && any(patterns.inside, before(place), tag(place)) {
                place += 1;
            }
            if any(patterns.end, before(place), tag(place)) {
                found.push(Entity { sentence, start, end: place - 1, kind: tag(start).kind.clone() });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(scheme: Scheme, tags: &str) -> Vec<(usize, usize, String)> {
        let tags: Vec<Tag> = tags.split(' ').map(|tag| Tag::read(tag, scheme.letters(), false).unwrap()).collect();
        scheme.entities(0, &tags).into_iter().map(|entity| (entity.start, entity.end, entity.kind)).collect()
    }

    #[test]
    fn schemes_mark_the_same_entities_in_their_own_ways() {
        let expected = [(0, 1, "A".to_string()), (2, 2, "A".to_string()), (4, 4, "B".to_string())];
        assert_eq!(spans(Scheme::Iob1, "I-A I-A B-A O I-B"), expected);
        assert_eq!(spans(Scheme::Iob2, "B-A I-A B-A O B-B"), expected);
        assert_eq!(spans(Scheme::Ioe2, "I-A E-A E-A O E-B"), expected);
        assert_eq!(spans(Scheme::Iobes, "B-A E-A S-A O S-B"), expected);
        assert_eq!(spans(Scheme::Bilou, "B-A L-A U-A O U-B"), expected);
    }

    #[test]
    fn what_does_not_follow_the_scheme_is_no_entity() {
        assert_eq!(spans(Scheme::Iob2, "I-A I-A O"), []);
        assert_eq!(spans(Scheme::Iobes, "B-A I-A O"), []);
        assert_eq!(spans(Scheme::Iob2, "B-A I-B"), [(0, 0, "A".to_string())]);
    }

    #[test]
    fn letters_tell_the_scheme() {
        assert_eq!(Scheme::of_letters(&['B', 'I', 'O']), Some(Scheme::Iob2));
        assert_eq!(Scheme::of_letters(&['E', 'O']), Some(Scheme::Ioe2));
        assert_eq!(Scheme::of_letters(&['B', 'E', 'O', 'S']), Some(Scheme::Iobes));
        assert_eq!(Scheme::of_letters(&['B', 'L', 'O']), Some(Scheme::Bilou));
        assert_eq!(Scheme::of_letters(&['I', 'O']), None);
    }
}
