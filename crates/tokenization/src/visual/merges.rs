//! A player for merges: move the slider, and see the words of a corpus grow together.

use std::fmt;

use course_display::{Bundle, Rich, escape};
use course_widgets::{IntSlider, VBox, View, Widget};

use super::{EDGE, MARKED, PLAIN};
use crate::from_scratch::{Bpe, Merge, MergeStep, SplitWord, WordCounts, WordPiece, characters, prefixed_characters};

/// Words that a step shows; more are counted.
const WORDS: usize = 60;
/// Steps of the form that needs no kernel.
const STEPS: usize = 60;

/// Words, and the merges that make tokens of their characters, step by step.
///
/// In a notebook it is a slider above the words. Where there is no kernel, on a page on the web or after a restart, it is a list of
/// all steps, each of which opens at a click.
///
/// ```
/// use course_display::Rich;
/// use course_tokenization::from_scratch::Bpe;
///
/// let words = &[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)];
/// let player = Bpe::train(words, 10)?.training_player(words);
/// assert_eq!(player.len(), 3);
/// player.go_to(2);
/// assert!(player.rich().plain().contains("step 2 of 3: u + n → un (16×)\n"));
/// # Ok::<(), course_tokenization::Error>(())
/// ```
#[derive(Clone)]
pub struct MergePlayer {
    /// The knob: 0 is before the first step.
    pub slider: IntSlider,
    whole: VBox,
    film: Film,
}

/// What is played.
#[derive(Debug, Clone, PartialEq)]
struct Film {
    /// The words before the first step.
    start: Vec<SplitWord>,
    frames: Vec<Frame>,
}

/// A merge, and the words that it changed.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    title: String,
    merged: String,
    /// The numbers of the words that changed, and their tokens from then on.
    changed: Vec<(usize, Vec<String>)>,
}

impl Bpe {
    /// A player for the training: how the words of the corpus grew together.
    pub fn training_player(&self, words: impl Into<WordCounts>) -> MergePlayer {
        self.play(characters(words))
    }

    fn play(&self, words: Vec<SplitWord>) -> MergePlayer {
        let steps = self.steps().iter().map(|step| (merge_of(step), format!(" ({}×)", step.count)));
        MergePlayer::new(Film::new(words, steps, false))
    }

    /// A player for the encoding: how each word of a text (words stand between spaces) grows together.
    pub fn player(&self, text: &str) -> MergePlayer {
        let words: WordCounts = text.split_whitespace().map(|word| (word, 1)).collect();
        let steps = self.merges().iter().map(|merge| (merge.clone(), String::new()));
        MergePlayer::new(Film::new(characters(&words), steps, true))
    }
}

impl WordPiece {
    /// A player for the training: how the words of the corpus grew together.
    pub fn training_player(&self, words: impl Into<WordCounts>) -> MergePlayer {
        self.play(prefixed_characters(words))
    }

    fn play(&self, words: Vec<SplitWord>) -> MergePlayer {
        let steps = self.steps().iter().map(|step| {
            let score = step.score.map_or(String::new(), |score| format!(", score {score:.4}"));
            (merge_of(step), format!(" ({}×{score})", step.count))
        });
        MergePlayer::new(Film::new(words, steps, false))
    }
}

fn merge_of(step: &MergeStep) -> Merge {
    Merge { left: step.left.clone(), right: step.right.clone(), merged: step.merged.clone() }
}

impl Film {
    /// Makes each merge in turn. `only_changes` leaves out those that change no word.
    fn new(start: Vec<SplitWord>, merges: impl Iterator<Item = (Merge, String)>, only_changes: bool) -> Self {
        let mut words: Vec<Vec<String>> = start.iter().map(|word| word.tokens.clone()).collect();
        let mut frames = Vec::new();
        for (merge, note) in merges {
            let mut changed = Vec::new();
            for (number, tokens) in words.iter_mut().enumerate() {
                if crate::from_scratch::replace_pair(tokens, &merge.left, &merge.right, &merge.merged) {
                    changed.push((number, tokens.clone()));
                }
            }
            if !(only_changes && changed.is_empty()) {
                frames.push(Frame { title: format!("{merge}{note}"), merged: merge.merged, changed });
            }
        }
        Self { start, frames }
    }

    /// The tokens of all words after so many steps.
    fn after(&self, steps: usize) -> Vec<&[String]> {
        let mut words: Vec<&[String]> = self.start.iter().map(|word| word.tokens.as_slice()).collect();
        for (number, tokens) in self.frames.iter().take(steps).flat_map(|frame| &frame.changed) {
            words[*number] = tokens;
        }
        words
    }

    fn title(&self, steps: usize) -> String {
        match steps.checked_sub(1).and_then(|last| self.frames.get(last)) {
            Some(frame) => format!("step {steps} of {}: {}", self.frames.len(), frame.title),
            None => format!("before step 1 of {}: every word in characters", self.frames.len()),
        }
    }

    /// All words after so many steps, those that the last step changed with the new token marked.
    fn show(&self, steps: usize) -> Bundle {
        let frame = steps.checked_sub(1).and_then(|last| self.frames.get(last));
        let new_in = |number: usize| {
            frame.filter(|frame| frame.changed.iter().any(|(changed, _)| *changed == number)).map(|f| f.merged.as_str())
        };
        let words = self.after(steps);
        let mut html =
            format!("<div style=\"padding:2px 0\"><b>{}</b></div><div style=\"{FLOW}\">", escape(&self.title(steps)));
        let mut text = vec![self.title(steps)];
        for (number, (tokens, word)) in words.iter().zip(&self.start).enumerate().take(WORDS) {
            html += &word_html(tokens, word.count, new_in(number));
            let count = if word.count == 1 { String::new() } else { format!(" ({}×)", word.count) };
            text.push(format!("{}{count}{}", tokens.join(" "), if new_in(number).is_some() { "  ←" } else { "" }));
        }
        html += "</div>";
        if words.len() > WORDS {
            let more = format!("… and {} more words", words.len() - WORDS);
            html += &format!("<div style=\"{NOTE}\">{more}</div>");
            text.push(more);
        }
        Bundle::html(html, text.join("\n"))
    }

    /// All steps as a list in which each opens at a click: it needs no kernel, no script and no style sheet.
    fn list(&self) -> String {
        let mut html = format!("<div><b>{}</b></div><div style=\"{FLOW}\">", escape(&self.title(0)));
        for word in self.start.iter().take(WORDS) {
            html += &word_html(&word.tokens, word.count, None);
        }
        html += "</div>";
        for (number, frame) in self.frames.iter().take(STEPS).enumerate() {
            let open = if number == 0 { " open" } else { "" };
            html += &format!(
                "<details{open} style=\"margin:2px 0\"><summary style=\"cursor:pointer\">{}</summary><div style=\"{FLOW};padding-left:16px\">",
                escape(&self.title(number + 1))
            );
            for (changed, tokens) in frame.changed.iter().take(WORDS / 3) {
                let count = self.start.get(*changed).map_or(1, |word| word.count);
                html += &word_html(tokens, count, Some(&frame.merged));
            }
            let more = frame.changed.len().saturating_sub(WORDS / 3);
            if more > 0 {
                html += &format!("<span style=\"{NOTE}\">… and {more} more words</span>");
            }
            html += "</div></details>";
        }
        if self.frames.len() > STEPS {
            html += &format!("<div style=\"{NOTE}\">… and {} more steps</div>", self.frames.len() - STEPS);
        }
        html
    }
}

const FLOW: &str = "display:flex;flex-wrap:wrap;gap:6px 16px;padding:4px 0;font-family:var(--jp-code-font-family,monospace);font-size:13px";
const NOTE: &str = "opacity:0.8;font-style:italic;padding:2px 8px";

/// A word: its tokens as boxes, the new one marked, then how often it occurs.
fn word_html(tokens: &[String], count: usize, new: Option<&str>) -> String {
    let mut html = String::from("<span style=\"white-space:nowrap\">");
    // A page has thousands of these: the styles are short.
    for token in tokens {
        html += &if new == Some(token.as_str()) {
            format!(
                "<b style=\"background:{MARKED};outline:1px solid {EDGE};padding:1px 4px;margin:1px\">{}</b>",
                escape(token)
            )
        } else {
            format!("<span style=\"background:{PLAIN};padding:1px 4px;margin:1px\">{}</span>", escape(token))
        };
    }
    if count != 1 {
        html += &format!("<small style=\"opacity:0.8\">{count}×</small>");
    }
    html + "</span>"
}

impl MergePlayer {
    fn new(film: Film) -> Self {
        let last = film.frames.len();
        let slider = IntSlider::new("step", 0..=last as i64).with_width("min(100%, 640px)");
        let view = View::new();
        view.show(&film.show(0));
        slider.on_change({
            let (film, view) = (film.clone(), view.clone());
            move |step| view.show(&film.show(usize::try_from(step).unwrap_or(0)))
        });
        let whole = VBox::new((&slider, &view)).with_width("100%");
        Self { slider, whole, film }
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.film.frames.len()
    }

    /// Whether nothing is merged.
    pub fn is_empty(&self) -> bool {
        self.film.frames.is_empty()
    }

    /// Moves the slider; 0 is before the first step.
    pub fn go_to(&self, step: usize) {
        self.slider.set_value(i64::try_from(step).unwrap_or(i64::MAX));
    }

    /// The words after so many steps, to keep.
    pub fn frame(&self, step: usize) -> Bundle {
        self.film.show(step.min(self.len()))
    }
}

impl fmt::Debug for MergePlayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MergePlayer({} words, {} steps)", self.film.start.len(), self.len())
    }
}

impl Rich for MergePlayer {
    fn rich(&self) -> Bundle {
        let mut bundle = self.whole.rich();
        bundle.insert("text/html", self.film.list());
        bundle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[(&str, usize); 5] = &[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)];

    #[test]
    fn the_slider_leads_from_characters_to_what_the_encoding_gives() {
        let bpe = Bpe::train(WORDS, 10).unwrap();
        let player = bpe.training_player(WORDS);
        assert!(player.rich().plain().contains("before step 1 of 3: every word in characters\nh u g (10×)\n"));
        player.go_to(99);
        assert_eq!(player.slider.value(), 3);
        let plain = player.rich().plain().to_owned();
        assert!(
            plain.ends_with(
                "step 3 of 3: h + ug → hug (15×)\nhug (10×)  ←\np ug (5×)\np un (12×)\nb un (4×)\nhug s (5×)  ←"
            ),
            "{plain}"
        );
        for ((word, _), tokens) in WORDS.iter().zip(player.film.after(3)) {
            assert_eq!(tokens, bpe.encode_word(word));
        }
    }

    #[test]
    fn encoding_plays_only_the_merges_that_change_something() {
        let bpe = Bpe::train(WORDS, 10).unwrap();
        let player = bpe.player("bugs bug");
        assert_eq!(
            (player.len(), player.film.after(1)),
            (1, vec![&["b", "ug", "s"].map(String::from)[..], &["b", "ug"].map(String::from)])
        );
        assert!(bpe.player("").is_empty());
    }

    #[test]
    fn without_a_kernel_all_steps_are_there_and_markup_stays_text() {
        let words = &[("<b>", 3), ("<a>", 2)];
        let html = WordPiece::train(words, 9).unwrap().training_player(words).film.list();
        assert_eq!(html.matches("<details").count(), html.matches("</details>").count());
        assert!(html.contains("step 1 of") && html.contains("&lt;") && !html.contains("<b>\u{0}"), "{html}");
        assert!(!html.contains("##b>") || html.contains("##b&gt;"), "{html}");
        assert!(!html.contains("<script") && !html.contains("<style"));
    }
}
