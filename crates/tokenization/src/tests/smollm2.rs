//! A tokenizer out of a GGUF file.

use proptest::prelude::*;

use super::SMOLLM2;
use crate::{Error, PaddingSide};

/// Texts with the ids that llama.cpp gives for the same file.
const LLAMA_CPP: [(&str, &[u32]); 10] = [
    ("Hello, world!", &[19556, 28, 905, 17]),
    ("The year 2024 had 366 days.", &[504, 713, 216, 34, 32, 34, 36, 761, 216, 35, 38, 38, 2009, 30]),
    ("I can't believe it's 3.14159", &[57, 416, 982, 2875, 357, 506, 216, 35, 30, 33, 36, 33, 37, 41]),
    (
        "naïve café 😀👍🏽 漢字",
        &[3546, 46494, 37366, 40303, 218, 10813, 235, 231, 10813, 233, 138, 17097, 137, 112, 36518],
    ),
    ("  two  spaces\n\n\ttabs  ", &[216, 827, 216, 5600, 1116, 197, 100, 7366, 256]),
    ("<|im_start|>user\nHi<|im_end|>\n", &[1, 4093, 198, 26843, 2, 198]),
    ("def f(x):\n    return x**2\n", &[1604, 275, 24, 104, 727, 472, 1003, 1792, 828, 34, 198]),
    ("we'll they've I'm you'd", &[677, 3060, 502, 3543, 339, 5248, 346, 6737]),
    ("ＡＢＣ Ⅷ ½ ٣", &[8083, 111, 8083, 112, 8083, 113, 216, 173, 223, 117, 216, 16738, 216, 164, 113]),
    ("a<|endoftext|>b", &[81, 0, 82]),
];

#[test]
fn ids_are_those_of_llama_cpp() {
    for (text, ids) in LLAMA_CPP {
        assert_eq!(SMOLLM2.encode(text).unwrap().input_ids(), ids, "{text:?}");
    }
}

#[test]
fn ids_are_those_of_the_file() {
    assert_eq!(SMOLLM2.vocab_size(), 49_152);
    assert_eq!(SMOLLM2.token_to_id("<|im_start|>"), Some(1));
    assert_eq!(SMOLLM2.eos_token_id(), Some(2));
    assert_eq!(SMOLLM2.pad_token_id(), Some(2));
    assert_eq!(SMOLLM2.special_tokens().unk.as_deref(), Some("<|endoftext|>"));
    assert_eq!(SMOLLM2.id_to_token(49_151).as_deref(), Some("ectable"));
    assert_eq!(SMOLLM2.model_max_length(), Some(8192));
    assert_eq!(SMOLLM2.padding_side(), PaddingSide::Left);
    assert!(SMOLLM2.is_special(16) && !SMOLLM2.is_special(17));
}

#[test]
fn special_tokens_are_left_out_of_the_text_or_kept() {
    let ids = [1, 4093, 198, 26843, 2, 198];
    assert_eq!(SMOLLM2.decode(&ids).unwrap(), "user\nHi\n");
    assert_eq!(SMOLLM2.decode_with(&ids, false).unwrap(), "<|im_start|>user\nHi<|im_end|>\n");
}

#[test]
fn an_id_outside_the_vocabulary_is_an_error() {
    let error = SMOLLM2.decode(&[1, 49_152]).unwrap_err();
    assert!(matches!(error, Error::UnknownId { id: 49_152, size: 49_152 }), "{error}");
}

#[test]
fn a_stream_holds_back_half_a_character() {
    let ids = SMOLLM2.encode("an 👍🏽 on").unwrap().input_ids().to_vec();
    let mut stream = SMOLLM2.stream_decoder();
    let pieces = ids.iter().map(|&id| stream.push(id).unwrap()).collect::<Vec<_>>();
    assert_eq!(pieces.concat() + &stream.finish().unwrap(), "an 👍🏽 on");
    assert!(pieces.iter().any(String::is_empty), "{pieces:?}");
    assert!(!pieces.concat().contains('\u{fffd}'));
}

#[test]
fn a_stream_that_ends_inside_a_character_gives_what_there_is() {
    let ids = SMOLLM2.encode("👍").unwrap().input_ids().to_vec();
    let mut stream = SMOLLM2.stream_decoder();
    assert_eq!(stream.push(ids[0]).unwrap(), "");
    assert_eq!(stream.finish().unwrap(), "\u{fffd}");
}

#[test]
fn a_conversation_becomes_the_prompt_of_the_template() {
    use crate::Message;
    let with_default = SMOLLM2.apply_chat_template(&[Message::user("Hi")], true).unwrap();
    assert_eq!(
        with_default,
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n\
         <|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    );
    let own = [Message::system("Be brief."), Message::user("2+2?"), Message::assistant("4")];
    assert_eq!(
        SMOLLM2.apply_chat_template(&own, false).unwrap(),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n"
    );
}

#[test]
fn colours_show_the_text_piece_by_piece() {
    let tokens = SMOLLM2.tokens("<|im_start|>on the 👍").unwrap().0;
    let pieces = tokens.iter().map(|token| token.text.as_str()).take(3).collect::<Vec<_>>();
    assert_eq!(pieces, ["<|im_start|>", "on", " the"]);
    assert!(tokens[0].special && !tokens[1].special);
    assert_eq!(tokens[0].id, 1);
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "\\PC{0,40}|[ \\n\\t]{0,5}[a-z0-9 ]{0,20}") {
        // Names of special tokens in a text are special tokens.
        prop_assume!(!text.contains("<|"));
        let encoding = SMOLLM2.encode(&text).unwrap();
        prop_assert_eq!(SMOLLM2.decode(encoding.input_ids()).unwrap(), &*text);
        let mut stream = SMOLLM2.stream_decoder();
        let mut streamed = String::new();
        for id in encoding.input_ids() {
            streamed += &stream.push(*id).unwrap();
        }
        prop_assert_eq!(streamed + &stream.finish().unwrap(), text);
    }

    #[test]
    fn offsets_cut_the_text_without_gaps(text in "[a-zA-Z0-9 .,'\\n]{0,60}") {
        let encoding = SMOLLM2.encode(&text).unwrap();
        let pieces = encoding.offsets().iter().map(|&(start, end)| &text[start..end]);
        prop_assert_eq!(pieces.collect::<String>(), text);
    }
}
