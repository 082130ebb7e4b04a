//! What went wrong, out of what cargo said: one sentence with what to do, and cargo's own words below it.

use std::collections::BTreeMap;

use super::spec::Spec;

/// A build that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence.
    pub sentence: String,
    /// Cargo's words, or the compiler's.
    pub details: String,
}

/// Whether cargo wanted the network and did not get it.
pub fn is_network(said: &str) -> bool {
    [
        "Could not resolve host",
        "Couldn't resolve host",
        "Could not connect",
        "Couldn't connect",
        "failed to connect",
        "Timeout was reached",
        "network failure",
        "spurious network error",
        "unable to get packages from source",
        "download of config.json failed",
        "attempting to make an HTTP request, but --offline was specified",
        "As a reminder, you're using offline mode",
        "in offline mode",
        "you may want to use the `--offline`",
        "SSL connect error",
        "Failed to connect",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// Words the failure of a build of these crates.
pub fn of(said: &str, wanted: &BTreeMap<String, Spec>, offline: bool) -> Trouble {
    let trouble = |sentence: String| Trouble { sentence, details: said.trim().to_owned() };
    if offline || is_network(said) {
        let names: Vec<String> = wanted.values().map(|spec| format!("`{}`", spec.name)).collect();
        let missing = quoted_after(said, "no matching package named ")
            .or_else(|| quoted_after(said, "failed to download "))
            .map(|name| format!(" (`{name}` is missing)"))
            .unwrap_or_default();
        return trouble(format!(
            "there is no network, and cargo's cache does not have all that {} needs{missing}; nothing has changed. \
             Run the cell again when the network is back.",
            names.join(" and "),
        ));
    }
    if said.contains("multiple times with different names") {
        let name = quoted_after(said, "depends on crate ").unwrap_or_default();
        let name = name.split(' ').next().unwrap_or_default();
        return trouble(format!(
            "`{name}` is added under another name already; one crate can have one name in a notebook"
        ));
    }
    if let Some(name) = quoted_after(said, "no matching package named ") {
        let meant = line_after(said, "perhaps you meant:").or_else(|| line_after(said, "searched package name:"));
        let meant = meant.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return trouble(format!("there is no crate `{name}` on crates.io{meant}"));
    }
    if said.contains("no matching package found") {
        let name = line_after(said, "searched package name:").unwrap_or_else(|| "of that name".to_owned());
        let meant = line_after(said, "perhaps you meant:").map(|near| format!("; did you mean {near}?"));
        return trouble(format!("there is no crate {name} on crates.io{}", meant.unwrap_or_default()));
    }
    if let Some(requirement) = quoted_after(said, "failed to select a version for the requirement ") {
        let there = line_after(said, "candidate versions found which didn't match:");
        let there = there.map(|versions| format!("; there are {versions}")).unwrap_or_default();
        return trouble(format!("no version fits `{requirement}`{there}"));
    }
    if let Some(line) = line_with(said, "does not have").filter(|line| line.contains("feature")) {
        let there = line_after(said, "available features:").or_else(|| line_after(said, "a feature with that name"));
        let there = there.map(|features| format!("; it has {features}")).unwrap_or_default();
        return trouble(format!("{}{there}", line.trim_end_matches('.')));
    }
    if let Some(name) = quoted_after(said, "failed to select a version for ") {
        return trouble(format!("the crates cannot agree on a version of `{name}`; what each wants stands below"));
    }
    if let Some(what) = quoted_after(said, "failed to run custom build command for ") {
        let missing = if said.contains("pkg-config") || said.contains("pkg_config") {
            " It looks for a library of the system: install that library's development package."
        } else {
            ""
        };
        return trouble(format!("the build script of `{what}` failed.{missing}"));
    }
    if let Some(name) = quoted_after(said, "could not compile ") {
        let errors: Vec<&str> = said.split("\nwarning").next().map(|text| text.lines().collect()).unwrap_or_default();
        let first = errors.iter().find(|line| line.starts_with("error")).copied().unwrap_or_default();
        let first = first.split_once(": ").map(|(_, message)| format!(": {message}")).unwrap_or_default();
        return trouble(format!("the crate `{name}` does not compile{first}"));
    }
    let git = [
        "failed to clone",
        "failed to fetch",
        "failed to find branch",
        "failed to find tag",
        "revspec",
        "failed to update",
    ];
    if git.iter().any(|words| said.contains(words)) {
        let line = cause(said).unwrap_or_default();
        return trouble(format!("the git repository cannot be used: {line}"));
    }
    let line = cause(said)
        .or_else(|| said.lines().next().map(str::to_owned))
        .unwrap_or_else(|| "cargo failed without a word".into());
    trouble(line.trim_start_matches("error: ").to_owned())
}

/// The last of cargo's causes, which is the one that says it.
fn cause(said: &str) -> Option<String> {
    let (_, causes) = said.split_once("Caused by:")?;
    let last = causes.rsplit("Caused by:").next()?;
    last.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// What stands in backquotes right after some words.
fn quoted_after(said: &str, words: &str) -> Option<String> {
    let (_, rest) = said.split_once(words)?;
    let rest = rest.trim_start().strip_prefix('`')?;
    let (name, _) = rest.split_once('`')?;
    Some(name.to_owned())
}

fn line_with(said: &str, words: &str) -> Option<String> {
    said.lines().find(|line| line.contains(words)).map(|line| line.trim().trim_start_matches("error: ").to_owned())
}

/// The rest of the line that has some words, or the next line.
fn line_after(said: &str, words: &str) -> Option<String> {
    let (_, rest) = said.split_once(words)?;
    let text = rest.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(text.to_owned())
}
