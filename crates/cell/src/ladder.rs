//! How a cell's last expression is shown when nothing in the cell names the course: the rungs that need no more than std.
//!
//! They are those of `course_display::ladder`, which stands on these, but for two that only the course has, `Rich` and tables of
//! `Serialize` rows. A cell whose types are std's and the learner's own has no use for either, with one exception: lists of maps and
//! the like, which are tables. They do not compile here ([`OnlyInTheCourse`]), and the kernel compiles the cell with the course.
//!
//! Rust has no specialisation, so method lookup chooses: a call tries its receiver as it is, then what it dereferences to, so traits of
//! the same method name on `&&&&Rung<T>`, `&&&Rung<T>`, … are tried in that order, and a trait whose bounds the type does not meet
//! is passed over. Each type therefore compiles at the first try.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::{Duration, SystemTime};

use crate::debug;

/// Keeps an expression's text for [`kept`]; nothing is kept for `()`, and for what has shown itself.
///
/// The expression is evaluated once and only borrowed.
///
/// ```
/// use course_cell::{keep, ladder::kept};
///
/// keep!(1 + 1);
/// assert_eq!(kept().as_deref(), Some("2"));
/// keep!(Some("text"));
/// assert_eq!(kept().as_deref(), Some("Some(\"text\")"));
/// keep!(());
/// assert_eq!(kept(), None);
/// ```
#[macro_export]
macro_rules! keep {
    ($value:expr) => {
        match &$value {
            value => {
                #[allow(unused_imports)]
                use $crate::ladder::{
                    ByDebug as _, ByDisplay as _, ByName as _, ByPlain as _, ByRecords as _, ByUnit as _,
                    EvcxrMissing as _, EvcxrRan as _, EvcxrSilent as _, Keep as _, NotPlain as _, NotRecords as _,
                    Unwrap as _,
                };
                // `&&T`, `Box<T>` and the like show as `T`; four layers are more than a cell ever has.
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let value = (&$crate::ladder::Peel(value)).peel();
                let rung = $crate::ladder::Rung(value);
                #[allow(clippy::unit_arg, clippy::needless_borrow, unused_must_use)]
                if !(&&&rung).plain() && !(&$crate::ladder::Ran(value.evcxr_display())).ran() && !(&&rung).rows() {
                    (&&&rung).text()
                }
            }
        }
    };
}

thread_local! {
    static KEPT: RefCell<Option<String>> = const { RefCell::new(None) };
}

static SHOW: OnceLock<fn()> = OnceLock::new();

/// Takes the text that was kept last on this thread.
pub fn kept() -> Option<String> {
    KEPT.take()
}

fn keep(text: String) {
    KEPT.set(Some(text));
}

/// Names what shows a cell's value, once it is kept. The first call counts.
pub fn show_with(show: fn()) {
    let _ = SHOW.set(show);
}

/// Shows what was kept, if there is someone to show it.
pub fn result() {
    if let Some(show) = SHOW.get() {
        show();
    }
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
    fn plain(&self) -> bool;
}

impl ByUnit for &&Rung<'_, ()> {
    fn plain(&self) -> bool {
        true
    }
}

/// What is shown as it is written, not as `{:?}` writes it: the types of std that the course's `Rich` shows so.
pub trait Plain {
    /// The text.
    fn text(&self) -> String;
}

macro_rules! as_written {
    ($format:literal: $($plain:ty),*) => {$(
        impl Plain for $plain {
            fn text(&self) -> String {
                format!($format, self)
            }
        }
    )*};
}
as_written!("{}": str, String, char, bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
// A float keeps its point (`1.0`, not `1`) and does not print three hundred digits of `1e300`.
as_written!("{:?}": f32, f64);

impl<T: Plain + ToOwned + ?Sized> Plain for Cow<'_, T> {
    fn text(&self) -> String {
        self.as_ref().text()
    }
}

macro_rules! through_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Plain + ?Sized> Plain for $pointer {
            fn text(&self) -> String {
                (**self).text()
            }
        }
    )*};
}
through_a_pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// `Ok` shows what it holds, `Err` its `Debug` text.
impl<T: Plain, E: Debug> Plain for Result<T, E> {
    fn text(&self) -> String {
        match self {
            Ok(value) => value.text(),
            Err(error) => format!("Err({error:?})"),
        }
    }
}

/// Rung 2.
pub trait ByPlain {
    /// Keeps the value as it is written.
    fn plain(&self) -> bool;
}

impl<T: Plain + ?Sized> ByPlain for &Rung<'_, T> {
    fn plain(&self) -> bool {
        keep_plain(&self.0);
        true
    }
}

/// Past rung 2.
pub trait NotPlain {
    /// On to rung 3.
    fn plain(&self) -> bool;
}

impl<T: ?Sized> NotPlain for Rung<'_, T> {
    fn plain(&self) -> bool {
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

/// What serde writes with named fields, so that the course shows a list of it as a table.
pub trait Record {}

impl<K, V, S> Record for HashMap<K, V, S> {}
impl<K, V> Record for BTreeMap<K, V> {}
impl<T> Record for Range<T> {}
impl<T> Record for RangeFrom<T> {}
impl<T> Record for RangeInclusive<T> {}
impl<T> Record for RangeTo<T> {}
impl Record for Duration {}
impl Record for SystemTime {}
impl<T: Record + ToOwned + ?Sized> Record for Cow<'_, T> {}

macro_rules! around_a_record {
    ($($wrapper:ty),*) => {$(impl<T: Record> Record for $wrapper {})*};
}
around_a_record!(&T, &mut T, Box<T>, Rc<T>, Arc<T>, Option<T>, Cell<T>, RefCell<T>, Mutex<T>, RwLock<T>);

/// Never true: what asks for it does not compile, and the kernel takes the course.
pub trait OnlyInTheCourse {}

/// Rung 4: the course's.
pub trait ByRecords {
    /// A table.
    fn rows(&self) -> bool
    where
        Self: OnlyInTheCourse;
}

macro_rules! lists_of_records {
    ($(<$($length:ident)?> $list:ty),*) => {$(
        impl<T: Record $(, const $length: usize)?> ByRecords for &Rung<'_, $list> {
            fn rows(&self) -> bool
            where
                Self: OnlyInTheCourse,
            {
                false
            }
        }
    )*};
}
lists_of_records!(<> [T], <> Vec<T>, <N> [T; N]);

/// Past rung 4.
pub trait NotRecords {
    /// On to rung 5.
    fn rows(&self) -> bool;
}

impl<T: ?Sized> NotRecords for Rung<'_, T> {
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

fn keep_plain(value: &dyn Plain) {
    keep(value.text());
}

fn keep_debug(value: &dyn Debug) {
    keep(debug::pretty(value));
}

fn keep_display(value: &dyn Display) {
    keep(value.to_string());
}

fn keep_name(type_name: &str) {
    // Items of a notebook live in a crate named `notebook`, a name no learner has written.
    keep(format!("a value of type {}", type_name.replace("notebook::", "")));
}
