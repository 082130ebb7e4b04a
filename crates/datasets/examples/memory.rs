//! How much memory it takes to walk through gigabytes: makes corpora of the sizes asked for and prints a table.
//!
//! ```text
//! cargo run --release -p course-datasets --example memory -- [FOLDER] [GIGABYTES…]
//! ```
//!
//! Without arguments: 0.1, 1 and 10 GB in the system's temporary folder. Each corpus is removed after its row of the table, unless the last
//! argument is `keep`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use course_datasets::Dataset;
use course_datasets::corpus::Corpus;
use course_datasets::memory::{Memory, forget_peak, resident_memory};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut sizes: Vec<String> = arguments.collect();
    let keep = sizes.last().is_some_and(|last| last == "keep");
    if keep {
        sizes.pop();
    }
    let mut sizes: Vec<f64> = sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>()?;
    if sizes.is_empty() {
        sizes = vec![0.1, 1.0, 10.0];
    }
    println!(
        "| data | rows | write it | row by row | in batches | shuffled stream | most resident: writing | row by row | batches | stream |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for gigabytes in sizes {
        let path = folder.join(format!("corpus-{gigabytes}.arrow"));
        let corpus = Corpus::new(1).bytes((gigabytes * 1e9) as u64);
        let (written, writing) = measured(|| Ok(corpus.write(&path)?))?;
        let data = Dataset::from_file(&path)?;
        let rows = measured(|| rows(&data))?;
        let batches = measured(|| batches(&data))?;
        let stream = measured(|| stream(&data))?;
        let speed = |seconds: f64| format!("{seconds:.1} s, {:.2} GB/s", written.bytes as f64 / 1e9 / seconds);
        println!(
            "| {:.2} GB | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            written.bytes as f64 / 1e9,
            written.rows,
            speed(writing.seconds),
            speed(rows.1.seconds),
            speed(batches.1.seconds),
            speed(stream.1.seconds),
            megabytes(writing.memory),
            megabytes(rows.1.memory),
            megabytes(batches.1.memory),
            megabytes(stream.1.memory),
        );
        if rows.0 != batches.0 || rows.0 != stream.0 {
            return Err(format!("the walks differ: {}, {} and {} words", rows.0, batches.0, stream.0).into());
        }
        drop(data);
        if !keep {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn rows(data: &Dataset) -> Outcome<u64> {
    let mut count = 0;
    for row in data {
        count += words(row?.str("text")?);
    }
    Ok(count)
}

fn batches(data: &Dataset) -> Outcome<u64> {
    let mut count = 0;
    for batch in data.batches(1000) {
        count += batch?.strs("text")?.into_iter().map(words).sum::<u64>();
    }
    Ok(count)
}

fn stream(data: &Dataset) -> Outcome<u64> {
    let mut count = 0;
    for row in data.to_iterable().shuffle(42, 10_000).iter() {
        count += words(row?.str("text")?);
    }
    Ok(count)
}

/// Reads every letter. The length of a text alone is known without its pages, and such a walk would measure nothing.
fn words(text: &str) -> u64 {
    text.bytes().filter(|&letter| letter == b' ').count() as u64
}

struct Measured {
    seconds: f64,
    memory: Memory,
}

fn measured<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Measured)> {
    forget_peak()?;
    let begun = Instant::now();
    let done = work()?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok((done, Measured { seconds, memory: resident_memory()? }))
}

fn megabytes(memory: Memory) -> String {
    format!("{:.0} MB", memory.peak as f64 / 1e6)
}
