//! How long the common steps take: `cargo run --release -p course-datasets --example speed -- FOLDER` for a folder that `save_to_disk` wrote,
//! with the columns `text`, `label` and `score`; without it, one of 300,000 rows is made first.

use std::error::Error;
use std::time::Instant;

use course_datasets::{Batch, Column, Dataset, Map, batch};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = match std::env::args().nth(1) {
        Some(folder) => folder.into(),
        None => {
            let folder = std::env::temp_dir().join("course-datasets-speed");
            made(300_000)?.save_to_disk(&folder)?;
            folder
        }
    };
    let data = timed("load_from_disk", || Ok(Dataset::load_from_disk(&folder)?))?;
    println!("{data}");
    timed("iterate rows", || {
        let mut letters = 0;
        for row in &data {
            letters += row?.str("text")?.len();
        }
        Ok(letters)
    })?;
    timed("iterate batches of 1000", || {
        let mut letters = 0;
        for batch in data.batches(1000) {
            letters += batch?.strs("text")?.iter().map(|text| text.len()).sum::<usize>();
        }
        Ok(letters)
    })?;
    let shuffled = timed("shuffle", || Ok(data.shuffle(42)?))?;
    timed("iterate shuffled rows", || {
        let mut letters = 0;
        for row in &shuffled {
            letters += row?.str("text")?.len();
        }
        Ok(letters)
    })?;
    timed("filter", || Ok(data.filter(|row| Ok(row.str("text")?.len() > 60))?.len()))?;
    timed("filter by number", || Ok(data.filter(|row| Ok(row.get::<i64>("label")? == 1))?.len()))?;
    timed("sort by text", || Ok(data.sort("text")?.len()))?;
    timed("sort by score", || Ok(data.sort("score")?.len()))?;
    timed("map rows", || Ok(data.map(|row| Ok(row.clone().with("length", row.str("text")?.len())))?.len()))?;
    let lower = |batch: Batch| {
        let texts: Vec<String> = batch.strs("text")?.into_iter().map(str::to_lowercase).collect();
        Ok(batch! { "text" => texts })
    };
    let uncached = |threads| Map::batched(1000).num_proc(threads).cache(false);
    timed("map batches", || Ok(data.map_with(uncached(1), lower)?.len()))?;
    timed("map batches, 2 threads", || Ok(data.map_with(uncached(2), lower)?.len()))?;
    timed("unique texts", || Ok(data.unique("text")?.len()))?;
    timed("save", || Ok(shuffled.save_to_disk(std::env::temp_dir().join("course-datasets-speed-out"))?))?;
    Ok(())
}

fn timed<T>(what: &str, step: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let start = Instant::now();
    let made = step()?;
    println!("{what:<26} {:8.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(made)
}

fn made(rows: usize) -> Result<Dataset, Box<dyn Error>> {
    let words = ["a", "film", "THAT", "nobody", "Forgets", "soon", "and", "many", "liked", "very", "much", "indeed"];
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut texts = Vec::with_capacity(rows);
    for _ in 0..rows {
        let count = 5 + next(20);
        texts.push((0..count).map(|_| words[next(words.len())]).collect::<Vec<_>>().join(" "));
    }
    let labels: Vec<i64> = (0..rows).map(|_| next(2) as i64).collect();
    let scores: Vec<f64> = (0..rows).map(|_| next(1_000_000) as f64 / 1e6).collect();
    let mut batch = batch! { "text" => texts, "label" => labels, "score" => scores };
    batch.set("row", Column::from((0..rows as i64).collect::<Vec<_>>()));
    Ok(Dataset::from_batch(&batch)?)
}
