//! The dataset card: the YAML at the head of README.md, kept up with what is pushed.

use serde_json::{Map, Value as Json, json};

use super::yaml;
use crate::{Error, Features, Result};

const INFO: &str = "dataset_info";
const CONFIGS: &str = "configs";
const DEFAULT: &str = "default";

/// What a push changes.
pub(super) struct Change<'a> {
    pub(super) config: &'a str,
    pub(super) features: &'a Features,
    pub(super) splits: &'a [SplitSize],
    /// The folder of the files.
    pub(super) folder: &'a str,
    /// Whether other splits of the configuration go.
    pub(super) whole: bool,
}

/// A split and its size.
pub(super) struct SplitSize {
    pub(super) name: String,
    /// Of its rows, as Arrow has them.
    pub(super) bytes: usize,
    pub(super) rows: usize,
    /// Of its files.
    pub(super) uploaded: u64,
}

/// The card with the change made. What stands in it besides stays, letter for letter; `replaced` is how many bytes of files go.
pub(super) fn updated(readme: Option<&str>, place: &str, change: &Change<'_>, replaced: u64) -> Result<String> {
    let (head, body) = split(readme.unwrap_or_default());
    let mut blocks = blocks(head);
    let known = |name: &str| -> Result<Option<Json>> {
        let Some(block) = blocks.iter().find(|block| block.name == name) else { return Ok(None) };
        let bad = |problem| Error::BadFile { place: format!("{place}, {name}"), problem };
        let json = yaml::read(&block.text).map_err(bad)?;
        Ok(json.get(name).cloned())
    };
    let info = new_info(known(INFO)?, change, replaced)?;
    let configs = new_configs(known(CONFIGS)?, change);
    for (name, value) in [(INFO, info), (CONFIGS, configs)] {
        let text = yaml::write(&json!({ name: value }));
        match blocks.iter_mut().find(|block| block.name == name) {
            Some(block) => block.text = text,
            None => blocks.push(Block { name: name.to_owned(), text }),
        }
    }
    let head: String = blocks.into_iter().map(|block| block.text).collect();
    Ok(format!("---\n{head}---\n{body}"))
}

/// The YAML between the lines `---`, and what follows.
fn split(readme: &str) -> (&str, &str) {
    let after = |text: &str, line: &str| text.strip_prefix(line).map(|rest| rest.len());
    let start = after(readme, "---\n").or_else(|| after(readme, "---\r\n")).map(|rest| readme.len() - rest);
    let Some(rest) = start.and_then(|start| readme.get(start..)) else { return ("", readme) };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (rest.get(..at).unwrap_or_default(), rest.get(at + line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    ("", readme)
}

/// A key of the card with all its lines.
struct Block {
    name: String,
    text: String,
}

fn blocks(head: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in head.split_inclusive('\n') {
        let begins = !line.starts_with([' ', '-', '#', '\t']) && !line.trim().is_empty();
        match blocks.last_mut() {
            Some(block) if !begins => block.text += line,
            _ => {
                let name = line.split(':').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
                blocks.push(Block { name: name.to_owned(), text: line.to_owned() });
            }
        }
    }
    blocks
}

/// `dataset_info` with the splits: of one configuration an object, of several a list.
fn new_info(known: Option<Json>, change: &Change<'_>, replaced: u64) -> Result<Json> {
    let known = match known {
        Some(Json::Array(infos)) => infos,
        Some(Json::Object(info)) => vec![Json::Object(info)],
        _ => Vec::new(),
    };
    let mut infos: Vec<(String, Map<String, Json>)> = Vec::new();
    for info in known {
        let Json::Object(mut info) = info else { continue };
        let name = info.shift_remove("config_name");
        let name = name.as_ref().and_then(Json::as_str).unwrap_or(DEFAULT).to_owned();
        infos.push((name, info));
    }
    let before = infos.iter().position(|(name, _)| name == change.config).map(|index| infos.remove(index).1);
    let info = match before {
        Some(info) if !change.whole => grown(info, change, replaced)?,
        _ => {
            let splits: Vec<Json> = change.splits.iter().map(split_json).collect();
            let uploaded: u64 = change.splits.iter().map(|split| split.uploaded).sum();
            let bytes: usize = change.splits.iter().map(|split| split.bytes).sum();
            let features = change.features.to_card();
            let info =
                json!({ "features": features, "splits": splits, "download_size": uploaded, "dataset_size": bytes });
            info.as_object().cloned().unwrap_or_default()
        }
    };
    infos.push((change.config.to_owned(), info));
    infos.sort_by(|one, other| one.0.cmp(&other.0));
    let named = |name: String, info: Map<String, Json>| {
        let mut with_name = Map::from_iter([("config_name".to_owned(), name.into())]);
        with_name.extend(info);
        Json::Object(with_name)
    };
    if infos.len() > 1 {
        return Ok(infos.into_iter().map(|(name, info)| named(name, info)).collect());
    }
    Ok(match infos.pop() {
        Some((name, info)) if name == DEFAULT => Json::Object(info),
        Some((name, info)) => named(name, info),
        None => Json::Null,
    })
}

fn split_json(split: &SplitSize) -> Json {
    json!({ "name": split.name, "num_bytes": split.bytes, "num_examples": split.rows })
}

/// What is known of a configuration, with some splits put over those of their names.
fn grown(mut info: Map<String, Json>, change: &Change<'_>, replaced: u64) -> Result<Map<String, Json>> {
    let mut splits = info.get("splits").and_then(Json::as_array).cloned().unwrap_or_default();
    let is_new = |known: &Json| change.splits.iter().any(|split| known["name"] == split.name.as_str());
    let features = Json::from(change.features.to_card());
    if let Some(known) = info.get("features")
        && splits.iter().any(|split| !is_new(split))
        && todays(known) != features
    {
        return Err(Error::Argument(format!(
            "the splits that are there have other columns; a repository's splits must have the same.\nThere:\n{}Here:\n{}\
             Give the rows these columns, or push all splits together in a `DatasetDict`.",
            yaml::write(known),
            yaml::write(&features)
        )));
    }
    let number = |info: &Map<String, Json>, name: &str| info.get(name).and_then(Json::as_u64).unwrap_or(0);
    let (mut bytes, mut uploaded) = (number(&info, "dataset_size"), number(&info, "download_size"));
    if splits.iter().any(is_new) {
        uploaded = uploaded.saturating_sub(replaced);
    }
    for old in splits.iter().filter(|split| is_new(split)) {
        bytes = bytes.saturating_sub(old["num_bytes"].as_u64().unwrap_or(0));
    }
    splits.retain(|split| !is_new(split));
    splits.extend(change.splits.iter().map(split_json));
    bytes += change.splits.iter().map(|split| split.bytes as u64).sum::<u64>();
    uploaded += change.splits.iter().map(|split| split.uploaded).sum::<u64>();
    for (name, value) in [
        ("features", features),
        ("splits", splits.into()),
        ("download_size", uploaded.into()),
        ("dataset_size", bytes.into()),
    ] {
        info.insert(name.to_owned(), value);
    }
    Ok(info)
}

/// Features in today's spelling: before version 4 lists were called sequences.
fn todays(features: &Json) -> Json {
    match features {
        Json::Array(items) => items.iter().map(todays).collect(),
        Json::Object(fields) => {
            let name = |name: &String| if name == "sequence" { "list".to_owned() } else { name.clone() };
            Json::Object(fields.iter().map(|(key, value)| (name(key), todays(value))).collect())
        }
        other => other.clone(),
    }
}

/// `configs` with the files of the splits.
fn new_configs(known: Option<Json>, change: &Change<'_>) -> Json {
    let mut configs = known.as_ref().and_then(Json::as_array).cloned().unwrap_or_default();
    let before = configs.iter().position(|config| config["config_name"] == change.config);
    let before = before.map(|index| configs.remove(index));
    let mut files = match &before {
        Some(config) if !change.whole => config["data_files"].as_array().cloned().unwrap_or_default(),
        _ => Vec::new(),
    };
    // Files without a split are the training split's.
    files.retain(|files| files["split"].is_string());
    for split in change.splits {
        let new = json!({ "split": split.name, "path": format!("{}/{}-*", change.folder, split.name) });
        match files.iter_mut().find(|files| files["split"] == split.name.as_str()) {
            Some(files) => *files = new,
            None => files.push(new),
        }
    }
    configs.push(json!({ "config_name": change.config, "data_files": files }));
    configs.sort_by(|one, other| one["config_name"].as_str().cmp(&other["config_name"].as_str()));
    Json::Array(configs)
}
