//! HTML's codes for characters, turned back.

/// The names that turn up in texts, with what they stand for.
const NAMES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("iexcl", "¡"),
    ("cent", "¢"),
    ("pound", "£"),
    ("yen", "¥"),
    ("sect", "§"),
    ("copy", "©"),
    ("laquo", "«"),
    ("reg", "®"),
    ("deg", "°"),
    ("plusmn", "±"),
    ("micro", "µ"),
    ("para", "¶"),
    ("middot", "·"),
    ("raquo", "»"),
    ("frac14", "¼"),
    ("frac12", "½"),
    ("frac34", "¾"),
    ("iquest", "¿"),
    ("Agrave", "À"),
    ("Aacute", "Á"),
    ("Acirc", "Â"),
    ("Atilde", "Ã"),
    ("Auml", "Ä"),
    ("Aring", "Å"),
    ("AElig", "Æ"),
    ("Ccedil", "Ç"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("Ecirc", "Ê"),
    ("Euml", "Ë"),
    ("Igrave", "Ì"),
    ("Iacute", "Í"),
    ("Icirc", "Î"),
    ("Iuml", "Ï"),
    ("Ntilde", "Ñ"),
    ("Ograve", "Ò"),
    ("Oacute", "Ó"),
    ("Ocirc", "Ô"),
    ("Otilde", "Õ"),
    ("Ouml", "Ö"),
    ("times", "×"),
    ("Oslash", "Ø"),
    ("Ugrave", "Ù"),
    ("Uacute", "Ú"),
    ("Ucirc", "Û"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("atilde", "ã"),
    ("auml", "ä"),
    ("aring", "å"),
    ("aelig", "æ"),
    ("ccedil", "ç"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("igrave", "ì"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("iuml", "ï"),
    ("ntilde", "ñ"),
    ("ograve", "ò"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("otilde", "õ"),
    ("ouml", "ö"),
    ("divide", "÷"),
    ("oslash", "ø"),
    ("ugrave", "ù"),
    ("uacute", "ú"),
    ("ucirc", "û"),
    ("uuml", "ü"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("bull", "•"),
    ("hellip", "…"),
    ("prime", "′"),
    ("Prime", "″"),
    ("euro", "€"),
    ("trade", "™"),
    ("larr", "←"),
    ("uarr", "↑"),
    ("rarr", "→"),
    ("darr", "↓"),
    ("minus", "−"),
    ("infin", "∞"),
    ("ne", "≠"),
    ("le", "≤"),
    ("ge", "≥"),
    ("hearts", "♥"),
];

/// What browsers read for the numbers 128 to 159, which stand for nothing in Unicode.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Turns HTML's codes back into the characters they stand for: `&#039;` and `&#x27;` into `'`, `&amp;` into `&`.
///
/// What is no code stays as it is. Of the 2,231 names of HTML 5 it knows those of the Latin letters and the common signs, and of
/// them those that end in a semicolon.
///
/// ```
/// # use course_datasets::samples::unescape_html;
/// assert_eq!(unescape_html("I&#039;m a transformer called BERT"), "I'm a transformer called BERT");
/// ```
pub fn unescape_html(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        match number(after).or_else(|| name(after)) {
            Some((character, read)) => {
                plain.push_str(&character);
                rest = after.get(read..).unwrap_or("");
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain + rest
}

/// A code by number, without its `&`: what it stands for, and how many bytes it has.
fn number(text: &str) -> Option<(String, usize)> {
    let digits = text.strip_prefix('#')?;
    let (digits, radix, mark) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 2),
        None => (digits, 10, 1),
    };
    let count = digits.bytes().take_while(|byte| (*byte as char).is_digit(radix)).count();
    let value = digits.get(..count).filter(|digits| !digits.is_empty())?;
    // More digits than a number can have are too large for Unicode as well.
    let value = u32::from_str_radix(value, radix).unwrap_or(u32::MAX);
    let character = match value {
        128..=159 => WINDOWS.get(value as usize - 128).copied().unwrap_or('\u{fffd}'),
        0 => '\u{fffd}',
        _ => char::from_u32(value).unwrap_or('\u{fffd}'),
    };
    let end = usize::from(digits.get(count..).is_some_and(|rest| rest.starts_with(';')));
    Some((character.to_string(), mark + count + end))
}

fn name(text: &str) -> Option<(String, usize)> {
    let (name, _) = text.split_once(';')?;
    let (_, character) = NAMES.iter().find(|(known, _)| *known == name)?;
    Some(((*character).to_owned(), name.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Python: html.unescape(…) of each.
    #[test]
    fn codes_become_what_python_makes_of_them() {
        for (coded, plain) in [
            ("I&#039;m a transformer called BERT", "I'm a transformer called BERT"),
            ("&quot;5 &lt; 6 &amp;&amp; 7 &gt; 6&quot;", "\"5 < 6 && 7 > 6\""),
            ("&#x27;&#X27;&#39", "'''"),
            ("caf&eacute; &#128512; &hellip;", "café 😀 …"),
            ("&#150; &#0; &#1114112; &#99999999999;", "– \u{fffd} \u{fffd} \u{fffd}"),
            ("AT&T, &;, &#;, &#x;, &unknown; and &", "AT&T, &;, &#;, &#x;, &unknown; and &"),
            ("&amp;#039;", "&#039;"),
            ("", ""),
        ] {
            assert_eq!(unescape_html(coded), plain, "{coded}");
        }
    }
}
