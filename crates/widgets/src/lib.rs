//! Widgets: things in the page that a learner moves, clicks and types into, with callbacks in Rust.
//!
//! ```
//! use course_widgets::{FloatSlider, VBox, View};
//! use course_display::{Html, Rich};
//!
//! let temperature = FloatSlider::new("temperature", 0.0..=2.0).with_value(0.5);
//! let view = View::new();
//! temperature.on_change({
//!     let view = view.clone();
//!     move |value| view.show(&Html::new(format!("<b>{value}</b>")))
//! });
//! temperature.set_value(1.25);
//! assert_eq!(VBox::new((&temperature, &view)).rich().plain(), "temperature: 1.25 (0 to 2)\n1.25");
//! ```
//!
//! A widget is a handle: clones are the same widget, so one clone goes into a callback and another stays in the notebook. It
//! comes to life in the page when it is shown, alone or in a box. Callbacks run between cells, and during a cell where the cell
//! polls: every long loop of the course does, and [`poll`] does it by hand. What a callback prints or displays, and the
//! message of one that fails, appears under the widget; inside [`OutputArea::capture`] it goes there.
//!
//! | widget | its value |
//! |---|---|
//! | [`IntSlider`], [`FloatSlider`] | a number in a range |
//! | [`Dropdown`] | one of some texts |
//! | [`Text`] | a line, or several |
//! | [`Checkbox`] | yes or no |
//! | [`Button`] | none: it is clicked |
//! | [`Tabs`], [`VBox`], [`HBox`] | none: they hold others |
//! | [`View`] | what was shown in it last |
//! | [`OutputArea`] | what was printed and displayed into it |
//! | [`AnyWidget`] | anything: its front end is JavaScript of your own |
//!
//! The front ends are those of ipywidgets and anywidget, so JupyterLab needs nothing of ours. Where they are missing, a widget
//! shows as HTML that does not move, and in a terminal as text.

mod any;
mod boxes;
mod button;
mod callback;
mod checkbox;
pub mod comm;
mod dropdown;
mod error;
mod frame;
mod model;
mod output;
mod slider;
mod tabs;
mod text;
mod view;
mod widget;

pub use any::AnyWidget;
pub use boxes::{Children, HBox, VBox};
pub use button::Button;
pub use callback::{Failed, Outcome};
pub use checkbox::Checkbox;
pub use course_wire::comm::{Hold, hold, poll};
pub use dropdown::Dropdown;
pub use error::{Error, Result};
#[doc(hidden)]
pub use model::Model;
pub use output::OutputArea;
#[doc(hidden)]
pub use output::callback_area;
pub use slider::{FloatSlider, IntSlider};
pub use tabs::Tabs;
pub use text::Text;
pub use view::View;
pub use widget::Widget;
