//! Stop strings: the text ends where the first of them begins.
//!
//! Three things end a text: an end token, which the model chooses itself; a length, which we choose; and stop strings. A
//! string may be spread over tokens (`"\n\n"` can be one token or two), so it is looked for in the text, not in the ids.

/// The part of `text` before the first stop string in it; all of it when there is none.
///
/// ```
/// use course_models::from_scratch::stop_at;
///
/// assert_eq!(stop_at("Paris.\nUser: and Rome?", &["User:", "\n"]), "Paris.");
/// assert_eq!(stop_at("Paris.", &["\n"]), "Paris.");
/// ```
pub fn stop_at<'a>(text: &'a str, stops: &[&str]) -> &'a str {
    let first = stops.iter().filter_map(|stop| text.find(stop)).min();
    &text[..first.unwrap_or(text.len())]
}
