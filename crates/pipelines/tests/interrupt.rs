//! ■ ends long work. In a process of its own: the flag is there once for all threads.

use course_pipelines::{Error, pipeline};
use course_wire::interrupt;

#[test]
fn long_work_ends_when_asked_to() {
    let needed = "these tests need the bundled models: cargo xtask models fetch";
    let generator = pipeline("text-generation").expect(needed);
    let extractor = pipeline("feature-extraction").expect(needed);
    let classifier = pipeline("zero-shot-classification").expect(needed);
    interrupt::request();
    assert!(matches!(generator.generate("Once upon a time"), Err(Error::Interrupted(_))));
    assert!(matches!(generator.stream("Once upon a time"), Err(Error::Interrupted(_))));
    assert!(matches!(extractor.embed(["a", "b"]), Err(Error::Interrupted(_))));
    assert!(matches!(classifier.classify("a", ["b", "c"]), Err(Error::Interrupted(_))));
    interrupt::clear();
    assert!(generator.generate("Once upon a time").is_ok());
}
