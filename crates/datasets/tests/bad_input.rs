//! Whatever is wrong with a file is told with its place, and nothing is left behind.

use std::io::Write;
use std::path::Path;

use course_datasets::{BadData, DatasetDict, Error, Features, Load, load_dataset};

/// A folder with a file in it, and a cache beside.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self, format: &str, name: &str) -> Load<DatasetDict> {
        load_dataset(format).data_files(self.path(name)).cache_folder(self.path("cache")).quiet()
    }

    /// What loading says is wrong. No Arrow file, and nothing half-written, may be left.
    fn refused(&self, load: Load<DatasetDict>) -> BadData {
        let error = load.load().map(|_| ()).unwrap_err();
        let left = files_below(&self.path("cache"));
        assert!(left.is_empty(), "{left:?} is left behind by: {error}");
        match error {
            Error::BadData(problem) => *problem,
            other => panic!("{other:?}"),
        }
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path().display().to_string());
        }
    }
    files
}

/// The only kind of file, where it is wrong, and words that must be said.
fn expect(problem: &BadData, line: Option<u64>, column: Option<u64>, words: &[&str]) {
    let text = problem.to_string();
    assert_eq!((problem.line, problem.column), (line, column), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

#[test]
fn a_ragged_row() {
    let rows: String = (0..5000).map(|row| format!("{row},text {row}\n")).collect();
    let place = Place::with("a.csv", format!("id,text\n{rows}1,2,3\n{rows}"));
    let problem = place.refused(place.load("csv", "a.csv"));
    expect(
        &problem,
        Some(5002),
        Some(3),
        &["a.csv, line 5002, column 3", "3 fields", "2 columns (id, text)", "BadRows::Skip"],
    );
}

#[test]
fn broken_json_at_line_40123() {
    let good = "{\"id\": 1, \"text\": \"some words\"}\n";
    let place = Place::with("a.jsonl", format!("{}{{\"id\": 1, \"text\": some words}}\n{good}", good.repeat(40_122)));
    let problem = place.refused(place.load("json", "a.jsonl"));
    expect(&problem, Some(40_123), Some(19), &["a.jsonl, line 40123, column 19", "not JSON", "one whole JSON value"]);
}

#[test]
fn truncated_parquet() {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    let numbers: ArrayRef = std::sync::Arc::new(Int64Array::from_iter_values(0..100_000));
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let whole = Place::with("a.parquet", &bytes);
    assert_eq!(whole.load("parquet", "a.parquet").load().unwrap().get("train").unwrap().len(), 100_000);
    let cut = Place::with("a.parquet", &bytes[..bytes.len() / 2]);
    expect(&cut.refused(cut.load("parquet", "a.parquet")), None, None, &["cut off or damaged", "footer"]);
    let other = Place::with("a.parquet", "<!DOCTYPE html>");
    expect(&other.refused(other.load("parquet", "a.parquet")), None, None, &["not a parquet file", "<!DO", "web page"]);
    // A footer that is whole over pages that are not.
    bytes[4..40].fill(0xff);
    let damaged = Place::with("a.parquet", &bytes);
    expect(&damaged.refused(damaged.load("parquet", "a.parquet")), None, None, &["a.parquet", "cannot be read"]);
}

/// Whatever byte of a file is wrong, there are rows or there is an error: never a panic, and nothing half-written.
#[test]
fn files_with_a_wrong_byte() {
    use course_datasets::row;
    let rows = (0..200_i64).map(|n| row! { "n" => n, "text" => format!("row {n}"), "tags" => vec![n, n + 1] });
    let data = course_datasets::Dataset::from_rows(rows).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in [("parquet", "a.parquet"), ("csv", "a.csv"), ("json", "a.jsonl")] {
        let path = folder.path().join(name);
        match format {
            "parquet" => data.to_parquet(&path).map(|_| ()).unwrap(),
            "csv" => data.remove_columns(["tags"]).unwrap().to_csv(&path).map(|_| ()).unwrap(),
            _ => data.to_json(&path).map(|_| ()).unwrap(),
        }
        let bytes = std::fs::read(&path).unwrap();
        for place in (0..bytes.len()).step_by(bytes.len() / 150 + 1) {
            let mut wrong = bytes.clone();
            wrong[place] ^= 0xa5;
            let place = Place::with(name, &wrong);
            if let Err(error) = place.load(format, name).load() {
                assert!(error.to_string().contains(name), "{error}");
                assert!(files_below(&place.path("cache")).is_empty(), "{error}");
            }
        }
    }
}

#[test]
fn wrong_encoding() {
    let place = Place::with("a.csv", b"id,name\n1,Ren\xe9e\n2,Zo\xeb\n");
    let problem = place.refused(place.load("csv", "a.csv"));
    expect(&problem, Some(2), Some(6), &["the byte e9 is not UTF-8", "\"é\"", ".encoding(\"windows-1252\")"]);
    let data = place.load("csv", "a.csv").encoding("latin-1").split("train").load().unwrap();
    assert_eq!(data.strings("name").unwrap(), ["Renée", "Zoë"]);
    let wide = Place::with("a.txt", "\u{feff}ab\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    expect(&wide.refused(wide.load("text", "a.txt")), Some(1), Some(1), &["UTF-16", ".encoding(\"utf-16le\")"]);
    assert_eq!(
        wide.load("text", "a.txt").encoding("utf-16le").split("train").load().unwrap().strings("text").unwrap(),
        ["ab"]
    );
}

#[test]
fn a_zip_bomb() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("a.csv", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&vec![b'0'; 32 << 20]).unwrap();
    let place = Place::with("a.zip", writer.finish().unwrap().into_inner());
    let problem = place.refused(place.load("csv", "a.zip").max_unpacked_bytes(1 << 20));
    expect(&problem, None, None, &["a.zip", "zip bomb", "33.6 MB"]);
    // A packed file that is read as it is unpacked.
    let packed = zstd::encode_all(&vec![b'0'; 32 << 20][..], 3).unwrap();
    let place = Place::with("a.csv.zst", packed);
    expect(
        &place.refused(place.load("csv", "a.csv.zst").max_unpacked_bytes(1 << 20)),
        None,
        None,
        &["a.csv.zst", "zip bomb"],
    );
}

#[test]
fn a_column_of_mixed_types() {
    // In CSV, cells are text to begin with: the column is text, and which cell made it so is said.
    let place = Place::with("a.csv", "n\n1\n2\nthree\n");
    assert!(
        place.load("csv", "a.csv").inferred().unwrap()[0]
            .to_string()
            .contains("2 of 3 cells are numbers, but \"three\" in line 4")
    );
    // One that comes after the type was told is an error.
    let late = Place::with("a.csv", format!("n,m\n{}three,1\n", "1,1\n".repeat(10_000)));
    let problem = late.refused(late.load("csv", "a.csv"));
    expect(
        &problem,
        Some(10_002),
        Some(1),
        &["(\"n\")", "\"three\" is not a whole number", ".column_type(\"n\", \"string\")"],
    );
    let text = late.load("csv", "a.csv").column_type("n", "string").split("train").load().unwrap();
    assert_eq!(text.strings("n").unwrap().last().map(String::as_str), Some("three"));
    // In JSON, values have types.
    let json = Place::with("a.jsonl", "{\"a\": {\"b\": 1}}\n{\"a\": {\"b\": \"two\"}}\n");
    let problem = json.refused(json.load("json", "a.jsonl"));
    expect(&problem, Some(2), Some(17), &["the column \"a.b\" mixes types", "text here and whole numbers"]);
}

#[test]
fn a_path_traversal_in_an_archive() {
    for bad in ["../../evil.csv", "/tmp/course-evil.csv"] {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["a.csv", bad] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(b"n\n1\n").unwrap();
        }
        let place = Place::with("a.zip", writer.finish().unwrap().into_inner());
        let problem = place.refused(place.load("csv", "a.zip"));
        expect(&problem, None, None, &["a.zip", bad, "outside the folder"]);
        assert_eq!(files_below(place.folder.path()).len(), 1, "only the archive is there");
    }
    assert!(!Path::new("/tmp/course-evil.csv").exists());
}

#[test]
fn an_empty_file() {
    for (format, name) in
        [("csv", "a.csv"), ("json", "a.json"), ("text", "a.txt"), ("parquet", "a.parquet"), ("arrow", "a.arrow")]
    {
        let place = Place::with(name, "");
        expect(&place.refused(place.load(format, name)), None, None, &[name, "the file is empty"]);
    }
}

#[test]
fn a_dataset_larger_than_the_disk_left() {
    let place = Place::with("a.csv", "n\n1\n");
    // A file that claims to be of 8 TB and takes up nothing.
    let file = std::fs::OpenOptions::new().write(true).open(place.path("a.csv")).unwrap();
    if file.set_len(8 << 40).is_err() {
        return;
    }
    let error = place.load("csv", "a.csv").load().map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("a.csv needs about 8.8 TB") && text.contains("COURSE_CACHE"), "{text}");
    assert!(files_below(&place.path("cache")).is_empty());
}

#[test]
fn pickles_names_and_features_that_do_not_fit() {
    let place = Place::with("a.pkl", "cposix\nsystem\n(S'true'\ntR.");
    for load in [place.load("csv", "a.pkl"), load_dataset(place.path("a.pkl").display().to_string())] {
        expect(&place.refused(load), None, None, &["a.pkl", "a pickle is a program", "to_parquet"]);
    }
    let place = Place::with("reviews.csv", "n\n1\n");
    expect(&place.refused(place.load("csv", "review.csv")), None, None, &["no such file", "there are: reviews.csv"]);
    let features = Features::new().with("m", course_datasets::Feature::int64());
    expect(
        &place.refused(place.load("csv", "reviews.csv").features(features)),
        Some(1),
        None,
        &["no column \"m\"; the file has n"],
    );
    let error = load_dataset("no such name").load().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("no such name") && error.contains("data_files"), "{error}");
    let error = place.load("csv", "reviews.csv").split("test").load().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("\"test\"") && error.contains("\"train\""), "{error}");
}
