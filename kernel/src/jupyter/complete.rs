//! Completion and inspection. For now `:commands` and the session's own names; the course's and std's come with an index.

use serde::Deserialize;
use serde_json::{Value, json};

use super::names::Names;

/// The commands that a cell understands at the start of a line.
const COMMANDS: [&str; 7] = [":clear", ":help", ":opt", ":restart", ":timing", ":type", ":vars"];

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
    #[serde(rename = "code")]
    pub _code: String,
    /// The cursor, in code points from its start.
    #[serde(rename = "cursor_pos")]
    pub _cursor_pos: usize,
}

/// The content of a `complete_reply`.
pub fn complete(request: &CompleteRequest, names: &Names) -> Value {
    let before: Vec<char> = request.code.chars().take(request.cursor_pos).collect();
    let end = before.len();
    let line_start = before.iter().rposition(|&c| c == '\n').map_or(0, |newline| newline + 1);
    let line: String = before.iter().skip(line_start).collect();
    let command = line.trim_start();
    let (start, matches) = if command.starts_with(':') && !command.contains(char::is_whitespace) {
        let start = end - command.chars().count();
        (start, COMMANDS.iter().filter(|name| name.starts_with(command)).map(|&name| name.to_owned()).collect())
    } else {
        let start = before.iter().rposition(|c| !c.is_alphanumeric() && *c != '_').map_or(0, |edge| edge + 1);
        let word: String = before.iter().skip(start).collect();
        // After a dot or a path, a name means something else.
        let member = start > 0 && matches!(before.get(start - 1), Some('.' | ':'));
        (start, if word.is_empty() || member { Vec::new() } else { names.starting_with(&word) })
    };
    let start = if matches.is_empty() { end } else { start };
    json!({ "status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end, "metadata": {} })
}

/// The content of an `inspect_reply`.
pub fn inspect(_request: &InspectRequest) -> Value {
    json!({ "status": "ok", "found": false, "data": {}, "metadata": {} })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(code: &str, names: &Names) -> Value {
        complete(&CompleteRequest { code: code.into(), cursor_pos: code.chars().count() }, names)
    }

    #[test]
    fn commands_and_names_complete_in_code_points() {
        let names = Names::default();
        names.learn("let tensor = 1; let text = 2;");
        assert_eq!(matches(":v", &names)["matches"], json!([":vars"]));
        assert_eq!(matches("let é = \"👩‍🔬\"; te", &names)["matches"], json!(["tensor", "text"]));
        let reply = matches("\"👩‍🔬\" ten", &names);
        assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(6), &json!(9)));
        assert_eq!(reply["matches"], json!(["tensor"]));
    }

    #[test]
    fn what_is_not_known_has_no_matches() {
        let names = Names::default();
        names.learn("let text = 2;");
        for code in ["", "x.te", "std::te", "zz", ":type te "] {
            let reply = matches(code, &names);
            assert_eq!(reply["matches"], json!([]), "{code}");
            assert_eq!(reply["cursor_start"], reply["cursor_end"]);
        }
        let past_the_end = complete(&CompleteRequest { code: "te".into(), cursor_pos: 99 }, &names);
        assert_eq!(past_the_end["matches"], json!(["text"]));
    }
}
