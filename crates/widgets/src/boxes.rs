//! Boxes: widgets below one another or side by side.

use serde_json::json;

use crate::Widget;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// Widgets below one another.
    VBox
}

handle! {
    /// Widgets side by side.
    HBox
}

/// What a box takes: a tuple of widgets of any kinds, or an array or a vector of one kind.
pub trait Children {
    /// What they are made of.
    #[doc(hidden)]
    fn models(&self) -> Vec<Model>;
}

impl<W: Widget, const N: usize> Children for [W; N] {
    fn models(&self) -> Vec<Model> {
        self.iter().map(|widget| widget.model().clone()).collect()
    }
}

impl<W: Widget> Children for Vec<W> {
    fn models(&self) -> Vec<Model> {
        self.iter().map(|widget| widget.model().clone()).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: Widget),+> Children for ($($name,)+) {
            #[allow(non_snake_case)]
            fn models(&self) -> Vec<Model> {
                let ($($name,)+) = self;
                vec![$($name.model().clone()),+]
            }
        }
    )*};
}
tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F)(A B C D E F G)(A B C D E F G H)
    (A B C D E F G H I)(A B C D E F G H I J)(A B C D E F G H I J K)(A B C D E F G H I J K L));

impl VBox {
    /// A box with these widgets, the first on top.
    pub fn new(children: impl Children) -> Self {
        let model = vertical();
        children.models().iter().for_each(|child| model.adopt(child));
        Self { model }
    }

    /// Adds a widget at the bottom.
    pub fn push(&self, child: &impl Widget) {
        self.model.adopt(child.model());
    }
}

impl HBox {
    /// A box with these widgets, the first on the left.
    pub fn new(children: impl Children) -> Self {
        let model = Model::new(kind("HBoxModel", "HBoxView", side_by_side), json!({ "children": [] }));
        children.models().iter().for_each(|child| model.adopt(child));
        Self { model }
    }

    /// Adds a widget at the right.
    pub fn push(&self, child: &impl Widget) {
        self.model.adopt(child.model());
    }
}

/// An empty box for widgets below one another.
pub(crate) fn vertical() -> Model {
    Model::new(kind("VBoxModel", "VBoxView", stacked), json!({ "children": [] }))
}

fn kind(model: &'static str, view: &'static str, still: fn(&Model) -> Still) -> Kind {
    Kind { module: CONTROLS, model, view, style: None, active: true, still }
}

fn stacked(model: &Model) -> Still {
    let parts: Vec<Still> = model.children().iter().map(Model::still).collect();
    Still {
        text: parts
            .iter()
            .map(|part| part.text.as_str())
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n"),
        html: parts.iter().map(|part| format!("<div style=\"margin:2px 0\">{}</div>", part.html)).collect(),
    }
}

fn side_by_side(model: &Model) -> Still {
    let parts: Vec<Still> = model.children().iter().map(Model::still).collect();
    let html: String =
        parts.iter().map(|part| format!("<div style=\"margin-right:1em\">{}</div>", part.html)).collect();
    Still {
        text: parts
            .iter()
            .map(|part| part.text.as_str())
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("   "),
        html: format!("<div style=\"display:flex;flex-wrap:wrap;align-items:baseline\">{html}</div>"),
    }
}
