//! Drawings by plotters, as SVG that reads on light and dark pages.

use std::error::Error as StdError;

use course_wire::Bundle;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::prelude::SVGBackend;
use plotters::style::RGBColor;

use crate::{Error, Result, Rich, escape, theme};

/// The side of the largest figure, in pixels.
const LARGEST: u32 = 10_000;

/// An SVG figure on a transparent ground.
///
/// Leave the ground unfilled. Draw axes, text and meshes in [`Figure::ink`] or in black, which becomes it: on a page
/// whose theme is known it turns dark or light enough, on any other it is a grey that reads on both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    svg: String,
    text: String,
}

impl Figure {
    /// Draws a figure of `size` (width, height) pixels.
    ///
    /// ```
    /// use course_display::Figure;
    /// use plotters::prelude::*;
    ///
    /// let figure = Figure::new((200, 100), |root| {
    ///     root.draw(&Circle::new((100, 50), 40, Figure::series(0).filled()))?;
    ///     Ok(())
    /// })?;
    /// assert!(figure.svg().contains("<circle"));
    /// # Ok::<(), course_display::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Size`] for a size that cannot be shown, [`Error::Draw`] with what `draw` returned.
    pub fn new<F>(size: (u32, u32), draw: F) -> Result<Self>
    where
        F: FnOnce(DrawingArea<SVGBackend<'_>, Shift>) -> std::result::Result<(), Box<dyn StdError>>,
    {
        let (width, height) = size;
        if width == 0 || height == 0 || width > LARGEST || height > LARGEST {
            return Err(Error::Size { width, height });
        }
        let mut svg = String::new();
        draw(SVGBackend::with_string(&mut svg, size).into_drawing_area())
            .map_err(|error| Error::Draw(error.to_string()))?;
        Ok(Self { svg: themed(&svg), text: format!("<figure, {width} × {height} pixels>") })
    }

    /// A figure of `size` out of the elements of an SVG; `currentColor` is its ink.
    pub(crate) fn from_svg((width, height): (u32, u32), elements: &str) -> Result<Self> {
        if width == 0 || height == 0 || width > LARGEST || height > LARGEST {
            return Err(Error::Size { width, height });
        }
        let open = format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">"
        );
        Ok(Self { svg: themed(&format!("{open}\n{elements}</svg>\n")), text: String::new() })
    }

    /// Sets the text that stands in for the figure where pictures cannot be shown.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Gives the SVG a title, which is read out where it cannot be seen, and shown when the pointer rests on it.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.svg = self.svg.replacen("</style>\n", &format!("</style>\n<title>{}</title>\n", escape(title)), 1);
        self
    }

    /// The text that stands in for it.
    pub(crate) fn plain(&self) -> &str {
        &self.text
    }

    /// The SVG source, a file of its own.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The colour for axes, text and meshes.
    pub fn ink() -> RGBColor {
        let (red, green, blue) = theme::INK;
        RGBColor(red, green, blue)
    }

    /// The colour of series number `index`, readable on light and dark pages; numbers past the last start over.
    pub fn series(index: usize) -> RGBColor {
        let (red, green, blue) = theme::series(index);
        RGBColor(red, green, blue)
    }
}

impl Rich for Figure {
    fn rich(&self) -> Bundle {
        let mut bundle = Bundle::text(self.text.as_str());
        bundle.insert("image/svg+xml", self.svg.as_str());
        bundle
    }
}

/// Lets black and [`Figure::ink`] follow the theme, and drops what XML does not allow.
///
/// An SVG in an `<img>`, which is how front ends show it, learns of the theme by `prefers-color-scheme` at most, and that
/// may be the system's rather than the notebook's: so both colours keep 3.5 : 1 on the wrong ground too. Where the SVG
/// stands in a JupyterLab page itself, the page's own text colour wins.
fn themed(svg: &str) -> String {
    let (red, green, blue) = theme::INK;
    let svg: String = svg
        .chars()
        .filter(|&c| matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{fffe}'..='\u{ffff}'))
        .collect();
    let svg = svg
        .replace("=\"#000000\"", "=\"currentColor\"")
        .replace(&format!("=\"#{red:02X}{green:02X}{blue:02X}\""), "=\"currentColor\"");
    let style = format!(
        "<style>.course-figure{{color:var(--jp-ui-font-color1,{light})}}\
         @media (prefers-color-scheme:dark){{.course-figure{{color:var(--jp-ui-font-color1,{dark})}}}}</style>\n",
        light = theme::INK_LIGHT,
        dark = theme::INK_DARK,
    );
    match svg.split_once(">\n") {
        Some((open, rest)) => {
            format!("{open} class=\"course-figure\" color=\"#{red:02x}{green:02x}{blue:02x}\">\n{style}{rest}")
        }
        None => svg,
    }
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;

    use super::*;

    #[test]
    fn black_and_ink_follow_the_theme_and_other_colours_stay() {
        let figure = Figure::new((60, 40), |root| {
            root.draw(&Rectangle::new([(1, 2), (3, 4)], BLACK.filled()))?;
            root.draw(&Rectangle::new([(1, 2), (3, 4)], Figure::ink().stroke_width(1)))?;
            root.draw(&Text::new("a < b\u{1}", (5, 6), ("sans-serif", 14).into_font().color(&Figure::series(0))))?;
            Ok(())
        })
        .unwrap();
        insta::assert_snapshot!(figure.svg());
        assert_eq!(figure.rich().plain(), "<figure, 60 × 40 pixels>");
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert!(matches!(Figure::new((0, 10), |_| Ok(())), Err(Error::Size { width: 0, height: 10 })));
        let error = Figure::new((9, 9), |_| Err("no data".into())).unwrap_err();
        assert_eq!(error.to_string(), "the figure could not be drawn: no data");
    }
}
