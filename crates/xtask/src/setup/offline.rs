//! Telling "there is no network" from every other way in which a download can fail.

use crate::problem::Problem;

/// What pip and cargo say when they cannot reach a server.
const SIGNS: &[&str] = &[
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname provided",
    "Network is unreachable",
    "Connection refused",
    "Connection timed out",
    "Read timed out",
    "ProxyError",
    "Could not resolve host",
    "Could not resolve proxy",
    "failed to download from",
    "Couldn't connect to server",
    "Failed to connect to",
    "spurious network error",
    "download of config.json failed",
    // pip, when no index answers and it has stopped trying: a server that is there lists at least one version.
    "(from versions: none)",
];

/// The problem to report if `messages` speak of a network that is not there; `needed` is what was to be fetched.
pub fn problem(messages: &str, needed: &str) -> Option<Problem> {
    SIGNS.iter().any(|sign| messages.contains(sign)).then(|| {
        Problem::new(
            format!("{needed} must be downloaded, and the server cannot be reached"),
            "check the network (behind a proxy: set HTTPS_PROXY), then run the same command again; it goes on where it stopped",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pip_without_a_network_is_recognised_and_a_missing_version_is_not() {
        let pip =
            "WARNING: Retrying after connection broken by 'NewConnectionError(… Temporary failure in name resolution)'";
        assert!(
            problem(pip, "JupyterLab").is_some_and(|found| found.to_string().contains("JupyterLab must be downloaded"))
        );
        let missing = "ERROR: Could not find a version that satisfies jupyterlab==99 (from versions: 4.5.0, 4.6.0)";
        assert!(problem(missing, "JupyterLab").is_none());
    }
}
