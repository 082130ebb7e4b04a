//! Datasets of the Hub: the data files of a repository, from the cache that Python uses too, or downloaded.

use std::path::Path;

use course_hub::HubConfig;
use course_hub::web::{self, escaped};

use super::{Settings, find::common_format};
use crate::files::{self, DataFile, Splits, extension_of};
use crate::readers::{BadData, Format};
use crate::{Error, Result};

/// The files of `owner/name`, parquet where there is any.
///
/// # Errors
/// [`Error::NoDataset`] with every place looked at.
pub(super) fn find(settings: &Settings, name: &str) -> Result<(Format, Splits)> {
    let config = settings.hub.clone().unwrap_or_else(HubConfig::from_env);
    let here = std::env::current_dir().map_or_else(|_| String::new(), |folder| format!(" in {}", folder.display()));
    let mut looked = vec![format!("a file or folder: none of this name{here}")];
    if !is_repository(name) {
        return Err(Error::NoDataset { name: name.to_owned(), looked });
    }
    let revision = settings.revision.clone().unwrap_or_else(|| "main".to_owned());
    let cached = config.hub_cache.join(format!("datasets--{}", name.replace('/', "--")));
    if let Some(found) = in_cache(&cached, &revision)? {
        return Ok(found);
    }
    looked.push(format!("the Hugging Face cache: {} is not there", cached.display()));
    if config.offline {
        looked.push("the Hub: not asked, because HF_HUB_OFFLINE is set".to_owned());
        return Err(Error::NoDataset { name: name.to_owned(), looked });
    }
    match on_hub(&config, settings, name, &revision) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => {
            looked.push(format!("the Hub at {}: it has no such dataset, or it is private", config.endpoint));
            Err(Error::NoDataset { name: name.to_owned(), looked })
        }
        Err(Error::Hub(error)) if !matches!(error, course_hub::HubError::Interrupted(_)) => {
            looked.push(format!("the Hub at {}: {error}", config.endpoint));
            Err(Error::NoDataset { name: name.to_owned(), looked })
        }
        Err(error) => Err(error),
    }
}

/// `name` or `owner/name`, of letters, digits, `-`, `_` and `.`.
fn is_repository(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    name.split('/').count() <= 2 && name.split('/').all(part)
}

/// What Python has downloaded.
fn in_cache(cached: &Path, revision: &str) -> Result<Option<(Format, Splits)>> {
    let commit = std::fs::read_to_string(cached.join("refs").join(revision)).unwrap_or_else(|_| revision.to_owned());
    let commit = commit.trim();
    let snapshot = cached.join("snapshots").join(commit);
    if commit.contains(['/', '\\']) || !snapshot.is_dir() {
        return Ok(None);
    }
    let inside: Vec<DataFile> = files::files_in(&snapshot)?.into_iter().map(DataFile::new).collect();
    let Some(format) = best_format(&inside) else { return Ok(None) };
    let fitting =
        inside.into_iter().filter(|file| file.extension().and_then(|e| Format::of_extension(&e)) == Some(format));
    Ok(Some((format, files::splits_by_name(fitting.collect(), &snapshot.display().to_string()))))
}

fn best_format(files: &[DataFile]) -> Option<Format> {
    let has_parquet = files.iter().any(|file| file.extension().as_deref() == Some("parquet"));
    if has_parquet { Some(Format::Parquet) } else { common_format(files) }
}

/// Lists the repository and downloads its data files; `None` when there is no such dataset.
fn on_hub(config: &HubConfig, settings: &Settings, name: &str, revision: &str) -> Result<Option<(Format, Splits)>> {
    let address = format!("{}/api/datasets/{name}/revision/{}", config.endpoint, escaped(revision));
    let mut request = web::Request::get(&address);
    if let Some(token) = &config.token {
        request = request.bearer(token);
    }
    let answer = request.send()?;
    match answer.status() {
        200..300 => {}
        401 | 403 | 404 => return Ok(None),
        status => {
            return Err(BadData::new(
                address,
                format!("the Hub answers with status {status}"),
                "Try again in a while.",
            )
            .into());
        }
    }
    let listing = answer.json()?;
    let commit = listing["sha"].as_str().unwrap_or(revision).to_owned();
    let names = listing["siblings"].as_array().into_iter().flatten().filter_map(|file| file["rfilename"].as_str());
    let remote =
        |file: &str| format!("{}/datasets/{name}/resolve/{}/{}", config.endpoint, escaped(&commit), path(file));
    let listed: Vec<DataFile> = names
        .filter(|file| extension_of(file).is_some_and(|e| Format::of_extension(&e).is_some()))
        .map(DataFile::new)
        .collect();
    let Some(format) = best_format(&listed) else {
        let advice = "Datasets whose rows only a program of their own can make are not loaded here.";
        return Err(BadData::new(name, "this dataset has no parquet, CSV, JSON or text files", advice).into());
    };
    let right = |file: &DataFile| file.extension().and_then(|e| Format::of_extension(&e)) == Some(format);
    let inside = settings.data_dir.as_ref().map(|folder| folder.display().to_string());
    let wanted =
        |file: &DataFile| right(file) && inside.as_ref().is_none_or(|folder| file.name.starts_with(folder.as_str()));
    let splits = files::splits_by_name(listed.into_iter().filter(wanted).collect(), "");
    let folder = settings.cache().join("downloads");
    let mut ready = Vec::with_capacity(splits.len());
    for (split, files) in splits {
        let mut local = Vec::with_capacity(files.len());
        for file in files {
            let there = files::download(&remote(&file.name), config.token.as_deref(), &folder, settings.fresh)?;
            local.push(DataFile::named(there.path, format!("{name}/{}", file.name)));
        }
        ready.push((split, local));
    }
    Ok(Some((format, ready)))
}

fn path(file: &str) -> String {
    file.split('/').map(escaped).collect::<Vec<_>>().join("/")
}
