//! A place that shows one value, and then another.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use course_display::{Rich, escape};
use course_wire::Bundle;
use serde_json::json;

use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// A place that shows one value after another: tables, charts, text, whatever shows itself. It redraws without flicker, so it
    /// goes well with a slider.
    ///
    /// ```
    /// use course_widgets::View;
    /// use course_display::Rich;
    ///
    /// let view = View::new();
    /// view.show("one");
    /// view.show("two");
    /// assert_eq!(view.rich().plain(), "two");
    /// ```
    View
}

const KIND: Kind = Kind {
    module: CONTROLS,
    model: "HTMLModel",
    view: "HTMLView",
    style: Some("HTMLStyleModel"),
    active: false,
    still,
};
/// Where the plain text is kept, for terminals; no name that the front end knows.
const TEXT: &str = "_text";

impl Default for View {
    fn default() -> Self {
        Self::new()
    }
}

impl View {
    /// An empty place.
    pub fn new() -> Self {
        Self { model: Model::new(KIND, json!({ "value": "" })) }
    }

    /// Shows `value` in place of what is there.
    pub fn show<T: Rich + ?Sized>(&self, value: &T) {
        let bundle = value.rich();
        self.model.keep(TEXT, bundle.plain().into());
        self.model.set("value", html(&bundle));
    }

    /// Takes away what is there.
    pub fn clear(&self) {
        self.model.keep(TEXT, "".into());
        self.model.set("value", "");
    }
}

/// The richest form of a bundle that HTML can hold.
fn html(bundle: &Bundle) -> String {
    let text = |mime: &str| bundle.data.get(mime).and_then(|content| content.as_str());
    let picture =
        |mime: &str, base64: &str| format!("<img style=\"max-width:100%\" src=\"data:{mime};base64,{base64}\">");
    if let Some(html) = text("text/html") {
        html.to_owned()
    } else if let Some(svg) = text("image/svg+xml") {
        picture("image/svg+xml", &BASE64_STANDARD.encode(svg))
    } else if let Some(png) = text("image/png") {
        picture("image/png", png)
    } else {
        format!("<pre style=\"margin:0;white-space:pre-wrap\">{}</pre>", escape(bundle.plain()))
    }
}

fn still(model: &Model) -> Still {
    Still { text: model.get_text(TEXT), html: model.get_text("value") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_display::{Html, Png, Svg};

    #[test]
    fn every_form_finds_its_place_in_html() {
        assert_eq!(html(&Html::new("<b>x</b>").rich()), "<b>x</b>");
        assert!(html(&Svg::new("<svg/>").rich()).contains("data:image/svg+xml;base64,PHN2Zy8+"));
        assert!(html(&Png(vec![1]).rich()).contains("data:image/png;base64,AQ=="));
        assert!(html(&"a < b".to_owned().rich()).contains("a &lt; b"));
    }
}
