//! Labels: their range, how often each is there, and what guessing would reach.

use candle_core::DType;
use course_models::architectures::ModelInputs;

use super::{Diagnosis, Verdict};
use crate::Result;
use crate::collators::IGNORED;
use crate::loader::DataLoader;
use crate::trainer::Trainer;

/// So many batches are looked at.
const BATCHES: usize = 200;

impl Trainer {
    /// Whether there are labels that the model can learn from.
    pub(super) fn look_at_labels(
        &mut self,
        loader: &DataLoader,
        inputs: &ModelInputs,
        diagnosis: &mut Diagnosis,
    ) -> Result<bool> {
        let Some((name, labels)) = self.labels(inputs).into_iter().next() else {
            let names: Vec<&str> = inputs.names().collect();
            let finding =
                format!("the batch has none, only {names:?}; rename the column to \"labels\", or set label_names");
            diagnosis.add("labels", Verdict::Problem, finding);
            return Ok(false);
        };
        if labels.dtype().is_float() || name != "labels" {
            diagnosis.add("labels", Verdict::Good, format!("{name} {:?} {}", labels.dims(), labels.dtype().as_str()));
            return Ok(true);
        }
        let classes = self.classes(inputs, diagnosis)?;
        let mut counts: Vec<u64> = vec![0; classes.unwrap_or(0)];
        let (mut ignored, mut first_alone) = (0, true);
        let order = loader.order(0);
        for number in 0..loader.len().min(BATCHES) {
            course_wire::interrupt::check()?;
            let batch = loader.batch(&order, number)?;
            let collated = self.collate(&batch, &mut loader.random(0, number));
            let Some(inputs) = diagnosis.take("labels", collated)? else { return Ok(false) };
            let Some(labels) = inputs.get("labels") else { continue };
            let labels: Vec<i64> = labels.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?;
            for (place, label) in labels.iter().enumerate() {
                if *label == IGNORED {
                    ignored += 1;
                    continue;
                }
                let class = usize::try_from(*label).ok().filter(|class| classes.is_none_or(|classes| *class < classes));
                let Some(class) = class else {
                    let count = classes.unwrap_or(0);
                    let within = place * batch.len() / labels.len().max(1);
                    let row = order.get(number * loader.batch_size() + within).copied().unwrap_or(0);
                    let finding = format!(
                        "row {row} has the label {label}, and the model has {count} classes, 0 to {}; map the labels, or load the model with \
                         num_labels {}",
                        count.saturating_sub(1),
                        (*label).max(0) + 1
                    );
                    diagnosis.add("labels", Verdict::Problem, finding);
                    return Ok(false);
                };
                if counts.len() <= class {
                    counts.resize(class + 1, 0);
                }
                if let Some(count) = counts.get_mut(class) {
                    *count += 1;
                }
            }
            if number == 0 {
                first_alone = counts.iter().filter(|count| **count > 0).count() <= 1;
            }
        }
        Ok(judge(&counts, ignored, first_alone, diagnosis))
    }

    /// How many classes the model knows, by its logits of the first batch.
    fn classes(&self, inputs: &ModelInputs, diagnosis: &mut Diagnosis) -> Result<Option<usize>> {
        let names: Vec<&str> = inputs.names().filter(|name| *name != "labels").collect();
        let without = inputs.clone().select_names(&names);
        let output = self.model().parameters().no_grad(|| self.model().forward(&without));
        // A model that makes its inputs of the labels needs them; what else is wrong shows at the first loss.
        let output = match output {
            Ok(output) => Ok(output),
            Err(_) => self.model().parameters().no_grad(|| self.model().forward(inputs)),
        };
        let logits = diagnosis.take("forward", output.map_err(Into::into))?.map(|output| output.logits);
        Ok(logits.and_then(|logits| logits.dims().last().copied()))
    }
}

/// What the counts say.
fn judge(counts: &[u64], ignored: u64, first_alone: bool, diagnosis: &mut Diagnosis) -> bool {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        let finding = format!("all {ignored} labels looked at are {IGNORED}: there is nothing to learn");
        diagnosis.add("labels", Verdict::Problem, finding);
        return false;
    }
    let seen: Vec<(usize, u64)> = counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    let share = |count: u64| count as f64 / total as f64;
    let (majority, most) = seen.iter().copied().max_by_key(|(_, count)| *count).unwrap_or_default();
    let without = if ignored > 0 { format!(", {ignored} more are {IGNORED}") } else { String::new() };
    if counts.len() > 30 {
        let finding = format!("{total} of {} classes, {} of them seen{without}", counts.len(), seen.len());
        diagnosis.add("labels", Verdict::Good, finding);
        return true;
    }
    let shares: Vec<String> =
        seen.iter().map(|(class, count)| format!("{class}: {:.1} %", 100.0 * share(*count))).collect();
    let finding = format!("{total} labels{without}; {}", shares.join(", "));
    let unseen: Vec<usize> =
        counts.iter().enumerate().filter(|(_, count)| **count == 0).map(|(class, _)| class).collect();
    let verdict = if seen.len() == 1 {
        Verdict::Problem
    } else if unseen.is_empty() {
        Verdict::Good
    } else {
        Verdict::Notice
    };
    let can_learn = verdict != Verdict::Problem;
    let note = match verdict {
        Verdict::Problem => "; they are all the same".to_owned(),
        Verdict::Notice => format!("; the classes {unseen:?} never occur"),
        Verdict::Good => String::new(),
    };
    diagnosis.add("labels", verdict, format!("{finding}{note}"));
    let entropy = seen.iter().map(|(_, count)| -share(*count) * share(*count).ln()).sum::<f64>().max(0.0).abs();
    let verdict = if share(most) > 0.9 { Verdict::Notice } else { Verdict::Good };
    let finding = format!(
        "always saying {majority} is right in {:.1} % of the cases, guessing evenly in {:.1} %; the loss of a model that knows nothing but the shares \
         is {entropy:.4}",
        100.0 * share(most),
        100.0 / counts.len() as f64
    );
    diagnosis.add("baselines", verdict, finding);
    if first_alone && seen.len() > 1 {
        let finding = "the first batch has one class only: are the rows sorted by label, and not shuffled?";
        diagnosis.add("order", Verdict::Notice, finding);
    }
    can_learn
}
