//! Completion and inspection as the protocol has them: cursors in code points, matches with their types.

use course_wire::Bundle;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::assist::Assistant;

/// A `complete_request`.
#[derive(Deserialize)]
pub struct CompleteRequest {
    /// The cell's source.
    pub code: String,
    /// The cursor, in code points from its start.
    pub cursor_pos: usize,
}

/// An `inspect_request`.
#[derive(Deserialize)]
pub struct InspectRequest {
    /// The cell's source.
    pub code: String,
    /// The cursor, in code points from its start.
    pub cursor_pos: usize,
    /// 0 for a tooltip, 1 for everything.
    #[serde(default)]
    pub detail_level: u8,
}

/// The content of a `complete_reply`.
pub fn complete(request: &CompleteRequest, assistant: &Assistant) -> Value {
    let end = request.cursor_pos.min(request.code.chars().count());
    let (start, proposals) = assistant.complete(&request.code, byte_of(&request.code, end));
    let start =
        if proposals.is_empty() { end } else { request.code.get(..start).map_or(end, |before| before.chars().count()) };
    let matches: Vec<&str> = proposals.iter().map(|proposal| proposal.text.as_str()).collect();
    let types: Vec<Value> = proposals
        .iter()
        .map(|proposal| {
            json!({ "start": start, "end": end, "text": proposal.text, "type": proposal.kind, "signature": proposal.signature })
        })
        .collect();
    json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        "metadata": { "_jupyter_types_experimental": types },
    })
}

/// The content of an `inspect_reply`.
pub fn inspect(request: &InspectRequest, assistant: &Assistant) -> Value {
    let at = byte_of(&request.code, request.cursor_pos);
    inspected(assistant.inspect(&request.code, at, request.detail_level > 0))
}

/// The content of an `inspect_reply` with what was found.
pub fn inspected(found: Option<Bundle>) -> Value {
    let is_found = found.is_some();
    let Bundle { data, metadata } = found.unwrap_or_default();
    json!({ "status": "ok", "found": is_found, "data": data, "metadata": metadata })
}

/// The byte at which a code point begins, or the end.
fn byte_of(code: &str, point: usize) -> usize {
    code.char_indices().nth(point).map_or(code.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assist::Library;
    use crate::engine::{Known, KnownVariable};

    fn assistant() -> Assistant {
        let assistant = Assistant::new(Library::new(std::path::Path::new("there is no index")));
        let variable =
            |name: &str| KnownVariable { name: name.into(), type_text: "u8".into(), mutable: false, cell: 1 };
        assistant.learn(Known { variables: vec![variable("tensor"), variable("text")], items: [].into() });
        assistant
    }

    fn reply(code: &str) -> Value {
        complete(&CompleteRequest { code: code.into(), cursor_pos: code.chars().count() }, &assistant())
    }

    #[test]
    fn cursors_are_counted_in_code_points() {
        let wide = reply("\"👩‍🔬\"; ten");
        assert_eq!((&wide["cursor_start"], &wide["cursor_end"]), (&json!(7), &json!(10)));
        assert_eq!(wide["matches"], json!(["tensor"]));
        let typed = &wide["metadata"]["_jupyter_types_experimental"][0];
        assert_eq!(typed, &json!({ "start": 7, "end": 10, "text": "tensor", "type": "variable", "signature": "u8" }));
        let past_the_end = complete(&CompleteRequest { code: "tex".into(), cursor_pos: 99 }, &assistant());
        assert_eq!((&past_the_end["matches"], &past_the_end["cursor_end"]), (&json!(["text"]), &json!(3)));
    }

    #[test]
    fn what_is_not_known_is_not_found() {
        for code in ["x.te", "std::te", "zz"] {
            let reply = reply(code);
            assert_eq!(reply["matches"], json!([]), "{code}");
            assert_eq!(reply["cursor_start"], reply["cursor_end"]);
        }
        let ask = |code: &str, at| {
            let request = InspectRequest { code: code.into(), cursor_pos: at, detail_level: 0 };
            inspect(&request, &assistant())
        };
        assert_eq!(ask("nothing", 3)["found"], json!(false));
        let found = ask("é + text", 6);
        assert_eq!(found["found"], json!(true));
        assert!(
            found["data"]["text/plain"].as_str().unwrap().contains("let text: u8\nvariable of cell [1]"),
            "{found}"
        );
    }
}
