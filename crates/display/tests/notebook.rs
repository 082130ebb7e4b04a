//! What goes to the kernel when a notebook is listening: a thread here plays the kernel's part.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use course_display::{
    Html, LiveCurve, Markdown, Progress, clear_output, display, display_handle, indicatif_target, progress,
};
use course_wire::{Bundle, FromChild, frame, link};

/// Every message that arrives, acknowledged at once as the kernel does.
static KERNEL: LazyLock<Mutex<Receiver<FromChild>>> = LazyLock::new(|| {
    let (ours, theirs) = UnixStream::pair().unwrap();
    link::connect(theirs);
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut reader = ours;
        while let Ok(Some(message)) = frame::read::<FromChild>(&mut reader) {
            let sequence = match &message {
                FromChild::Display { sequence, .. }
                | FromChild::Result { sequence, .. }
                | FromChild::ClearOutput { sequence, .. } => *sequence,
                other => panic!("unexpected: {other:?}"),
            };
            sender.send(message).unwrap();
            link::drained(sequence);
        }
    });
    Mutex::new(receiver)
});

/// One test at a time: they share the link.
fn kernel() -> MutexGuard<'static, Receiver<FromChild>> {
    KERNEL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The displays that arrived: bundle, id, whether it is an update.
fn displays(kernel: &Receiver<FromChild>) -> Vec<(Bundle, Option<String>, bool)> {
    let display = |message| match message {
        FromChild::Display { bundle, display_id, update, .. } => (bundle, display_id, update),
        other => panic!("not a display: {other:?}"),
    };
    kernel.try_iter().map(display).collect()
}

#[test]
fn a_display_stands_alone_and_a_handle_replaces_its_own() {
    let kernel = kernel();
    display(&Html::new("<b>1</b>"));
    let handle = display_handle(&Markdown::new("a"));
    handle.update(&Markdown::new("b"));
    let shown = displays(&kernel);
    assert_eq!(shown[0].0.data["text/html"], "<b>1</b>");
    assert_eq!((&shown[0].1, shown[0].2), (&None, false));
    assert!(shown[1].1.is_some() && shown[1].1 == shown[2].1);
    assert_eq!((shown[1].2, shown[2].2), (false, true));
    assert_eq!(shown[2].0.plain(), "b");
    clear_output(true);
    assert!(matches!(kernel.try_recv(), Ok(FromChild::ClearOutput { wait: true, .. })));
}

#[test]
fn a_bar_is_one_output_that_moves_at_most_ten_times_a_second_and_ends_where_it_ended() {
    let kernel = kernel();
    let begun = Instant::now();
    let sum: u64 = progress(0..100_000u64, "counting").sum();
    let tenths = begun.elapsed().as_millis() / 100;
    assert_eq!(sum, 4_999_950_000);
    let shown = displays(&kernel);
    assert!(shown.len() as u128 <= 2 + tenths, "{} updates in {tenths} tenths of a second", shown.len());
    assert!(!shown[0].2 && shown[1..].iter().all(|(_, id, update)| *update && *id == shown[0].1));
    let last = shown.last().unwrap().0.plain();
    assert!(last.contains("100,000 of 100,000") && last.contains("done in"), "{last}");
}

#[test]
fn a_bar_that_is_left_says_that_it_stopped() {
    let kernel = kernel();
    for item in progress(0..10, "items") {
        if item == 3 {
            break;
        }
    }
    let shown = displays(&kernel);
    let last = shown.last().unwrap().0.plain();
    assert!(last.contains("3 of 10") && last.contains("stopped after"), "{last}");
}

#[test]
fn bars_inside_bars_are_lines_of_one_output_that_moves_at_most_ten_times_a_second() {
    let kernel = kernel();
    let begun = Instant::now();
    let outer = Progress::new(300, "epochs");
    for epoch in 0..300 {
        for _ in progress(0..20, "steps") {}
        outer.message(format!("loss {epoch}"));
        outer.inc(1).unwrap();
    }
    drop(outer);
    let tenths = begun.elapsed().as_millis() / 100;
    let shown = displays(&kernel);
    assert!(shown.len() as u128 <= 2 + tenths, "{} updates in {tenths} tenths of a second", shown.len());
    assert!(shown.iter().all(|(_, id, _)| *id == shown[0].1) && shown[0].1.is_some());
    let last = shown.last().unwrap().0.plain();
    let lines: Vec<&str> = last.lines().collect();
    assert!(
        lines[0].starts_with("epochs") && lines[0].contains("300 of 300") && lines[0].ends_with("loss 299"),
        "{last}"
    );
    assert!(lines[1].starts_with("steps") && lines[1].contains("20 of 20") && lines.len() == 2, "{last}");
}

#[test]
fn bars_one_after_another_keep_their_own_outputs() {
    let kernel = kernel();
    for _ in progress(0..3, "first") {}
    for _ in progress(0..3, "second") {}
    link::begin_cell();
    let left = Progress::new(3, "left over");
    link::begin_cell();
    for _ in progress(0..3, "in the next cell") {}
    drop(left);
    let shown = displays(&kernel);
    let mut ids: Vec<_> = shown.iter().map(|(_, id, _)| id.clone().unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert!(shown.iter().all(|(bundle, ..)| bundle.plain().lines().count() == 1));
}

#[test]
fn what_is_said_last_is_shown_also_when_nothing_follows() {
    let kernel = kernel();
    let bar = Progress::new(10, "slow");
    bar.inc(1).unwrap();
    bar.message("waiting");
    let deadline = Instant::now() + std::time::Duration::from_secs(60);
    let mut last = String::new();
    while !last.contains("waiting") {
        assert!(Instant::now() < deadline, "{last}");
        std::thread::sleep(std::time::Duration::from_millis(5));
        last = displays(&kernel).last().map_or(last, |shown| shown.0.plain().to_owned());
    }
    assert!(last.contains("1 of 10"), "{last}");
    drop(bar);
    displays(&kernel);
}

#[test]
fn a_live_curve_is_one_output_and_ends_with_its_last_value() {
    let kernel = kernel();
    let begun = Instant::now();
    let curve = LiveCurve::new("loss");
    for step in 0..20_000 {
        curve.push("training", step, 1.0 / f64::from(step + 1)).unwrap();
    }
    curve.push("training", 20_000, 7.0).unwrap();
    drop(curve);
    let thirds = begun.elapsed().as_millis() / 350;
    let shown = displays(&kernel);
    assert!(shown.len() as u128 <= 3 + thirds, "{} drawings in {thirds} thirds of a second", shown.len());
    assert!(!shown[0].2 && shown[1..].iter().all(|(_, id, update)| *update && *id == shown[0].1));
    let (last, ..) = shown.last().unwrap();
    assert!(last.plain().ends_with("1 → 7") && last.data.contains_key("image/svg+xml"), "{}", last.plain());
}

#[test]
fn bars_of_indicatif_draw_into_the_notebook() {
    let kernel = kernel();
    let bar = indicatif::ProgressBar::with_draw_target(Some(5), indicatif_target());
    bar.set_style(indicatif::ProgressStyle::with_template("{pos}/{len}").unwrap());
    bar.inc(5);
    bar.finish();
    link::end_cell();
    let shown = displays(&kernel);
    assert_eq!(shown.last().unwrap().0.plain(), "5/5");
    assert!(shown.last().unwrap().0.data["text/html"].as_str().unwrap().starts_with("<pre"));
}

#[test]
fn several_bars_of_indicatif_move_at_most_ten_times_a_second() {
    let kernel = kernel();
    let begun = Instant::now();
    let bars = indicatif::MultiProgress::with_draw_target(indicatif_target());
    let style = indicatif::ProgressStyle::with_template("{prefix} {pos}/{len}").unwrap();
    let [one, two] = ["one", "two"].map(|name| bars.add(indicatif::ProgressBar::new(5000).with_prefix(name)));
    for bar in [&one, &two] {
        bar.set_style(style.clone());
    }
    for _ in 0..5000 {
        one.inc(1);
        two.inc(1);
    }
    one.abandon();
    two.abandon();
    link::end_cell();
    let tenths = begun.elapsed().as_millis() / 100;
    let shown = displays(&kernel);
    assert!(shown.len() as u128 <= 3 + tenths, "{} updates in {tenths} tenths of a second", shown.len());
    assert_eq!(shown.last().unwrap().0.plain(), "one 5000/5000\ntwo 5000/5000");
    assert!(shown.iter().all(|(_, id, _)| *id == shown[0].1));
}
