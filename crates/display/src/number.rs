//! Numbers as people read them: a few significant digits, no rounding noise.

/// A number of any of Rust's types, for the charts.
pub trait Number: Copy {
    /// The nearest `f64`.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
numbers!(f32, f64, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

/// A float in at most five significant digits: `0.12346`, `1234.5`, `1.2346e-7`, `NaN`, `inf`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return if value.is_nan() { "NaN".into() } else { format!("{value}") };
    }
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e7).contains(&size) {
        return trim_exponent(&format!("{value:.4e}"));
    }
    let before_point = size.log10().floor() as i32 + 1;
    let decimals = (5 - before_point).clamp(0, 8) as usize;
    trim(&format!("{value:.decimals$}"))
}

fn trim(number: &str) -> String {
    match number.split_once('.') {
        Some(_) => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => number.to_owned(),
    }
}

fn trim_exponent(number: &str) -> String {
    match number.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trim(mantissa)),
        None => number.to_owned(),
    }
}

/// An integer with thin groups of three digits: `1,234,567`.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_five_digits_and_lose_their_noise() {
        let cases: [(f64, &str); 12] = [
            (0.1f32 as f64, "0.1"),
            (0.123456789, "0.12346"),
            (1234.56, "1234.6"),
            (123456.7, "123457"),
            (1e-7 * 1.23456, "1.2346e-7"),
            (2e9, "2e9"),
            (-0.5, "-0.5"),
            (3.0, "3"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
            (0.00012345678, "0.00012346"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn integers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1234567), "1,234,567");
    }
}
