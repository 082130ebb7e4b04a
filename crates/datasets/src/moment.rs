//! Dates, times, timestamps and durations, printed as Python prints them.

use std::fmt;
use std::sync::Arc;

use arrow_schema::TimeUnit;

/// A date, a time, a timestamp or a duration: a count of units, and what is counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    count: i64,
    kind: MomentKind,
}

/// What a [`Moment`] counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MomentKind {
    /// Days since 1970-01-01.
    Date,
    /// Units since midnight.
    Time(TimeUnit),
    /// Units since 1970-01-01 00:00 UTC, with the time zone where one is named.
    Timestamp(TimeUnit, Option<Arc<str>>),
    /// Units.
    Duration(TimeUnit),
}

impl Moment {
    /// `count` units of what `kind` says.
    pub fn new(count: i64, kind: MomentKind) -> Self {
        Self { count, kind }
    }

    /// The day that is `days` after 1970-01-01.
    pub fn date(days: i32) -> Self {
        Self::new(i64::from(days), MomentKind::Date)
    }

    /// The moment `seconds` after 1970-01-01 00:00 UTC.
    pub fn timestamp(seconds: i64) -> Self {
        Self::new(seconds, MomentKind::Timestamp(TimeUnit::Second, None))
    }

    /// How many units.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// What is counted.
    pub fn kind(&self) -> &MomentKind {
        &self.kind
    }

    /// Seconds from the kind's zero: for a timestamp, since 1970-01-01 00:00 UTC.
    pub fn seconds(&self) -> f64 {
        self.nanoseconds() as f64 / 1e9
    }

    /// The length in nanoseconds, from the kind's zero.
    pub(crate) fn nanoseconds(&self) -> i128 {
        let unit = match &self.kind {
            MomentKind::Date => 86_400 * 1_000_000_000,
            MomentKind::Time(unit) | MomentKind::Timestamp(unit, _) | MomentKind::Duration(unit) => nanoseconds(*unit),
        };
        i128::from(self.count) * unit
    }

    /// The ISO 8601 text: `2020-01-31`, `12:30:00`, `2020-01-31T12:30:00`; a duration in seconds, `PT1.5S`.
    pub fn iso(&self) -> String {
        let nanoseconds = self.nanoseconds();
        match &self.kind {
            MomentKind::Date => date(self.count),
            MomentKind::Time(_) => clock(nanoseconds),
            MomentKind::Timestamp(_, zone) => {
                let (days, rest) = (nanoseconds.div_euclid(DAY), nanoseconds.rem_euclid(DAY));
                let days = i64::try_from(days).unwrap_or_default();
                // Only UTC is known without a table of time zones; the others are written as UTC too.
                let zone = if zone.is_some() { "+00:00" } else { "" };
                format!("{}T{}{zone}", date(days), clock(rest))
            }
            MomentKind::Duration(_) => format!("PT{}S", nanoseconds as f64 / 1e9),
        }
    }
}

const DAY: i128 = 86_400 * 1_000_000_000;

pub(crate) fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Year, month and day of a day number, in the Gregorian calendar carried on to both sides (Howard Hinnant's algorithm).
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Hours, minutes, seconds, and the fraction where there is one: six digits, nine where six do not do.
fn clock(nanoseconds: i128) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let rest = nanoseconds % 1_000_000_000;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest % 1_000 != 0 {
        text += &format!(".{rest:09}");
    } else if rest != 0 {
        text += &format!(".{:06}", rest / 1_000);
    }
    text
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.nanoseconds();
        // Python's constructors leave out seconds and microseconds that are 0.
        let clock = |nanoseconds: i128| {
            let seconds = nanoseconds / 1_000_000_000;
            let microseconds = nanoseconds / 1_000 % 1_000_000;
            let mut parts = vec![seconds / 3600, seconds / 60 % 60];
            if seconds % 60 != 0 || microseconds != 0 {
                parts.push(seconds % 60);
            }
            if microseconds != 0 {
                parts.push(microseconds);
            }
            parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match &self.kind {
            MomentKind::Date => {
                let (year, month, day) = civil(self.count);
                write!(formatter, "datetime.date({year}, {month}, {day})")
            }
            MomentKind::Time(_) => write!(formatter, "datetime.time({})", clock(nanoseconds)),
            MomentKind::Timestamp(_, zone) => {
                let (year, month, day) = civil(i64::try_from(nanoseconds.div_euclid(DAY)).unwrap_or_default());
                let zone = zone.as_ref().map_or_else(String::new, |zone| format!(", tzinfo=<{zone}>"));
                write!(
                    formatter,
                    "datetime.datetime({year}, {month}, {day}, {}{zone})",
                    clock(nanoseconds.rem_euclid(DAY))
                )
            }
            MomentKind::Duration(_) => {
                let (days, rest) = (nanoseconds.div_euclid(DAY), nanoseconds.rem_euclid(DAY));
                let parts =
                    [("days", days), ("seconds", rest / 1_000_000_000), ("microseconds", rest / 1_000 % 1_000_000)];
                let parts: Vec<String> = parts
                    .iter()
                    .filter(|(_, count)| *count != 0)
                    .map(|(name, count)| format!("{name}={count}"))
                    .collect();
                let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
                write!(formatter, "datetime.timedelta({parts})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (18_262, "2020-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (-719_162, "0001-01-01"),
        ] {
            assert_eq!(Moment::date(days).iso(), text);
        }
        assert_eq!(Moment::date(18_262).to_string(), "datetime.date(2020, 1, 1)");
    }

    #[test]
    fn moments_print_as_in_python() {
        let stamp = |count, unit| Moment::new(count, MomentKind::Timestamp(unit, None));
        assert_eq!(stamp(1_577_836_800, TimeUnit::Second).to_string(), "datetime.datetime(2020, 1, 1, 0, 0)");
        assert_eq!(
            stamp(1_500_000, TimeUnit::Microsecond).to_string(),
            "datetime.datetime(1970, 1, 1, 0, 0, 1, 500000)"
        );
        assert_eq!(stamp(-1, TimeUnit::Millisecond).iso(), "1969-12-31T23:59:59.999000");
        assert_eq!(stamp(1, TimeUnit::Nanosecond).iso(), "1970-01-01T00:00:00.000000001");
        let duration = Moment::new(90_000_500, MomentKind::Duration(TimeUnit::Millisecond));
        assert_eq!(duration.to_string(), "datetime.timedelta(days=1, seconds=3600, microseconds=500000)");
        assert_eq!(Moment::new(45_000, MomentKind::Time(TimeUnit::Second)).iso(), "12:30:00");
    }
}
