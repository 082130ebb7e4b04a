//! What arguments cannot be, alone and together.

use super::{IntervalStrategy, SaveStrategy, TrainingArguments};
use crate::{Error, Result};

pub(super) fn check(arguments: &TrainingArguments) -> Result<()> {
    let mut problems = arguments.problems.clone();
    let mut wrong = |argument: &str, problem: String| problems.push((argument.to_owned(), problem));
    if arguments.per_device_train_batch_size == 0 || arguments.per_device_eval_batch_size == 0 {
        wrong("batch_size", "0; a batch has at least one row".to_owned());
    }
    if arguments.gradient_accumulation_steps == 0 {
        wrong("gradient_accumulation_steps", "0; a step takes at least one batch".to_owned());
    }
    numbers(arguments, &mut wrong);
    if let Some(name) = arguments.run_name.as_ref().filter(|name| !is_folder_name(name)) {
        wrong("run_name", format!("{name:?} cannot be the name of a folder"));
    }
    for name in &arguments.report_to {
        if !matches!(name.as_str(), "jsonl" | "tensorboard" | "all" | "none") {
            wrong("report_to", format!("{name:?} is none of jsonl, tensorboard, all, none"));
        }
    }
    let metric = arguments.lr_scheduler_type.needs_metric();
    if metric && arguments.eval_strategy == IntervalStrategy::No {
        let kind = arguments.lr_scheduler_type;
        wrong("lr_scheduler_type", format!("{kind} looks at evaluations; set eval_strategy"));
    }
    together(arguments, &mut wrong);
    generation(arguments, &mut wrong);
    match problems.as_slice() {
        [] => Ok(()),
        [(argument, problem)] => Err(Error::argument(argument, problem)),
        many => {
            let lines: Vec<String> =
                many.iter().map(|(argument, problem)| format!("\n{argument}: {problem}")).collect();
            Err(Error::argument("arguments", format!("{} of them cannot be{}", many.len(), lines.concat())))
        }
    }
}

/// What each number may be.
fn numbers(arguments: &TrainingArguments, wrong: &mut impl FnMut(&str, String)) {
    let epochs = arguments.num_train_epochs;
    if arguments.max_steps <= 0 && !(epochs.is_finite() && epochs > 0.0) {
        wrong("num_train_epochs", format!("{epochs}; go through the data at least partly, or set max_steps"));
    }
    for (name, number, open) in [
        ("learning_rate", arguments.learning_rate, false),
        ("weight_decay", arguments.weight_decay, false),
        ("max_grad_norm", arguments.max_grad_norm, false),
        ("warmup_steps", arguments.warmup_steps, false),
        ("adam_epsilon", arguments.adam_epsilon, false),
        ("logging_steps", arguments.logging_steps, true),
        ("save_steps", arguments.save_steps, true),
        ("eval_steps", arguments.eval_steps.unwrap_or(1.0), true),
        ("neftune_noise_alpha", arguments.neftune_noise_alpha.unwrap_or(0.0), false),
    ] {
        if !number.is_finite() || number < 0.0 || (open && number == 0.0) {
            wrong(name, format!("{number}; it is a number {}", if open { "above 0" } else { "from 0" }));
        }
    }
    for (name, number) in [
        ("adam_beta1", arguments.adam_beta1),
        ("adam_beta2", arguments.adam_beta2),
        ("sgd_momentum", arguments.sgd_momentum),
        ("label_smoothing_factor", arguments.label_smoothing_factor),
    ] {
        if !(0.0..1.0).contains(&number) {
            wrong(name, format!("{number}; it is from 0 to below 1"));
        }
    }
    for (name, steps) in [
        ("warmup_steps", arguments.warmup_steps),
        ("logging_steps", arguments.logging_steps),
        ("save_steps", arguments.save_steps),
        ("eval_steps", arguments.eval_steps.unwrap_or(1.0)),
    ] {
        if steps.is_finite() && steps > 1.0 && steps.fract() != 0.0 {
            wrong(name, format!("{steps}; it is a whole number of steps, or below 1 a part of all"));
        }
    }
}

fn is_folder_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// Answers are written only where they are asked for, and have at least one token.
fn generation(arguments: &TrainingArguments, wrong: &mut impl FnMut(&str, String)) {
    let (length, beams) = (arguments.generation_max_length, arguments.generation_num_beams);
    if let Some(length) = length.filter(|length| *length < 2) {
        wrong(
            "generation_max_length",
            format!("{length}; the token that every answer begins with counts, so it is 2 or more"),
        );
    }
    if beams == Some(0) {
        wrong("generation_num_beams", "0; at least one text must go on".to_owned());
    }
    for (name, set) in [("generation_max_length", length.is_some()), ("generation_num_beams", beams.is_some())] {
        if set && !arguments.predict_with_generate {
            wrong(name, "nothing is written in evaluations; set predict_with_generate to true".to_owned());
        }
    }
}

/// The best model is known only where an evaluation belongs to each checkpoint.
fn together(arguments: &TrainingArguments, wrong: &mut impl FnMut(&str, String)) {
    let (evaluated, saved) = (arguments.eval_strategy, arguments.save_strategy);
    if saved == SaveStrategy::Best && evaluated == IntervalStrategy::No {
        wrong("save_strategy", "best needs evaluations; set eval_strategy".to_owned());
    }
    if !arguments.load_best_model_at_end || saved == SaveStrategy::Best {
        return;
    }
    let same = matches!(
        (evaluated, saved),
        (IntervalStrategy::Steps, SaveStrategy::Steps) | (IntervalStrategy::Epoch, SaveStrategy::Epoch)
    );
    if !same {
        let problem = format!(
            "every checkpoint needs an evaluation to be compared by, but eval_strategy is {evaluated} and save_strategy {saved}; \
             set both to \"epoch\", or both to \"steps\""
        );
        return wrong("load_best_model_at_end", problem);
    }
    let evaluations = arguments.eval_steps.unwrap_or(arguments.logging_steps);
    // Of parts of all steps the run knows how many they are, and looks itself.
    let counted = evaluated == IntervalStrategy::Steps && evaluations >= 1.0 && arguments.save_steps >= 1.0;
    if counted && arguments.save_steps % evaluations != 0.0 {
        wrong(
            "load_best_model_at_end",
            format!("save_steps {} is no multiple of eval_steps {evaluations}", arguments.save_steps),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(arguments: TrainingArguments) -> String {
        arguments.check().unwrap_err().to_string()
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let arguments = TrainingArguments::new("out").batch_size(0).learning_rate(f64::NAN).optim("adam");
        assert_eq!(
            problem(arguments),
            "arguments: 3 of them cannot be\noptim: \"adam\" is none of adamw, sgd, adafactor, lion, adamw_8bit\nbatch_size: 0; a batch has at \
             least one row\nlearning_rate: NaN; it is a number from 0"
        );
    }

    #[test]
    fn the_best_model_needs_evaluations_beside_checkpoints() {
        let best = TrainingArguments::new("out").load_best_model_at_end(true);
        assert!(problem(best.clone()).contains("eval_strategy is no and save_strategy steps"));
        best.clone().eval_strategy("epoch").save_strategy("epoch").check().unwrap();
        best.clone().eval_strategy("steps").eval_steps(100).check().unwrap();
        best.clone().eval_strategy("steps").save_strategy("best").check().unwrap();
        assert!(problem(best.eval_strategy("steps").eval_steps(300)).contains("500 is no multiple of eval_steps 300"));
        assert!(problem(TrainingArguments::new("out").lr_scheduler_type("greedy")).contains("looks at evaluations"));
    }

    #[test]
    fn each_argument_is_told_by_its_own_name() {
        assert!(
            problem(TrainingArguments::new("out").logging_strategy("epochs"))
                .starts_with("logging_strategy: \"epochs\"")
        );
        assert!(
            problem(TrainingArguments::new("out").warmup_ratio(1.5)).contains("warmup_ratio: 1.5; it is a part of all")
        );
        assert!(
            problem(TrainingArguments::new("out").save_steps(2.5)).starts_with("save_steps: 2.5; it is a whole number")
        );
        assert!(problem(TrainingArguments::new("out").run_name("a/b")).starts_with("run_name: \"a/b\" cannot be"));
        assert_eq!(
            TrainingArguments::new("out").run_name("first").log_folder(),
            std::path::Path::new("out/logs/first")
        );
        let error = serde_json::from_str::<TrainingArguments>("{\"fp8\": true}").unwrap_err().to_string();
        assert!(error.starts_with("unknown field `fp8`"), "{error}");
        assert!(
            problem(TrainingArguments::new("out").neftune_noise_alpha(-1.0)).starts_with("neftune_noise_alpha: -1;")
        );
    }

    #[test]
    fn answers_are_asked_for_before_they_are_shaped() {
        let arguments = TrainingArguments::new("out");
        assert!(problem(arguments.clone().generation_max_length(20)).contains("set predict_with_generate to true"));
        let written = arguments.predict_with_generate(true);
        written.clone().generation_max_length(20).generation_num_beams(4).check().unwrap();
        assert!(problem(written.clone().generation_max_length(1)).starts_with("generation_max_length: 1; "));
        assert!(problem(written.generation_num_beams(0)).starts_with("generation_num_beams: 0; "));
    }

    #[test]
    fn names_of_older_versions_and_json() {
        let arguments =
            TrainingArguments::new("out").evaluation_strategy("steps").warmup_ratio(0.1).group_by_length(true);
        assert_eq!(arguments.warmup_steps_of(105), 11);
        let json = serde_json::to_string(&arguments).unwrap();
        assert!(json.contains("\"eval_strategy\":\"steps\"") && json.contains("\"group_by_length\""), "{json}");
        assert_eq!(serde_json::from_str::<TrainingArguments>(&json).unwrap(), arguments);
        assert_eq!(TrainingArguments::new("out").metric_for_best_model("f1").best_metric(), "eval_f1");
        assert!(TrainingArguments::new("out").metric_for_best_model("f1").more_is_better());
        assert!(!TrainingArguments::new("out").more_is_better());
    }
}
