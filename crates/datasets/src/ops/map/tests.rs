use std::sync::atomic::{AtomicUsize, Ordering};

use super::Map;
use crate::{Column, Dataset, Error, Feature, Features, RowError, Value, batch, row};

fn data() -> Dataset {
    Dataset::from_columns([("text", Column::from(vec!["One Two", "Three", ""]))])
        .unwrap()
        .add_column("n", vec![1_i8, 2, 3])
        .unwrap()
}

fn rows(data: &Dataset) -> Vec<String> {
    data.iter().map(|row| row.unwrap().to_string()).collect()
}

#[test]
fn a_new_row_is_put_over_the_old_one() {
    let made = data().map(|row| row! { "length" => row.str("text").unwrap().len() }).unwrap();
    assert_eq!(rows(&made)[1], "{'text': 'Three', 'n': 2, 'length': 5}");
    assert_eq!(made.features().to_string(), "{'text': Value('string'), 'n': Value('int8'), 'length': Value('int64')}");
}

#[test]
fn the_row_itself_comes_back_changed() {
    let made = data()
        .map(|mut row| {
            row.set("text", row.str("text")?.to_lowercase());
            if row.get::<i64>("n")? != 2 {
                row.set("n", row.get::<i64>("n")? + 10);
            }
            Ok(row)
        })
        .unwrap();
    assert_eq!(rows(&made), ["{'text': 'one two', 'n': 11}", "{'text': 'three', 'n': 2}", "{'text': '', 'n': 13}"]);
    assert_eq!(made.features().get("n"), Some(&Feature::int8()));
    let made = data().map(|row| row.with("n", 1000)).unwrap();
    assert_eq!(made.features().get("n"), Some(&Feature::int64()));
    let made = data()
        .map(|mut row| {
            row.remove("n");
            row
        })
        .unwrap();
    assert_eq!(made.column_names(), ["text"]);
}

#[test]
fn a_batch_may_come_back_longer() {
    let split = |batch: crate::Batch| {
        let words: Vec<&str> = batch.strs("text")?.into_iter().flat_map(str::split_whitespace).collect();
        Ok(batch! { "word" => words })
    };
    let made = data().map_with(Map::batched(2).remove_columns(["text", "n"]), split).unwrap();
    assert_eq!(rows(&made), ["{'word': 'One'}", "{'word': 'Two'}", "{'word': 'Three'}"]);
    let error = data().map_batched(1000, |batch| Ok(batch! { "new" => vec![1_i64; 2 * batch.len()] })).unwrap_err();
    assert!(error.to_string().starts_with("Column 2 named new expected length 3 but got length 6\n"), "{error}");
    let error = data().map_with(Map::batched(2).remove_columns(["txt"]), split).unwrap_err();
    assert!(matches!(error, Error::NoColumn { .. }));
}

#[test]
fn removed_columns_may_be_made_anew() {
    let made = data()
        .map_with(Map::rows().remove_columns(["text", "n"]), |row| Ok(row! { "n" => format!("{}!", row["n"]) }))
        .unwrap();
    assert_eq!(rows(&made), ["{'n': '1!'}", "{'n': '2!'}", "{'n': '3!'}"]);
}

#[test]
fn failures_name_their_rows() {
    let error = data().map(|row| if row["n"] == 2 { Err(RowError::new("two")) } else { Ok(row) }).unwrap_err();
    assert_eq!(error.to_string(), "row 1: two");
    let error = data().map_batched(2, |batch| Ok(batch! { "n" => batch.get::<String>("n")? })).unwrap_err().to_string();
    assert!(error.starts_with("rows 0 to 1: row 0 of column \"n\" holds an integer (1), not a string"), "{error}");
    let mixed = |row: crate::Row| if row["n"] == 2 { row.with("x", "a") } else { row.with("x", 1) };
    let error = data().map(mixed).unwrap_err().to_string();
    assert!(error.starts_with("column \"x\" mixes types: an integer in row 0 and a string in row 1"), "{error}");
}

#[test]
fn types_are_found_out_later_where_there_is_nothing_first() {
    let many = Dataset::from_columns([("n", Column::from((0..2500).collect::<Vec<i64>>()))]).unwrap();
    let made = many
        .map(|row| {
            let n = row.get::<i64>("n")?;
            Ok(row! { "late" => (n >= 2000).then(|| n.to_string()), "f" => if n > 1200 { Value::from(0.5) } else { Value::from(1) } })
        })
        .unwrap();
    assert_eq!(made.features().to_string(), "{'n': Value('int64'), 'late': Value('string'), 'f': Value('float64')}");
    assert_eq!(made.row(2499).unwrap().to_string(), "{'n': 2499, 'late': '2499', 'f': 0.5}");
    assert_eq!(made.row(0).unwrap().to_string(), "{'n': 0, 'late': None, 'f': 1.0}");
}

#[test]
fn threads_keep_the_order() {
    let many =
        Dataset::from_columns([("n", Column::from((0..10_000).collect::<Vec<i64>>()))]).unwrap().shuffle(1).unwrap();
    let calls = AtomicUsize::new(0);
    let made = many
        .map_with(Map::batched(100).num_proc(4), |batch| {
            calls.fetch_add(1, Ordering::Relaxed);
            let twice: Vec<i64> = batch.get::<i64>("n")?.iter().map(|n| 2 * n).collect();
            Ok(batch.with("n", twice))
        })
        .unwrap();
    let wanted: Vec<i64> = many.values::<i64>("n").unwrap().iter().map(|n| 2 * n).collect();
    assert_eq!(made.values::<i64>("n").unwrap(), wanted);
    assert_eq!(calls.load(Ordering::Relaxed), 100);
}

#[test]
fn features_may_be_given() {
    let features = Features::new().with("label", Feature::class_label(["even", "odd"]).unwrap());
    let map = Map::rows().remove_columns(["text", "n"]).features(features.clone());
    let made = data()
        .map_with(map, |row| Ok(row! { "label" => if row.get::<i64>("n")? % 2 == 0 { "even" } else { "odd" } }))
        .unwrap();
    assert_eq!(made.features(), &features);
    assert_eq!(made.column("label").unwrap().to_string(), "Column([1, 0, 1])");
}

#[test]
fn rows_that_are_handed_out_know_their_numbers() {
    let made = data().select([2, 0]).unwrap().map(|row| Ok(row! { "at" => row.number().unwrap_or(9) })).unwrap();
    assert_eq!(rows(&made), ["{'text': '', 'n': 3, 'at': 0}", "{'text': 'One Two', 'n': 1, 'at': 1}"]);
}

#[test]
fn an_empty_dataset_stays_as_it_is() {
    let made = data().take(0).map(|row| row.with("x", 1)).unwrap();
    assert_eq!(made.column_names(), ["text", "n"]);
}

#[test]
fn what_lies_in_files_is_mapped_once() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn count(row: crate::Row) -> Result<crate::Row, RowError> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(row.with("seen", true))
    }
    let folder = tempfile::tempdir().unwrap();
    data().save_to_disk(folder.path()).unwrap();
    let load = || Dataset::load_from_disk(folder.path()).unwrap();
    let first = load().map(count).unwrap();
    assert_eq!(CALLS.load(Ordering::Relaxed), 3);
    let second = load().map(count).unwrap();
    assert_eq!(CALLS.load(Ordering::Relaxed), 3);
    assert_eq!(rows(&first), rows(&second));
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.files(), second.files());
    let third = load().map_with(Map::rows().cache(false), count).unwrap();
    assert_eq!(CALLS.load(Ordering::Relaxed), 6);
    assert_eq!(rows(&third), rows(&first));
    assert_eq!(load().take(2).map(count).unwrap().len(), 2);
    assert_eq!(CALLS.load(Ordering::Relaxed), 8);
    for file in first.files() {
        std::fs::remove_file(file).unwrap();
    }
    // A function that holds a variable is known only by its key.
    let suffix = "!".to_owned();
    let exclaim = |row: crate::Row| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(row! { "text" => format!("{}{suffix}", row.str("text")?) })
    };
    let keyed = || load().map_with(Map::rows().cache_key("exclaim !"), exclaim).unwrap();
    let kept = keyed();
    assert_eq!(rows(&keyed()), rows(&kept));
    assert_eq!(CALLS.load(Ordering::Relaxed), 11);
    let _ = load().map_with(Map::rows(), exclaim).unwrap();
    assert_eq!(CALLS.load(Ordering::Relaxed), 14);
    for file in kept.files() {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn what_outgrows_memory_goes_to_a_file_that_goes_with_it() {
    let many = Dataset::from_columns([("n", Column::from((0..3000).collect::<Vec<i64>>()))]).unwrap();
    let text = "x".repeat(40_000);
    let made = many.map(|row| Ok(row! { "text" => text.as_str(), "m" => row.get::<i64>("n")? + 1 })).unwrap();
    let files = made.files();
    assert_eq!(files.len(), 1);
    assert_eq!(made.row(2999).unwrap()["m"], 3000);
    let view = made.select_columns(["m"]).unwrap();
    drop(made);
    assert!(files[0].exists());
    assert_eq!(view.values::<i64>("m").unwrap().len(), 3000);
    drop(view);
    assert!(!files[0].exists());
}

#[test]
fn what_no_session_can_make_again_goes_with_its_datasets() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn count(row: crate::Row) -> Result<crate::Row, RowError> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(row.with("seen", true))
    }
    let folder = tempfile::tempdir().unwrap();
    data().save_to_disk(folder.path()).unwrap();
    let of_this_session =
        Dataset { fingerprint: crate::Fingerprint::unique(), ..Dataset::load_from_disk(folder.path()).unwrap() };
    let first = of_this_session.map(count).unwrap();
    assert_eq!(CALLS.swap(0, Ordering::Relaxed), 3);
    // Found again while a dataset has it, though it is a view of it by then, or one made of two.
    let view = first.select_columns(["seen"]).unwrap();
    let files = first.files();
    drop(first);
    let second = of_this_session.map(count).unwrap();
    assert_eq!((CALLS.swap(0, Ordering::Relaxed), second.files()), (0, files.clone()));
    drop(view);
    let twice = crate::concatenate_datasets(&[second.clone(), second]).unwrap();
    assert_eq!(twice.values::<bool>("seen").unwrap(), [true; 6]);
    assert!(files[0].exists() && files[0].starts_with(crate::cache::scratch().unwrap()));
    drop(twice);
    assert!(!files[0].exists());
    let again = of_this_session.map(count).unwrap();
    assert_eq!(CALLS.swap(0, Ordering::Relaxed), 3);
    assert_ne!(again.files(), files);
    assert_eq!(rows(&again).len(), 3);
}
