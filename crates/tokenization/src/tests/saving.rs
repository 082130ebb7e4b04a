//! Folders that a tokenizer comes back from.

use super::{MINILM, SMOLLM2};
use crate::{AutoTokenizer, Error, Side, Tokenizer};

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("course-save-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn reloaded(tokenizer: &Tokenizer, name: &str) -> (Folder, Tokenizer) {
    let folder = Folder::new(name);
    tokenizer.save_pretrained(&folder.0).unwrap();
    let back = AutoTokenizer::from_pretrained(folder.0.to_str().unwrap()).unwrap();
    (folder, back)
}

#[test]
fn a_tokenizer_comes_back_whole() {
    let text = "Hello, wörld! I've 3.14 <|im_start|>[MASK]";
    for (tokenizer, name) in [(&*MINILM, "minilm"), (&*SMOLLM2, "smollm2")] {
        let (folder, back) = reloaded(tokenizer, name);
        assert_eq!(back.encode(text).unwrap(), tokenizer.encode(text).unwrap());
        let pair = |one: &Tokenizer| one.encode_pair(text, text, &crate::EncodeOptions::new()).unwrap();
        assert_eq!(pair(&back), pair(tokenizer));
        assert_eq!(back.special_tokens(), tokenizer.special_tokens());
        assert_eq!(back.padding_side(), tokenizer.padding_side());
        assert_eq!(back.model_max_length(), tokenizer.model_max_length());
        assert_eq!(back.model_input_names(), tokenizer.model_input_names());
        let template = |one: &Tokenizer| one.chat_template().map(|template| template.source().to_owned());
        assert_eq!(template(&back), template(tokenizer));
        let files = std::fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(files, if name == "smollm2" { 4 } else { 3 }, "files that are parts were left");
    }
}

#[test]
fn settings_are_saved() {
    let changed = MINILM.clone().with_padding_side(Side::Left).with_truncation_side(Side::Left).with_clean_up(true);
    let changed = changed.with_added_tokens(["<tab>"]).unwrap().with_added_special_tokens(["<end>"]).unwrap();
    let (_folder, back) = reloaded(&changed, "settings");
    assert_eq!((back.padding_side(), back.truncation_side(), back.clean_up()), (Side::Left, Side::Left, true));
    let text = "I've <tab> seen it<end>, isn't it?";
    let encoding = back.encode(text).unwrap();
    assert_eq!(encoding.input_ids(), changed.encode(text).unwrap().input_ids());
    assert_eq!(encoding.input_ids().iter().filter(|id| **id >= 30_522).count(), 2);
    assert_eq!(back.decode(encoding.input_ids()).unwrap(), "i've <tab> seen it, isn't it?");
}

#[test]
fn one_file_is_enough_for_the_library() {
    let folder = Folder::new("one-file");
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("tokenizer.json");
    MINILM.save(&file).unwrap();
    let back = Tokenizer::from_file(&file).unwrap();
    assert_eq!(back.encode("hello").unwrap().input_ids(), [101, 7592, 102]);
    let error = MINILM.save(folder.0.join("nowhere/tokenizer.json")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "write", .. }) && error.to_string().contains("nowhere"), "{error}");
    // A file in the folder's place.
    let error = MINILM.save_pretrained(&file).unwrap_err();
    assert!(matches!(error, Error::Io { action: "make", .. }), "{error}");
}
