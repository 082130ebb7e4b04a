//! Parquet files, the card, and the commit that shows them.

use course_hub::push::{Commit, Committed, Content, RemoteRepo, RepoKind, Uploaded};
use course_hub::{HubConfig, HubError};
use course_wire::interrupt;

use super::card::{self, Change, SplitSize};
use super::options::PushToHub;
use crate::{Dataset, Error, Features, Result};

const CARD: &str = "README.md";
/// How often the card is made anew because somebody else has written in between.
const TRIES: u32 = 5;

/// Writes the splits; `whole` says that they are all there is of the configuration.
pub(super) fn push(splits: &[(String, &Dataset)], name: &str, options: &PushToHub, whole: bool) -> Result<Committed> {
    let features = check(splits, options)?;
    let mut config = options.hub.clone().unwrap_or_else(HubConfig::from_env);
    if let Some(token) = &options.token {
        config.token = Some(token.trim().to_owned());
    }
    let repo = RemoteRepo::create(&config, RepoKind::Dataset, name, options.private)?;
    if options.revision != "main" {
        repo.make_branch(&options.revision)?;
    }
    let folder = match (&options.data_dir, options.config_name.as_str()) {
        (Some(folder), _) => folder.trim_matches('/'),
        (None, "default") => "data",
        (None, config) => config,
    };
    let mut pushed = Pushed::default();
    for (split, data) in splits {
        upload(&repo, data, split, folder, options, &mut pushed)?;
    }
    let change = Change { config: &options.config_name, features: &features, splits: &pushed.splits, folder, whole };
    let mut tries = 0;
    loop {
        match commit(&repo, options, &change, &pushed) {
            Err(Error::Hub(HubError::Conflict { .. })) if tries < TRIES => {
                interrupt::sleep(config.retry_pause.saturating_mul(1 << tries))?;
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// What has been uploaded.
#[derive(Default)]
struct Pushed {
    files: Vec<String>,
    uploaded: Vec<Uploaded>,
    splits: Vec<SplitSize>,
}

fn check(splits: &[(String, &Dataset)], options: &PushToHub) -> Result<Features> {
    let Some((first, data)) = splits.first() else {
        return Err(Error::Argument("there is no split to push".to_owned()));
    };
    if options.config_name == "data" {
        return Err(Error::Argument("a configuration cannot be named \"data\"; choose another name".to_owned()));
    }
    for (split, other) in splits {
        // Python's rule: words with points between them.
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !split.split('.').all(word) {
            return Err(Error::Argument(format!(
                "{split:?} cannot be the name of a split on the Hub: it is made of letters, digits, \"_\" and \".\""
            )));
        }
        if other.features() != data.features() {
            return Err(Error::Argument(format!(
                "the splits {first:?} and {split:?} have different columns: {} and {}; on the Hub they must be the same",
                data.features(),
                other.features()
            )));
        }
    }
    Ok(data.features().clone())
}

/// Writes the files of a split one after the other, each of which goes once the Hub has it.
fn upload(
    repo: &RemoteRepo,
    data: &Dataset,
    split: &str,
    folder: &str,
    options: &PushToHub,
    pushed: &mut Pushed,
) -> Result<()> {
    let bytes = data.bytes();
    let shards = options.shards.unwrap_or(bytes / options.shard_bytes + 1).clamp(1, data.len().max(1));
    let temporary = crate::cache::scratch()?;
    let temporary = tempfile::tempdir_in(&temporary).map_err(Error::io("writing into", &temporary))?;
    let mut size = 0;
    for shard in 0..shards {
        let file = format!("{folder}/{split}-{shard:05}-of-{shards:05}.parquet");
        let path = temporary.path().join("shard.parquet");
        size += data.shard(shards, shard)?.to_parquet(&path)?;
        let commit = Commit::new("").revision(&options.revision).add(&file, Content::file(&path));
        pushed.uploaded.push(repo.upload(&commit)?);
        pushed.files.push(file);
    }
    pushed.splits.push(SplitSize { name: split.to_owned(), bytes, rows: data.len(), uploaded: size });
    Ok(())
}

fn commit(repo: &RemoteRepo, options: &PushToHub, change: &Change<'_>, pushed: &Pushed) -> Result<Committed> {
    let head = repo.head(&options.revision)?;
    // What this configuration, or these splits of it, had before.
    let old = |file: &str| match file.strip_prefix(change.folder).and_then(|file| file.strip_prefix('/')) {
        Some(file) if change.whole => !file.contains('/'),
        Some(file) => {
            change.splits.iter().any(|split| file.strip_prefix(&split.name).is_some_and(|rest| rest.starts_with('-')))
        }
        None => false,
    };
    let old: Vec<&(String, Option<u64>)> = head.files.iter().filter(|(file, _)| old(file)).collect();
    let replaced = old.iter().filter_map(|(_, size)| *size).sum();
    let readme = repo.read_text(&head.commit, CARD)?;
    let place = format!("{CARD} of {}", repo.name());
    let card = card::updated(readme.as_deref(), &place, change, replaced)?;
    let mut commit = Commit::new(&options.message)
        .description(&options.description)
        .revision(&options.revision)
        .parent(head.commit)
        .add(CARD, Content::bytes(card));
    for (file, _) in old {
        if !pushed.files.contains(file) {
            commit = commit.delete(file);
        }
    }
    let mut uploaded = pushed.uploaded.clone();
    uploaded.push(repo.upload(&commit)?);
    Ok(repo.commit_with(&commit, &uploaded)?)
}
