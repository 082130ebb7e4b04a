//! Content that is already in a format a notebook shows: each type here is its text or bytes and nothing more.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use course_wire::Bundle;
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

/// A formula in LaTeX; dollar signs around it are added where they are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latex(pub String);

/// A JSON value, shown as a tree that can be folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub serde_json::Value);

/// The bytes of a PNG picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Png(pub Vec<u8>);

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
from_text!(Html, Svg, Markdown, Latex);

impl Json {
    /// Any value that serde can turn into JSON.
    ///
    /// # Errors
    /// [`Error::Row`] (with row 0) when `value` does not serialize.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        serde_json::to_value(value).map(Self).map_err(|source| Error::Row { row: 0, source })
    }
}

impl Rich for Html {
    fn rich(&self) -> Bundle {
        Bundle::html(self.0.as_str(), text_of(&self.0))
    }
}

impl Rich for Svg {
    fn rich(&self) -> Bundle {
        let mut bundle = Bundle::text("<SVG drawing>");
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
        let formula = self.0.trim();
        let mut bundle = Bundle::text(formula);
        let math = formula.starts_with('$') || formula.starts_with("\\[") || formula.starts_with("\\begin");
        bundle.insert("text/latex", if math { formula.to_owned() } else { format!("$\\displaystyle {formula}$") });
        bundle
    }
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

impl Rich for Png {
    fn rich(&self) -> Bundle {
        let mut bundle = Bundle::text(format!("<PNG picture, {} bytes>", self.0.len()));
        bundle.insert("image/png", BASE64_STANDARD.encode(&self.0));
        bundle
    }
}

/// What is left of HTML for a terminal: no tags, no styles, one line a block, entities as characters.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else {
            text.push_str(&rest[start..]);
            rest = "";
            break;
        };
        let tag = rest[start + 1..start + end].trim_end_matches('/').trim().to_ascii_lowercase();
        let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
        rest = &rest[start + end + 1..];
        if name == "style" || name == "script" {
            rest = rest.find(&format!("</{name}")).map_or("", |close| &rest[close..]);
        } else if matches!(name, "br" | "/p" | "/div" | "/tr" | "/li" | "/h1" | "/h2" | "/h3" | "/table" | "/pre") {
            text.push('\n');
        } else if matches!(name, "/td" | "/th") {
            text.push(' ');
        }
    }
    text.push_str(rest);
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_reads_without_its_tags() {
        let html = Html::new("<style>p{}</style><p>a &lt; b</p><table><tr><td>1</td><td>2</td></tr></table>x < y");
        assert_eq!(html.rich().plain(), "a < b\n1 2\nx < y");
    }

    #[test]
    fn each_format_has_its_mime_type_and_its_text() {
        let keys = |bundle: Bundle| bundle.data.keys().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(keys(Svg::new("<svg/>").rich()), "text/plain image/svg+xml");
        assert_eq!(keys(Markdown::new("*x*").rich()), "text/plain text/markdown");
        assert_eq!(keys(Png(vec![1, 2]).rich()), "text/plain image/png");
        assert_eq!(Png(vec![1, 2]).rich().data["image/png"], "AQI=");
        assert_eq!(keys(Json::of(&[1, 2]).unwrap().rich()), "text/plain application/json");
        assert_eq!(keys(Json::of(&3).unwrap().rich()), "text/plain");
    }

    #[test]
    fn formulas_get_their_dollar_signs() {
        assert_eq!(Latex::new("x^2").rich().data["text/latex"], "$\\displaystyle x^2$");
        assert_eq!(Latex::new("$$x$$").rich().data["text/latex"], "$$x$$");
    }
}
