//! What models write, against PyTorch's transformers: `tests/oracle/answers.py` wrote the ids.

use serde::Deserialize;
use serde_json::Value;

use super::super::generate_answers;
use super::oracle::all_cases;
use crate::{FinishReason, GenerationConfig};

#[derive(Deserialize)]
struct Answers {
    cases: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    /// The place among the cases of `make.py`.
    case: usize,
    architecture: String,
    settings: Value,
    /// The start token and padding included.
    ids: Vec<Vec<u32>>,
}

#[test]
fn answers_are_those_of_pytorch() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/answers.json");
    let answers: Answers = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = all_cases();
    let mut ended = 0;
    for Answer { case, architecture, settings, ids } in answers.cases {
        let case = &cases[case];
        assert_eq!(case.architecture, architecture);
        let model = case.model();
        let inputs = case.inputs().select_names(&["input_ids", "attention_mask"]);
        let mut config = GenerationConfig::of_model(&settings);
        config.eos_token_ids = settings.get("eos_token_id").map(|ids| serde_json::from_value(ids.clone()).unwrap());
        let found = generate_answers(model.as_ref(), &inputs, &config).unwrap();
        let start = model.answering(&inputs).unwrap().start();
        assert_eq!(found.len(), ids.len());
        for (row, expected) in found.iter().zip(&ids) {
            let end = match row.finish_reason {
                FinishReason::EndOfText(id) => Some(id),
                _ => None,
            };
            ended += usize::from(end.is_some());
            let padding = std::iter::repeat(case.config["pad_token_id"].as_u64().unwrap() as u32);
            let whole = std::iter::once(start).chain(row.tokens.iter().copied()).chain(end).chain(padding);
            let whole = whole.take(expected.len()).collect::<Vec<_>>();
            assert_eq!(&whole, expected, "{architecture} with {settings}");
        }
    }
    assert!(ended > 4, "{ended} answers end before they are cut");
}
