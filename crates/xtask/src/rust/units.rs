//! Which artifact each crate was built against.
//!
//! A package can be there twice, once for programs and once for build scripts and macros, with other features. Cargo's
//! messages do not say which of the two a crate was linked with; its fingerprints do: each unit's file lists its
//! dependencies by extern name and fingerprint. The format is cargo's own and the toolchain is pinned, so it can only
//! change together with `rust-toolchain.toml`; if it does, the error below says so.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::build::{Artifact, Built};
use crate::project::Project;

/// The units of a build, and how they hang together.
pub struct Units<'a> {
    fingerprints: PathBuf,
    by_fingerprint: BTreeMap<u64, String>,
    by_folder: BTreeMap<String, &'a Artifact>,
}

#[derive(Deserialize)]
struct Fingerprint {
    deps: Vec<(u64, String, bool, u64)>,
}

impl<'a> Units<'a> {
    /// Reads the fingerprints of a build that has just finished.
    pub fn new(project: &Project, built: &'a Built) -> Result<Self> {
        let fingerprints = project.target.join("release/.fingerprint");
        let mut by_fingerprint = BTreeMap::new();
        for folder in fs::read_dir(&fingerprints).context("reading cargo's fingerprints")? {
            let folder = folder?;
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let name = file.file_name().to_string_lossy().into_owned();
                if name.starts_with("lib-") && !name.ends_with(".json") {
                    let hash = fs::read_to_string(file.path()).ok().and_then(|text| fingerprint(&text));
                    by_fingerprint.extend(hash.map(|hash| (hash, folder.file_name().to_string_lossy().into_owned())));
                }
            }
        }
        let libraries = built.artifacts.iter().filter(|artifact| artifact.is_library());
        let by_folder = libraries.filter_map(|artifact| Some((folder_of(artifact)?, artifact))).collect();
        Ok(Self { fingerprints, by_fingerprint, by_folder })
    }

    /// The direct dependencies of a library: the name it is known by there, and what it was built as.
    pub fn of_library(&self, artifact: &Artifact) -> Result<Vec<(String, &'a Artifact)>> {
        let folder = folder_of(artifact).with_context(|| format!("{} has no library file", artifact.target.name))?;
        Ok(self.read(&folder, &format!("lib-{}.json", artifact.target.name))?.0)
    }

    /// The direct dependencies of a binary or test. Its file carries no hash, and `cargo xtask` itself leaves a second unit
    /// of the same name, with other features, as does an earlier state of the manifest: of all of them, the one that was built against
    /// the most of this build, or the newest.
    pub fn of_program(&self, artifact: &Artifact) -> Result<Vec<(String, &'a Artifact)>> {
        let kind = artifact.target.kind.first().map_or("bin", String::as_str);
        let prefix = match (kind, artifact.profile.test) {
            ("test", _) => "test-integration-test".to_owned(),
            (kind, true) => format!("test-{kind}"),
            (kind, false) => kind.to_owned(),
        };
        let file = format!("{prefix}-{}.json", artifact.target.name);
        let mut best = None;
        for folder in fs::read_dir(&self.fingerprints)? {
            let folder = folder?;
            // Two packages may have a test of the same name.
            let name = folder.file_name().to_string_lossy().into_owned();
            if name.rsplit_once('-').map(|(package, _)| package) != artifact.package() {
                continue;
            }
            let Ok(changed) = fs::metadata(folder.path().join(&file)).and_then(|data| data.modified()) else {
                continue;
            };
            let (direct, strangers) = self.read(&name, &file)?;
            let rank = (Reverse(strangers), changed);
            if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, direct));
            }
        }
        let (_, direct) = best.with_context(|| format!("cargo keeps no {file} (did its fingerprints change?)"))?;
        Ok(direct)
    }

    /// All libraries that a library needs, itself left out, each once.
    pub fn closure(&self, artifact: &Artifact) -> Result<Vec<&'a Artifact>> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut queue = self.of_library(artifact)?;
        while let Some((_, next)) = queue.pop() {
            if seen.insert(folder_of(next)) {
                // A macro runs in the compiler: what it is built from is not linked.
                if !next.target.kind.iter().any(|kind| kind == "proc-macro") {
                    queue.extend(self.of_library(next)?);
                }
                found.push(next);
            }
        }
        Ok(found)
    }

    /// Another cargo may have built a dependency anew a moment ago; its fingerprint is then not the recorded one.
    fn only_one_named(&self, name: &str) -> Option<&'a Artifact> {
        let mut named = self.by_folder.values().filter(|artifact| artifact.target.name == name);
        let first = named.next()?;
        named.next().is_none().then_some(*first)
    }

    /// The dependencies that a fingerprint file lists, and how many of them are not those of this build.
    fn read(&self, folder: &str, file: &str) -> Result<(Vec<(String, &'a Artifact)>, usize)> {
        let path = self.fingerprints.join(folder).join(file);
        let bytes = fs::read(&path).with_context(|| format!("reading cargo's fingerprint {}", path.display()))?;
        let unit: Fingerprint = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not as cargo 1.95 writes it", path.display()))?;
        let mut direct = Vec::new();
        let mut strangers = 0;
        for (_, name, _, hash) in unit.deps {
            let exact = self.by_fingerprint.get(&hash).and_then(|folder| self.by_folder.get(folder)).copied();
            strangers += usize::from(exact.is_none());
            // Build scripts are dependencies too, but have no library, so neither search finds them.
            direct.extend(exact.or_else(|| self.only_one_named(&name)).map(|artifact| (name, artifact)));
        }
        Ok((direct, strangers))
    }
}

/// `libserde-0123456789abcdef.rmeta` of package `serde` belongs to the fingerprint folder `serde-0123456789abcdef`.
fn folder_of(artifact: &Artifact) -> Option<String> {
    let hash = artifact.filenames.iter().find_map(|file| {
        let (_, hash) = file.file_stem()?.to_str()?.rsplit_once('-')?;
        (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
    })?;
    Some(format!("{}-{hash}", artifact.package()?))
}

/// The hexadecimal text of a fingerprint file, little-endian, as the number other units name it by.
fn fingerprint(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim(), 16).ok().map(u64::swap_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_file_holds_the_number_that_dependants_record() {
        assert_eq!(fingerprint("de45b705e8e79d76"), Some(8_547_242_651_533_395_422));
        assert_eq!(fingerprint("e06120258ae00420\n"), Some(2_307_215_793_053_524_448));
        assert_eq!(fingerprint("not one"), None);
    }
}
