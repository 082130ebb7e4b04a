//! Sliders: a number in a range.

use std::ops::RangeInclusive;

use course_display::escape;
use serde_json::json;

use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// A whole number that is chosen by moving a knob.
    ///
    /// ```
    /// let layers = course_widgets::IntSlider::new("layers", 1..=12).with_value(30);
    /// assert_eq!(layers.value(), 12);
    /// ```
    IntSlider
}

handle! {
    /// A number that is chosen by moving a knob.
    ///
    /// ```
    /// let rate = course_widgets::FloatSlider::new("rate", 0.0..=1.0).with_step(0.05).with_value(0.5);
    /// rate.on_change(|rate| println!("the rate is {rate}"));
    /// assert_eq!(rate.value(), 0.5);
    /// ```
    FloatSlider
}

const INT: Kind = Kind {
    module: CONTROLS,
    model: "IntSliderModel",
    view: "IntSliderView",
    style: Some("SliderStyleModel"),
    active: true,
    still,
};
const FLOAT: Kind = Kind { model: "FloatSliderModel", view: "FloatSliderView", ..INT };

impl IntSlider {
    /// A slider over `range`, at its start.
    pub fn new(label: &str, range: RangeInclusive<i64>) -> Self {
        let (min, max) = (*range.start().min(range.end()), *range.start().max(range.end()));
        let state =
            json!({ "description": label, "min": min, "max": max, "step": 1, "value": min, "readout_format": "d" });
        Self { model: Model::new(INT, state) }
    }

    /// Puts the knob at `value`, or as near as the range allows.
    #[must_use]
    pub fn with_value(self, value: i64) -> Self {
        self.set_value(value);
        self
    }

    /// Lets it move in steps of this size.
    #[must_use]
    pub fn with_step(self, step: i64) -> Self {
        self.model.set("step", step.max(1));
        self
    }

    /// Sends values only when the knob is let go: for callbacks that take long.
    #[must_use]
    pub fn when_released(self) -> Self {
        self.model.set("continuous_update", false);
        self
    }

    /// Where the knob is.
    pub fn value(&self) -> i64 {
        let value = self.model.get("value");
        let value = value.as_i64().or_else(|| value.as_f64().map(|value| value as i64)).unwrap_or(self.limit("min"));
        value.clamp(self.limit("min"), self.limit("max"))
    }

    /// Moves the knob to `value`, or as near as the range allows; callbacks run.
    pub fn set_value(&self, value: i64) {
        self.model.set("value", value.clamp(self.limit("min"), self.limit("max")));
    }

    /// Calls `callback` with every new value.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(i64) -> O + 'static) {
        let slider = self.clone();
        self.model.on_change(move |key| if key == "value" { callback(slider.value()).outcome() } else { Ok(()) });
    }

    fn limit(&self, key: &str) -> i64 {
        self.model.get(key).as_i64().unwrap_or_default()
    }
}

impl FloatSlider {
    /// A slider over `range`, at its start, in hundred steps.
    pub fn new(label: &str, range: RangeInclusive<f64>) -> Self {
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let (start, end) = (finite(*range.start()), finite(*range.end()));
        let (min, max) = (start.min(end), start.max(end));
        let step = (max - min) / 100.0;
        let state = json!({
            "description": label, "min": min, "max": max, "step": step, "value": min,
            "readout_format": format!(".{}f", decimals(step)),
        });
        Self { model: Model::new(FLOAT, state) }
    }

    /// Puts the knob at `value`, or as near as the range allows.
    #[must_use]
    pub fn with_value(self, value: f64) -> Self {
        self.set_value(value);
        self
    }

    /// Lets it move in steps of this size.
    #[must_use]
    pub fn with_step(self, step: f64) -> Self {
        if step.is_finite() && step > 0.0 {
            self.model.set("step", step);
            self.model.set("readout_format", format!(".{}f", decimals(step)));
        }
        self
    }

    /// Sends values only when the knob is let go: for callbacks that take long.
    #[must_use]
    pub fn when_released(self) -> Self {
        self.model.set("continuous_update", false);
        self
    }

    /// Where the knob is.
    pub fn value(&self) -> f64 {
        self.nearest(self.model.get("value").as_f64().unwrap_or(f64::NAN))
    }

    /// Moves the knob to `value`, or as near as the range allows; callbacks run.
    pub fn set_value(&self, value: f64) {
        self.model.set("value", self.nearest(value));
    }

    /// Calls `callback` with every new value.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(f64) -> O + 'static) {
        let slider = self.clone();
        self.model.on_change(move |key| if key == "value" { callback(slider.value()).outcome() } else { Ok(()) });
    }

    fn nearest(&self, value: f64) -> f64 {
        let limit = |key| self.model.get(key).as_f64().unwrap_or_default();
        if value.is_nan() { limit("min") } else { value.clamp(limit("min"), limit("max")) }
    }
}

/// How many digits after the point tell two steps apart.
fn decimals(step: f64) -> usize {
    let digits = (0..6).find(|&digits| {
        let scaled = step * 10f64.powi(digits);
        scaled >= 0.999_999 && (scaled - scaled.round()).abs() < 1e-6
    });
    digits.unwrap_or(2) as usize
}

fn still(model: &Model) -> Still {
    let number = |key: &str| model.get(key).as_f64().unwrap_or_default();
    let label = model.get_text("description");
    let (value, min, max) = (number("value"), number("min"), number("max"));
    Still {
        text: format!("{label}: {value} ({min} to {max})"),
        html: format!(
            "<label>{} <input type=\"range\" min=\"{min}\" max=\"{max}\" step=\"any\" value=\"{value}\" disabled> {value}</label>",
            escape(&label)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_display::Rich as _;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn values_stay_in_their_range_whatever_is_asked_for() {
        let (high, low) = (10, 1);
        let slider = IntSlider::new("n", high..=low);
        assert_eq!(slider.value(), 1);
        slider.set_value(i64::MAX);
        assert_eq!(slider.value(), 10);
        let slider = FloatSlider::new("x", f64::NAN..=1.0).with_value(f64::NAN).with_step(f64::NAN);
        assert_eq!((slider.value(), slider.clone().with_value(7.0).value()), (0.0, 1.0));
    }

    #[test]
    fn callbacks_hear_what_is_new_and_nothing_else() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let slider = IntSlider::new("n", 0..=9);
        slider.on_change({
            let heard = heard.clone();
            move |value| heard.borrow_mut().push(value)
        });
        [3, 3, 20].iter().for_each(|&value| slider.set_value(value));
        let _ = slider.clone().with_step(2);
        assert_eq!(*heard.borrow(), [3, 9]);
    }

    #[test]
    fn the_readout_has_as_many_digits_as_the_step() {
        assert_eq!([1.0, 0.5, 0.25, 0.05, 1.0 / 3.0, 0.0].map(decimals), [0, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn without_a_front_end_it_says_where_it_is() {
        let bundle = FloatSlider::new("<t>", 0.0..=2.0).with_value(0.5).rich();
        assert_eq!(bundle.plain(), "<t>: 0.5 (0 to 2)");
        let html = bundle.data["text/html"].as_str().unwrap();
        assert!(html.contains("&lt;t&gt;") && html.contains("disabled"), "{html}");
        assert!(!bundle.data.contains_key("application/vnd.jupyter.widget-view+json"), "there is no page");
    }
}
