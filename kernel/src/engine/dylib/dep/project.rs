//! The side project: a package of no code that depends on everything wanted, and cargo's command for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use toml::{Table, Value};

use super::spec::Spec;
use super::wrapper;
use crate::engine::stage::Stage;

/// Of cargo's many settings, those that say where crates come from and how the network is reached; the rest would change how
/// crates are built.
const KEPT: [&str; 6] =
    ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"];

/// The manifest for these crates. Equal wishes give equal text.
///
/// Added crates are optimised: they are built once, and a learner waits for them at every run.
pub fn manifest(wanted: &BTreeMap<String, Spec>) -> String {
    let mut dependencies = Table::new();
    for spec in wanted.values() {
        dependencies.insert(spec.name.clone(), spec.value.clone());
    }
    let dependencies = toml::to_string(&dependencies).unwrap_or_default();
    let mut tables = String::new();
    // `name = value` lines come before tables in TOML's own order; `[name]` becomes `[dependencies.name]`.
    for line in dependencies.lines() {
        match line.strip_prefix('[') {
            Some(rest) => tables.push_str(&format!("[dependencies.{rest}\n")),
            None => tables.push_str(&format!("{line}\n")),
        }
    }
    format!(
        "[package]\nname = \"{root}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[lib]\npath = \"lib.rs\"\n\n\
         [workspace]\n\n[profile.release]\nopt-level = 2\ndebug = false\ncodegen-units = 16\npanic = \"unwind\"\n\n\
         [dependencies]\n{tables}",
        root = wrapper::ROOT,
    )
}

/// Writes the project into `folder`, with a lock file that prefers the versions of earlier ones.
///
/// # Errors
/// When it cannot be written.
pub fn write(folder: &Path, manifest: &str, locks: &[PathBuf]) -> anyhow::Result<()> {
    let say = || format!("writing {}", folder.display());
    std::fs::create_dir_all(folder).with_context(say)?;
    std::fs::write(folder.join("lib.rs"), "").with_context(say)?;
    std::fs::write(folder.join("Cargo.toml"), manifest).with_context(say)?;
    let texts: Vec<String> = locks.iter().filter_map(|lock| std::fs::read_to_string(lock).ok()).collect();
    std::fs::write(folder.join("Cargo.lock"), merged(&texts)).with_context(say)
}

/// One lock file out of several; of equal packages the first one's entry counts.
fn merged(locks: &[String]) -> String {
    let mut packages: BTreeMap<(String, String, String), Table> = BTreeMap::new();
    for lock in locks {
        let table: Table = lock.parse().unwrap_or_default();
        let Some(Value::Array(all)) = table.get("package") else { continue };
        let all: Vec<&Table> = all.iter().filter_map(Value::as_table).collect();
        let text = |package: &Table, key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        for package in &all {
            // Crates of a folder are read anew, and those of the course's workspace are no business of this project.
            if text(package, "source").is_empty() {
                continue;
            }
            let mut package = (*package).clone();
            if let Some(Value::Array(dependencies)) = package.get_mut("dependencies") {
                for dependency in dependencies {
                    // A name alone means "the only version in this file"; in a merged file there may be two.
                    let named = dependency.as_str().filter(|name| !name.contains(' ')).unwrap_or_default();
                    if let Some(found) = all.iter().find(|other| text(other, "name") == named) {
                        *dependency = Value::String(format!("{named} {}", text(found, "version")));
                    }
                }
            }
            let key = (text(&package, "name"), text(&package, "version"), text(&package, "source"));
            packages.entry(key).or_insert(package);
        }
    }
    let mut lock = Table::new();
    lock.insert("version".into(), Value::Integer(4));
    lock.insert("package".into(), Value::Array(packages.into_values().map(Value::Table).collect()));
    toml::to_string(&lock).unwrap_or_default()
}

/// `cargo build` for the project: the stage's compiler and flags behind our wrapper, whatever the user's environment says.
///
/// # Errors
/// When this program's own path is unknown.
pub fn cargo(stage: &Stage, folder: &Path, target: &Path, offline: bool) -> anyhow::Result<Command> {
    let beside = stage.rustc.with_file_name("cargo");
    let mut command = Command::new(if beside.is_file() { beside } else { "cargo".into() });
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let cargo = name.starts_with("CARGO") || name.starts_with("__CARGO") || name.starts_with("RUSTC");
        if (cargo || name.starts_with("RUSTDOC") || name == "RUSTFLAGS")
            && !KEPT.iter().any(|kept| name.starts_with(kept))
        {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .args(["build", "--release", "--target", &stage.target, "--message-format=json-render-diagnostics"])
        .arg("--target-dir")
        .arg(target)
        .env("RUSTC", &stage.rustc)
        .env("RUSTC_WRAPPER", std::env::current_exe().context("where is this program?")?)
        .env(wrapper::STAGE, stage.folder())
        .env("CARGO_ENCODED_RUSTFLAGS", stage.rustflags.join("\u{1f}"))
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "240");
    if offline {
        command.arg("--offline");
    }
    for (name, value) in [("CARGO_NET_RETRY", "1"), ("CARGO_HTTP_TIMEOUT", "15")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_what_the_lines_said() {
        let lines = ["b-c = \"1\"", "a = { git = \"https://x/y\", features = [\"f\"] }"];
        let wanted = lines.map(|line| Spec::parse(line, Path::new("/")).unwrap()).map(|spec| (spec.crate_name(), spec));
        let text = manifest(&wanted.into());
        let table: Table = text.parse().unwrap();
        let dependencies = table["dependencies"].as_table().unwrap();
        assert_eq!(dependencies["b-c"].as_str(), Some("1"), "{text}");
        assert_eq!(dependencies["a"]["features"][0].as_str(), Some("f"), "{text}");
        assert!(table["workspace"].as_table().unwrap().is_empty(), "{text}");
    }

    #[test]
    fn two_lock_files_become_one_in_which_every_dependency_is_clear() {
        let package = |name: &str, version: &str, more: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+r\"\n{more}\n")
        };
        let first = package("a", "1.0.0", "dependencies = [\n \"r\",\n]") + &package("r", "0.9.0", "");
        let second = package("r", "0.8.0", "") + "[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        let lock: Table = merged(&[first, second]).parse().unwrap();
        let packages = lock["package"].as_array().unwrap();
        assert_eq!(packages.len(), 3);
        assert_eq!(packages[0]["dependencies"][0].as_str(), Some("r 0.9.0"));
    }
}
