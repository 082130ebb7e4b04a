//! Where a model came from.

use std::fmt;
use std::path::PathBuf;

use crate::text::short_commit;

/// Where a model came from; shows itself in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A folder on this machine.
    LocalFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The Hugging Face cache, shared with Python.
    HubCache {
        /// The snapshot's folder.
        path: PathBuf,
        /// The commit it is a snapshot of.
        commit: String,
    },
    /// The models that come with the course.
    Bundled {
        /// The model's folder.
        path: PathBuf,
        /// The format the weights were quantized to, such as `Q4_1`; `None` when they are as published.
        quantized: Option<String>,
    },
    /// The adapters that come with the course, in its checkout.
    CourseAdapter {
        /// The adapter's folder.
        path: PathBuf,
    },
    /// The Hub, asked just now.
    Hub {
        /// The Hub's address.
        endpoint: String,
        /// The commit the files are taken from.
        commit: String,
    },
}

impl Source {
    /// The format the weights were quantized to, when the source is known to hold quantized ones.
    pub fn quantized(&self) -> Option<&str> {
        match self {
            Self::Bundled { quantized, .. } => quantized.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalFolder { path } => write!(formatter, "the local folder {}", path.display()),
            Self::HubCache { commit, .. } => {
                write!(formatter, "the Hugging Face cache on this machine (commit {})", short_commit(commit))
            }
            Self::Bundled { quantized: Some(format), .. } => write!(
                formatter,
                "the models that come with the course (weights quantized to {format}: smaller and a little less exact than the original)"
            ),
            Self::Bundled { quantized: None, .. } => {
                write!(formatter, "the models that come with the course (the original weights)")
            }
            Self::CourseAdapter { .. } => write!(formatter, "the adapters that come with the course"),
            Self::Hub { endpoint, commit } => {
                let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host);
                write!(formatter, "the Hub at {host} (commit {})", short_commit(commit))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_says_itself_in_words() {
        let bundled =
            |quantized: Option<&str>| Source::Bundled { path: "x".into(), quantized: quantized.map(Into::into) };
        assert!(bundled(Some("Q4_1")).to_string().contains("quantized to Q4_1"));
        assert!(bundled(None).to_string().contains("original weights"));
        assert_eq!(bundled(Some("Q4_1")).quantized(), Some("Q4_1"));
        let hub = Source::Hub { endpoint: "https://huggingface.co".into(), commit: "0123456789abcdef".into() };
        assert_eq!(hub.to_string(), "the Hub at huggingface.co (commit 0123456)");
        assert_eq!(hub.quantized(), None);
    }
}
