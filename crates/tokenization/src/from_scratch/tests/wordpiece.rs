use super::super::{WordPiece, WordPieceTrainer, bert, merge_pieces, pair_scores, prefixed_characters};
use super::{FIVE, bert_words};

fn trained() -> WordPiece {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    WordPieceTrainer::new(70).special_tokens(special).train(bert_words()).unwrap()
}

#[test]
fn five_words_by_hand() {
    let word_piece = WordPiece::train(FIVE, 11).unwrap();
    assert_eq!(word_piece.vocabulary()[..7], ["##g", "##n", "##s", "##u", "b", "h", "p"]);
    let steps: Vec<String> =
        word_piece.steps().iter().map(|s| format!("{} {} {:.6}", s.left, s.right, s.score.unwrap())).collect();
    // The course text takes `hu ##g` for as good as `hu ##gs`, 1/15. It is 10 / (15 · 15): `hugs` comes first.
    let expected = [("##g ##s", 20.0), ("h ##u", 36.0), ("hu ##gs", 15.0), ("hu ##g", 15.0)];
    assert_eq!(steps, expected.map(|(pair, of)| format!("{pair} {:.6}", 1.0 / of)));
    let mut splits = prefixed_characters(FIVE);
    merge_pieces(&mut splits, "##g", "##s");
    merge_pieces(&mut splits, "h", "##u");
    let scores = pair_scores(&splits);
    let of = |left: &str, right: &str| {
        scores.iter().find(|pair| pair.left == left && pair.right == right).map(|pair| pair.score)
    };
    assert_eq!((of("hu", "##g"), of("hu", "##gs")), (Some(10.0 / 225.0), Some(1.0 / 15.0)));
    // Nor is it 1/21 for all others: `##u ##g`, left in `pug` alone, is 5 / (21 · 15).
    assert_eq!(scores.iter().filter(|pair| pair.score == 1.0 / 21.0).count(), 3);
    assert_eq!(of("##u", "##g"), Some(5.0 / 315.0));
}

#[test]
fn every_pair_with_u_scores_the_same_at_first() {
    let scores = pair_scores(&prefixed_characters(FIVE));
    for pair in &scores {
        let of = if pair.right == "##s" { 20.0 } else { 36.0 };
        assert_eq!(pair.score, 1.0 / of, "{pair:?}");
    }
    assert_eq!(scores.len(), 6);
}

#[test]
fn the_longest_token_first_and_unknown_words_whole() {
    let word_piece = WordPiece::from_vocabulary(&["b", "h", "p", "##g", "##n", "##s", "##u", "##gs", "hu", "hug"]);
    assert_eq!(word_piece.encode_word("hugs"), ["hug", "##s"]);
    assert_eq!(word_piece.encode_word("bugs"), ["b", "##u", "##gs"]);
    assert_eq!(word_piece.encode_word("pugs"), ["p", "##u", "##gs"]);
    assert_eq!(word_piece.encode_word("mug"), ["[UNK]"]);
    assert_eq!(word_piece.encode_word("bum"), ["[UNK]"]);
}

#[test]
fn a_hash_in_the_vocabulary_is_no_prefix() {
    // The course text's program never ends here: it puts `##` before the rest, and then finds `#` at its beginning.
    let word_piece = WordPiece::from_vocabulary(&["a", "#", "##"]);
    assert_eq!(word_piece.encode_word("ax"), ["[UNK]"]);
    assert_eq!(word_piece.fast().encode_word("ax"), ["[UNK]"]);
}

#[test]
fn word_counts_of_the_four_sentences() {
    let expected = "This 3 is 2 the 1 Hugging 1 Face 1 Course 1 . 4 chapter 1 about 1 tokenization 1 section 1 shows 1 several 1 \
                    tokenizer 1 algorithms 1 Hopefully 1 , 1 you 1 will 1 be 1 able 1 to 1 understand 1 how 1 they 1 are 1 trained 1 \
                    and 1 generate 1 tokens 1";
    let words: Vec<String> = bert_words().iter().map(|(word, count)| format!("{word} {count}")).collect();
    assert_eq!(words.join(" "), expected);
}

#[test]
fn the_first_scores_and_the_best() {
    let scores = pair_scores(&prefixed_characters(bert_words()));
    let first: Vec<(String, f64)> =
        scores.iter().take(6).map(|pair| (format!("{} {}", pair.left, pair.right), pair.score)).collect();
    let expected = [
        ("T ##h", 0.125),
        ("##h ##i", 0.03409090909090909),
        ("##i ##s", 0.02727272727272727),
        ("i ##s", 0.1),
        ("t ##h", 0.03571428571428571),
        ("##h ##e", 0.011904761904761904),
    ];
    assert_eq!(first, expected.map(|(pair, score)| (pair.to_owned(), score)));
    let word_piece = trained();
    let best = &word_piece.steps()[0];
    assert_eq!((best.left.as_str(), best.right.as_str(), best.score), ("a", "##b", Some(0.2)));
    let mut splits = prefixed_characters([("about", 1)]);
    merge_pieces(&mut splits, "a", "##b");
    assert_eq!(splits[0].tokens, ["ab", "##o", "##u", "##t"]);
}

#[test]
fn a_vocabulary_of_seventy() {
    assert_eq!(
        trained().vocabulary().join(" "),
        "[PAD] [UNK] [CLS] [SEP] [MASK] ##a ##b ##c ##d ##e ##f ##g ##h ##i ##k ##l ##m ##n ##o ##p ##r ##s ##t ##u ##v ##w ##y ##z , \
         . C F H T a b c g h i s t u w y ab ##fu Fa Fac ##ct ##ful ##full ##fully Th ch ##hm cha chap chapt ##thm Hu Hug Hugg sh th is \
         ##thms ##za ##zat ##ut"
    );
}

#[test]
fn words_and_a_sentence_are_cut_as_in_the_course() {
    let word_piece = trained();
    assert_eq!(word_piece.encode_word("Hugging"), ["Hugg", "##i", "##n", "##g"]);
    assert_eq!(word_piece.encode_word("HOgging"), ["[UNK]"]);
    assert_eq!(
        word_piece.tokenize("This is the Hugging Face course!", bert).join(" "),
        "Th ##i ##s is th ##e Hugg ##i ##n ##g Fac ##e c ##o ##u ##r ##s ##e [UNK]"
    );
}
