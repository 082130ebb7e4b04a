//! Moments in text, as pyarrow recognizes them: `2020-01-31`, `2020-01-31 10:20:30`, `2020-01-31T10:20:30Z`, `…+02:00`.

/// The seconds since 1970 of a moment in one of the spellings above; `None` for all other text.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    // Most texts are ruled out by their length or their first letter.
    if !(10..=25).contains(&bytes.len()) || !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let days = date(text.get(..10)?)?;
    let Some(rest) = text.get(10..).filter(|rest| !rest.is_empty()) else { return Some(days * 86_400) };
    let rest = rest.strip_prefix([' ', 'T'])?;
    let (clock, zone) = match rest.find(['Z', '+', '-']) {
        Some(at) => (rest.get(..at)?, zone(rest.get(at..)?)?),
        None => (rest, 0),
    };
    Some(days * 86_400 + time(clock)? - zone)
}

/// Days since 1970.
fn date(text: &str) -> Option<i64> {
    let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 7)?, digits(text, 8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if text.as_bytes().get(4) != Some(&b'-') || text.as_bytes().get(7) != Some(&b'-') || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have the leap day at their end (Howard Hinnant's days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Seconds since midnight of `hh`, `hh:mm` or `hh:mm:ss`.
fn time(text: &str) -> Option<i64> {
    let colon = |at: usize| text.as_bytes().get(at) == Some(&b':');
    let (hours, minutes, seconds) = match text.len() {
        2 => (digits(text, 0, 2)?, 0, 0),
        5 if colon(2) => (digits(text, 0, 2)?, digits(text, 3, 5)?, 0),
        8 if colon(2) && colon(5) => (digits(text, 0, 2)?, digits(text, 3, 5)?, digits(text, 6, 8)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// The seconds that a zone (`Z`, `+02`, `+0200`, `+02:00`) is ahead.
fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let rest = text.get(1..)?;
    let (hours, minutes) = match rest.len() {
        2 => (digits(rest, 0, 2)?, 0),
        4 => (digits(rest, 0, 2)?, digits(rest, 2, 4)?),
        5 if rest.as_bytes().get(2) == Some(&b':') => (digits(rest, 0, 2)?, digits(rest, 3, 5)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str, from: usize, to: usize) -> Option<i64> {
    let part = text.get(from..to)?;
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_pyarrow() {
        // Equivalent python code: int(datetime.fromisoformat("2020-01-01T10:20:30+00:00").timestamp())
        let moment = 1_577_874_030;
        for text in
            ["2020-01-01 10:20:30", "2020-01-01T10:20:30Z", "2020-01-01T12:20:30+02:00", "2020-01-01T05:50:30-0430"]
        {
            assert_eq!(seconds(text), Some(moment), "{text}");
        }
        assert_eq!(seconds("2020-01-01T10:20"), Some(moment - 30));
        assert_eq!(seconds("1969-12-31"), Some(-86_400));
        assert_eq!(seconds("2000-02-29"), Some(951_782_400));
        assert_eq!(seconds("0001-01-01"), Some(-62_135_596_800));
    }

    #[test]
    fn other_text_is_text() {
        for text in [
            "2020-01-01T10:20:30.5",
            "2020-13-01",
            "2019-02-29",
            "10:20:30",
            "2020-01-01x",
            "2020/01/01",
            "2020-01-01T24:00:00",
            "1234567890",
            "2020-01-01 ",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
