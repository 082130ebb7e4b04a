//! What a check, a hint or a solution shows: one card, as HTML that reads on light and dark pages, and as text that says the same.

use course_display::{Bundle, Rich, escape};

/// What a card says by its colour; the words say it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Passed.
    Good,
    /// Not yet.
    NotYet,
    /// Something to know.
    Plain,
}

impl Tone {
    /// A tint behind the page's own text, and the line at the card's side.
    fn colours(self) -> ((u8, u8, u8), f64) {
        match self {
            Self::Good => ((47, 158, 100), 0.28),
            Self::NotYet => ((214, 137, 16), 0.28),
            Self::Plain => ((59, 130, 214), 0.22),
        }
    }
}

/// One card.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    tone: Tone,
    title: String,
    rows: Vec<(String, String)>,
    notes: Vec<String>,
}

impl Card {
    /// A card with its first line. Between backquotes stands code, here and in the notes.
    pub(crate) fn new(tone: Tone, title: impl Into<String>) -> Self {
        Self { tone, title: title.into(), rows: Vec::new(), notes: Vec::new() }
    }

    /// A labelled value, as it is.
    pub(crate) fn row(mut self, label: &str, value: impl Into<String>) -> Self {
        self.rows.push((label.to_owned(), value.into()));
        self
    }

    /// The same, if there is one.
    pub(crate) fn maybe_row(self, label: &str, value: Option<&str>) -> Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.row(label, value),
            None => self,
        }
    }

    /// A sentence below.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Several, or none.
    pub(crate) fn notes(self, notes: impl IntoIterator<Item = String>) -> Self {
        notes.into_iter().fold(self, Self::note)
    }

    fn html(&self) -> String {
        let ((red, green, blue), opacity) = self.tone.colours();
        let mut html = format!(
            "<div style=\"border-left:4px solid rgb({red},{green},{blue});margin:4px 0\">\
             <div style=\"background:rgba({red},{green},{blue},{opacity});padding:4px 10px\">{}</div>",
            marked(&self.title)
        );
        if !self.rows.is_empty() {
            html += "<table style=\"border-collapse:collapse;color:inherit;margin:4px 0\"><tbody>";
            for (label, value) in &self.rows {
                html += &format!(
                    "<tr style=\"background:transparent\"><th scope=\"row\" style=\"text-align:left;vertical-align:top;\
                     padding:2px 10px;font-weight:600;white-space:nowrap\">{}</th><td style=\"text-align:left;padding:2px 10px;\
                     white-space:pre-wrap;overflow-wrap:anywhere;font-family:var(--jp-code-font-family,monospace)\">{}</td></tr>",
                    escape(label),
                    escape(value)
                );
            }
            html += "</tbody></table>";
        }
        for note in &self.notes {
            html += &format!("<div style=\"padding:2px 10px\">{}</div>", marked(note));
        }
        html + "</div>"
    }

    fn text(&self) -> String {
        let width = self.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let mut lines = vec![self.title.clone()];
        for (label, value) in &self.rows {
            let value = value.replace('\n', &format!("\n{}", " ".repeat(width + 4)));
            lines.push(format!("  {label:<width$}  {value}"));
        }
        lines.extend(self.notes.iter().cloned());
        lines.join("\n")
    }
}

impl Rich for Card {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

/// A sentence with the code between its backquotes set as code.
fn marked(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        match index % 2 {
            0 => html += &part,
            _ => html += &format!("<code style=\"color:inherit;background:transparent\">{part}</code>"),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_and_text_say_the_same_and_nothing_is_markup() {
        let card = Card::new(Tone::NotYet, "✗ `top_k`: not yet")
            .row("given", "x = \"<b>\"\ny = 2")
            .note("Try `hint!(top_k)`.");
        let bundle = card.rich();
        assert_eq!(bundle.plain(), "✗ `top_k`: not yet\n  given  x = \"<b>\"\n         y = 2\nTry `hint!(top_k)`.");
        let html = bundle.data["text/html"].as_str().unwrap();
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
        assert!(html.contains(">hint!(top_k)</code>"), "{html}");
        assert!(!html.contains("script"));
    }

    /// WCAG's contrast ratio of two colours.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance = |colour: [f64; 3]| {
            let linear = colour.map(|channel| {
                let channel = channel / 255.0;
                if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_on_the_tints_and_the_line_beside_them_have_the_contrast_of_wcag_aa() {
        // The page's text in JupyterLab: black and white at 87 %.
        for (page, letters) in [(255.0, 33.0), (17.0, 224.0)] {
            for tone in [Tone::Good, Tone::NotYet, Tone::Plain] {
                let ((red, green, blue), opacity) = tone.colours();
                let tint = [red, green, blue].map(f64::from);
                let ground = tint.map(|channel| channel * opacity + page * (1.0 - opacity));
                assert!(contrast(ground, [letters; 3]) >= 4.5, "{tone:?}: {}", contrast(ground, [letters; 3]));
            }
        }
    }
}
