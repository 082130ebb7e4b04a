//! The Arrow file that a split becomes: made once, whole or not at all, mapped from then on.

use std::path::Path;
use std::sync::Arc;

use course_display::Progress;

use crate::files::{DataFile, Meter, disk};
use crate::readers::{self, BadData, Format, Inferred, ReadOptions};
use crate::{ArrowWriter, Dataset, Error, Result};

/// Smaller files come too fast for a bar.
const BAR_FROM: u64 = 16 << 20;
/// Changes whenever the same file would be read in another way.
const VERSION: u32 = 1;

/// A split as a dataset, and how its columns were told.
pub(crate) struct Cached {
    pub(crate) dataset: Dataset,
    pub(crate) inferred: Option<Inferred>,
}

/// A split's files as a mapped dataset: from the cache, or read into it now. `again` reads them in any case.
///
/// # Errors
/// [`Error::BadData`] for whatever is wrong with a file; [`Error::DiskFull`]; [`Error::Io`]; [`Error::Interrupted`]. Nothing is left
/// behind then.
pub(crate) fn dataset(
    format: Format,
    split: &str,
    files: &[DataFile],
    options: &ReadOptions,
    cache: &Path,
    again: bool,
) -> Result<Cached> {
    if format == Format::Arrow
        && options.features.is_none()
        && let Some(dataset) = mapped(split, files)?
    {
        return Ok(Cached { dataset, inferred: None });
    }
    let key = key(format, files, options)?;
    let path = cache.join(format.name()).join(key).join(format!("{}.arrow", file_name(split)));
    let report = path.with_extension("json");
    if path.is_file()
        && !again
        && let Ok(dataset) = Dataset::from_arrow_files(&[&path], None, Some(split))
    {
        let inferred = std::fs::read(&report).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        return Ok(Cached { dataset, inferred });
    }
    let total: u64 = files.iter().map(DataFile::size).sum();
    let what = files.first().map_or_else(String::new, |file| file.name.clone());
    // Arrow files are about as large as the text they come from.
    disk::check(&what, &path, total)?;
    let meter = Meter::default();
    let bar = (total >= BAR_FROM).then(|| Progress::bytes(total, format!("reading {split}")));
    let opened = readers::open(format, files.to_vec(), Arc::new(options.clone()), &meter)?;
    let mut writer = ArrowWriter::create(&path, &opened.features)?;
    for batch in opened.batches {
        writer.write(&batch?)?;
        match &bar {
            Some(bar) => bar.set(meter.read().min(total))?,
            None => course_wire::interrupt::check()?,
        }
    }
    if writer.rows() == 0 && opened.features.is_empty() {
        return Err(BadData::new(&what, "there are no rows and no columns", "Check that it is the right file.").into());
    }
    writer.finish()?;
    if let Some(inferred) = &opened.inferred
        && let Ok(json) = serde_json::to_vec(inferred)
    {
        // Only told again; being without it is no harm.
        let _ = std::fs::write(&report, json);
    }
    if let Some(bar) = bar {
        bar.set(total)?;
        bar.finish();
    }
    let dataset = Dataset::from_arrow_files(&[&path], None, Some(split))?;
    Ok(Cached { dataset, inferred: opened.inferred })
}

/// Arrow files as they are, where they can be mapped.
fn mapped(split: &str, files: &[DataFile]) -> Result<Option<Dataset>> {
    for file in files {
        // What is no Arrow file is told here.
        readers::check_arrow(file)?;
    }
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    Ok(Dataset::from_arrow_files(&paths, None, Some(split)).ok())
}

/// What the Arrow file depends on: the files as they are now, and how they are read.
fn key(format: Format, files: &[DataFile], options: &ReadOptions) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{VERSION} {format:?} {options:?}\n").as_bytes());
    for file in files {
        let path = std::path::absolute(&file.path).map_err(Error::io("reading", &file.path))?;
        let about = std::fs::metadata(&path).map_err(Error::io("reading", &path))?;
        let modified = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.unwrap_or_default().as_nanos();
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update(format!("\n{} {modified}\n", about.len()).as_bytes());
    }
    Ok(hasher.finalize().to_hex().chars().take(32).collect())
}

/// A split's name as a file's.
fn file_name(split: &str) -> String {
    let plain: String = split.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    plain.trim_start_matches('.').to_owned()
}
