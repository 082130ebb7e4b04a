//! Text that grows in a notebook: a thread here plays the kernel's part.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use course_display::Rich;
use course_pipelines::{GenerationConfig, pipeline};
use course_wire::{Bundle, FromChild, frame, interrupt, link};

#[test]
fn text_grows_in_one_output_and_what_was_written_survives_an_interrupt() {
    let generator = pipeline("text-generation").expect("this test needs the bundled models: cargo xtask models fetch");
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    link::connect(theirs);
    let shown: Arc<Mutex<Vec<(Bundle, String, bool)>>> = Arc::default();
    let log = shown.clone();
    std::thread::spawn(move || {
        while let Ok(Some(FromChild::Display { sequence, bundle, display_id, update })) = frame::read(&mut ours) {
            // The second run is interrupted once some of its text is in view.
            if bundle.plain().starts_with("Twice") && bundle.plain().len() > "Twice▌".len() {
                interrupt::request();
            }
            log.lock().unwrap().push((bundle, display_id.unwrap(), update));
            link::drained(sequence);
        }
    });

    let config = GenerationConfig::new().max_new_tokens(30);
    let begun = Instant::now();
    let written = generator.stream_with("Once upon a time", &config).unwrap();
    let tenths = begun.elapsed().as_millis() / 100;
    let first = std::mem::take(&mut *shown.lock().unwrap());
    assert!(!first[0].2 && first[1..].iter().all(|(_, id, update)| *update && *id == first[0].1));
    assert!(first.len() as u128 <= 2 + tenths, "{} updates in {tenths} tenths of a second", first.len());
    assert_eq!(first.last().unwrap().0, written.rich());
    for (earlier, later) in first.iter().zip(&first[1..]) {
        let text = earlier.0.plain().trim_end_matches('▌');
        assert!(later.0.plain().starts_with(text), "{text:?} is still there");
    }

    let config = GenerationConfig::new().max_new_tokens(400).eos_token_ids([]);
    let error = generator.stream_with("Twice", &config).unwrap_err();
    assert!(matches!(error, course_pipelines::Error::Interrupted(_)), "{error:?}");
    let last = shown.lock().unwrap().last().unwrap().0.plain().to_owned();
    assert!(
        last.starts_with("Twice") && last.ends_with(" (stopped)") && last.len() > "Twice (stopped)".len(),
        "{last}"
    );
}
