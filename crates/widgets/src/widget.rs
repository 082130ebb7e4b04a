//! What all widgets can do.

use course_display::Rich;
use serde_json::Value;

use crate::model::Model;

/// A widget: a handle to something in the page.
pub trait Widget: Rich {
    /// What it is made of.
    #[doc(hidden)]
    fn model(&self) -> &Model;

    /// Makes it as wide as `width` says, in CSS: `"300px"`, `"100%"`.
    #[must_use]
    fn with_width(self, width: &str) -> Self
    where
        Self: Sized,
    {
        self.model().set_layout("width", width.into());
        self
    }

    /// Gives its label this width, in CSS, so that widgets below one another begin at the same place.
    #[must_use]
    fn with_label_width(self, width: &str) -> Self
    where
        Self: Sized,
    {
        self.model().set_style("description_width", width.into());
        self
    }

    /// Whether it can be touched; a widget that cannot is greyed out.
    fn set_disabled(&self, disabled: bool) {
        self.model().set("disabled", disabled);
    }

    /// Shows it, or takes it away while its place in a box is kept for later.
    fn set_visible(&self, visible: bool) {
        self.model().set_layout("display", if visible { Value::Null } else { "none".into() });
    }

    /// Takes it out of the page for good, and drops its callbacks with what they hold.
    fn close(&self) {
        self.model().close();
    }
}

/// Defines a widget's handle: a struct around its [`Model`], and the traits that all handles have.
macro_rules! handle {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone)]
        pub struct $name {
            model: $crate::model::Model,
        }

        impl $crate::Widget for $name {
            fn model(&self) -> &$crate::model::Model {
                &self.model
            }
        }

        impl course_display::Rich for $name {
            fn rich(&self) -> course_wire::Bundle {
                self.model.rich()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.model.still().text)
            }
        }
    };
}
pub(crate) use handle;

impl<W: Widget + ?Sized> Widget for &W {
    fn model(&self) -> &Model {
        (**self).model()
    }
}
