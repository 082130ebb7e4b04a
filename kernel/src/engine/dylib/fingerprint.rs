//! What decides a type: the source of all that its definition reaches, part by part.

use std::collections::{BTreeMap, BTreeSet};

/// The parts of the source that decide a type's layout and identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// A hash of each part, and whether a type that was made without it can go on as it is when the part is new.
    parts: BTreeMap<String, bool>,
    /// The types among them that have a destructor.
    destructors: BTreeSet<String>,
}

impl Fingerprint {
    /// Adds the text of a definition. `harmless` is one that can be added later without a change to what is there: an `impl`
    /// whose associated types nothing has named yet.
    pub fn add(&mut self, text: &str, harmless: bool) {
        *self.parts.entry(blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()).or_insert(harmless) &= harmless;
    }

    /// Notes that a type in it has a destructor.
    pub fn add_destructor(&mut self, name: &str) {
        self.destructors.insert(name.to_owned());
    }

    /// Whether `now` has a destructor that this one lacks: a value from before would never run it.
    pub fn lacks_destructor(&self, now: &Self) -> bool {
        !now.destructors.is_subset(&self.destructors)
    }

    /// Whether what this fingerprint was taken of is the same under the session that gives `now`, destructors aside.
    pub fn holds(&self, now: &Self) -> bool {
        self.parts.keys().all(|part| now.parts.contains_key(part))
            && now.parts.iter().all(|(part, harmless)| *harmless || self.parts.contains_key(part))
    }

    /// Whether nothing of the session is in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// One text for all of it.
    pub fn text(&self) -> String {
        self.parts.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[(&str, bool)]) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        parts.iter().for_each(|(text, harmless)| fingerprint.add(text, *harmless));
        fingerprint
    }

    #[test]
    fn a_type_holds_while_every_part_is_there_and_only_harmless_ones_are_new() {
        let made = of(&[("struct A;", false), ("type N = u8;", false)]);
        assert!(made.holds(&made));
        assert!(made.holds(&of(&[
            ("struct A;", false),
            ("type N = u8;", false),
            ("impl I for A { type O = u8; }", true)
        ])));
        assert!(!made.holds(&of(&[("struct A;", false), ("type N = u16;", false)])), "changed");
        assert!(!made.holds(&of(&[("struct A;", false)])), "gone");
        assert!(
            !made.holds(&of(&[("struct A;", false), ("type N = u8;", false), ("struct String;", false)])),
            "shadowed"
        );
        assert!(
            !of(&[("impl I for A { type O = u8; }", true)]).holds(&of(&[("impl I for A { type O = u16; }", true)]))
        );
    }
}
