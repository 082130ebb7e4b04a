//! A commit: files that are added or taken away, all at once.

use std::fmt;

use super::Content;
use crate::text;

/// Files that are added to a repository or taken out of it, all at once.
#[derive(Debug, Clone)]
pub struct Commit {
    pub(super) message: String,
    pub(super) description: String,
    pub(super) revision: String,
    pub(super) parent: Option<String>,
    pub(super) additions: Vec<(String, Content)>,
    pub(super) deletions: Vec<String>,
}

impl Commit {
    /// A commit to `main` that changes nothing yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            description: String::new(),
            revision: "main".to_owned(),
            parent: None,
            additions: Vec::new(),
            deletions: Vec::new(),
        }
    }

    /// Says more about it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Goes to another branch than `main`.
    #[must_use]
    pub fn revision(mut self, branch: impl Into<String>) -> Self {
        self.revision = branch.into();
        self
    }

    /// The commit it must follow: if the branch has gone on since, the Hub refuses it with
    /// [`HubError::Conflict`](crate::HubError::Conflict).
    #[must_use]
    pub fn parent(mut self, commit: impl Into<String>) -> Self {
        self.parent = Some(commit.into());
        self
    }

    /// Adds a file, or puts it in the place of the one of this name.
    #[must_use]
    pub fn add(mut self, file: impl Into<String>, content: Content) -> Self {
        self.additions.push((file.into(), content));
        self
    }

    /// Takes a file out.
    #[must_use]
    pub fn delete(mut self, file: impl Into<String>) -> Self {
        self.deletions.push(file.into());
        self
    }
}

/// A commit that the Hub has taken; shows itself as an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The page of the repository.
    pub repository: String,
    /// The page of the commit.
    pub url: String,
    /// The commit's hash.
    pub commit: String,
}

impl fmt::Display for Committed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (commit {})", self.repository, text::short_commit(&self.commit))
    }
}

impl course_display::Rich for Committed {
    fn rich(&self) -> course_display::Bundle {
        course_display::Bundle::text(self.to_string())
    }
}
