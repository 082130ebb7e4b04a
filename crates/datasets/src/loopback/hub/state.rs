//! What a Hub holds: repositories with their branches and commits, and large files apart from them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

#[derive(Debug, Default)]
pub(super) struct State {
    /// By kind and name: `datasets/learner/reviews`.
    pub(super) repositories: HashMap<String, Repository>,
    /// Large files by their SHA-256.
    pub(super) stored: HashMap<String, Arc<Vec<u8>>>,
    /// Parts of large files, by file and number.
    pub(super) parts: BTreeMap<(String, u64), Vec<u8>>,
    /// What was asked for: `POST /api/repos/create`.
    pub(super) asked: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) private: bool,
    /// The commit that each branch is.
    pub(super) branches: HashMap<String, String>,
    pub(super) commits: HashMap<String, Files>,
}

pub(super) type Files = BTreeMap<String, Arc<Vec<u8>>>;

impl State {
    pub(super) fn of(&self, name: &str) -> Option<&Repository> {
        ["datasets", "models"].iter().find_map(|kind| self.repositories.get(&format!("{kind}/{name}")))
    }
}

impl Repository {
    /// A branch or a commit: its hash and its files.
    pub(super) fn at(&self, revision: &str) -> Option<(&str, &Files)> {
        let commit = self.branches.get(revision).map_or(revision, String::as_str);
        self.commits.get_key_value(commit).map(|(commit, files)| (commit.as_str(), files))
    }

    /// Makes these files the head of the branch.
    pub(super) fn commit(&mut self, branch: &str, files: Files, key: &str) -> String {
        let hash = sha256(format!("{key} {branch} {}", self.commits.len()).as_bytes());
        let commit: String = hash.chars().take(40).collect();
        self.commits.insert(commit.clone(), files);
        self.branches.insert(branch.to_owned(), commit.clone());
        commit
    }
}

/// The SHA-256 as it is written.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
