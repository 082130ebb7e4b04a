//! What can go wrong between a name and its tensors.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::not_found::NotFound;

/// What can go wrong between a name and its tensors; each message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// No place knows the name.
    #[error(transparent)]
    NotFound(Box<NotFound>),
    /// The name cannot be a model's name.
    #[error(
        "\"{name}\" is not a model name: {reason}. Names look like \"organisation/model\"; a folder is written \"./folder\"."
    )]
    InvalidName {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The model has no such file.
    #[error("\"{name}\" has no file \"{file}\" (looked in {source_words}).{}", listed(files))]
    NoSuchFile {
        /// The model.
        name: String,
        /// The file asked for.
        file: String,
        /// Where the model came from, in words.
        source_words: String,
        /// The files that are there.
        files: Vec<String>,
    },
    /// The file is on the Hub but not on this machine, and the Hub may not be asked.
    #[error("\"{file}\" of \"{name}\" is not in the cache ({}) and HF_HUB_OFFLINE is set. Unset it and run the cell again to download the file.", .folder.display())]
    Offline {
        /// The model.
        name: String,
        /// The file asked for.
        file: String,
        /// The snapshot's folder.
        folder: PathBuf,
    },
    /// The Hub did not let us in.
    #[error("the Hub does not show \"{name}\": there is no such model, or it is private. Check the spelling; for a private model, {}.", token_advice(*.had_token))]
    Unauthorized {
        /// The model.
        name: String,
        /// Whether a token was sent.
        had_token: bool,
    },
    /// The model's terms must be accepted first.
    #[error("\"{name}\" is gated: open {page} in a browser, accept its terms, then {}.", token_advice(*.had_token))]
    Gated {
        /// The model.
        name: String,
        /// Its page on the Hub.
        page: String,
        /// Whether a token was sent.
        had_token: bool,
    },
    /// The Hub has no such model.
    #[error("the Hub has no model \"{name}\". Check the spelling on {endpoint}.")]
    NoSuchModel {
        /// The model.
        name: String,
        /// The Hub's address.
        endpoint: String,
    },
    /// The model has no such branch, tag or commit.
    #[error("\"{name}\" has no revision \"{revision}\". Most models have only \"main\".")]
    NoSuchRevision {
        /// The model.
        name: String,
        /// The revision asked for.
        revision: String,
    },
    /// The Hub asks for patience, and more of it than a cell should have.
    #[error("the Hub asks to slow down{}. Run the cell again later; with a token (HF_TOKEN) the limits are higher.", .wait.map(|w| format!(" for {} s", w.as_secs())).unwrap_or_default())]
    RateLimited {
        /// How long the Hub asks to wait.
        wait: Option<Duration>,
    },
    /// The Hub cannot be reached.
    #[error("cannot reach the Hub at {endpoint}: {cause}. Check the network (or HF_ENDPOINT, or the proxy) and run the cell again{}.", kept(*.kept_bytes))]
    Unreachable {
        /// The Hub's address.
        endpoint: String,
        /// The innermost cause.
        cause: String,
        /// Bytes of the file that are kept and need not be downloaded again.
        kept_bytes: u64,
    },
    /// The Hub answered with something else than the file.
    #[error("the Hub answered \"{status}\" for \"{what}\"{}", .message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    HubAnswer {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: String,
        /// The Hub's own explanation.
        message: Option<String>,
    },
    /// What arrived is not what the Hub announced, and again when asked once more.
    #[error(
        "\"{file}\" of \"{name}\" arrived damaged: {problem}. Nothing of it was kept. Run the cell again; if it stays so, a proxy on the way may be changing files."
    )]
    Damaged {
        /// The model.
        name: String,
        /// The file.
        file: String,
        /// How it differs.
        problem: String,
    },
    /// A bundled model's file is missing or is not the one the course was tested with.
    #[error("the bundled model \"{name}\" is not whole: {} {problem}. Run `cargo xtask models fetch` to put it right.", .path.display())]
    BundledDamaged {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The file cannot be used as what it was opened as.
    #[error("{} {problem}", .path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do, as the rest of a sentence that begins with the path.
        problem: String,
    },
    /// The GGUF file's metadata has no such key.
    #[error("{} has no metadata key \"{key}\".{}", .path.display(), did_you_mean(nearest))]
    MissingKey {
        /// The file.
        path: PathBuf,
        /// The key asked for.
        key: String,
        /// A key with nearly this name.
        nearest: Option<String>,
    },
    /// The GGUF file's metadata holds something else under this key.
    #[error("metadata key \"{key}\" of {} holds {found}, not {wanted}", .path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The key asked for.
        key: String,
        /// What was asked for.
        wanted: &'static str,
        /// What is there.
        found: String,
    },
    /// The file has no such tensor.
    #[error("{} has no tensor \"{tensor}\".{}", .path.display(), did_you_mean(nearest))]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor asked for.
        tensor: String,
        /// A tensor with nearly this name.
        nearest: Option<String>,
    },
    /// A tensor has another shape than the model needs.
    #[error("tensor \"{tensor}\" of {} has shape {found:?}, not {wanted:?}: the weights belong to another model or another size of it", .path.display())]
    WrongShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The shape asked for.
        wanted: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor could not be made of the file's bytes.
    #[error("tensor \"{tensor}\" of {} cannot be loaded: {source}", .path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Why.
        source: Box<candle_core::Error>,
    },
    /// A JSON file does not hold what it should.
    #[error("{} is not the JSON it should be: {source}", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}{}", .path.display(), io_advice(source))]
    Io {
        /// What was tried, as in "cannot … the file".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An address of the web gave no answer that can be used.
    #[error("cannot get {url}: {cause}. Check the address and the network, and run the cell again.")]
    Web {
        /// The address.
        url: String,
        /// The innermost cause.
        cause: String,
    },
    /// Writing needs a token, and there is none.
    #[error(
        "writing to \"{name}\" on the Hub needs a token: create one that may write at https://huggingface.co/settings/tokens and set it as HF_TOKEN."
    )]
    NoToken {
        /// The repository.
        name: String,
    },
    /// The Hub does not know the token.
    #[error(
        "the Hub at {endpoint} does not take the token in HF_TOKEN: it is mistyped, or no longer valid. Create one that may write at https://huggingface.co/settings/tokens."
    )]
    TokenRefused {
        /// The Hub's address.
        endpoint: String,
    },
    /// The token may not write there.
    #[error(
        "the token may not write to \"{name}\"{}. Check that it is a token with the permission to write, and that its account may write there.",
        said(message)
    )]
    NotAllowed {
        /// The repository.
        name: String,
        /// What the Hub says.
        message: Option<String>,
    },
    /// Somebody else has written in between.
    #[error(
        "\"{name}\" was changed by somebody else in between{}. Nothing of this was written; run the cell again.",
        said(message)
    )]
    Conflict {
        /// The repository.
        name: String,
        /// What the Hub says.
        message: Option<String>,
    },
    /// Writing needs the Hub, and it may not be asked.
    #[error("\"{name}\" cannot be written to, because HF_HUB_OFFLINE is set. Unset it and run the cell again.")]
    OfflineWrite {
        /// The repository.
        name: String,
    },
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, HubError>;

impl HubError {
    /// Makes a file system error that says what was tried on which path: `.map_err(HubError::io("read", path))`.
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// Makes an error about a file's content; `problem` goes on after the path.
    pub(crate) fn bad_file(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::BadFile { path: path.as_ref().to_path_buf(), problem: problem.into() }
    }
}

pub(crate) fn token_advice(had_token: bool) -> &'static str {
    if had_token {
        "check that the token in HF_TOKEN belongs to an account with access, and is still valid"
    } else {
        "create a token at https://huggingface.co/settings/tokens and set it as HF_TOKEN"
    }
}

fn said(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(" (the Hub says: {})", message.trim_end_matches('.'))).unwrap_or_default()
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

fn kept(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!("; the {} that have arrived are kept", crate::text::size(bytes)) }
}

fn listed(files: &[String]) -> String {
    const SHOWN: usize = 12;
    match files.len() {
        0 => String::new(),
        count if count <= SHOWN => format!(" It has: {}.", files.join(", ")),
        count => format!(" It has: {} and {} more.", files[..SHOWN].join(", "), count - SHOWN),
    }
}

fn io_advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::StorageFull => ". Free some space on this disk and run the cell again",
        std::io::ErrorKind::PermissionDenied => ". Check who owns it",
        std::io::ErrorKind::ReadOnlyFilesystem => ". Set HF_HOME to a folder that can be written",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_files_is_shortened() {
        let files: Vec<String> = (0..20).map(|n| format!("file-{n}")).collect();
        let text = listed(&files);
        assert!(text.ends_with("file-11 and 8 more."), "{text}");
        assert_eq!(listed(&[]), "");
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let error = HubError::io("write", "weights")(std::io::ErrorKind::StorageFull.into());
        assert!(error.to_string().contains("Free some space"), "{error}");
    }
}
