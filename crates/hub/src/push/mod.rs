//! Writing to the Hub: repositories are made, files are uploaded, and one commit makes all of them visible at once.
//!
//! ```no_run
//! use course_hub::push::{Commit, Content, RemoteRepo, RepoKind};
//! use course_hub::HubConfig;
//!
//! # fn main() -> course_hub::Result<()> {
//! let repo = RemoteRepo::create(&HubConfig::from_env(), RepoKind::Dataset, "reviews", Some(true))?;
//! let commit = Commit::new("Add the readme").add("README.md", Content::bytes("# Reviews\n"));
//! println!("{}", repo.commit(commit)?); // https://huggingface.co/datasets/ada/reviews (commit 0123456)
//! # Ok(())
//! # }
//! ```
//!
//! It speaks the Hub's own requests, as Python's `huggingface_hub` does without Xet: the Hub is asked which files are large, those go to
//! where it says (Git LFS, in one piece or in parts), and the commit names them by their SHA-256. What was uploaded before a break
//! is not uploaded again, and nobody sees any of it before the commit.

mod commit;
mod content;
mod lfs;
mod remote;
mod send;

pub use commit::{Commit, Committed};
pub use content::Content;
pub use remote::{Head, RemoteRepo, Uploaded};

/// What a repository of the Hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepoKind {
    /// A model.
    Model,
    /// A dataset.
    Dataset,
}

impl RepoKind {
    /// The Hub's name for it.
    fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
        }
    }

    /// What comes before the repository's name in addresses.
    fn prefix(self) -> &'static str {
        match self {
            Self::Model => "",
            Self::Dataset => "datasets/",
        }
    }
}
