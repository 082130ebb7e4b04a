//! The dependency graph: one version of each big library, and nothing compiled twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};

use super::{Context, Outcome};
use crate::bar::Step;
use crate::rust::build::Built;

/// Families of crates that must be there in one version: two would make two types of the same name.
const SINGLE: &[&str] = &["candle-", "tokenizers", "hf-hub", "arrow", "parquet", "polars"];

/// Two checks: versions in `Cargo.lock`, and the artifacts of the tests' build against those of the set-up's build.
pub fn check(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let lock = fs::read_to_string(context.project.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let several = several_versions(&lock)?;
    for (name, versions) in &several {
        step.say(&format!("{name} is in the graph in more than one version: {}", versions.join(", ")));
    }
    let twice = compiled_twice(&context.ready.built, &context.tests);
    for package in &twice {
        step.say(&format!(
            "{package} is compiled a second time for the tests: a dev-dependency switches on another feature"
        ));
    }
    let failed = u64::from(!several.is_empty()) + u64::from(!twice.is_empty());
    Ok(Outcome { passed: 2 - failed, failed, note: format!("{} packages", lock.matches("[[package]]").count()) })
}

fn several_versions(lock: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let table: toml::Table = lock.parse().context("reading Cargo.lock")?;
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in table.get("package").and_then(toml::Value::as_array).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        if SINGLE.iter().any(|family| text("name").starts_with(family)) {
            versions.entry(text("name")).or_default().push(text("version"));
        }
    }
    versions.retain(|_, found| found.len() > 1);
    Ok(versions)
}

/// Third-party packages that the set-up built and the tests built anew. What only tests use is new to both.
fn compiled_twice<'a>(setup: &'a Built, tests: &'a Built) -> BTreeSet<&'a str> {
    let libraries =
        |built: &'a Built| built.artifacts.iter().filter(|artifact| artifact.is_library() && !artifact.is_ours());
    let known: BTreeSet<&str> = libraries(setup).map(|artifact| artifact.package_id.as_str()).collect();
    let files: BTreeSet<_> = libraries(setup).flat_map(|artifact| &artifact.filenames).collect();
    let again = libraries(tests).filter(|artifact| !artifact.filenames.iter().any(|file| files.contains(file)));
    again.map(|artifact| artifact.package_id.as_str()).filter(|package| known.contains(package)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::build::{Artifact, Profile, Target};

    fn built(files: &[&str]) -> Built {
        let artifact = |file: &&str| Artifact {
            package_id: format!("registry+x#{}@1.0.0", file.split('-').next().unwrap()),
            manifest_path: "/r/Cargo.toml".into(),
            target: Target {
                kind: vec!["lib".into()],
                name: "x".into(),
                src_path: "/r/lib.rs".into(),
                edition: "2024".into(),
            },
            profile: Profile { test: false },
            features: Vec::new(),
            filenames: vec![file.into()],
            executable: None,
            fresh: true,
        };
        Built { artifacts: files.iter().map(artifact).collect(), scripts: Vec::new() }
    }

    #[test]
    fn a_second_compile_is_seen_and_a_crate_for_tests_alone_is_allowed() {
        let setup = built(&["serde-1.rlib", "libc-1.rlib"]);
        let tests = built(&["serde-2.rlib", "serde-1.rlib", "libc-1.rlib", "proptest-1.rlib"]);
        assert_eq!(compiled_twice(&setup, &tests), BTreeSet::from(["registry+x#serde@1.0.0"]));
        assert!(compiled_twice(&setup, &setup).is_empty());
    }

    #[test]
    fn only_the_named_families_must_be_single() {
        let lock = "[[package]]\nname = \"toml\"\nversion = \"0.9.0\"\n[[package]]\nname = \"toml\"\nversion = \"1.0.0\"\n\
                    [[package]]\nname = \"candle-core\"\nversion = \"0.10.0\"\n[[package]]\nname = \"candle-core\"\nversion = \"0.11.1\"\n";
        assert_eq!(several_versions(lock).unwrap().into_keys().collect::<Vec<_>>(), ["candle-core"]);
    }
}
