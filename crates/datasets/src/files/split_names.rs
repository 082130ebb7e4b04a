//! Which split a file belongs to, told from its name: `data/train-00000-of-00002.parquet`, `valid/a.csv`, `my_test_2.json`.

use super::{DataFile, Splits};

/// The words in names, as Python's `datasets` knows them.
const KEYWORDS: [(&str, &[&str]); 3] = [
    ("train", &["train", "training"]),
    ("validation", &["validation", "valid", "dev", "val"]),
    ("test", &["test", "testing", "eval", "evaluation"]),
];

/// The files by split, `train` first: by shard names, else by folders' names, else by files' names, else all as `train`.
///
/// A file whose name says nothing is left out where others' say something, as in Python. `base` is cut off the names first.
pub(crate) fn splits_by_name(files: Vec<DataFile>, base: &str) -> Splits {
    let inside =
        |file: &DataFile| file.name.strip_prefix(base).unwrap_or(&file.name).trim_start_matches('/').to_owned();
    let ways: [fn(&str) -> Option<String>; 3] = [shard_split, folder_split, name_split];
    for way in ways {
        let found: Vec<(String, DataFile)> =
            files.iter().filter_map(|file| Some((way(&inside(file))?, file.clone()))).collect();
        if !found.is_empty() {
            return grouped(found);
        }
    }
    vec![("train".to_owned(), files)]
}

fn grouped(found: Vec<(String, DataFile)>) -> Splits {
    let mut names: Vec<String> = found.iter().map(|(split, _)| split.clone()).collect();
    names.sort_by_key(|name| {
        (KEYWORDS.iter().position(|(known, _)| known == name).unwrap_or(KEYWORDS.len()), name.clone())
    });
    names.dedup();
    let files_of =
        |name: &String| found.iter().filter(|(split, _)| split == name).map(|(_, file)| file.clone()).collect();
    names.iter().map(|name| (name.clone(), files_of(name))).collect()
}

/// `data/{split}-00000-of-00001….…`.
fn shard_split(path: &str) -> Option<String> {
    let name = path.strip_prefix("data/").filter(|name| !name.contains('/'))?;
    let mut parts = name.splitn(2, "-of-");
    let (head, tail) = (parts.next()?, parts.next()?);
    let (split, number) = head.rsplit_once('-')?;
    let five_digits = |text: &str| text.len() >= 5 && text.bytes().take(5).all(|byte| byte.is_ascii_digit());
    (number.len() == 5 && five_digits(number) && five_digits(tail) && !split.is_empty()).then(|| split.to_owned())
}

fn folder_split(path: &str) -> Option<String> {
    let folders = path.rsplit_once('/')?.0;
    split_of(|keyword| folders.split('/').any(|folder| has_word(folder, keyword)))
}

fn name_split(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    // A keyword at the very end of a name would be one without an extension.
    split_of(|keyword| has_word(name, keyword) && !name.ends_with(keyword))
}

fn split_of(matches: impl Fn(&str) -> bool) -> Option<String> {
    let found = KEYWORDS.iter().find(|(_, keywords)| keywords.iter().any(|keyword| matches(keyword)));
    found.map(|(split, _)| (*split).to_owned())
}

/// Whether `keyword` stands in `text` with nothing but `-._ 0-9` beside it.
fn has_word(text: &str, keyword: &str) -> bool {
    let separates = |beside: Option<char>| beside.is_none_or(|c| c.is_ascii_digit() || "-._ ".contains(c));
    text.match_indices(keyword).any(|(start, _)| {
        separates(text[..start].chars().next_back()) && separates(text[start + keyword.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(names: &[&str]) -> Vec<(String, usize)> {
        let files = names.iter().map(|name| DataFile::new(format!("/base/{name}"))).collect();
        splits_by_name(files, "/base").into_iter().map(|(split, files)| (split, files.len())).collect()
    }

    fn expect(names: &[&str], expected: &[(&str, usize)]) {
        let expected: Vec<(String, usize)> =
            expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        assert_eq!(splits(names), expected, "{names:?}");
    }

    #[test]
    fn splits_are_told_from_names() {
        expect(&["dataset.csv", "more.csv"], &[("train", 2)]);
        expect(&["test.csv", "train.csv"], &[("train", 1), ("test", 1)]);
        expect(&["train_0.csv", "train_1.csv", "my-dev.csv", "notes.csv"], &[("train", 2), ("validation", 1)]);
        expect(&["latest.csv", "trainer.csv"], &[("train", 2)]);
        expect(&["test/shard_0.csv", "train/a.csv", "train/b.csv", "c.csv"], &[("train", 2), ("test", 1)]);
        expect(
            &["data/unsupervised-00000-of-00001.parquet", "data/test-00000-of-00002-abc.parquet", "data/x.parquet"],
            &[("test", 1), ("unsupervised", 1)],
        );
        expect(&["SQuAD_it-train.json", "SQuAD_it-test.json"], &[("train", 1), ("test", 1)]);
    }
}
