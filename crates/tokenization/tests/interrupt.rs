//! ■ while a tokenizer is trained. In a process of its own: the flag is everybody's.

use course_tokenization::{Error, Tokenizer, models, pre_tokenizers, trainers};
use course_wire::interrupt;

#[test]
fn a_stop_ends_the_wait() {
    let texts = (0..).map(|number: u64| {
        if number == 200_000 {
            interrupt::request();
        }
        format!("word{}", number % 100)
    });
    let tokenizer = Tokenizer::new(models::bpe()).with_pre_tokenizer(pre_tokenizers::whitespace());
    let stopped = tokenizer.train(&trainers::bpe(400), texts);
    interrupt::clear();
    assert!(matches!(stopped, Err(Error::Interrupted(_))), "{:?}", stopped.map(|_| ()));
    // What comes after is not stopped.
    assert!(tokenizer.train(&trainers::bpe(20), ["low lower"]).is_ok());
}
