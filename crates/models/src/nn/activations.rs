//! The functions between two linear layers, each one operation with its own backward pass.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Shape, Tensor, WithDType};
use serde::{Deserialize, Serialize};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, slice, with};
use crate::{Error, Result};

/// A function of each number, by the name that a model's configuration gives it (`hidden_act`).
///
/// ```
/// use course_models::nn::Activation;
/// assert_eq!(Activation::from_name("gelu_new")?, Activation::GeluTanh);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Activation {
    /// `x · Φ(x)` with the normal distribution's Φ: `gelu`.
    Gelu,
    /// GELU by a hyperbolic tangent, as GPT-2 has it: `gelu_new`, `gelu_pytorch_tanh`, `gelu_fast`.
    GeluTanh,
    /// `x · σ(1.702 x)`, as CLIP has it: `quick_gelu`.
    QuickGelu,
    /// `x · σ(x)`: `silu`, `swish`.
    Silu,
    /// `max(x, 0)`: `relu`.
    Relu,
    /// The hyperbolic tangent: `tanh`.
    Tanh,
    /// `σ(x) = 1 / (1 + e^-x)`: `sigmoid`.
    Sigmoid,
}

/// `x · Φ(x)`, exact GELU (Hendrycks and Gimpel, 2016).
///
/// # Errors
/// A tensor of whole numbers.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    Activation::Gelu.forward(x)
}

/// GELU by a hyperbolic tangent: `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
///
/// # Errors
/// A tensor of whole numbers.
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    Activation::GeluTanh.forward(x)
}

/// `x · σ(1.702 x)`.
///
/// # Errors
/// A tensor of whole numbers.
pub fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    Activation::QuickGelu.forward(x)
}

/// `x · σ(x)`.
///
/// # Errors
/// A tensor of whole numbers.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    Activation::Silu.forward(x)
}

/// `max(x, 0)`.
///
/// # Errors
/// A tensor of whole numbers.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    Activation::Relu.forward(x)
}

/// The hyperbolic tangent.
///
/// # Errors
/// A tensor of whole numbers.
pub fn tanh(x: &Tensor) -> Result<Tensor> {
    Activation::Tanh.forward(x)
}

/// `1 / (1 + e^-x)`.
///
/// # Errors
/// A tensor of whole numbers.
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    Activation::Sigmoid.forward(x)
}

impl Activation {
    /// The function of this name in a Hub configuration.
    ///
    /// # Errors
    /// A name that is not known here.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "gelu" | "gelu_python" => Self::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" | "gelu_accurate" => Self::GeluTanh,
            "quick_gelu" => Self::QuickGelu,
            "silu" | "swish" => Self::Silu,
            "relu" => Self::Relu,
            "tanh" => Self::Tanh,
            "sigmoid" => Self::Sigmoid,
            _ => {
                let known =
                    "gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, quick_gelu, silu, swish, relu, tanh, sigmoid";
                return Err(Error::input("hidden_act", format!("{name:?} is not known here, but these are: {known}")));
            }
        })
    }

    /// Its name in a Hub configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_new",
            Self::QuickGelu => "quick_gelu",
            Self::Silu => "silu",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// The function of every number of `x`.
    ///
    /// # Errors
    /// A tensor of whole numbers.
    pub fn forward(self, x: &Tensor) -> Result<Tensor> {
        if !x.dtype().is_float() {
            return Err(Error::input("x", format!("is {:?}, but {} takes floats", x.dtype(), self.name())));
        }
        if is_half(x) {
            return Ok(self.forward(&x.to_dtype(DType::F32)?)?.to_dtype(x.dtype())?);
        }
        if !is_ours(x) {
            return self.composed(x);
        }
        Ok(x.contiguous()?.apply_op1(self)?)
    }

    fn composed(self, x: &Tensor) -> Result<Tensor> {
        let sigmoid = |x: &Tensor| -> Result<Tensor> { Ok((x.neg()?.exp()? + 1.0)?.recip()?) };
        Ok(match self {
            Self::Gelu => ((x * ((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)?)? * 0.5)?,
            Self::GeluTanh => {
                let inner = ((x + (x.powf(3.0)? * CUBE)?)? * ROOT)?;
                ((x * (inner.tanh()? + 1.0)?)? * 0.5)?
            }
            Self::QuickGelu => (x * sigmoid(&(x * QUICK)?)?)?,
            Self::Silu => (x * sigmoid(x)?)?,
            Self::Relu => x.relu()?,
            Self::Tanh => x.tanh()?,
            Self::Sigmoid => sigmoid(x)?,
        })
    }

    /// The function and its derivative at `x`; the compiler leaves out the one that is not used.
    #[inline(always)]
    pub(super) fn at<T: Real>(self, x: T) -> (T, T) {
        let half = T::of(0.5);
        let sigmoid = |x: T| T::ONE / (T::ONE + (-x).exp());
        let tanh = |x: T| T::ONE - T::of(2.0) / ((x + x).exp() + T::ONE);
        match self {
            Self::Gelu => {
                let below = half + half * (x * T::of(std::f64::consts::FRAC_1_SQRT_2)).erf();
                let density = (-half * x * x).exp() * T::of(DENSITY);
                (x * below, below + x * density)
            }
            Self::GeluTanh => {
                let (cube, root) = (T::of(CUBE), T::of(ROOT));
                let t = tanh(root * (x + cube * x * x * x));
                let slope = root * (T::ONE + T::of(3.0) * cube * x * x);
                (half * x * (T::ONE + t), half * (T::ONE + t) + half * x * (T::ONE - t * t) * slope)
            }
            Self::QuickGelu => {
                let s = sigmoid(T::of(QUICK) * x);
                (x * s, s + T::of(QUICK) * x * s * (T::ONE - s))
            }
            Self::Silu => {
                let s = sigmoid(x);
                (x * s, s + x * s * (T::ONE - s))
            }
            // A number that is none stays one, as in PyTorch: a model that has gone wrong is to show it.
            Self::Relu => (if x <= T::ZERO { T::ZERO } else { x }, if x > T::ZERO { T::ONE } else { T::ZERO }),
            Self::Tanh => {
                let t = tanh(x);
                (t, T::ONE - t * t)
            }
            Self::Sigmoid => {
                let s = sigmoid(x);
                (s, s * (T::ONE - s))
            }
        }
    }
}

const CUBE: f64 = 0.044715;
const ROOT: f64 = 0.797_884_560_802_865_4; // √(2/π)
const QUICK: f64 = 1.702;
const DENSITY: f64 = 0.398_942_280_401_432_7; // 1 / √(2π)

/// Numbers that are neighbours make a row here; any length would do.
const WIDTH: usize = 1 << 10;

/// One loop for each function, so that none asks in it which it is.
macro_rules! for_each_activation {
    ($chosen:expr, $activation:ident => $work:expr) => {
        match $chosen {
            Activation::Gelu => {
                const $activation: Activation = Activation::Gelu;
                $work
            }
            Activation::GeluTanh => {
                const $activation: Activation = Activation::GeluTanh;
                $work
            }
            Activation::QuickGelu => {
                const $activation: Activation = Activation::QuickGelu;
                $work
            }
            Activation::Silu => {
                const $activation: Activation = Activation::Silu;
                $work
            }
            Activation::Relu => {
                const $activation: Activation = Activation::Relu;
                $work
            }
            Activation::Tanh => {
                const $activation: Activation = Activation::Tanh;
                $work
            }
            Activation::Sigmoid => {
                const $activation: Activation = Activation::Sigmoid;
                $work
            }
        }
    };
}

impl Activation {
    pub(super) fn values<T: Real>(self, x: &[T]) -> Vec<T> {
        let mut y = vec![T::ZERO; x.len()];
        for_each_activation!(self, F => for_rows(&mut y, WIDTH, |first, rows| {
            rows.iter_mut().zip(&x[first * WIDTH..]).for_each(|(y, x)| *y = F.at(*x).0);
        }));
        y
    }

    pub(super) fn slopes<T: Real>(self, x: &[T], g: &[T]) -> Vec<T> {
        let mut dx = vec![T::ZERO; x.len()];
        for_each_activation!(self, F => for_rows(&mut dx, WIDTH, |first, rows| {
            let (x, g) = (&x[first * WIDTH..], &g[first * WIDTH..]);
            rows.iter_mut().zip(x).zip(g).for_each(|((dx, x), g)| *dx = *g * F.at(*x).1);
        }));
        dx
    }
}

impl Activation {
    /// Multiplies each of `g` with the slope at its `x`.
    pub(super) fn slopes_in_place<T: Real>(self, x: &[T], g: &mut [T]) {
        for_each_activation!(self, F => for_rows(g, WIDTH, |first, rows| {
            rows.iter_mut().zip(&x[first * WIDTH..]).for_each(|(g, x)| *g *= F.at(*x).1);
        }));
    }
}

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        (*self).name()
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(x, (*self).name(), T => T::to_cpu_storage_owned(self.values(slice::<T>(x, layout)?)));
        Ok((y, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, (*self).name(), T => {
            let dx = with::<T, _>(x, |x| with::<T, _>(grad, |g| Ok(self.slopes(x, g))))?;
            Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
        })
    }
}

impl TryFrom<String> for Activation {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::from_name(&name)
    }
}

impl From<Activation> for String {
    fn from(activation: Activation) -> Self {
        activation.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};

    const ALL: [Activation; 7] = [
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::QuickGelu,
        Activation::Silu,
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
    ];

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for activation in ALL {
            check_gradients(&[(numbers(&[5, 7], 1) * 2.0).unwrap()], |t| activation.forward(&t[0]));
        }
    }

    #[test]
    fn equals_candles_operations_also_where_it_saturates_and_on_a_transpose() {
        let x = (numbers(&[40, 50], 1) * 10.0).unwrap().t().unwrap();
        for activation in ALL {
            let expected = activation.composed(&x).unwrap();
            close(&activation.forward(&x).unwrap(), &expected, 1e-9);
            close(&activation.forward(&x.to_dtype(DType::F32).unwrap()).unwrap(), &expected, 2e-5);
        }
    }

    /// Equivalent Python code: `torch.nn.functional.gelu(torch.tensor([-1., 0.5, 3.]))`, and with `approximate="tanh"`.
    #[test]
    fn gelu_has_the_numbers_of_pytorch() {
        let x = Tensor::new(&[-1f32, 0.5, 3.0], &candle_core::Device::Cpu).unwrap();
        let exact = Tensor::new(&[-0.158_655_26f32, 0.345_731_23, 2.995_950_2], x.device()).unwrap();
        close(&gelu(&x).unwrap(), &exact, 1e-6);
        let tanh = Tensor::new(&[-0.158_808f32, 0.345_714, 2.996_362_6], x.device()).unwrap();
        close(&gelu_tanh(&x).unwrap(), &tanh, 1e-6);
    }

    #[test]
    fn names_are_those_of_the_hub() {
        for activation in ALL {
            assert_eq!(Activation::from_name(activation.name()).unwrap(), activation);
        }
        assert_eq!(serde_json::from_str::<Activation>("\"swish\"").unwrap(), Activation::Silu);
        assert!(serde_json::from_str::<Activation>("\"gleu\"").unwrap_err().to_string().contains("gelu_new"));
    }
}
