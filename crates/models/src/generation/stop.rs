//! Stop strings: a text ends where one of them begins, although it may arrive in pieces.

/// Looks for stop strings in a text that arrives in pieces, and holds back what may be the start of one.
///
/// ```
/// use course_models::generation::StopStrings;
/// let mut stop = StopStrings::new(&["\nUser:".into()]);
/// assert_eq!(stop.push("Yes.\nUs"), ("Yes.".into(), None));
/// assert_eq!(stop.push("er: and"), ("".into(), Some("\nUser:".into())));
/// ```
#[derive(Debug, Clone)]
pub struct StopStrings {
    stops: Vec<String>,
    held: String,
}

impl StopStrings {
    /// Looks for any of these strings; none may be empty.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.to_vec(), held: String::new() }
    }

    /// Takes the next piece: the text that is certain to stay, and the stop string if one is complete.
    pub fn push(&mut self, piece: &str) -> (String, Option<String>) {
        self.held.push_str(piece);
        let found = self.stops.iter().filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)));
        if let Some((start, stop)) = found.min_by_key(|(start, _)| *start) {
            let stop = stop.clone();
            self.held.truncate(start);
            return (std::mem::take(&mut self.held), Some(stop));
        }
        let start_of_one = |from: &usize| self.stops.iter().any(|stop| stop.starts_with(&self.held[*from..]));
        let mut places = self.held.char_indices().map(|(place, _)| place);
        let certain = places.find(start_of_one).unwrap_or(self.held.len());
        let rest = self.held.split_off(certain);
        (std::mem::replace(&mut self.held, rest), None)
    }

    /// What is held back when no more comes.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_stop_where_the_whole_text_would(pieces in prop::collection::vec("[abü]{0,4}", 0..12), stops in prop::collection::vec("[abü]{1,4}", 0..3)) {
            let whole = pieces.concat();
            let mut stop = StopStrings::new(&stops);
            let mut text = String::new();
            let mut found = None;
            for piece in &pieces {
                let (certain, stopped) = stop.push(piece);
                text += &certain;
                found = stopped;
                if found.is_some() {
                    break;
                }
            }
            if found.is_none() {
                text += &stop.finish();
            }
            let mut until_found = String::new();
            let first = pieces.iter().find_map(|piece| {
                until_found += piece;
                stops.iter().filter_map(|stop| until_found.find(stop.as_str())).min()
            });
            prop_assert_eq!(found.is_some(), first.is_some());
            prop_assert_eq!(text, &whole[..first.unwrap_or(whole.len())]);
        }
    }
}
