//! Fine-tunes all-MiniLM-L6-v2 on sentences of film reviews: `--example films -- ROWS EPOCHS FOLDER`.
//!
//! The data is that of chapter 3. Prints what the doctor says, the log, and how long a step takes.

use course_datasets::load_dataset;
use course_evaluation as evaluate;
use course_models::architectures::AutoModelForSequenceClassification;
use course_tokenization::{AutoTokenizer, EncodeOptions, Truncation};
use course_training::{Trainer, TrainingArguments};

const MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: usize| arguments.get(place).map_or(Ok(default), |text| text.parse());
    let (rows, epochs) = (number(0, 500)?, number(1, 1)?);
    let folder = arguments.get(2).cloned().unwrap_or_else(|| "films-out".to_owned());
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../chapters/03-fine-tuning/data");

    let tokenizer = AutoTokenizer::from_pretrained(MODEL)?;
    let options = EncodeOptions::new().truncation(Truncation::LongestFirst).max_length(128);
    let load = |split: &str| -> Result<_, Box<dyn std::error::Error>> {
        let texts = load_dataset("json").data_files(format!("{data}/films-{split}.jsonl.gz")).split("train").load()?;
        Ok(texts.map_batched(1000, |batch| Ok(batch.tokenize(&tokenizer, "text", &options)?))?)
    };
    let (train, validation) = (load("train")?, load("validation")?);
    let train = train.range(0..rows);

    let model = AutoModelForSequenceClassification::load(MODEL).id2label(["negative", "positive"]).seed(42).model()?;
    let args = TrainingArguments::new(&folder).epochs(epochs as f64).batch_size(16).learning_rate(1e-4);
    let args = args.eval_strategy("epoch").save_strategy("epoch").logging_steps(10).report_to("all");
    let args = args.warmup_ratio(0.1).group_by_length(true).disable_tqdm(true).weight_decay(0.01);
    let accuracy = evaluate::load("accuracy")?;
    let mut trainer = Trainer::new(model, args)?
        .train_dataset(&train)?
        .eval_dataset(&validation)?
        .tokenizer(&tokenizer)
        .compute_metrics(move |prediction| Ok(accuracy.compute(prediction.predicted()?, prediction.references()?)?));
    let started = std::time::Instant::now();
    println!("{}\nthe doctor took {:.1} s", trainer.doctor()?, started.elapsed().as_secs_f64());
    let output = trainer.train()?;
    println!("{output}\n{}", output.metrics);
    trainer.model_card("films").language("en").license("mit").dataset("vaderSentiment").save(&folder)?;
    Ok(())
}
