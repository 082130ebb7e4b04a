//! Words that the course writes in one way.

use super::{Problem, prose};
use crate::Notebook;

/// What may be found in prose, and what stands there instead.
const WORDS: &[(&str, &str)] = &[
    ("Huggingface", "Hugging Face"),
    ("huggingface", "Hugging Face"),
    ("Jupyter Lab", "JupyterLab"),
    ("Jupyterlab", "JupyterLab"),
    ("Github", "GitHub"),
    ("github", "GitHub"),
    ("Pytorch", "PyTorch"),
    ("pytorch", "PyTorch"),
    ("Numpy", "NumPy"),
    ("Javascript", "JavaScript"),
    ("tokeniser", "tokenizer"),
    ("tokenisation", "tokenization"),
    ("tokenise", "tokenize"),
    ("finetune", "fine-tune"),
    ("finetuning", "fine-tuning"),
    ("finetuned", "fine-tuned"),
    ("fine tuning", "fine-tuning"),
    ("pre-trained", "pretrained"),
    ("pre-training", "pretraining"),
    ("data set", "dataset"),
    ("data sets", "datasets"),
    ("sub-word", "subword"),
    ("zero shot", "zero-shot"),
    ("soft-max", "softmax"),
    ("auto-regressive", "autoregressive"),
];

pub(super) fn check(notebook: &Notebook) -> Vec<Problem> {
    let mut found = Vec::new();
    for (cell, line, text) in prose(notebook) {
        for (wrong, right) in WORDS {
            if has_word(&text, wrong) {
                let what = format!("\"{wrong}\": the course writes \"{right}\"");
                found.push(Problem { cell: Some(cell.to_owned()), line: Some(line), what });
            }
        }
    }
    found
}

/// Whether a word stands in a text on its own, in these very letters.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '@');
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    #[test]
    fn a_word_in_other_letters_is_told_and_code_is_not_looked_at() {
        let source =
            "The Huggingface Hub, `huggingface` and [x](https://github.com).\n\nA tokeniser of HuggingFaceTB/Smol.";
        let notebook = Notebook::new(vec![Cell::markdown("a", source)]);
        let told: Vec<String> = check(&notebook).iter().map(Problem::to_string).collect();
        assert_eq!(
            told,
            [
                "cell `a`, line 1: \"Huggingface\": the course writes \"Hugging Face\"",
                "cell `a`, line 3: \"tokeniser\": the course writes \"tokenizer\"",
            ]
        );
    }

    #[test]
    fn no_right_word_is_also_a_wrong_one() {
        for (wrong, right) in WORDS {
            assert!(WORDS.iter().all(|(other, _)| !has_word(right, other)), "{wrong} becomes {right}");
        }
    }
}
