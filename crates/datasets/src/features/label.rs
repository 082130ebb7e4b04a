//! Classes: numbers in the file, names for people.

use std::fmt;

use crate::value::quoted;
use crate::{Error, Result};

/// The names of a column's classes; the file holds their numbers, from 0.
///
/// ```
/// use course_datasets::ClassLabel;
/// let label = ClassLabel::new(["negative", "positive"])?;
/// assert_eq!(label.str2int("positive")?, 1);
/// assert_eq!(label.int2str(0)?, "negative");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassLabel {
    names: Vec<String>,
}

impl ClassLabel {
    /// Classes with these names, in this order.
    ///
    /// # Errors
    /// [`Error::Argument`] when two classes have one name.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(Error::Argument(format!(
                "two classes are named {:?}; each class needs a name of its own",
                pair.first().map_or("", |name| name.as_str())
            ))),
            None => Ok(Self { names }),
        }
    }

    /// Classes named `0`, `1`, … up to `classes`.
    pub fn numbered(classes: usize) -> Self {
        Self { names: (0..classes).map(|class| class.to_string()).collect() }
    }

    /// The names, in the order of their numbers.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many classes there are.
    pub fn num_classes(&self) -> usize {
        self.names.len()
    }

    /// The number of the class of this name. As in Python, a name with spaces around it and a number in digits count too.
    ///
    /// # Errors
    /// [`Error::NoClass`] where there is none.
    pub fn str2int(&self, name: &str) -> Result<i64> {
        let of = |name: &str| self.names.iter().position(|known| known == name);
        if let Some(class) = of(name).or_else(|| of(name.trim())) {
            return i64::try_from(class).map_err(|_| self.no_class(quoted(name)));
        }
        let number = name.trim().parse::<i64>().ok().filter(|&number| number == -1 || self.name(number).is_some());
        number.ok_or_else(|| self.no_class(quoted(name)))
    }

    /// The name of the class of this number.
    ///
    /// # Errors
    /// [`Error::NoClass`] where there is none; −1, "unknown", has none either.
    pub fn int2str(&self, class: i64) -> Result<&str> {
        self.name(class).ok_or_else(|| self.no_class(class.to_string()))
    }

    pub(crate) fn name(&self, class: i64) -> Option<&str> {
        self.names.get(usize::try_from(class).ok()?).map(String::as_str)
    }

    pub(crate) fn no_class(&self, value: String) -> Error {
        Error::NoClass { value, names: self.names.clone() }
    }
}

impl fmt::Display for ClassLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.names.iter().map(|name| quoted(name)).collect();
        write!(formatter, "ClassLabel(names=[{}])", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let label = ClassLabel::new(["neg", "pos"]).unwrap();
        assert_eq!(label.to_string(), "ClassLabel(names=['neg', 'pos'])");
        assert_eq!(label.str2int(" pos ").unwrap(), 1);
        assert_eq!(label.str2int("0").unwrap(), 0);
        assert_eq!(label.str2int("-1").unwrap(), -1);
        assert_eq!(label.str2int("2").unwrap_err().to_string(), "'2' is not one of the 2 classes: \"neg\", \"pos\"");
        assert!(label.int2str(-1).is_err());
        assert!(ClassLabel::new(["a", "b", "a"]).is_err());
        assert_eq!(ClassLabel::numbered(2).names(), ["0", "1"]);
    }
}
