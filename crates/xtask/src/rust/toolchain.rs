//! Which compiler the workspace is built with: the real one behind rustup's proxy, and the flags cargo gives it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// The compiler of the pinned toolchain.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// `rustc` itself, not rustup's proxy (the proxy costs 30 ms a run).
    pub rustc: PathBuf,
    /// The folder of the toolchain.
    pub sysroot: PathBuf,
    /// The host triple, which is also the target.
    pub target: String,
    /// `rustc -vV`, whole: what makes two compilers different.
    pub version: String,
    /// `1.95.0`.
    pub release: String,
}

impl Toolchain {
    /// Asks the `rustc` that cargo would use in the checkout.
    pub fn find(project: &Project) -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = |arguments: &[&str]| -> Result<String> {
            let output = Command::new(&rustc)
                .args(arguments)
                .current_dir(&project.root)
                .output()
                .context("rustc cannot be started")?;
            if !output.status.success() {
                bail!("rustc {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
            }
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let version = ask(&["-vV"])?;
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
        let field =
            |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).map(|text| text.trim().to_owned());
        let real = sysroot.join("bin/rustc");
        Ok(Self {
            target: field("host:").context("rustc -vV names no host")?,
            release: field("release:").context("rustc -vV names no release")?,
            rustc: if real.is_file() { real } else { rustc.into() },
            sysroot,
            version,
        })
    }

    /// The folder of libstd's shared library, which the course library needs at run time.
    pub fn std_folder(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.target).join("lib")
    }

    /// The linker that comes with the compiler.
    pub fn linker(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.target).join("bin/rust-lld")
    }

    /// Another program of the same toolchain: `clippy-driver`, `rustdoc`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.sysroot.join("bin").join(name)
    }
}

/// The toolchain that `rust-toolchain.toml` asks for.
pub fn pinned(project: &Project) -> Result<String> {
    let text = fs::read_to_string(project.root.join("rust-toolchain.toml")).context("reading rust-toolchain.toml")?;
    let table: toml::Table = text.parse().context("reading rust-toolchain.toml")?;
    let channel = table.get("toolchain").and_then(|toolchain| toolchain.get("channel")).and_then(toml::Value::as_str);
    channel.map(str::to_owned).context("rust-toolchain.toml pins no channel")
}

/// The flags cargo passes to every rustc: the environment's, or `.cargo/config.toml`'s for this architecture.
pub fn rustflags(project: &Project) -> Result<Vec<String>> {
    if let Ok(flags) = env::var("CARGO_ENCODED_RUSTFLAGS") {
        return Ok(flags.split('\u{1f}').filter(|flag| !flag.is_empty()).map(str::to_owned).collect());
    }
    if let Ok(flags) = env::var("RUSTFLAGS") {
        return Ok(flags.split_whitespace().map(str::to_owned).collect());
    }
    let text = fs::read_to_string(project.root.join(".cargo/config.toml")).context("reading .cargo/config.toml")?;
    let config: toml::Table = text.parse().context("reading .cargo/config.toml")?;
    let key = format!("cfg(target_arch = \"{}\")", env::consts::ARCH);
    let flags = config.get("target").and_then(|target| target.get(&key)).and_then(|table| table.get("rustflags"));
    let flags = flags.and_then(toml::Value::as_array).cloned().unwrap_or_default();
    Ok(flags.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
}
