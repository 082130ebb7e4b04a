//! Invented reviews of outdoor gear, with all that makes real reviews a nuisance.
//!
//! Missing activities, three ways to write each, apostrophes as `&#039;`, line breaks inside of fields, reviews of one word and of
//! four hundred, a first column without a name. The same seed gives the same reviews on every machine.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use super::sentences::{ACTIVITIES, ASIDES, Activity, BLAME, CLOSINGS, OPENINGS, PRAISE, SHORT};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A review, as a shop would keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// Its number, no other review's.
    pub id: u64,
    /// What was bought.
    pub product: String,
    /// What it was bought for, in small or capital letters or both; not everybody says.
    pub activity: Option<String>,
    /// The text between quotation marks, with HTML's codes for special characters and `\r\n` between paragraphs.
    pub review: String,
    /// 1 to 10 stars.
    pub rating: f64,
    /// The day, as in `May 20, 2012`.
    pub date: String,
    /// How many people found it useful.
    pub useful_count: u64,
}

/// A number of reviews, made up from a seed.
///
/// ```
/// let first = course_datasets::samples::Reviews::new(100).iter().next();
/// assert!(first.is_some_and(|review| review.review.starts_with('"')));
/// ```
#[derive(Debug, Clone)]
pub struct Reviews {
    count: usize,
    seed: u64,
}

impl Reviews {
    /// So many reviews, from the seed 0.
    pub fn new(count: usize) -> Self {
        Self { count, seed: 0 }
    }

    /// Other reviews.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The reviews, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Review> + use<> {
        let mut draw = Draw(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let bits = (2 * self.count.max(2) as u64).next_power_of_two().trailing_zeros();
        let key = draw.next();
        (0..self.count as u64).map(move |row| review(scattered(row, bits, key), &mut draw))
    }

    /// Writes them as tab-separated values, in quotation marks where a field needs them.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_tsv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(b"\tproduct\tactivity\treview\trating\tdate\tuseful_count\n")?;
        for review in self.iter() {
            let text = review.review.replace('"', "\"\"");
            let activity = review.activity.unwrap_or_default();
            writeln!(
                file,
                "{}\t{}\t{activity}\t\"{text}\"\t{:.1}\t\"{}\"\t{}",
                review.id, review.product, review.rating, review.date, review.useful_count
            )?;
        }
        file.flush()
    }
}

/// Another number of so many bits for each number of so many bits: each step can be undone, so no two become the same.
fn scattered(number: u64, bits: u32, key: u64) -> u64 {
    let mask = (1_u64 << bits) - 1;
    let mut number = (number ^ key) & mask;
    for factor in [0x2545_f491_4f6c_dd1d, 0x9e37_79b9_7f4a_7c15_u64] {
        number = number.wrapping_mul(factor) & mask;
        number ^= number >> (bits / 2).max(1);
    }
    number
}

fn review(id: u64, draw: &mut Draw) -> Review {
    let activity = draw.skewed(ACTIVITIES);
    let product = draw.skewed(activity.products);
    // Two out of three are content, as everywhere on the web.
    let rating = match draw.below(10) {
        0 | 1 => 1 + draw.below(3),
        2 | 3 => 4 + draw.below(4),
        _ => 8 + draw.below(3),
    };
    let text = text(activity, product, rating, draw);
    let date = format!("{} {}, {}", draw.choose(&MONTHS), 1 + draw.below(28), 2009 + draw.below(9));
    let useful = draw.below(12) * draw.below(12) / (1 + draw.below(4));
    Review {
        id,
        product: (*product).to_owned(),
        activity: written(activity.name, draw),
        review: format!("\"{}\"", escaped(&text)),
        rating: rating as f64,
        date,
        useful_count: useful as u64,
    }
}

fn text(activity: &Activity, product: &str, rating: usize, draw: &mut Draw) -> String {
    let group = match rating {
        1..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    if draw.below(100) < 4 {
        return (*draw.choose(SHORT[group])).to_owned();
    }
    let mut said = vec![
        draw.choose(OPENINGS)
            .replace("{product}", product)
            .replace("{activity}", activity.name)
            .replace("{months}", &(2 + draw.below(30)).to_string()),
    ];
    let sentences = match draw.below(100) {
        0..=14 => 1,
        15..=79 => 3 + draw.below(6),
        80..=96 => 9 + draw.below(8),
        _ => 20 + draw.below(25),
    };
    while said.len() <= sentences {
        let next = match draw.below(10) {
            0..=2 => *draw.choose(activity.told),
            3 => *draw.choose(ASIDES),
            _ if draw.below(9) + 1 < rating => *draw.choose(PRAISE),
            _ => *draw.choose(BLAME),
        };
        // The same sentence twice in a row is nothing that people write; in a long rant it may come again.
        if said.last().is_none_or(|last| last != next) && (said.len() > 12 || !said.iter().any(|one| one == next)) {
            said.push(next.to_owned());
        }
    }
    said.push((*draw.choose(CLOSINGS[group])).to_owned());
    let mut text = String::new();
    for (place, sentence) in said.iter().enumerate() {
        if place > 0 {
            text.push_str(if place % 4 == 0 && draw.below(3) == 0 { "\r\n\r\n" } else { " " });
        }
        text.push_str(sentence);
    }
    text
}

/// An activity as somebody typed it, or not at all.
fn written(activity: &str, draw: &mut Draw) -> Option<String> {
    match draw.below(1000) {
        0..=5 => None,
        6..=399 => {
            let mut letters = activity.chars();
            let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
            Some(first + letters.as_str())
        }
        400..=449 => Some(activity.to_uppercase()),
        _ => Some(activity.to_owned()),
    }
}

/// What a careless web shop makes of a text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#039;")
}

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn choose<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }

    /// The earlier ones more often, since no shop sells the same number of everything.
    fn skewed<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        let (one, other) = (self.below(values.len()), self.below(values.len()));
        &values[one.min(other)]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_reviews_and_another_one_others() {
        let reviews = |seed| Reviews::new(50).seed(seed).iter().collect::<Vec<_>>();
        assert_eq!(reviews(1), reviews(1));
        assert_ne!(reviews(1), reviews(2));
    }

    #[test]
    fn they_have_what_the_chapter_cleans_up() {
        let reviews: Vec<Review> = Reviews::new(5000).iter().collect();
        let ids: BTreeSet<u64> = reviews.iter().map(|review| review.id).collect();
        assert_eq!(ids.len(), reviews.len(), "each number once");
        let share =
            |holds: &dyn Fn(&Review) -> bool| reviews.iter().filter(|review| holds(review)).count() as f64 / 5000.0;
        let words = |review: &Review| review.review.split_whitespace().count();
        assert!((0.001..0.02).contains(&share(&|review| review.activity.is_none())));
        assert!((0.1..0.3).contains(&share(&|review| words(review) <= 30)), "{}", share(&|review| words(review) <= 30));
        assert!(share(&|review| words(review) == 1) > 0.005 && share(&|review| words(review) > 200) > 0.01);
        assert!(share(&|review| review.review.contains("&#039;")) > 0.5);
        assert!(share(&|review| review.review.contains("\r\n")) > 0.2);
        assert!(reviews.iter().all(|review| (1.0..=10.0).contains(&review.rating)));
        let written: BTreeSet<_> = reviews.iter().filter_map(|review| review.activity.as_deref()).collect();
        assert_eq!(written.len(), 3 * ACTIVITIES.len(), "small, capital, and a capital in front");
    }

    #[test]
    fn the_file_has_a_first_column_without_a_name_and_doubled_quotation_marks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reviews.tsv");
        Reviews::new(20).write_tsv(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("\tproduct\tactivity\treview"));
        assert!(text.contains("\t\"\"\""), "a quoted field that begins with a quotation mark");
    }
}
