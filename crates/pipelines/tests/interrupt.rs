//! ■ ends long work. In a process of its own: the flag is there once for all threads.

mod tiny;

use course_pipelines::{Error, pipeline, pipeline_with_model};
use course_wire::interrupt;

#[test]
fn long_work_ends_when_asked_to() {
    let needed = "these tests need the bundled models: cargo xtask models fetch";
    let generator = pipeline("text-generation").expect(needed);
    let extractor = pipeline("feature-extraction").expect(needed);
    let classifier = pipeline("zero-shot-classification").expect(needed);
    let (oracle, place) = (tiny::oracle(), tempfile::tempdir().unwrap());
    let names = pipeline_with_model("ner", &oracle.save(&place, "names")).unwrap();
    let reader = pipeline_with_model("question-answering", &oracle.save(&place, "squad")).unwrap();
    interrupt::request();
    assert!(matches!(generator.generate("Once upon a time"), Err(Error::Interrupted(_))));
    assert!(matches!(generator.stream("Once upon a time"), Err(Error::Interrupted(_))));
    assert!(matches!(extractor.embed(["a", "b"]), Err(Error::Interrupted(_))));
    assert!(matches!(classifier.classify("a", ["b", "c"]), Err(Error::Interrupted(_))));
    assert!(matches!(names.entities("my name is Sylvain"), Err(Error::Interrupted(_))));
    assert!(matches!(reader.answer("who ?", "Sylvain"), Err(Error::Interrupted(_))));
    interrupt::clear();
    assert!(names.entities("my name is Sylvain").is_ok());
    assert!(generator.generate("Once upon a time").is_ok());
}
