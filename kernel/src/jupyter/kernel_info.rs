//! Who the kernel is: `kernel_info_reply`, the first thing a front end asks for.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::message::PROTOCOL_VERSION;

/// The compiler's version. It is asked while the sockets are opened, so that nobody waits for it.
#[derive(Clone)]
pub struct RustVersion(Arc<OnceLock<String>>);

impl RustVersion {
    /// A version that is known.
    pub fn known(version: impl Into<String>) -> Self {
        Self(Arc::new(OnceLock::from(version.into())))
    }

    /// Asks a compiler; one that does not answer is taken for the version that built the kernel.
    pub fn ask(rustc: PathBuf) -> Self {
        let version = Arc::new(OnceLock::new());
        let answer = version.clone();
        let asked = std::thread::Builder::new().name("rustc --version".into()).spawn(move || {
            let output = Command::new(rustc).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            let _ = answer.set(number(&text).unwrap_or(env!("CARGO_PKG_RUST_VERSION")).to_owned());
        });
        if asked.is_err() {
            let _ = version.set(env!("CARGO_PKG_RUST_VERSION").to_owned());
        }
        Self(version)
    }

    fn get(&self) -> &str {
        self.0.wait()
    }
}

/// `1.95.0` of `rustc 1.95.0 (…)`.
fn number(text: &str) -> Option<&str> {
    text.strip_prefix("rustc ")?.split_whitespace().next()
}

/// The content of a `kernel_info_reply`.
pub fn kernel_info(rust: &RustVersion) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let rust = rust.get();
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL_VERSION,
        "implementation": "course-kernel",
        "implementation_version": version,
        "language_info": {
            "name": "rust",
            "version": rust,
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
        },
        "banner": format!("The LLM course in Rust, kernel {version}, Rust {rust}. Type :help to see what a cell understands."),
        "help_links": [
            { "text": "The Rust Programming Language", "url": "https://doc.rust-lang.org/book/" },
            { "text": "The Rust Standard Library", "url": "https://doc.rust-lang.org/std/" },
            { "text": "The Hugging Face LLM Course", "url": "https://huggingface.co/learn/llm-course" },
        ],
        "debugger": false,
        "supported_features": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_rustcs_own_or_the_one_that_built_us() {
        assert_eq!(number("rustc 1.95.0 (abc 2026-04-01)\n"), Some("1.95.0"));
        assert_eq!(number("cargo 1.95.0"), None);
        let unanswered = RustVersion::ask("no/such/rustc".into());
        assert_eq!(kernel_info(&unanswered)["language_info"]["version"], env!("CARGO_PKG_RUST_VERSION"));
    }
}
