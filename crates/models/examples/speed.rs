//! How fast the two bundled models are on this machine.
//!
//!     cargo run --release -p course-models --example speed -- [--busy N] [--runs N] [--context N]
//!
//! Prints median, worst and best of several runs: tokens a second read (a prompt of `--context` tokens), tokens a second
//! written (one text), sentences a second embedded (32 × 18 tokens). `--busy N` starts N other processes that only spin, as
//! other programs on a shared machine would. The load is printed because it decides what the figures mean.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use course_models::kernels::Kernels;
use course_models::kernels::pool::Pool;
use course_models::{CausalLm, ForwardOptions, GenerationConfig, Llama, SentenceTransformer, generate};
use course_tokenization::AutoTokenizer;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    if arguments.iter().any(|argument| argument == "--spin") {
        loop {
            std::hint::spin_loop();
        }
    }
    let number = |name: &str, default: usize| {
        let value = arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
        value.map_or(Ok(default), |value| value.parse::<usize>())
    };
    let (busy, runs, context) = (number("--busy", 0)?, number("--runs", 9)?, number("--context", 128)?);
    println!("kernels {}, {} threads, load {}", Kernels::best().name(), Pool::global().threads(), load());

    let started = Instant::now();
    let llama = Llama::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct")?;
    println!("SmolLM2 loaded in {:.0} ms: {}", milliseconds(started), llama.source());
    let started = Instant::now();
    AutoTokenizer::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct")?;
    println!("its tokenizer loaded in {:.0} ms", milliseconds(started));
    let started = Instant::now();
    let sentences = SentenceTransformer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2")?;
    println!("MiniLM loaded in {:.0} ms: {}", milliseconds(started), sentences.model().source());

    let _others = Others::start(busy)?;
    let prompt = (0..context as u32).map(|number| 1000 + number * 37 % 20_000).collect::<Vec<_>>();
    let read = Tensor::from_slice(&prompt, (1, prompt.len()), &Device::Cpu)?;
    report("read", "tokens", runs, prompt.len(), || {
        llama.forward_with(&read, ForwardOptions::new().last_only()).map(drop).map_err(Failure::from)
    })?;
    // The difference of two lengths leaves the time for reading the prompt out.
    let config = GenerationConfig::new().eos_token_ids([]);
    let write = |tokens: usize| {
        let started = Instant::now();
        generate(&llama, &[&prompt[..8]], &config.clone().max_new_tokens(tokens))?;
        Ok::<_, Failure>(started.elapsed())
    };
    let mut speeds = Vec::new();
    for _ in 0..runs {
        let (short, long) = (write(2)?, write(102)?);
        speeds.push(100.0 / long.saturating_sub(short).as_secs_f64());
    }
    print("written", "tokens", &mut speeds);

    let text = "the quick brown fox jumps over the lazy dog and then sleeps in the sun"; // 18 tokens with [CLS] and [SEP]
    let batch = vec![text; 32];
    report("embedded", "sentences", runs, batch.len(), || sentences.encode(&batch).map(drop).map_err(Failure::from))?;
    println!("load {}", load());
    Ok(())
}

fn report(
    what: &str,
    unit: &str,
    runs: usize,
    count: usize,
    mut work: impl FnMut() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut speeds = Vec::new();
    work()?;
    for _ in 0..runs {
        let started = Instant::now();
        work()?;
        speeds.push(count as f64 / started.elapsed().as_secs_f64());
    }
    print(what, unit, &mut speeds);
    Ok(())
}

fn print(what: &str, unit: &str, speeds: &mut [f64]) {
    speeds.sort_by(f64::total_cmp);
    let (Some(worst), Some(best)) = (speeds.first(), speeds.last()) else { return };
    println!("{what}: {:.0} {unit}/s median of {}, {worst:.0} to {best:.0}", speeds[speeds.len() / 2], speeds.len());
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").map_or("unknown".into(), |text| text.chars().take(14).collect())
}

/// Other processes that keep a core busy each.
struct Others(Vec<Child>);

impl Others {
    fn start(count: usize) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let started = (0..count).map(|_| Command::new(&program).arg("--spin").spawn());
        let others = Self(started.collect::<Result<_, _>>()?);
        std::thread::sleep(Duration::from_millis(if count > 0 { 300 } else { 0 }));
        Ok(others)
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for other in &mut self.0 {
            let _ = other.kill();
            let _ = other.wait();
        }
    }
}
