use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Column, Dataset, DatasetDict, Error, Filter, RowError};

fn numbers() -> Dataset {
    Dataset::from_columns([("n", Column::from((0..10).collect::<Vec<i64>>()))]).unwrap()
}

fn n(data: &Dataset) -> Vec<i64> {
    data.values("n").unwrap()
}

#[test]
fn rows_are_kept_where_the_answer_is_yes() {
    let even = numbers().filter(|row| row["n"].as_i64().is_some_and(|n| n % 2 == 0)).unwrap();
    assert_eq!(n(&even), [0, 2, 4, 6, 8]);
    let big = even.filter(|row| Ok(row.get::<i64>("n")? > 4)).unwrap();
    assert_eq!(n(&big), [6, 8]);
    let batched =
        numbers().filter_batched(3, |batch| Ok(batch.get::<i64>("n")?.iter().map(|n| *n > 7).collect())).unwrap();
    assert_eq!(n(&batched), [8, 9]);
}

#[test]
fn a_failure_names_the_row() {
    let seven = |row: &crate::Row| match row.get::<i64>("n")? {
        7 => Err(RowError::new("seven")),
        _ => Ok(true),
    };
    assert_eq!(numbers().filter(seven).unwrap_err().to_string(), "row 7: seven");
    let error = numbers().filter_with(&Filter::new().num_proc(2), seven).unwrap_err();
    assert_eq!(error.to_string(), "row 7: seven");
    let error = numbers().filter(|row| Ok(row.str("n")?.is_empty())).unwrap_err().to_string();
    assert_eq!(error, "row 0: column \"n\", row 0, holds an integer (0), not a string");
    let error = numbers().filter_batched(4, |_| vec![true]).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error}");
}

#[test]
fn threads_keep_the_order() {
    let many = Dataset::from_columns([("n", Column::from((0..25_500).collect::<Vec<i64>>()))]).unwrap();
    for data in [many.shuffle(3).unwrap(), many.range(100..24_950)] {
        let kept = data.filter_with(&Filter::new().num_proc(3), |row| Ok(row.get::<i64>("n")? % 7 == 0)).unwrap();
        let expected: Vec<i64> = n(&data).into_iter().filter(|n| n % 7 == 0).collect();
        assert_eq!(n(&kept), expected);
    }
}

fn files_in(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn what_lies_in_files_is_asked_once() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn calls() -> usize {
        CALLS.swap(0, Ordering::Relaxed)
    }
    fn large(row: &crate::Row) -> Result<bool, RowError> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(row.get::<i64>("n")? % 3 == 1)
    }
    let kept = crate::cache::folder().join("filter");
    let before = files_in(&kept);
    let folder = tempfile::tempdir().unwrap();
    numbers().save_to_disk(folder.path()).unwrap();
    let load = || Dataset::load_from_disk(folder.path()).unwrap();
    let first = load().filter(large).unwrap();
    assert_eq!((calls(), n(&first)), (10, vec![1, 4, 7]));
    let second = load().filter(large).unwrap();
    assert_eq!((calls(), n(&second)), (0, vec![1, 4, 7]));
    assert_eq!(first.fingerprint(), second.fingerprint());
    // In a dictionary too, where all splits are asked the same.
    let splits = DatasetDict::new([("train", load()), ("test", load().take(5))]);
    assert_eq!(n(splits.filter(large).unwrap().get("test").unwrap()), [1, 4]);
    assert_eq!(calls(), 5);

    // Other data, another function, another size of batches, or no wish for it: asked again.
    assert_eq!(n(&load().shuffle(1).unwrap().filter(large).unwrap()).len(), 3);
    assert_eq!(calls(), 10);
    let other = |row: &crate::Row| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(row.get::<i64>("n")? % 3 == 2)
    };
    assert_eq!(n(&load().filter(other).unwrap()), [2, 5, 8]);
    assert_eq!(calls(), 10);
    assert_eq!(n(&load().filter_with(&Filter::new().cache(false), large).unwrap()), [1, 4, 7]);
    assert_eq!(calls(), 10);
    let batched = |batch: &crate::Batch| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(batch.get::<i64>("n")?.iter().map(|n| *n > 7).collect::<Vec<bool>>())
    };
    for (size, asked) in [(4, 3), (5, 2), (4, 0)] {
        assert_eq!(n(&load().filter_batched(size, batched).unwrap()), [8, 9]);
        assert_eq!(calls(), asked, "{size}");
    }

    // A function that holds a variable is known only by its key.
    for (least, asked) in [(6, 10), (6, 0), (7, 10)] {
        let filter = Filter::new().cache_key(format!("n from {least}"));
        let from = |row: &crate::Row| {
            CALLS.fetch_add(1, Ordering::Relaxed);
            Ok(row.get::<i64>("n")? >= least)
        };
        assert_eq!(n(&load().filter_with(&filter, from).unwrap()).len(), 10 - least as usize);
        assert_eq!(calls(), asked, "{least}");
        assert_eq!(load().filter(from).unwrap().len(), 10 - least as usize);
        assert_eq!(calls(), 10);
    }

    // A damaged file of numbers is made anew.
    let file = load().fingerprint.then("filter", "n from 6");
    std::fs::write(kept.join(format!("{file}.arrow")), "no numbers").unwrap();
    let filter = Filter::new().cache_key("n from 6");
    for asked in [10, 0] {
        assert_eq!(load().filter_with(&filter, large).unwrap().len(), 3);
        assert_eq!(calls(), asked);
    }
    for file in files_in(&kept).difference(&before) {
        std::fs::remove_file(file).unwrap();
    }
}
