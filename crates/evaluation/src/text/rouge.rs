//! ROUGE: how much of a reference summary is in a summary.

use std::collections::{BTreeSet, HashMap};

use super::ngrams::{ngrams, shared, total};
use super::porter;
use crate::classification::quotient;
use crate::setting::Given;
use crate::{Error, Inputs, Measure, Result, Scores};

/// What a ROUGE score counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RougeKind {
    /// `rouge1`, `rouge2`, …: n-grams that both have.
    Ngrams(usize),
    /// `rougeL`: the words of the longest common subsequence, which need not be neighbours.
    Longest,
    /// `rougeLsum`: the same for each sentence of the reference, a line each, with all sentences of the summary together.
    LongestOfLines,
}

impl RougeKind {
    /// `rouge1` to `rouge9`, `rougeL`, `rougeLsum`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("rouge")? {
            "L" => Some(Self::Longest),
            "Lsum" => Some(Self::LongestOfLines),
            digit if digit.len() == 1 => digit.parse().ok().filter(|&n| n > 0).map(Self::Ngrams),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Ngrams(n) => format!("rouge{n}"),
            Self::Longest => "rougeL".into(),
            Self::LongestOfLines => "rougeLsum".into(),
        }
    }
}

/// What two texts have in common, as shares of each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overlap {
    /// Of the summary.
    pub precision: f64,
    /// Of the reference.
    pub recall: f64,
    /// Their harmonic mean.
    pub fmeasure: f64,
}

impl Overlap {
    fn new(both: usize, summary: usize, reference: usize) -> Self {
        let (precision, recall) = (quotient(both as f64, summary as f64), quotient(both as f64, reference as f64));
        Self { precision, recall, fmeasure: quotient(2.0 * precision * recall, precision + recall) }
    }
}

/// The ROUGE score of a single summary.
///
/// ```
/// use course_evaluation::text::{RougeKind, rouge};
///
/// let summary = "I absolutely loved reading the Hunger Games";
/// let scores = rouge(RougeKind::Ngrams(1), summary, "I loved reading the Hunger Games", false);
/// assert_eq!((scores.precision, scores.recall), (6.0 / 7.0, 1.0));
/// ```
pub fn rouge(kind: RougeKind, summary: &str, reference: &str, stems: bool) -> Overlap {
    overlap(kind, &lines(summary, stems), &lines(reference, stems))
}

/// The same for texts that were cut before.
fn overlap(kind: RougeKind, summary: &[Vec<String>], reference: &[Vec<String>]) -> Overlap {
    let ours: Vec<&String> = summary.iter().flatten().collect();
    let theirs: Vec<&String> = reference.iter().flatten().collect();
    match kind {
        RougeKind::Ngrams(n) => {
            let (ours, theirs) = (ngrams(&ours, n), ngrams(&theirs, n));
            Overlap::new(shared(&theirs, &ours), total(&ours), total(&theirs))
        }
        RougeKind::Longest => Overlap::new(common(&theirs, &ours).len(), ours.len(), theirs.len()),
        RougeKind::LongestOfLines => of_lines(summary, reference),
    }
}

/// The words of each line.
fn lines(text: &str, stems: bool) -> Vec<Vec<String>> {
    text.split('\n').map(|line| tokens(line, stems)).collect()
}

/// Small letters and digits; all else is space. Words of more than three letters may be stemmed.
fn tokens(text: &str, stems: bool) -> Vec<String> {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_lowercase() && !letter.is_ascii_digit());
    words
        .filter(|word| !word.is_empty())
        .map(|word| if stems && word.len() > 3 { porter::stem(word) } else { word.to_owned() })
        .collect()
}

/// The places in `reference` of a longest common subsequence with `summary`.
///
/// `table[i][j]` is its length for the first `i` words of the one and the first `j` of the other; walked back from its end it tells the words.
fn common<T: PartialEq>(reference: &[T], summary: &[T]) -> Vec<usize> {
    let mut table = vec![vec![0usize; summary.len() + 1]];
    for word in reference {
        let above = table.last().map_or(&[][..], Vec::as_slice);
        let mut row = vec![0; 1];
        for (above, other) in above.windows(2).zip(summary) {
            let &[diagonal, above] = above else { continue };
            let left = row.last().copied().unwrap_or(0);
            row.push(if word == other { diagonal + 1 } else { above.max(left) });
        }
        table.push(row);
    }
    let length = |row: usize, column: usize| table.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0);
    let (mut row, mut column) = (reference.len(), summary.len());
    let mut places = Vec::new();
    while row > 0 && column > 0 {
        if reference.get(row - 1) == summary.get(column - 1) {
            places.push(row - 1);
            row -= 1;
            column -= 1;
        } else if length(row, column - 1) > length(row - 1, column) {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    places
}

/// For each line of the reference, its words that are common with any line of the summary; none counted more often than both have it.
fn of_lines(summary: &[Vec<String>], reference: &[Vec<String>]) -> Overlap {
    let count = |lines: &[Vec<String>]| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for word in lines.iter().flatten() {
            *counts.entry(word.clone()).or_default() += 1;
        }
        counts
    };
    let (mut ours, mut theirs) = (count(summary), count(reference));
    let mut both = 0;
    for line in reference {
        let places: BTreeSet<usize> = summary.iter().flat_map(|other| common(line, other)).collect();
        for word in places.into_iter().filter_map(|place| line.get(place)) {
            if let (Some(our), Some(their)) = (ours.get_mut(word), theirs.get_mut(word))
                && *our > 0
                && *their > 0
            {
                both += 1;
                *our -= 1;
                *their -= 1;
            }
        }
    }
    Overlap::new(both, summary.iter().map(Vec::len).sum(), reference.iter().map(Vec::len).sum())
}

/// `rouge`: how much summary and reference have in common, from 0 to 1.
///
/// precision = common / in the summary, recall = common / in the reference, F = 2 · precision · recall / (precision + recall)
///
/// The score is the mean of F over all texts; [`RougeKind`] says what is counted. Capitals, signs and letters beyond a–z do not matter.
/// For `rougeLsum`, put each sentence on a line of its own. Of several references the best counts. [`rouge`](fn@rouge) gives precision and recall.
///
/// | setting | what it is |
/// |---|---|
/// | `rouge_types` | `rouge1`, `rouge2`, `rougeL`, `rougeLsum` unless set |
/// | `use_stemmer` | `true`: words that differ in their endings are the same, by [`stem`](super::stem) |
/// | `use_aggregator` | `false`: the F of each text in place of the mean |
///
/// Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004). Python's metric draws a thousand samples of the texts without a seed and
/// reports the middle one of their means, which is near the mean and a little different each time; the mean is what it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rouge {
    /// What is counted.
    pub kinds: Vec<RougeKind>,
    /// Whether words are stemmed.
    pub use_stemmer: bool,
    /// Whether to give the mean, and not each text's score.
    pub use_aggregator: bool,
}

impl Default for Rouge {
    fn default() -> Self {
        let kinds = vec![RougeKind::Ngrams(1), RougeKind::Ngrams(2), RougeKind::Longest, RougeKind::LongestOfLines];
        Self { kinds, use_stemmer: false, use_aggregator: true }
    }
}

impl Measure for Rouge {
    fn name(&self) -> &str {
        "rouge"
    }

    fn about(&self) -> &str {
        "how much summary and reference have in common, from 0 to 1: words, pairs of words, longest common subsequence"
    }

    fn settings(&self) -> &[&'static str] {
        &["rouge_types", "use_stemmer", "use_aggregator"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "rouge_types" => {
                let wrong = || given.wrong("some of rouge1 to rouge9, rougeL and rougeLsum");
                let names = given.texts()?;
                let kinds: Result<Vec<RougeKind>, Error> =
                    names.iter().map(|name| RougeKind::from_name(name).ok_or_else(wrong)).collect();
                self.kinds = kinds?;
            }
            "use_stemmer" => self.use_stemmer = given.switch()?,
            "use_aggregator" => self.use_aggregator = given.switch()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let texts = inputs.texts_with_references()?;
        let mut all: Vec<Vec<f64>> = vec![Vec::new(); self.kinds.len()];
        for (summary, references) in &texts {
            course_wire::interrupt::check()?;
            let summary = lines(summary, self.use_stemmer);
            let references: Vec<_> = references.iter().map(|text| lines(text, self.use_stemmer)).collect();
            for (&kind, each) in self.kinds.iter().zip(&mut all) {
                let scores = references.iter().map(|reference| overlap(kind, &summary, reference).fmeasure);
                each.push(scores.fold(0.0, f64::max));
            }
        }
        let mut scores = Scores::new();
        for (kind, each) in self.kinds.iter().zip(all) {
            if self.use_aggregator {
                scores.insert(kind.name(), each.iter().sum::<f64>() / each.len() as f64);
            } else {
                scores.insert(kind.name(), each);
            }
        }
        Ok(scores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let texts = ["hello there", "general kenobi"];
        let scores = load("rouge").unwrap().compute(&texts, &texts).unwrap();
        assert_eq!(scores.to_string(), "{rouge1: 1.0, rouge2: 1.0, rougeL: 1.0, rougeLsum: 1.0}");
    }

    /// The example of the course's section on summaries.
    #[test]
    fn one_word_too_many() {
        let (summary, reference) = ("I absolutely loved reading the Hunger Games", "I loved reading the Hunger Games");
        let scores = load("rouge").unwrap().compute(&[summary], &[reference]).unwrap();
        for (name, expected) in [("rouge1", "0.92"), ("rouge2", "0.73"), ("rougeL", "0.92"), ("rougeLsum", "0.92")] {
            assert_eq!(format!("{:.2}", scores.get(name).unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn lines_are_matched_each_with_all() {
        let (summary, reference) = ("b a\nd", "a\nb d");
        assert_eq!(rouge(RougeKind::Longest, summary, reference, false).recall, 2.0 / 3.0);
        assert_eq!(rouge(RougeKind::LongestOfLines, summary, reference, false).recall, 1.0);
        assert_eq!(rouge(RougeKind::LongestOfLines, "", reference, false), Overlap::default());
    }

    #[test]
    fn stems_types_and_each_text_can_be_set() {
        let metric = load("rouge").unwrap().with("rouge_types", ["rouge1"]).unwrap();
        let metric = metric.with("use_stemmer", true).unwrap().with("use_aggregator", false).unwrap();
        let scores = metric.compute(&["walking", "x"], vec![vec!["walked", "y"], vec!["z"]]).unwrap();
        assert_eq!(scores.list("rouge1").unwrap(), [1.0, 0.0]);
        assert_eq!(scores.len(), 1);
        assert!(load("rouge").unwrap().with("rouge_types", ["rouge0"]).is_err());
    }
}
