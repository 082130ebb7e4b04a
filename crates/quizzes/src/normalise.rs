//! What learners type, without what does not matter.

/// A short answer as it is compared: lower case, single spaces, no quotes or backticks around it, no full stop, no article.
pub(crate) fn words(text: &str) -> String {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let bare = spaced.trim_matches(|character: char| "`'\"“”‘’«»".contains(character) || character.is_whitespace());
    let bare = bare.trim_end_matches(['.', '!', '?', ';', ',']).trim();
    ["the ", "a ", "an "].iter().find_map(|article| bare.strip_prefix(article)).unwrap_or(bare).to_owned()
}

/// What a program prints, as it is compared: no spaces at the ends of lines, no empty lines around it.
pub(crate) fn output(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    lines.trim_matches('\n').lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The numbers that someone may have meant: `1,000` is a thousand or one, `25 %` is 25 or a quarter, `3/4` is 0.75.
pub(crate) fn numbers(text: &str) -> Vec<f64> {
    let text = words(text).replace(['_', '\u{a0}', '\u{202f}'], "").replace('−', "-");
    let end = text
        .char_indices()
        .find(|(_, character)| !character.is_ascii_digit() && !"+-.,/ e".contains(*character))
        .map_or(text.len(), |(at, _)| at);
    let (number, unit) = text.split_at(end);
    // `e` belongs to `1e5` and to no unit; a lone one at the end was the beginning of a word.
    let number = number.trim_end_matches(|character: char| character == 'e' || character.is_whitespace());
    // Groups of three may be set apart by spaces.
    let number = number.replace(' ', "");
    let mut found = Vec::new();
    let mut add = |text: &str| {
        let value = match text.split_once('/') {
            Some((above, below)) => above.parse::<f64>().ok().zip(below.parse::<f64>().ok()).map(|(a, b)| a / b),
            None => text.parse::<f64>().ok(),
        };
        found.extend(value.filter(|value| value.is_finite()));
    };
    if number.contains(',') {
        add(&number.replace(',', "."));
        add(&number.replace(',', ""));
    } else {
        add(&number);
    }
    if unit.trim_start().starts_with('%') {
        let shares: Vec<f64> = found.iter().map(|percent| percent / 100.0).collect();
        found.extend(shares);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_only_where_it_matters() {
        for same in ["The decoder", " decoder. ", "`Decoder`", "“decoder”", "a\tdecoder"] {
            assert_eq!(words(same), "decoder", "{same}");
        }
        assert_eq!(words("E0382"), "e0382");
        assert_eq!(words("anchor"), "anchor");
    }

    #[test]
    fn output_differs_only_where_it_matters() {
        assert_eq!(output("\n1 \r\n 2\n\n"), "1\n 2");
        assert_ne!(output("1 2"), output("12"));
    }

    #[test]
    fn numbers_in_many_spellings() {
        for (text, value) in [
            ("196", 196.0),
            ("196 patches", 196.0),
            ("1,000", 1000.0),
            ("0,25", 0.25),
            ("1 000 000", 1e6),
            ("25 %", 0.25),
            ("25%", 25.0),
            ("3/4", 0.75),
            ("−2.5", -2.5),
            ("1e3", 1000.0),
            ("269 MB", 269.0),
            ("3 elephants", 3.0),
        ] {
            assert!(numbers(text).iter().any(|number| (number - value).abs() < 1e-9), "{text}: {:?}", numbers(text));
        }
        for none in ["", "many", "e", "-", "1/0"] {
            assert!(numbers(none).is_empty(), "{none}: {:?}", numbers(none));
        }
    }
}
