//! A run that is killed by the system, or whose disk is full, goes on as if nothing had been. The runs are processes of their own: this test again, told by
//! its environment what to do.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use candle_core::{DType, Device};
use course_datasets::{Column, Dataset};
use course_models::Result as ModelResult;
use course_models::architectures::{Model, ModelInputs, ModelOutput};
use course_models::nn::{self, Dropout, Embedding, Init, Linear, LossOptions, Parameters};
use course_training::{AnyError, Event, Trainer, TrainerCallback, TrainingArguments};

const FOLDER: &str = "COURSE_TEST_RUN_FOLDER";
const MODE: &str = "COURSE_TEST_RUN_MODE";
const STEPS: u64 = 40;

struct Words {
    parameters: Parameters,
    embedding: Embedding,
    dropout: Dropout,
    classifier: Linear,
}

impl Words {
    fn new() -> Self {
        let parameters = Parameters::new(&Device::Cpu, 5);
        let root = parameters.root();
        Self {
            embedding: Embedding::new(&root.pp("embedding"), 1000, 32, Init::Normal { std: 0.5 }).unwrap(),
            dropout: root.dropout(0.2),
            classifier: Linear::new(&root.pp("classifier"), 32, 2, true, Init::Normal { std: 0.02 }).unwrap(),
            parameters,
        }
    }
}

impl Model for Words {
    fn architecture(&self) -> &'static str {
        "WordsForSequenceClassification"
    }

    fn config(&self) -> serde_json::Value {
        serde_json::json!({"model_type": "words"})
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn input_names(&self) -> &[&str] {
        &["input_ids", "labels"]
    }

    fn forward(&self, inputs: &ModelInputs) -> ModelResult<ModelOutput> {
        let mean = self.embedding.forward(inputs.require("input_ids")?)?.mean(1)?;
        let logits = self.classifier.forward(&self.dropout.forward(&mean)?)?;
        let options = LossOptions::new().num_items(inputs.num_items);
        let loss = nn::cross_entropy(&logits, &inputs.require("labels")?.to_dtype(DType::I64)?, &options)?;
        Ok(ModelOutput::new(logits).loss(loss))
    }
}

/// Prints the bits of each loss; under "disk", lets no file grow beyond 1000 bytes once a checkpoint was saved.
struct Tell {
    disk: bool,
}

impl TrainerCallback for Tell {
    fn on_step_end(&mut self, event: &mut Event) -> Result<(), AnyError> {
        println!("loss {} {:016x}", event.state.global_step, event.state.last_loss.to_bits());
        Ok(())
    }

    fn on_save(&mut self, event: &mut Event) -> Result<(), AnyError> {
        if self.disk && event.state.global_step == 6 {
            let limit = libc::rlimit { rlim_cur: 1000, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: plain system calls of this process alone.
            unsafe {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
            }
        }
        Ok(())
    }
}

/// What the process does; a test without a folder in its environment does nothing.
#[test]
fn run_that_is_told_by_the_environment() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mode = std::env::var(MODE).unwrap_or_default();
    let ids: Vec<Vec<i64>> = (0..60).map(|row| (0..6).map(|at| (row * 17 + at * 5) % 1000).collect()).collect();
    let labels: Vec<i64> = (0..60).map(|row| row % 2).collect();
    let data = Dataset::from_columns([("input_ids", Column::from(ids)), ("labels", Column::from(labels))]).unwrap();
    let args = TrainingArguments::new(&folder).batch_size(4).gradient_accumulation_steps(2).max_steps(STEPS as i64);
    let args = args.learning_rate(0.01).save_steps(3).save_total_limit(2).disable_tqdm(true).report_to("none");
    let mut trainer = Trainer::new(Box::new(Words::new()), args).unwrap().train_dataset(data).unwrap();
    trainer = trainer.callback(Tell { disk: mode == "disk" });
    let result = if mode == "resume" { trainer.resume_from_checkpoint("last") } else { trainer.train() };
    match result {
        Ok(output) => println!("done {}", output.global_step),
        Err(error) => println!("error {error}"),
    }
}

/// The lines of a run, which is killed after `kill` losses.
fn run(folder: &Path, mode: &str, kill: Option<usize>) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["run_that_is_told_by_the_environment", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(MODE, mode)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // libtest writes its own words into the first line.
        if let Some(at) = ["loss ", "done ", "error "].iter().filter_map(|word| line.find(word)).min() {
            lines.push(line[at..].to_owned());
        }
        if kill == Some(lines.len()) {
            // SIGKILL: nothing of the process runs any more.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    lines
}

fn losses(lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| line.starts_with("loss ")).cloned().collect()
}

#[test]
fn killed_again_and_again_the_losses_are_the_same_to_the_last_bit() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = losses(&run(whole.path(), "train", None));
    assert_eq!(expected.len() as u64, STEPS);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos() as usize;
    let mut seen: Vec<Option<String>> = vec![None; STEPS as usize];
    let mut note = |lines: &[String]| {
        for line in losses(lines) {
            let step: usize = line.split(' ').nth(1).unwrap().parse().unwrap();
            let before = seen[step - 1].replace(line.clone());
            assert!(before.is_none_or(|before| before == line), "step {step} came out otherwise the second time");
        }
    };
    note(&run(parts.path(), "train", Some(4 + nanos % 7)));
    note(&run(parts.path(), "resume", Some(4 + nanos / 7 % 9)));
    let last = run(parts.path(), "resume", None);
    note(&last);
    assert_eq!(last.last().unwrap(), &format!("done {STEPS}"), "{last:?}");
    let seen: Vec<String> = seen.into_iter().flatten().collect();
    assert_eq!(seen, expected, "killed after {} and {} losses", 4 + nanos % 7, 4 + nanos / 7 % 9);
    let names: Vec<String> = std::fs::read_dir(parts.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().all(|name| name.starts_with("checkpoint-")), "{names:?}");
}

#[test]
fn a_full_disk_leaves_the_last_checkpoint_whole() {
    let (whole, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lines = run(full.path(), "disk", None);
    let error = lines.last().unwrap();
    assert!(error.starts_with("error ") && error.contains("the last whole checkpoint is"), "{error}");
    assert!(error.ends_with("checkpoint-6"), "{error}");
    let mut names: Vec<String> = std::fs::read_dir(full.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["checkpoint-3", "checkpoint-6"], "nothing half is left");
    let resumed = losses(&run(full.path(), "resume", None));
    assert_eq!(resumed, losses(&run(whole.path(), "train", None))[6..]);
}
