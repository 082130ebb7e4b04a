//! What the kernel itself remarks under a cell.

use course_wire::Bundle;

use super::commands;
use crate::engine::Event;

/// A remark of the kernel's under a cell.
pub fn event(note: &str) -> Event {
    let html = format!(
        "<div style=\"border-left:3px solid #8a8f98;padding:.1em .6em;opacity:.85\">{}</div>",
        code_spans(&commands::escape(note))
    );
    Event::Display { bundle: Bundle::html(html, format!("note: {note}")), display_id: None, update: false }
}

/// `` `x` `` as code.
pub fn code_spans(text: &str) -> String {
    let mut parts = text.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        html.push_str(if index % 2 == 0 { "<code>" } else { "</code>" });
        html.push_str(part);
    }
    html
}
