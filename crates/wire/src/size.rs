//! Sizes in bytes as people write them: `8 MB`, `1.5GB`, `64k`, `off`.

/// A size limit from a setting or a command; `Some(None)` for "off", `None` for what is no size.
///
/// ```
/// use course_wire::size;
/// assert_eq!(size::parse("8 MB"), Some(Some(8_000_000)));
/// assert_eq!(size::parse("off"), Some(None));
/// assert_eq!(size::parse("much"), None);
/// ```
pub fn parse(text: &str) -> Option<Option<u64>> {
    let text = text.trim().to_ascii_lowercase();
    if matches!(text.as_str(), "off" | "none" | "unlimited") {
        return Some(None);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.replace('_', "").parse().ok()?;
    let scale = match unit.trim() {
        "" | "b" | "bytes" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        _ => return None,
    };
    // The cast takes what is beyond every machine to the greatest number.
    (number > 0.0).then_some(Some((number * scale) as u64))
}

/// A number of bytes in the units that file managers use, powers of 1000.
///
/// ```
/// assert_eq!(course_wire::size::text(17_100_000), "17.1 MB");
/// ```
pub fn text(bytes: u64) -> String {
    let bytes_float = bytes as f64;
    let (scale, unit) = match bytes_float {
        size if size >= 999.95e6 => (1e9, "GB"),
        size if size >= 999.95e3 => (1e6, "MB"),
        size if size >= 1e3 => (1e3, "kB"),
        _ => return format!("{bytes} B"),
    };
    let number = format!("{:.1}", bytes_float / scale);
    format!("{} {unit}", number.strip_suffix(".0").unwrap_or(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("1000", Some(1000)),
            ("64k", Some(64_000)),
            (" 1.5 GB", Some(1_500_000_000)),
            ("2MiB", Some(2 << 20)),
            ("1_000 b", Some(1000)),
            ("Off", None),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "-3", "0", "3 parsecs", "1.2.3", "NaN", "8 MB MB"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("1e400 GB"), None);
    }

    #[test]
    fn sizes_are_written_short() {
        let texts: Vec<String> = [999, 1000, 1234, 999_999, 8_000_000, 50_331_648, 3 << 30].map(text).into();
        assert_eq!(texts, ["999 B", "1 kB", "1.2 kB", "1 MB", "8 MB", "50.3 MB", "3.2 GB"]);
    }
}
