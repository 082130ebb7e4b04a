//! The pipelines on the real models that come with the course. They must be there: `cargo xtask models fetch`.

use std::sync::LazyLock;

use course_display::Rich;
use course_pipelines::{
    Error, FinishReason, GenerationConfig, Message, Pipeline, Prompt, Result, Task, pipeline, pipeline_with_model,
};

fn fetched(pipeline: Result<Pipeline>) -> Pipeline {
    pipeline.unwrap_or_else(|error| panic!("{error}\nThese tests need the bundled models: cargo xtask models fetch"))
}

static GENERATOR: LazyLock<Pipeline> = LazyLock::new(|| fetched(pipeline("text-generation")));
static SIMILARITY: LazyLock<Pipeline> = LazyLock::new(|| fetched(pipeline("sentence-similarity")));
static EXTRACTOR: LazyLock<Pipeline> = LazyLock::new(|| fetched(pipeline("feature-extraction")));
static CLASSIFIER: LazyLock<Pipeline> = LazyLock::new(|| fetched(pipeline("zero-shot-classification")));

#[test]
fn the_capital_of_france_is_paris() {
    let generations = GENERATOR.generate("The capital of France is").unwrap();
    assert!(generations.text().starts_with("The capital of France is Paris"), "{}", generations.text());
    let answer = GENERATOR.chat("What is the capital of France?").unwrap();
    assert!(answer.text().contains("Paris"), "{}", answer.text());
    assert!(matches!(answer[0].finish_reason, FinishReason::EndOfText(_)), "{:?}", answer[0]);
    assert_eq!(answer[0].messages().len(), 2);
}

#[test]
fn a_batch_of_prompts_gives_what_each_gives_alone() {
    let prompts = ["Once upon a time", "The first rule of gardening is that plants", "2 + 2 ="];
    let config = GenerationConfig::new().max_new_tokens(12);
    let together = GENERATOR.generate_with(prompts, &config).unwrap();
    assert_eq!(together.len(), 3);
    for (prompt, batched) in prompts.iter().zip(&together) {
        let alone = GENERATOR.generate_with(*prompt, &config).unwrap();
        assert_eq!(alone[0].tokens, batched.tokens, "{prompt}");
        assert_eq!(alone[0].text, batched.text);
        for (one, other) in alone[0].log_probabilities.iter().zip(&batched.log_probabilities) {
            assert!((one - other).abs() < 1e-3, "{prompt}: {one} against {other}");
        }
    }
}

#[test]
fn several_conversations_are_answered_as_each_is_alone() {
    let one = vec![Message::user("Say hello.")];
    let other = vec![Message::system("You answer in French."), Message::user("Say good morning.")];
    let config = GenerationConfig::new().max_new_tokens(10);
    let both = GENERATOR.generate_with([one.clone(), other.clone()], &config).unwrap();
    assert_eq!(both[0].text, GENERATOR.generate_with(&one, &config).unwrap()[0].text);
    assert_eq!(both[1].text, GENERATOR.generate_with(&other, &config).unwrap()[0].text);
    assert_eq!(both[1].prompt, Prompt::Chat(other));
}

#[test]
fn the_seed_decides_what_is_drawn() {
    let draw = |seed| {
        let config = GenerationConfig::new().temperature(1.0).max_new_tokens(8).num_return_sequences(2).seed(seed);
        let generations = GENERATOR.generate_with("My favourite animal is", &config).unwrap();
        generations.iter().map(|generation| generation.text.clone()).collect::<Vec<_>>()
    };
    let first = draw(1);
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1], "two copies are drawn apart");
    assert_eq!(first, draw(1));
    assert_ne!(first, draw(2));
}

#[test]
fn lengths_and_stop_strings_end_a_text() {
    let config = GenerationConfig::new().max_new_tokens(3);
    let cut = GENERATOR.generate_with("One, two, three,", &config).unwrap();
    assert_eq!((cut[0].tokens.len(), &cut[0].finish_reason), (3, &FinishReason::Length));
    assert!(cut.rich().plain().ends_with(" …"));
    let config = GenerationConfig::new().max_new_tokens(40).stop_string("six");
    let stopped = GENERATOR.generate_with("One, two, three, four,", &config).unwrap();
    assert_eq!(stopped[0].finish_reason, FinishReason::StopString("six".into()));
    assert!(stopped[0].text.contains("five") && !stopped[0].text.contains("six"), "{}", stopped[0].text);
}

#[test]
fn streaming_gives_what_generating_gives() {
    let config = GenerationConfig::new().max_new_tokens(8);
    let prompts = ["The sea is", "The sky is"];
    assert_eq!(GENERATOR.stream_with(prompts, &config).unwrap(), GENERATOR.generate_with(prompts, &config).unwrap());
}

#[test]
fn next_tokens_are_likeliest_first_and_the_first_is_the_greedy_one() {
    let next = GENERATOR.next_token_probabilities("The capital of France is", 8).unwrap();
    assert_eq!(next.tokens.len(), 8);
    assert_eq!(next.tokens[0].token, " Paris");
    assert!(next.tokens.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    assert!(next.rest() > 0.0 && next.rest() < 1.0);
    let config = GenerationConfig::new().max_new_tokens(1);
    let greedy = GENERATOR.generate_with("The capital of France is", &config).unwrap();
    assert_eq!(greedy[0].tokens[0], next.tokens[0].id);
    assert!((greedy[0].log_probabilities[0].exp() - next.tokens[0].probability).abs() < 1e-3);
    let all = GENERATOR.next_token_probabilities("The capital of France is", usize::MAX).unwrap();
    assert_eq!(all.tokens.len(), 49152);
    assert!(all.rest() < 1e-3);
}

#[test]
fn prompts_that_cannot_be_continued_are_refused() {
    let message = |result: Result<course_pipelines::Generations>| result.unwrap_err().to_string();
    assert!(message(GENERATOR.generate("")).contains("number 0 is empty"));
    assert!(message(GENERATOR.generate(Vec::<String>::new())).contains("pass at least one"));
    assert!(GENERATOR.next_token_probabilities("a", 0).is_err());
}

#[test]
fn a_batch_of_texts_embeds_as_each_does_alone() {
    let texts = ["Short.", "A sentence that is a good deal longer than the other two of them.", "A cat sleeps."];
    let together = EXTRACTOR.embed(texts).unwrap();
    assert_eq!(together.tensor().dims(), [3, 384]);
    for (text, batched) in texts.iter().zip(together.to_vecs().unwrap()) {
        let alone = EXTRACTOR.embed(*text).unwrap().to_vecs().unwrap().remove(0);
        assert!((batched.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4, "length 1");
        for (one, other) in alone.iter().zip(&batched) {
            assert!((one - other).abs() < 1e-5, "{text}: {one} against {other}");
        }
    }
}

#[test]
fn more_texts_than_a_chunk_keep_their_order() {
    let texts: Vec<String> = (0..150).map(|index| "word ".repeat(1 + index * 7 % 20) + &index.to_string()).collect();
    let together = EXTRACTOR.embed(&texts).unwrap().to_vecs().unwrap();
    for index in [0, 63, 64, 149] {
        let alone = EXTRACTOR.embed(&texts[index]).unwrap().to_vecs().unwrap().remove(0);
        let cosine: f32 = alone.iter().zip(&together[index]).map(|(one, other)| one * other).sum();
        assert!(cosine > 0.9999, "{index}: {cosine}");
    }
}

#[test]
fn near_meanings_are_near() {
    let near = SIMILARITY.score("A man is eating food.", "A man eats something.").unwrap();
    let far = SIMILARITY.score("A man is eating food.", "The stock market fell on Monday.").unwrap();
    assert!(near > 0.6 && far < 0.2, "{near} {far}");
    let texts = ["The stock market fell.", "A kitten naps on the sofa.", "He plays the violin."];
    let ranking = SIMILARITY.rank("A cat is sleeping.", texts).unwrap();
    assert_eq!((ranking.texts[0].index, ranking.texts[0].text.as_str()), (1, texts[1]));
    let matrix = SIMILARITY.compare(texts).unwrap();
    assert!((matrix.score(2, 2).unwrap() - 1.0).abs() < 1e-4);
    assert_eq!(matrix.score(0, 1), matrix.score(1, 0));
    assert_eq!(matrix.score(3, 0), None);
    assert!(matrix.rich().data.contains_key("image/svg+xml"));
}

#[test]
fn labels_that_fit_win() {
    let texts = [
        "The striker scored twice in the second half and the fans cheered.",
        "Parliament votes on the new tax law tomorrow.",
        "Simmer the onions in butter, then add the rice and the stock.",
    ];
    let labels = ["sports", "politics", "cooking"];
    let answers = CLASSIFIER.classify(texts, labels).unwrap();
    let found: Vec<&str> = answers.iter().map(|answer| answer.label()).collect();
    assert_eq!(found, labels);
    for (text, batched) in texts.iter().zip(answers.iter()) {
        assert!((batched.labels.iter().map(|label| label.score).sum::<f32>() - 1.0).abs() < 1e-5);
        let alone = CLASSIFIER.classify(*text, labels).unwrap();
        assert_eq!(&alone[0], batched, "a batch equals single runs");
    }
    let said = answers.rich().plain().to_owned();
    assert!(said.contains("softmax") && said.contains("log-probability per token"), "{said}");
}

#[test]
fn a_template_without_its_blank_is_refused() {
    let error = CLASSIFIER.clone().hypothesis_template("no blank").unwrap_err().to_string();
    assert!(error.contains("0 times"), "{error}");
    assert!(CLASSIFIER.clone().hypothesis_template("{} is the topic.").is_ok());
}

#[test]
fn a_pipeline_says_what_it_is_and_what_it_is_not() {
    let said = GENERATOR.rich().plain().to_owned();
    assert!(said.contains("SmolLM2-135M-Instruct") && said.contains("Q4_1") && said.contains("135 million"), "{said}");
    assert_eq!(EXTRACTOR.task(), Task::FeatureExtraction);
    let error = EXTRACTOR.generate("x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`generate` needs a pipeline for text-generation, and this one is for feature-extraction: call `.embed(texts)`"
    );
    assert!(matches!(CLASSIFIER.run("x"), Err(Error::WrongTask { .. })));
    assert!(matches!(pipeline("text-generaton"), Err(Error::UnknownTask { near: Some(Task::TextGeneration), .. })));
    assert!(pipeline_with_model("text-generation", "sentence-transformers/all-MiniLM-L6-v2").is_err());
    assert!(pipeline_with_model("feature-extraction", "HuggingFaceTB/SmolLM2-135M-Instruct").is_err());
}

#[test]
fn settings_of_beams_and_penalties_reach_the_model() {
    let config = GenerationConfig::new().max_new_tokens(12).num_beams(3).num_return_sequences(2);
    let texts = GENERATOR.generate_with("I like apples. I like", &config).unwrap();
    assert_eq!(texts.len(), 2);
    assert_ne!(texts[0].text, texts[1].text);
    let plain = GENERATOR.generate_with("I like apples. I like", &GenerationConfig::new().max_new_tokens(30)).unwrap();
    let config = GenerationConfig::new().max_new_tokens(30).no_repeat_ngram_size(3);
    let varied = GENERATOR.generate_with("I like apples. I like", &config).unwrap();
    let triples = |tokens: &[u32]| {
        let mut triples: Vec<_> = tokens.windows(3).map(<[u32]>::to_vec).collect();
        let all = triples.len();
        triples.sort();
        triples.dedup();
        all - triples.len()
    };
    assert!(triples(&plain[0].tokens) > 0, "{}", plain.text());
    assert_eq!(triples(&varied[0].tokens), 0, "{}", varied.text());
    let config = GenerationConfig::new().max_new_tokens(40).num_beams(2).stop_string("six");
    let stopped = GENERATOR.generate_with("One, two, three, four,", &config).unwrap();
    assert_eq!(stopped[0].finish_reason, FinishReason::StopString("six".into()));
    assert!(!stopped[0].text.contains("six"), "{}", stopped[0].text);
}

#[test]
fn one_can_look_into_generation() {
    let generator = course_pipelines::TextGeneration::new().unwrap();
    let prompt = "The capital of France is";
    let logits = generator.next_logits(prompt).unwrap();
    let softmax = course_models::from_scratch::softmax;
    let cut = softmax(&course_models::from_scratch::top_k(&logits, 3));
    let figure = generator.compare_distributions(&[("all", softmax(&logits)), ("top 3", cut)]).unwrap().rich();
    let text = figure.plain();
    assert!(text.lines().nth(1).unwrap().trim_start().starts_with("·Paris"), "{text}");
    assert!(text.lines().last().unwrap().trim_start().starts_with("(any other)") && text.ends_with('–'), "{text}");
    assert!(generator.compare_distributions::<&str>(&[]).is_err());
    assert!(generator.compare_distributions(&[("a", vec![1.0])]).unwrap_err().to_string().contains("49152 tokens"));

    let tree = generator.beam_tree(prompt, 2, 3).unwrap();
    assert_eq!(Some(tree.nodes[0].token), generator.tokenizer().token_to_id("ĠParis"));
    assert!(tree.rich().plain().starts_with("The capital of France is\n├─ "), "{}", tree.rich().plain());
    assert!(generator.beam_tree(prompt, 0, 3).unwrap_err().to_string().starts_with("num_beams"));

    let config = GenerationConfig::new().max_new_tokens(3);
    let (texts, timings) = generator.generate_timed([prompt, "The sea is"], &config).unwrap();
    assert_eq!(texts, generator.generate_with([prompt, "The sea is"], &config).unwrap());
    assert_eq!((timings.tokens, timings.texts), (6, 2));
    assert!(timings.rich().plain().contains("time to first token"));
}
