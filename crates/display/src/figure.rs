//! Drawings by plotters, as SVG that reads on light and dark pages.

use std::error::Error as StdError;

use course_wire::Bundle;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::RGBColor;
use plotters::prelude::SVGBackend;

use crate::{Error, Result, Rich, theme};

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

    /// Sets the text that stands in for the figure where pictures cannot be shown.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
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
