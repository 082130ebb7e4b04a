//! The order in which a name is looked for, and what a learner reads when it is nowhere.

mod server;

use std::path::Path;

use course_display::Rich;
use course_hub::{HubConfig, HubError, Source, bundled, resolve_with};
use server::{COMMIT, Server};

const SMOL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";
const MINI: &str = "sentence-transformers/all-MiniLM-L6-v2";

fn offline(folder: &Path) -> HubConfig {
    let mut config = HubConfig::from_variables(|_| None).offline(true);
    config.hub_cache = folder.join("hub");
    config.course_cache = folder.join("course");
    config
}

/// Files of the right names and lengths, as a fetched model has them; holes take no disk.
fn pretend_fetched(config: &HubConfig, name: &str) {
    let model = bundled::find(name).unwrap();
    for file in &model.files {
        let path = model.folder(config).join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap().set_len(file.bytes).unwrap();
    }
}

fn pretend_cached(config: &HubConfig, name: &str, files: &[&str]) {
    let folder = config.hub_cache.join(format!("models--{}", name.replace('/', "--")));
    for file in files {
        let path = folder.join("snapshots").join(COMMIT).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }
    std::fs::create_dir_all(folder.join("refs")).unwrap();
    std::fs::write(folder.join("refs/main"), COMMIT).unwrap();
}

#[test]
fn a_local_folder_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("my-model");
    std::fs::create_dir_all(model.join("1_Pooling")).unwrap();
    std::fs::write(model.join("config.json"), "{\"hidden_size\": 4}").unwrap();
    std::fs::write(model.join("1_Pooling/config.json"), "{}").unwrap();
    let name = model.to_str().unwrap();
    let repo = resolve_with(&offline(folder.path()), name).unwrap();
    assert_eq!(repo.source(), &Source::LocalFolder { path: model.clone() });
    assert_eq!(repo.files(), ["1_Pooling/config.json", "config.json"]);
    assert_eq!(repo.first_with_extension("json").as_deref(), Some("1_Pooling/config.json"));
    let config: serde_json::Value = repo.read_json("config.json").unwrap();
    assert_eq!(config["hidden_size"], 4);
    let error = repo.file("tokenizer.json").unwrap_err().to_string();
    assert!(error.contains("tokenizer.json") && error.contains("1_Pooling/config.json"), "{error}");
    assert!(repo.rich().plain().contains("config.json"));

    std::fs::write(model.join("config.json"), "{\"hidden_size\": ").unwrap();
    let error = repo.read_json::<serde_json::Value>("config.json").unwrap_err();
    assert!(matches!(error, HubError::Json { .. }), "{error}");
}

#[test]
fn a_path_that_is_no_folder_is_not_looked_for_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&[]);
    for name in ["./no-such-folder", "/no/such/folder", "../x/y", "~/nowhere/at/all"] {
        let error = resolve_with(&server.config(folder.path()), name).unwrap_err().to_string();
        assert!(error.contains("check the path"), "{name}: {error}");
    }
    let file = folder.path().join("model.gguf");
    std::fs::write(&file, "GGUF").unwrap();
    let error = resolve_with(&server.config(folder.path()), file.to_str().unwrap()).unwrap_err().to_string();
    assert!(error.contains("Gguf::open"), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn names_that_cannot_be_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "  ", "a b/c", "org/mödel", "a--b/c"] {
        let error = resolve_with(&offline(folder.path()), name).unwrap_err();
        assert!(matches!(error, HubError::InvalidName { .. }), "{name:?}: {error}");
    }
}

#[test]
fn the_cache_comes_before_the_bundled_models() {
    let folder = tempfile::tempdir().unwrap();
    let config = offline(folder.path());
    pretend_fetched(&config, MINI);
    let source = resolve_with(&config, MINI).unwrap().source().clone();
    assert!(matches!(source, Source::Bundled { quantized: None, .. }), "{source:?}");

    // A snapshot without weights is no better than the whole model that is bundled.
    pretend_cached(&config, MINI, &["config.json"]);
    let source = resolve_with(&config, MINI).unwrap().source().clone();
    assert!(matches!(source, Source::Bundled { .. }), "{source:?}");

    pretend_cached(&config, MINI, &["model.safetensors"]);
    let source = resolve_with(&config, MINI).unwrap().source().clone();
    assert!(matches!(&source, Source::HubCache { commit, .. } if commit == COMMIT), "{source:?}");

    // Only a tokenizer, of a model that is not bundled: still of use.
    pretend_cached(&config, "org/model", &["tokenizer.json"]);
    assert!(resolve_with(&config, "org/model").unwrap().has("tokenizer.json"));
}

#[test]
fn a_bundled_model_says_that_it_is_quantized() {
    let folder = tempfile::tempdir().unwrap();
    let config = offline(folder.path());
    pretend_fetched(&config, SMOL);
    let repo = resolve_with(&config, SMOL).unwrap();
    assert_eq!(repo.source().quantized(), Some("Q4_1"));
    assert!(repo.source().to_string().contains("quantized to Q4_1"));
    assert_eq!(repo.first_with_extension("gguf").as_deref(), Some("SmolLM2-135M-Instruct.Q4_1.gguf"));
    // Another revision is not the bundled one.
    let error = resolve_with(&config.revision("v2"), SMOL).unwrap_err().to_string();
    assert!(error.contains("not \"v2\""), "{error}");
}

#[test]
fn offline_every_place_is_named_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = offline(folder.path());
    let error = resolve_with(&config, "openai-community/gpt2").unwrap_err();
    let HubError::NotFound(not_found) = &error else { panic!("{error}") };
    assert_eq!(not_found.looked.len(), 4);
    assert_eq!(not_found.suggestion, None);
    let text = error.to_string();
    for words in [
        "\"openai-community/gpt2\"",
        "a local folder",
        &config.hub_cache.join("models--openai-community--gpt2").display().to_string(),
        "HF_HUB_OFFLINE",
        SMOL,
        MINI,
        "What to do: use one of the models above, or unset HF_HUB_OFFLINE",
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}

#[test]
fn a_bundled_model_that_was_not_fetched_says_how_to() {
    let folder = tempfile::tempdir().unwrap();
    let config = offline(folder.path());
    let text = resolve_with(&config, SMOL).unwrap_err().to_string();
    assert!(text.contains("not fetched yet") && text.contains("cargo xtask models fetch"), "{text}");
    pretend_fetched(&config, SMOL);
    let model = bundled::find(SMOL).unwrap();
    std::fs::File::create(model.folder(&config).join(&model.files[0].path)).unwrap().set_len(5).unwrap();
    let text = resolve_with(&config, SMOL).unwrap_err().to_string();
    assert!(text.contains("files are missing") && text.contains("cargo xtask models fetch"), "{text}");
}

#[test]
fn a_typing_mistake_gets_a_suggestion_online_and_offline() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::hub(&[]);
    for config in [offline(folder.path()), server.config(folder.path())] {
        let text = resolve_with(&config, "HuggingFaceTB/SmolLM-135M-Instruct").unwrap_err().to_string();
        assert!(text.contains(&format!("Did you mean \"{SMOL}\"?")), "{text}");
        let text = resolve_with(&config, "all-MiniLM-L6-v2").unwrap_err().to_string();
        assert!(text.contains(&format!("Did you mean \"{MINI}\"?")), "{text}");
    }
}

#[test]
fn a_hub_that_cannot_be_reached_is_one_of_the_places() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Server::hub(&[]).config(folder.path());
    // Port 1 of this machine: nobody listens.
    config.endpoint = "http://127.0.0.1:1".into();
    let text = resolve_with(&config, "org/model").unwrap_err().to_string();
    assert!(text.contains("the Hub at http://127.0.0.1:1: cannot be reached"), "{text}");
    assert!(text.contains("check the network"), "{text}");
    config.endpoint = "not an address".into();
    let text = resolve_with(&config, "org/model").unwrap_err().to_string();
    assert!(text.contains("not an address"), "{text}");
}

#[test]
fn an_adapter_of_the_course_is_found_in_its_checkout() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = offline(folder.path());
    let adapter = folder.path().join("adapters/minilm-something");
    std::fs::create_dir_all(&adapter).unwrap();
    let name = "course/minilm-something";
    let error = |config: &HubConfig| resolve_with(config, name).unwrap_err().to_string();
    assert!(error(&config).contains("COURSE_ROOT does not say"), "{}", error(&config));
    config.course_root = Some(folder.path().to_path_buf());
    // A folder of this name that holds none.
    assert!(error(&config).contains("none of this name in"), "{}", error(&config));
    std::fs::write(adapter.join("adapter_config.json"), "{}").unwrap();
    let repo = resolve_with(&config, name).unwrap();
    assert_eq!(repo.source(), &Source::CourseAdapter { path: adapter });
    assert!(repo.has("adapter_config.json") && repo.source().to_string().contains("adapters that come with"));
    assert!(resolve_with(&config, "other/minilm-something").is_err());
}
