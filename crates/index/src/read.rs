//! A mapped index, searched where it lies.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::FORMAT;
use crate::item::Item;
use crate::lines::read_item;

/// Why a file cannot be used as an index.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened or mapped.
    #[error("the index cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is of another format, or was cut off.
    #[error("this is no index of this kernel's format; `cargo xtask setup` writes one")]
    Format,
}

/// The items of one crate.
pub struct Index {
    bytes: Bytes,
    /// Where the tables begin.
    tables: usize,
    count: usize,
}

enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Index {
    /// Maps a file.
    ///
    /// # Errors
    /// When it cannot be opened, or is no index.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        // SAFETY: a staged index is never written to again; the set-up writes others beside it and renames.
        let map = unsafe { Mmap::map(&file) }?;
        Self::new(Bytes::Mapped(map))
    }

    /// An index in memory.
    ///
    /// # Errors
    /// When the bytes are no index.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::new(Bytes::Owned(bytes))
    }

    fn new(bytes: Bytes) -> Result<Self, Error> {
        let header = bytes.strip_prefix(FORMAT.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'\n'));
        let end = bytes.len().checked_sub(8).filter(|_| header).ok_or(Error::Format)?;
        let number = |at: usize| read_number(&bytes, at).map(|number| number as usize).ok_or(Error::Format);
        let (tables, count) = (number(end)?, number(end + 4)?);
        let whole = count.checked_mul(8).and_then(|size| size.checked_add(tables)) == Some(end);
        if whole { Ok(Self { bytes, tables, count }) } else { Err(Error::Format) }
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The items of a path, without their documentation: a module and a function may share one.
    pub fn find(&self, path: &str) -> Vec<Item> {
        self.at(path).filter_map(|number| read_item(self.text(number)?, false)).collect()
    }

    /// The items of a path, with their documentation.
    pub fn documented(&self, path: &str) -> Vec<Item> {
        self.at(path).filter_map(|number| read_item(self.text(number)?, true)).collect()
    }

    /// The items of a path without their members: quick where many are listed.
    pub fn headlines(&self, path: &str) -> Vec<Item> {
        self.at(path).filter_map(|number| read_item(self.text(number)?.lines().next()?, false)).collect()
    }

    /// Whether a path has an item.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).next().is_some()
    }

    /// The paths whose last name starts with `prefix`, upper and lower case alike.
    pub fn named(&self, prefix: &str) -> Vec<&str> {
        let prefix = prefix.to_lowercase();
        let first = partition(self.count, |place| name_of(self.path(self.by_name(place))).to_lowercase() < prefix);
        let found = (first..self.count).map(|place| self.path(self.by_name(place)));
        found.take_while(|path| name_of(path).to_lowercase().starts_with(&prefix)).collect()
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        (0..self.count).map(|number| self.path(number))
    }

    /// The numbers of a path's items.
    fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = usize> + 'a {
        let first = partition(self.count, |number| self.path(number) < path);
        (first..self.count).take_while(move |&number| self.path(number) == path)
    }

    fn text(&self, number: usize) -> Option<&str> {
        let (start, end) = self.block(number);
        std::str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    fn block(&self, number: usize) -> (usize, usize) {
        let start = self.table(number);
        let end = if number + 1 < self.count { self.table(number + 1) } else { self.tables };
        (start, end)
    }

    fn path(&self, number: usize) -> &str {
        let (start, end) = self.block(number);
        let block = self.bytes.get(start..end).unwrap_or_default();
        // `=\tpath\t`: a path has no escapes.
        let path = block.get(2..).unwrap_or_default().split(|&byte| byte == b'\t' || byte == b'\n').next();
        std::str::from_utf8(path.unwrap_or_default()).unwrap_or_default()
    }

    fn by_name(&self, place: usize) -> usize {
        self.table(self.count + place)
    }

    fn table(&self, entry: usize) -> usize {
        read_number(&self.bytes, self.tables + 4 * entry).unwrap_or_default() as usize
    }
}

fn read_number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn name_of(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or_default().trim_end_matches('!')
}

/// The first of `count` numbers for which `before` no longer holds.
fn partition(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, write};

    fn item(path: &str, kind: Kind) -> Item {
        Item { path: path.into(), kind, docs: format!("About {path}.\n"), ..Item::default() }
    }

    fn sample() -> Vec<Item> {
        vec![
            item("std::vec", Kind::Module),
            item("std::vec!", Kind::Macro),
            item("std::vec::Vec", Kind::Struct),
            item("a::pipeline", Kind::Module),
            item("a::pipeline", Kind::Function),
            item("a::Größe", Kind::Struct),
        ]
    }

    #[test]
    fn paths_are_found_in_a_mapped_file_and_by_their_last_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("std.idx");
        std::fs::write(&file, write(sample())).unwrap();
        let index = Index::open(&file).unwrap();
        assert_eq!(index.len(), 6);
        assert_eq!(index.documented("std::vec::Vec"), [item("std::vec::Vec", Kind::Struct)]);
        assert_eq!(index.find("a::pipeline").len(), 2);
        let bare = Item { docs: String::new(), ..item("std::vec::Vec", Kind::Struct) };
        assert_eq!(index.headlines("std::vec::Vec"), std::slice::from_ref(&bare));
        assert_eq!(index.find("std::vec::Vec"), [bare]);
        assert!(index.has("a::Größe") && !index.has("a::G") && index.find("zz").is_empty());
        assert_eq!(index.named("ve"), ["std::vec", "std::vec!", "std::vec::Vec"]);
        assert_eq!(index.named("GRÖ"), ["a::Größe"]);
        assert!(index.paths().is_sorted());
    }

    #[test]
    fn a_damaged_file_is_refused_and_harms_nobody() {
        let whole = write(sample());
        assert!(matches!(Index::from_bytes(Vec::new()), Err(Error::Format)));
        assert!(matches!(Index::from_bytes(b"course-index 0\nxxxxxxxx".to_vec()), Err(Error::Format)));
        for end in 0..whole.len() {
            // Cut anywhere: refused, or at least read without a panic.
            if let Ok(index) = Index::from_bytes(whole[..end].to_vec()) {
                index.find("std::vec");
            }
        }
        let mut wrong = whole.clone();
        for at in 15..whole.len() - 8 {
            wrong[at] = 0xff;
            let index = Index::from_bytes(wrong.clone()).unwrap();
            index.find("std::vec");
            index.named("v");
        }
    }
}
