//! Features as they stand in dataset cards: a list of columns, shorter than in `dataset_info.json`.

use serde_json::{Map, Value as Json};

use super::Features;

impl Features {
    /// The features as Python's `Features._to_yaml_list` writes them: `[{"name": "text", "dtype": "string"}, …]`.
    pub(crate) fn to_card(&self) -> Vec<Json> {
        match self.to_json() {
            Json::Object(columns) => named(columns),
            _ => Vec::new(),
        }
    }
}

fn named(columns: Map<String, Json>) -> Vec<Json> {
    columns
        .into_iter()
        .map(|(name, description)| {
            let mut column = Map::from_iter([("name".to_owned(), Json::from(name))]);
            column.extend(short(description));
            Json::Object(column)
        })
        .collect()
}

/// A feature of `dataset_info.json` as it stands in a card.
fn short(description: Json) -> Map<String, Json> {
    let Json::Object(mut fields) = description else { return Map::new() };
    if !fields.get("_type").is_some_and(Json::is_string) {
        return one("struct", named(fields).into());
    }
    let kind = fields.shift_remove("_type");
    let kind = kind.as_ref().and_then(Json::as_str).unwrap_or_default();
    match kind {
        "Value" => fields,
        "List" | "LargeList" => {
            let item = short(fields.shift_remove("feature").unwrap_or_default());
            let mut list = one(&snake(kind), item.into());
            list.extend(fields);
            simplified(list)
        }
        _ => {
            // What says nothing new is left out, as it is in Python.
            fields.retain(|name, value| !(value.is_null() || name == "decode" && *value == true));
            match fields.is_empty() {
                true => one("dtype", snake(kind).into()),
                false => one("dtype", simplified(one(&snake(kind), fields.into())).into()),
            }
        }
    }
}

fn one(name: &str, value: Json) -> Map<String, Json> {
    Map::from_iter([(name.to_owned(), value)])
}

/// Lists of plain types and of structs without the word between, and names of classes by their numbers.
fn simplified(mut feature: Map<String, Json>) -> Map<String, Json> {
    for list in ["large_list", "list"] {
        for word in ["dtype", "struct"] {
            if let Some(Json::Object(inner)) = feature.get_mut(list)
                && inner.len() == 1
                && let Some(value) = inner.shift_remove(word)
            {
                feature.insert(list.to_owned(), value);
            }
        }
    }
    if let Some(names) = feature.get_mut("class_label").and_then(|label| label.get_mut("names"))
        && let Json::Array(list) = names
    {
        let numbered = std::mem::take(list).into_iter().enumerate();
        *names = numbered.map(|(class, name)| (class.to_string(), name)).collect::<Map<_, _>>().into();
    }
    feature
}

/// `ClassLabel` as `class_label`, `Array2D` as `array2_d`.
fn snake(camel: &str) -> String {
    let letters: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        if letter.is_ascii_uppercase() && before.is_some_and(|before| !before.is_ascii_uppercase()) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_are_those_that_python_writes_into_cards() {
        // `Features(…)._to_yaml_list()` of Python's `datasets` 5.2.0.
        let features = Features::from_json(&json!({
            "text": { "dtype": "string", "_type": "Value" },
            "label": { "names": ["neg", "pos"], "_type": "ClassLabel" },
            "fx": { "feature": { "dtype": "int64", "_type": "Value" }, "length": 2, "_type": "List" },
            "answers": { "text": { "feature": { "dtype": "string", "_type": "Value" }, "_type": "List" },
                         "start": { "dtype": "int32", "_type": "Value" } },
            "turns": { "feature": { "who": { "dtype": "string", "_type": "Value" } }, "_type": "List" },
            "ll": { "feature": { "dtype": "string", "_type": "Value" }, "_type": "LargeList" },
            "deep": { "feature": { "feature": { "dtype": "float32", "_type": "Value" }, "_type": "List" }, "_type": "List" },
            "cl": { "feature": { "names": ["a", "b"], "_type": "ClassLabel" }, "_type": "List" },
            "arr": { "shape": [null, 2], "dtype": "float32", "_type": "Array2D" },
            "tr": { "languages": ["en", "fr"], "_type": "Translation" },
            "im": { "mode": null, "decode": true, "_type": "Image" },
            "js": { "_type": "Json" },
        }))
        .unwrap();
        assert_eq!(
            Json::from(features.to_card()),
            json!([
                { "name": "text", "dtype": "string" },
                { "name": "label", "dtype": { "class_label": { "names": { "0": "neg", "1": "pos" } } } },
                { "name": "fx", "list": "int64", "length": 2 },
                { "name": "answers", "struct": [{ "name": "text", "list": "string" }, { "name": "start", "dtype": "int32" }] },
                { "name": "turns", "list": [{ "name": "who", "dtype": "string" }] },
                { "name": "ll", "large_list": "string" },
                { "name": "deep", "list": { "list": "float32" } },
                { "name": "cl", "list": { "class_label": { "names": { "0": "a", "1": "b" } } } },
                { "name": "arr", "dtype": { "array2_d": { "shape": [null, 2], "dtype": "float32" } } },
                { "name": "tr", "dtype": { "translation": { "languages": ["en", "fr"] } } },
                { "name": "im", "dtype": "image" },
                { "name": "js", "dtype": "json" },
            ])
        );
    }
}
