//! From what a learner names to files of one format, by split.

use std::collections::BTreeMap;
use std::path::Path;

use super::{DataFiles, Settings, hub};
use crate::files::{self, DataFile, Splits, extension_of};
use crate::readers::{BadData, Format};
use crate::{Error, Result};

/// Files of one format, by split.
pub(crate) struct Found {
    pub(crate) format: Format,
    /// Tabs separate the fields, unless the learner says otherwise.
    pub(crate) tabs: bool,
    pub(crate) splits: Splits,
}

/// What may make a program run when it is read.
const PICKLES: [&str; 7] = ["pkl", "pickle", "pandas", "pt", "pth", "joblib", "npy"];

/// Finds the files; downloads and unpacks them where that is needed.
///
/// # Errors
/// [`Error::BadData`] for what is not there, is no data, or is an archive that is not to be trusted; [`Error::Hub`];
/// [`Error::Argument`].
pub(crate) fn find(settings: &Settings) -> Result<Found> {
    let name = settings.name.as_str();
    refuse_pickles(name, &name.to_ascii_lowercase())?;
    if let Some(format) = Format::named(name).filter(|_| settings.data_files.is_some() || !Path::new(name).exists()) {
        let splits = match (&settings.data_files, &settings.data_dir) {
            (Some(data_files), _) => listed(data_files, settings, Some(format))?,
            (None, Some(folder)) => in_folder(folder, Some(format))?.1,
            (None, None) => {
                return Err(Error::Argument(format!(
                    "load_dataset({name:?}) needs files to load: `.data_files(\"reviews.{name}\")`"
                )));
            }
        };
        return unpacked(format, splits, settings, name.eq_ignore_ascii_case("tsv"));
    }
    let path = Path::new(name);
    if path.is_dir() {
        let folder = settings.data_dir.as_ref().map_or_else(|| path.to_path_buf(), |inside| path.join(inside));
        if let Some(data_files) = &settings.data_files {
            let inside = data_files.splits.iter().map(|(split, paths)| {
                (split.clone(), paths.iter().map(|path| folder.join(path).to_string_lossy().into_owned()).collect())
            });
            let data_files = DataFiles { splits: inside.collect() };
            let splits = listed(&data_files, settings, None)?;
            return unpacked(format_of(&splits)?, splits, settings, false);
        }
        let (format, splits) = in_folder(&folder, None)?;
        return unpacked(format, splits, settings, false);
    }
    if path.is_file() || files::is_address(name) || files::is_pattern(name) {
        let splits = listed(&name.into(), settings, None)?;
        return unpacked(format_of(&splits)?, splits, settings, false);
    }
    hub::find(settings, name).and_then(|(format, splits)| unpacked(format, splits, settings, false))
}

/// The files of every split, downloaded but not unpacked.
fn listed(data_files: &DataFiles, settings: &Settings, format: Option<Format>) -> Result<Splits> {
    let mut splits = Vec::with_capacity(data_files.splits.len());
    for (split, paths) in &data_files.splits {
        let mut found = Vec::new();
        for path in paths {
            found.extend(one(path, settings, format)?);
        }
        splits.push((split.clone(), found));
    }
    Ok(splits)
}

/// The files of one path, pattern, folder or address.
fn one(path: &str, settings: &Settings, format: Option<Format>) -> Result<Vec<DataFile>> {
    refuse_pickles(path, &extension_of(path).unwrap_or_default())?;
    if files::is_address(path) {
        return Ok(vec![files::download(path, None, &settings.cache().join("downloads"), settings.fresh)?]);
    }
    let written = path;
    let path = match &settings.data_dir {
        Some(folder) if Path::new(path).is_relative() && Path::new(folder).is_dir() => folder.join(path),
        _ => expand_home(path),
    };
    if files::is_pattern(&path.to_string_lossy()) {
        return files::matching(&path.to_string_lossy());
    }
    if path.is_dir() {
        let inside: Vec<DataFile> = files::files_in(&path)?.into_iter().map(DataFile::new).collect();
        let fitting = fitting(inside.clone(), format);
        return Ok(if fitting.is_empty() { inside } else { fitting });
    }
    if path.is_file() {
        return Ok(vec![DataFile::named(path, written)]);
    }
    Err(not_there(&path))
}

fn not_there(path: &Path) -> Error {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let parent = absolute.parent().unwrap_or(Path::new("/"));
    let advice = if parent.is_dir() {
        let mut beside: Vec<String> = std::fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .take(200)
            .collect();
        beside.sort();
        beside.truncate(8);
        match beside.is_empty() {
            true => format!("The folder {} is empty.", parent.display()),
            false => format!("In {} there are: {}.", parent.display(), beside.join(", ")),
        }
    } else {
        format!("There is no folder {} either.", parent.display())
    };
    BadData::new(path.display().to_string(), "there is no such file", advice).into()
}

fn expand_home(path: &str) -> std::path::PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

/// The files of a folder in one format, by split told from their names.
fn in_folder(folder: &Path, format: Option<Format>) -> Result<(Format, Splits)> {
    let shown = folder.display().to_string();
    if folder.join("dataset_dict.json").is_file() || folder.join("state.json").is_file() {
        let advice = format!("Read it with `load_from_disk({shown:?})`.");
        return Err(BadData::new(shown, "this folder was written by `save_to_disk`", advice).into());
    }
    if !folder.is_dir() {
        return Err(not_there(folder));
    }
    let inside: Vec<DataFile> = files::files_in(folder)?.into_iter().map(DataFile::new).collect();
    let format = match format.map_or_else(|| common_format(&inside), Some) {
        Some(format) => format,
        None => {
            let advice = "Files end in .csv, .tsv, .json, .jsonl, .parquet, .arrow or .txt, with .gz or .zst behind; or name the format and the files: `load_dataset(\"csv\").data_files(…)`.";
            return Err(BadData::new(shown, "there are no data files in this folder", advice).into());
        }
    };
    let files = fitting(inside, Some(format));
    if files.is_empty() {
        return Err(BadData::new(shown, format!("there are no {} files in this folder", format.name()), "").into());
    }
    Ok((format, files::splits_by_name(files, &shown)))
}

/// The files of a format (archives may hold any); all of them when nothing is asked for.
fn fitting(files: Vec<DataFile>, format: Option<Format>) -> Vec<DataFile> {
    let fits = |file: &DataFile| {
        let extension = file.extension().unwrap_or_default();
        format.is_none_or(|format| Format::of_extension(&extension) == Some(format)) || is_archive(&extension)
    };
    files.into_iter().filter(fits).collect()
}

fn is_archive(extension: &str) -> bool {
    matches!(extension, "zip" | "tar" | "tgz")
}

/// The format of most files.
pub(super) fn common_format(files: &[DataFile]) -> Option<Format> {
    let mut counts: BTreeMap<&str, (usize, Format)> = BTreeMap::new();
    for format in files.iter().filter_map(|file| Format::of_extension(&file.extension()?)) {
        counts.entry(format.name()).or_insert((0, format)).0 += 1;
    }
    counts.into_values().max_by_key(|(count, _)| *count).map(|(_, format)| format)
}

fn format_of(splits: &[(String, Vec<DataFile>)]) -> Result<Format> {
    let files: Vec<DataFile> = splits.iter().flat_map(|(_, files)| files.iter().cloned()).collect();
    if let Some(format) = common_format(&files) {
        return Ok(format);
    }
    if files.iter().any(|file| file.extension().is_some_and(|extension| is_archive(&extension))) {
        // What is in it says more.
        return Ok(Format::Text);
    }
    let name = files.first().map_or_else(String::new, |file| file.name.clone());
    let advice =
        "Name the format: `load_dataset(\"csv\").data_files(…)`; there are csv, json, parquet, arrow and text.";
    Err(BadData::new(name, "the name does not say what format this file has", advice).into())
}

/// Opens archives, and the packing of files that are not read from front to back.
fn unpacked(format: Format, splits: Splits, settings: &Settings, tabs: bool) -> Result<Found> {
    let folder = settings.cache().join("extracted");
    let allowed = settings.read.allowed;
    let mut format = format;
    let mut out: Splits = Vec::with_capacity(splits.len());
    let only_one = splits.len() == 1 && settings.data_files.is_none();
    for (split, files) in splits {
        let mut ready = Vec::with_capacity(files.len());
        for file in files {
            match files::unpack(&file, &folder, allowed)? {
                Some(members) => {
                    if Format::named(&settings.name).is_none() {
                        format = common_format(&members).unwrap_or(format);
                    }
                    let right = fitting(members.clone(), Some(format));
                    let members = if right.is_empty() { members } else { right };
                    if only_one {
                        // The archive is the dataset: its own names tell the splits.
                        let base = format!("{}: ", file.name);
                        out.extend(files::splits_by_name(members, &base));
                    } else {
                        ready.extend(members);
                    }
                }
                None if matches!(format, Format::Parquet | Format::Arrow) => {
                    ready.push(files::unpacked_copy(&file, &folder, allowed)?);
                }
                None => ready.push(file),
            }
        }
        if !ready.is_empty() {
            out.push((split, ready));
        }
    }
    for file in out.iter().flat_map(|(_, files)| files) {
        refuse_pickles(&file.name, &file.extension().unwrap_or_default())?;
    }
    let tabs = tabs || out.iter().flat_map(|(_, files)| files).all(|file| file.extension().as_deref() == Some("tsv"));
    Ok(Found { format, tabs, splits: out })
}

fn refuse_pickles(name: &str, extension: &str) -> Result<()> {
    if !PICKLES.contains(&extension) || Path::new(name).is_dir() {
        return Ok(());
    }
    let advice = "Write the data as parquet, JSON or CSV where it was made (`df.to_parquet(\"data.parquet\")` in pandas), and load that.";
    Err(BadData::new(
        name,
        "pickled data is not read: a pickle is a program, and reading it runs whatever is in it",
        advice,
    )
    .into())
}
