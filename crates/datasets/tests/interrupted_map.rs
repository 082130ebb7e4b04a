//! The interrupt flag and the cache's folder belong to the whole process, so this test has one of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use course_datasets::{Column, Dataset, Error, Filter, Map, Row, RowError};
use course_wire::interrupt;

const ROWS: usize = 20_000;
static CALLS: AtomicUsize = AtomicUsize::new(0);
static STOP_AT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Presses ■ in the middle, as often as `STOP_AT` says so.
fn pressed() {
    if CALLS.fetch_add(1, Ordering::Relaxed) + 1 == STOP_AT.load(Ordering::Relaxed) {
        interrupt::request();
    }
}

fn double(row: Row) -> Result<Row, RowError> {
    pressed();
    let twice = 2 * row.get::<i64>("n")?;
    Ok(row.with("twice", twice))
}

fn even(row: &Row) -> Result<bool, RowError> {
    pressed();
    Ok(row.get::<i64>("n")? % 2 == 0)
}

fn odd(row: &Row) -> Result<bool, RowError> {
    even(row).map(|even| !even)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => open.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files
}

#[test]
fn an_interrupted_map_or_filter_leaves_nothing_and_the_next_one_works() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    // SAFETY: this process has one test, and it has started no thread yet that reads the environment.
    unsafe { std::env::set_var("COURSE_CACHE", &cache) };
    let saved = folder.path().join("saved");
    let numbers = Column::from((0..ROWS as i64).collect::<Vec<i64>>());
    Dataset::from_columns([("n", numbers)]).unwrap().save_to_disk(&saved).unwrap();
    let data = Dataset::load_from_disk(&saved).unwrap();

    type Work<'w> = Box<dyn Fn() -> Result<Dataset, Error> + 'w>;
    let works: [(&str, usize, Work); 4] = [
        ("map", ROWS, Box::new(|| data.map(double))),
        ("map in threads", ROWS, Box::new(|| data.map_with(Map::rows().num_proc(2).remove_columns(["n"]), double))),
        ("filter", ROWS / 2, Box::new(|| data.filter(even))),
        ("filter in threads", ROWS / 2, Box::new(|| data.filter_with(&Filter::new().num_proc(2), odd))),
    ];
    for (name, rows, work) in works {
        let before = files_below(&cache).len();
        CALLS.store(0, Ordering::Relaxed);
        // After the first thousands are written to the file already.
        STOP_AT.store(ROWS / 2, Ordering::Relaxed);
        let error = work().unwrap_err();
        assert!(matches!(error, Error::Interrupted(_)), "{name}: {error:?}");
        let asked = CALLS.swap(0, Ordering::Relaxed);
        assert!((ROWS / 2..ROWS).contains(&asked), "{name}: {asked}");
        assert_eq!(files_below(&cache).len(), before, "{name}: {:?}", files_below(&cache));

        interrupt::clear();
        STOP_AT.store(usize::MAX, Ordering::Relaxed);
        assert_eq!(work().unwrap().len(), rows, "{name}");
        assert_eq!(CALLS.load(Ordering::Relaxed), ROWS, "{name}");
        assert_eq!(files_below(&cache).len(), before + 1, "{name}: {:?}", files_below(&cache));
    }
}
