//! Streams in the order that Python's `datasets` 5.2.0 gives, for numbers that it printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use course_datasets::streaming::{IterableDataset, Stopping, interleave_datasets};
use course_datasets::{Dataset, Map, Result, batch, row};

/// `IterableDataset.from_generator` over the numbers from `base` on.
fn generated(count: i64, base: i64) -> IterableDataset {
    IterableDataset::from_generator(move || (base..base + count).map(|n| Ok(row! { "n" => n })))
}

/// `Dataset.from_dict({"n": …}).to_iterable_dataset(num_shards=…)`.
fn sharded(count: i64, base: i64, shards: usize) -> IterableDataset {
    let data = Dataset::from_columns([("n", (base..base + count).collect::<Vec<i64>>())]).unwrap();
    data.to_iterable_shards(shards).unwrap()
}

fn numbers(stream: &IterableDataset) -> Vec<i64> {
    stream.iter().map(|row| row?.get("n")).collect::<Result<_>>().unwrap()
}

#[test]
fn rows_of_a_generator_are_shuffled_as_in_python() {
    let shuffled = |count, buffer, seed| numbers(&generated(count, 0).shuffle(seed, buffer));
    assert_eq!(shuffled(20, 5, 42), [4, 2, 3, 6, 1, 0, 8, 10, 5, 11, 13, 7, 12, 9, 16, 19, 14, 17, 18, 15]);
    assert_eq!(
        shuffled(25, 10, 7),
        [8, 0, 7, 1, 3, 9, 4, 13, 5, 14, 16, 12, 17, 6, 19, 10, 23, 24, 15, 20, 18, 11, 21, 22, 2]
    );
    assert_eq!(shuffled(10, 100, 42), [5, 6, 0, 7, 3, 2, 4, 9, 1, 8]);
    assert_eq!(shuffled(13, 1, 3), (0..13).collect::<Vec<_>>());
}

#[test]
fn shards_and_tables_are_shuffled_as_in_python() {
    let shuffled = |count, buffer, seed, shards| numbers(&sharded(count, 0, shards).shuffle(seed, buffer));
    assert_eq!(
        shuffled(30, 10, 42, 1),
        [5, 6, 0, 7, 3, 8, 13, 9, 11, 10, 14, 19, 18, 4, 17, 21, 2, 15, 22, 24, 1, 12, 26, 25, 23, 28, 29, 16, 27, 20]
    );
    // A buffer of 25 is filled by tables of 2 rows, and so holds 26.
    assert_eq!(shuffled(57, 25, 7, 1)[..15], [17, 4, 12, 3, 18, 13, 20, 0, 23, 19, 10, 8, 7, 1, 22]);
    assert_eq!(
        shuffled(40, 10, 42, 4)[..20],
        [21, 11, 30, 1, 0, 32, 23, 22, 2, 12, 13, 4, 14, 31, 24, 25, 10, 3, 15, 36]
    );
    assert_eq!(shuffled(60, 25, 5, 13)[..12], [40, 21, 0, 16, 41, 48, 38, 49, 31, 45, 18, 46]);
}

#[test]
fn what_stands_before_the_shuffle_changes_its_order_as_in_python() {
    let stream = sharded(40, 0, 4);
    // Taken rows keep the shards in order; mapped rows come one by one.
    assert_eq!(
        numbers(&stream.take(20).shuffle(42, 6)),
        [3, 2, 5, 9, 10, 0, 6, 4, 1, 16, 11, 13, 8, 12, 14, 17, 7, 19, 18, 15]
    );
    let mapped = stream.map(|row| row).shuffle(42, 6);
    assert_eq!(numbers(&mapped)[..12], [0, 10, 21, 30, 1, 31, 2, 12, 32, 23, 22, 11]);
    let epoch = stream.shuffle(42, 10).set_epoch(3);
    assert_eq!(numbers(&epoch)[..12], [1, 11, 31, 10, 12, 30, 13, 23, 32, 21, 14, 2]);
    let chained = sharded(10, 0, 2).chain([&sharded(10, 10, 1)]).unwrap().shuffle(9, 4);
    assert_eq!(numbers(&chained), [11, 10, 6, 0, 2, 12, 1, 7, 3, 13, 5, 4, 14, 9, 8, 16, 18, 15, 19, 17]);
}

#[test]
fn streams_are_interleaved_as_in_python() {
    let streams = [generated(3, 0), generated(5, 10), generated(4, 20)];
    let joined = || interleave_datasets(&streams);
    let cycled = |stopping| numbers(&joined().stopping(stopping).stream().unwrap());
    assert_eq!(cycled(Stopping::FirstExhausted), [0, 10, 20, 1, 11, 21, 2]);
    assert_eq!(cycled(Stopping::AllExhausted), [0, 10, 20, 1, 11, 21, 2, 12, 22, 0, 13, 23, 1, 14]);
    assert_eq!(cycled(Stopping::AllExhaustedOnce), [0, 10, 20, 1, 11, 21, 2, 12, 22, 13, 23, 14]);
    let chance = || joined().probabilities([0.3, 0.5, 0.2]).seed(42);
    let drawn = |stopping| numbers(&chance().stopping(stopping).stream().unwrap());
    assert_eq!(drawn(Stopping::FirstExhausted), [10, 11, 20, 12, 0, 21, 13, 14]);
    assert_eq!(drawn(Stopping::AllExhausted), [10, 11, 20, 12, 0, 21, 13, 14, 1, 10, 11, 22, 12, 23, 13, 2]);
    assert_eq!(drawn(Stopping::AllExhaustedOnce), [10, 11, 20, 12, 0, 21, 13, 14, 1, 22, 23, 2]);
    let epoch = chance().stopping(Stopping::AllExhausted).stream().unwrap().set_epoch(2);
    assert_eq!(numbers(&epoch), [10, 11, 12, 13, 14, 20, 21, 22, 10, 11, 0, 23, 12, 1, 2]);
    assert_eq!(numbers(&chance().stream().unwrap().shuffle(1, 4)), [10, 20, 12, 0, 13, 11, 14, 22, 21]);
    for wrong in [vec![0.5, 0.5], vec![0.5, 0.2, 0.2], vec![-0.5, 1.0, 0.5]] {
        let error = joined().probabilities(wrong).stream().unwrap_err().to_string();
        assert!(error.contains("must be 3 numbers from 0 to 1 that sum to 1"), "{error}");
    }
    assert!(interleave_datasets([]).stream().is_err());
}

#[test]
fn no_more_is_read_than_is_asked_for() {
    let read = Arc::new(AtomicUsize::new(0));
    let stream = IterableDataset::from_generator({
        let read = read.clone();
        move || {
            let read = read.clone();
            (0i64..).map(move |n| {
                read.fetch_add(1, Ordering::Relaxed);
                Ok(row! { "n" => n })
            })
        }
    });
    let even = stream
        .filter(|row| Ok(row.get::<i64>("n")? % 2 == 0))
        .map(|row| Ok(row! { "half" => row.get::<i64>("n")? / 2 }));
    assert_eq!(read.load(Ordering::Relaxed), 0, "nothing is read before the stream is");
    let first = even.skip(1).take(2).collect().unwrap();
    assert_eq!(first.values::<i64>("half").unwrap(), [1, 2]);
    assert_eq!(first.values::<i64>("n").unwrap(), [2, 4]);
    assert_eq!(read.load(Ordering::Relaxed), 5);
    assert_eq!(stream.shuffle(1, 10).take(1).iter().count(), 1);
    assert_eq!(read.load(Ordering::Relaxed), 16, "a buffer of ten is filled for the first row, and one is read ahead");
}

#[test]
fn batches_may_change_the_number_of_rows() {
    let stream = sharded(5, 0, 1);
    let doubled = stream.map_with(Map::batched(2).remove_columns(["n"]), |batch| {
        let numbers: Vec<i64> = batch.get("n")?;
        Ok(batch! { "m" => numbers.iter().flat_map(|n| [n * 10, n * 10 + 1]).collect::<Vec<i64>>() })
    });
    let numbers: Vec<i64> = doubled.iter().map(|row| row?.get("m")).collect::<Result<_>>().unwrap();
    assert_eq!(numbers, [0, 1, 10, 11, 20, 21, 30, 31, 40, 41]);
    let wrong = stream.map_batched(2, |_| batch! { "m" => vec![1] });
    let error = wrong.iter().next().unwrap().unwrap_err().to_string();
    assert!(error.starts_with("Column 1 named m expected length 2 but got length 1"), "{error}");
    let lists: Vec<Vec<i64>> = stream.batch(2).iter().map(|row| row?.get("n")).collect::<Result<_>>().unwrap();
    assert_eq!(lists, [vec![0, 1], vec![2, 3], vec![4]]);
    let lengths: Vec<usize> = stream.batches(3).map(|batch| batch.unwrap().len()).collect();
    assert_eq!(lengths, [3, 2]);
    let lengths: Vec<usize> = generated(5, 0).batches(3).map(|batch| batch.unwrap().len()).collect();
    assert_eq!(lengths, [3, 2]);
}

#[test]
fn columns_are_renamed_removed_and_selected_and_errors_name_the_row() {
    let data = Dataset::from_columns([("a", vec![1i64, 2]), ("b", vec![3, 4])]).unwrap();
    let stream = data.to_iterable();
    assert_eq!(stream.to_string(), "IterableDataset({\n    features: ['a', 'b'],\n    num_shards: 1\n})");
    let renamed = stream.rename_column("a", "c").unwrap();
    assert_eq!(renamed.iter().next().unwrap().unwrap().to_string(), "{'b': 3, 'c': 1}");
    let selected = stream.select_columns(["b"]).unwrap();
    assert_eq!(selected.iter().last().unwrap().unwrap().to_string(), "{'b': 4}");
    let removed = stream.remove_columns(["b"]).unwrap();
    assert_eq!(removed.features().unwrap().names().collect::<Vec<_>>(), ["a"]);
    assert_eq!(removed.iter().last().unwrap().unwrap().to_string(), "{'a': 2}");
    assert!(stream.remove_columns(["x"]).unwrap_err().to_string().contains("there is no column \"x\""));
    assert!(stream.rename_column("a", "b").is_err());
    let failing = stream.map(|row| Ok(row! { "text" => row.str("a")?.len() }));
    let error = failing.iter().next().unwrap().unwrap_err().to_string();
    assert!(error.starts_with("row 0 of the stream: column \"a\""), "{error}");
    assert_eq!(failing.to_string(), "IterableDataset({\n    features: Unknown,\n    num_shards: 1\n})");
    let dropped = stream.map(|mut row| {
        row.remove("a");
        row
    });
    assert_eq!(dropped.iter().next().unwrap().unwrap().to_string(), "{'b': 3}");
    assert!(stream.shard(2, 0).is_err() && stream.shard(1, 1).is_err());
}

#[test]
fn streams_with_different_columns_get_nulls_and_clashing_types_are_refused() {
    let one = Dataset::from_columns([("a", vec![1i64])]).unwrap().to_iterable();
    let other = Dataset::from_columns([("b", vec!["x"])]).unwrap().to_iterable();
    let both = one.chain([&other]).unwrap();
    let rows: Vec<String> = both.iter().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows, ["{'a': 1, 'b': None}", "{'a': None, 'b': 'x'}"]);
    assert_eq!(both.collect().unwrap().len(), 2);
    let clash = Dataset::from_columns([("a", vec!["x"])]).unwrap().to_iterable();
    let error = one.chain([&clash]).unwrap_err().to_string();
    assert!(error.contains("column \"a\""), "{error}");
}

#[test]
fn repeating_nothing_for_ever_ends() {
    assert!(numbers(&generated(0, 0).repeat(None)).is_empty());
    assert_eq!(numbers(&generated(2, 0).repeat(None).take(5)), [0, 1, 0, 1, 0]);
    assert_eq!(numbers(&sharded(2, 0, 1).repeat(2)), [0, 1, 0, 1]);
    assert!(numbers(&sharded(2, 0, 1).repeat(0)).is_empty());
}
