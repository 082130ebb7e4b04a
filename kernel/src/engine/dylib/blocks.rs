//! evcxr's way to show things: blocks in stdout between two marker lines. Crates that were written for evcxr print them.

use course_wire::{Bundle, html};

use crate::engine::Event;

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";

/// Splits text at its blocks; gives the events, and the beginning of a block that is not whole yet.
///
/// With `ended`, half a block is text. A block may follow text on the same line: whoever printed that ended no line.
pub fn split(text: &str, ended: bool, event: fn(String) -> Event) -> (Vec<Event>, &str) {
    let mut events = Vec::new();
    let mut remaining = text;
    let mut picture = false;
    while let Some(begin) = find_block(remaining) {
        let Some(length) = remaining[begin..].find(END) else {
            if ended {
                break;
            }
            push_text(&mut events, &remaining[..begin], event);
            return (events, &remaining[begin..]);
        };
        picture &= begin == 0;
        push_text(&mut events, &remaining[..begin], event);
        let block = &remaining[begin + BEGIN.len()..begin + length];
        let (mime, content) = block.split_once('\n').unwrap_or((block, ""));
        picture = push_block(&mut events, mime.trim(), content.trim_end_matches('\n'), picture);
        remaining = &remaining[begin + length + END.len()..];
        remaining = remaining.strip_prefix('\n').unwrap_or(remaining);
    }
    // The first letters of a marker at the very end may be all that has come of it.
    let held = match ended {
        true => 0,
        false => beginning_of_marker(remaining),
    };
    let (shown, held) = remaining.split_at(remaining.len() - held);
    push_text(&mut events, shown, event);
    (events, held)
}

fn push_text(events: &mut Vec<Event>, piece: &str, text: fn(String) -> Event) {
    if !piece.is_empty() {
        events.push(text(piece.to_owned()));
    }
}

/// Adds a block's display. A plain text right behind a `picture` stands in for it, and is no output of its own. Whether the next may
/// do so is returned.
fn push_block(events: &mut Vec<Event>, mime: &str, content: &str, picture: bool) -> bool {
    if let (Some(Event::Display { bundle, .. }), true, "text/plain") = (events.last_mut(), picture, mime) {
        bundle.insert(mime, content);
        return false;
    }
    let plain = match mime {
        "text/plain" => content.to_owned(),
        "text/html" | "image/svg+xml" => match html::plain_text(content) {
            text if text.is_empty() => format!("<{mime}>"),
            text => text,
        },
        _ => format!("<{mime}>"),
    };
    let mut bundle = Bundle::text(plain);
    bundle.insert(mime, content);
    events.push(Event::Display { bundle, display_id: None, update: false });
    mime != "text/plain"
}

/// Where a block begins: the marker, and behind it a MIME type or as much of one as is there.
fn find_block(text: &str) -> Option<usize> {
    text.match_indices(BEGIN).map(|(at, _)| at).find(|at| {
        let rest = &text[at + BEGIN.len()..];
        rest.split_once('\n').is_none_or(|(mime, _)| mime.contains('/') && !mime.trim().contains(' '))
    })
}

/// How many bytes at the end are the beginning of a marker; a single letter is not kept waiting.
fn beginning_of_marker(text: &str) -> usize {
    (2..BEGIN.len()).rev().find(|length| text.ends_with(&BEGIN[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str, ended: bool) -> (Vec<String>, String) {
        let (events, held) = split(text, ended, Event::Stdout);
        let line = |event| match event {
            Event::Stdout(text) => text,
            Event::Display { bundle, .. } => {
                format!("{}: {}", bundle.data.keys().cloned().collect::<Vec<_>>().join("+"), bundle.plain())
            }
            other => format!("{other:?}"),
        };
        (events.into_iter().map(line).collect(), held.to_owned())
    }

    #[test]
    fn each_block_is_a_display_with_a_text_that_says_what_it_is() {
        let svg = "<div><svg width=\"640\" height=\"480\"><text>x</text></svg></div>";
        let text = format!(
            "a\n{BEGIN}text/html\n{svg}\n{END}\n{BEGIN}image/png\nAAAA\n{END}\n{BEGIN}text/html\n<b>1</b>\n{END}\nb"
        );
        let (events, held) = outline(&text, false);
        assert_eq!(
            events,
            [
                "a\n",
                "text/plain+text/html: <figure, 640 × 480 pixels>",
                "text/plain+image/png: <image/png>",
                "text/plain+text/html: 1",
                "b"
            ]
        );
        assert_eq!(held, "");
    }

    #[test]
    fn a_plain_text_behind_a_picture_belongs_to_it() {
        let plain = |text: &str| format!("{BEGIN}text/plain\n{text}\n{END}\n");
        let text = format!("{BEGIN}text/html\n<b>1</b>\n{END}\n{}{}", plain("one"), plain("two"));
        assert_eq!(outline(&text, false).0, ["text/plain+text/html: one", "text/plain: two"]);
        let text = format!("{BEGIN}text/html\n<b>1</b>\n{END}\nx{}", plain("one"));
        assert_eq!(outline(&text, false).0, ["text/plain+text/html: 1", "x", "text/plain: one"]);
    }

    #[test]
    fn a_block_may_stand_behind_text_and_a_mention_is_no_block() {
        let text = format!("no newline{BEGIN}text/html\n<b>1</b>\n{END}\n");
        assert_eq!(outline(&text, false).0, ["no newline", "text/plain+text/html: 1"]);
        let text = format!("{BEGIN}is how it starts\n");
        assert_eq!(outline(&text, false), (vec![text], String::new()));
    }

    #[test]
    fn a_block_waits_for_its_end_and_a_marker_for_its_rest() {
        assert_eq!(outline("a\nEVCXR_BEG", false), (vec!["a\n".into()], "EVCXR_BEG".into()));
        assert_eq!(outline("a\nEVCXR_BEG", true), (vec!["a\nEVCXR_BEG".into()], String::new()));
        assert_eq!(outline("say E", false), (vec!["say E".into()], String::new()));
        for half in [format!("{BEGIN}text/html\n<b>"), format!("{BEGIN}text/ht")] {
            assert_eq!(outline(&half, false), (vec![], half.clone()));
            assert_eq!(outline(&half, true).0, [half]);
        }
    }
}
