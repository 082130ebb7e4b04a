//! Which cells a `history_request` asks for.

use std::collections::HashMap;

use serde::Deserialize;

use super::Entry;
use super::glob::matches;

/// A `history_request`. Raw and translated input are the same here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HistoryRequest {
    /// `tail`, `range` or `search`; for anything else there is nothing.
    hist_access_type: String,
    /// With each cell, the text of its result.
    pub output: bool,
    /// For a range: a session, or how many before this one if it is zero or less.
    session: Option<i64>,
    /// For a range: its first count; negative ones count from the end.
    start: Option<i64>,
    /// For a range: the count behind its last.
    stop: Option<i64>,
    /// The most cells, for tail and search.
    n: Option<i64>,
    /// For a search: what the whole cell matches.
    pattern: Option<String>,
    /// For a search: each text once, the last time it was run.
    unique: bool,
}

impl HistoryRequest {
    /// The cells asked for, oldest first; `all` are sorted, `current` is this session.
    pub fn select(&self, all: &[Entry], current: u64) -> Vec<Entry> {
        match self.hist_access_type.as_str() {
            "tail" => self.tail(all, current),
            "range" => self.range(all, current),
            "search" => self.search(all),
            _ => Vec::new(),
        }
    }

    /// This session's cells are the latest, also when another kernel has begun since.
    fn tail(&self, all: &[Entry], current: u64) -> Vec<Entry> {
        let (own, mut others): (Vec<Entry>, Vec<Entry>) =
            all.iter().cloned().partition(|entry| entry.session == current);
        others.extend(own);
        last(others, self.n.or(Some(10)))
    }

    fn range(&self, all: &[Entry], current: u64) -> Vec<Entry> {
        let session = match self.session.unwrap_or_default() {
            number @ 1.. => number.unsigned_abs(),
            before => current.saturating_sub(before.unsigned_abs()),
        };
        let of_session = || all.iter().filter(|entry| entry.session == session);
        let end = of_session().map(|entry| i64::from(entry.line)).max().unwrap_or_default() + 1;
        let place = |place: i64| if place < 0 { end.saturating_add(place) } else { place };
        let start = place(self.start.unwrap_or_default());
        let stop = self.stop.map_or(end, place);
        of_session().filter(|entry| (start..stop).contains(&i64::from(entry.line))).cloned().collect()
    }

    fn search(&self, all: &[Entry]) -> Vec<Entry> {
        let pattern = self.pattern.as_deref().unwrap_or("*");
        let mut found: Vec<Entry> = all.iter().filter(|entry| matches(pattern, &entry.input)).cloned().collect();
        if self.unique {
            let newest: HashMap<String, (u64, u32)> =
                found.iter().map(|entry| (entry.input.clone(), (entry.session, entry.line))).collect();
            found.retain(|entry| newest.get(&entry.input) == Some(&(entry.session, entry.line)));
        }
        last(found, self.n)
    }
}

/// The last `n`; all of them when nothing is said or it makes no sense.
fn last(mut entries: Vec<Entry>, n: Option<i64>) -> Vec<Entry> {
    let n = n.and_then(|n| usize::try_from(n).ok()).unwrap_or(entries.len());
    entries.split_off(entries.len().saturating_sub(n))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn select(request: Value) -> Vec<(u64, u32)> {
        let cells = [(1, 1, "a"), (1, 2, "b"), (2, 1, "a"), (2, 3, "ab"), (2, 4, "c")];
        let all = cells.map(|(session, line, input)| Entry { session, line, input: input.into(), output: None });
        let request: HistoryRequest = serde_json::from_value(request).unwrap();
        request.select(&all, 2).into_iter().map(|entry| (entry.session, entry.line)).collect()
    }

    #[test]
    fn every_way_of_asking() {
        let (tail, range, search) = ("tail", "range", "search");
        for (request, expected) in [
            (json!({ "hist_access_type": tail, "n": 2 }), vec![(2, 3), (2, 4)]),
            (json!({ "hist_access_type": tail, "n": 0 }), vec![]),
            (json!({ "hist_access_type": tail }), vec![(1, 1), (1, 2), (2, 1), (2, 3), (2, 4)]),
            (json!({ "hist_access_type": range, "session": 1, "start": 1, "stop": 2 }), vec![(1, 1)]),
            (json!({ "hist_access_type": range, "session": 0, "start": 3, "stop": null }), vec![(2, 3), (2, 4)]),
            (json!({ "hist_access_type": range, "session": -1 }), vec![(1, 1), (1, 2)]),
            (json!({ "hist_access_type": range, "session": 0, "start": -2 }), vec![(2, 3), (2, 4)]),
            (json!({ "hist_access_type": range, "session": 0, "start": 1, "stop": -1 }), vec![(2, 1), (2, 3)]),
            (json!({ "hist_access_type": range, "session": 9 }), vec![]),
            (json!({ "hist_access_type": search, "pattern": "a" }), vec![(1, 1), (2, 1)]),
            (json!({ "hist_access_type": search, "pattern": "a", "unique": true }), vec![(2, 1)]),
            (json!({ "hist_access_type": search, "pattern": "*", "n": 3 }), vec![(2, 1), (2, 3), (2, 4)]),
            (json!({ "hist_access_type": search, "pattern": "*", "unique": true, "n": 2 }), vec![(2, 3), (2, 4)]),
            (json!({ "hist_access_type": "other" }), vec![]),
            (json!({}), vec![]),
        ] {
            assert_eq!(select(request.clone()), expected, "{request}");
        }
    }

    #[test]
    fn the_sessions_own_cells_are_the_tail() {
        let all =
            [(1, 1), (1, 2), (2, 1)].map(|(session, line)| Entry { session, line, input: "a".into(), output: None });
        let request: HistoryRequest = serde_json::from_value(json!({ "hist_access_type": "tail", "n": 2 })).unwrap();
        let tail: Vec<_> = request.select(&all, 1).into_iter().map(|entry| (entry.session, entry.line)).collect();
        assert_eq!(tail, [(1, 1), (1, 2)]);
    }

    #[test]
    fn numbers_without_sense_are_no_panic() {
        let extremes = [i64::MIN, -1, 0, 1, i64::MAX];
        for session in extremes {
            for start in extremes {
                select(json!({ "hist_access_type": "range", "session": session, "start": start, "stop": session }));
                select(json!({ "hist_access_type": "tail", "n": start }));
            }
        }
    }
}
