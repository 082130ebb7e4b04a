//! Everything that looks at a cell's text before rustc does.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::holds;
use super::source::source;
use crate::engine::dylib::fuzzed::{self, generate};
use crate::jupyter::fuzzed::{Completeness, is_complete, scan, without_commands};

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

#[test]
fn a_cell_is_taken_apart_into_parts_of_its_text() {
    holds("the splitter", source, |text| taken_apart(&text));
}

#[test]
fn a_magic_before_an_attributes_other_half_is_taken_apart() {
    taken_apart("%time.. #\n![allow(dead_code)]\r\n").unwrap();
}

fn taken_apart(text: &str) -> TestCaseResult {
    let (_, rust) = fuzzed::split_commands(text);
    prop_assert_eq!(lines(&rust), lines(text));
    for part in fuzzed::parts(&rust).unwrap_or_default() {
        let (fuzzed::Part::Rust { code: part, .. } | fuzzed::Part::Bash { script: part, .. }) = part;
        // Each byte is where it was, or blank.
        prop_assert!(part.len() <= rust.len());
        let mut places = part.bytes().zip(rust.bytes());
        prop_assert!(places.all(|(part, whole)| part == whole || part == b' '), "{part:?}");
    }
    let Ok(source) = fuzzed::parse(&rust) else { return Ok(()) };
    let mut ranges: Vec<_> =
        source.attributes.iter().chain(source.items.iter().map(|(_, range)| range)).cloned().collect();
    ranges.extend(source.statements.iter().cloned().chain(source.tail.clone()));
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    for range in &ranges {
        prop_assert!(rust.get(range.clone()).is_some(), "{range:?} is no part of {rust:?}");
    }
    for pair in ranges.windows(2) {
        prop_assert!(pair[0].end <= pair[1].start, "{pair:?} overlap");
    }
    let kept = fuzzed::keep_only(&rust, &ranges);
    prop_assert_eq!((kept.len(), lines(&kept)), (rust.len(), lines(&rust)));
    let names: BTreeSet<&str> = source.lets.iter().map(|binding| binding.name.as_str()).collect();
    prop_assert_eq!(names.len(), source.lets.len(), "a name twice");
    Ok(())
}

#[test]
fn the_generated_file_maps_back_to_the_cells_lines() {
    holds("the generator", source, |text| {
        let (_, rust) = fuzzed::split_commands(&text);
        let generated = generate(&rust);
        for number in 1..=lines(&generated.text) as u32 + 1 {
            if let Some((cell, line)) = generated.lines.place(number) {
                prop_assert_eq!(cell, 1);
                prop_assert!(line as usize <= lines(&rust) + 1, "line {} of {} lines", line, lines(&rust) + 1);
            }
        }
        Ok(())
    });
}

#[test]
fn what_parses_is_complete_and_nothing_fails() {
    holds("is_complete", source, |text| {
        scan(&text);
        let found = is_complete(&text);
        let (commands, rust) = fuzzed::split_commands(&text);
        let is_rust = commands.is_empty() && without_commands(&text).as_deref() == Some(&text);
        if is_rust && fuzzed::parse(&rust).is_ok() {
            prop_assert!(matches!(found, Completeness::Complete | Completeness::Unknown), "{found:?}");
        }
        Ok(())
    });
}
