//! What a model may be called, by the Hub's rules, and what its cache folder is called.

use crate::{HubError, Result};

const LONGEST: usize = 96;

/// Whether this can only be meant as a path: it starts like one.
pub(crate) fn is_path_like(name: &str) -> bool {
    name.starts_with(['.', '/', '~']) || name.contains('\\') || name.matches('/').count() > 1
}

/// Checks a name by the Hub's rules: at most one slash, and in each part letters, digits, `-`, `_` and `.`.
///
/// # Errors
/// [`HubError::InvalidName`] with the rule that is broken.
pub(crate) fn check(name: &str) -> Result<()> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > LONGEST {
        "it is longer than 96 characters"
    } else if name.matches('/').count() > 1 {
        "it has more than one slash"
    } else if name.split('/').any(str::is_empty) {
        "there is nothing on one side of the slash"
    } else if name.chars().any(|c| !(c.is_ascii_alphanumeric() || "-_./".contains(c))) {
        "only letters, digits, \"-\", \"_\" and \".\" are allowed"
    } else if name.contains("--") || name.contains("..") {
        "\"--\" and \"..\" are not allowed"
    } else if name.split('/').any(|part| part.starts_with(['-', '.']) || part.ends_with(['-', '.'])) {
        "no part may begin or end with \"-\" or \".\""
    } else if name.ends_with(".git") {
        "it ends with \".git\""
    } else {
        return Ok(());
    };
    Err(HubError::InvalidName { name: name.into(), reason })
}

/// The folder's name in the Hugging Face cache: `models--organisation--model`.
pub(crate) fn cache_folder(name: &str) -> String {
    format!("models--{}", name.replace('/', "--"))
}

/// The folder's name among the bundled models: `organisation--model`.
pub(crate) fn bundled_folder(name: &str) -> String {
    name.replace('/', "--")
}

/// Whether this is a commit's full hash, which no branch can be called.
pub(crate) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Checks a file's path within a model: relative, with `/`, not leading out of the model's folder.
pub(crate) fn is_safe_file(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_the_hub() {
        for name in ["gpt2", "HuggingFaceTB/SmolLM2-135M-Instruct", "a/b.c_d-e"] {
            check(name).unwrap();
        }
        for name in ["", "a/b/c", "/a", "a/", "a b", "größe/x", "a--b", "a..b", "-a/b", "a/b.", "a/b.git"] {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert!(check(&"x".repeat(97)).is_err());
    }

    #[test]
    fn folders_are_named_as_python_names_them() {
        assert_eq!(cache_folder("openai-community/gpt2"), "models--openai-community--gpt2");
        assert_eq!(cache_folder("gpt2"), "models--gpt2");
    }

    #[test]
    fn a_file_cannot_lead_out_of_its_model() {
        assert!(is_safe_file("1_Pooling/config.json"));
        for path in ["", "../secret", "a/../../b", "/etc/passwd", "a//b", "a\\b", "./a"] {
            assert!(!is_safe_file(path), "{path:?}");
        }
    }
}
