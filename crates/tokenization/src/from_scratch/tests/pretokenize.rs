use proptest::prelude::*;
use tokenizers::normalizers::{BertNormalizer, NFD, Sequence, StripAccents};
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::whitespace::{Whitespace, WhitespaceSplit};
use tokenizers::{NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use super::super::{
    PreToken, bert, bert_normalize, byte_level, byte_level_decode, lowercase, metaspace, metaspace_decode,
    squeeze_spaces, straight_quotes, strip_accents, t5, whitespace, whitespace_split,
};

fn list(pieces: &[PreToken]) -> String {
    pieces.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn how_are_you_as_in_the_course() {
    let text = "Hello, how are  you?";
    assert_eq!(
        list(&bert(text)),
        "('Hello', (0, 5)), (',', (5, 6)), ('how', (7, 10)), ('are', (11, 14)), ('you', (16, 19)), ('?', (19, 20))"
    );
    assert_eq!(
        list(&byte_level(text)),
        "('Hello', (0, 5)), (',', (5, 6)), ('Ġhow', (6, 10)), ('Ġare', (10, 14)), ('Ġ', (14, 15)), ('Ġyou', (15, 19)), ('?', (19, 20))"
    );
    // Where a piece starts is where its word does: the ▁ stands for the space before it, and is not counted.
    assert_eq!(list(&t5(text)), "('▁Hello,', (0, 6)), ('▁how', (7, 10)), ('▁are', (11, 14)), ('▁you?', (16, 20))");
}

#[test]
fn lets_test_as_in_the_course() {
    let text = "Let's test my pre-tokenizer.";
    let expected = "('Let', (0, 3)), (''', (3, 4)), ('s', (4, 5)), ('test', (6, 10)), ('my', (11, 13)), ('pre', (14, 17)), \
                    ('-', (17, 18)), ('tokenizer', (18, 27)), ('.', (27, 28))";
    assert_eq!(list(&whitespace(text)), expected);
    assert_eq!(list(&bert(text)), expected);
    assert_eq!(
        list(&whitespace_split(text)),
        "('Let's', (0, 5)), ('test', (6, 10)), ('my', (11, 13)), ('pre-tokenizer.', (14, 28))"
    );
    assert_eq!(
        list(&byte_level("Let's test pre-tokenization!")),
        "('Let', (0, 3)), (''s', (3, 5)), ('Ġtest', (5, 10)), ('Ġpre', (10, 14)), ('-', (14, 15)), ('tokenization', (15, 27)), \
         ('!', (27, 28))"
    );
    assert_eq!(
        list(&metaspace("Let's test the pre-tokenizer!")),
        "('▁Let's', (0, 5)), ('▁test', (5, 10)), ('▁the', (10, 14)), ('▁pre-tokenizer!', (14, 29))"
    );
}

#[test]
fn normalizing_as_in_the_course() {
    let text = "Héllò hôw are ü?";
    assert_eq!(bert_normalize(text), "hello how are u?");
    assert_eq!(lowercase(&strip_accents(text)), "hello how are u?");
    // The one difference between BERT's normalizer and the three steps that the course text tells of.
    assert_eq!((bert_normalize("a\u{85}b"), lowercase(&strip_accents("a\u{85}b"))), ("ab".into(), "a\u{85}b".into()));
    assert_eq!(squeeze_spaces(&straight_quotes("``a''   b")), "\"a\" b");
}

/// What the library makes of a text, with character offsets.
fn library(pre_tokenizer: &impl PreTokenizer, text: &str) -> Vec<PreToken> {
    let mut pieces = PreTokenizedString::from(text);
    pre_tokenizer.pre_tokenize(&mut pieces).unwrap();
    let pieces = pieces.get_splits(OffsetReferential::Original, OffsetType::Char);
    pieces.into_iter().map(|(text, (start, end), _)| PreToken { text: text.to_owned(), start, end }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn words_are_those_of_the_library(text in "([a-zA-Zéßüñ0-9 '.,!?\n\t_-]|'s|'ll|  |[αβγδ]|[жизнь]|[日本語]|[😀🎉]|[«»—…、。]){0,30}") {
        prop_assert_eq!(whitespace_split(&text), library(&WhitespaceSplit, &text));
        prop_assert_eq!(whitespace(&text), library(&Whitespace {}, &text));
        prop_assert_eq!(bert(&text), library(&BertPreTokenizer, &text));
        prop_assert_eq!(byte_level(&text), library(&ByteLevel::new(false, true, true), &text));
        prop_assert_eq!(metaspace(&text), library(&Metaspace::new('▁', PrependScheme::Always, true), &text));
        let texts = |pieces: Vec<PreToken>| pieces.into_iter().map(|piece| piece.text).collect::<Vec<_>>();
        let mut pieces = PreTokenizedString::from(text.as_str());
        WhitespaceSplit.pre_tokenize(&mut pieces).unwrap();
        Metaspace::new('▁', PrependScheme::Always, true).pre_tokenize(&mut pieces).unwrap();
        let expected: Vec<String> = pieces.get_splits(OffsetReferential::Original, OffsetType::Char).iter().map(|piece| piece.0.to_owned()).collect();
        prop_assert_eq!(texts(t5(&text)), expected);
    }

    #[test]
    fn normalized_texts_are_those_of_the_library(text in "([a-zA-ZéÀßüñÅø0-9 '.,\n\t]|[\u{7}\u{85}\u{a0}\u{ad}\u{200b}\u{fffd}]|[άΈό]|[йЁ]|[日本語]|e\u{301}){0,20}") {
        let mut normalized = NormalizedString::from(text.as_str());
        BertNormalizer::default().normalize(&mut normalized).unwrap();
        prop_assert_eq!(bert_normalize(&text), normalized.get());
        let mut normalized = NormalizedString::from(text.as_str());
        Sequence::new(vec![NFD.into(), StripAccents.into()]).normalize(&mut normalized).unwrap();
        prop_assert_eq!(strip_accents(&text), normalized.get());
    }

    #[test]
    fn nothing_is_lost_in_bytes(text in any::<String>()) {
        let pieces: Vec<String> = byte_level(&text).into_iter().map(|piece| piece.text).collect();
        prop_assert_eq!(byte_level_decode(&pieces), text);
    }

    #[test]
    fn spaces_come_back(text in "[a-z ]{0,20}") {
        prop_assume!(!text.starts_with(' '));
        let pieces: Vec<String> = metaspace(&text).into_iter().map(|piece| piece.text).collect();
        prop_assert_eq!(metaspace_decode(&pieces), text);
    }
}
