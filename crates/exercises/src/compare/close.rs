//! Numbers that are to be equal give or take a tolerance, whatever they are packed in.

use candle_core::{DType, Tensor};

use super::text::count;
use super::{Difference, ELEMENTS, SHOWN, Step, place, shortened};

/// What numbers can be packed in. A value is turned into plain [`Values`] first, so that the comparison is compiled once.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` has no numbers that could be close to others",
    label = "expected a float, a tensor, or a list, tuple or option of those"
)]
pub trait Close {
    /// The numbers, and what they are packed in.
    fn values(&self) -> Values;

    /// The same of a list of them.
    fn list(list: &[Self]) -> Values
    where
        Self: Sized,
    {
        Values::List(list.iter().map(Self::values).collect())
    }
}

/// A value with all types forgotten but a tensor's.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// A float, and whether it is an `f32`.
    Number(f64, bool),
    /// A list of floats, and whether they are `f32`.
    Row(Vec<f64>, bool),
    /// What has to be the same exactly, as it is written.
    Exact(String),
    /// A list of anything.
    List(Vec<Values>),
    /// A tuple.
    Tuple(Vec<Values>),
    /// An option.
    Maybe(Option<Box<Values>>),
    /// A tensor: its dtype, its shape, its values in order.
    Tensor(&'static str, Vec<usize>, Vec<f64>),
    /// A tensor whose values cannot be read, and why.
    Unreadable(String),
}

macro_rules! floats {
    ($($float:ty: $single:literal),*) => {$(
        impl Close for $float {
            fn values(&self) -> Values {
                Values::Number(f64::from(*self), $single)
            }
            fn list(list: &[Self]) -> Values {
                Values::Row(list.iter().map(|value| f64::from(*value)).collect(), $single)
            }
        }
    )*};
}
floats!(f32: true, f64: false);

macro_rules! exact {
    ($($plain:ty),*) => {$(
        impl Close for $plain {
            fn values(&self) -> Values {
                Values::Exact(format!("{self:?}"))
            }
        }
    )*};
}
exact!(bool, char, str, String, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl<T: Close> Close for [T] {
    fn values(&self) -> Values {
        T::list(self)
    }
}

impl<T: Close, const N: usize> Close for [T; N] {
    fn values(&self) -> Values {
        T::list(self)
    }
}

impl<T: Close> Close for Vec<T> {
    fn values(&self) -> Values {
        T::list(self)
    }
}

impl<T: Close> Close for Option<T> {
    fn values(&self) -> Values {
        Values::Maybe(self.as_ref().map(|value| Box::new(value.values())))
    }
}

impl<T: Close + ?Sized> Close for &T {
    fn values(&self) -> Values {
        (**self).values()
    }
}

impl<T: Close + ?Sized> Close for Box<T> {
    fn values(&self) -> Values {
        (**self).values()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<$($name: Close),*> Close for ($($name,)*) {
            fn values(&self) -> Values {
                Values::Tuple(vec![$(self.$index.values()),*])
            }
        }
    )*};
}
tuples!((A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4));

impl Close for Tensor {
    fn values(&self) -> Values {
        let read = || self.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
        match read() {
            Ok(values) => Values::Tensor(self.dtype().as_str(), self.dims().to_vec(), values),
            Err(error) => Values::Unreadable(error.to_string()),
        }
    }
}

/// The first place where the two are further apart than `tolerance`.
pub(super) fn distance(got: &Values, expected: &Values, tolerance: f64) -> Option<Difference> {
    let mut path = Vec::new();
    let found = first(got, expected, tolerance, &mut path)?;
    let sentence = match found.place {
        Some(index) => format!("at `{index:?}`: {}", found.sentence),
        None => format!("{}{}", place(&path), found.sentence),
    };
    Some(Difference { sentence, expected: written(expected), got: written(got), advice: found.advice })
}

/// What differs, and in a tensor where.
struct Found {
    sentence: String,
    place: Option<Vec<usize>>,
    advice: Option<String>,
}

impl Found {
    fn new(sentence: String) -> Self {
        Self { sentence, place: None, advice: None }
    }
}

fn first(got: &Values, expected: &Values, tolerance: f64, path: &mut Vec<Step>) -> Option<Found> {
    match (got, expected) {
        (Values::Number(one, single), Values::Number(other, _)) => numbers(*one, *other, tolerance, *single),
        (Values::Row(one, single), Values::Row(other, _)) => {
            if one.len() != other.len() {
                return Some(lengths(one.len(), other.len()));
            }
            let mut pairs = one.iter().zip(other).enumerate();
            let found = |(index, (one, other)): (usize, (&f64, &f64))| {
                numbers(*one, *other, tolerance, *single).map(|found| (index, found))
            };
            let (index, found) = pairs.find_map(found)?;
            path.push(Step::Index(index));
            Some(found)
        }
        (Values::List(one), Values::List(other)) => {
            if one.len() != other.len() {
                return Some(lengths(one.len(), other.len()));
            }
            parts(one, other, tolerance, path, Step::Index)
        }
        // An empty list has no numbers to tell that it is a row of them.
        (Values::Row(one, _), Values::List(other)) if one.is_empty() || other.is_empty() => {
            (one.len() != other.len()).then(|| lengths(one.len(), other.len()))
        }
        (Values::List(one), Values::Row(other, _)) if one.is_empty() || other.is_empty() => {
            (one.len() != other.len()).then(|| lengths(one.len(), other.len()))
        }
        (Values::Tuple(one), Values::Tuple(other)) if one.len() == other.len() => {
            parts(one, other, tolerance, path, Step::Part)
        }
        (Values::Maybe(Some(one)), Values::Maybe(Some(other))) => {
            path.push(Step::Part(0));
            let found = first(one, other, tolerance, path);
            if found.is_none() {
                path.pop();
            }
            found
        }
        (Values::Maybe(None), Values::Maybe(None)) => None,
        (Values::Tensor(dtype, shape, values), Values::Tensor(other_dtype, other_shape, others)) => {
            tensors((dtype, shape, values), (other_dtype, other_shape, others), tolerance)
        }
        (Values::Unreadable(error), _) | (_, Values::Unreadable(error)) => {
            Some(Found::new(format!("a tensor's values cannot be read: {error}")))
        }
        (one, other) if one == other => None,
        (one, other) => Some(Found::new(format!("{} came, and {} was expected", written(one), written(other)))),
    }
}

fn parts(
    one: &[Values],
    other: &[Values],
    tolerance: f64,
    path: &mut Vec<Step>,
    step: fn(usize) -> Step,
) -> Option<Found> {
    for (index, (one, other)) in one.iter().zip(other).enumerate() {
        path.push(step(index));
        if let Some(found) = first(one, other, tolerance, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

fn lengths(got: usize, expected: usize) -> Found {
    Found::new(format!("it has {} and should have {expected}", count(got, "element")))
}

fn tensors(got: (&str, &[usize], &[f64]), expected: (&str, &[usize], &[f64]), tolerance: f64) -> Option<Found> {
    if got.0 != expected.0 {
        let advice = Some(format!("`.to_dtype(DType::{})?` converts a tensor.", expected.0.to_uppercase()));
        let sentence = format!("the tensor's dtype is {} and should be {}", got.0, expected.0);
        return Some(Found { sentence, place: None, advice });
    }
    if got.1 != expected.1 {
        let same = got.2.len() == expected.2.len();
        let advice = same
            .then(|| "The number of values is right: is a dimension missing, added, or in another place?".to_owned());
        let sentence = format!("the tensor's shape is {:?} and should be {:?}", got.1, expected.1);
        return Some(Found { sentence, place: None, advice });
    }
    let mut pairs = got.2.iter().zip(expected.2).enumerate();
    let single = got.0 != "f64";
    let (index, found) =
        pairs.find_map(|(index, (one, other))| numbers(*one, *other, tolerance, single).map(|found| (index, found)))?;
    Some(Found { place: Some(indices(index, got.1)), ..found })
}

/// Where in a tensor of that shape its n-th value is.
fn indices(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut indices = Vec::new();
    for size in shape.iter().rev() {
        indices.insert(0, index % (*size).max(1));
        index /= (*size).max(1);
    }
    indices
}

fn numbers(got: f64, expected: f64, tolerance: f64, single: bool) -> Option<Found> {
    let close = got == expected || got.is_nan() && expected.is_nan() || (got - expected).abs() <= tolerance;
    if close {
        return None;
    }
    let (one, other) = told_apart(got, expected, single);
    let advice = match () {
        () if got.is_nan() => {
            Some("NaN comes of 0/0, of ∞ − ∞, and of the square root or logarithm of a negative number.")
        }
        () if got.is_infinite() => {
            Some("An infinity comes of a division by 0, or of a number too large for its type, as `exp` soon makes.")
        }
        () if (got + expected).abs() <= tolerance => Some("The sign is the wrong one."),
        () => None,
    };
    let sentence = format!("{one} came, and {other} was expected");
    Some(Found { sentence, place: None, advice: advice.map(str::to_owned) })
}

/// Both numbers with as many digits as it takes to see that they differ, at least four.
fn told_apart(got: f64, expected: f64, single: bool) -> (String, String) {
    let most = if single { 9 } else { 17 };
    for digits in 4..most {
        let (one, other) = (number(got, digits), number(expected, digits));
        if one != other {
            return (one, other);
        }
    }
    (number(got, most), number(expected, most))
}

/// A float with so many significant digits, and no zeros after them: `0.0900`, `1235`, `1.2e-7`.
fn number(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return match value {
            value if value.is_nan() => "NaN".to_owned(),
            value if value == f64::INFINITY => "∞".to_owned(),
            value if value == f64::NEG_INFINITY => "−∞".to_owned(),
            _ => "0".to_owned(),
        };
    }
    let size = value.abs().log10().floor() as i32;
    if !(-4..12).contains(&size) {
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let Some((mantissa, exponent)) = text.split_once('e') else { return text };
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let decimals = usize::try_from(digits as i32 - 1 - size).unwrap_or(0);
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// A value as a card shows it: its numbers with four digits, long lists shortened.
fn written(values: &Values) -> String {
    shortened(&text(values), SHOWN)
}

fn text(values: &Values) -> String {
    let list = |parts: &mut dyn Iterator<Item = String>, length: usize| {
        let mut shown: Vec<String> = parts.take(ELEMENTS).collect();
        if length > ELEMENTS {
            shown.push(format!("… {length} in all"));
        }
        shown.join(", ")
    };
    match values {
        Values::Number(value, _) => number(*value, 4),
        Values::Row(row, _) => format!("[{}]", list(&mut row.iter().map(|value| number(*value, 4)), row.len())),
        Values::Exact(text) => text.clone(),
        Values::List(values) => format!("[{}]", list(&mut values.iter().map(text), values.len())),
        Values::Tuple(values) => format!("({})", list(&mut values.iter().map(text), values.len())),
        Values::Maybe(None) => "None".to_owned(),
        Values::Maybe(Some(value)) => format!("Some({})", text(value)),
        Values::Tensor(dtype, shape, values) => {
            let values = list(&mut values.iter().map(|value| number(*value, 4)), values.len());
            format!("Tensor {shape:?} {dtype}: {values}")
        }
        Values::Unreadable(error) => format!("a tensor ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn sentence(got: &dyn Close, expected: &dyn Close) -> Option<String> {
        distance(&got.values(), &expected.values(), 1e-3).map(|found| found.sentence)
    }

    fn differs(got: &dyn Close, expected: &dyn Close) -> String {
        sentence(got, expected).unwrap()
    }

    #[test]
    fn numbers_are_close_within_the_tolerance_wherever_they_are() {
        assert_eq!(sentence(&1.0005f32, &1.0), None);
        assert_eq!(sentence(&vec![0.09003f32, 0.24473], &[0.0900, 0.2447]), None);
        assert_eq!(sentence(&(1usize, Some(vec![[1.0f32, 2.0]])), &(1usize, Some([[1.0, 2.0005]]))), None);
        assert_eq!(sentence(&f32::NEG_INFINITY, &f64::NEG_INFINITY), None);
        assert_eq!(sentence(&f32::NAN, &f64::NAN), None);
        assert_eq!(sentence(&Vec::<f32>::new(), &Vec::<f64>::new()), None);
        assert_eq!(sentence(&Vec::<Vec<f32>>::new(), &Vec::<f64>::new()), None);
    }

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(differs(&0.5f32, &0.25), "0.5 came, and 0.25 was expected");
        assert_eq!(differs(&vec![1.0f32, 2.0, 3.0], &[1.0, 2.5, 9.0]), "at index 1: 2 came, and 2.5 was expected");
        assert_eq!(differs(&vec![1.0f32], &[1.0, 2.0]), "it has 1 element and should have 2");
        assert_eq!(differs(&vec![vec![1.0f32], vec![2.0]], &[[1.0], [3.0]]), "at `[1][0]`: 2 came, and 3 was expected");
        assert_eq!(differs(&(1usize, 1.0f32), &(2usize, 1.0)), "at `.0`: 1 came, and 2 was expected");
        assert_eq!(differs(&Some(1.0f32), &None::<f32>), "Some(1) came, and None was expected");
        assert_eq!(differs(&1.0f32, &f32::NAN), "1 came, and NaN was expected");
        assert_eq!(differs(&1234.5678f64, &1234.0), "1235 came, and 1234 was expected");
        assert_eq!(differs(&100.001234f64, &100.0), "100.001 came, and 100 was expected");
        assert_eq!(differs(&1.5e-9f64, &4e13), "1.5e-9 came, and 4e13 was expected");
    }

    #[test]
    fn what_is_known_of_a_wrong_number_is_said() {
        let advice = |got: f64, expected: f64| numbers(got, expected, 1e-3, true).unwrap().advice.unwrap();
        assert!(advice(f64::NAN, 1.0).contains("0/0"));
        assert!(advice(f64::INFINITY, 1.0).contains("division by 0"));
        assert!(advice(-0.5, 0.5).contains("sign"));
    }

    #[test]
    fn tensors_are_compared_by_dtype_then_shape_then_value() {
        let tensor = |values: &[f32], shape: (usize, usize)| Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
        let expected = tensor(&[1., 2., 3., 4., 5., 6.], (2, 3));
        assert_eq!(sentence(&expected, &expected), None);
        let doubled = expected.to_dtype(DType::F64).unwrap();
        assert_eq!(differs(&doubled, &expected), "the tensor's dtype is f64 and should be f32");
        let turned = expected.reshape((3, 2)).unwrap();
        assert_eq!(differs(&turned, &expected), "the tensor's shape is [3, 2] and should be [2, 3]");
        let other = tensor(&[1., 2., 3., 4., 7., 6.], (2, 3));
        assert_eq!(differs(&other, &expected), "at `[1, 1]`: 7 came, and 5 was expected");
        let found = distance(&other.values(), &expected.values(), 1e-3).unwrap();
        assert_eq!(found.got, "Tensor [2, 3] f32: 1, 2, 3, 4, 7, 6");
    }
}
