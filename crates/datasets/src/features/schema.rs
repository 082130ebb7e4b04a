//! Features as an Arrow schema, and back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::{Value as Json, json};

use super::{Feature, Features};

/// The key of a schema's metadata under which Python's `datasets` keeps the features.
const METADATA: &str = "huggingface";
const EXTENSION_NAME: &str = "ARROW:extension:name";
const EXTENSION_METADATA: &str = "ARROW:extension:metadata";

impl Features {
    /// The features of a schema: what its metadata says where that fits the types, what the types say otherwise.
    ///
    /// Metadata that cannot be read is passed over, since the types are there.
    pub fn from_arrow_schema(schema: &Schema) -> Self {
        let told = schema
            .metadata()
            .get(METADATA)
            .and_then(|text| serde_json::from_str::<Json>(text).ok())
            .and_then(|json| Self::from_json(json.get("info")?.get("features")?).ok())
            .unwrap_or_default();
        let feature = |field: &Field| match told.get(field.name()) {
            Some(feature) => fitting(feature, field),
            None => Feature::from_field(field),
        };
        schema.fields().iter().map(|field| (field.name().as_str(), feature(field))).collect()
    }

    /// The schema of Arrow files with these features, with the metadata by which Python knows them.
    pub fn to_arrow_schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self.iter().map(|(name, feature)| feature.field(name)).collect();
        let metadata = json!({ "info": { "features": self.to_json() } });
        Arc::new(Schema::new_with_metadata(fields, HashMap::from([(METADATA.to_owned(), metadata.to_string())])))
    }
}

/// The feature that the metadata tells of, where the field can hold it.
fn fitting(told: &Feature, field: &Field) -> Feature {
    match told {
        Feature::Opaque { description, storage: DataType::Null } => {
            Feature::Opaque { description: description.clone(), storage: field.data_type().clone() }
        }
        told if same_storage(&told.arrow_type(), field.data_type()) => told.clone(),
        _ => Feature::from_field(field),
    }
}

/// Whether two types are laid out alike: names of list items, nullability and metadata aside.
pub(crate) fn same_storage(one: &DataType, other: &DataType) -> bool {
    match (one, other) {
        (DataType::List(one), DataType::List(other)) | (DataType::LargeList(one), DataType::LargeList(other)) => {
            same_storage(one.data_type(), other.data_type())
        }
        (DataType::FixedSizeList(one, size), DataType::FixedSizeList(other, sizes)) => {
            size == sizes && same_storage(one.data_type(), other.data_type())
        }
        (DataType::Struct(one), DataType::Struct(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.name() == other.name() && same_storage(one.data_type(), other.data_type()))
        }
        (one, other) => one == other,
    }
}

/// The feature that a field's extension type stands for.
pub(super) fn extension(field: &Field) -> Option<Feature> {
    let name = field.metadata().get(EXTENSION_NAME)?;
    if name == "arrow.json" {
        return Some(Feature::Json);
    }
    let dimensions = name.strip_prefix("datasets.features.features.Array")?.strip_suffix("DExtensionType")?;
    let metadata: Json = serde_json::from_str(field.metadata().get(EXTENSION_METADATA)?).ok()?;
    let sizes = metadata.get(0)?.as_array()?;
    let shape: Vec<Option<usize>> =
        sizes.iter().map(|size| size.as_u64().and_then(|size| usize::try_from(size).ok())).collect();
    let feature = Feature::Array { shape, dtype: metadata.get(1)?.as_str()?.parse().ok()? };
    (sizes.len().to_string() == dimensions && same_storage(&feature.arrow_type(), field.data_type())).then_some(feature)
}

/// The field with the metadata of its feature's extension type.
pub(super) fn with_extension(field: Field, feature: &Feature) -> Field {
    let (name, metadata) = match feature {
        Feature::Json => ("arrow.json".to_owned(), String::new()),
        Feature::Array { shape, dtype } => (
            format!("datasets.features.features.Array{}DExtensionType", shape.len()),
            json!([shape, dtype.to_string()]).to_string(),
        ),
        _ => return field,
    };
    field.with_metadata(HashMap::from([(EXTENSION_NAME.to_owned(), name), (EXTENSION_METADATA.to_owned(), metadata)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        Features::from([
            ("text", Feature::string()),
            ("label", Feature::class_label(["a", "b"]).unwrap()),
            ("ids", Feature::list(Feature::int32())),
            ("pair", Feature::fixed_list(Feature::float32(), 2)),
            ("matrix", Feature::Array { shape: vec![None, Some(2)], dtype: "float32".parse().unwrap() }),
            ("any", Feature::Json),
            ("both", Feature::Translation(vec!["en".to_owned(), "fr".to_owned()])),
            ("deep", Feature::Struct(Features::new().with("many", Feature::list(Feature::Json)))),
        ])
    }

    #[test]
    fn a_schema_brings_the_features_back() {
        let features = features();
        assert_eq!(Features::from_arrow_schema(&features.to_arrow_schema()), features);
    }

    #[test]
    fn types_speak_where_there_is_no_metadata() {
        let features = features();
        let bare = Schema::new(features.to_arrow_schema().fields().clone());
        let read = Features::from_arrow_schema(&bare);
        assert_eq!(read.get("label"), Some(&Feature::int64()));
        assert_eq!(read.get("matrix"), features.get("matrix"));
        assert_eq!(read.get("deep"), features.get("deep"));
        assert_eq!(
            read.get("both").map(ToString::to_string),
            Some("{'en': Value('string'), 'fr': Value('string')}".to_owned())
        );
    }

    #[test]
    fn metadata_that_does_not_fit_is_passed_over() {
        let labels = Features::new().with("x", Feature::class_label(["a"]).unwrap()).to_arrow_schema();
        let fields = vec![Field::new("x", DataType::Utf8, true)];
        let schema = Schema::new_with_metadata(fields, labels.metadata().clone());
        assert_eq!(Features::from_arrow_schema(&schema).get("x"), Some(&Feature::string()));
    }
}
