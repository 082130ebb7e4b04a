//! Greetings in a few languages: the crate that the tour adds to its notebook.

/// A greeting for `name`; in English where the language is not known.
///
/// ```
/// assert_eq!(greetings::greet("ms", "Ada"), "Selamat pagi, Ada!");
/// ```
pub fn greet(language: &str, name: &str) -> String {
    let words = match language {
        "de" => "Guten Morgen",
        "es" => "Buenos días",
        "ms" => "Selamat pagi",
        _ => "Good morning",
    };
    format!("{words}, {name}!")
}
