//! Cutting a text into words before a tokenizer looks at them: chapter 6, sections 4 and 8.
//!
//! | function | of | `"Hello, how are  you?"` becomes |
//! |---|---|---|
//! | [`whitespace_split`] | | `Hello,` `how` `are` `you?` |
//! | [`whitespace`] | | `Hello` `,` `how` `are` `you` `?` |
//! | [`bert`] | BERT | `Hello` `,` `how` `are` `you` `?` |
//! | [`byte_level`] | GPT-2, SmolLM2 | `Hello` `,` `Ġhow` `Ġare` `Ġ` `Ġyou` `?` |
//! | [`metaspace`] | XLNet | `▁Hello,` `▁how` `▁are` `▁` `▁you?` |
//! | [`t5`] | T5 | `▁Hello,` `▁how` `▁are` `▁you?` |
//!
//! They agree with the `tokenizers` library on Latin, Greek, Cyrillic and East Asian writing. The library knows the exact
//! Unicode category of every character, `std` only whether it is alphabetic or numeric, and that differs for the vowel signs of
//! Indic scripts and for rare punctuation.

use std::fmt;

use serde::Serialize;

/// A piece of a text, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreToken {
    /// The piece, as the tokenizer gets it.
    pub text: String,
    /// Where it starts in the text, in characters.
    pub start: usize,
    /// Where it ends, in characters.
    pub end: usize,
}

/// As Python shows it: `('Hello', (0, 5))`.
impl fmt::Display for PreToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "('{}', ({}, {}))", self.text, self.start, self.end)
    }
}

/// Cuts at white space, which is dropped.
pub fn whitespace_split(text: &str) -> Vec<PreToken> {
    cut(text, |rest| match rest {
        [first, ..] if first.is_whitespace() => Cut::Drop(1),
        _ => Cut::Keep(run(rest, |character| !character.is_whitespace())),
    })
}

/// Cuts at white space, which is dropped, and between letters and signs: `what?!` is `what` and `?!`.
pub fn whitespace(text: &str) -> Vec<PreToken> {
    let of_a_word = |character: char| character.is_alphanumeric() || character == '_';
    cut(text, |rest| match rest {
        [first, ..] if first.is_whitespace() => Cut::Drop(1),
        [first, ..] if of_a_word(*first) => Cut::Keep(run(rest, of_a_word)),
        _ => Cut::Keep(run(rest, |character| !character.is_whitespace() && !of_a_word(character))),
    })
}

/// Cuts at white space, which is dropped, and around every punctuation mark: `what?!` is `what`, `?` and `!`.
pub fn bert(text: &str) -> Vec<PreToken> {
    cut(text, |rest| match rest {
        [first, ..] if first.is_whitespace() => Cut::Drop(1),
        [first, ..] if is_punctuation(*first) => Cut::Keep(1),
        _ => Cut::Keep(run(rest, |character| !character.is_whitespace() && !is_punctuation(character))),
    })
}

/// Cuts as GPT-2 does, and writes every byte as a character one can see.
///
/// A word takes the space before it along, as `Ġ`. Of several spaces, only the last belongs to the word; letters, digits and
/// signs are kept apart, and `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` are pieces of their own. A character outside ASCII is
/// several bytes, so it becomes several characters: `é` is `Ã©`. Nothing is lost: [`byte_level_decode`] gives the text back.
pub fn byte_level(text: &str) -> Vec<PreToken> {
    let is_letter = |character: char| character.is_alphabetic() && !character.is_numeric();
    let is_sign = |character: char| !character.is_whitespace() && !is_letter(character) && !character.is_numeric();
    let mut pieces = cut(text, |rest| {
        for contraction in ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"] {
            if rest.iter().copied().take(contraction.len()).eq(contraction.chars()) {
                return Cut::Keep(contraction.len());
            }
        }
        let space = usize::from(rest.first() == Some(&' '));
        for length in
            [run(&rest[space..], is_letter), run(&rest[space..], char::is_numeric), run(&rest[space..], is_sign)]
        {
            if length > 0 {
                return Cut::Keep(space + length);
            }
        }
        let spaces = run(rest, char::is_whitespace);
        Cut::Keep(if spaces == rest.len() { spaces } else { (spaces - 1).max(1) })
    });
    for piece in &mut pieces {
        piece.text = piece.text.bytes().map(visible_byte).collect();
    }
    pieces
}

/// Cuts before every space, which becomes `▁`; the text begins with one too.
pub fn metaspace(text: &str) -> Vec<PreToken> {
    let mut pieces = cut(text, |rest| Cut::Keep(1 + run(&rest[1..], |character| character != ' ' && character != '▁')));
    for piece in &mut pieces {
        piece.text = piece.text.replace(' ', "▁");
    }
    match pieces.first_mut() {
        Some(first) if !first.text.starts_with('▁') => first.text.insert(0, '▁'),
        _ => {}
    }
    pieces
}

/// Cuts at white space, however much there is, and writes `▁` before each word.
pub fn t5(text: &str) -> Vec<PreToken> {
    let mut pieces = whitespace_split(text);
    for piece in &mut pieces {
        piece.text.insert(0, '▁');
    }
    pieces
}

/// The text whose bytes [`byte_level`] wrote as characters. Bytes that are not UTF-8, since a token may end within a
/// character, become `�`.
///
/// ```
/// use course_tokenization::from_scratch::byte_level_decode;
/// assert_eq!(byte_level_decode(&["ĠcafÃ", "©"]), " café");
/// ```
pub fn byte_level_decode<T: AsRef<str>>(tokens: &[T]) -> String {
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.as_ref().chars().filter_map(byte_of)).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text whose spaces [`metaspace`] or [`t5`] wrote as `▁`.
///
/// ```
/// use course_tokenization::from_scratch::metaspace_decode;
/// assert_eq!(metaspace_decode(&["▁This", "▁is", "▁to", "ken"]), "This is token");
/// ```
pub fn metaspace_decode<T: AsRef<str>>(tokens: &[T]) -> String {
    let text: String = tokens.iter().map(|token| token.as_ref().replace('▁', " ")).collect();
    text.strip_prefix(' ').unwrap_or(&text).to_owned()
}

/// What becomes of the next characters: how many are a piece, or how many are dropped.
enum Cut {
    Keep(usize),
    Drop(usize),
}

/// Cuts a text from left to right: `next` is asked about the characters that are left, until there are none.
fn cut(text: &str, next: impl Fn(&[char]) -> Cut) -> Vec<PreToken> {
    let characters: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        match next(&characters[start..]) {
            Cut::Drop(length) => start += length,
            Cut::Keep(length) => {
                let end = start + length;
                pieces.push(PreToken { text: characters[start..end].iter().collect(), start, end });
                start = end;
            }
        }
    }
    pieces
}

/// How many of the first characters are of a kind.
fn run(characters: &[char], of_the_kind: impl Fn(char) -> bool) -> usize {
    characters.iter().take_while(|&&character| of_the_kind(character)).count()
}

/// Punctuation and the signs of ASCII; of other writing, what is common.
fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        || matches!(character, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}'
            | '\u{2030}'..='\u{2043}' | '\u{2045}'..='\u{2051}' | '\u{2053}'..='\u{205e}' | '\u{3001}'..='\u{3003}'
            | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '・' | '！' | '（' | '）' | '，' | '．' | '：' | '；' | '？')
}

/// A byte as a character one can see: itself where it has a shape, else one from U+0100 on (a space is `Ġ`).
fn visible_byte(byte: u8) -> char {
    let beyond = |number: u8| char::from_u32(256 + u32::from(number)).unwrap_or('\u{fffd}');
    match byte {
        0..=0x20 => beyond(byte),
        0x7f..=0xa0 => beyond(byte - 0x7f + 0x21),
        0xad => beyond(0x43),
        _ => char::from(byte),
    }
}

/// The byte that a character stands for; `None` if it stands for none.
fn byte_of(character: char) -> Option<u8> {
    (0..=255).find(|&byte| visible_byte(byte) == character)
}
