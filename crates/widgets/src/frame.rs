//! What is shown of a widget: itself, and under it the area for what its callbacks print and for their errors.

use serde_json::json;

use crate::boxes;
use crate::model::Model;
use crate::output;

/// A box around a widget that stands alone in an output.
pub(crate) struct Frame {
    /// The box.
    pub(crate) whole: Model,
    /// The area in it.
    pub(crate) area: Model,
}

impl Frame {
    pub(crate) fn around(widget: &Model) -> Self {
        let whole = boxes::vertical();
        let area = output::area();
        // Not adopted: the widget's own frame is asked first, and a box that is shown alone and inside another keeps its place.
        whole.hold(&[widget.clone(), area.clone()]);
        area.set_layout("margin", json!("0"));
        Self { whole, area }
    }
}
