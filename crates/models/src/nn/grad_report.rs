//! What every parameter got from a backward pass.

use std::fmt;

use candle_core::backprop::GradStore;
use candle_core::{DType, Tensor};
use course_display::{Bundle, Rich, Table};

use super::Parameters;
use crate::error::few;
use crate::{Error, Result};

/// Names of parameters that a message lists.
const SHOWN: usize = 8;

/// What a parameter's gradient looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GradStatus {
    /// There is none: an operation without a backward pass cut it off, or the parameter is not used.
    Missing,
    /// It has a NaN or an infinity in it.
    NonFinite,
    /// It is zero everywhere.
    Zero,
    /// It is there: its Euclidean norm.
    Norm(f64),
}

/// The gradient of every trained parameter, in the model's order. Made by [`grad_report`].
#[derive(Debug, Clone, PartialEq)]
pub struct GradReport {
    rows: Vec<(String, Vec<usize>, GradStatus)>,
}

/// Looks at the gradient of every trained parameter: is it there, finite, not zero?
///
/// A model can learn for a long time with half its parameters cut off: the loss falls, because the head learns.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{self, GradStatus, Init, Linear, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 0);
/// let used = Linear::new(&parameters.root().pp("used"), 2, 1, false, Init::Ones)?;
/// let _forgotten = Linear::new(&parameters.root().pp("forgotten"), 2, 1, false, Init::Ones)?;
/// let loss = used.forward(&Tensor::new(&[[3f32, 4.]], &Device::Cpu)?)?.sum_all()?;
/// let report = nn::grad_report(&nn::backward(&loss)?, &parameters)?;
/// assert_eq!(report.status("used.weight"), Some(GradStatus::Norm(5.0)));
/// assert!(report.check().unwrap_err().to_string().contains("forgotten.weight"));
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// A gradient that cannot be read.
pub fn grad_report(grads: &GradStore, parameters: &Parameters) -> Result<GradReport> {
    let mut rows = Vec::new();
    for parameter in parameters.trainable() {
        let status = match grads.get(&parameter.var) {
            None => GradStatus::Missing,
            Some(grad) => status(grad)?,
        };
        rows.push((parameter.name, parameter.var.dims().to_vec(), status));
    }
    Ok(GradReport { rows })
}

fn status(grad: &Tensor) -> Result<GradStatus> {
    let squares = grad.to_dtype(DType::F32)?.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    let squares = if squares.is_finite() {
        squares
    } else {
        // A square can be too large for f32 where the number itself is not.
        grad.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?
    };
    Ok(if !squares.is_finite() {
        GradStatus::NonFinite
    } else if squares > 0.0 {
        GradStatus::Norm(squares.sqrt())
    } else if grad.to_dtype(DType::F64)?.abs()?.sum_all()?.to_scalar::<f64>()? > 0.0 {
        GradStatus::Norm(grad.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?.sqrt())
    } else {
        GradStatus::Zero
    })
}

impl GradReport {
    /// What the parameter `name` got.
    pub fn status(&self, name: &str) -> Option<GradStatus> {
        self.rows.iter().find(|(row, ..)| row == name).map(|(.., status)| *status)
    }

    /// Every trained parameter's name and what it got.
    pub fn iter(&self) -> impl Iterator<Item = (&str, GradStatus)> {
        self.rows.iter().map(|(name, _, status)| (name.as_str(), *status))
    }

    /// The names of the parameters that got no gradient at all.
    pub fn missing(&self) -> Vec<&str> {
        self.named(|status| status == GradStatus::Missing)
    }

    /// The names of the parameters whose gradient has a NaN or an infinity in it.
    pub fn non_finite(&self) -> Vec<&str> {
        self.named(|status| status == GradStatus::NonFinite)
    }

    /// The names of the parameters whose gradient is zero everywhere.
    pub fn zero(&self) -> Vec<&str> {
        self.named(|status| status == GradStatus::Zero)
    }

    /// The Euclidean norm of all gradients together: what clipping looks at.
    pub fn norm(&self) -> f64 {
        let squares = self.iter().map(|(_, status)| match status {
            GradStatus::Norm(norm) => norm * norm,
            GradStatus::NonFinite => f64::NAN,
            GradStatus::Zero | GradStatus::Missing => 0.0,
        });
        squares.sum::<f64>().sqrt()
    }

    /// That every parameter has a gradient of finite numbers. One that is zero everywhere is allowed: a table row that no text of the
    /// batch used has it, and LoRA's A while B is zero.
    ///
    /// # Errors
    /// Names those without.
    pub fn check(&self) -> Result<()> {
        let trouble = [
            (
                self.missing(),
                "get no gradient: an operation on the way to the loss has no backward pass, or they are not used",
            ),
            (
                self.non_finite(),
                "have a gradient with NaN or infinity: lower the learning rate, look for a division by zero",
            ),
        ];
        let problems = trouble.iter().filter(|(names, _)| !names.is_empty());
        let problems = problems.map(|(names, what)| format!("{} {what}", few(names, SHOWN))).collect::<Vec<_>>();
        if problems.is_empty() { Ok(()) } else { Err(Error::input("parameters", problems.join("; "))) }
    }

    fn named(&self, which: impl Fn(GradStatus) -> bool) -> Vec<&str> {
        self.iter().filter(|(_, status)| which(*status)).map(|(name, _)| name).collect()
    }
}

impl fmt::Display for GradStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::NonFinite => f.write_str("not finite"),
            Self::Zero => f.write_str("zero"),
            Self::Norm(norm) => write!(f, "{norm:.3e}"),
        }
    }
}

impl GradReport {
    fn table(&self) -> Table {
        let (missing, bad, zero) = (self.missing().len(), self.non_finite().len(), self.zero().len());
        let caption = format!(
            "{} parameters: {missing} without a gradient, {bad} not finite, {zero} zero; norm {:.3e}",
            self.rows.len(),
            self.norm()
        );
        let rows =
            self.rows.iter().fold(Table::new(["parameter", "shape", "gradient"]), |table, (name, shape, status)| {
                table.row((name, format!("{shape:?}"), status.to_string()))
            });
        rows.caption(caption).limit(1000)
    }
}

impl Rich for GradReport {
    fn rich(&self) -> Bundle {
        self.table().rich()
    }
}

impl fmt::Display for GradReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table().rich().plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, Linear, backward};
    use candle_core::Device;

    #[test]
    fn says_of_each_parameter_what_it_got() {
        let parameters = Parameters::new(&Device::Cpu, 0);
        let layer = |name: &str| Linear::new(&parameters.root().pp(name), 2, 1, false, Init::Ones).unwrap();
        let (fine, dead, wild, _cut, _frozen) =
            (layer("fine"), layer("dead"), layer("wild"), layer("cut"), layer("frozen"));
        parameters.freeze(|name| name == "frozen.weight");
        let x = Tensor::new(&[[1f32, 2.]], &Device::Cpu).unwrap();
        let outputs = [
            fine.forward(&x).unwrap(),
            dead.forward(&x.zeros_like().unwrap()).unwrap(),
            wild.forward(&(&x / 0.0).unwrap()).unwrap(),
        ];
        let loss = Tensor::cat(&outputs, 0).unwrap().sum_all().unwrap();
        let report = grad_report(&backward(&loss).unwrap(), &parameters).unwrap();
        assert_eq!(
            (report.missing(), report.non_finite(), report.zero()),
            (vec!["cut.weight"], vec!["wild.weight"], vec!["dead.weight"])
        );
        assert_eq!(report.status("frozen.weight"), None);
        let Some(GradStatus::Norm(norm)) = report.status("fine.weight") else { panic!("{report}") };
        assert!((norm - 5.0_f64.sqrt()).abs() < 1e-6);
        let error = report.check().unwrap_err().to_string();
        assert!(
            error.contains("cut.weight get no gradient") && error.contains("wild.weight have a gradient with NaN"),
            "{error}"
        );
        assert!(report.to_string().contains("fine.weight"));
    }
}
