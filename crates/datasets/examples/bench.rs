//! Our side of `cargo xtask bench data` (tests/bench/data.py): one kind of work a call, timed as often as asked for.
//!
//! ```text
//! bench make FOLDER ROWS                make the data that both sides work on
//! bench WORK FOLDER TOKENIZER ROUNDS    do one kind of work; prints {"seconds": […], "check": …}
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use course_datasets::corpus::Corpus;
use course_datasets::memory::{forget_peak, resident_memory};
use course_datasets::{Batch, Column, Dataset, Filter, Load, Map, load_dataset, row};
use course_tokenization::{EncodeOptions, Tokenizer};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", folder, rows] => make(Path::new(folder), rows.parse()?),
        [work, folder, tokenizer, rounds] => {
            let bench = Bench { folder: folder.into(), tokenizer: tokenizer.into(), rounds: rounds.parse()? };
            bench.run(work)
        }
        _ => Err("usage: bench make FOLDER ROWS | bench WORK FOLDER TOKENIZER ROUNDS".into()),
    }
}

/// Rows of a number, a shuffled number, stars and some sentences, in every format.
fn make(folder: &Path, rows: u64) -> Outcome<()> {
    let corpus = Corpus::new(7);
    let made = (0..rows).map(|number| {
        let text = corpus.text(number);
        let end = text.match_indices(". ").nth(3).map_or(text.len(), |(place, _)| place + 1);
        row! {
            "id" => number as i64,
            "key" => (number.wrapping_mul(2_654_435_761) % 1_000_003) as i64,
            "stars" => (number % 5 + 1) as i64,
            "text" => &text[..end],
        }
    });
    let data = Dataset::from_rows(made)?;
    data.save_to_disk(folder.join("saved"))?;
    data.to_csv(folder.join("data.csv"))?;
    data.to_json(folder.join("data.jsonl"))?;
    data.to_parquet(folder.join("data.parquet"))?;
    Ok(())
}

struct Bench {
    folder: PathBuf,
    tokenizer: PathBuf,
    rounds: usize,
}

impl Bench {
    fn run(&self, work: &str) -> Outcome<()> {
        match work {
            "iterate" => self.timed(|| letters(&self.data()?)),
            "batches" => self.timed(|| {
                let mut letters = 0;
                for batch in self.data()?.batches(1000) {
                    letters += batch?.strs("text")?.iter().map(|text| text.len() as u64).sum::<u64>();
                }
                Ok(letters)
            }),
            "shuffle" => self.timed(|| letters(&self.data()?.shuffle(42)?)),
            "filter" => self.timed(|| {
                let filter = Filter::new().cache(false);
                Ok(self.data()?.filter_with(&filter, |row| Ok(row.str("text")?.len() > 300))?.len() as u64)
            }),
            "sort" => self.timed(|| {
                let sorted = self.data()?.sort("key")?;
                Ok(sorted.row(sorted.len() / 2)?.get::<i64>("id")? as u64)
            }),
            "unique" => self.timed(|| Ok(self.data()?.unique("text")?.len() as u64)),
            "stream" => self.timed(|| {
                let mut letters = 0;
                for row in self.data()?.to_iterable().shuffle(42, 10_000).iter() {
                    letters += row?.str("text")?.len() as u64;
                }
                Ok(letters)
            }),
            "map" => self.timed(|| {
                let data = self.data()?;
                let map = Map::rows().cache(false);
                let mapped = data.map_with(map, |row| Ok(row! { "length" => row.str("text")?.len() as i64 }))?;
                Ok(mapped.row(mapped.len() - 1)?.get::<i64>("length")? as u64)
            }),
            "tokenize" | "tokenize-one" => self.tokenize(work == "tokenize"),
            "load-csv" | "load-jsonl" | "load-parquet" => self.load(work),
            "save" => self.timed(|| {
                self.data()?.save_to_disk(self.folder.join("ours-saved"))?;
                Ok(0)
            }),
            "to-csv" => self.timed(|| Ok(self.data()?.to_csv(self.folder.join("ours.csv"))?)),
            "to-jsonl" => self.timed(|| Ok(self.data()?.to_json(self.folder.join("ours.jsonl"))?)),
            "to-parquet" => self.timed(|| Ok(self.data()?.to_parquet(self.folder.join("ours.parquet"))?)),
            other => Err(format!("there is no work {other:?}").into()),
        }
    }

    fn data(&self) -> Outcome<Dataset> {
        Ok(Dataset::load_from_disk(self.folder.join("saved"))?)
    }

    fn tokenize(&self, batched: bool) -> Outcome<()> {
        let tokenizer = Tokenizer::from_file(&self.tokenizer)?;
        let options = EncodeOptions::new();
        self.timed(|| {
            let data = self.data()?;
            let mapped = if batched {
                data.map_with(Map::batched(1000).cache(false), |batch| tokens(&tokenizer, &options, batch))?
            } else {
                data.map_with(Map::rows().cache(false), |row| {
                    let encoding = tokenizer.encode(row.str("text")?)?;
                    let ids: Vec<i64> = encoding.input_ids().iter().map(|&id| i64::from(id)).collect();
                    let mask = vec![1i64; ids.len()];
                    Ok(row.with("input_ids", ids).with("attention_mask", mask))
                })?
            };
            let ids: Vec<i64> = mapped.row(mapped.len() / 2)?.get("input_ids")?;
            Ok(ids.iter().sum::<i64>() as u64)
        })
    }

    fn load(&self, work: &str) -> Outcome<()> {
        let format = work.trim_start_matches("load-");
        let file = self.folder.join(format!("data.{format}"));
        let format = if format == "jsonl" { "json" } else { format };
        self.timed(|| {
            // A cache of its own each time, so that nothing is found in it.
            let cache = tempfile::tempdir_in(&self.folder)?;
            let load: Load<Dataset> = load_dataset(format)
                .data_files(file.display().to_string())
                .cache_folder(cache.path())
                .quiet()
                .split("train");
            Ok(load.load()?.len() as u64)
        })
    }

    /// Does the work so many times, and prints the seconds of each, what it came to, and the most resident megabytes.
    fn timed(&self, work: impl Fn() -> Outcome<u64>) -> Outcome<()> {
        let (mut seconds, mut check) = (Vec::new(), 0);
        forget_peak()?;
        for _ in 0..self.rounds.max(1) {
            let begun = Instant::now();
            check = work()?;
            seconds.push(begun.elapsed().as_secs_f64());
        }
        let megabytes = resident_memory()?.peak as f64 / 1e6;
        println!("{}", json!({ "seconds": seconds, "check": check, "megabytes": megabytes }));
        Ok(())
    }
}

fn letters(data: &Dataset) -> Outcome<u64> {
    let mut letters = 0;
    for row in data {
        letters += row?.str("text")?.len() as u64;
    }
    Ok(letters)
}

/// The ids and masks of a batch of texts, put beside its columns.
fn tokens(tokenizer: &Tokenizer, options: &EncodeOptions, batch: Batch) -> Result<Batch, course_datasets::RowError> {
    let columns = tokenizer.encode_columns(&batch.strs("text")?, None, options)?;
    let lengths: Vec<usize> = columns.offsets.windows(2).map(|ends| ends[1] - ends[0]).collect();
    let ids = Column::from_flat(columns.input_ids, &lengths)?;
    let mask = Column::from_flat(columns.attention_mask, &lengths)?;
    Ok(batch.with("input_ids", ids).with("attention_mask", mask))
}
