//! That models learn, that all of them learns, and that padding does not matter.

use candle_core::{DType, Device, Tensor};

use super::oracle::{Case, cases};
use super::{Model, ModelInputs, Task, assert_close, numbers};
use crate::nn::backward;

/// Adam with the paper's numbers and no decay, plain enough to be checked by eye.
struct Adam {
    moments: Vec<(Tensor, Tensor)>,
    step: i32,
    learning_rate: f64,
}

impl Adam {
    fn new(model: &dyn Model, learning_rate: f64) -> Self {
        let zeros = |parameter: &crate::nn::Parameter| {
            let zeros = parameter.var.as_detached_tensor().zeros_like().unwrap();
            (zeros.clone(), zeros)
        };
        Self { moments: model.parameters().trainable().iter().map(zeros).collect(), step: 0, learning_rate }
    }

    fn step(&mut self, model: &dyn Model, loss: &Tensor) {
        let gradients = backward(loss).unwrap();
        self.step += 1;
        let (first, second) = (1.0 - 0.9_f64.powi(self.step), 1.0 - 0.999_f64.powi(self.step));
        for (parameter, (mean, square)) in model.parameters().trainable().iter().zip(&mut self.moments) {
            let Some(gradient) = gradients.get(&parameter.var) else { continue };
            let gradient = gradient.detach();
            *mean = ((&*mean * 0.9).unwrap() + (&gradient * 0.1).unwrap()).unwrap();
            *square = ((&*square * 0.999).unwrap() + (gradient.sqr().unwrap() * 0.001).unwrap()).unwrap();
            let scale = ((&*square / second).unwrap().sqrt().unwrap() + 1e-8).unwrap();
            let change = ((&*mean * (self.learning_rate / first)).unwrap() / scale).unwrap();
            parameter.var.set(&(parameter.var.as_detached_tensor() - change).unwrap()).unwrap();
        }
    }
}

/// What a loss needs, also for models that have none: the sum of the squares of what comes out.
fn any_loss(model: &dyn Model, inputs: &ModelInputs) -> Tensor {
    let output = model.forward(inputs).unwrap();
    output.loss.clone().unwrap_or_else(|| {
        let tensors = std::iter::once(&output.logits).chain(output.others.iter().map(|(_, tensor)| tensor));
        tensors.map(any_loss_of).reduce(|sum, one| (sum + one).unwrap()).unwrap()
    })
}

/// The squares times their places: after a norm the plain sum of squares would always be the same.
fn any_loss_of(tensor: &Tensor) -> Tensor {
    let flat = tensor.flatten_all().unwrap();
    let places = Tensor::arange(0_f32, flat.elem_count() as f32, &Device::Cpu).unwrap().sin().unwrap();
    (flat.sqr().unwrap() * places).unwrap().sum_all().unwrap()
}

#[test]
fn every_weight_of_every_model_gets_a_gradient() {
    for case in cases() {
        let model = case.fresh(3);
        model.parameters().set_training(true);
        let gradients = backward(&any_loss(model.as_ref(), &case.inputs())).unwrap();
        for parameter in model.parameters().trainable() {
            let name = format!("{}: {}", case.architecture, parameter.name);
            let gradient = numbers(gradients.get(&parameter.var).unwrap_or_else(|| panic!("{name}")));
            assert!(gradient.iter().all(|number| number.is_finite()), "{name} is not finite");
            assert!(
                gradient.iter().any(|number| *number != 0.0) || never_moves(&case, &parameter.name),
                "{name} is zero"
            );
        }
    }
}

/// Forward and back with dropout, by gradient checkpointing or not, from the same random numbers.
fn loss_and_gradients(model: &dyn Model, inputs: &ModelInputs) -> (Vec<f32>, Vec<(String, Vec<f32>)>) {
    model.parameters().set_random_state(crate::nn::RandomState { seed: 4, draws: 0 });
    let loss = any_loss(model, inputs);
    let gradients = backward(&loss).unwrap();
    let named = model.parameters().trainable().into_iter();
    let named = named.map(|parameter| (parameter.name, numbers(gradients.get(&parameter.var).unwrap())));
    (numbers(&loss), named.collect())
}

/// Equal to the last bit; where all layers share a position bias (MPNet, T5) or an encoder's output (T5, BART, Marian) its gradient
/// is added up in another order, so there the numbers may differ by rounding, and what should be 0 (a key's bias) is rounding alone.
fn assert_same(found: &[f32], expected: &[f32], shared: bool, name: &str) {
    if !shared {
        return assert_eq!(found, expected, "{name}");
    }
    let largest = expected.iter().fold(0_f32, |largest, number| largest.max(number.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * largest + 1e-8, "{name}: {found} and {expected} beside {largest}");
    }
}

#[test]
fn gradient_checkpointing_changes_no_gradient() {
    for case in cases() {
        let (model, inputs) = (case.fresh(3), case.inputs());
        model.parameters().set_training(true);
        let shared = ["MPNet", "T5", "Bart", "Marian"].iter().any(|name| case.architecture.starts_with(name));
        assert!(model.parameters().can_recompute(), "{}", case.architecture);
        let expected = loss_and_gradients(model.as_ref(), &inputs);
        model.parameters().set_gradient_checkpointing(true);
        let found = loss_and_gradients(model.as_ref(), &inputs);
        assert_eq!(found.0, expected.0, "{}", case.architecture);
        for ((name, found), (_, expected)) in found.1.iter().zip(&expected.1) {
            assert_same(found, expected, shared, &format!("{}: {name}", case.architecture));
        }
        // Over frozen embeddings as well: the first layer is then run as it is.
        model.parameters().freeze(|name| {
            name.contains("embed") || name.contains("wte") || name.contains("wpe") || name.contains("shared")
        });
        let found = loss_and_gradients(model.as_ref(), &inputs);
        model.parameters().set_gradient_checkpointing(false);
        let expected = loss_and_gradients(model.as_ref(), &inputs);
        assert_eq!(found.0, expected.0, "{}", case.architecture);
        for ((name, found), (_, expected)) in found.1.iter().zip(&expected.1) {
            assert_same(found, expected, shared, &format!("{}: {name}", case.architecture));
        }
    }
}

/// In bf16 a loss is off by a few 2⁻⁸, and every weight still gets a gradient in f32.
#[test]
fn every_model_computes_in_bf16_with_weights_in_f32() {
    for case in cases() {
        let (model, inputs) = (case.fresh(3), case.inputs());
        let still = model.forward(&inputs).unwrap();
        model.parameters().set_bf16(true);
        let output = model.forward(&inputs).unwrap();
        assert_eq!(output.logits.dtype(), DType::BF16, "{}", case.architecture);
        if let (Some(expected), Some(found)) = (&still.loss, &output.loss) {
            let found = numbers(&found.to_dtype(DType::F32).unwrap());
            assert_close(&case.architecture, &found, &numbers(expected), 0.02);
        }
        model.parameters().set_training(true);
        let loss = output.loss.unwrap_or_else(|| any_loss_of(&output.logits.to_dtype(DType::F32).unwrap()));
        let gradients = backward(&loss).unwrap();
        let without =
            model.parameters().trainable().into_iter().filter(|parameter| gradients.get(&parameter.var).is_none());
        // A pooler of a model without a head has no part in its last hidden state.
        let without =
            without.map(|parameter| parameter.name).filter(|name| !name.contains("pooler")).collect::<Vec<_>>();
        assert!(without.is_empty(), "{}: {without:?}", case.architecture);
        for parameter in model.parameters().trainable() {
            if let Some(gradient) = gradients.get(&parameter.var) {
                assert_eq!(gradient.dtype(), DType::F32, "{}: {}", case.architecture, parameter.name);
            }
        }
    }
}

/// What moves all numbers of a softmax by the same, which it does not see, so that the gradient is zero but for rounding: a bias of all keys
/// the scores of a query, one of a choice or a place all choices or places.
fn never_moves(case: &Case, name: &str) -> bool {
    let of_all = matches!(case.task(), Task::MultipleChoice) && name == "classifier.bias" || name == "qa_outputs.bias";
    of_all || ["key.bias", "k_lin.bias", "attn.k.bias", "k_proj.bias"].iter().any(|key| name.ends_with(key))
}

#[test]
fn every_head_learns_one_batch_by_heart() {
    for case in cases().iter().filter(|case| case.task() != Task::Features) {
        let (model, inputs) = (case.fresh(1), case.inputs());
        let mut adam = Adam::new(model.as_ref(), 1e-2);
        let first = super::loss(model.as_ref(), &inputs);
        for _ in 0..150 {
            model.parameters().set_training(true);
            let loss = model.forward(&inputs).unwrap().loss.unwrap();
            adam.step(model.as_ref(), &loss);
        }
        model.parameters().set_training(false);
        let (last, right) = (super::loss(model.as_ref(), &inputs), all_right(case, model.as_ref(), &inputs));
        println!("{}: loss {first:.3} to {last:.4}", case.architecture);
        assert!(right && last < 0.1 * first, "{}: loss {first} to {last}, all right: {right}", case.architecture);
    }
}

/// Whether the most likely class is the label wherever there is one.
fn all_right(case: &Case, model: &dyn Model, inputs: &ModelInputs) -> bool {
    let output = model.forward(inputs).unwrap();
    let labels = |name: &str| {
        let labels: Vec<i64> =
            inputs.get(name).unwrap().flatten_all().unwrap().to_dtype(DType::I64).unwrap().to_vec1().unwrap();
        labels
    };
    let right = |logits: &Tensor, labels: &[i64]| {
        let classes = logits.dims()[logits.rank() - 1];
        let likely = logits.reshape(((), classes)).unwrap().argmax(1).unwrap().to_vec1::<u32>().unwrap();
        assert_eq!(likely.len(), labels.len());
        let counts = |(_, label): &(&u32, &i64)| (0..classes as i64).contains(*label);
        likely.iter().zip(labels).filter(counts).all(|(likely, label)| i64::from(*likely) == *label)
    };
    match case.task() {
        Task::QuestionAnswering => {
            right(&output.logits, &labels("start_positions"))
                && right(output.get("end_logits").unwrap(), &labels("end_positions"))
        }
        Task::CausalLm => {
            let length = output.logits.dim(1).unwrap();
            let logits = output.logits.narrow(1, 0, length - 1).unwrap();
            let labels = inputs.get("labels").unwrap().narrow(1, 1, length - 1).unwrap();
            right(&logits.contiguous().unwrap(), &labels.flatten_all().unwrap().to_vec1::<i64>().unwrap())
        }
        _ => right(&output.logits, &labels("labels")),
    }
}

#[test]
fn padding_changes_nothing() {
    for case in cases().iter().filter(|case| case.inputs().get("input_ids").is_some_and(|ids| ids.rank() == 2)) {
        let (model, inputs) = (case.model(), case.inputs());
        let labels = ["labels", "start_positions", "end_positions"];
        let mut inputs = inputs.select_names(
            &model.input_names().iter().filter(|name| !labels.contains(name)).copied().collect::<Vec<_>>(),
        );
        if let (Task::Seq2SeqLm, Some(labels)) = (case.task(), case.inputs().get("labels")) {
            let ids = labels.clamp(0_i64, 39_i64).unwrap().to_dtype(DType::U32).unwrap();
            inputs = inputs.with("decoder_input_ids", ids);
        }
        // The second row has four tokens and two of padding, but for classification by the last end of text.
        let mask = inputs.get("attention_mask").unwrap().to_vec2::<u32>().unwrap();
        let text = mask[1].iter().filter(|mask| **mask != 0).count();
        let whole = model.forward(&inputs).unwrap();
        let cut = inputs.iter().fold(ModelInputs::new(), |cut, (name, tensor)| {
            let row = tensor.narrow(0, 1, 1).unwrap();
            cut.with(name, if name.starts_with("decoder") { row } else { row.narrow(1, 0, text).unwrap() })
        });
        let alone = model.forward(&cut).unwrap();
        let per_token = alone.logits.rank() >= 2
            && alone.logits.dim(1).unwrap() == text
            && case.task() != Task::SequenceClassification;
        let of_row = whole.logits.narrow(0, 1, 1).unwrap();
        let of_row = if per_token { of_row.narrow(1, 0, text).unwrap() } else { of_row };
        assert_close(&case.architecture, &numbers(&alone.logits), &numbers(&of_row), 1e-5);
        // And it is the mask that does it.
        let seen = inputs.with("attention_mask", Tensor::ones((2, 6), DType::U32, &Device::Cpu).unwrap());
        let seen = model.forward(&seen).unwrap().logits.narrow(0, 1, 1).unwrap();
        let differs = numbers(&seen) != numbers(&whole.logits.narrow(0, 1, 1).unwrap());
        assert!(differs, "{}: the mask changes nothing", case.architecture);
    }
}

#[test]
fn models_say_what_they_are() {
    for case in cases() {
        let text = case.fresh(0).to_string();
        let sizes = if case.architecture.starts_with("ViT") {
            "2 blocks, 16 numbers a token, 4 heads"
        } else {
            "2 blocks, 16 numbers a token, 4 heads, 40 tokens"
        };
        assert!(text.starts_with(&case.architecture) && text.contains(sizes), "{text}");
    }
}

#[test]
fn dropout_is_drawn_again_each_time_and_only_in_training() {
    let case = cases().into_iter().find(|case| case.architecture == "BertForSequenceClassification").unwrap();
    let (model, inputs) = (case.model(), case.inputs());
    let still = super::loss(model.as_ref(), &inputs);
    assert_eq!(still, super::loss(model.as_ref(), &inputs));
    model.parameters().set_training(true);
    let state = model.parameters().random_state();
    let (first, second) = (super::loss(model.as_ref(), &inputs), super::loss(model.as_ref(), &inputs));
    assert!(first != second && first != still);
    model.parameters().set_random_state(state);
    assert_eq!(first, super::loss(model.as_ref(), &inputs));
}

#[test]
fn numbers_and_several_classes_have_their_losses() {
    let mut case = cases().into_iter().find(|case| case.architecture == "BertForSequenceClassification").unwrap();
    case.config.as_object_mut().unwrap().remove("problem_type");
    let (model, inputs) = (case.model(), case.inputs());
    let logits = model.forward(&inputs).unwrap().logits.to_vec2::<f32>().unwrap();
    let many = Tensor::new(&[[1_f32, 0.0, 1.0], [0.0, 0.0, 1.0]], &Device::Cpu).unwrap();
    let ours = super::loss(model.as_ref(), &inputs.clone().with("labels", many.clone()));
    let bce = |(logit, label): (&f32, &f32)| {
        let probability = 1.0 / (1.0 + (-logit).exp());
        -(label * probability.ln() + (1.0 - label) * (1.0 - probability).ln())
    };
    let expected = logits.iter().flatten().zip(&numbers(&many)).map(bce).sum::<f32>() / 6.0;
    assert_close("several classes", &[ours], &[expected], 1e-6);
    let error =
        model.forward(&inputs.clone().with("labels", Tensor::new(&[3_i64, 0], &Device::Cpu).unwrap())).unwrap_err();
    assert!(error.to_string().contains("holds 3, but the model has 3 classes, 0 to 2"), "{error}");

    case.config["id2label"] = serde_json::json!({ "0": "score" });
    let model = case.model();
    let scores = Tensor::new(&[0.5_f32, 2.0], &Device::Cpu).unwrap();
    let logits = numbers(&model.forward(&inputs).unwrap().logits);
    let ours = super::loss(model.as_ref(), &inputs.with("labels", scores));
    let expected = ((logits[0] - 0.5).powi(2) + (logits[1] - 2.0).powi(2)) / 2.0;
    assert_close("a number", &[ours], &[expected], 1e-6);
}
