//! The interrupt flag belongs to the whole process, so this test has one of its own.

use course_datasets::{Error, load_dataset};
use course_wire::interrupt;

#[test]
fn an_interrupt_ends_the_loading_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..300_000).map(|n| format!("{n},\"text of row {n}\"\n")).collect();
    std::fs::write(folder.path().join("a.csv"), format!("n,text\n{rows}")).unwrap();
    let cache = folder.path().join("cache");
    let load =
        || load_dataset("csv").data_files(folder.path().join("a.csv")).cache_folder(&cache).quiet().split("train");
    interrupt::request();
    let error = load().load().unwrap_err();
    assert!(matches!(error, Error::Interrupted(_)), "{error:?}");
    let mut open = vec![cache.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            assert!(entry.path().is_dir(), "{} is left behind", entry.path().display());
            open.push(entry.path());
        }
    }
    interrupt::clear();
    assert_eq!(load().load().unwrap().len(), 300_000);
}
