//! Porter's stemmer: English words without their endings.
//!
//! "connected", "connecting" and "connection" all become "connect". Porter, "An algorithm for suffix stripping" (1980), with NLTK's additions,
//! which rouge_score and NLTK's METEOR go by.
//!
//! A word is a sequence of consonants (c) and vowels (v), `y` being a vowel after a consonant. Its *measure* is how often a vowel is followed by
//! a consonant, about the number of its syllables: 0 for "tree", 1 for "trouble", 2 for "troubles". Most endings go only if enough is left.

/// The stem of a word, in small letters.
///
/// ```
/// use course_evaluation::text::stem;
///
/// assert_eq!(["Relational", "hopping", "flies", "was"].map(stem), ["relat", "hop", "fli", "wa"]);
/// ```
pub fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.chars().count() <= 2 {
        return word;
    }
    let steps = [plurals, past_forms, final_y, double_endings, single_endings, last_endings, final_e, final_ll];
    steps.iter().fold(word, |word, step| step(&word))
}

const IRREGULAR: &[(&str, &str)] = &[
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Which letters are consonants.
fn consonants(word: &str) -> Vec<bool> {
    let mut flags: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word.chars() {
        flags.push(match letter {
            'a' | 'e' | 'i' | 'o' | 'u' => false,
            'y' => flags.last().is_none_or(|before| !before),
            _ => true,
        });
    }
    flags
}

/// How often a vowel is followed by a consonant.
fn measure(word: &str) -> usize {
    consonants(word).windows(2).filter(|pair| pair == &[false, true]).count()
}

fn has_vowel(word: &str) -> bool {
    consonants(word).contains(&false)
}

/// Whether the last two letters are the same consonant.
fn ends_double(word: &str) -> bool {
    let mut letters = word.chars().rev();
    matches!((letters.next(), letters.next()), (Some(last), Some(before)) if last == before)
        && consonants(word).last() == Some(&true)
}

/// Whether it ends consonant, vowel, consonant, the last of which is not w, x or y; or is a vowel and a consonant.
fn ends_short(word: &str) -> bool {
    match consonants(word).as_slice() {
        [.., true, false, true] => !word.ends_with(['w', 'x', 'y']),
        flags => flags == [false, true],
    }
}

/// The word with the first ending of the list that it has replaced, if what is left allows it.
fn replaced(word: &str, endings: &[(&str, &str)], allows: impl Fn(&str) -> bool) -> String {
    for (ending, replacement) in endings {
        if let Some(rest) = word.strip_suffix(ending) {
            return if allows(rest) { format!("{rest}{replacement}") } else { word.to_owned() };
        }
    }
    word.to_owned()
}

/// Step 1a: caresses, ponies, cats.
fn plurals(word: &str) -> String {
    if word.len() == 4 && word.ends_with("ies") {
        return replaced(word, &[("ies", "ie")], |_| true);
    }
    replaced(word, &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], |_| true)
}

/// Step 1b: agreed, plastered, motoring.
fn past_forms(word: &str) -> String {
    if word.ends_with("ied") {
        return replaced(word, &[("ied", if word.len() == 4 { "ie" } else { "i" })], |_| true);
    }
    if word.ends_with("eed") {
        return replaced(word, &[("eed", "ee")], |rest| measure(rest) > 0);
    }
    let rest = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing"));
    let Some(rest) = rest.filter(|rest| has_vowel(rest)) else { return word.to_owned() };
    // Mend what the ending has taken along: conflat(ed), troubl(ed), siz(ed), hopp(ing), fil(ing).
    if rest.ends_with("at") || rest.ends_with("bl") || rest.ends_with("iz") {
        return format!("{rest}e");
    }
    if ends_double(rest) {
        let keeps = rest.ends_with(['l', 's', 'z']);
        let mut letters = rest.chars();
        if !keeps {
            letters.next_back();
        }
        return letters.collect();
    }
    if measure(rest) == 1 && ends_short(rest) { format!("{rest}e") } else { rest.to_owned() }
}

/// Step 1c: happy.
fn final_y(word: &str) -> String {
    replaced(word, &[("y", "i")], |rest| rest.chars().count() > 1 && consonants(rest).last() == Some(&true))
}

/// Step 2: relational, digitizer, hopefulness.
fn double_endings(word: &str) -> String {
    const ENDINGS: &[(&str, &str)] = &[
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
    ];
    if let Some(rest) = word.strip_suffix("alli").filter(|rest| measure(rest) > 0) {
        return double_endings(&format!("{rest}al"));
    }
    if word.ends_with("logi") {
        // The l counts as part of what is left: "geologi" becomes "geolog".
        return replaced(word, &[("ogi", "og")], |rest| measure(rest) > 0);
    }
    replaced(word, ENDINGS, |rest| measure(rest) > 0)
}

/// Step 3: triplicate, formative, goodness.
fn single_endings(word: &str) -> String {
    const ENDINGS: &[(&str, &str)] =
        &[("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];
    replaced(word, ENDINGS, |rest| measure(rest) > 0)
}

/// Step 4: revival, allowance, adoption.
fn last_endings(word: &str) -> String {
    const BEFORE_ION: &[&str] = &["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"];
    const AFTER_ION: &[&str] = &["ou", "ism", "ate", "iti", "ous", "ive", "ize"];
    for ending in BEFORE_ION.iter().chain(&["ion"]).chain(AFTER_ION) {
        if let Some(rest) = word.strip_suffix(ending) {
            let allows = measure(rest) > 1 && (*ending != "ion" || rest.ends_with(['s', 't']));
            return if allows { rest.to_owned() } else { word.to_owned() };
        }
    }
    word.to_owned()
}

/// Step 5a: probate, cease; but not rate.
fn final_e(word: &str) -> String {
    replaced(word, &[("e", "")], |rest| measure(rest) > 1 || measure(rest) == 1 && !ends_short(rest))
}

/// Step 5b: controll.
fn final_ll(word: &str) -> String {
    let shorter = word.strip_suffix('l').filter(|shorter| shorter.ends_with('l') && measure(shorter) > 1);
    shorter.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples in Porter's paper, stemmed to their end by NLTK 3.10.4.
    #[test]
    fn words_of_the_paper() {
        let pairs = "caresses caress, ponies poni, ties tie, caress caress, cats cat, feed feed, agreed agre, plastered plaster, bled bled, \
                     motoring motor, sing sing, conflated conflat, troubled troubl, sized size, hopping hop, tanned tan, falling fall, \
                     hissing hiss, fizzed fizz, failing fail, filing file, happy happi, sky sky, relational relat, conditional condit, \
                     rational ration, digitizer digit, radically radic, vietnamization vietnam, operator oper, feudalism feudal, \
                     decisiveness decis, hopefulness hope, formality formal, sensibility sensibl, triplicate triplic, formative form, \
                     electrical electr, goodness good, revival reviv, allowance allow, adjustment adjust, adoption adopt, probate probat, \
                     rate rate, cease ceas, controlling control, roll roll, geology geolog, enjoy enjoy, spied spi, died die, flies fli";
        for pair in pairs.split(", ") {
            let (word, expected) = pair.split_once(' ').unwrap();
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn a_word_has_a_measure() {
        assert_eq!(["tree", "by", "trouble", "ivy", "troubles", "oaten"].map(measure), [0, 0, 1, 1, 2, 2]);
        assert_eq!(stem("naïveté"), "naïveté");
    }
}
