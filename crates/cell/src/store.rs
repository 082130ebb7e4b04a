//! The variables that live from cell to cell.
//!
//! They live on the one thread that runs cells, so they need not be `Send`. A value is kept as its bytes, with what is needed to
//! drop it. A cell that mentions a variable borrows the bytes: the slot waits, empty, for [`put_back`], so only the cell that
//! makes a variable compiles its destructor.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::any::{TypeId, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// A stored variable as `:vars` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// `std::any::type_name` of its value.
    pub type_name: &'static str,
    /// Bytes of the value itself, without what it points to.
    pub size: usize,
}

/// What has to be known of a type once its values are only bytes.
struct Kind {
    id: TypeId,
    name: &'static str,
    layout: Layout,
    drop: unsafe fn(*mut u8),
}

impl Kind {
    fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: type_name::<T>(), layout: Layout::new::<T>(), drop: drop_value::<T> }
    }
}

/// # Safety
/// `value` must point to a `T` that nobody uses afterwards.
unsafe fn drop_value<T>(value: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { value.cast::<T>().drop_in_place() }
}

/// Memory for one value, which is in it or lent to a cell.
struct Slot {
    data: NonNull<u8>,
    kind: Kind,
    full: bool,
}

impl Slot {
    /// # Safety
    /// `value` must point to a value of the kind, which is moved into the slot.
    unsafe fn new(kind: Kind, value: *const u8) -> Self {
        let data = match kind.layout.size() {
            0 => NonNull::new(std::ptr::without_provenance_mut(kind.layout.align())).unwrap_or(NonNull::dangling()),
            // SAFETY: the size is not zero.
            _ => match NonNull::new(unsafe { alloc(kind.layout) }) {
                Some(data) => data,
                None => handle_alloc_error(kind.layout),
            },
        };
        let mut slot = Self { data, kind, full: false };
        // SAFETY: the slot is empty and of this kind.
        unsafe { slot.fill(value) };
        slot
    }

    /// # Safety
    /// The slot must be empty, and `value` point to a value of its kind, which is moved into it.
    unsafe fn fill(&mut self, value: *const u8) {
        // SAFETY: the memory has the kind's layout; `value` lies in a cell's frame, not in a slot.
        unsafe { value.copy_to_nonoverlapping(self.data.as_ptr(), self.kind.layout.size()) };
        self.full = true;
    }

    /// # Safety
    /// The slot must be full, and `place` have room for a value of its kind.
    unsafe fn lend(&mut self, place: *mut u8) {
        // SAFETY: as above.
        unsafe { self.data.as_ptr().copy_to_nonoverlapping(place, self.kind.layout.size()) };
        self.full = false;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        struct Memory(*mut u8, Layout);
        impl Drop for Memory {
            fn drop(&mut self) {
                if self.1.size() > 0 {
                    // SAFETY: allocated in `new` with this layout.
                    unsafe { dealloc(self.0, self.1) };
                }
            }
        }
        // Given back even when the destructor panics.
        let memory = Memory(self.data.as_ptr(), self.kind.layout);
        if std::mem::take(&mut self.full) {
            // SAFETY: the slot was full, and `full` is what says so.
            unsafe { (self.kind.drop)(memory.0) };
        }
    }
}

#[derive(Default)]
struct Store {
    variables: BTreeMap<String, Slot>,
    /// Empty slots whose values the running cell has.
    lent: BTreeMap<String, Slot>,
    /// Values that the cell gave back under a name it has meanwhile given to another.
    replaced: Vec<Slot>,
}

thread_local! {
    static STORE: RefCell<Store> = const {
        RefCell::new(Store { variables: BTreeMap::new(), lent: BTreeMap::new(), replaced: Vec::new() })
    };
}

/// Stores a new variable; one of the same name is dropped.
pub fn put<T: 'static>(name: &str, value: T) {
    let value = MaybeUninit::new(value);
    // SAFETY: the bytes are a `T`, which is not used or dropped here any more.
    unsafe { put_bytes(name, value.as_ptr().cast(), Kind::of::<T>()) }
}

/// # Safety
/// `value` must point to a value of the kind, which is moved into the store.
unsafe fn put_bytes(name: &str, value: *const u8, kind: Kind) {
    // SAFETY: the caller's promise.
    let slot = unsafe { Slot::new(kind, value) };
    let old = STORE.with_borrow_mut(|store| store.variables.insert(name.to_owned(), slot));
    // Outside the borrow: a destructor is the learner's code and may do anything.
    drop(old);
}

/// Takes a stored variable for the cell that mentions it.
///
/// The kernel asks only for what it knows to be stored, so anything else is a fault of the kernel's: the process ends.
#[expect(
    improper_ctypes_definitions,
    reason = "both sides are this crate; the ABI is chosen because it does not unwind"
)]
pub extern "C" fn take<T: 'static>(name: &str) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: there is room for a `T`; when this returns, one is there.
    unsafe {
        take_bytes(name, value.as_mut_ptr().cast(), TypeId::of::<T>(), type_name::<T>());
        value.assume_init()
    }
}

/// # Safety
/// `place` must have room for a value of the type.
unsafe fn take_bytes(name: &str, place: *mut u8, id: TypeId, type_name: &str) {
    STORE.with_borrow_mut(|store| match store.variables.remove(name) {
        Some(mut slot) if slot.kind.id == id => {
            // SAFETY: slots of variables are full, and the type is the asker's.
            unsafe { slot.lend(place) };
            store.lent.insert(name.to_owned(), slot);
        }
        _ => {
            eprintln!("the variable `{name}` is not stored as {type_name}: please report this as a bug");
            std::process::abort();
        }
    });
}

/// Puts a variable back after the cell, unless the cell made a new one of that name.
#[expect(
    improper_ctypes_definitions,
    reason = "both sides are this crate; the ABI is chosen because it does not unwind"
)]
pub extern "C" fn put_back<T: 'static>(name: &str, value: T) {
    let value = MaybeUninit::new(value);
    // SAFETY: the bytes are a `T`, which is not used or dropped here any more; the name was taken as a `T`.
    unsafe { put_back_bytes(name, value.as_ptr().cast()) }
}

/// # Safety
/// `value` must point to a value of the type that `name` was taken as, which is moved into the store.
unsafe fn put_back_bytes(name: &str, value: *const u8) {
    STORE.with_borrow_mut(|store| {
        let Some(mut slot) = store.lent.remove(name) else { return };
        // SAFETY: the slot has been empty since `take`.
        unsafe { slot.fill(value) };
        if store.variables.contains_key(name) {
            store.replaced.push(slot);
        } else {
            store.variables.insert(name.to_owned(), slot);
        }
    });
}

/// After a cell: frees the slots of what it moved away, and drops what it replaced.
pub(crate) fn settle() {
    let left = STORE.with_borrow_mut(|store| (std::mem::take(&mut store.lent), std::mem::take(&mut store.replaced)));
    drop(left);
}

/// Drops the named variables.
pub fn forget(names: &[String]) {
    let dropped: Vec<_> =
        STORE.with_borrow_mut(|store| names.iter().filter_map(|name| store.variables.remove(name)).collect());
    drop(dropped);
}

/// Lists the variables by name.
pub fn list() -> Vec<Stored> {
    STORE.with_borrow(|store| {
        let variables = store.variables.iter();
        variables
            .map(|(name, slot)| Stored { name: name.clone(), type_name: slot.kind.name, size: slot.kind.layout.size() })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn names() -> Vec<String> {
        list().into_iter().map(|stored| stored.name).collect()
    }

    #[test]
    fn a_value_goes_to_a_cell_and_comes_back() {
        put("text", String::from("hello"));
        let mut text = take::<String>("text");
        assert!(names().is_empty());
        text.push('!');
        put_back("text", text);
        settle();
        assert_eq!(list(), [Stored { name: "text".into(), type_name: "alloc::string::String", size: 24 }]);
        assert_eq!(take::<String>("text"), "hello!");
    }

    #[test]
    fn every_value_is_dropped_once() {
        let counted = Rc::new(());
        put("kept", counted.clone());
        put("kept", counted.clone());
        assert_eq!(Rc::strong_count(&counted), 2, "the first was replaced");

        // A cell that shadows the variable: the old value is given back under a name that is taken.
        let old = take::<Rc<()>>("kept");
        put("kept", counted.clone());
        put_back("kept", old);
        settle();
        assert_eq!(Rc::strong_count(&counted), 2);

        // A cell that moves it away frees only the slot.
        let moved = take::<Rc<()>>("kept");
        settle();
        assert_eq!(Rc::strong_count(&counted), 2);
        drop(moved);

        put("other", counted.clone());
        forget(&["other".into(), "unknown".into()]);
        assert_eq!(Rc::strong_count(&counted), 1);
        assert!(names().is_empty());
    }

    #[test]
    fn a_type_without_size_and_one_with_a_large_alignment_are_values_too() {
        #[repr(align(128))]
        #[derive(PartialEq, Debug)]
        struct Wide(u8);
        put("unit", ());
        put("wide", Wide(7));
        take::<()>("unit");
        put_back("unit", ());
        let wide = take::<Wide>("wide");
        assert_eq!((wide.0, (&raw const wide).addr() % 128), (7, 0));
        put_back("wide", wide);
        assert_eq!(names(), ["unit", "wide"]);
    }

    #[test]
    fn a_destructor_may_use_the_store() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                put("epitaph", 1u8);
            }
        }
        put("last", Last);
        forget(&["last".into()]);
        assert_eq!(take::<u8>("epitaph"), 1);
    }
}
