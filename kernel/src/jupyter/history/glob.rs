//! The patterns of a history search, which are those of SQLite's GLOB: `*`, `?`, `[a-z]`, `[^a]`.

/// Whether the whole of `text` matches. Takes time proportional to the product of the lengths at worst.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern = parse(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut token) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(&character) = text.get(at) {
        match pattern.get(token) {
            Some(Token::Any) => {
                star = Some((token, at));
                token += 1;
            }
            Some(other) if other.takes(character) => {
                at += 1;
                token += 1;
            }
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    (token, at) = (*after + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(token..).unwrap_or_default().iter().all(|token| matches!(token, Token::Any))
}

enum Token {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[…]`
    Class {
        inverted: bool,
        ranges: Vec<(char, char)>,
    },
    Character(char),
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Class { inverted, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *inverted
            }
            Self::Character(own) => *own == character,
        }
    }
}

fn parse(pattern: &str) -> Vec<Token> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        at += 1;
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => match class(&characters[at..]) {
                Some((class, length)) => {
                    at += length;
                    class
                }
                // Never closed, so it means itself.
                None => Token::Character('['),
            },
            other => Token::Character(other),
        });
    }
    tokens
}

/// The class that begins behind a `[`, and its length with the `]`.
fn class(characters: &[char]) -> Option<(Token, usize)> {
    let inverted = characters.first() == Some(&'^');
    let first = usize::from(inverted);
    // A `]` in first place means itself.
    let close = first + 1 + characters.get(first + 1..)?.iter().position(|&c| c == ']')?;
    let mut ranges = Vec::new();
    let mut at = first;
    while at < close {
        let from = characters[at];
        if characters.get(at + 1) == Some(&'-') && at + 2 < close {
            ranges.push((from, characters[at + 2]));
            at += 3;
        } else {
            ranges.push((from, from));
            at += 1;
        }
    }
    Some((Token::Class { inverted, ranges }, close + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_sqlite() {
        for (pattern, text, expected) in [
            ("let*", "let x = 1;", true),
            ("let", "let x", false),
            ("*x*", "let x = 1;", true),
            ("*a*b", "aaabcb", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?", "é", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[^]]", "]", false),
            ("[-a]", "-", true),
            ("[a", "[a", true),
            ("v[[]0]", "v[0]", true),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("LET*", "let x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn text_matches_itself_between_stars(before in ".{0,8}", text in "[a-z(){};= ]{0,20}", after in ".{0,8}") {
            let whole = format!("{before}{text}{after}");
            let pattern = format!("*{text}*");
            prop_assert!(matches(&pattern, &whole));
        }

        #[test]
        fn no_pattern_fails(pattern in "[]\\[*?^a-c-]{0,12}", text in "[]\\[*?^a-c-]{0,12}") {
            matches(&pattern, &text);
        }
    }
}
