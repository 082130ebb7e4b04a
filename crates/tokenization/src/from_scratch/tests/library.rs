//! Beside the `tokenizers` library, which decides ties by ids, and trains WordPiece as byte-pair encoding.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use tokenizers::models::bpe::{BPE, BpeTrainer as LibraryTrainer};
use tokenizers::models::wordpiece::{WordPiece as LibraryWordPiece, WordPieceTrainer as LibraryWordPieceTrainer};
use tokenizers::{AddedToken, Model, Trainer};

use super::super::{Bpe, BpeTrainer, Ties, WordCounts, WordPiece, byte_level};
use super::{bert_words, gpt2_words};

fn feed(trainer: &mut impl Trainer, words: &WordCounts) {
    let items: Vec<String> = words.iter().map(|(word, count)| format!("{word}\0").repeat(count)).collect();
    let split = |item: &str| Ok(item.split('\0').filter(|word| !word.is_empty()).map(String::from).collect());
    trainer.feed(items.iter(), split).unwrap();
}

fn library_bpe(words: &WordCounts, size: usize) -> BPE {
    let special = vec![AddedToken::from("<|endoftext|>", true)];
    let mut trainer = LibraryTrainer::builder().vocab_size(size).show_progress(false).special_tokens(special).build();
    feed(&mut trainer, words);
    let mut model = BPE::default();
    trainer.train(&mut model).unwrap();
    model
}

fn ours(words: &WordCounts, size: usize) -> Bpe {
    BpeTrainer::new(size).special_tokens(["<|endoftext|>"]).ties(Ties::SmallestIds).train_fast(words).unwrap()
}

fn ids(vocabulary: &[String]) -> HashMap<String, u32> {
    vocabulary.iter().cloned().zip(0..).collect()
}

#[test]
fn the_library_learns_another_vocabulary_since_it_decides_ties_by_ids() {
    let model = library_bpe(&gpt2_words(), 50);
    let mut vocabulary: Vec<(String, u32)> = model.get_vocab().into_iter().collect();
    vocabulary.sort_by_key(|(_, id)| *id);
    let last: Vec<&str> = vocabulary[31..].iter().map(|(token, _)| token.as_str()).collect();
    assert_eq!(last.join(" "), "Ġt er is Ġa en Ġto Th ken nd ou se Ġtoken This at he ho in io iz");
    let bpe = ours(&gpt2_words(), 50);
    assert_eq!(ids(bpe.vocabulary()), model.get_vocab().into_iter().collect::<HashMap<_, _>>());
    assert_eq!(bpe.tokenize("This is not a token.", byte_level).join(" "), "This Ġ is Ġ n o t Ġa Ġtoken .");
}

#[test]
fn the_library_trains_word_piece_as_byte_pair_encoding() {
    let special = vec![AddedToken::from("[UNK]", true)];
    let mut trainer =
        LibraryWordPieceTrainer::builder().vocab_size(70).show_progress(false).special_tokens(special).build();
    feed(&mut trainer, &bert_words());
    let mut model = LibraryWordPiece::default();
    trainer.train(&mut model).unwrap();
    let theirs: BTreeSet<String> = model.get_vocab().into_keys().collect();
    let ours = WordPiece::train(bert_words(), 70).unwrap();
    let short = |tokens: BTreeSet<String>| -> BTreeSet<String> {
        tokens
            .into_iter()
            .filter(|token| token.trim_start_matches("##").chars().count() == 1 && token.starts_with("##"))
            .collect()
    };
    assert_eq!(short(theirs.clone()), short(ours.vocabulary().iter().cloned().collect()));
    // Frequent pairs, which WordPiece's score passes over.
    assert!(["is", "to", "##en"].iter().all(|token| theirs.contains(*token)), "{theirs:?}");
    assert!(["##en", "##er"].iter().all(|token| !ours.vocabulary().contains(&(*token).to_owned())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Without letters that stand twice in a row: there the library counts pairs that overlap otherwise.
    #[test]
    fn the_library_learns_and_cuts_the_same(
        words in prop::collection::vec(("(a|b|c|d|e|f)(gh|i|j|kl)?(ab|cd|e)?(m|n|op)?", 1_usize..9), 1..14),
        size in 0_usize..40, others in prop::collection::vec("(a|b|c)(gh|i)?(ab|cd)?(m|op)?", 8)
    ) {
        let words: WordCounts = words.into_iter().collect();
        let (bpe, model) = (ours(&words, size), library_bpe(&words, size));
        prop_assert_eq!(ids(bpe.vocabulary()), model.get_vocab().into_iter().collect::<HashMap<_, _>>());
        let fast = bpe.fast();
        for word in words.iter().map(|(word, _)| word).chain(&others) {
            let known = word.chars().all(|character| bpe.vocabulary().contains(&character.to_string()));
            if known && !word.is_empty() {
                let theirs: Vec<String> = model.tokenize(word).unwrap().into_iter().map(|token| token.value).collect();
                prop_assert_eq!(fast.encode_word(word), theirs);
            }
        }
    }
}
