//! How fast a model writes, in the three figures that people ask for.
//!
//! ```text
//! request          first token                                   last token
//!    |───── TTFT ──────|─ TPOT ─|─ TPOT ─|─ TPOT ─|─ … ─|─ TPOT ─|
//! ```
//!
//! *Time to first token* is what a reader waits before anything happens: it is prefill, and grows with the prompt. *Time per
//! output token* is how fast the text then grows: it is decode. *Throughput* is how many tokens all texts together get in a
//! second, which is what decides the cost. Several texts in one batch raise throughput and slow each of them down a little.

use std::time::Duration;

use course_display::{Bundle, Rich, Table};

/// Time to first token, time per output token, and throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timings {
    /// From the request to the first token of a text; the mean of all texts.
    pub ttft: Duration,
    /// From one token to the next of the same text; the mean of all.
    pub tpot: Duration,
    /// Tokens a second, those of all texts together.
    pub throughput: f64,
    /// How many tokens were written in all texts together.
    pub tokens: usize,
    /// How many texts there were.
    pub texts: usize,
    /// From the request to the last token.
    pub total: Duration,
}

impl Timings {
    /// The figures of texts whose tokens arrived at these times after the request, in order.
    ///
    /// ```
    /// use std::time::Duration;
    /// use course_models::from_scratch::Timings;
    ///
    /// let arrivals = [300, 350, 400].map(Duration::from_millis);
    /// let timings = Timings::of(&[arrivals]);
    /// assert_eq!((timings.ttft.as_millis(), timings.tpot.as_millis()), (300, 50));
    /// assert_eq!(timings.throughput, 3.0 / 0.4);
    /// ```
    pub fn of<A: AsRef<[Duration]>>(arrivals: &[A]) -> Self {
        let texts: Vec<&[Duration]> = arrivals.iter().map(AsRef::as_ref).collect();
        let tokens = texts.iter().map(|text| text.len()).sum();
        let firsts: Vec<Duration> = texts.iter().filter_map(|text| text.first().copied()).collect();
        let total = texts.iter().filter_map(|text| text.last().copied()).max().unwrap_or_default();
        let gaps: Vec<Duration> =
            texts.iter().flat_map(|text| text.windows(2).map(|pair| pair[1].saturating_sub(pair[0]))).collect();
        let throughput = if total.is_zero() { 0.0 } else { tokens as f64 / total.as_secs_f64() };
        Self { ttft: mean(&firsts), tpot: mean(&gaps), throughput, tokens, texts: texts.len(), total }
    }
}

fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / (times.len() as u32).max(1)
}

/// A table with a line of explanation for each figure.
impl Rich for Timings {
    fn rich(&self) -> Bundle {
        let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        let written = match self.texts {
            1 => format!("{} tokens", self.tokens),
            texts => format!("{} tokens in {texts} texts", self.tokens),
        };
        Table::new(["", "measured", "what it is"])
            .row(("time to first token (TTFT)", milliseconds(self.ttft), "reading the prompt, choosing one token"))
            .row(("time per output token (TPOT)", milliseconds(self.tpot), "from each token to the next"))
            .row(("throughput", format!("{:.1} tokens/s", self.throughput), "all texts together"))
            .row(("written", written, format!("in {}", milliseconds(self.total))))
            .rich()
    }
}
