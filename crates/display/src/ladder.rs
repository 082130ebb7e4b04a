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
//! Rust has no specialisation, so the choice is made by method lookup: a call tries its receiver as it is, then what it
//! dereferences to, so traits of the same method name on `&&&&Rung<T>`, `&&&Rung<T>`, … are tried in that order, and a
//! trait whose bounds the type does not meet is passed over. Each type therefore compiles at the first try.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::rc::Rc;
use std::sync::Arc;

use course_wire::Bundle;
use serde::Serialize;

use crate::{Rich, Table, debug};

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

/// Takes what [`keep!`](crate::keep) kept last on this thread.
pub fn kept() -> Option<Bundle> {
    KEPT.take()
}

fn keep(bundle: Bundle) {
    KEPT.set(Some(bundle));
}

/// A borrowed value that may be a pointer to what is to be shown.
pub struct Peel<'a, T: ?Sized>(pub &'a T);

/// Takes one pointer off.
pub trait Unwrap<'a> {
    /// What the pointer points to.
    type Inner: ?Sized;
    /// What the pointer points to, borrowed.
    fn peel(&self) -> &'a Self::Inner;
}

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<'a, T: ?Sized> Unwrap<'a> for Peel<'a, $pointer> {
            type Inner = T;
            fn peel(&self) -> &'a T {
                self.0
            }
        }
    )*};
}
pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// Leaves a value that is no pointer as it is.
pub trait Keep<'a> {
    /// The value's type.
    type Inner: ?Sized;
    /// The value.
    fn peel(&self) -> &'a Self::Inner;
}

impl<'a, T: ?Sized> Keep<'a> for &Peel<'a, T> {
    type Inner = T;
    fn peel(&self) -> &'a T {
        self.0
    }
}

/// A borrowed value on the ladder.
pub struct Rung<'a, T: ?Sized>(pub &'a T);

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

/// What `evcxr_display` returned: nothing, as a rule.
pub struct Ran<T>(pub T);

/// The answer of [`EvcxrMissing::evcxr_display`].
pub struct Missing;

/// Stands in for `evcxr_display` where a type has none.
///
/// The receiver is a `&T`. An inherent method and a trait's method on `T` are found with the receiver as it is; this one
/// only once a further `&` has been added, so it never competes with them.
pub trait EvcxrMissing {
    /// Does nothing.
    fn evcxr_display(&self) -> Missing {
        Missing
    }
}

impl<T: ?Sized> EvcxrMissing for &T {}

/// Rung 3 was not there.
pub trait EvcxrSilent {
    /// No.
    fn ran(&self) -> bool;
}

impl EvcxrSilent for Ran<Missing> {
    fn ran(&self) -> bool {
        false
    }
}

/// Rung 3 has printed its blocks.
pub trait EvcxrRan {
    /// Yes.
    fn ran(&self) -> bool;
}

impl<T> EvcxrRan for &Ran<T> {
    fn ran(&self) -> bool {
        true
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

/// Rung 5.
pub trait ByDebug {
    /// Keeps the `Debug` text.
    fn text(&self);
}

impl<T: Debug + ?Sized> ByDebug for &&Rung<'_, T> {
    fn text(&self) {
        keep_debug(&self.0);
    }
}

/// Rung 6.
pub trait ByDisplay {
    /// Keeps the `Display` text.
    fn text(&self);
}

impl<T: Display + ?Sized> ByDisplay for &Rung<'_, T> {
    fn text(&self) {
        keep_display(&self.0);
    }
}

/// Rung 7.
pub trait ByName {
    /// Keeps "a value of type T".
    fn text(&self);
}

impl<T: ?Sized> ByName for Rung<'_, T> {
    fn text(&self) {
        keep_name(std::any::type_name::<T>());
    }
}

// Plain functions, compiled here once and not in every cell. They get a reference to a reference, whose table of methods needs no
// destructor of the value.

fn keep_debug(value: &dyn Debug) {
    keep(Bundle::text(debug::pretty(value)));
}

fn keep_display(value: &dyn Display) {
    keep(Bundle::text(value.to_string()));
}

fn keep_name(type_name: &str) {
    // Items of a notebook live in a crate named `notebook`, a name no learner has written.
    keep(Bundle::text(format!("a value of type {}", type_name.replace("notebook::", ""))));
}
