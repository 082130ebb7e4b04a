//! What is compared: classes, numbers, texts, tags, answers.

use candle_core::{DType, Tensor};

use crate::questions::{Answer, AnswerKey};

/// Predictions or references, of one kind.
///
/// Slices, arrays, vectors and tensors turn into it by themselves: `metric.compute(&predictions, &references)`.
///
/// ```
/// use course_evaluation::Values;
///
/// assert_eq!(Values::from(&[0, 2]), Values::Labels(vec![0, 2]));
/// assert_eq!(Values::from(vec!["a", "b"]), Values::Texts(vec!["a".into(), "b".into()]));
/// assert_eq!(Values::from(&vec![vec!["B-PER", "O"]]), Values::TextLists(vec![vec!["B-PER".into(), "O".into()]]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Nothing: for a metric that has predictions only.
    None,
    /// A class each, by its number.
    Labels(Vec<i64>),
    /// A number each.
    Numbers(Vec<f64>),
    /// A text each.
    Texts(Vec<String>),
    /// Several class numbers each: which of the labels an example has (1) and has not (0).
    LabelLists(Vec<Vec<i64>>),
    /// Several numbers each: logits, or the log-likelihoods of a text's tokens.
    NumberLists(Vec<Vec<f64>>),
    /// Several texts each: the tags of a sentence, or all references of a translation.
    TextLists(Vec<Vec<String>>),
    /// An answer to a question each.
    Answers(Vec<Answer>),
    /// What would be right answers to a question each.
    AnswerKeys(Vec<AnswerKey>),
    /// A tensor that could not be read, and why: an error once it is used.
    Unreadable(String),
}

impl Values {
    /// How many examples there are.
    pub fn len(&self) -> usize {
        match self {
            Self::None | Self::Unreadable(_) => 0,
            Self::Labels(rows) => rows.len(),
            Self::Numbers(rows) => rows.len(),
            Self::Texts(rows) => rows.len(),
            Self::LabelLists(rows) => rows.len(),
            Self::NumberLists(rows) => rows.len(),
            Self::TextLists(rows) => rows.len(),
            Self::Answers(rows) => rows.len(),
            Self::AnswerKeys(rows) => rows.len(),
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "missing",
            Self::Labels(_) => "whole numbers",
            Self::Numbers(_) => "numbers",
            Self::Texts(_) => "texts",
            Self::LabelLists(_) => "lists of whole numbers",
            Self::NumberLists(_) => "lists of numbers",
            Self::TextLists(_) => "lists of texts",
            Self::Answers(_) => "answers",
            Self::AnswerKeys(_) => "lists of right answers",
            Self::Unreadable(_) => "an unreadable tensor",
        }
    }

    /// Whether [`append`](Self::append) takes the examples of `more`.
    pub(crate) fn takes(&self, more: &Self) -> bool {
        match (self, more) {
            (_, Self::None) | (Self::None, _) | (Self::Numbers(_), Self::Labels(_)) => true,
            (all, more) => std::mem::discriminant(all) == std::mem::discriminant(more),
        }
    }

    /// Adds the examples of `more`; gives them back where they are of another kind.
    pub(crate) fn append(&mut self, more: Self) -> Result<(), Self> {
        match (&mut *self, more) {
            (_, Self::None) => {}
            (Self::Labels(all), Self::Labels(more)) => all.extend(more),
            (Self::Numbers(all), Self::Numbers(more)) => all.extend(more),
            (Self::Numbers(all), Self::Labels(more)) => all.extend(more.into_iter().map(|label| label as f64)),
            (Self::Texts(all), Self::Texts(more)) => all.extend(more),
            (Self::LabelLists(all), Self::LabelLists(more)) => all.extend(more),
            (Self::NumberLists(all), Self::NumberLists(more)) => all.extend(more),
            (Self::TextLists(all), Self::TextLists(more)) => all.extend(more),
            (Self::Answers(all), Self::Answers(more)) => all.extend(more),
            (Self::AnswerKeys(all), Self::AnswerKeys(more)) => all.extend(more),
            (Self::None, more) => *self = more,
            (_, more) => return Err(more),
        }
        Ok(())
    }
}

/// One example's prediction or reference, for [`Metric::add`](crate::Metric::add).
#[derive(Debug, Clone, PartialEq)]
pub struct One(pub(crate) Values);

/// A type whose lists are [`Values`]; the crate has them all.
#[doc(hidden)]
pub trait Item: Sized {
    fn values<'a>(items: impl Iterator<Item = &'a Self>) -> Values
    where
        Self: 'a;
}

macro_rules! items {
    ($kind:ident: $($item:ty => $convert:expr),* $(,)?) => {$(
        impl Item for $item {
            fn values<'a>(items: impl Iterator<Item = &'a Self>) -> Values where Self: 'a {
                #[allow(clippy::redundant_closure_call)]
                Values::$kind(items.map(|item| ($convert)(item)).collect())
            }
        }
        impl From<$item> for One {
            fn from(item: $item) -> Self {
                One(<$item as Item>::values(std::iter::once(&item)))
            }
        }
    )*};
}
items!(Labels:
    bool => |label: &bool| i64::from(*label), u8 => |label: &u8| i64::from(*label), u16 => |label: &u16| i64::from(*label),
    u32 => |label: &u32| i64::from(*label), u64 => |label: &u64| *label as i64, usize => |label: &usize| *label as i64,
    i8 => |label: &i8| i64::from(*label), i16 => |label: &i16| i64::from(*label), i32 => |label: &i32| i64::from(*label),
    i64 => |label: &i64| *label,
);
items!(Numbers: f32 => |number: &f32| f64::from(*number), f64 => |number: &f64| *number);
items!(Texts: &str => |text: &&str| text.to_string(), String => String::clone, &String => |text: &&String| text.to_string());
items!(Answers: Answer => Answer::clone);
items!(AnswerKeys: AnswerKey => AnswerKey::clone);

/// A list of lists: the rows, each of which is a list that is `Values` itself.
fn rows(rows: impl Iterator<Item = Values>) -> Values {
    let (mut labels, mut numbers, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            Values::Labels(row) => labels.push(row),
            Values::Numbers(row) => numbers.push(row),
            Values::Texts(row) => texts.push(row),
            other => return Values::Unreadable(format!("a list of {} has no use here", other.kind())),
        }
    }
    if !labels.is_empty() {
        Values::LabelLists(labels)
    } else if !numbers.is_empty() {
        Values::NumberLists(numbers)
    } else {
        Values::TextLists(texts)
    }
}

macro_rules! lists {
    ($([$($bound:tt)*] $list:ty),* $(,)?) => {$(
        impl<T: Item, $($bound)*> Item for $list {
            fn values<'a>(items: impl Iterator<Item = &'a Self>) -> Values where Self: 'a {
                rows(items.map(|row| T::values(row.iter())))
            }
        }
        impl<T: Item, $($bound)*> From<$list> for One {
            fn from(row: $list) -> Self {
                One(rows(std::iter::once(T::values(row.iter()))))
            }
        }
        impl<T: Item, $($bound)*> From<$list> for Values {
            fn from(list: $list) -> Self {
                T::values(list.iter())
            }
        }
    )*};
}
lists!([] Vec<T>, [const N: usize] [T; N]);

impl<T: Item> Item for &[T] {
    fn values<'a>(items: impl Iterator<Item = &'a Self>) -> Values
    where
        Self: 'a,
    {
        rows(items.map(|row| T::values(row.iter())))
    }
}

impl<T: Item> From<&[T]> for Values {
    fn from(list: &[T]) -> Self {
        T::values(list.iter())
    }
}

impl<T: Item> From<&Vec<T>> for Values {
    fn from(list: &Vec<T>) -> Self {
        T::values(list.iter())
    }
}

impl<T: Item, const N: usize> From<&[T; N]> for Values {
    fn from(list: &[T; N]) -> Self {
        T::values(list.iter())
    }
}

impl From<()> for Values {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl From<&Values> for Values {
    fn from(values: &Values) -> Self {
        values.clone()
    }
}

impl From<Tensor> for Values {
    fn from(tensor: Tensor) -> Self {
        Self::from(&tensor)
    }
}

/// A tensor of whole numbers gives labels, one of floats numbers; (examples) or (examples, several).
impl From<&Tensor> for Values {
    fn from(tensor: &Tensor) -> Self {
        let floats = matches!(tensor.dtype(), DType::F64 | DType::F32 | DType::F16 | DType::BF16);
        let read = match (tensor.rank(), floats) {
            (1, true) => tensor.to_dtype(DType::F64).and_then(|tensor| tensor.to_vec1()).map(Self::Numbers),
            (1, false) => tensor.to_dtype(DType::I64).and_then(|tensor| tensor.to_vec1()).map(Self::Labels),
            (2, true) => tensor.to_dtype(DType::F64).and_then(|tensor| tensor.to_vec2()).map(Self::NumberLists),
            (2, false) => tensor.to_dtype(DType::I64).and_then(|tensor| tensor.to_vec2()).map(Self::LabelLists),
            _ => {
                let shape = tensor.dims();
                return Self::Unreadable(format!(
                    "its shape is {shape:?}; flatten it to (examples) or (examples, values of each)"
                ));
            }
        };
        read.unwrap_or_else(|error| Self::Unreadable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn everything_list_like_is_values() {
        assert_eq!(Values::from(&[1.5, 2.0]), Values::Numbers(vec![1.5, 2.0]));
        assert_eq!(Values::from(vec![true, false]), Values::Labels(vec![1, 0]));
        assert_eq!(Values::from(&["a".to_string()][..]), Values::Texts(vec!["a".into()]));
        assert_eq!(Values::from([[0, 1], [1, 1]]), Values::LabelLists(vec![vec![0, 1], vec![1, 1]]));
        assert_eq!(Values::from(&vec![vec!["a"], vec![]]), Values::TextLists(vec![vec!["a".into()], vec![]]));
        assert_eq!(Values::from(()).len(), 0);
        assert_eq!(One::from("a").0, Values::Texts(vec!["a".into()]));
        assert_eq!(One::from(["a", "b"]).0, Values::TextLists(vec![vec!["a".into(), "b".into()]]));
    }

    #[test]
    fn tensors_are_read_by_type_and_rank() {
        let device = Device::Cpu;
        let labels = Tensor::new(&[0u32, 3], &device).unwrap();
        assert_eq!(Values::from(&labels), Values::Labels(vec![0, 3]));
        let logits = Tensor::new(&[[0.5f32, 1.0]], &device).unwrap();
        assert_eq!(Values::from(&logits), Values::NumberLists(vec![vec![0.5, 1.0]]));
        assert!(matches!(Values::from(&logits.reshape((1, 1, 2)).unwrap()), Values::Unreadable(_)));
    }

    #[test]
    fn appending_keeps_the_kind() {
        let mut values = Values::None;
        values.append(Values::Labels(vec![1])).unwrap();
        assert!(values.takes(&Values::Labels(vec![2])) && !values.takes(&Values::Texts(vec!["a".into()])));
        values.append(Values::Labels(vec![2])).unwrap();
        assert_eq!(values, Values::Labels(vec![1, 2]));
        assert_eq!(values.append(Values::Texts(vec!["a".into()])), Err(Values::Texts(vec!["a".into()])));
    }
}
