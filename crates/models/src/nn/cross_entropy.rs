//! Cross-entropy between scores and labels, one operation: no probabilities are kept for the backward pass.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, largest, slice, sum, with};
use super::embedding::whole_numbers;
use super::softmax::log_softmax;
use crate::{Error, Result};

/// How the losses of the rows become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean over the labels that count (by weight, if classes have weights).
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They stay one number for each label.
    None,
}

/// What PyTorch's `cross_entropy` can be told, with its defaults.
///
/// ```
/// use course_models::nn::{LossOptions, Reduction};
/// let options = LossOptions::new().label_smoothing(0.1).reduction(Reduction::Sum);
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct LossOptions {
    ignore_index: i64,
    label_smoothing: f64,
    class_weights: Option<Vec<f64>>,
    reduction: Reduction,
    num_items: Option<f64>,
}

impl Default for LossOptions {
    fn default() -> Self {
        Self {
            ignore_index: -100,
            label_smoothing: 0.0,
            class_weights: None,
            reduction: Reduction::Mean,
            num_items: None,
        }
    }
}

impl LossOptions {
    /// The mean over all labels but −100.
    pub fn new() -> Self {
        Self::default()
    }

    /// The label that does not count (−100).
    pub fn ignore_index(mut self, label: i64) -> Self {
        self.ignore_index = label;
        self
    }

    /// The share of a label that is spread evenly over all classes (0).
    pub fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }

    /// What each class counts (1).
    pub fn class_weights(mut self, weights: &[f64]) -> Self {
        self.class_weights = Some(weights.to_vec());
        self
    }

    /// How the losses become one number (the mean).
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Sums the losses and divides by `count`: by the labels of all batches of an accumulation window, so that long and short
    /// batches weigh what they hold. In place of the reduction.
    pub fn num_items(mut self, count: impl Into<Option<f64>>) -> Self {
        self.num_items = count.into();
        self
    }
}

/// The cross-entropy of `logits`, `(…, classes)`, against `labels`, `(…)`: −ln of the probability that softmax gives the label.
///
/// The mean of no label at all (an all-ignored batch) is 0, where PyTorch says NaN.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{LossOptions, cross_entropy};
///
/// let logits = Tensor::new(&[[2f32, 0.], [0., 0.], [1., 9.]], &Device::Cpu)?;
/// let labels = Tensor::new(&[0i64, 1, -100], &Device::Cpu)?;
/// let loss = cross_entropy(&logits, &labels, &LossOptions::new())?.to_scalar::<f32>()?;
/// assert!((loss - (0.126_928 + 2f32.ln()) / 2.0).abs() < 1e-5);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// A label that is no class; shapes that do not fit; as many class weights as there are not classes.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor, options: &LossOptions) -> Result<Tensor> {
    let classes = logits.dims().last().copied().unwrap_or(0);
    if logits.rank() != labels.rank() + 1 || logits.dims().get(..labels.rank()) != Some(labels.dims()) {
        return Err(Error::input(
            "labels",
            format!(
                "have shape {:?}, but logits of shape {:?} need one for each row: the classes are the last dimension",
                labels.dims(),
                logits.dims()
            ),
        ));
    }
    let targets = Targets::new(labels, classes, options)?;
    if is_half(logits) {
        return loss(&logits.to_dtype(DType::F32)?, targets, labels.dims());
    }
    loss(logits, targets, labels.dims())
}

fn loss(logits: &Tensor, targets: Targets, shape: &[usize]) -> Result<Tensor> {
    if !is_ours(logits) {
        return composed(logits, &targets, shape);
    }
    let reduced = targets.divisor.is_some();
    let loss = logits.contiguous()?.apply_op1(CrossEntropy { targets })?;
    Ok(if reduced { loss } else { loss.reshape(shape)? })
}

/// The same of candle's operations, for other devices.
fn composed(logits: &Tensor, targets: &Targets, shape: &[usize]) -> Result<Tensor> {
    let (rows, classes) = (targets.rows(), targets.classes);
    let on_device = |numbers: Vec<f64>, shape: &[usize]| -> Result<Tensor> {
        Ok(Tensor::from_vec(numbers, shape, &candle_core::Device::Cpu)?
            .to_dtype(logits.dtype())?
            .to_device(logits.device())?)
    };
    let chosen = targets.labels.iter().map(|label| label.unwrap_or(0)).collect::<Vec<_>>();
    let counts = targets.labels.iter().map(|label| label.map_or(0.0, |_| 1.0)).collect::<Vec<f64>>();
    let weights = targets.labels.iter().map(|label| targets.weight(*label)).collect::<Vec<_>>();
    let logarithms = log_softmax(&logits.reshape((rows, classes))?)?;
    let chosen = Tensor::from_vec(chosen, (rows, 1), logits.device())?;
    let of_label = (logarithms.gather(&chosen, 1)?.squeeze(1)? * on_device(weights, &[rows])?)?;
    let mut losses = (of_label * (targets.smoothing - 1.0))?;
    if targets.smoothing > 0.0 {
        let weights = targets.class_weights.clone().unwrap_or_else(|| vec![1.0; classes]);
        let spread = logarithms.broadcast_mul(&on_device(weights, &[classes])?)?.sum(D::Minus1)?;
        losses = (losses - (spread * on_device(counts, &[rows])?)? * (targets.smoothing / classes as f64))?;
    }
    Ok(match targets.divisor {
        Some(divisor) => (losses.sum_all()? / divisor)?,
        None => losses.reshape(shape)?,
    })
}

/// The labels, checked, and what is done with their losses.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    /// `None` where the label does not count.
    pub(super) labels: Vec<Option<u32>>,
    pub(super) classes: usize,
    smoothing: f64,
    class_weights: Option<Vec<f64>>,
    /// Σ of the class weights.
    total_weight: f64,
    /// What the sum of the losses is divided by; `None` where they are not summed.
    pub(super) divisor: Option<f64>,
}

impl Targets {
    pub(super) fn new(labels: &Tensor, classes: usize, options: &LossOptions) -> Result<Self> {
        if !(0.0..=1.0).contains(&options.label_smoothing) {
            let share = options.label_smoothing;
            return Err(Error::input("label_smoothing", format!("is a share between 0 and 1, not {share}")));
        }
        if let Some(weights) = options.class_weights.as_ref().filter(|weights| weights.len() != classes) {
            return Err(Error::input(
                "class_weights",
                format!("are {}, but there are {classes} classes", weights.len()),
            ));
        }
        let mut checked = Vec::with_capacity(labels.elem_count());
        for (row, label) in whole_numbers(labels)?.into_iter().enumerate() {
            checked.push(match u32::try_from(label) {
                _ if label == options.ignore_index => None,
                Ok(class) if (class as usize) < classes => Some(class),
                _ => {
                    return Err(Error::input(
                        "labels",
                        format!(
                            "number {row} is {label}, but there are {classes} classes, 0 to {}: does the model have as many labels \
                             as the data? ({} marks what does not count)",
                            classes.saturating_sub(1),
                            options.ignore_index
                        ),
                    ));
                }
            });
        }
        let mut targets = Self {
            labels: checked,
            classes,
            smoothing: options.label_smoothing,
            total_weight: options.class_weights.as_ref().map_or(classes as f64, |weights| weights.iter().sum()),
            class_weights: options.class_weights.clone(),
            divisor: None,
        };
        targets.divisor = match (options.num_items, options.reduction) {
            // Of no label at all: as the mean.
            (Some(count), _) => Some(if count > 0.0 { count } else { 1.0 }),
            (None, Reduction::Sum) => Some(1.0),
            (None, Reduction::None) => None,
            (None, Reduction::Mean) => {
                let total = targets.labels.iter().map(|label| targets.weight(*label)).sum::<f64>();
                Some(if total > 0.0 { total } else { 1.0 })
            }
        };
        Ok(targets)
    }

    fn rows(&self) -> usize {
        self.labels.len()
    }

    /// What a label's own class counts.
    fn weight(&self, label: Option<u32>) -> f64 {
        match (label, &self.class_weights) {
            (None, _) => 0.0,
            (Some(_), None) => 1.0,
            (Some(class), Some(weights)) => weights.get(class as usize).copied().unwrap_or(1.0),
        }
    }

    /// What a row's −ln p of each class is multiplied with: of every class (times its weight), and on top of that of the label.
    fn shares(&self, label: Option<u32>) -> (f64, f64) {
        match label {
            None => (0.0, 0.0),
            Some(_) => (self.smoothing / self.classes as f64, (1.0 - self.smoothing) * self.weight(label)),
        }
    }

    /// The loss of one row of logits.
    #[inline(always)]
    pub(super) fn row_loss<T: Real>(&self, row: usize, logits: &[T]) -> T {
        let label = self.labels[row];
        let Some(class) = label else { return T::ZERO };
        let (every, own) = self.shares(label);
        let shift = log_sum_exp(logits);
        let mut loss = T::of(own) * (shift - logits[class as usize]);
        if every > 0.0 {
            let weighted = match &self.class_weights {
                None => sum(logits.len(), |i| logits[i]),
                Some(weights) => logits.iter().zip(weights).fold(T::ZERO, |sum, (x, w)| sum + *x * T::of(*w)),
            };
            loss += T::of(every) * (T::of(self.total_weight) * shift - weighted);
        }
        loss
    }

    /// Makes one row of logits the gradient of `factor` · its loss, in place.
    #[inline(always)]
    pub(super) fn row_gradient<T: Real>(&self, row: usize, factor: T, logits: &mut [T]) {
        let label = self.labels[row];
        let Some(class) = label else { return logits.fill(T::ZERO) };
        let (every, own) = self.shares(label);
        let shift = log_sum_exp(logits);
        // d(−ln p_c)/dx_j = p_j − [j = c], so the probabilities are multiplied with the sum of all shares.
        let all = factor * T::of(own + every * self.total_weight);
        logits.iter_mut().for_each(|x| *x = (*x - shift).exp() * all);
        if every > 0.0 {
            match &self.class_weights {
                None => logits.iter_mut().for_each(|x| *x -= factor * T::of(every)),
                Some(weights) => logits.iter_mut().zip(weights).for_each(|(x, w)| *x -= factor * T::of(every * w)),
            }
        }
        logits[class as usize] -= factor * T::of(own);
    }

    /// The rows `range` of these, with the same divisor.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        Self { labels: self.labels[range].to_vec(), ..self.clone() }
    }
}

/// ln Σ e^x.
#[inline(always)]
fn log_sum_exp<T: Real>(x: &[T]) -> T {
    let top = largest(x);
    top + sum(x.len(), |i| (x[i] - top).exp()).ln()
}

struct CrossEntropy {
    targets: Targets,
}

impl CrossEntropy {
    fn forward<T: Real>(&self, logits: &[T]) -> Vec<T> {
        let targets = &self.targets;
        let losses = row_losses(targets, logits);
        match targets.divisor {
            // Summed in f64: a mean over a hundred thousand tokens keeps its digits.
            Some(divisor) => vec![T::of(losses.iter().map(|loss| loss.to_f64()).sum::<f64>() / divisor)],
            None => losses,
        }
    }

    fn backward<T: Real>(&self, logits: &[T], grad: &[T]) -> Vec<T> {
        let (targets, classes) = (&self.targets, self.targets.classes);
        let factor = |row: usize| match targets.divisor {
            Some(divisor) => grad[0] * T::of(1.0 / divisor),
            None => grad[row],
        };
        let mut dx = vec![T::ZERO; logits.len()];
        for_rows(&mut dx, classes, |first, rows| {
            for (row, dx) in rows.chunks_exact_mut(classes.max(1)).enumerate() {
                dx.copy_from_slice(&logits[(first + row) * classes..][..classes]);
                targets.row_gradient(first + row, factor(first + row), dx);
            }
        });
        dx
    }
}

/// The loss of each row.
pub(super) fn row_losses<T: Real>(targets: &Targets, logits: &[T]) -> Vec<T> {
    use rayon::prelude::*;
    let classes = targets.classes;
    let rows = super::cpu::rows_of_a_piece(classes);
    let mut losses = vec![T::ZERO; targets.rows()];
    losses.par_chunks_mut(rows).enumerate().for_each(|(piece, losses)| {
        for (row, loss) in losses.iter_mut().enumerate() {
            let row = piece * rows + row;
            *loss = targets.row_loss(row, &logits[row * classes..][..classes]);
        }
    });
    losses
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let loss = forward!(logits, "cross_entropy", T => {
            T::to_cpu_storage_owned(self.forward(slice::<T>(logits, layout)?))
        });
        let shape = if self.targets.divisor.is_some() { Shape::from(()) } else { self.targets.rows().into() };
        Ok((loss, shape))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, "cross_entropy", T => {
            let dx = with::<T, _>(logits, |x| with::<T, _>(grad, |g| Ok(self.backward(x, g))))?;
            Tensor::from_vec(dx, logits.shape(), logits.device()).map(Some)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::Device;
    use proptest::prelude::*;

    fn labels(labels: &[i64]) -> Tensor {
        Tensor::new(labels, &Device::Cpu).unwrap()
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let weighted = LossOptions::new().class_weights(&[0.5, 2.0, 1.0, 0.0, 3.0]);
        let all = [
            LossOptions::new(),
            LossOptions::new().reduction(Reduction::Sum).label_smoothing(0.2),
            LossOptions::new().reduction(Reduction::None),
            LossOptions::new().num_items(7.0).ignore_index(2),
            weighted.clone(),
            weighted.label_smoothing(0.3),
        ];
        for options in all {
            let labels = labels(&[1, 4, if options.ignore_index == -100 { -100 } else { 2 }, 0]);
            check_gradients(&[numbers(&[4, 5], 1)], |t| cross_entropy(&t[0], &labels, &options));
        }
    }

    /// Equivalent Python code:
    /// ```python
    /// x = torch.tensor([[1., 2., 3.], [0., -1., 0.5], [2., 2., 2.]]); y = torch.tensor([2, 0, -100])
    /// w = torch.tensor([0.2, 1., 2.])
    /// F.cross_entropy(x, y), F.cross_entropy(x, y, weight=w), F.cross_entropy(x, y, weight=w, label_smoothing=0.1)
    /// ```
    /// The formulas by hand: −ln p of the labels is 0.407606 and 1.104131.
    #[test]
    fn means_divide_by_the_labels_that_count() {
        let x = Tensor::new(&[[1f64, 2., 3.], [0., -1., 0.5], [2., 2., 2.]], &Device::Cpu).unwrap();
        let y = labels(&[2, 0, -100]);
        let value = |options: &LossOptions| cross_entropy(&x, &y, options).unwrap().to_scalar::<f64>().unwrap();
        let nll = |row: [f64; 3], class: usize| row.iter().map(|x| x.exp()).sum::<f64>().ln() - row[class];
        let (first, second) = ([1., 2., 3.], [0., -1., 0.5]);
        let (a, b) = (nll(first, 2), nll(second, 0));
        assert!((value(&LossOptions::new()) - (a + b) / 2.0).abs() < 1e-12);
        let weights = [0.2, 1.0, 2.0];
        let weighted = LossOptions::new().class_weights(&weights);
        assert!((value(&weighted) - (2.0 * a + 0.2 * b) / 2.2).abs() < 1e-12);
        let spread = |row| (0..3).map(|class| weights[class] * nll(row, class)).sum::<f64>() / 3.0;
        let expected = (0.9 * (2.0 * a + 0.2 * b) + 0.1 * (spread(first) + spread(second))) / 2.2;
        assert!((value(&weighted.label_smoothing(0.1)) - expected).abs() < 1e-12);
        assert!((value(&LossOptions::new().num_items(10.0)) - (a + b) / 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_batch_with_no_label_has_loss_zero() {
        let loss = cross_entropy(&numbers(&[2, 3], 1), &labels(&[-100, -100]), &LossOptions::new()).unwrap();
        assert_eq!(loss.to_scalar::<f64>().unwrap(), 0.0);
    }

    #[test]
    fn a_label_that_is_no_class_is_named() {
        let wrong = |label| cross_entropy(&numbers(&[2, 3], 1), &labels(&[0, label]), &LossOptions::new()).unwrap_err();
        assert!(wrong(3).to_string().contains("number 1 is 3, but there are 3 classes, 0 to 2"), "{}", wrong(3));
        assert!(wrong(-1).to_string().contains("number 1 is -1"));
        let shape = cross_entropy(&numbers(&[2, 3], 1), &labels(&[0, 1, 2]), &LossOptions::new()).unwrap_err();
        assert!(shape.to_string().contains("[3]") && shape.to_string().contains("[2, 3]"));
    }

    proptest! {
        #[test]
        fn equals_candles_operations(
            (rows, more, classes) in (1usize..5, 1usize..5, 2usize..50),
            (turned, weighted, reduction) in (any::<bool>(), any::<bool>(), 0usize..3),
            smoothing in prop_oneof![Just(0.0), 0.0..1.0f64],
            seed in any::<u64>(),
        ) {
            let x = if turned { numbers(&[classes, more, rows], seed).permute([2, 1, 0]).unwrap() } else { numbers(&[rows, more, classes], seed) };
            let count = rows * more;
            // One label in four does not count.
            let y = (0..count as u64).map(|i| if (seed ^ i) % 4 == 0 { -100 } else { (seed.wrapping_add(i * 7) % classes as u64) as i64 }).collect::<Vec<_>>();
            let y = Tensor::from_vec(y, (rows, more), &Device::Cpu).unwrap();
            let mut options = LossOptions::new().label_smoothing(smoothing).reduction([Reduction::Mean, Reduction::Sum, Reduction::None][reduction]);
            if weighted {
                options = options.class_weights(&(0..classes).map(|i| 0.5 + i as f64).collect::<Vec<_>>());
            }
            let targets = Targets::new(&y, classes, &options).unwrap();
            let expected = composed(&x, &targets, y.dims()).unwrap();
            close(&cross_entropy(&x, &y, &options).unwrap(), &expected, 1e-9);
            close(&cross_entropy(&x.to_dtype(DType::F32).unwrap(), &y, &options).unwrap(), &expected, 2e-2);
        }
    }
}
