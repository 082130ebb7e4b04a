//! Showing a value now, and changing what is shown.

use course_wire::{Bundle, link};

use crate::Rich;

/// Shows `value` below the cell, after everything printed so far; in a terminal, prints its plain text.
///
/// ```
/// course_display::display(&course_display::Markdown::new("**seen**"));
/// ```
pub fn display<T: Rich + ?Sized>(value: &T) {
    show(value.rich(), None);
}

/// Shows `value` and returns the handle by which it can be replaced in place.
///
/// ```
/// use course_display::{Html, display_handle};
///
/// let handle = display_handle(&Html::new("epoch 1"));
/// handle.update(&Html::new("epoch 2"));
/// ```
pub fn display_handle<T: Rich + ?Sized>(value: &T) -> DisplayHandle {
    let handle = DisplayHandle { id: uuid::Uuid::new_v4().to_string() };
    show(value.rich(), Some(handle.id.clone()));
    handle
}

/// Clears what the cell has shown so far, at once or, with `wait`, when the next output arrives (which does not flicker).
///
/// In a terminal it does nothing.
pub fn clear_output(wait: bool) {
    // A kernel that is gone has nothing left to clear.
    let _ = link::clear_output(wait);
}

/// A place in the output whose content can be replaced, from this cell or from a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayHandle {
    id: String,
}

impl DisplayHandle {
    /// The id by which front ends know it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Replaces what is shown; in a terminal, prints `value` anew. If the cell was asked to stop, it stops here.
    pub fn update<T: Rich + ?Sized>(&self, value: &T) {
        self.redraw(value);
        if link::connected() {
            stop_if_asked();
        }
    }

    /// The same without the stop, for work that polls the interrupt itself and shows how far it came.
    pub fn redraw<T: Rich + ?Sized>(&self, value: &T) {
        send(value.rich(), Some(self.id.clone()), true);
    }
}

fn show(bundle: Bundle, id: Option<String>) {
    send(bundle, id, false);
    if link::connected() {
        stop_if_asked();
    }
}

fn send(bundle: Bundle, id: Option<String>, update: bool) {
    if link::connected() {
        // A kernel that is gone takes this process with it: there is nobody left to tell.
        let _ = link::display(bundle, id, update);
    } else {
        println!("{}", bundle.plain());
    }
}

/// Ends a loop that shows something at every turn. There is no error to return it by, as in [`progress`](crate::progress).
///
/// A destructor that shows something while the cell unwinds is left alone: it must not unwind twice.
fn stop_if_asked() {
    if course_wire::interrupt::is_requested() && !std::thread::panicking() {
        std::panic::resume_unwind(Box::new(course_wire::Interrupted));
    }
}
