//! A model on the Hub becomes a pipeline, and one that is not to be had says what to do. In a process of its own: where names are looked
//! up stands in the environment.

mod tiny;

use course_datasets::loopback::LoopbackHub;
use course_hub::push::{Commit, Content, RemoteRepo, RepoKind};
use course_pipelines::{Error, Task, pipeline, pipeline_with_model};
use tiny::oracle;

#[test]
fn models_come_from_the_hub_and_defaults_that_do_not_say_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let hub = LoopbackHub::start().unwrap();
    let folder = std::path::PathBuf::from(oracle().save(&place, "names"));
    let config = hub.config();
    // SAFETY: this process has one test; the threads that there are by now only answer requests.
    unsafe {
        std::env::set_var("HF_ENDPOINT", hub.url());
        std::env::set_var("HF_TOKEN", config.token.as_deref().unwrap());
        std::env::set_var("HF_HOME", place.path().join("cache"));
        std::env::set_var("COURSE_CACHE", place.path().join("course"));
        std::env::remove_var("HF_HUB_OFFLINE");
    }
    let repo = RemoteRepo::create(&config, RepoKind::Model, "names", Some(false)).unwrap();
    let mut commit = Commit::new("A tiny model");
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        commit = commit.add(file, Content::file(folder.join(file)));
    }
    repo.commit(commit).unwrap();

    let here = pipeline_with_model("ner", folder.to_str().unwrap()).unwrap();
    let there = pipeline_with_model("token-classification", "learner/names").unwrap();
    assert!(there.source().contains("the Hub at 127.0.0.1"), "{}", there.source());
    assert_eq!((there.task(), there.model_name()), (Task::TokenClassification, "learner/names"));
    let text = "my name is Sylvain and I work at Hugging Face in Brooklyn .";
    assert_eq!(there.entities(text).unwrap(), here.entities(text).unwrap());

    // The Hub on this machine has none of the models that tasks run on by default.
    let error = pipeline("ner").unwrap_err();
    assert!(matches!(&error, Error::NoDefault { task: Task::TokenClassification, .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("runs on dbmdz/bert-large-cased-finetuned-conll03-english"), "{message}");
    assert!(message.contains("pipeline_with_model(\"token-classification\", \"path/of/a/folder\")"), "{message}");
}
