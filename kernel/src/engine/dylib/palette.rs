//! The colours of reports.
//!
//! A front end shows errors on pale pink or on dark red, and its own sixteen colours read on one of them only: JupyterLab's bright
//! green on dark red cannot be seen. These have a contrast of at least 3 : 1 on both.

use annotate_snippets::Renderer;
use annotate_snippets::renderer::{RgbColor, Style};

const RED_TONE: (u8, u8, u8) = (225, 60, 60);
const BLUE_TONE: (u8, u8, u8) = (60, 125, 230);
const GREEN_TONE: (u8, u8, u8) = (0, 140, 60);
const CYAN_TONE: (u8, u8, u8) = (20, 135, 150);

/// What went wrong.
pub const RED: &str = "\u{1b}[1;38;2;225;60;60m";
/// Where.
pub const BLUE: &str = "\u{1b}[1;38;2;60;125;230m";
/// What to do.
pub const CYAN: &str = "\u{1b}[1;38;2;20;135;150m";
/// Back to plain text.
pub const RESET: &str = "\u{1b}[0m";

/// A renderer of rustc's diagnostics in these colours.
pub fn renderer() -> Renderer {
    let bold = |(red, green, blue)| Style::new().fg_color(Some(RgbColor(red, green, blue).into())).bold();
    Renderer::styled()
        .error(bold(RED_TONE))
        .line_num(bold(BLUE_TONE))
        .context(bold(BLUE_TONE))
        .info(bold(BLUE_TONE))
        .note(bold(GREEN_TONE))
        .help(bold(CYAN_TONE))
        .addition(bold(GREEN_TONE))
        .removal(bold(RED_TONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
        let linear = |channel: u8| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    #[test]
    fn every_colour_reads_on_both_grounds() {
        let contrast = |one, other| {
            let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
            f64::max(one, other) / f64::min(one, other)
        };
        // JupyterLab's grounds for errors, light and dark.
        for ground in [(0xff, 0xdd, 0xdd), (77, 31, 28)] {
            for tone in [RED_TONE, BLUE_TONE, GREEN_TONE, CYAN_TONE] {
                assert!(contrast(tone, ground) >= 3.0, "{tone:?} on {ground:?}: {}", contrast(tone, ground));
            }
        }
    }

    #[test]
    fn the_escapes_are_the_tones() {
        for (escape, (red, green, blue)) in [(RED, RED_TONE), (BLUE, BLUE_TONE), (CYAN, CYAN_TONE)] {
            assert_eq!(escape, format!("\u{1b}[1;38;2;{red};{green};{blue}m"));
        }
    }
}
