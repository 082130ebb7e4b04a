//! What a `:dep` line asks for.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::super::commands::distance;

/// The keys of cargo's that have a meaning in a notebook.
const KEYS: [&str; 9] = ["version", "features", "default-features", "path", "git", "rev", "branch", "tag", "package"];

/// Names that mean something else in a cell.
const TAKEN: [&str; 6] = ["course", "course_dep", "notebook", "std", "core", "alloc"];

/// One crate to add.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The name in the line; cells write it with `_` for `-`.
    pub name: String,
    /// What stands right of `=`, as cargo understands it: a version, or a table.
    pub value: Value,
}

impl Spec {
    /// Reads what follows `:dep`: `name`, `name@1.2`, `name = "1.2"`, `name = { … }`. Paths are relative to `folder`.
    ///
    /// # Errors
    /// A sentence for the learner.
    pub fn parse(line: &str, folder: &Path) -> Result<Self, String> {
        let line = line.trim();
        let (name, value) = match line.split_once('=') {
            // `name@=1.2` is an exact version, not a table.
            Some((name, _)) if !name.contains('@') => {
                let mut table: Table = line.parse().map_err(|error: toml::de::Error| not_toml(line, &error))?;
                let name = name.trim().trim_matches('"').to_owned();
                let value = table.remove(&name).filter(|_| table.is_empty());
                (name, value.ok_or_else(|| usage(line))?)
            }
            _ => {
                let (name, version) = line.split_once('@').unwrap_or((line, "*"));
                (name.trim().to_owned(), Value::String(version.trim().to_owned()))
            }
        };
        let sensible = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(sensible) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(usage(line));
        }
        let mut spec = Self { name, value };
        if TAKEN.contains(&spec.crate_name().as_str()) {
            return Err(format!("`{}` is there already, and no other crate can have that name here", spec.name));
        }
        match &mut spec.value {
            Value::String(_) => {}
            Value::Table(table) => check(&spec.name, table, folder)?,
            other => {
                return Err(format!(
                    "`{name} = {other}`: a version is text in quotes, as in `:dep {name} = \"{other}\"`",
                    name = spec.name
                ));
            }
        }
        Ok(spec)
    }

    /// The name that cells write.
    pub fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The folder of a crate that is none of a registry's: its sources may change from one `:dep` to the next.
    pub fn path(&self) -> Option<PathBuf> {
        self.value.get("path").and_then(Value::as_str).map(PathBuf::from)
    }

    /// Where it comes from, as `:dep` lists it.
    pub fn origin(&self) -> String {
        let text = |key: &str| self.value.get(key).and_then(Value::as_str);
        match (text("path"), text("git")) {
            (Some(path), _) => path.to_owned(),
            (_, Some(git)) => git.to_owned(),
            _ => "crates.io".to_owned(),
        }
    }
}

fn check(name: &str, table: &mut Table, folder: &Path) -> Result<(), String> {
    for (key, value) in table.iter() {
        if !KEYS.contains(&key.as_str()) {
            let near =
                KEYS.into_iter().min_by_key(|known| distance(known, key)).filter(|near| distance(near, key) <= 3);
            return Err(match near {
                Some(near) => format!("`{name}`: there is no key `{key}`; did you mean `{near}`?"),
                None => format!("`{name}`: there is no key `{key}`; a dependency has {}", KEYS.join(", ")),
            });
        }
        let fits = match key.as_str() {
            "features" => value.as_array().is_some_and(|all| all.iter().all(Value::is_str)),
            "default-features" => value.is_bool(),
            _ => value.is_str(),
        };
        if !fits {
            let wanted = match key.as_str() {
                "features" => "a list of texts, as in `features = [\"derive\"]`",
                "default-features" => "`true` or `false`",
                _ => "text in quotes",
            };
            return Err(format!("`{name}`: `{key}` takes {wanted}"));
        }
    }
    if !["version", "path", "git"].iter().any(|key| table.contains_key(*key)) {
        table.insert("version".into(), Value::String("*".into()));
    }
    if let Some(path) = table.get("path").and_then(Value::as_str) {
        let full = folder.join(path);
        if !full.join("Cargo.toml").is_file() {
            return Err(format!(
                "`{name}`: there is no crate at {} (no Cargo.toml there); the path is relative to the notebook's folder",
                full.display()
            ));
        }
        let full = full.canonicalize().unwrap_or(full);
        let text =
            full.into_os_string().into_string().map_err(|_| format!("`{name}`: cargo needs its path in UTF-8"))?;
        table.insert("path".into(), Value::String(text));
    }
    Ok(())
}

fn not_toml(line: &str, error: &toml::de::Error) -> String {
    format!("`:dep {line}` cannot be read: {}. {}", error.message().trim(), FORMS)
}

fn usage(line: &str) -> String {
    match line {
        "" => FORMS.to_owned(),
        line => format!("`:dep {line}` cannot be read. {FORMS}"),
    }
}

const FORMS: &str = "Write `:dep name`, `:dep name = \"1.2\"` or `:dep name = { version = \"1.2\", features = [\"f\"] }`; \
    a table may have a `path` or a `git` address instead of the version.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_cargo_would() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let value = |line: &str| Spec::parse(line, here).map(|spec| (spec.crate_name(), spec.value.to_string()));
        for (line, name, wanted) in [
            ("rand", "rand", "\"*\""),
            (" rand@0.9 ", "rand", "\"0.9\""),
            ("rand@=0.9.1", "rand", "\"=0.9.1\""),
            ("serde-json = \"1\" # why", "serde_json", "\"1\""),
            ("k = { features = [\"a\"] }", "k", "{ features = [\"a\"], version = \"*\" }"),
            ("k = { git = \"https://x/y\", rev = \"1\" }", "k", "{ git = \"https://x/y\", rev = \"1\" }"),
            ("j = { package = \"k\", version = \"2\" }", "j", "{ package = \"k\", version = \"2\" }"),
        ] {
            assert_eq!(value(line), Ok((name.to_owned(), wanted.to_owned())), "{line}");
        }
        let path = Spec::parse("k = { path = \"../kernel\" }", here).unwrap().path().unwrap();
        assert!(path.is_absolute() && path.ends_with("kernel"), "{path:?}");
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_sentence() {
        for (line, wanted) in [
            ("", "Write `:dep name`"),
            ("rand =", "cannot be read"),
            ("rand = 0.9", "text in quotes, as in `:dep rand = \"0.9\"`"),
            ("two words", "cannot be read"),
            ("k = { feature = [\"a\"] }", "did you mean `features`?"),
            ("k = { features = \"a\" }", "a list of texts"),
            ("k = { colour = 1 }", "a dependency has version"),
            ("k = { path = \"no/such\" }", "there is no crate at"),
            ("course = \"1\"", "is there already"),
            ("ä = \"1\"", "cannot be read"),
            ("k = \"1\"\nj = \"1\"", "cannot be read"),
        ] {
            let error = Spec::parse(line, Path::new("/")).map(|spec| spec.name).unwrap_or_else(|error| error);
            assert!(error.contains(wanted), "{line}: {error}");
        }
    }
}
