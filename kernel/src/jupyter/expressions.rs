//! `user_expressions`: what a front end wants to know after a cell, each evaluated as a small cell of its own.

use std::sync::{Arc, Mutex, PoisonError};

use course_wire::Bundle;
use serde_json::{Map, Value, json};

use super::comms::Comms;
use super::message::{Request, error_content};
use super::source::{LONGEST_PARSED, on_deep_stack};
use crate::engine::{Event, Outcome, Output};

/// Keeps the value of an expression; what it prints or shows besides is nobody's.
pub struct Captured {
    value: Mutex<Option<Bundle>>,
    comms: Arc<Comms>,
    request: Arc<Request>,
}

impl Output for Arc<Captured> {
    fn emit(&self, event: Event) {
        match event {
            // A widget is made as anywhere else, and callbacks may run meanwhile.
            Event::Comm(event) => self.comms.emit(event, &self.request),
            Event::Result(bundle) if self.comms.running().is_none() => {
                *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(bundle)
            }
            Event::Input { answer, .. } => drop(answer.send(None)),
            _ => {}
        }
    }
}

impl Captured {
    /// For an expression that came with `request`.
    pub fn new(comms: Arc<Comms>, request: Arc<Request>) -> Arc<Self> {
        Arc::new(Self { value: Mutex::default(), comms, request })
    }

    /// What the reply says of the expression, once it has been evaluated.
    pub fn reply(&self, outcome: Outcome) -> Value {
        match outcome {
            Outcome::Ok => {
                let value = self.value.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Bundle { data, metadata } = value.unwrap_or_else(|| Bundle::text("()"));
                json!({ "status": "ok", "data": data, "metadata": metadata })
            }
            Outcome::Error(error) => error_content(&error.ename, &error.evalue, &error.traceback),
        }
    }
}

/// The expressions of a request, by name; ones that are no text are kept as they are and found wrong later.
pub fn of_request(content: &Value) -> Map<String, Value> {
    content["user_expressions"].as_object().cloned().unwrap_or_default()
}

/// The cell for an expression.
///
/// # Errors
/// What the reply says when it is not an expression.
pub fn cell(expression: &Value) -> Result<String, Value> {
    let wrong = || error_content("SyntaxError", &format!("not an expression: {expression}"), &[]);
    let code = expression.as_str().filter(|code| code.len() <= LONGEST_PARSED).ok_or_else(wrong)?;
    match on_deep_stack(|| syn::parse_str::<syn::Expr>(code).is_ok()) {
        // `!done` at the start of a cell is a shell command.
        Some(true) => Ok(format!("({code}\n)")),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_expressions_are_evaluated() {
        for (expression, expected) in [
            (json!("x + 1"), Some("(x + 1\n)")),
            (json!("!done // so"), Some("(!done // so\n)")),
            (json!("let y = 1;"), None),
        ] {
            assert_eq!(cell(&expression).ok().as_deref(), expected, "{expression}");
        }
        for wrong in [json!("1; 2"), json!(":vars"), json!(1), json!(null), json!("")] {
            assert_eq!(cell(&wrong).unwrap_err()["ename"], "SyntaxError", "{wrong}");
        }
    }
}
