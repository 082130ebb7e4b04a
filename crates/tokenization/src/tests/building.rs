//! The three tokenizers of chapter 6.8, built block by block, and what blocks say about themselves.

use course_display::Rich;

use super::{CASED_TOKENIZER, MINILM, SMOLLM2};
use crate::{
    DecodeOptions, EncodeOptions, Error, Tokenizer, compare_tokenizers, decoders, models, normalizers, pre_tokenizers,
    processors, trainers,
};

fn texts() -> Vec<&'static str> {
    vec!["let's test this tokenizer on a pair of sentences", "this sentence is a test", "a pair of tests, let's see"]
}

#[test]
fn bert_from_blocks() {
    let blocks = [normalizers::nfd(), normalizers::lowercase(), normalizers::strip_accents()];
    let special = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"];
    let tokenizer = Tokenizer::new(models::word_piece("[UNK]"))
        .with_normalizer(normalizers::sequence(blocks))
        .unwrap()
        .with_pre_tokenizer(pre_tokenizers::whitespace())
        .train(&trainers::word_piece(200).special_tokens(special), texts())
        .unwrap()
        .with_post_processor(processors::template("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"))
        .unwrap()
        .with_decoder(decoders::word_piece("##"));
    assert_eq!((tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")), (Some(2), Some(3)));
    assert_eq!(tokenizer.normalize("Héllò hôw are ü?").unwrap(), "hello how are u?");
    let pair =
        tokenizer.encode_pair("Let's test this tokenizer", "on a pair of sentences", &EncodeOptions::new()).unwrap();
    let tokens = "[CLS] let ' s test this tokenizer [SEP] on a pair of sentences [SEP]";
    assert_eq!(pair.tokens(), tokens.split(' ').collect::<Vec<_>>());
    assert_eq!(pair.token_type_ids(), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    // The course text prints "let's": that takes the clean-up, the decoder alone leaves the apostrophe apart.
    assert_eq!(tokenizer.decode(pair.input_ids()).unwrap(), "let ' s test this tokenizer on a pair of sentences");
    let clean = tokenizer.with_clean_up(true).decode(pair.input_ids()).unwrap();
    assert_eq!(clean, "let's test this tokenizer on a pair of sentences");
}

#[test]
fn gpt2_from_blocks() {
    let tokenizer = Tokenizer::new(models::bpe())
        .with_pre_tokenizer(pre_tokenizers::byte_level(false))
        .train(&trainers::bpe(200).special_tokens(["<|endoftext|>"]), texts())
        .unwrap()
        .with_post_processor(processors::byte_level(false))
        .unwrap()
        .with_decoder(decoders::byte_level());
    let text = "let's test this tokenizer";
    let encoding = tokenizer.encode(text).unwrap();
    assert_eq!(encoding.tokens()[2], "Ġtest");
    // Untrimmed offsets take the space in.
    assert_eq!(encoding.token_text(2), Some(" test"));
    let trimmed = tokenizer.clone().with_post_processor(processors::byte_level(true)).unwrap();
    assert_eq!(trimmed.encode(text).unwrap().token_text(2), Some("test"));
    assert_eq!(tokenizer.decode(encoding.input_ids()).unwrap(), text);
}

#[test]
fn xlnet_from_blocks() {
    let special = ["<cls>", "<sep>", "<unk>", "<pad>", "<mask>", "<s>", "</s>"];
    let tokenizer = Tokenizer::new(models::unigram())
        .with_normalizer(normalizers::sequence([normalizers::nfkd(), normalizers::strip_accents()]))
        .unwrap()
        .with_pre_tokenizer(pre_tokenizers::metaspace())
        .train(&trainers::unigram(100).special_tokens(special).unk_token("<unk>"), texts())
        .unwrap()
        .with_post_processor(processors::template("$A:0 <sep>:0 <cls>:2", "$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2"))
        .unwrap()
        .with_decoder(decoders::metaspace());
    assert_eq!((tokenizer.token_to_id("<cls>"), tokenizer.token_to_id("<sep>")), (Some(0), Some(1)));
    let pair = tokenizer.encode_pair("let's test", "a pair", &EncodeOptions::new()).unwrap();
    assert_eq!(pair.tokens().last().unwrap(), "<cls>");
    assert_eq!(pair.token_type_ids().last(), Some(&2));
    assert_eq!(tokenizer.decode(tokenizer.encode("let's test").unwrap().input_ids()).unwrap(), "let's test");
}

#[test]
fn tokens_and_ids_are_two_halves_of_encoding() {
    let tokens = MINILM.tokenize("Using a Transformer network is simple").unwrap();
    assert_eq!(tokens, ["using", "a", "transform", "##er", "network", "is", "simple"]);
    let ids = MINILM.convert_tokens_to_ids(&tokens).unwrap();
    assert_eq!(ids, [2478, 1037, 10938, 2121, 2897, 2003, 3722]);
    assert_eq!(MINILM.convert_ids_to_tokens(&ids).unwrap(), tokens);
    assert_eq!(MINILM.decode(&ids).unwrap(), "using a transformer network is simple");
    assert_eq!(MINILM.convert_tokens_to_ids(&["no such token"]).unwrap(), [100]);
    let fresh = Tokenizer::new(models::bpe());
    assert!(matches!(fresh.convert_tokens_to_ids(&["x"]), Err(Error::UnknownToken { .. })));
    assert_eq!((MINILM.num_special_tokens_to_add(false), MINILM.num_special_tokens_to_add(true)), (2, 3));
}

#[test]
fn decoding_cleans_up_if_asked() {
    let ids = MINILM.encode("I've been waiting, isn't it? Yes ! don't 'm").unwrap().input_ids().to_vec();
    let decode = |options: DecodeOptions| MINILM.decode_options(&ids, &options.skip_special_tokens(false)).unwrap();
    // Both lines as Python prints them.
    assert_eq!(decode(DecodeOptions::new()), "[CLS] i ' ve been waiting, isn ' t it? yes! don ' t ' m [SEP]");
    assert_eq!(decode(DecodeOptions::new().clean_up(true)), "[CLS] i've been waiting, isn't it? yes! don't'm [SEP]");
    let rows = [vec![101u32, 7592, 102], vec![7592]];
    assert_eq!(MINILM.decode_batch(&rows).unwrap(), ["hello", "hello"]);
}

#[test]
fn the_way_of_a_text_is_shown() {
    let steps = MINILM.steps("Héllo wörlds").unwrap();
    assert_eq!(steps.normalized, "hello worlds");
    assert_eq!(steps.words, ["hello", "worlds"]);
    assert_eq!(steps.whole, ["[CLS]", "hello", "worlds", "[SEP]"]);
    let text = steps.rich().plain().to_owned();
    assert!(text.contains("tokens (WordPiece)   hello  worlds"), "{text}");
}

#[test]
fn tokenizers_stand_side_by_side() {
    let comparison =
        compare_tokenizers("Hugging wörld", &[("MiniLM", &MINILM), ("SmolLM2", &SMOLLM2), ("tiny", &CASED_TOKENIZER)])
            .unwrap();
    assert_eq!(comparison.counts().len(), 3);
    assert_eq!(comparison.counts()[2], 3);
    let text = comparison.rich().plain().to_owned();
    assert!(text.contains("MiniLM\n") && text.contains("SmolLM2\n"), "{text}");
    let table = comparison.table().rich().plain().to_owned();
    assert!(table.contains("characters a token"), "{table}");
}
