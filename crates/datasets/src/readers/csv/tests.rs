//! Files as Python's `datasets` 5.2.0 (pandas 3.1.1) reads them.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};

use super::*;
use crate::files::{DataFile, Encoding, Meter, open_text};

fn read_with(text: &[u8], options: &CsvOptions) -> Result<(String, Vec<RecordBatch>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    let input = open_text(&DataFile::named(path, "a.csv"), Encoding::default(), None, &Meter::default())?;
    let file = CsvFile::open(input, options, None)?;
    let types = file.features.iter().map(|(name, feature)| format!("{name} {}", crate::readers::feature_name(feature)));
    let types = types.collect::<Vec<_>>().join(", ");
    Ok((types, file.batches().collect::<Result<_>>()?))
}

fn read(text: &str) -> (String, Vec<RecordBatch>) {
    read_with(text.as_bytes(), &CsvOptions::default()).unwrap()
}

fn error(text: impl AsRef<[u8]>) -> String {
    read_with(text.as_ref(), &CsvOptions::default()).unwrap_err().to_string()
}

fn texts(batches: &[RecordBatch], column: usize) -> Vec<Option<String>> {
    batches
        .iter()
        .flat_map(|batch| {
            batch.column(column).as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn types_and_values_are_pythons() {
    let (types, batches) = read("a,b,c,d,e,f\n1,1.5,x,True,,2020-01-01\n2,,y,false,,2020-01-02\n");
    assert_eq!(types, "a int64, b float64, c string, d bool, e float64, f string");
    assert_eq!((batches[0].num_rows(), batches[0].column(4).null_count()), (2, 2));
    assert_eq!(read("a,b\n1,x\n,y\n3,\n").0, "a float64, b string");
    assert_eq!(read(",a,a,\n1,2,3,4\n").0, "Unnamed: 0 int64, a int64, a.1 int64, Unnamed: 3 int64");
    let (_, batches) = read("a,b\r\n1,\"x\r\ny\"\r\n\r\n   \r\n2,\"say \"\"hi\"\"\"\r\n3,5\" disk\r\n4,NA");
    let expected = ["x\r\ny", "say \"hi\"", "5\" disk"].map(|text| Some(text.to_owned()));
    assert_eq!(texts(&batches, 1), [&expected[..], &[None]].concat());
    assert_eq!(read("a,b\n").1.len(), 0);
}

#[test]
fn a_type_is_told_from_ten_thousand_rows_and_holds_for_all() {
    let numbers: String = (0..10_000).map(|row| format!("{row},{row}\n")).collect();
    let (types, batches) = read(&format!("a,b\n{numbers},1\n"));
    assert_eq!(
        (types.as_str(), batches.iter().map(RecordBatch::num_rows).sum::<usize>()),
        ("a int64, b int64", 10_001)
    );
    let problem = error(format!("a,b\n{numbers}x?,1\n"));
    assert!(
        problem.starts_with("a.csv, line 10002, column 1 (\"a\"): \"x?\" is not a whole number, which this column holds in the first 10000 rows (Value('int64'))"),
        "{problem}"
    );
    assert!(problem.contains(".column_type(\"a\", \"string\")"), "{problem}");
}

#[test]
fn ragged_rows_are_found_and_can_be_mended() {
    let long = error("a,b\n1,2\n\"x\ny\",5,6\n");
    assert!(
        long.starts_with("a.csv, line 3, column 3: this row has 3 fields, and the table has 2 columns (a, b)"),
        "{long}"
    );
    let short = error("a,b,c\n1,2,3\n4,5\n");
    assert!(short.starts_with("a.csv, line 3, column 3: this row has 2 fields"), "{short}");
    let fill = CsvOptions { bad_rows: BadRows::Fill, ..CsvOptions::default() };
    let (types, batches) = read_with(b"a,b,c\n1,2\n4,5,6\n", &fill).unwrap();
    assert_eq!((types.as_str(), batches[0].column(2).null_count()), ("a int64, b int64, c float64", 1));
    let skip = CsvOptions { bad_rows: BadRows::Skip, ..CsvOptions::default() };
    assert_eq!(read_with(b"a,b\n1,2\n3\n4,5,6\n7,8\n", &skip).unwrap().1[0].num_rows(), 2);
}

#[test]
fn quotes_bytes_and_empty_files_are_told_with_their_place() {
    let open = error("a,b\n1,\"x\n2,y\n");
    assert!(open.starts_with("a.csv, line 2, column 3: the quote that is opened here is never closed"), "{open}");
    let latin = error(b"a,b\n1,caf\xe9\n");
    assert!(latin.starts_with("a.csv, line 2, column 6: the byte e9 is not UTF-8"), "{latin}");
    assert!(latin.contains("'é'") || latin.contains("\"é\""), "{latin}");
    for empty in ["", "\n\n  \n"] {
        assert!(error(empty).contains("the file is empty"), "{empty:?}");
    }
}

#[test]
fn names_comments_and_skipped_lines() {
    let options =
        CsvOptions { header: false, names: Some(vec!["x".into(), "y".into()]), skip_lines: 1, ..CsvOptions::default() };
    let (types, batches) = read_with(b"about this file\n1,a\n2,b\n", &options).unwrap();
    assert_eq!((types.as_str(), batches.iter().map(RecordBatch::num_rows).sum::<usize>()), ("x int64, y string", 2));
    let problem = read_with(b"about\n1,a,b\n", &options).unwrap_err().to_string();
    assert!(problem.contains("2 column names were given (x, y), and its first row has 3 fields"), "{problem}");
    let unnamed = CsvOptions { header: false, ..CsvOptions::default() };
    assert_eq!(read_with(b"1,a\n", &unnamed).unwrap().0, "0 int64, 1 string");
}

#[test]
fn records_longer_than_a_block_are_read() {
    let long = "x".repeat(5 << 20);
    let (_, batches) = read(&format!("a,b\n1,\"{long}\n{long}\"\n2,y\n"));
    assert_eq!(texts(&batches, 1).iter().flatten().map(String::len).collect::<Vec<_>>(), [(10 << 20) + 1, 1]);
}

proptest::proptest! {
    /// Whatever a table holds, what is written is read.
    #[test]
    fn a_written_table_is_read_back(rows in proptest::collection::vec(proptest::collection::vec("[a-z\",\n\r é#' ]{1,6}x", 3), 1..20)) {
        let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let (_, batches) = read_with(&writer.into_inner().unwrap(), &CsvOptions::default()).unwrap();
        for column in 0..3 {
            let expected: Vec<Option<String>> = rows.iter().map(|row| Some(row[column].clone())).collect();
            proptest::prop_assert_eq!(texts(&batches, column), expected);
        }
    }
}
