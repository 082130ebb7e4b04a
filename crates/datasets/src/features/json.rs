//! Features as JSON, the way they stand in `dataset_info.json` and in the metadata of Arrow files.
//!
//! Written is today's spelling (`List`); read are the older ones too: `Sequence`, which made a struct of lists out of a list of structs,
//! lists as JSON arrays of one feature, and the `id` fields that are gone.

use arrow_schema::DataType;
use serde_json::{Map, Value as Json, json};

use super::{ClassLabel, Feature, Features};
use crate::{Error, Result};

impl Features {
    /// The features as Python's `Features.to_dict` writes them.
    pub fn to_json(&self) -> Json {
        Json::Object(self.iter().map(|(name, feature)| (name.to_owned(), feature.to_json())).collect())
    }

    /// The features that Python's `Features.to_dict` wrote, today or in older versions.
    ///
    /// # Errors
    /// [`Error::BadFile`] naming the column whose description cannot be read.
    pub fn from_json(json: &Json) -> Result<Self> {
        let bad = |problem: String| Error::BadFile { place: "features".to_owned(), problem };
        let fields = json.as_object().ok_or_else(|| bad(format!("an object of columns was expected, not {json}")))?;
        let mut features = Self::new();
        for (name, description) in fields {
            let feature = read(description)
                .map_err(|problem| Error::BadFile { place: format!("the feature of column {name:?}"), problem })?;
            features.insert(name.as_str(), feature);
        }
        Ok(features)
    }
}

impl Feature {
    fn to_json(&self) -> Json {
        match self {
            Self::Value(value) => json!({ "dtype": value.to_string(), "_type": "Value" }),
            Self::ClassLabel(label) => json!({ "names": label.names(), "_type": "ClassLabel" }),
            Self::List { feature, length: None } => json!({ "feature": feature.to_json(), "_type": "List" }),
            Self::List { feature, length: Some(length) } => {
                json!({ "feature": feature.to_json(), "length": length, "_type": "List" })
            }
            Self::LargeList(feature) => json!({ "feature": feature.to_json(), "_type": "LargeList" }),
            Self::Struct(features) => features.to_json(),
            Self::Array { shape, dtype } => {
                json!({ "shape": shape, "dtype": dtype.to_string(), "_type": format!("Array{}D", shape.len()) })
            }
            Self::Json => json!({ "_type": "Json" }),
            Self::Translation(languages) => json!({ "languages": languages, "_type": "Translation" }),
            Self::Opaque { description, .. } => description.clone(),
        }
    }
}

type Read<T> = Result<T, String>;

fn read(json: &Json) -> Read<Feature> {
    match json {
        // Before version 4: `[feature]` is a list.
        Json::Array(items) => match items.as_slice() {
            [item] => Ok(Feature::list(read(item)?)),
            _ => Err(format!("a list of one feature was expected, not of {}", items.len())),
        },
        Json::Object(fields) => match fields.get("_type") {
            Some(Json::String(kind)) => read_kind(kind, fields, json),
            // No `_type`, or a field that happens to be named so: a struct.
            _ => read_struct(fields),
        },
        other => Err(format!("an object was expected, not {other}")),
    }
}

fn read_struct(fields: &Map<String, Json>) -> Read<Feature> {
    let entries = fields.iter().map(|(name, field)| Ok((name.as_str(), read(field)?)));
    Ok(Feature::Struct(entries.collect::<Read<Features>>()?))
}

fn read_kind(kind: &str, fields: &Map<String, Json>, json: &Json) -> Read<Feature> {
    let inner = || read(fields.get("feature").ok_or("it names no `feature`")?);
    let length = || fields.get("length").and_then(Json::as_i64).and_then(|length| usize::try_from(length).ok());
    let text = |name: &str| fields.get(name).and_then(Json::as_str).ok_or(format!("it names no `{name}`"));
    Ok(match kind {
        "Value" => Feature::value(text("dtype")?).map_err(|error| error.to_string())?,
        "ClassLabel" => Feature::ClassLabel(read_label(fields)?),
        "List" => Feature::List { feature: Box::new(inner()?), length: length() },
        "LargeList" => Feature::LargeList(Box::new(inner()?)),
        "Sequence" => match inner()? {
            Feature::Struct(features) => Feature::Struct(
                features
                    .iter()
                    .map(|(name, feature)| {
                        (name, Feature::List { feature: Box::new(feature.clone()), length: length() })
                    })
                    .collect(),
            ),
            feature => Feature::List { feature: Box::new(feature), length: length() },
        },
        "Array2D" | "Array3D" | "Array4D" | "Array5D" => {
            let sizes = fields.get("shape").and_then(Json::as_array).ok_or("it names no `shape`")?;
            let shape = sizes.iter().map(|size| size.as_u64().and_then(|size| usize::try_from(size).ok())).collect();
            Feature::Array { shape, dtype: text("dtype")?.parse().map_err(|error: Error| error.to_string())? }
        }
        "Json" => Feature::Json,
        "Translation" => {
            let languages = fields.get("languages").and_then(Json::as_array).ok_or("it names no `languages`")?;
            Feature::Translation(languages.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        }
        "TranslationVariableLanguages" => {
            let strings = || Feature::list(Feature::string());
            Feature::Struct(Features::from([("language", strings()), ("translation", strings())]))
        }
        "Image" | "Audio" | "Video" | "Pdf" | "Nifti" | "Mesh" => {
            let storage = Features::from([("bytes", Feature::binary()), ("path", Feature::string())]);
            Feature::Opaque { description: json.clone(), storage: Feature::Struct(storage).arrow_type() }
        }
        other => Feature::Opaque {
            description: json!({ "_type": other, "description": json }),
            // Not known here; the schema of the file says it.
            storage: DataType::Null,
        },
    })
}

fn read_label(fields: &Map<String, Json>) -> Read<ClassLabel> {
    match fields.get("names") {
        Some(Json::Array(names)) => {
            let names = names.iter().map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
            ClassLabel::new(names).map_err(|error| error.to_string())
        }
        // In README files names are an object from number to name.
        Some(Json::Object(names)) => {
            let mut names: Vec<(usize, &str)> =
                names.iter().filter_map(|(class, name)| Some((class.parse().ok()?, name.as_str()?))).collect();
            names.sort_unstable();
            ClassLabel::new(names.into_iter().map(|(_, name)| name)).map_err(|error| error.to_string())
        }
        _ => match fields.get("num_classes").and_then(Json::as_u64).and_then(|classes| usize::try_from(classes).ok()) {
            Some(classes) => Ok(ClassLabel::numbered(classes)),
            None => Err("it names no classes".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todays_json_comes_back_as_it_was() {
        let json = json!({
            "a": { "dtype": "string", "_type": "Value" },
            "l": { "names": ["neg", "pos"], "_type": "ClassLabel" },
            "st": { "x": { "dtype": "float32", "_type": "Value" },
                    "y": { "feature": { "z": { "dtype": "bool", "_type": "Value" } }, "_type": "List" } },
            "fx": { "feature": { "dtype": "int64", "_type": "Value" }, "length": 2, "_type": "List" },
            "arr": { "shape": [null, 2], "dtype": "float32", "_type": "Array2D" },
            "js": { "_type": "Json" },
            "ll": { "feature": { "dtype": "string", "_type": "Value" }, "_type": "LargeList" },
            "tr": { "languages": ["en", "fr"], "_type": "Translation" },
            "im": { "mode": null, "decode": true, "_type": "Image" },
        });
        let features = Features::from_json(&json).unwrap();
        assert_eq!(features.to_json(), json);
        assert_eq!(
            features.to_string(),
            "{'a': Value('string'), 'l': ClassLabel(names=['neg', 'pos']), 'st': {'x': Value('float32'), 'y': List({'z': Value('bool')})}, \
             'fx': List(Value('int64'), length=2), 'arr': Array2D(shape=(None, 2), dtype='float32'), 'js': Json(decode=True), \
             'll': LargeList(Value('string')), 'tr': Translation(languages=['en', 'fr']), 'im': Image(mode=None, decode=True)}"
        );
    }

    #[test]
    fn older_spellings_are_read() {
        let json = json!({
            "label": { "num_classes": 2, "names": ["a", "b"], "names_file": null, "id": null, "_type": "ClassLabel" },
            "answers": { "feature": { "text": { "dtype": "string", "id": null, "_type": "Value" } }, "length": -1, "id": null, "_type": "Sequence" },
            "ids": { "feature": { "dtype": "int32", "id": null, "_type": "Value" }, "length": -1, "id": null, "_type": "Sequence" },
            "turns": [{ "who": { "dtype": "string", "id": null, "_type": "Value" } }],
        });
        assert_eq!(
            Features::from_json(&json).unwrap().to_string(),
            "{'label': ClassLabel(names=['a', 'b']), 'answers': {'text': List(Value('string'))}, 'ids': List(Value('int32')), \
             'turns': List({'who': Value('string')})}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error =
            Features::from_json(&json!({ "x": { "dtype": "text", "_type": "Value" } })).unwrap_err().to_string();
        assert!(error.starts_with("the feature of column \"x\": \"text\" is not the name of a type"), "{error}");
        assert!(Features::from_json(&json!([])).is_err());
        assert!(Features::from_json(&json!({ "x": { "_type": "List" } })).is_err());
    }
}
