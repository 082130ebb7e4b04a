//! Tokenizers: saved here and read there, encoded on both sides with the same options.

use std::error::Error;

use course_tokenization::entities::{Aggregation, find_entities};
use course_tokenization::{
    AutoTokenizer, BatchEncoding, DecodeOptions, EncodeOptions, Padding, Side, Tokenizer, Truncation,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Answer;

pub fn run(command: &str, arguments: &Value) -> Option<Answer> {
    Some(match command {
        "tokenizer-save" => save(arguments),
        "tokenizer-train" => train(arguments),
        "tokenizer-encode" => encode(arguments),
        "tokenizer-decode" => decode(arguments),
        "tokenizer-entities" => entities(arguments),
        _ => return None,
    })
}

fn read<T: for<'a> Deserialize<'a>>(arguments: &Value) -> Result<T, Box<dyn Error>> {
    Ok(T::deserialize(arguments)?)
}

fn save(arguments: &Value) -> Answer {
    #[derive(Deserialize)]
    struct Save {
        name: String,
        folder: String,
    }
    let Save { name, folder } = read(arguments)?;
    Ok(json!(AutoTokenizer::from_pretrained(&name)?.save_pretrained(folder)?))
}

fn train(arguments: &Value) -> Answer {
    #[derive(Deserialize)]
    struct Train {
        name: String,
        folder: String,
        texts: Vec<String>,
        vocab_size: usize,
    }
    let Train { name, folder, texts, vocab_size } = read(arguments)?;
    let new = AutoTokenizer::from_pretrained(&name)?.train_new_from_iterator(texts, vocab_size)?;
    Ok(json!(new.save_pretrained(folder)?))
}

/// The options as Python names them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    add_special_tokens: Option<bool>,
    padding: Option<String>,
    padding_side: Option<String>,
    pad_to_multiple_of: Option<usize>,
    truncation: Option<String>,
    truncation_side: Option<String>,
    max_length: Option<usize>,
    stride: Option<usize>,
    return_overflowing_tokens: bool,
}

impl Options {
    fn ours(&self) -> Result<EncodeOptions, Box<dyn Error>> {
        let mut options = EncodeOptions::new().stride(self.stride.unwrap_or(0));
        options.add_special_tokens = self.add_special_tokens.unwrap_or(true);
        options.padding = match self.padding.as_deref() {
            None | Some("do_not_pad") => Padding::None,
            Some("longest") => Padding::Longest,
            Some("max_length") => Padding::MaxLength,
            Some(other) => return Err(format!("padding {other}").into()),
        };
        options.truncation = Some(match self.truncation.as_deref() {
            None | Some("do_not_truncate") => Truncation::None,
            Some("longest_first") => Truncation::LongestFirst,
            Some("only_first") => Truncation::OnlyFirst,
            Some("only_second") => Truncation::OnlySecond,
            Some(other) => return Err(format!("truncation {other}").into()),
        });
        options.padding_side = side(self.padding_side.as_deref());
        options.truncation_side = side(self.truncation_side.as_deref());
        options.max_length = self.max_length;
        options.pad_to_multiple_of = self.pad_to_multiple_of;
        options.return_overflowing_tokens = self.return_overflowing_tokens;
        Ok(options)
    }
}

fn side(name: Option<&str>) -> Option<Side> {
    match name? {
        "left" => Some(Side::Left),
        _ => Some(Side::Right),
    }
}

/// Encodes every case; an error is an answer too.
fn encode(arguments: &Value) -> Answer {
    #[derive(Deserialize)]
    struct Encode {
        name: String,
        cases: Vec<Case>,
    }
    #[derive(Deserialize)]
    struct Case {
        texts: Vec<String>,
        pairs: Option<Vec<String>>,
        #[serde(default)]
        options: Options,
    }
    let Encode { name, cases } = read(arguments)?;
    let tokenizer = AutoTokenizer::from_pretrained(&name)?;
    let answer = |case: &Case| -> Answer {
        let options = case.options.ours()?;
        let batch = match &case.pairs {
            Some(pairs) => tokenizer.encode_pairs(&case.texts, pairs, &options),
            None => tokenizer.encode_batch_with(&case.texts, &options),
        };
        Ok(batch.map_or_else(|error| json!({ "error": error.to_string() }), |batch| shown(&batch)))
    };
    Ok(Value::Array(cases.iter().map(answer).collect::<Result<_, _>>()?))
}

fn shown(batch: &BatchEncoding) -> Value {
    let rows = batch.iter().map(|row| {
        json!({
            "input_ids": row.input_ids(),
            "token_type_ids": row.token_type_ids(),
            "attention_mask": row.attention_mask(),
            "special_tokens_mask": row.special_tokens_mask(),
            "offset_mapping": row.char_offsets(),
            "tokens": row.tokens(),
            "word_ids": row.word_ids(),
            "sequence_ids": row.sequence_ids(),
        })
    });
    json!({ "rows": rows.collect::<Vec<_>>(), "samples": batch.overflow_to_sample_mapping() })
}

fn decode(arguments: &Value) -> Answer {
    #[derive(Deserialize)]
    struct Decode {
        name: String,
        rows: Vec<Vec<u32>>,
        skip_special_tokens: bool,
        clean_up: Option<bool>,
    }
    let Decode { name, rows, skip_special_tokens, clean_up } = read(arguments)?;
    let tokenizer = AutoTokenizer::from_pretrained(&name)?;
    let options = DecodeOptions { skip_special_tokens, clean_up };
    let texts = rows.iter().map(|ids| tokenizer.decode_options(ids, &options));
    Ok(json!(texts.collect::<Result<Vec<_>, _>>()?))
}

fn entities(arguments: &Value) -> Answer {
    #[derive(Deserialize)]
    struct Entities {
        name: String,
        text: String,
        probabilities: Vec<Vec<f32>>,
        labels: Vec<String>,
        strategy: String,
    }
    let Entities { name, text, probabilities, labels, strategy } = read(arguments)?;
    let aggregation = match strategy.as_str() {
        "first" => Aggregation::First,
        "average" => Aggregation::Average,
        "max" => Aggregation::Max,
        _ => Aggregation::Simple,
    };
    let tokenizer: Tokenizer = AutoTokenizer::from_pretrained(&name)?;
    let mut found = find_entities(&tokenizer.encode(&text)?, &probabilities, &labels, aggregation)?;
    // Python counts characters.
    for entity in &mut found {
        let characters = |byte: usize| text.get(..byte).map_or(0, |text| text.chars().count());
        (entity.start, entity.end) = (characters(entity.start), characters(entity.end));
    }
    Ok(json!(found))
}
