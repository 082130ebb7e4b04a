//! How long the trainers take, from scratch and from the `tokenizers` library, on Rust sources of cargo's registry folder.
//!
//! ```text
//! cargo run --release --example from_scratch -- [MEGABYTES] [VOCABULARY]
//! ```

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use course_tokenization::from_scratch::{
    BpeTrainer, PreToken, Ties, UnigramTrainer, WordCounts, WordPieceTrainer, bert, byte_level, t5,
};
use course_tokenization::library::models::bpe::{BPE, BpeTrainer as LibraryBpeTrainer};
use course_tokenization::library::models::unigram::{Unigram, UnigramTrainer as LibraryUnigramTrainer};
use course_tokenization::library::models::wordpiece::{WordPiece, WordPieceTrainer as LibraryWordPieceTrainer};
use course_tokenization::library::{Model, Trainer};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let megabytes = arguments.next().transpose()?.unwrap_or(20);
    let size = arguments.next().transpose()?.unwrap_or(8_000);
    let texts = sources(megabytes << 20)?;
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} files, {:.1} MB of Rust, vocabularies of {size}\n", texts.len(), bytes as f64 / 1e6);
    println!("{:<34}{:>10}{:>10}{:>8}", "", "ours", "library", "ratio");

    let words = count(
        "BPE: cut and count words",
        &texts,
        byte_level,
        &mut LibraryBpeTrainer::builder().show_progress(false).build(),
    )?;
    let mut trainer = LibraryBpeTrainer::builder().vocab_size(size).show_progress(false).build();
    feed(&mut trainer, &words)?;
    let mut theirs = BPE::default();
    let (_, library) = timed(|| trainer.train(&mut theirs));
    let (ours, fast) = timed(|| BpeTrainer::new(size).ties(Ties::SmallestIds).train_fast(&words));
    line("BPE: train, ties by id", fast, library);
    let ours = ours?;
    let known = theirs.get_vocab();
    let same = ours.vocabulary().iter().zip(0..).filter(|(token, id)| known.get(*token) == Some(id)).count();
    println!("  {same} of {} tokens have the same id; {} different words", ours.vocabulary().len(), words.len());
    let (ours, fast) = timed(|| BpeTrainer::new(size).train_fast(&words));
    line("BPE: train, ties by place", fast, library);
    let ours = ours?.fast();
    let ((), fast) = timed(|| words.iter().for_each(|(word, _)| drop(ours.encode_word(word))));
    let (cut, library) = timed(|| words.iter().try_for_each(|(word, _)| theirs.tokenize(word).map(drop)));
    cut?;
    line("BPE: cut all different words", fast, library);

    let words = count(
        "WordPiece: cut and count words",
        &texts,
        bert,
        &mut LibraryWordPieceTrainer::builder().show_progress(false).build(),
    )?;
    let mut trainer = LibraryWordPieceTrainer::builder().vocab_size(size).show_progress(false).build();
    feed(&mut trainer, &words)?;
    let (_, library) = timed(|| trainer.train(&mut WordPiece::default()));
    let (_, fast) = timed(|| WordPieceTrainer::new(size).train_fast(&words));
    line("WordPiece: train", fast, library);

    let words = count(
        "Unigram: cut and count words",
        &texts,
        t5,
        &mut LibraryUnigramTrainer::builder().show_progress(false).build()?,
    )?;
    let mut trainer = LibraryUnigramTrainer::builder().vocab_size(size as u32).show_progress(false).build()?;
    feed(&mut trainer, &words)?;
    let (_, library) = timed(|| trainer.train(&mut Unigram::default()));
    let (_, fast) = timed(|| UnigramTrainer::new(size).seed_size(4 * size).share(0.25).train_fast(&words));
    line("Unigram, an eighth: train", fast, library);
    Ok(())
}

/// The first Rust sources of cargo's registry folder, in the order of their names, up to so many bytes.
fn sources(bytes: usize) -> Outcome<Vec<String>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).ok_or("no home folder")?;
    let (mut texts, mut left) = (Vec::new(), bytes);
    walk(&home.join("registry/src"), &mut texts, &mut left)?;
    if texts.is_empty() { Err("cargo's registry folder has no sources".into()) } else { Ok(texts) }
}

fn walk(folder: &Path, texts: &mut Vec<String>, left: &mut usize) -> Outcome<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    entries.sort();
    for path in entries {
        if *left == 0 {
            break;
        }
        if path.is_dir() {
            walk(&path, texts, left)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            *left = left.saturating_sub(text.len());
            texts.push(text);
        }
    }
    Ok(())
}

fn count(
    what: &str,
    texts: &[String],
    split: fn(&str) -> Vec<PreToken>,
    library: &mut impl Trainer,
) -> Outcome<WordCounts> {
    let (words, ours) = timed(|| course_tokenization::from_scratch::count_words(texts, split));
    let cut = |text: &str| Ok(split(text).into_iter().map(|piece| piece.text).collect());
    let (fed, theirs) = timed(|| library.feed(texts.iter(), cut));
    fed?;
    line(what, ours, theirs);
    Ok(words)
}

/// Gives a trainer of the library the words that are counted already.
fn feed(trainer: &mut impl Trainer, words: &WordCounts) -> Outcome<()> {
    let words: Vec<(String, usize)> = words.iter().map(|(word, count)| (word.clone(), count)).collect();
    let items = words.iter().map(|(word, count)| format!("{count}\0{word}"));
    trainer.feed(items, |item| match item.split_once('\0') {
        Some((count, word)) => Ok(vec![word.to_owned(); count.parse()?]),
        None => Ok(Vec::new()),
    })
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

fn line(what: &str, ours: Duration, library: Duration) {
    let (ours, library) = (ours.as_secs_f64(), library.as_secs_f64());
    println!("{what:<34}{ours:>9.2}s{library:>9.2}s{:>7.1}×", ours / library);
}
