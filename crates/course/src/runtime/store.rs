//! The variables that live from cell to cell.
//!
//! They live on the one thread that runs cells, so they need not be `Send`.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;

use course_wire::StoreEntry;

struct Stored {
    value: Box<dyn Any>,
    type_name: &'static str,
    size: usize,
}

thread_local! {
    static STORE: RefCell<BTreeMap<String, Stored>> = const { RefCell::new(BTreeMap::new()) };
}

/// Stores a value; one of the same name is dropped.
pub fn put<T: 'static>(name: &str, value: T) {
    let stored = Stored { value: Box::new(value), type_name: std::any::type_name::<T>(), size: size_of::<T>() };
    let old = STORE.with_borrow_mut(|store| store.insert(name.to_owned(), stored));
    // Outside the borrow: a destructor is the learner's code and may do anything.
    drop(old);
}

/// Whether a variable of this name is stored.
pub fn contains(name: &str) -> bool {
    STORE.with_borrow(|store| store.contains_key(name))
}

/// Takes a value out, or leaves it if it has another type.
pub fn take<T: 'static>(name: &str) -> Option<T> {
    STORE.with_borrow_mut(|store| match store.remove(name)?.value.downcast::<T>() {
        Ok(value) => Some(*value),
        Err(_) => None,
    })
}

/// Drops the named variables.
pub fn forget(names: &[String]) {
    let dropped: Vec<_> = STORE.with_borrow_mut(|store| names.iter().filter_map(|name| store.remove(name)).collect());
    drop(dropped);
}

/// Lists the variables by name.
pub fn list() -> Vec<StoreEntry> {
    STORE.with_borrow(|store| {
        store
            .iter()
            .map(|(name, stored)| StoreEntry {
                name: name.clone(),
                type_name: stored.type_name.to_owned(),
                size: stored.size,
            })
            .collect()
    })
}
