//! The one trait of this crate.

use std::borrow::Cow;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use course_wire::Bundle;

/// A value that can show itself in a notebook.
///
/// ```
/// use course_display::{Bundle, Rich, escape};
///
/// struct Celsius(f64);
///
/// impl Rich for Celsius {
///     fn rich(&self) -> Bundle {
///         Bundle::html(format!("<b>{}</b> °C", self.0), format!("{} °C", self.0))
///     }
/// }
/// assert_eq!(Celsius(21.5).rich().plain(), "21.5 °C");
/// ```
pub trait Rich {
    /// The value in every MIME type it has; `text/plain` is always one of them.
    fn rich(&self) -> Bundle;
}

impl Rich for Bundle {
    fn rich(&self) -> Bundle {
        self.clone()
    }
}

macro_rules! as_written {
    ($format:literal: $($plain:ty),*) => {$(
        impl Rich for $plain {
            fn rich(&self) -> Bundle {
                Bundle::text(format!($format, self))
            }
        }
    )*};
}
as_written!("{}": str, String, char, bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
// A float keeps its point (`1.0`, not `1`) and does not print three hundred digits of `1e300`.
as_written!("{:?}": f32, f64);

impl<T: Rich + ToOwned + ?Sized> Rich for Cow<'_, T> {
    fn rich(&self) -> Bundle {
        self.as_ref().rich()
    }
}

macro_rules! through_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Rich + ?Sized> Rich for $pointer {
            fn rich(&self) -> Bundle {
                (**self).rich()
            }
        }
    )*};
}
through_a_pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// `Ok` shows what it holds, `Err` its `Debug` text.
impl<T: Rich, E: Debug> Rich for Result<T, E> {
    fn rich(&self) -> Bundle {
        match self {
            Ok(value) => value.rich(),
            Err(error) => Bundle::text(format!("Err({error:?})")),
        }
    }
}
