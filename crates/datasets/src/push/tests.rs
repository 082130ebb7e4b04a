use std::collections::BTreeSet;

use course_hub::HubError;

use super::card::{self, Change, SplitSize};
use crate::loopback::LoopbackHub;
use crate::{Column, Dataset, DatasetDict, Error, Feature, Features, PushToHub, load_dataset, row};

fn size(name: &str, bytes: usize, rows: usize) -> SplitSize {
    SplitSize { name: name.to_owned(), bytes, rows, uploaded: 7 }
}

/// The head of the card that Python's `datasets` 5.2.0 writes for the same (`_get_updated_dataset_card`).
const AFTER_TWO: &str = "\
---
dataset_info:
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': neg
          '1': 'no'
          '2': '1'
          '3': 'it''s: odd'
  - name: 'a: b'
    list: int32
  splits:
  - name: train
    num_bytes: 100
    num_examples: 3
  - name: test
    num_bytes: 50
    num_examples: 2
  download_size: 14
  dataset_size: 150
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
---
";

fn update(
    card: Option<&str>,
    config: &str,
    features: &Features,
    splits: &[SplitSize],
    whole: bool,
    replaced: u64,
) -> crate::Result<String> {
    let folder = if config == "default" { "data" } else { config };
    card::updated(card, "README.md", &Change { config, features, splits, folder, whole }, replaced)
}

#[test]
fn cards_are_those_of_python() {
    let features = Features::from([
        ("text", Feature::string()),
        ("label", Feature::class_label(["neg", "no", "1", "it's: odd"]).unwrap()),
        ("a: b", Feature::list(Feature::int32())),
    ]);
    let x = Features::from([("x", Feature::int64())]);
    let two = update(None, "default", &features, &[size("train", 100, 3), size("test", 50, 2)], true, 0).unwrap();
    assert_eq!(two, AFTER_TWO);
    // One more split, then one again, whose files had 3 bytes.
    let three = update(Some(&two), "default", &features, &[size("validation", 10, 1)], false, 0).unwrap();
    assert!(three.contains(
        "  - name: validation\n    num_bytes: 10\n    num_examples: 1\n  download_size: 21\n  dataset_size: 160\n"
    ));
    assert!(three.ends_with("  - split: validation\n    path: data/validation-*\n---\n"), "{three}");
    let again = update(Some(&three), "default", &features, &[size("train", 11, 1)], false, 3).unwrap();
    assert!(again.contains(
        "  - name: train\n    num_bytes: 11\n    num_examples: 1\n  download_size: 25\n  dataset_size: 71\n"
    ));
    assert!(again.contains("- split: train\n    path: data/train-*\n  - split: test"), "{again}");
    // Another configuration beside it.
    let other = update(Some(&two), "en", &x, &[size("train", 5, 1)], true, 0).unwrap();
    assert!(other.starts_with("---\ndataset_info:\n- config_name: default\n  features:\n  - name: text\n"), "{other}");
    assert!(other.contains("- config_name: en\n  features:\n  - name: x\n    dtype: int64\n  splits:\n"), "{other}");
    assert!(
        other.ends_with("- config_name: en\n  data_files:\n  - split: train\n    path: en/train-*\n---\n"),
        "{other}"
    );
    // Other columns do not go beside those that are there.
    let error = update(Some(&two), "default", &x, &[size("dev", 5, 1)], false, 0).unwrap_err().to_string();
    assert!(error.contains("other columns") && error.contains("class_label"), "{error}");
    assert!(update(Some(&two), "default", &x, &[size("dev", 5, 1)], true, 0).is_ok());
}

#[test]
fn what_else_stands_in_a_card_stays() {
    let features = Features::from([("x", Feature::int64())]);
    let splits = [size("train", 5, 1)];
    let change = Change { config: "default", features: &features, splits: &splits, folder: "data", whole: true };
    let own = "---\nlicense: mit\n# a comment\ntags: [a,   b]\ndataset_info:\n  features: []\nlanguage:\n- en\n---\n\n# Hello\n\n---\nText\n";
    let card = card::updated(Some(own), "README.md", &change, 0).unwrap();
    assert!(
        card.starts_with("---\nlicense: mit\n# a comment\ntags: [a,   b]\ndataset_info:\n  features:\n  - name: x\n"),
        "{card}"
    );
    assert!(card.contains("language:\n- en\nconfigs:\n"), "{card}");
    assert!(card.ends_with("---\n\n# Hello\n\n---\nText\n"), "{card}");
    let card = card::updated(Some("# Only text\n"), "README.md", &change, 0).unwrap();
    assert!(card.starts_with("---\ndataset_info:\n") && card.ends_with("---\n# Only text\n"), "{card}");
    let error = card::updated(Some("---\ndataset_info: |\n  x\n---\n"), "README.md of a/b", &change, 0).unwrap_err();
    assert!(
        error.to_string().starts_with("README.md of a/b, dataset_info: line 1 of this part cannot be read"),
        "{error}"
    );
}

fn rows(count: i64) -> Dataset {
    let texts: Vec<String> = (0..count).map(|n| format!("text {n} of {count} – ü")).collect();
    Dataset::from_columns([("text", Column::from(texts)), ("n", Column::from((0..count).collect::<Vec<i64>>()))])
        .unwrap()
}

struct Place {
    hub: LoopbackHub,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { hub: LoopbackHub::start().unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn options(&self) -> PushToHub {
        let mut config = self.hub.config();
        config.progress = false;
        config.retries = 1;
        config.retry_pause = std::time::Duration::from_millis(1);
        config.hub_cache = self.folder.path().join("hub");
        PushToHub::new().hub(config)
    }

    fn load(&self, name: &str) -> DatasetDict {
        let config = self.options().hub.unwrap();
        // A cache of its own each time, as the branch moves.
        let cache = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        load_dataset(name).hub(config).cache_folder(cache).quiet().load().unwrap()
    }

    fn count(&self, request: &str) -> usize {
        self.hub.asked().iter().filter(|asked| asked.starts_with(request)).count()
    }
}

fn texts(data: &Dataset) -> Vec<String> {
    data.strings("text").unwrap()
}

#[test]
fn a_dictionary_goes_to_the_hub_and_comes_back() {
    let place = Place::new();
    let splits = DatasetDict::new([("train", rows(50).shuffle(1).unwrap()), ("test", rows(7))]);
    let done = splits.push_to_hub_with("learner/texts", &place.options()).unwrap();
    assert!(done.to_string().starts_with(&format!("{}/datasets/learner/texts (commit ", place.hub.url())), "{done}");
    assert_eq!(
        place.hub.files("learner/texts"),
        ["README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"]
    );
    assert!(!place.hub.is_private("learner/texts"));
    let back = place.load("learner/texts");
    assert_eq!(back.names().collect::<BTreeSet<_>>(), BTreeSet::from(["test", "train"]));
    for (name, data) in &splits {
        assert_eq!(texts(back.get(name).unwrap()), texts(data));
        assert_eq!(back.get(name).unwrap().features(), data.features());
    }

    // A split that is gone goes there too, in the same commit.
    let fewer = DatasetDict::new([("train", rows(3))]);
    fewer.push_to_hub_with("texts", &place.options().num_shards(2)).unwrap();
    assert_eq!(
        place.hub.files("learner/texts"),
        ["README.md", "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]
    );
    assert_eq!(texts(place.load("learner/texts").get("train").unwrap()), texts(&rows(3)));
    let card = String::from_utf8(place.hub.read("learner/texts", "README.md").unwrap()).unwrap();
    assert!(card.contains("  - name: train\n") && !card.contains("name: test"), "{card}");
}

#[test]
fn splits_may_come_one_by_one_and_are_replaced() {
    let place = Place::new();
    let options = place.options().private(true).commit_message("First");
    rows(5).push_to_hub_with("texts", &options).unwrap();
    assert!(place.hub.is_private("learner/texts"));
    rows(6).push_to_hub_with("learner/texts", &options.clone().split("validation")).unwrap();
    rows(9).with_split("train").push_to_hub_with("learner/texts", &options.clone().max_shard_size(150)).unwrap();
    let back = place.load("learner/texts");
    assert_eq!((back.get("train").unwrap().len(), back.get("validation").unwrap().len()), (9, 6));
    let files = place.hub.files("learner/texts");
    assert!(!files.contains(&"data/train-00000-of-00001.parquet".to_owned()) && files.len() > 3, "{files:?}");

    // To another branch, and under another name.
    rows(2).push_to_hub_with("learner/texts", &options.clone().revision("odd/branch").config_name("odd")).unwrap();
    assert_eq!(place.hub.files("learner/texts"), files);
    let other = Dataset::from_rows([row! { "y" => 1 }]).unwrap();
    let error = other.push_to_hub_with("learner/texts", &options.split("dev")).unwrap_err();
    assert!(error.to_string().contains("other columns"), "{error}");
    assert_eq!(place.hub.files("learner/texts"), files);
}

#[test]
fn files_that_are_there_are_not_sent_again() {
    let place = Place::new();
    rows(40).push_to_hub_with("texts", &place.options()).unwrap();
    assert_eq!(place.count("PUT /stored/"), 1);
    rows(40).push_to_hub_with("texts", &place.options()).unwrap();
    rows(40).push_to_hub_with("others", &place.options()).unwrap();
    assert_eq!(place.count("PUT /stored/"), 1);
}

#[test]
fn large_files_go_in_parts() {
    let place = Place::new();
    let mut state = 1_u64;
    let noise: Vec<i64> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state ^ (state >> 29)).cast_signed()
    })
    .take(2_600_000)
    .collect();
    let data = Dataset::from_columns([("n", Column::from(noise))]).unwrap();
    data.push_to_hub_with("numbers", &place.options()).unwrap();
    assert_eq!((place.count("PUT /stored/"), place.count("POST /stored/")), (2, 1));
    let back = place.load("learner/numbers");
    assert_eq!(back.get("train").unwrap().values::<i64>("n").unwrap(), data.values::<i64>("n").unwrap());
}

#[test]
fn refusals_say_what_to_do() {
    let place = Place::new();
    let push = |name: &str, change: &dyn Fn(&mut course_hub::HubConfig)| {
        let mut options = place.options();
        options.hub.iter_mut().for_each(change);
        match rows(2).push_to_hub_with(name, &options).unwrap_err() {
            Error::Hub(error) => error,
            other => panic!("{other}"),
        }
    };
    let error = push("texts", &|config| config.token = None);
    assert!(matches!(error, HubError::NoToken { .. }) && error.to_string().contains("HF_TOKEN"), "{error}");
    assert_eq!(place.hub.asked().len(), 0);
    let error = push("learner/texts", &|config| config.token = Some("hf_other".to_owned()));
    assert!(matches!(error, HubError::TokenRefused { .. }), "{error}");
    let error = push("other/texts", &|_| {});
    assert!(matches!(error, HubError::NotAllowed { .. }) && error.to_string().contains("other"), "{error}");
    let error = push("texts", &|config| config.offline = true);
    assert!(matches!(error, HubError::OfflineWrite { .. }), "{error}");
    assert!(matches!(push("a b", &|_| {}), HubError::InvalidName { .. }));

    for (split, why) in [("a b", "name of a split"), ("", "name of a split")] {
        let error = rows(1).push_to_hub_with("texts", &place.options().split(split)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let uneven = DatasetDict::new([("a", rows(1)), ("b", rows(1).select_columns(["n"]).unwrap())]);
    assert!(uneven.push_to_hub_with("texts", &place.options()).unwrap_err().to_string().contains("different columns"));
    assert!(DatasetDict::default().push_to_hub_with("texts", &place.options()).is_err());
    let _ = push("learner/texts", &|config| config.token = Some("hf_other".to_owned()));
    assert_eq!(place.hub.files("learner/texts"), Vec::<String>::new());
}
