//! Attention maps of the models that come with the course.

use course_display::Rich;
use course_pipelines::{Error, pipeline};

#[test]
fn minilm_shows_every_head_and_where_it_looks() {
    let encoder = pipeline("feature-extraction").unwrap();
    let maps = encoder.attention("The cat sat on the mat.").unwrap();
    assert_eq!(maps.tokens(), ["[CLS]", "the", "cat", "sat", "on", "the", "mat", ".", "[SEP]"]);
    assert_eq!(maps.weights().dims(), [6, 12, 9, 9]);
    let before = maps.looking(|from, to| to + 1 == from).unwrap();
    assert_eq!(before.len(), 72);
    assert!(before[0].share > 0.5 && before[0].share <= 1.0, "{:?}", before[0]);
    let all = maps.looking(|_, _| true).unwrap();
    assert!(all.iter().all(|head| (head.share - 1.0).abs() < 1e-5));

    let shown = maps.head(before[0].layer, before[0].head).unwrap().rich();
    assert!(shown.data["text/html"].as_str().unwrap().contains("title=\"sat → cat: "), "{shown:?}");
    let bundle = maps.rich();
    let size = bundle.data["text/html"].as_str().unwrap().len();
    assert!(size < 40_000 && bundle.plain().contains("head 11"), "{size}: {}", bundle.plain());

    assert!(
        maps.layer(6).unwrap_err().to_string().contains("layer: there is no number 6; they are numbered from 0 to 5")
    );
    assert!(maps.head(0, 12).unwrap_err().to_string().contains("from 0 to 11"));
    assert!(pipeline("sentence-similarity").unwrap().attention("Hello").is_ok());
}

#[test]
fn smollm_looks_back_and_never_ahead() {
    let generator = pipeline("text-generation").unwrap();
    let maps = generator.attention("The cat sat on").unwrap();
    assert_eq!(maps.tokens(), ["The", "·cat", "·sat", "·on"]);
    assert_eq!(maps.weights().dims(), [30, 9, 4, 4]);
    assert!(maps.looking(|from, to| to > from).unwrap().iter().all(|head| head.share == 0.0));
    assert!(maps.head(0, 0).unwrap().rich().plain().lines().nth(2).unwrap().ends_with("·"));
    assert!(generator.attention("").unwrap_err().to_string().contains("it is empty"));
    let classifier = pipeline("zero-shot-classification").unwrap();
    assert!(matches!(classifier.attention("x"), Err(Error::WrongTask { call: "attention", .. })));
}
