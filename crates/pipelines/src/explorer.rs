//! Sliders over what a language model may say next.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use course_display::{Bundle, Rich, escape};
use course_models::GenerationConfig;
use course_models::generation::distribution;
use course_widgets::{FloatSlider, IntSlider, Text, VBox, View, Widget};

use crate::language_model::LanguageModel;
use crate::next_token::{next_logits, visible};
use crate::{Prompt, Result};

/// How many tokens have a bar.
const BARS: usize = 12;

/// Sliders for temperature, `top_k` and `top_p` over the tokens that may come next; made by
/// [`TextGeneration::explore`](crate::TextGeneration::explore).
///
/// The model is asked when the prompt changes. The sliders only narrow and weigh its answer, by the very function that
/// generation draws from, so the bars follow them at once.
#[derive(Debug, Clone)]
pub struct NextTokenExplorer {
    /// What the model goes on from.
    pub prompt: Text,
    /// Below 1 the likely get likelier, above 1 all get alike.
    pub temperature: FloatSlider,
    /// Among how many of the likeliest tokens one is drawn; 0 is no limit.
    pub top_k: IntSlider,
    /// How much probability the tokens among which one is drawn have together; 1 is no limit.
    pub top_p: FloatSlider,
    whole: VBox,
}

impl NextTokenExplorer {
    pub(crate) fn new(model: Arc<LanguageModel>, prompt: &str) -> Result<Self> {
        let field = Text::new("prompt").with_value(prompt).with_width("auto").with_label_width("6.5em");
        let temperature = FloatSlider::new("temperature", 0.1..=2.0)
            .with_step(0.1)
            .with_value(1.0)
            .with_width("auto")
            .with_label_width("6.5em");
        let top_k = IntSlider::new("top_k", 0..=100).with_width("auto").with_label_width("6.5em");
        let top_p = FloatSlider::new("top_p", 0.05..=1.0)
            .with_step(0.05)
            .with_value(1.0)
            .with_width("auto")
            .with_label_width("6.5em");
        let view = View::new();
        let whole = VBox::new((&field, &temperature, &top_k, &top_p, &view)).with_width("40em");
        let explorer = Self { prompt: field, temperature, top_k, top_p, whole };

        let answer = Rc::new(RefCell::new(Answer::of(&model, prompt)?));
        let Self { temperature, top_k, top_p, .. } = explorer.clone();
        let draw = Rc::new({
            let answer = answer.clone();
            move || {
                let config = GenerationConfig::new()
                    .temperature(temperature.value() as f32)
                    .top_k(top_k.value().unsigned_abs() as usize)
                    .top_p(top_p.value() as f32);
                view.show(&answer.borrow().under(&config));
            }
        });
        draw();
        let again = draw.clone();
        explorer.temperature.on_change(move |_| again());
        let again = draw.clone();
        explorer.top_k.on_change(move |_| again());
        let again = draw.clone();
        explorer.top_p.on_change(move |_| again());
        explorer.prompt.on_change(move |prompt| -> Result<()> {
            // Someone who types a prompt anew passes by the empty one.
            if !prompt.is_empty() {
                let new = Answer::of(&model, &prompt)?;
                *answer.borrow_mut() = new;
                draw();
            }
            Ok(())
        });
        Ok(explorer)
    }
}

impl Rich for NextTokenExplorer {
    fn rich(&self) -> Bundle {
        self.whole.rich()
    }
}

/// What the model says to a prompt.
struct Answer {
    /// Of every token, by id.
    logits: Vec<f32>,
    /// The likeliest tokens, likeliest first: id and text.
    likeliest: Vec<(u32, String)>,
}

impl Answer {
    fn of(model: &LanguageModel, prompt: &str) -> Result<Self> {
        let logits = next_logits(model, &Prompt::Text(prompt.to_owned()))?;
        let mut order: Vec<u32> = (0..logits.len() as u32).collect();
        order.sort_unstable_by(|&one, &other| {
            let logit = |id: u32| logits.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
            logit(other).total_cmp(&logit(one)).then(one.cmp(&other))
        });
        let text = |id: u32| Ok((id, visible(&model.tokenizer.decode_with(&[id], false)?)));
        let likeliest = order.into_iter().take(BARS).map(text).collect::<Result<_>>()?;
        Ok(Self { logits, likeliest })
    }

    /// Its probabilities under these settings.
    fn under(&self, config: &GenerationConfig) -> Bars {
        let candidates = distribution(&self.logits, config);
        let of = |id: u32| candidates.iter().find(|candidate| candidate.id == id).map(|candidate| candidate.weight);
        let bars: Vec<(String, Option<f32>)> =
            self.likeliest.iter().map(|(id, text)| (text.clone(), of(*id))).collect();
        let shown: f32 = bars.iter().filter_map(|(_, probability)| *probability).sum();
        let beyond = candidates.len() - bars.iter().filter(|(_, probability)| probability.is_some()).count();
        let rest = (beyond > 0).then(|| (1.0 - shown).max(0.0));
        Bars { bars, rest, candidates: candidates.len(), vocabulary: self.logits.len() }
    }
}

/// Tokens with their probabilities; `None` for one that is out of the draw.
#[derive(Debug, PartialEq)]
struct Bars {
    bars: Vec<(String, Option<f32>)>,
    rest: Option<f32>,
    candidates: usize,
    vocabulary: usize,
}

impl Bars {
    fn rows(&self) -> impl Iterator<Item = (&str, Option<f32>)> {
        let bars = self.bars.iter().map(|(text, probability)| (text.as_str(), *probability));
        bars.chain([("(any other)", self.rest)])
    }

    fn note(&self) -> String {
        match self.candidates {
            1 => format!("1 of {} tokens is left: no draw, always the same", thousands(self.vocabulary)),
            left => format!("drawn among {} of {} tokens", thousands(left), thousands(self.vocabulary)),
        }
    }
}

/// `49,152`
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

impl Rich for Bars {
    fn rich(&self) -> Bundle {
        let widest = self.rows().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        let mut html = String::from(
            "<div style=\"display:grid;grid-template-columns:max-content 1fr max-content;gap:3px 8px;align-items:center;\
             font-variant-numeric:tabular-nums;line-height:1.4\">",
        );
        for (token, probability) in self.rows() {
            let (share, number) = match probability {
                Some(probability) => (probability, format!("{:.1} %", probability * 100.0)),
                None => (0.0, "–".to_owned()),
            };
            let bar = "█".repeat((share * 40.0).round() as usize);
            let gap = if bar.is_empty() { "" } else { " " };
            text += &format!("{token:>widest$} {bar}{gap}{number}\n");
            let least = if probability.is_some() { "1px" } else { "0" };
            let faint = if probability.is_none() { ";opacity:0.45" } else { "" };
            html += &format!(
                "<span style=\"text-align:right;font-family:var(--jp-code-font-family,monospace){faint}\">{}</span>\
                 <span style=\"background:rgb(52,120,200);height:1em;border-radius:2px;min-width:{least};width:{:.2}%\"></span>\
                 <span style=\"text-align:right{faint}\">{number}</span>",
                escape(token),
                share * 100.0
            );
        }
        html += &format!("</div><div style=\"opacity:0.8;font-style:italic;padding-top:4px\">{}</div>", self.note());
        Bundle::html(html, text + &self.note())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits of the probabilities 1/2, 1/4, 1/8, 1/8, with a bar for three of them.
    fn answer() -> Answer {
        let logits = [2.0f32, 4.0, 8.0, 8.0].map(|denominator| -denominator.ln()).to_vec();
        Answer { logits, likeliest: vec![(0, "·a".into()), (1, "<b>".into()), (2, "c".into())] }
    }

    fn all() -> GenerationConfig {
        GenerationConfig::new().temperature(1.0).top_k(0)
    }

    #[test]
    fn bars_are_what_generation_draws_from() {
        let bars = answer().under(&all());
        let text = bars.rich().plain().to_owned();
        assert!(text.starts_with("         ·a ████████████████████ 50.0 %\n"), "{text}");
        assert!(text.ends_with("(any other) █████ 12.5 %\ndrawn among 4 of 4 tokens"), "{text}");
        assert_eq!(answer().under(&all().top_k(1)).bars[0].1, Some(1.0));
        assert!(answer().under(&all().temperature(0.5)).bars[0].1 > Some(0.7));
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([7, 1000, 49_152, 1_234_567].map(thousands), ["7", "1,000", "49,152", "1,234,567"]);
    }

    #[test]
    fn what_is_out_of_the_draw_has_no_bar() {
        let bars = answer().under(&all().top_p(0.7));
        assert_eq!((bars.bars[2].1, bars.rest, bars.candidates), (None, None, 2));
        let bundle = bars.rich();
        assert!(bundle.plain().contains("c –\n(any other) –\ndrawn among 2 of 4"), "{}", bundle.plain());
        assert!(bundle.data["text/html"].as_str().unwrap().contains("&lt;b&gt;"));
    }
}
