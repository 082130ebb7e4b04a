//! Content that is already in a format a notebook shows: each type here is its text or bytes and nothing more.

use course_wire::{Bundle, html};
use serde::Serialize;

use crate::{Error, Result, Rich};

/// HTML, shown as it is: escape what comes from elsewhere with [`escape`](crate::escape).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub String);

/// An SVG drawing; it needs its `xmlns` to show in every front end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg(pub String);

/// Markdown text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markdown(pub String);

/// Text in LaTeX: a formula, or words with formulas between dollar signs.
///
/// ```
/// use course_display::{Latex, Math, Rich};
///
/// assert_eq!(Latex::new("for all $x > 0$").rich().data["text/latex"], "for all $x > 0$");
/// assert_eq!(Math::new(r"\frac{1}{x}").rich().data["text/latex"], r"$\displaystyle \frac{1}{x}$");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latex(pub String);

/// One formula in LaTeX, set large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Math(pub String);

/// A JSON value, shown as a tree that can be folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub serde_json::Value);

macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl $name {
            #[doc = concat!("Wraps `text` as [`", stringify!($name), "`].")]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }
    )*};
}
from_text!(Html, Svg, Markdown, Latex, Math);

impl Json {
    /// Any value that serde can turn into JSON.
    ///
    /// # Errors
    /// [`Error::Row`] (with row 0) when `value` does not serialize.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        serde_json::to_value(value).map(Self).map_err(|source| Error::Row { row: 0, source })
    }

    /// The tree with all its branches open.
    pub fn expanded(&self) -> Bundle {
        self.rich().hint("application/json", "expanded", true)
    }
}

impl Rich for Html {
    fn rich(&self) -> Bundle {
        Bundle::html(self.0.as_str(), html::plain_text(&self.0))
    }
}

impl Rich for Svg {
    fn rich(&self) -> Bundle {
        let plain = html::plain_text(&self.0);
        let mut bundle = Bundle::text(if plain.is_empty() { "<SVG drawing>" } else { &plain });
        bundle.insert("image/svg+xml", self.0.as_str());
        bundle
    }
}

impl Rich for Markdown {
    fn rich(&self) -> Bundle {
        let mut bundle = Bundle::text(self.0.as_str());
        bundle.insert("text/markdown", self.0.as_str());
        bundle
    }
}

impl Rich for Latex {
    fn rich(&self) -> Bundle {
        let text = self.0.trim();
        match ["$", "\\(", "\\[", "\\begin"].iter().any(|mark| text.contains(mark)) {
            true => latex(text, text.to_owned()),
            false => Math::new(text).rich(),
        }
    }
}

impl Rich for Math {
    fn rich(&self) -> Bundle {
        let formula = self.0.trim().trim_matches('$').trim();
        latex(formula, format!("$\\displaystyle {formula}$"))
    }
}

fn latex(plain: &str, marked: String) -> Bundle {
    let mut bundle = Bundle::text(plain);
    bundle.insert("text/latex", marked);
    bundle
}

impl Rich for Json {
    fn rich(&self) -> Bundle {
        let mut bundle = Bundle::text(format!("{:#}", self.0));
        // The tree view of front ends takes objects and arrays only.
        if self.0.is_object() || self.0.is_array() {
            bundle.insert("application/json", self.0.clone());
        }
        bundle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_mime_type_and_its_text() {
        let keys = |bundle: Bundle| bundle.data.keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(keys(Svg::new("<svg/>").rich()), "text/plain image/svg+xml");
        assert_eq!(keys(Markdown::new("*x*").rich()), "text/plain text/markdown");
        assert_eq!(keys(Html::new("<b>x</b>").rich()), "text/plain text/html");
        assert_eq!(keys(Math::new("x").rich()), "text/plain text/latex");
        assert_eq!(keys(Json::of(&[1, 2]).unwrap().rich()), "text/plain application/json");
        assert_eq!(keys(Json::of(&3).unwrap().rich()), "text/plain");
        let open = Json::of(&[1, 2]).unwrap().expanded();
        assert_eq!(open.metadata["application/json"], serde_json::json!({ "expanded": true }));
    }

    #[test]
    fn formulas_get_their_dollar_signs() {
        assert_eq!(Latex::new("x^2").rich().data["text/latex"], "$\\displaystyle x^2$");
        assert_eq!(Latex::new("$$x$$").rich().data["text/latex"], "$$x$$");
        assert_eq!(Latex::new("with $x$ in it").rich().data["text/latex"], "with $x$ in it");
        assert_eq!(Math::new("$x$").rich().data["text/latex"], "$\\displaystyle x$");
    }
}
