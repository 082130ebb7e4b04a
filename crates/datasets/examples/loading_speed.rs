//! How fast files are loaded: `cargo run --release --example loading_speed -- FORMAT FILE…` converts each file from scratch, three times,
//! and prints the best time. The same by Python's `datasets` is in `cargo xtask bench data`.

use std::time::Instant;

use course_datasets::load_dataset;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let format = arguments.next().ok_or("usage: loading_speed FORMAT FILE…")?;
    for file in arguments {
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let (mut best, mut rows) = (f64::INFINITY, 0);
        for _ in 0..3 {
            let cache = tempfile::tempdir()?;
            let start = Instant::now();
            let data = load_dataset(format.as_str()).data_files(file.as_str()).cache_folder(cache.path()).quiet();
            rows = data.split("train").load()?.len();
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{format:8} {megabytes:8.1} MB {rows:9} rows {best:7.2} s {:8.0} MB/s  {file}", megabytes / best);
    }
    Ok(())
}
