//! The first loss, the gradients, one batch learned by heart, and what the run's own learning rate does to it.

use candle_core::{D, DType, Tensor};
use course_display::Progress;
use course_models::architectures::ModelInputs;
use course_models::nn;

use super::{Diagnosis, Verdict};
use crate::Result;
use crate::collators::IGNORED;
use crate::optimizers::{AdamW, Gradients, Optimizer, ParameterGroup};
use crate::trainer::{Trainer, number};

/// Learning rates, from one that suits large pretrained models to one that suits small new ones; each gets so many steps.
const RATES: [f64; 3] = [3e-4, 3e-3, 3e-2];
const STEPS: u64 = 25;
/// So many steps are made at the run's own learning rate.
const OWN_STEPS: usize = 10;

impl Trainer {
    pub(super) fn look_at_learning(&mut self, inputs: &ModelInputs, diagnosis: &mut Diagnosis) -> Result<()> {
        let parameters = self.model().parameters().clone();
        let (was_training, random) = (parameters.is_training(), parameters.random_state());
        let kept: Vec<Tensor> =
            parameters.named().iter().map(|parameter| parameter.var.as_tensor().copy()).collect::<Result<_, _>>()?;
        // Without dropout, so that one batch can be learned by heart.
        parameters.set_training(false);
        let looked = self.look(inputs, &kept, diagnosis);
        self.put_back(&kept)?;
        parameters.set_training(was_training);
        parameters.set_random_state(random);
        looked
    }

    /// The weights as they were.
    fn put_back(&self, kept: &[Tensor]) -> Result<()> {
        for (parameter, kept) in self.model().parameters().named().iter().zip(kept) {
            parameter.var.set(kept)?;
        }
        Ok(())
    }

    fn look(&self, inputs: &ModelInputs, kept: &[Tensor], diagnosis: &mut Diagnosis) -> Result<()> {
        let items = self.items(inputs)?;
        let Some(loss) = diagnosis.take("first loss", self.training_loss(inputs.clone(), items))? else {
            return Ok(());
        };
        let first = number(&loss)?;
        if !self.judge_loss(first, inputs, diagnosis)? {
            return Ok(());
        }
        let parameters = self.model().parameters();
        let named = || parameters.trainable().into_iter().map(|parameter| (parameter.name.clone(), parameter.var));
        let mut gradients = Gradients::new(named());
        let Some(store) = diagnosis.take("gradients", nn::backward(&loss).map_err(Into::into))? else { return Ok(()) };
        gradients.add(store)?;
        let (trained, all) = (named().count(), parameters.named().len());
        judge_gradients(&gradients, trained, all - trained, diagnosis)?;
        if !diagnosis.is_healthy() {
            return Ok(());
        }
        self.by_heart(inputs, first, &mut gradients, diagnosis)?;
        self.put_back(kept)?;
        // What cannot be learned at any rate says nothing of this one.
        if !diagnosis.is_healthy() {
            return Ok(());
        }
        self.own_rate(inputs, first, diagnosis)
    }

    /// What the run's own learning rate and optimizer do to the batch in a few steps: rates that are far off show at once.
    fn own_rate(&self, inputs: &ModelInputs, first: f64, diagnosis: &mut Diagnosis) -> Result<()> {
        const NAME: &str = "learning rate";
        let (rate, limit) = (self.args().learning_rate, self.args().max_grad_norm);
        let Some(mut optimizer) = diagnosis.take(NAME, self.make_optimizer())? else { return Ok(()) };
        let mut gradients = Gradients::new(optimizer.parameters());
        let items = self.items(inputs)?;
        let mut loss = self.training_loss(inputs.clone(), items)?;
        let (mut steps, mut highest) = (0, first);
        while steps < OWN_STEPS && number(&loss)?.is_finite() {
            course_wire::interrupt::check()?;
            gradients.clear();
            gradients.add(nn::backward(&loss)?)?;
            if limit > 0.0 {
                gradients.clip_norm(limit)?;
            }
            optimizer.step(&gradients, rate)?;
            steps += 1;
            loss = self.training_loss(inputs.clone(), items)?;
            highest = number(&loss)?.max(highest);
        }
        let last = number(&loss)?;
        let finding = format!("{steps} steps of one batch at {rate:e}: loss {first:.4} → {last:.4}");
        if !last.is_finite() || last > 2.0 * first {
            let advice = "the steps are much too long; try a tenth of it, or a hundredth";
            diagnosis.add(NAME, Verdict::Problem, format!("{finding}; {advice}"));
        } else if last > first || highest > 2.0 * first {
            let advice = "the steps may be too long";
            diagnosis.add(NAME, Verdict::Notice, format!("{finding}, and up to {highest:.4} on the way; {advice}"));
        } else if last > 0.998 * first {
            let advice = "it hardly moves; with a small model that is new, longer steps may do";
            diagnosis.add(NAME, Verdict::Notice, format!("{finding}; {advice}"));
        } else {
            diagnosis.add(NAME, Verdict::Good, finding);
        }
        Ok(())
    }

    /// A classifier that knows nothing has a loss of ln C.
    fn judge_loss(&self, loss: f64, inputs: &ModelInputs, diagnosis: &mut Diagnosis) -> Result<bool> {
        const NAME: &str = "first loss";
        if !loss.is_finite() {
            diagnosis.add(NAME, Verdict::Problem, format!("{loss}: look for weights or inputs that are not finite"));
            return Ok(false);
        }
        let is_class = inputs.get("labels").is_some_and(|labels| labels.dtype().is_int());
        let output = self.model().parameters().no_grad(|| self.model().forward(inputs))?;
        let classes = output.logits.dims().last().copied().unwrap_or(1);
        if !is_class || classes < 2 {
            diagnosis.add(NAME, Verdict::Good, format!("{loss:.4}"));
            return Ok(true);
        }
        let unknowing = (classes as f64).ln();
        let finding =
            format!("{loss:.4}; a model that guesses evenly among {classes} classes has ln {classes} = {unknowing:.4}");
        if loss > 1.5 * unknowing {
            diagnosis.add(
                NAME,
                Verdict::Notice,
                format!("{finding}: it begins by being sure of what is wrong; do labels mean the same to it?"),
            );
        } else {
            diagnosis.add(NAME, Verdict::Good, finding);
        }
        Ok(true)
    }

    /// Goes on with one batch until it is known by heart.
    fn by_heart(
        &self,
        inputs: &ModelInputs,
        first: f64,
        gradients: &mut Gradients,
        diagnosis: &mut Diagnosis,
    ) -> Result<()> {
        const NAME: &str = "one batch by heart";
        let named =
            self.model().parameters().trainable().into_iter().map(|parameter| (parameter.name.clone(), parameter.var));
        let mut optimizer = Optimizer::new(AdamW::new(), ParameterGroup::with_decay(named, 0.0))?;
        let bar = (!self.args().disable_tqdm).then(|| Progress::new(STEPS * RATES.len() as u64, NAME));
        let items = self.items(inputs)?;
        let mut reached = (first, None);
        for (step, rate) in RATES.iter().flat_map(|rate| (0..STEPS).map(move |_| *rate)).enumerate() {
            gradients.clip_norm(1.0)?;
            optimizer.step(gradients, rate)?;
            let loss = self.training_loss(inputs.clone(), items)?;
            let now = (number(&loss)?, self.accuracy(inputs)?);
            bar.as_ref().map_or_else(course_wire::interrupt::check, |bar| bar.inc(1))?;
            // What was reached at a rate that suits the model is not lost at the next one, which may be too high.
            if now.0 < reached.0 {
                reached = now;
            }
            let right = now.1.map_or(now.0 < 0.05 * first, |accuracy| accuracy == 1.0);
            if right && now.0 < 0.5 * first {
                bar.iter().for_each(Progress::finish);
                let accuracy = now.1.map_or(String::new(), |_| ", accuracy 1.0".to_owned());
                let finding = format!(
                    "after {} steps, the last at a learning rate of {rate:e}: loss {first:.4} → {:.4}{accuracy}",
                    step + 1,
                    now.0
                );
                diagnosis.add(NAME, Verdict::Good, finding);
                return Ok(());
            }
            gradients.clear();
            gradients.add(nn::backward(&loss)?)?;
        }
        let accuracy = reached.1.map_or(String::new(), |accuracy| format!(", accuracy {accuracy:.2}"));
        let finding = format!(
            "not in {} steps: loss {first:.4} → {:.4} at best{accuracy}",
            STEPS * RATES.len() as u64,
            reached.0
        );
        // A loss that falls is slow, one that does not is broken.
        let (verdict, advice) = match reached.0 < 0.5 * first {
            true => (Verdict::Notice, "it learns, slowly: a small model, or one that is frozen for the most part?"),
            false => (
                Verdict::Problem,
                "the model cannot learn these labels from these inputs: do equal inputs have different labels?",
            ),
        };
        diagnosis.add(NAME, verdict, format!("{finding}; {advice}"));
        Ok(())
    }

    /// Which part of the labels has the greatest logit; none for other tasks than classification.
    fn accuracy(&self, inputs: &ModelInputs) -> Result<Option<f64>> {
        let Some(labels) = inputs.get("labels").filter(|labels| labels.dtype().is_int()) else { return Ok(None) };
        // The logits of a causal model are those of the next tokens.
        if self.is_causal() {
            return Ok(None);
        }
        let logits = self.model().parameters().no_grad(|| self.model().forward(inputs))?.logits;
        if logits.rank() != labels.rank() + 1 || logits.dims().last().is_none_or(|classes| *classes > 1000) {
            return Ok(None);
        }
        let predicted: Vec<u32> = logits.argmax(D::Minus1)?.flatten_all()?.to_vec1()?;
        let labels: Vec<i64> = labels.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?;
        let counted = || predicted.iter().zip(&labels).filter(|(_, label)| **label != IGNORED);
        let right = counted().filter(|(predicted, label)| i64::from(**predicted) == **label).count();
        Ok(Some(right as f64 / counted().count().max(1) as f64))
    }
}

/// Whether all of `count` parameters that train get a gradient; `frozen` do not train.
fn judge_gradients(gradients: &Gradients, count: usize, frozen: usize, diagnosis: &mut Diagnosis) -> Result<()> {
    const NAME: &str = "gradients";
    let apart = if frozen > 0 { format!(" ({frozen} more are frozen)") } else { String::new() };
    let missing = gradients.missing();
    let (mut broken, mut zero) = (Vec::new(), Vec::new());
    for (name, gradient) in gradients.iter() {
        let sum = number(&gradient.sqr()?.sum_all()?)?;
        if !sum.is_finite() {
            broken.push(name);
        } else if sum == 0.0 {
            zero.push(name);
        }
    }
    let list = |names: &[&str]| {
        let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
        format!("{}{more}", names.iter().take(5).copied().collect::<Vec<_>>().join(", "))
    };
    if !missing.is_empty() {
        diagnosis.add(
            NAME,
            Verdict::Problem,
            format!(
                "{} of {count} parameters that should learn get none: {}{apart}; an operation without a backward pass lies between them and the loss, or \
                 the model does not use them",
                missing.len(),
                list(&missing)
            ),
        );
    } else if !broken.is_empty() {
        diagnosis.add(NAME, Verdict::Problem, format!("they are not finite in {}", list(&broken)));
    } else if !zero.is_empty() {
        diagnosis.add(
            NAME,
            Verdict::Notice,
            format!("all {count} parameters get one{apart}; it is 0 everywhere in {}", list(&zero)),
        );
    } else {
        let norm = gradients.norm()?;
        diagnosis.add(NAME, Verdict::Good, format!("all {count} parameters get one{apart}; their norm is {norm:.4}"));
    }
    Ok(())
}
