//! What the kernel remembers of a widget, so that a page which is opened again gets it even while a cell runs.
//!
//! Widgets keep their state at both ends of a comm and send what changes. Whatever is sent in either direction passes through
//! here, so the kernel has the whole of it without asking the child.

use course_wire::{Buffer, CommMessage};
use serde_json::{Map, Value, json};

/// A widget's state. Binary values are kept beside the JSON, each with the path of keys that leads to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    state: Map<String, Value>,
    buffers: Vec<(Vec<Value>, Buffer)>,
}

impl Model {
    /// Takes over what a `comm_open` or an `update` carries in `state`, `buffer_paths` and its buffers.
    pub fn merge(&mut self, message: &CommMessage) {
        let paths = message.data["buffer_paths"].as_array().into_iter().flatten();
        let parts: Vec<(Vec<Value>, Buffer)> = paths
            .map(|path| path.as_array().cloned().unwrap_or_default())
            .zip(message.buffers.iter().cloned())
            .filter(|(path, _)| path.first().is_some_and(Value::is_string))
            .collect();
        let state = message.data["state"].as_object();
        let changed = state.into_iter().flat_map(Map::keys).map(String::as_str);
        let changed: Vec<&str> = changed.chain(parts.iter().filter_map(|(path, _)| path.first()?.as_str())).collect();
        self.buffers
            .retain(|(path, _)| !path.first().and_then(Value::as_str).is_some_and(|key| changed.contains(&key)));
        for key in &changed {
            self.state.remove(*key);
        }
        self.state.extend(state.cloned().unwrap_or_default());
        self.buffers.extend(parts);
    }

    /// The value of one key that is not binary.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.state.get(key)
    }

    /// Sets one key.
    pub fn set(&mut self, key: &str, value: Value) {
        self.state.insert(key.to_owned(), value);
    }

    /// The data of an `update` with all of it, and the buffers that belong to it.
    pub fn update(&self) -> (Value, Vec<Buffer>) {
        let (paths, buffers): (Vec<Value>, _) =
            self.buffers.iter().map(|(path, buffer)| (json!(path), buffer.clone())).unzip();
        (json!({ "method": "update", "state": self.state, "buffer_paths": paths }), buffers)
    }
}

/// The answer to `request_states` on `jupyter.widget.control`: all widgets in one message.
pub fn update_states<'a>(models: impl Iterator<Item = (&'a String, &'a Model)>) -> (Value, Vec<Buffer>) {
    let (mut states, mut paths, mut buffers) = (Map::new(), Vec::new(), Vec::new());
    for (id, model) in models {
        let of = |key: &str| model.get(key).cloned().unwrap_or_default();
        let state = json!({
            "model_name": of("_model_name"),
            "model_module": of("_model_module"),
            "model_module_version": of("_model_module_version"),
            "state": model.state,
        });
        states.insert(id.clone(), state);
        for (path, buffer) in &model.buffers {
            let from_the_top = [json!(id), json!("state")].into_iter().chain(path.iter().cloned());
            paths.push(Value::Array(from_the_top.collect()));
            buffers.push(buffer.clone());
        }
    }
    (json!({ "method": "update_states", "states": states, "buffer_paths": paths }), buffers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_wire::CommKind;

    fn message(data: Value, buffers: &[&[u8]]) -> CommMessage {
        CommMessage {
            comm_id: "a".into(),
            kind: CommKind::Message,
            data,
            metadata: Value::Null,
            buffers: buffers.iter().map(|bytes| Buffer(bytes.to_vec())).collect(),
        }
    }

    #[test]
    fn what_is_sent_last_counts_binary_or_not() {
        let mut model = Model::default();
        model.merge(&message(json!({ "state": { "value": 1, "_model_name": "M" } }), &[]));
        model.merge(&message(
            json!({ "state": { "value": 2 }, "buffer_paths": [["image"], ["a", 0]] }),
            &[b"one", b"two"],
        ));
        model.merge(&message(json!({ "state": { "a": [1] }, "buffer_paths": [["value"]] }), &[b"three"]));
        let (data, buffers) = model.update();
        assert_eq!(data["state"], json!({ "_model_name": "M", "a": [1] }));
        assert_eq!(data["buffer_paths"], json!([["image"], ["value"]]));
        assert_eq!(buffers, [Buffer(b"one".to_vec()), Buffer(b"three".to_vec())]);

        let id = "a".to_owned();
        let (data, buffers) = update_states([(&id, &model)].into_iter());
        assert_eq!(data["states"]["a"]["model_name"], "M");
        assert_eq!(data["buffer_paths"], json!([["a", "state", "image"], ["a", "state", "value"]]));
        assert_eq!(buffers.len(), 2);
    }

    #[test]
    fn odd_messages_change_nothing() {
        let mut model = Model::default();
        model.merge(&message(json!({ "state": { "value": 1 } }), &[]));
        for odd in
            [json!(null), json!({ "state": [1] }), json!({ "buffer_paths": "x" }), json!({ "buffer_paths": [1, []] })]
        {
            model.merge(&message(odd, &[b"stray"]));
        }
        assert_eq!(model.get("value"), Some(&json!(1)));
        assert_eq!(model.update().0["state"], json!({ "value": 1 }));
    }
}
