use std::path::Path;

use crate::{Batch, Column, Dataset, DatasetDict, Feature, Features, Moment, Value, load_from_disk, row};

fn everything() -> Dataset {
    let features = Features::from([
        ("text", Feature::string()),
        ("label", Feature::class_label(["neg", "pos"]).unwrap()),
        ("ids", Feature::list(Feature::int32())),
        ("pair", Feature::fixed_list(Feature::float32(), 2)),
        ("when", Feature::value("timestamp[us]").unwrap()),
        ("price", Feature::value("decimal128(10, 2)").unwrap()),
        ("raw", Feature::binary()),
        (
            "answers",
            Feature::Struct(Features::from([("text", Feature::list(Feature::string())), ("n", Feature::int8())])),
        ),
        ("any", Feature::Json),
        ("none", Feature::null()),
    ]);
    let full = row! {
        "text" => "naïve 😀\nline", "label" => "pos", "ids" => vec![Some(1), None], "pair" => [0.5, -1.0], "when" => Moment::timestamp(1_577_836_800),
        "price" => Value::Decimal("12.50".to_owned()), "raw" => Value::bytes(*b"\x00\xff"),
        "answers" => Value::fields([("text", Value::from(["a", "b"])), ("n", Value::from(-1))]), "any" => Value::from(serde_json::json!({"a": [1, "x"]})),
    };
    Dataset::from_rows_of(features, [full.clone(), row! {}, full]).unwrap()
}

fn rows(data: &Dataset) -> Vec<String> {
    data.iter().map(|row| row.unwrap().to_string()).collect()
}

#[test]
fn what_is_saved_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = everything().with_split("train");
    data.save_to_disk(folder.path().join("a/b")).unwrap();
    let back = Dataset::load_from_disk(folder.path().join("a/b")).unwrap();
    assert_eq!(back.features(), data.features());
    assert_eq!(rows(&back), rows(&data));
    assert_eq!(back.split(), Some("train"));
    assert_eq!(back.files().len(), 1);
}

#[test]
fn selected_rows_are_written_in_their_order_over_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = Dataset::from_columns([("n", Column::from((0..2500).collect::<Vec<i64>>()))]).unwrap();
    data.save_in_shards(folder.path(), 3).unwrap();
    let back = Dataset::load_from_disk(folder.path()).unwrap();
    assert_eq!(back.values::<i64>("n").unwrap(), (0..2500).collect::<Vec<i64>>());
    assert_eq!(back.files().len(), 3);
    // Onto the files that it is read from.
    let some = back.select([2400, 3, 1200]).unwrap();
    some.save_to_disk(folder.path()).unwrap();
    assert_eq!(Dataset::load_from_disk(folder.path()).unwrap().values::<i64>("n").unwrap(), [2400, 3, 1200]);
    assert_eq!(some.values::<i64>("n").unwrap(), [2400, 3, 1200]);
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["data-00000-of-00001.arrow", "dataset_info.json", "state.json"]);
}

#[test]
fn splits_are_folders() {
    let folder = tempfile::tempdir().unwrap();
    let splits = DatasetDict::new([("train", everything()), ("test", everything().take(0))]);
    let path = folder.path().join("all");
    splits.save_to_disk(&path).unwrap();
    let back = load_from_disk(&path).unwrap();
    assert_eq!(back.to_string(), splits.to_string());
    assert_eq!(back.get("test").unwrap().features(), splits.get("test").unwrap().features());
    let error = Dataset::load_from_disk(&path).unwrap_err().to_string();
    assert!(error.ends_with("it holds several splits: load them with `load_from_disk`"), "{error}");
    let error = load_from_disk(path.join("train")).unwrap_err().to_string();
    assert!(error.ends_with("load it with `Dataset::load_from_disk`"), "{error}");
    assert!(load_from_disk("/no/such").unwrap_err().to_string().contains("there is no such folder"));
    let entries = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(entries, 1, "nothing temporary is left");
}

#[test]
fn the_older_layout_with_indices() {
    let folder = tempfile::tempdir().unwrap();
    let data = Dataset::from_columns([("n", Column::from(vec![10_i64, 11, 12]))]).unwrap();
    data.save_to_disk(folder.path()).unwrap();
    std::fs::rename(folder.path().join("data-00000-of-00001.arrow"), folder.path().join("dataset.arrow")).unwrap();
    let indices = Dataset::from_columns([("indices", Column::from(vec![2_u64, 0]))]).unwrap();
    write(&folder.path().join("indices.arrow"), &indices);
    let state = r#"{"_data_files": [{"filename": "dataset.arrow"}], "_fingerprint": "x", "_format_columns": null, "_format_kwargs": {}, "_format_type": null,
        "_indexes": {}, "_indices_data_files": [{"filename": "indices.arrow"}], "_output_all_columns": false, "_split": null}"#;
    std::fs::write(folder.path().join("state.json"), state).unwrap();
    assert_eq!(Dataset::load_from_disk(folder.path()).unwrap().values::<i64>("n").unwrap(), [12, 10]);
    std::fs::write(folder.path().join("state.json"), state.replace("dataset.arrow", "../dataset.arrow")).unwrap();
    assert!(Dataset::load_from_disk(folder.path()).unwrap_err().to_string().contains("does not lie in its folder"));
}

fn write(path: &Path, data: &Dataset) {
    let mut writer = crate::ArrowWriter::create(path, data.features()).unwrap();
    for batch in data.batches(1000) {
        writer.write(&batch.unwrap().to_record_batch().unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn damaged_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.arrow");
    write(&path, &everything());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 100]).unwrap();
    let error = Dataset::from_file(&path).and_then(|data| data.head(1)).unwrap_err().to_string();
    assert!(error.contains("the file was cut off"), "{error}");
    std::fs::write(&path, b"").unwrap();
    assert!(Dataset::from_file(&path).unwrap_err().to_string().contains("the file is empty"));
    std::fs::write(&path, b"a,b\n1,2\n").unwrap();
    assert!(Dataset::from_file(&path).unwrap_err().to_string().contains("this is no Arrow IPC data"));
    std::fs::write(&path, b"PAR1 and more").unwrap();
    assert!(Dataset::from_file(&path).is_err());
    // Any byte may be wrong: whatever comes of it, it is no panic.
    for place in (0..whole.len()).step_by(31) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x55;
        std::fs::write(&path, &damaged).unwrap();
        let _ = Dataset::from_file(&path)
            .and_then(|data| data.iter().map(|row| Ok(row?.to_string())).collect::<crate::Result<Vec<_>>>());
    }
}

#[test]
fn csv_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut batch = Batch::new();
    batch.set("text", Column::from(vec![Some("a,b"), None, Some("say \"x\"\nagain")]));
    batch.set("n", Column::from(vec![Some(1_i64), None, Some(3)]));
    batch.set("f", Column::from(vec![1.0, 0.1, f64::NAN]));
    batch.set("b", Column::from(vec![true, false, true]));
    batch.set("l", Column::from(vec![vec!["x"], vec![], vec!["y", "z"]]));
    let data = Dataset::from_batch(&batch).unwrap();
    let path = folder.path().join("x.csv");
    assert_eq!(data.to_csv(&path).unwrap(), std::fs::metadata(&path).unwrap().len());
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "text,n,f,b,l\n\"a,b\",1,1.0,True,\"[\"\"x\"\"]\"\n,,0.1,False,[]\n\"say \"\"x\"\"\nagain\",3,,True,\"[\"\"y\"\",\"\"z\"\"]\"\n"
    );
    let path = folder.path().join("x.jsonl");
    data.to_json(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().nth(1), Some(r#"{"text":null,"n":null,"f":0.1,"b":false,"l":[]}"#));
    data.to_json(folder.path().join("x.jsonl.zst")).unwrap();
    assert_eq!(
        zstd::decode_all(std::fs::File::open(folder.path().join("x.jsonl.zst")).unwrap()).unwrap(),
        text.as_bytes()
    );
    data.take(0).to_csv(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "text,n,f,b,l\n");
    assert!(everything().remove_columns(["none"]).unwrap().to_parquet(folder.path().join("x.parquet")).unwrap() > 0);
}

#[test]
fn a_column_alone_needs_no_look_at_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..2500).map(|n| format!("zebra {n}")).collect();
    let data = Dataset::from_columns([
        ("text", crate::Column::from(texts)),
        ("n", crate::Column::from((0..2500).collect::<Vec<i64>>())),
    ]);
    data.unwrap().save_to_disk(folder.path()).unwrap();
    let path = folder.path().join("data-00000-of-00001.arrow");
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.windows(10).position(|part| part == b"zebra 1700").unwrap();
    bytes[place] = 0xff;
    std::fs::write(&path, bytes).unwrap();
    let data = Dataset::load_from_disk(folder.path()).unwrap();
    assert_eq!(data.values::<i64>("n").unwrap(), (0..2500).collect::<Vec<i64>>());
    assert_eq!(data.sort_reverse("n").unwrap().row(2499).unwrap().str("text").unwrap(), "zebra 0");
    assert_eq!(data.shuffle(1).unwrap().values::<i64>("n").unwrap().len(), 2500);
    for error in [data.column("text").unwrap_err(), data.row(1700).unwrap_err()] {
        assert!(error.to_string().contains("record batch 1 cannot be read"), "{error}");
    }
}
