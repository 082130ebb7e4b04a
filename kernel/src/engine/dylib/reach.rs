//! What of a session a cell reaches: the items that must be compiled into it.

use std::collections::BTreeSet;

use super::items::{Entry, Kind};
use super::session::Session;

impl Session {
    /// The items that code mentioning `names` needs, in order of definition.
    ///
    /// A type brings all its `impl`s, a trait its `impl`s, a method name the trait that has it, a macro what its body names; every
    /// `use` is always there.
    pub fn reach(&self, names: &BTreeSet<String>) -> Vec<&Entry> {
        let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
        let mut taken = vec![false; self.entries.len()];
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.kind == Kind::Use {
                taken[index] = true;
                wanted.extend(entry.mentions.iter().map(String::as_str).filter(|name| seen.insert(name)));
            }
        }
        while let Some(name) = wanted.pop() {
            for (index, entry) in self.entries.iter().enumerate() {
                let needed = entry.names.iter().any(|own| own == name)
                    || entry.handles.contains(name) && self.is_ours(name, entry);
                if needed && !taken[index] {
                    taken[index] = true;
                    let more = entry.mentions.iter().chain(&entry.names).map(String::as_str);
                    wanted.extend(more.filter(|name| seen.insert(name)));
                }
            }
        }
        self.entries.iter().zip(taken).filter_map(|(entry, taken)| taken.then_some(&**entry)).collect()
    }

    /// An `impl` comes with the session's own types and traits in its header, not with every mention of `Vec`.
    fn is_ours(&self, name: &str, entry: &Entry) -> bool {
        match entry.kind {
            Kind::Impl { .. } | Kind::Call => {
                let ours = |name: &str| {
                    self.entries
                        .iter()
                        .any(|e| matches!(e.kind, Kind::Named | Kind::Call) && e.names.iter().any(|n| n == name))
                };
                ours(name) || !entry.handles.iter().any(|handle| ours(handle))
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{add, session, set};
    use super::*;

    fn reached(session: &Session, names: &[&str]) -> Vec<String> {
        session.reach(&set(names)).iter().map(|entry| entry.title()).collect()
    }

    #[test]
    fn a_type_brings_its_impls_and_a_method_brings_its_trait() {
        let session = session(&[
            "struct Circle { r: f64 } struct Square;",
            "trait Area { fn area(&self) -> f64; } impl Area for Circle { fn area(&self) -> f64 { pi() } } fn pi() -> f64 { 3. }",
            "impl Drop for Circle { fn drop(&mut self) {} }",
            "impl Area for f64 { fn area(&self) -> f64 { 0. } }",
        ]);
        let circle = reached(&session, &["Circle"]);
        assert!(
            circle.contains(&"struct Circle".to_owned()) && circle.contains(&"impl Drop for Circle".to_owned()),
            "{circle:?}"
        );
        assert!(circle.contains(&"fn pi".to_owned()) && !circle.contains(&"struct Square".to_owned()), "{circle:?}");
        let area = reached(&session, &["area"]);
        assert!(area.contains(&"trait Area".to_owned()) && area.contains(&"impl Area for f64".to_owned()), "{area:?}");
        assert!(reached(&session, &["unrelated"]).is_empty());
    }

    #[test]
    fn a_new_definition_replaces_and_an_inherent_impl_replaces_by_method() {
        let mut session = session(&["struct P;", "impl P { fn a(&self) -> u8 { 1 } fn b(&self) {} }"]);
        add(&mut session, "impl P { fn a(&self) -> u8 { 2 } }", 3);
        let texts: Vec<_> = session.reach(&set(&["P"])).iter().map(|entry| entry.text.clone()).collect();
        assert!(!texts.iter().any(|text| text.contains("{ 1 }")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("fn b")) && texts.iter().any(|text| text.contains("{ 2 }")));
        add(&mut session, "enum P { X }", 4);
        assert_eq!(reached(&session, &["P"]).iter().filter(|title| title.ends_with(" P")).count(), 3);
        assert!(reached(&session, &["P"]).contains(&"enum P".to_owned()));
    }

    #[test]
    fn uses_are_always_there_and_the_last_of_a_name_wins() {
        let session =
            session(&["use std::fmt::{self, Display as Show};", "use std::io::Result; use std::fmt::Result;"]);
        let texts: Vec<_> = session.reach(&set(&[])).iter().map(|entry| entry.text.trim().to_owned()).collect();
        assert_eq!(texts, ["use std::fmt;", "use std::fmt::Display as Show;", "use std::fmt::Result;"]);
    }
}
