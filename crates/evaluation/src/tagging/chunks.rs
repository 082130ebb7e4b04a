//! Entities as the CoNLL script finds them: whatever the tags are, it makes the best of them.

use super::Entity;
use super::scheme::Tag;

/// The entities of a sentence.
///
/// A tag that cannot follow the one before it begins an entity of its own: `I-PER` after `O` is as good as `B-PER`.
pub(super) fn entities(sentence: usize, tags: &[Tag]) -> Vec<Entity> {
    let outside = Tag::outside();
    let mut found = Vec::new();
    let mut start = None;
    let mut before = &outside;
    for (place, tag) in tags.iter().chain([&outside]).enumerate() {
        if ends(before, tag)
            && let Some(start) = start.take()
        {
            found.push(Entity { sentence, start, end: place - 1, kind: before.kind.clone() });
        }
        if starts(before, tag) {
            start = Some(place);
        }
        before = tag;
    }
    found
}

/// Whether an entity ends between two words.
fn ends(before: &Tag, tag: &Tag) -> bool {
    match (before.letter, tag.letter) {
        ('O', _) => false,
        ('E' | 'S', _) | (_, 'B' | 'S' | 'O') => true,
        _ => before.kind != tag.kind,
    }
}

/// Whether an entity starts with the second of two words.
fn starts(before: &Tag, tag: &Tag) -> bool {
    match (before.letter, tag.letter) {
        (_, 'O') => false,
        (_, 'B' | 'S') | ('E' | 'S' | 'O', _) => true,
        _ => before.kind != tag.kind,
    }
}
