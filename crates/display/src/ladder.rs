//! How a cell's last expression is shown, whatever its type: the first rung that its type can stand on.
//!
//! 1. `()` shows nothing.
//! 2. [`Rich`]: numbers, strings, tensors, tables, pipeline results, the learner's own types.
//! 3. A method `evcxr_display(&self)`, inherent or of a trait in scope: it prints its own blocks, which the kernel shows.
//! 4. A vector, slice or array of structs that are `Serialize`: a [`Table`].
//! 5. `Debug`, pretty.
//! 6. `Display`.
//! 7. "a value of type T".
//!
//! The rungs that need no more than std are those of [`course_cell::ladder`], which says how a type finds its own. A cell that names nothing
//! of the course climbs them alone, and shows the same.

use std::cell::RefCell;

use course_wire::Bundle;
use serde::Serialize;

pub use course_cell::ladder::{
    ByDebug, ByDisplay, ByName, EvcxrMissing, EvcxrRan, EvcxrSilent, Keep, Missing, Peel, Ran, Rung, Unwrap,
};

use crate::{Rich, Table};

/// Shows any expression: `Option<Bundle>`, `None` where there is nothing (more) to show.
///
/// The expression is evaluated once and only borrowed.
///
/// ```
/// use course_display::bundle_of;
///
/// struct Opaque;
/// assert_eq!(bundle_of!(1.0).unwrap().plain(), "1.0");
/// assert_eq!(bundle_of!(Some("text")).unwrap().plain(), "Some(\"text\")");
/// assert!(bundle_of!(Opaque).unwrap().plain().starts_with("a value of type "));
/// assert!(bundle_of!(()).is_none());
/// ```
#[macro_export]
macro_rules! bundle_of {
    ($value:expr) => {{
        $crate::keep!($value);
        $crate::ladder::kept()
    }};
}

/// The same, kept for [`kept`](crate::ladder::kept): code that never holds a [`Bundle`] need not compile its destructor, which
/// is more than all the rest of a small cell.
#[macro_export]
macro_rules! keep {
    ($value:expr) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::ladder::{
                    ByDebug as _, ByDisplay as _, ByName as _, ByRich as _, ByRows as _, ByUnit as _,
                    EvcxrMissing as _, EvcxrRan as _, EvcxrSilent as _, Keep as _, NotRich as _, NotRows as _,
                    Unwrap as _,
                };
                // `&&T`, `Box<T>` and the like show as `T`; four layers are more than a cell ever has.
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let rung = $crate::ladder::Rung(value);
                #[allow(clippy::unit_arg, clippy::needless_borrow, unused_must_use)]
                if !(&&&rung).rich() && !(&$crate::ladder::Ran(value.evcxr_display())).ran() && !(&&rung).rows() {
                    (&&&rung).text()
                }
            }
        }
    };
}

thread_local! {
    static KEPT: RefCell<Option<Bundle>> = const { RefCell::new(None) };
}

/// Takes what [`keep!`](crate::keep), or [`course_cell::keep!`], kept last on this thread.
pub fn kept() -> Option<Bundle> {
    let text = course_cell::ladder::kept();
    KEPT.take().or_else(|| text.map(Bundle::text))
}

fn keep(bundle: Bundle) {
    KEPT.set(Some(bundle));
}

/// Rung 1.
pub trait ByUnit {
    /// Nothing to show, which is shown.
    fn rich(&self) -> bool;
}

impl ByUnit for &&Rung<'_, ()> {
    fn rich(&self) -> bool {
        true
    }
}

/// Rung 2.
pub trait ByRich {
    /// Keeps the value's own bundle.
    fn rich(&self) -> bool;
}

impl<T: Rich + ?Sized> ByRich for &Rung<'_, T> {
    fn rich(&self) -> bool {
        keep(self.0.rich());
        true
    }
}

/// Past rung 2.
pub trait NotRich {
    /// On to rung 3.
    fn rich(&self) -> bool;
}

impl<T: ?Sized> NotRich for Rung<'_, T> {
    fn rich(&self) -> bool {
        false
    }
}

/// What has rows that may be those of a table.
pub trait AsRows {
    /// Keeps the table, if each row turns into a JSON object.
    fn keep_table(&self) -> bool;
}

fn keep_records<T: Serialize>(rows: &[T]) -> bool {
    keep_table(Table::of_records(rows))
}

fn keep_table(table: Option<Table>) -> bool {
    table.map(|table| keep(table.rich())).is_some()
}

impl<T: Serialize> AsRows for [T] {
    fn keep_table(&self) -> bool {
        keep_records(self)
    }
}

impl<T: Serialize> AsRows for Vec<T> {
    fn keep_table(&self) -> bool {
        keep_records(self)
    }
}

impl<T: Serialize, const N: usize> AsRows for [T; N] {
    fn keep_table(&self) -> bool {
        keep_records(self)
    }
}

/// Rung 4.
pub trait ByRows {
    /// Keeps a table, or on to rung 5.
    fn rows(&self) -> bool;
}

impl<T: AsRows + ?Sized> ByRows for &Rung<'_, T> {
    fn rows(&self) -> bool {
        self.0.keep_table()
    }
}

/// Past rung 4.
pub trait NotRows {
    /// On to rung 5.
    fn rows(&self) -> bool;
}

impl<T: ?Sized> NotRows for Rung<'_, T> {
    fn rows(&self) -> bool {
        false
    }
}
