//! Every way to name files leads to the same rows.

use std::io::Write;
use std::path::{Path, PathBuf};

use course_datasets::{DatasetDict, Feature, Features, SampleBy, load_dataset};

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

fn shape(splits: &DatasetDict) -> Vec<(String, usize)> {
    splits.num_rows()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn files_are_named_in_many_ways() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let one = write(root, "data/train-1.csv", "n,t\n1,a\n2,b\n");
    let two = write(root, "data/train-2.csv.gz", gzip(b"n,t\n3,c\n"));
    let test = write(root, "data/test.tsv", "n\tt\n4\td\n");
    let load = |name: &str| load_dataset(name).cache_folder(root.join("cache")).quiet();
    let train = [("train".to_owned(), 3)];
    assert_eq!(shape(&load("csv").data_files(vec![&one, &two]).load().unwrap()), train);
    let pattern = format!("{}/data/train-*", root.display());
    assert_eq!(shape(&load("csv").data_files(pattern.as_str()).load().unwrap()), train);
    let dir = root.join("data");
    assert_eq!(shape(&load("csv").data_dir(&dir).data_files("train-*").load().unwrap()), train);
    // A folder's splits are told from names.
    let folder_name = dir.display().to_string();
    std::fs::remove_file(&test).unwrap();
    write(root, "data/test.csv", "n,t\n4,d\n");
    let both = [("train".to_owned(), 3), ("test".to_owned(), 1)];
    assert_eq!(shape(&load(&folder_name).load().unwrap()), both);
    let splits = [("train", vec![&one, &two]), ("test", vec![&one])];
    assert_eq!(
        shape(&load("csv").data_files(splits).load().unwrap()),
        [("train".to_owned(), 3), ("test".to_owned(), 2)]
    );
    // The name of a file says its format.
    assert_eq!(shape(&load(&two.display().to_string()).load().unwrap()), [("train".to_owned(), 1)]);
    let tabs = write(root, "reviews.tsv", "n\tt\n4\td\n");
    let tabs = load(&tabs.display().to_string()).split("train").load().unwrap();
    assert_eq!(tabs.column_names(), ["n", "t"]);
    let part = load(&folder_name).split("train[:2]+test").load().unwrap();
    assert_eq!(part.values::<i64>("n").unwrap(), [1, 2, 4]);
}

#[test]
fn archives_hold_splits() {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in
        [("set/train.jsonl", "{\"n\": 1}\n{\"n\": 2}\n"), ("set/test.jsonl", "{\"n\": 3}\n"), ("set/README.md", "x")]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let path = write(folder.path(), "set.zip", zip.finish().unwrap().into_inner());
    let cache = folder.path().join("cache");
    let whole = load_dataset(path.display().to_string()).cache_folder(&cache).quiet().load().unwrap();
    assert_eq!(shape(&whole), [("train".to_owned(), 2), ("test".to_owned(), 1)]);
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [("a.txt", "one\ntwo\n"), ("b.txt", "three\n")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let path = write(folder.path(), "texts.tar.zst", zstd::encode_all(&tar.into_inner().unwrap()[..], 1).unwrap());
    let texts = load_dataset("text").data_files(path).cache_folder(&cache).split("train").load().unwrap();
    assert_eq!(texts.strings("text").unwrap(), ["one", "two", "three"]);
}

#[test]
fn addresses_are_downloaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let served = folder.path().join("served");
    write(&served, "reviews.csv.gz", gzip(b"n,t\n1,a\n"));
    let server = course_datasets::loopback::serve_folder(&served).unwrap();
    let address = format!("{}/reviews.csv.gz", server.url().trim_end_matches('/'));
    let load = || load_dataset("csv").data_files(address.as_str()).cache_folder(folder.path().join("cache")).quiet();
    assert_eq!(load().split("train").load().unwrap().strings("t").unwrap(), ["a"]);
    std::fs::remove_file(served.join("reviews.csv.gz")).unwrap();
    assert_eq!(load().split("train").load().unwrap().len(), 1);
    assert!(load().fresh().load().is_err());
}

#[test]
fn a_repository_of_the_hub_is_taken_from_pythons_cache_or_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = "n,t\n1,a\n";
    write(root, "hub/datasets--owner--name/refs/main", "abc");
    write(root, "hub/datasets--owner--name/snapshots/abc/data/train.csv", text);
    write(root, "hub/datasets--owner--name/snapshots/abc/README.md", "x");
    let mut config = course_hub::HubConfig::from_variables(|_| None);
    config.hub_cache = root.join("hub");
    config.offline = true;
    let load = |name: &str| load_dataset(name).hub(config.clone()).cache_folder(root.join("cache")).quiet();
    assert_eq!(shape(&load("owner/name").load().unwrap()), [("train".to_owned(), 1)]);
    let error = load("owner/other").load().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("owner/other") && error.contains("HF_HUB_OFFLINE"), "{error}");
    // A Hub on this machine.
    let listing = serde_json::json!({ "sha": "def", "siblings": [{ "rfilename": "test.csv" }, { "rfilename": "train.csv" }, { "rfilename": "x.md" }] });
    write(root, "served/api/datasets/owner/other/revision/main", listing.to_string());
    write(root, "served/datasets/owner/other/resolve/def/train.csv", text);
    write(root, "served/datasets/owner/other/resolve/def/test.csv", text);
    let server = course_datasets::loopback::serve_folder(root.join("served")).unwrap();
    let mut config = config.clone();
    config.endpoint = server.url().trim_end_matches('/').to_owned();
    config.offline = false;
    let load = |name: &str| load_dataset(name).hub(config.clone()).cache_folder(root.join("cache")).quiet();
    assert_eq!(shape(&load("owner/other").load().unwrap()), [("train".to_owned(), 1), ("test".to_owned(), 1)]);
    let error = load("owner/none").load().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("no such dataset"), "{error}");
}

#[test]
fn a_file_is_read_again_when_it_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.csv", "n\n1\n");
    let load = || load_dataset("csv").data_files(&path).cache_folder(folder.path().join("cache")).quiet();
    assert_eq!(load().split("train").load().unwrap().len(), 1);
    assert_eq!(load().split("train").load().unwrap().len(), 1);
    write(folder.path(), "a.csv", "n\n1\n2\n");
    assert_eq!(load().split("train").load().unwrap().len(), 2);
    // Read in another way, it is another dataset.
    let text = load().column_type("n", "string").split("train").load().unwrap();
    assert_eq!(text.strings("n").unwrap(), ["1", "2"]);
}

#[test]
fn features_name_the_columns_to_read_and_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.csv", "id,label,when\n1,pos,2020-01-31\n2,neg,\n");
    let features = Features::new()
        .with("label", Feature::class_label(["neg", "pos"]).unwrap())
        .with("when", Feature::value("date32").unwrap())
        .with("id", Feature::value("int8").unwrap());
    let load =
        load_dataset("csv").data_files(path).cache_folder(folder.path().join("cache")).features(features.clone());
    let data = load.split("train").load().unwrap();
    assert_eq!((data.features(), data.values::<i64>("label").unwrap()), (&features, vec![1, 0]));
    assert!(data.row(1).unwrap()["when"].is_null());
}

#[test]
fn text_is_cut_by_line_paragraph_or_document() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.txt", "a\n\nb\r\nc\n\n\nd\n");
    let rows = |by: SampleBy, keep: bool| {
        let load = load_dataset("text").data_files(&path).cache_folder(folder.path().join("cache"));
        load.sample_by(by).keep_linebreaks(keep).split("train").load().unwrap().strings("text").unwrap()
    };
    assert_eq!(rows(SampleBy::Line, false), ["a", "", "b", "c", "", "", "d"]);
    assert_eq!(rows(SampleBy::Line, true)[2], "b\n");
    assert_eq!(rows(SampleBy::Paragraph, false), ["a", "b\nc", "\nd\n"]);
    assert_eq!(rows(SampleBy::Document, false), ["a\n\nb\nc\n\n\nd\n"]);
}
