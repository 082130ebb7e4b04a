use super::super::{Bpe, BpeTrainer, byte_level, characters, count_pairs, merge_pair};
use super::{FIVE, gpt2_words};

fn trained() -> Bpe {
    BpeTrainer::new(50).special_tokens(["<|endoftext|>"]).train(gpt2_words()).unwrap()
}

#[test]
fn five_words_by_hand() {
    let bpe = Bpe::train(FIVE, 10).unwrap();
    assert_eq!(bpe.vocabulary(), ["b", "g", "h", "n", "p", "s", "u", "ug", "un", "hug"]);
    let counts: Vec<usize> = bpe.steps().iter().map(|step| step.count).collect();
    assert_eq!(counts, [20, 16, 15]);
    // What is left after the three merges, and the next one.
    let mut splits = characters(FIVE);
    for merge in bpe.merges() {
        merge_pair(&mut splits, &merge.left, &merge.right);
    }
    let left: Vec<String> = splits.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["hug (10×)", "p ug (5×)", "p un (12×)", "b un (4×)", "hug s (5×)"]);
    assert_eq!(count_pairs(&splits).most_frequent(), Some((&("p".to_owned(), "un".to_owned()), 12)));
}

#[test]
fn unknown_characters_by_hand() {
    let bpe = BpeTrainer::new(10).unknown("[UNK]").train(FIVE).unwrap();
    assert_eq!(bpe.encode_word("bug"), ["b", "ug"]);
    assert_eq!(bpe.encode_word("mug"), ["[UNK]", "ug"]);
    assert_eq!(bpe.encode_word("thug"), ["[UNK]", "hug"]);
    assert_eq!(bpe.encode_word("unhug"), ["un", "hug"]);
    // The course text warns that its program fails on an unknown character. It does not: the character stays what it is.
    assert_eq!(Bpe::train(FIVE, 10).unwrap().encode_word("mug"), ["m", "ug"]);
}

#[test]
fn word_counts_of_the_four_sentences() {
    let expected = "This 3 Ġis 2 Ġthe 1 ĠHugging 1 ĠFace 1 ĠCourse 1 . 4 Ġchapter 1 Ġabout 1 Ġtokenization 1 Ġsection 1 Ġshows 1 \
                    Ġseveral 1 Ġtokenizer 1 Ġalgorithms 1 Hopefully 1 , 1 Ġyou 1 Ġwill 1 Ġbe 1 Ġable 1 Ġto 1 Ġunderstand 1 Ġhow 1 \
                    Ġthey 1 Ġare 1 Ġtrained 1 Ġand 1 Ġgenerate 1 Ġtokens 1";
    let words: Vec<String> = gpt2_words().iter().map(|(word, count)| format!("{word} {count}")).collect();
    assert_eq!(words.join(" "), expected);
}

#[test]
fn the_alphabet_has_thirty_characters() {
    let bpe = trained();
    let alphabet = bpe.vocabulary()[1..31].join(" ");
    // The course text prints ' ,' for the first: a space that came in by hand.
    assert_eq!(alphabet, ", . C F H T a b c d e f g h i k l m n o p r s t u v w y z Ġ");
}

#[test]
fn the_first_pairs_and_the_best() {
    let pairs = count_pairs(&characters(gpt2_words()));
    let first: Vec<String> =
        pairs.iter().take(6).map(|((left, right), count)| format!("{left}{right} {count}")).collect();
    assert_eq!(first, ["Th 3", "hi 3", "is 5", "Ġi 2", "Ġt 7", "th 3"]);
    assert_eq!(pairs.most_frequent(), Some((&("Ġ".to_owned(), "t".to_owned()), 7)));
}

#[test]
fn nineteen_merges_and_a_vocabulary_of_fifty() {
    let bpe = trained();
    let merges: Vec<String> = bpe.merges().iter().map(|merge| format!("{} {}", merge.left, merge.right)).collect();
    assert_eq!(
        merges,
        [
            "Ġ t",
            "i s",
            "e r",
            "Ġ a",
            "Ġt o",
            "e n",
            "T h",
            "Th is",
            "o u",
            "s e",
            "Ġto k",
            "Ġtok en",
            "n d",
            "Ġ is",
            "Ġt h",
            "Ġth e",
            "i n",
            "Ġa b",
            "Ġtoken i"
        ]
    );
    assert_eq!(
        bpe.vocabulary().join(" "),
        "<|endoftext|> , . C F H T a b c d e f g h i k l m n o p r s t u v w y z Ġ Ġt is er Ġa Ġto en Th This ou se Ġtok Ġtoken nd \
         Ġis Ġth Ġthe in Ġab Ġtokeni"
    );
    assert_eq!(bpe.steps().last().map(|step| step.vocabulary), Some(50));
}

#[test]
fn a_sentence_is_cut_as_in_the_course() {
    let tokens = trained().tokenize("This is not a token.", byte_level);
    assert_eq!(tokens, ["This", "Ġis", "Ġ", "n", "o", "t", "Ġa", "Ġtoken", "."]);
}

#[test]
fn steps_print_what_happened_and_how_close_it_was() {
    let steps = trained().steps().to_string();
    assert!(
        steps.starts_with(
            "step 1: Ġ + t → Ġt, 7×; 32 tokens\nstep 2: i + s → is, 5× (2 other pairs are as good); 33 tokens\n"
        ),
        "{steps}"
    );
}

#[test]
fn a_training_ends_when_every_word_is_one_token() {
    let bpe = Bpe::train([("ab", 1), ("c", 2)], 100).unwrap();
    assert_eq!(bpe.vocabulary(), ["a", "b", "c", "ab"]);
    assert!(Bpe::train([("", 3)], 100).unwrap().vocabulary().is_empty());
}
