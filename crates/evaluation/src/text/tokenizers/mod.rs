//! How a text is cut into words before BLEU counts them.
//!
//! A score depends on the cut, so it has a name, and scores of different cuts are not to be compared. Matt Post, "A Call for Clarity in
//! Reporting BLEU Scores" (2018).

mod chinese;
mod international;
mod mteval;
mod tercom;

pub use tercom::Tercom;

use super::words;

/// A way to cut a text into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// At white space only: the text was cut before.
    None,
    /// As `mteval-v13a`, the script of the WMT competitions: signs of ASCII apart, but not those in numbers.
    #[default]
    Mteval13a,
    /// As `mteval-v14` with its international rules: the signs and symbols of all scripts apart.
    International,
    /// Each character by itself.
    Characters,
    /// Each Chinese character by itself, the rest as `13a`.
    Chinese,
}

impl Cut {
    /// By the names that sacrebleu has for them.
    pub(crate) const NAMES: &'static [(&'static str, Cut)] = &[
        ("13a", Cut::Mteval13a),
        ("intl", Cut::International),
        ("char", Cut::Characters),
        ("zh", Cut::Chinese),
        ("none", Cut::None),
    ];

    /// The words of a text.
    ///
    /// ```
    /// use course_evaluation::text::tokenizers::Cut;
    ///
    /// assert_eq!(Cut::Mteval13a.words("It's 3.5, \"fine\"."), ["It's", "3.5", ",", "\"", "fine", "\"", "."]);
    /// assert_eq!(Cut::Chinese.words("我是NLP"), ["我", "是", "NLP"]);
    /// ```
    pub fn words(self, text: &str) -> Vec<String> {
        let cut = match self {
            Self::None => text.to_owned(),
            Self::Mteval13a => mteval::cut_13a(text.trim_end_matches(super::is_space)),
            Self::International => international::cut(text.trim_end_matches(super::is_space)),
            Self::Characters => text.chars().flat_map(|letter| [letter, ' ']).collect(),
            Self::Chinese => chinese::cut(text),
        };
        words(&cut).map(str::to_owned).collect()
    }
}

/// Signs in place of their names, as in the SGML files of the competitions; "&amp;lt;" becomes "<" in two steps.
fn signs_of_names(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
}

/// A pattern, and what stands in place of what it finds; the patterns here are always the same and can be read.
struct Rule(Option<regex::Regex>, &'static str);

impl Rule {
    fn new(pattern: &str, replacement: &'static str) -> Self {
        Self(regex::Regex::new(pattern).ok(), replacement)
    }

    fn apply(&self, text: &str) -> String {
        match &self.0 {
            Some(pattern) => pattern.replace_all(text, self.1).into_owned(),
            None => text.to_owned(),
        }
    }
}

/// One rule after the other.
fn apply(rules: &[Rule], text: &str) -> String {
    rules.iter().fold(text.to_owned(), |text, rule| rule.apply(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_patterns_can_be_read() {
        for rule in mteval::RULES.iter().chain(international::RULES.iter()).chain(tercom::all_rules()) {
            assert!(rule.0.is_some(), "{}", rule.1);
        }
    }
}
