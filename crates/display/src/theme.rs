//! Colours and styles that read on light and on dark pages.
//!
//! HTML lies in the page: text keeps the page's colour, and only translucent tints go behind it. An SVG is shown as an
//! image and sees nothing of the page, so what it draws lies in the middle between black and white, and moves towards the
//! right end where the front end says which theme it has.

/// A table as a whole. `inherit` because front ends set a small grey font for outputs.
pub(crate) const TABLE: &str = "border-collapse:collapse;color:inherit;font-variant-numeric:tabular-nums;margin:4px 0";
/// A table's caption.
pub(crate) const CAPTION: &str = "padding:2px 8px";
/// A header cell; its alignment comes first.
pub(crate) const HEADER_CELL: &str =
    "padding:2px 10px;border-bottom:1px solid rgba(128,128,128,0.6);font-weight:600;white-space:nowrap";
/// A cell; its alignment comes first.
pub(crate) const CELL: &str =
    "padding:2px 10px;border-bottom:1px solid rgba(128,128,128,0.2);white-space:pre-wrap;vertical-align:top";
/// A line below an output that says what is left out.
pub(crate) const NOTE: &str = "opacity:0.8;font-style:italic;padding:2px 8px";
/// The line above a tensor: its shape, dtype and device.
pub(crate) const HEADING: &str = "font-family:var(--jp-code-font-family,monospace);font-weight:600;padding:2px 0";
/// Where every character has one width.
pub(crate) const MONOSPACE: &str = "font-family:var(--jp-code-font-family,monospace)";

/// Tints behind text: at this opacity the page's own text keeps a contrast of 4.5 : 1 on white and on #111 (tested).
pub(crate) const TINT_OPACITY: f64 = 0.28;
/// The tints' colours.
pub(crate) const TINTS: [(u8, u8, u8); 6] =
    [(59, 130, 214), (47, 158, 100), (214, 137, 16), (170, 92, 200), (20, 150, 165), (208, 84, 92)];

/// A tint as CSS; numbers past the end start over.
pub(crate) fn tint(index: usize) -> String {
    let (red, green, blue) = TINTS[index % TINTS.len()];
    format!("rgba({red},{green},{blue},{TINT_OPACITY})")
}

/// Series of a chart, each with a contrast of at least 3 : 1 on white and on #111 (tested).
pub(crate) const SERIES: [(u8, u8, u8); 6] =
    [(52, 120, 200), (206, 100, 20), (30, 135, 85), (160, 88, 195), (200, 70, 85), (18, 130, 145)];

/// A series' colour; numbers past the end start over.
pub(crate) fn series(index: usize) -> (u8, u8, u8) {
    SERIES[index % SERIES.len()]
}

/// Axes and text where nothing is known of the page: as far from white as from #111.
pub(crate) const INK: (u8, u8, u8) = (120, 120, 120);
/// Axes and text where the front end says it is light.
pub(crate) const INK_LIGHT: &str = "#6e6e6e";
/// Axes and text where the front end says it is dark.
pub(crate) const INK_DARK: &str = "#858585";

/// WCAG's relative luminance of an sRGB colour, from 0 (black) to 1 (white).
pub(crate) fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |channel: u8| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// WCAG's contrast ratio of two colours, from 1 to 21.
pub fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: (u8, u8, u8) = (255, 255, 255);
    /// JupyterLab's dark page.
    const DARK: (u8, u8, u8) = (17, 17, 17);

    fn parse(hex: &str) -> (u8, u8, u8) {
        let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (channel(1), channel(3), channel(5))
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast(WHITE, (0, 0, 0)) - 21.0).abs() < 1e-9);
        assert!((contrast(WHITE, (119, 119, 119)) - 4.48).abs() < 0.01);
    }

    #[test]
    fn text_in_figures_reads_where_the_theme_is_known_and_where_it_is_not() {
        assert!(contrast(parse(INK_LIGHT), WHITE) >= 4.5 && contrast(parse(INK_LIGHT), DARK) >= 3.5);
        assert!(contrast(parse(INK_DARK), DARK) >= 4.5 && contrast(parse(INK_DARK), WHITE) >= 3.5);
        assert!(contrast(INK, WHITE) >= 4.2 && contrast(INK, DARK) >= 4.2);
    }

    #[test]
    fn series_stand_out_on_both_pages() {
        for colour in SERIES {
            assert!(contrast(colour, WHITE) >= 3.0, "{colour:?} on white: {}", contrast(colour, WHITE));
            assert!(contrast(colour, DARK) >= 3.0, "{colour:?} on dark: {}", contrast(colour, DARK));
        }
    }

    #[test]
    fn tints_leave_the_text_on_them_readable() {
        // The page's text in JupyterLab: black and white at 87 %.
        for (page, letters) in [(WHITE, (33, 33, 33)), (DARK, (224, 224, 224))] {
            for tint in TINTS {
                let blend = |tint: u8, page: u8| {
                    (f64::from(tint) * TINT_OPACITY + f64::from(page) * (1.0 - TINT_OPACITY)).round() as u8
                };
                let ground = (blend(tint.0, page.0), blend(tint.1, page.1), blend(tint.2, page.2));
                assert!(contrast(ground, letters) >= 4.5, "{tint:?}: {}", contrast(ground, letters));
            }
        }
    }
}
