//! What can go wrong between a widget and its Rust half.

/// The result of reading a widget's state.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a widget's state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The widget has no value of this name.
    #[error("the widget has no `{key}`; it has {known}")]
    NoSuchKey {
        /// The name asked for.
        key: String,
        /// The names there are.
        known: String,
    },
    /// The value is of another type.
    #[error("`{key}` of the widget is {value}, which is no {wanted}: {source}")]
    Type {
        /// The value's name.
        key: String,
        /// The value, as JSON.
        value: String,
        /// The type asked for.
        wanted: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
}
