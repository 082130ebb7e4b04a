//! Items to the bytes of an index.

use crate::FORMAT;
use crate::item::Item;
use crate::lines::write_item;

/// The bytes of an index with these items.
pub fn write(mut items: Vec<Item>) -> Vec<u8> {
    items.sort_by(|one, other| one.path.cmp(&other.path).then((one.kind as u8).cmp(&(other.kind as u8))));
    let mut text = format!("{FORMAT}\n");
    let mut offsets = Vec::with_capacity(items.len());
    for item in &items {
        offsets.push(text.len() as u32);
        write_item(item, &mut text);
    }
    let mut by_name: Vec<u32> = (0..items.len() as u32).collect();
    by_name.sort_by_cached_key(|&number| items[number as usize].name().to_lowercase());
    // The tables are read as they lie in memory.
    while !text.len().is_multiple_of(4) {
        text.push('\n');
    }
    let tables = text.len() as u32;
    let mut bytes = text.into_bytes();
    for number in offsets.iter().chain(&by_name).chain([&tables, &(items.len() as u32)]) {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}
