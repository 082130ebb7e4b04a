//! Small clean-ups of a text before it is cut: chapter 6, sections 4 and 8.

use tokenizers::NormalizedString;

/// The text in small letters.
///
/// ```
/// assert_eq!(course_tokenization::from_scratch::lowercase("HÉLLÒ"), "héllò");
/// ```
pub fn lowercase(text: &str) -> String {
    text.to_lowercase()
}

/// The text without accents: `é` becomes `e`.
///
/// Unicode can write `é` as one character, or as `e` followed by a mark that stands above it. The first form is taken apart
/// into the second (that is "NFD", the canonical decomposition), then the marks are dropped. Only the marks of Latin, Greek and
/// Cyrillic writing are: those of other scripts, such as the vowels of Devanagari, are more than an accent.
///
/// ```
/// assert_eq!(course_tokenization::from_scratch::strip_accents("Héllò hôw are ü?"), "Hello how are u?");
/// ```
pub fn strip_accents(text: &str) -> String {
    let mut decomposed = NormalizedString::from(text);
    decomposed.nfd();
    decomposed.get().chars().filter(|&character| !is_accent(character)).collect()
}

/// Whether a character is one of Unicode's "combining diacritical marks".
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The text without control characters, and with a plain space for every other white space.
///
/// U+0085, "next line", is both: BERT takes it for a control character and drops it.
///
/// ```
/// assert_eq!(course_tokenization::from_scratch::clean_text("a\u{7}\u{85}b\tc\u{a0}d\u{fffd}"), "ab c d");
/// ```
pub fn clean_text(text: &str) -> String {
    let keep = |character: &char| {
        matches!(character, '\t' | '\n' | '\r') || !(character.is_control() || is_format(*character))
    };
    let space = |character: char| if character.is_whitespace() { ' ' } else { character };
    text.chars().filter(keep).map(space).collect()
}

/// Characters that only say how others are laid out, and the one that stands for what could not be read.
fn is_format(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
}

/// The text with one space where there were several, as XLNet has it.
///
/// ```
/// assert_eq!(course_tokenization::from_scratch::squeeze_spaces("a   b c"), "a b c");
/// ```
pub fn squeeze_spaces(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    for character in text.chars() {
        if character != ' ' || !squeezed.ends_with(' ') {
            squeezed.push(character);
        }
    }
    squeezed
}

/// The text with `"` for two backticks or two apostrophes, the quotation marks of old corpora, as XLNet has it.
///
/// ```
/// assert_eq!(course_tokenization::from_scratch::straight_quotes("``so'' he said"), "\"so\" he said");
/// ```
pub fn straight_quotes(text: &str) -> String {
    text.replace("``", "\"").replace("''", "\"")
}

/// What the uncased BERT does to a text: clean up, spaces around Chinese characters, no accents, small letters.
///
/// ```
/// use course_tokenization::from_scratch::bert_normalize;
/// assert_eq!(bert_normalize("Héllò hôw are ü?"), "hello how are u?");
/// assert_eq!(bert_normalize("東京"), " 東  京 ");
/// ```
pub fn bert_normalize(text: &str) -> String {
    lowercase(&strip_accents(&space_chinese(&clean_text(text))))
}

/// Chinese is written without spaces; BERT takes every character for a word.
fn space_chinese(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2ceaf}'
            | '\u{2f800}'..='\u{2fa1f}' => spaced.extend([' ', character, ' ']),
            other => spaced.push(other),
        }
    }
    spaced
}
