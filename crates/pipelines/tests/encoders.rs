//! The pipelines of encoders beside Python's, on models that were saved into folders.

mod tiny;

use course_display::Rich;
use course_pipelines::{
    Aggregation, Classifications, Entities, Error, FillMask, ImageClassification, Picture, QuestionAnswering,
    ScoreFunction, TextClassification, TokenClassification, ZeroShotClassification, pipeline_with_model,
};
use serde_json::{Value, json};
use tiny::{Case, byte, close, number, oracle, text, texts};

/// Labels and scores, in their order.
fn same_labels(case: &Case, ours: &Classifications) {
    assert_eq!(ours.len(), case.outputs.len());
    for (ours, theirs) in ours.iter().zip(&case.outputs) {
        let theirs = theirs.as_array().unwrap();
        assert_eq!(ours.labels.len(), theirs.len());
        for (ours, theirs) in ours.labels.iter().zip(theirs) {
            assert_eq!(ours.label, text(&theirs["label"]), "{:?}", case.options);
            close(&ours.label, ours.score, &theirs["score"]);
        }
    }
}

#[test]
fn texts_get_the_labels_that_python_gives_them() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let cases = oracle.of("text-classification");
    assert_eq!(cases.len(), 7);
    for case in cases {
        let mut classifier = TextClassification::from_pretrained(&oracle.save(&place, &case.model)).unwrap();
        if let Some(k) = case.options["top_k"].as_u64() {
            classifier = classifier.top_k(k as usize);
        }
        if case.options.contains_key("function_to_apply") {
            classifier = classifier.function_to_apply(ScoreFunction::Sigmoid);
        }
        let ours = match case.inputs[0].get("text_pair") {
            Some(_) => {
                let column = |name| case.inputs.iter().map(|pair| text(&pair[name])).collect::<Vec<_>>();
                classifier.predict_pairs(column("text"), column("text_pair")).unwrap()
            }
            None => classifier.predict(texts(&case.inputs)).unwrap(),
        };
        same_labels(case, &ours);
        if case.inputs[0].is_string() {
            // In batches of one and of two as in one of all.
            for size in [1, 2] {
                same_labels(case, &classifier.clone().batch_size(size).predict(texts(&case.inputs)).unwrap());
            }
        }
    }
}

#[test]
fn labels_without_training_are_those_of_python() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let cases = oracle.of("zero-shot-classification");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let mut classifier = ZeroShotClassification::from_pretrained(&oracle.save(&place, &case.model)).unwrap();
        if let Some(template) = case.options.get("hypothesis_template") {
            classifier = classifier.hypothesis_template(text(template)).unwrap();
        }
        classifier = classifier.multi_label(case.options.get("multi_label") == Some(&json!(true))).unwrap();
        let labels = texts(case.options["candidate_labels"].as_array().unwrap());
        let ours = classifier.classify(texts(&case.inputs), labels).unwrap();
        assert_eq!(ours.len(), case.outputs.len());
        for (ours, theirs) in ours.iter().zip(&case.outputs) {
            assert_eq!(ours.text, text(&theirs["sequence"]));
            let names: Vec<_> = ours.labels.iter().map(|label| label.label.as_str()).collect();
            assert_eq!(names, texts(theirs["labels"].as_array().unwrap()));
            for (ours, theirs) in ours.labels.iter().zip(theirs["scores"].as_array().unwrap()) {
                close(&ours.label, ours.score, theirs);
            }
        }
    }
}

#[test]
fn names_are_found_as_python_finds_them() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let cases = oracle.of("token-classification");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let mut finder = TokenClassification::from_pretrained(&oracle.save(&place, &case.model)).unwrap();
        if let Some(stride) = case.options.get("stride") {
            let error = finder.entities(texts(&case.inputs)).unwrap_err().to_string();
            assert!(error.contains("tokens, and") && error.contains("`.stride(128)`"), "{error}");
            finder = finder.stride(number(stride));
        }
        let inputs = texts(&case.inputs);
        let strategy = text(&case.options["aggregation_strategy"]);
        if strategy == "none" {
            let ours = finder.token_labels(inputs).unwrap();
            for (ours, theirs) in ours.iter().zip(&case.outputs) {
                let theirs = theirs.as_array().unwrap();
                assert_eq!(ours.tokens.len(), theirs.len());
                for (token, theirs) in ours.tokens.iter().zip(theirs) {
                    assert_eq!(
                        (token.entity.as_str(), token.word.as_str()),
                        (text(&theirs["entity"]), text(&theirs["word"]))
                    );
                    assert_eq!(token.index, number(&theirs["index"]));
                    let places = (byte(&ours.text, &theirs["start"]), byte(&ours.text, &theirs["end"]));
                    assert_eq!((token.start, token.end), places);
                    close(&token.word, token.score, &theirs["score"]);
                }
            }
            continue;
        }
        let aggregation = match strategy {
            "simple" => Aggregation::Simple,
            "first" => Aggregation::First,
            "average" => Aggregation::Average,
            _ => Aggregation::Max,
        };
        same_names(case, &finder.aggregation_strategy(aggregation).entities(inputs).unwrap());
    }
}

fn same_names(case: &Case, ours: &Entities) {
    assert_eq!(ours.len(), case.outputs.len());
    for (ours, theirs) in ours.iter().zip(&case.outputs) {
        let theirs = theirs.as_array().unwrap();
        assert_eq!(ours.entities.len(), theirs.len(), "{:?}", case.options);
        for (entity, theirs) in ours.entities.iter().zip(theirs) {
            let places = (byte(&ours.text, &theirs["start"]), byte(&ours.text, &theirs["end"]));
            assert_eq!((entity.start, entity.end), places, "{:?}", case.options);
            assert_eq!(entity.word, ours.text[places.0..places.1]);
            assert_eq!(entity.entity_group, text(&theirs["entity_group"]));
            close(&entity.word, entity.score, &theirs["score"]);
        }
    }
}

#[test]
fn pictures_get_the_labels_that_python_gives_them() {
    let oracle = oracle();
    let cases = oracle.of("image-classification");
    assert_eq!(cases.len(), 2);
    for case in cases {
        let place = tempfile::tempdir().unwrap();
        let folder = oracle.save(&place, &case.model);
        oracle.save_processor(&folder, &case.options["resample"]);
        let mut classifier = ImageClassification::from_pretrained(&folder).unwrap();
        if let Some(k) = case.options.get("top_k") {
            classifier = classifier.top_k(number(k));
        }
        let pictures: Vec<_> = case.inputs.iter().map(|size| picture(number(&size[0]), number(&size[1]))).collect();
        same_labels(case, &classifier.predict_images(&pictures).unwrap());
    }
}

/// As the script makes it.
fn picture(width: usize, height: usize) -> Picture {
    let colour = |x: usize, y: usize, colour: usize| ((x * 37 + y * 91 + colour * 53 + x * y % 7 * 11) % 256) as u8;
    let pixel = |place: usize| [0, 1, 2].map(|number| colour(place % width, place / width, number));
    Picture::from_rgb(width, height, (0..width * height).flat_map(pixel).collect::<Vec<_>>()).unwrap()
}

#[test]
fn masks_are_filled_as_python_fills_them() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let cases = oracle.of("fill-mask");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let mut filler = FillMask::from_pretrained(&oracle.save(&place, &case.model)).unwrap();
        if let Some(k) = case.options.get("top_k") {
            filler = filler.top_k(number(k));
        }
        if let Some(targets) = case.options.get("targets") {
            filler = filler.targets(texts(targets.as_array().unwrap())).unwrap();
        }
        let ours = filler.fill(texts(&case.inputs)).unwrap();
        assert_eq!(ours.len(), case.outputs.len());
        for (ours, theirs) in ours.iter().zip(&case.outputs) {
            // A text with one mask is a list of tokens, one with several a list of those.
            let theirs = theirs.as_array().unwrap();
            let one = [Value::from(theirs.clone())];
            let theirs = if theirs[0].is_array() { theirs } else { one.as_slice() };
            assert_eq!(ours.masks.len(), theirs.len(), "{}", ours.text);
            for (ours, theirs) in ours.masks.iter().zip(theirs) {
                assert_eq!(ours.len(), theirs.as_array().unwrap().len());
                for (fill, theirs) in ours.iter().zip(theirs.as_array().unwrap()) {
                    close(&fill.token_str, fill.score, &theirs["score"]);
                    assert_eq!(fill.token as usize, number(&theirs["token"]));
                    assert_eq!(fill.token_str, text(&theirs["token_str"]));
                    let sequence = text(&theirs["sequence"]);
                    assert_eq!(fill.sequence, sequence.trim_start_matches("[CLS] ").trim_end_matches(" [SEP]"));
                }
            }
        }
    }
}

#[test]
fn questions_are_answered_as_python_answers_them() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let cases = oracle.of("question-answering");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let mut reader = QuestionAnswering::from_pretrained(&oracle.save(&place, &case.model)).unwrap();
        for (name, value) in &case.options {
            reader = match name.as_str() {
                "top_k" => reader.top_k(number(value)),
                "max_answer_len" => reader.max_answer_len(number(value)),
                "max_seq_len" => reader.max_seq_len(number(value)),
                "doc_stride" => reader.doc_stride(number(value)),
                "align_to_words" => reader.align_to_words(value == &json!(true)),
                "handle_impossible_answer" => reader.handle_impossible_answer(value == &json!(true)),
                other => panic!("{other}"),
            };
        }
        let (questions, contexts): (Vec<_>, Vec<_>) =
            case.inputs.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).unzip();
        let ours = reader.answer(questions, contexts).unwrap();
        assert_eq!(ours.len(), case.outputs.len());
        for (ours, theirs) in ours.iter().zip(&case.outputs) {
            let theirs = theirs.as_array().unwrap();
            assert_eq!(ours.answers.len(), theirs.len(), "{:?}", case.options);
            for (answer, theirs) in ours.answers.iter().zip(theirs) {
                assert_eq!(answer.answer, text(&theirs["answer"]), "{:?}", case.options);
                let places = (byte(&ours.context, &theirs["start"]), byte(&ours.context, &theirs["end"]));
                assert_eq!((answer.start, answer.end), places, "{}", answer.answer);
                close(&answer.answer, answer.score, &theirs["score"]);
            }
        }
    }
}

#[test]
fn what_cannot_be_done_says_what_can() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let [names, mask, squad, sentiment] = ["names", "mask", "squad", "sentiment"].map(|name| oracle.save(&place, name));
    let error = |task: &str, model: &str| pipeline_with_model(task, model).unwrap_err();
    let wrong = error("sentiment-analysis", &names);
    assert!(matches!(wrong, Error::WrongHead { .. }));
    let wrong = wrong.to_string();
    assert!(wrong.contains("is a BertForTokenClassification"), "{wrong}");
    assert!(wrong.contains(&format!("pipeline_with_model(\"token-classification\", \"{names}\")")), "{wrong}");
    let wrong = error("zero-shot-classification", &sentiment).to_string();
    assert!(wrong.contains("NEGATIVE, NEUTRAL, POSITIVE, and none of these is entailment"), "{wrong}");
    assert!(
        error("zero-shot-classification", &mask)
            .to_string()
            .contains("fits another task: pipeline_with_model(\"fill-mask\"")
    );
    assert!(error("ner", "./nowhere").to_string().contains("nowhere"));

    let filler = pipeline_with_model("fill-mask", &mask).unwrap();
    let message = |error: Error| error.to_string();
    assert!(message(filler.fill("Paris is a city.").unwrap_err()).contains("write [MASK] where a word is missing"));
    assert!(
        message(filler.predict("Paris").unwrap_err()).contains("`predict` needs a pipeline for text-classification")
    );
    assert!(message(filler.clone().targets("gargle").unwrap_err()).contains("is no token of the vocabulary"));
    assert!(message(filler.fill(["[MASK]", " "]).unwrap_err()).contains("number 1 is empty"));

    let reader = pipeline_with_model("question-answering", &squad).unwrap();
    assert_eq!(message(reader.answer("who ?", "").unwrap_err()), "contexts: the text is empty");
    assert!(message(reader.answer(["who ?", "what ?"], ["a", "b", "c"]).unwrap_err()).contains("a single one for all"));
    assert!(
        message(reader.answer("what ".repeat(70), "Paris").unwrap_err()).contains("leaves none of 64 to its context")
    );
    assert!(message(reader.run("who ?").unwrap_err()).contains("`.answer(question, context)`"));
    let narrow = QuestionAnswering::from_pretrained(&squad).unwrap().max_seq_len(12).doc_stride(9);
    assert!(message(narrow.answer("who ?", "Paris").unwrap_err()).contains("7 tokens of the context"));

    let classifier = TextClassification::from_pretrained(&sentiment).unwrap();
    let long = "good ".repeat(80);
    let error = message(classifier.predict(long.as_str()).unwrap_err());
    assert!(error.contains("has 82 tokens, and") && error.contains("reads 64"), "{error}");
    assert_eq!(classifier.clone().truncation(true).predict(long).unwrap().len(), 1);
    assert!(
        message(classifier.predict_pairs(["a"], ["b", "c"]).unwrap_err())
            .starts_with("second: there are 2, but 1 first")
    );
}

#[test]
fn a_model_without_a_trained_head_is_no_pipeline() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let folder = oracle.save(&place, "names");
    // As a fine-tuning that never was: the configuration says what the weights do not hold.
    let config = std::path::Path::new(&folder).join("config.json");
    let text = std::fs::read_to_string(&config).unwrap().replace("ForTokenClassification", "ForQuestionAnswering");
    std::fs::write(&config, text).unwrap();
    let error = pipeline_with_model("question-answering", &folder).unwrap_err();
    assert!(matches!(&error, Error::UntrainedHead { missing, .. } if missing.contains("qa_outputs.weight")), "{error}");
}

#[test]
fn a_folder_that_was_trained_anew_is_read_anew() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let folder = oracle.save(&place, "names");
    let before = pipeline_with_model("ner", &folder).unwrap();
    let same = pipeline_with_model("ner", &folder).unwrap();
    assert_eq!(before.model_name(), same.model_name());
    let (weights, other) = (place.path().join("names/model.safetensors"), place.path().join("other"));
    let tensors = tensors_of(&weights);
    let doubled: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), (tensor * 2.0).unwrap())).collect();
    candle_core::safetensors::save(&doubled.into_iter().collect(), &other).unwrap();
    std::fs::rename(other, weights).unwrap();
    let after = pipeline_with_model("ner", &folder).unwrap();
    let labels = |pipeline: &course_pipelines::Pipeline| pipeline.token_labels("my name is Sylvain .").unwrap();
    assert_ne!(labels(&before), labels(&after));
    assert_eq!(labels(&before), labels(&same));
}

fn tensors_of(file: &std::path::Path) -> Vec<(String, candle_core::Tensor)> {
    candle_core::safetensors::load(file, &candle_core::Device::Cpu).unwrap().into_iter().collect()
}

#[test]
fn results_show_themselves() {
    let (oracle, place) = (oracle(), tempfile::tempdir().unwrap());
    let [names, squad] = ["names", "squad"].map(|name| oracle.save(&place, name));
    let found = pipeline_with_model("ner", &names).unwrap().aggregation_strategy(Aggregation::First).unwrap();
    let shown = found.entities("Zoë lives in Gütersloh , not in Paris !").unwrap();
    let html = shown.rich().data["text/html"].as_str().unwrap().to_owned();
    assert!(html.contains(">Gütersloh<sub") && html.contains(">LOC</sub>"), "{html}");
    assert!(shown.to_string().starts_with("[Zoë LOC] [lives LOC] [in PER] [Gütersloh LOC]"), "{shown}");
    assert!(
        shown.to_string().lines().any(|line| line.split_whitespace().eq(["name", "kind", "score", "start", "end"]))
    );
    let answers = pipeline_with_model("question-answering", &squad).unwrap();
    let shown = answers
        .answer("where does Sylvain work ?", "my name is Sylvain and I work at Hugging Face in Brooklyn .")
        .unwrap();
    assert!(shown.to_string().starts_with("where does Sylvain work ?\nmy name is [Sylvain] and I work"), "{shown}");
    let pipeline = found.rich().plain().to_owned();
    assert!(pipeline.contains("pipeline for token-classification") && pipeline.contains("names"), "{pipeline}");
}
