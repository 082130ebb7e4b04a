//! How two texts differ: the first character, or the first line.

/// "it ends after …", "character 3 is “b” and should be “c”", "line 2 is … and should be …".
pub(super) fn difference(got: &str, expected: &str) -> String {
    let mut lines = got.lines().zip(expected.lines()).enumerate();
    let many = got.lines().count().max(expected.lines().count()) > 1;
    if many && let Some((number, (got, expected))) = lines.find(|(_, (got, expected))| got != expected) {
        return format!("in line {}, {}", number + 1, in_line(got, expected));
    }
    in_line(got, expected)
}

fn in_line(got: &str, expected: &str) -> String {
    let same = got.chars().zip(expected.chars()).take_while(|(got, expected)| got == expected).count();
    let rest = |text: &str| text.chars().skip(same).collect::<String>();
    let (more, missing) = (rest(got), rest(expected));
    match (more.is_empty(), missing.is_empty()) {
        (true, true) => "the texts differ in a character that cannot be seen".to_owned(),
        (true, false) => format!("it ends after {}; {} is missing", count(same, "character"), quoted(&missing)),
        (false, true) => format!("it goes on after character {same} with {}, where it should end", quoted(&more)),
        (false, false) => {
            let (is, should) = (word(&more), word(&missing));
            format!("character {} is {} and should be {}", same + 1, quoted(is), quoted(should))
        }
    }
}

/// What a difference begins with: up to the end of the word, if that is not far.
fn word(text: &str) -> &str {
    let end = text.char_indices().skip(1).find(|(_, letter)| letter.is_whitespace()).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(30).map(visible).collect();
    let more = if text.chars().count() > 30 { "…" } else { "" };
    format!("“{shown}{more}”")
}

/// Characters that look like nothing.
fn visible(letter: char) -> char {
    match letter {
        '\n' => '⏎',
        '\t' => '⇥',
        '\u{a0}' => '⍽',
        letter => letter,
    }
}

/// "1 element", "3 elements".
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_or_line_is_told() {
        assert_eq!(difference("hello world", "hello wörld"), "character 8 is “orld” and should be “örld”");
        assert_eq!(difference("one two", "one too many"), "character 6 is “wo” and should be “oo”");
        assert_eq!(difference("hel", "hello"), "it ends after 3 characters; “lo” is missing");
        assert_eq!(difference("hello\n", "hello"), "it goes on after character 5 with “⏎”, where it should end");
        assert_eq!(difference("a\nb\nc", "a\nB\nc"), "in line 2, character 1 is “b” and should be “B”");
        assert_eq!(difference("", "x"), "it ends after 0 characters; “x” is missing");
    }
}
