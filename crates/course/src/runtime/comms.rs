//! Runs the callbacks of what the page sends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use course_wire::{CommMessage, Failure, link};

use super::{cell, panic};

/// Takes one message, on the thread that runs cells: what its callbacks print, display and fail with belongs to it.
pub(super) fn receive(request: u64, message: CommMessage) {
    let area = course_widgets::comm::output_of(&message);
    if link::comm_begin(request, area.clone()).is_err() {
        return;
    }
    let failure = {
        let _area = course_widgets::callback_area(area);
        match catch_unwind(AssertUnwindSafe(|| course_widgets::comm::dispatch(&message))) {
            Ok(Ok(())) => None,
            Ok(Err(failed)) => Some(Failure {
                name: cell::name_of(failed.type_name),
                message: failed.message,
                place: None,
                frames: Vec::new(),
            }),
            Err(payload) => Some(panic::failure(payload)),
        }
    };
    // What waits to be shown, such as the last state of a bar, belongs to the callback.
    link::end_cell();
    // The kernel is gone when this fails, and this process ends with it.
    let _ = link::comm_end(request, failure);
}
