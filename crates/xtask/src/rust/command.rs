//! Compiling one target of the workspace by hand, against what cargo has already built.
//!
//! The course library, clippy and rustdoc each need a crate compiled once more in another way. Going through cargo
//! would build some 500 dependencies anew (`check` metadata for clippy and doc, other features for `-p`); naming the
//! artifacts does not.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::build::{Artifact, Built};
use crate::project::Project;

/// The packages of the workspace, as `cargo metadata --no-deps` lists them.
pub struct Packages(Vec<Value>);

impl Packages {
    /// Asks cargo; needs no network.
    pub fn read(project: &Project) -> Result<Self> {
        let output = project.cargo().args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).output()?;
        let metadata: Value = serde_json::from_slice(&output.stdout).context("reading cargo metadata")?;
        let packages =
            metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
        Ok(Self(packages.clone()))
    }

    fn of(&self, artifact: &Artifact) -> Option<&Value> {
        self.0.iter().find(|package| package.get("id").and_then(Value::as_str) == Some(&artifact.package_id))
    }
}

/// A compiler's command line for one target; what kind of compile it is, the caller adds.
pub struct Compile<'a> {
    /// `rustc`, `clippy-driver` or `rustdoc`.
    pub program: &'a Path,
    /// The flags of the workspace's build.
    pub rustflags: &'a [String],
    /// The target as cargo built it.
    pub artifact: &'a Artifact,
    /// Its dependencies by extern name.
    pub externs: &'a [(String, &'a Artifact)],
    /// The output is linked: dependencies are given as libraries with code.
    pub links: bool,
}

impl Compile<'_> {
    /// The command, with cargo's environment for the package.
    pub fn command(&self, project: &Project, packages: &Packages, built: &Built) -> Result<Command> {
        let target = &self.artifact.target;
        let mut command = Command::new(self.program);
        command.current_dir(&project.root).arg(&target.src_path);
        command.args(["--crate-name", &target.name.replace('-', "_"), "--edition", &target.edition]);
        command.args(self.rustflags);
        for feature in &self.artifact.features {
            command.arg("--cfg").arg(format!("feature=\"{feature}\""));
        }
        command.arg("-L").arg(format!("dependency={}", project.target.join("release/deps").display()));
        for path in built.scripts.iter().flat_map(|script| &script.linked_paths) {
            command.args(["-L", path]);
        }
        for (name, dependency) in self.externs {
            let file = if self.links { dependency.linkable() } else { dependency.metadata() };
            let file: PathBuf = file.with_context(|| format!("{name} has no library file"))?;
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        self.environment(&mut command, packages);
        // A package's build script may have run twice, for the build's own tools as well; both told the same.
        if let Some(script) = built.scripts.iter().find(|script| script.package_id == self.artifact.package_id) {
            command.args(script.cfgs.iter().flat_map(|cfg| ["--cfg", cfg]));
            command.env("OUT_DIR", &script.out_dir).envs(script.env.iter().cloned());
        }
        Ok(command)
    }

    fn environment(&self, command: &mut Command, packages: &Packages) {
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_") {
                command.env_remove(name);
            }
        }
        let folder = self.artifact.manifest_path.parent().unwrap_or(Path::new("."));
        command.env("CARGO_MANIFEST_DIR", folder).env("CARGO_MANIFEST_PATH", &self.artifact.manifest_path);
        command.env("CARGO_CRATE_NAME", self.artifact.target.name.replace('-', "_"));
        let package = packages.of(self.artifact);
        let text =
            |field: &str| package.and_then(|package| package.get(field)).and_then(Value::as_str).unwrap_or_default();
        // Of a crate from a registry only its id is known.
        let of_id = self.artifact.package_id.rsplit(['#', '@']).next().unwrap_or_default();
        let version = if package.is_some() { text("version") } else { of_id };
        let name = if package.is_some() { text("name") } else { self.artifact.package().unwrap_or_default() };
        let mut parts = version.split(['.', '-', '+']);
        for (name, value) in [
            ("CARGO_PKG_NAME", name),
            ("CARGO_PKG_VERSION", version),
            ("CARGO_PKG_VERSION_MAJOR", parts.next().unwrap_or_default()),
            ("CARGO_PKG_VERSION_MINOR", parts.next().unwrap_or_default()),
            ("CARGO_PKG_VERSION_PATCH", parts.next().unwrap_or_default()),
            ("CARGO_PKG_DESCRIPTION", text("description")),
            ("CARGO_PKG_LICENSE", text("license")),
            ("CARGO_PKG_REPOSITORY", text("repository")),
            ("CARGO_PKG_HOMEPAGE", text("homepage")),
            ("CARGO_PKG_RUST_VERSION", text("rust_version")),
            ("CARGO_PKG_AUTHORS", ""),
            ("CARGO_PKG_VERSION_PRE", ""),
        ] {
            command.env(name, value);
        }
    }
}
