//! Reading saved datasets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::DataType;
use serde_json::Value as Json;

use super::{DICT, INFO, STATE};
use crate::info::Info;
use crate::{Dataset, DatasetDict, Error, Features, Format, Result};

/// The splits saved in the folder `path`, by this crate or by Python's `datasets`; mapped and not read.
///
/// ```no_run
/// use course_datasets::load_from_disk;
/// let reviews = load_from_disk("reviews")?;
/// println!("{reviews}");
/// # Ok::<(), course_datasets::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadFile`] where the folder holds something else; one that holds a single dataset is for [`Dataset::load_from_disk`].
pub fn load_from_disk(path: impl AsRef<Path>) -> Result<DatasetDict> {
    DatasetDict::load_from_disk(path)
}

impl DatasetDict {
    /// The splits saved in the folder `path`: see [`load_from_disk`].
    ///
    /// # Errors
    /// Those of [`load_from_disk`].
    pub fn load_from_disk(path: impl AsRef<Path>) -> Result<Self> {
        let folder = path.as_ref();
        let dict = folder.join(DICT);
        if !dict.is_file() {
            let hint = if folder.join(STATE).is_file() {
                "it holds one dataset and no splits: load it with `Dataset::load_from_disk`"
            } else {
                "there is no dataset_dict.json in it, so no splits were saved here"
            };
            return Err(bad(folder, missing(folder).unwrap_or(hint)));
        }
        let json = read_json(&dict)?;
        let names = json.get("splits").and_then(Json::as_array).ok_or_else(|| bad(&dict, "it names no `splits`"))?;
        let mut splits = Vec::with_capacity(names.len());
        for name in names.iter().filter_map(Json::as_str) {
            splits.push((name, Dataset::load_from_disk(folder.join(local(name, &dict)?))?));
        }
        Ok(Self::new(splits))
    }
}

impl Dataset {
    /// The dataset saved in the folder `path`, by this crate or by Python's `datasets`, today's or an older one; mapped and not read.
    ///
    /// # Errors
    /// [`Error::BadFile`] where the folder holds something else, [`Error::Io`] where a file is missing.
    pub fn load_from_disk(path: impl AsRef<Path>) -> Result<Self> {
        let folder = path.as_ref();
        let state_path = folder.join(STATE);
        if !state_path.is_file() {
            let hint = if folder.join(DICT).is_file() {
                "it holds several splits: load them with `load_from_disk`"
            } else {
                "there is no state.json in it, so no dataset was saved here"
            };
            return Err(bad(folder, missing(folder).unwrap_or(hint)));
        }
        let state = read_json(&state_path)?;
        let info_path = folder.join(INFO);
        let mut info = match info_path.is_file() {
            true => read_json(&info_path)?,
            false => Json::Null,
        };
        let files = |key: &str| -> Result<Vec<PathBuf>> {
            let files = state.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            let names = files.iter().filter_map(|file| file.get("filename").and_then(Json::as_str));
            names.map(|name| Ok(folder.join(local(name, &state_path)?))).collect()
        };
        let features = match info.get("features") {
            Some(json) if !json.is_null() => Some(Features::from_json(json).map_err(|error| match error {
                Error::BadFile { place, problem } => bad(&info_path, &format!("{place}: {problem}")),
                other => other,
            })?),
            _ => None,
        };
        let paths = files("_data_files")?;
        let mut dataset = Self::from_arrow_files(&paths, fitting(&paths, features)?, None)?;
        let mut indices = files("_indices_data_files")?;
        let old = folder.join("indices.arrow");
        if indices.is_empty() && state.get("_indices_data_files").is_none() && old.is_file() {
            indices.push(old);
        }
        if !indices.is_empty() {
            dataset = dataset.select_rows(numbers(&indices)?)?;
        }
        dataset.split = state.get("_split").and_then(Json::as_str).map(str::to_owned);
        dataset.format = Format::from_python(
            state.get("_format_type").and_then(Json::as_str),
            state
                .get("_format_columns")
                .and_then(Json::as_array)
                .map(|names| names.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
        );
        if let Some(fields) = info.as_object_mut() {
            fields.remove("features");
            dataset.info = Arc::new(Info { fields: std::mem::take(fields) });
        }
        Ok(dataset)
    }
}

/// The features of the info file, where they name the columns of the data; older versions forgot to follow a change of columns.
fn fitting(paths: &[PathBuf], features: Option<Features>) -> Result<Option<Features>> {
    let (Some(features), Some(path)) = (features, paths.first()) else { return Ok(None) };
    let file = crate::arrow_file::ArrowFile::open(path)?;
    let schema = Features::from_arrow_schema(file.schema());
    let mut fitted = Features::new();
    for (name, stored) in schema.iter() {
        let told = features.get(name).filter(|told| told.arrow_type() == stored.arrow_type());
        fitted.insert(name, told.unwrap_or(stored).clone());
    }
    Ok(Some(fitted))
}

/// The numbers of the selected rows, as the older layout keeps them.
pub(crate) fn numbers(paths: &[PathBuf]) -> Result<Vec<u64>> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::UInt64Type;
    let indices = Dataset::from_arrow_files(paths, None, None)?;
    let name = indices.features().names().next().unwrap_or("indices").to_owned();
    let mut numbers = Vec::with_capacity(indices.len());
    for chunk in indices.column(&name)?.chunks() {
        let chunk = arrow_cast::cast(chunk, &DataType::UInt64).map_err(Error::arrow("reading the selected rows"))?;
        numbers.extend(chunk.as_primitive::<UInt64Type>().values());
    }
    Ok(numbers)
}

fn read_json(path: &Path) -> Result<Json> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    serde_json::from_str(&text).map_err(|error| bad(path, &format!("it is no JSON: {error}")))
}

/// A name within the folder; one that leads out of it is refused.
fn local<'n>(name: &'n str, place: &Path) -> Result<&'n str> {
    let inside =
        !name.is_empty() && Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if inside {
        Ok(name)
    } else {
        Err(bad(place, &format!("it names the file {name:?}, which does not lie in its folder")))
    }
}

fn missing(folder: &Path) -> Option<&'static str> {
    if folder.is_dir() { None } else { Some("there is no such folder") }
}

fn bad(path: &Path, problem: &str) -> Error {
    Error::BadFile { place: path.display().to_string(), problem: problem.to_owned() }
}
