//! Files as Python's `datasets` 5.2.0 (pyarrow 26) reads them.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampSecondType};
use arrow_array::{Array, RecordBatch};

use super::*;
use crate::files::{DataFile, Encoding, Meter, open_text};

fn read_with(text: &str, options: &JsonOptions) -> Result<(String, Vec<RecordBatch>, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, text).unwrap();
    let input = open_text(&DataFile::named(path, "a.json"), Encoding::default(), None, &Meter::default())?;
    let file = JsonFile::open(input, options, None)?;
    let types = file.features.iter().map(|(name, feature)| format!("{name} {}", crate::readers::feature_name(feature)));
    let types = types.collect::<Vec<_>>().join(", ");
    let notes = file.inferred.as_ref().map_or_else(Vec::new, |inferred| inferred.notes.clone());
    Ok((types, file.batches().collect::<Result<_>>()?, notes))
}

fn read(text: &str) -> (String, RecordBatch) {
    let (types, batches, _) = read_with(text, &JsonOptions::default()).unwrap();
    (types, arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap())
}

fn error(text: &str) -> String {
    read_with(text, &JsonOptions::default()).unwrap_err().to_string()
}

#[test]
fn types_and_values_are_pythons() {
    let (types, batch) = read("{\"a\":1,\"b\":\"x\",\"c\":[1,2]}\n\n{\"a\":2,\"b\":null,\"c\":[]} {\"c\":null}\r\n");
    assert_eq!(types, "a int64, b string, c List(Value('int64'))");
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), Some(2), None]);
    assert_eq!((batch.column(1).null_count(), batch.column(2).null_count()), (2, 1));
    assert_eq!(read("{\"a\":1}\n{\"a\":1.5}\n").0, "a float64");
    assert_eq!(read("{\"a\":9223372036854775808}\n").0, "a float64");
    assert_eq!(read("{\"a\":null}\n").0, "a null");
    assert_eq!(read("[\"x\",\"y\"]").0, "text string");
    assert_eq!(read("[\n {\"a\":1},\n {\"a\":2}\n]\n").1.num_rows(), 2);
    let nested = read("{\"a\":2,\"b\":{\"c\":[{\"d\":1}]}}\n{\"a\":1}").0;
    assert_eq!(nested, "a int64, b {'c': List({'d': Value('int64')})}");
}

#[test]
fn moments_become_timestamps_where_all_are_moments() {
    let (types, batch) = read("{\"a\":\"2020-01-01\",\"b\":\"2020-01-01T00:00:01Z\"}\n{\"a\":\"x\",\"b\":null}\n");
    assert_eq!(types, "a string, b timestamp[s]");
    assert_eq!(batch.column(1).as_primitive::<TimestampSecondType>().value(0), 1_577_836_801);
}

#[test]
fn the_rows_of_a_field_are_read_and_pointed_at() {
    let text = "{\n \"version\": 1,\n \"data\": [{\"a\": 1}, {\"a\": 2}]\n}";
    let options = JsonOptions { field: Some("data".to_owned()), ..JsonOptions::default() };
    let (types, batches, _) = read_with(text, &options).unwrap();
    assert_eq!((types.as_str(), batches[0].num_rows()), ("a int64", 2));
    let (types, batches, notes) = read_with(text, &JsonOptions::default()).unwrap();
    assert_eq!((types.as_str(), batches[0].num_rows()), ("version int64, data List({'a': Value('int64')})", 1));
    assert!(notes[0].contains(".field(\"data\")"), "{notes:?}");
}

#[test]
fn broken_json_is_found_at_its_line() {
    let good = "{\"a\": 1, \"b\": \"text\"}\n";
    let text = format!("{}{{\"a\": 1, \"b\" \"text\"}}\n{good}", good.repeat(40_122));
    let problem = error(&text);
    assert!(problem.starts_with("a.json, line 40123, column 14: this is not JSON: expected `:`"), "{problem}");
    // Far beyond what the types are told from.
    let small = JsonOptions { infer_bytes: 100, ..JsonOptions::default() };
    let problem = read_with(&text, &small).unwrap_err().to_string();
    assert!(problem.starts_with("a.json, line 40123, column 14"), "{problem}");
    let problem = error("{\"a\":1}\n{\"a\":\n");
    assert!(problem.starts_with("a.json, line 2") && problem.contains("EOF"), "{problem}");
    let problem = error("{\"a\":NaN}\n");
    assert!(problem.contains("NaN is not JSON"), "{problem}");
    let problem = error("[{\"a\":1},\n {\"a\":1,}]");
    assert!(problem.starts_with("a.json, line 2, column 9"), "{problem}");
}

#[test]
fn mixed_types_and_new_keys_are_found_at_their_line() {
    let problem = error("{\"a\":1,\"m\":{\"t\":[1]}}\n{\"a\":1,\"m\":{\"t\":[\"x\"]}}\n");
    assert!(
        problem.starts_with(
            "a.json, line 2, column 20: the column \"m.t\" mixes types: it holds text here and whole numbers"
        ),
        "{problem}"
    );
    let small = JsonOptions { infer_bytes: 1, ..JsonOptions::default() };
    // More than a block, so that the last line is not looked at for the types.
    let many = "{\"a\":1}\n".repeat(400_000);
    let late = |line: &str| read_with(&format!("{many}{line}\n"), &small).unwrap_err().to_string();
    let problem = late("{\"a\":\"x\"}");
    assert!(
        problem.starts_with(
            "a.json, line 400001, column 8: the column \"a\" holds whole numbers, and here is the text \"x\""
        ),
        "{problem}"
    );
    let problem = late("{\"a\":1,\"b\":2}");
    assert!(problem.starts_with("a.json, line 400001") && problem.contains("\"b\" appears here"), "{problem}");
    assert!(late("{\"a\":1.5}").contains("the number 1.5"));
    assert!(error("{\"a\":1,\"a\":2}").contains("given twice"));
}

#[test]
fn features_are_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, "{\"l\":\"pos\",\"n\":3,\"d\":\"2020-01-01\",\"x\":[1]}\n{\"l\":0,\"x\":[]}\n").unwrap();
    let features = Features::new()
        .with("l", Feature::class_label(["neg", "pos"]).unwrap())
        .with("n", Feature::value("int8").unwrap())
        .with("d", Feature::value("date32").unwrap())
        .with("x", Feature::list(Feature::float32()));
    let open = |features: &Features| {
        let input = open_text(&DataFile::named(&path, "a.json"), Encoding::default(), None, &Meter::default())?;
        JsonFile::open(input, &JsonOptions::default(), Some(features))?.batches().collect::<Result<Vec<RecordBatch>>>()
    };
    let batches = open(&features).unwrap();
    assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().values(), &[1, 0]);
    assert_eq!(batches[0].column(3).data_type(), &Feature::list(Feature::float32()).arrow_type());
    let wrong = Features::new().with("l", Feature::class_label(["neg"]).unwrap());
    let problem = open(&wrong).unwrap_err().to_string();
    assert!(problem.starts_with("a.json, line 1, column 10: the column \"l\"") && problem.contains("pos"), "{problem}");
}
