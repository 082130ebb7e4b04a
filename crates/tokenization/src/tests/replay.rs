//! The same file's tokens by the plainest code there is: byte-level BPE as the papers describe it, merge by merge.

use std::collections::HashMap;
use std::sync::LazyLock;

use course_hub::{Gguf, resolve};
use proptest::prelude::*;

use super::SMOLLM2;

/// The rank of each merge, by its two parts, and the id of each token.
struct Plain {
    ranks: HashMap<(String, String), usize>,
    ids: HashMap<String, u32>,
}

static PLAIN: LazyLock<Plain> = LazyLock::new(|| {
    let repo = resolve("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap();
    let file = repo.file(&repo.first_with_extension("gguf").unwrap()).unwrap();
    let tokenizer = Gguf::open(file).unwrap().tokenizer().unwrap();
    let split =
        |merge: &String| merge.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned())).unwrap();
    Plain {
        ranks: tokenizer.merges.iter().map(split).zip(0..).collect(),
        ids: tokenizer.tokens.into_iter().zip(0..).collect(),
    }
});

/// GPT-2's letter for a byte: the byte itself where it prints, else the next letter from 256 on.
fn letter(byte: u8) -> char {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if prints(byte) {
        return char::from(byte);
    }
    let hidden_before = (0..byte).filter(|byte| !prints(*byte)).count() as u32;
    char::from_u32(256 + hidden_before).unwrap()
}

/// Merges the best-ranked neighbours of one word until none are left.
fn word_to_ids(word: &str) -> Vec<u32> {
    let mut parts = word.bytes().map(|byte| letter(byte).to_string()).collect::<Vec<_>>();
    loop {
        let ranked = parts.windows(2).enumerate().filter_map(|(place, pair)| {
            PLAIN.ranks.get(&(pair[0].clone(), pair[1].clone())).map(|rank| (*rank, place))
        });
        let Some((_, place)) = ranked.min() else { break };
        let right = parts.remove(place + 1);
        parts[place] += &right;
    }
    parts.iter().map(|part| PLAIN.ids[part]).collect()
}

proptest! {
    // Words of one script with the space in front: what GPT-2's pattern keeps together, so no pattern is needed here.
    #[test]
    fn one_word_gets_the_ids_of_the_plain_algorithm(word in " ?[a-zA-Z]{1,20}| ?[äöüßéèñçøå]{1,8}| ?[一-十]{1,5}| ?[а-я]{1,10}") {
        let encoding = SMOLLM2.encode(&word).unwrap();
        prop_assert_eq!(encoding.input_ids(), word_to_ids(&word));
    }

    #[test]
    fn digits_are_read_one_by_one(number in "[0-9]{1,12}") {
        let ids = number.chars().flat_map(|digit| word_to_ids(&digit.to_string())).collect::<Vec<_>>();
        let encoding = SMOLLM2.encode(&number).unwrap();
        prop_assert_eq!(encoding.input_ids(), ids);
    }
}
