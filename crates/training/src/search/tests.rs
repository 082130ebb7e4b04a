use super::*;

fn valley(trial: &Trial) -> Result<f64, AnyError> {
    Ok((trial.get("learning_rate")?.log10() + 3.0).powi(2) + (trial.get("warmup")? - 0.3).powi(2))
}

fn space(search: Search) -> Search {
    search.log_uniform("learning_rate", 1e-6, 1e-1).uniform("warmup", 0.0, 1.0)
}

#[test]
fn a_grid_tries_every_combination() {
    let study = Search::grid(3)
        .choice("size", [8.0, 16.0])
        .uniform("x", 0.0, 1.0)
        .whole("n", 1, 2)
        .run(|trial| Ok(trial.get("x")? + trial.get("size")? + trial.count("n")? as f64));
    let study = study.unwrap();
    assert_eq!(study.trials.len(), 2 * 3 * 2);
    assert_eq!(study.best().unwrap().value, Some(9.0));
    assert_eq!(study.best().unwrap().get("size").unwrap(), 8.0);
}

#[test]
fn tpe_finds_the_valley_better_than_chance() {
    let mean_of_best = |make: fn(usize) -> Search| -> f64 {
        let best = |seed| space(make(60)).seed(seed).run(valley).unwrap().best().unwrap().value.unwrap();
        (0..10).map(best).sum::<f64>() / 10.0
    };
    let (tpe, random) = (mean_of_best(Search::tpe), mean_of_best(Search::random));
    assert!(tpe < 0.5 * random, "{tpe} against {random}");
}

#[test]
fn the_same_seed_tries_the_same_and_failures_are_kept() {
    let run = |seed| {
        space(Search::random(20))
            .seed(seed)
            .maximize()
            .run(|trial| if trial.number == 3 { Err("no memory".into()) } else { valley(trial) })
    };
    let (one, two) = (run(1).unwrap(), run(1).unwrap());
    assert_eq!(one, two);
    assert_ne!(one, run(2).unwrap());
    assert_eq!(one.trials[3].error.as_deref(), Some("no memory"));
    assert_eq!(one.ranked().len(), 19);
    assert!(one.ranked()[0].value > one.ranked()[18].value);
    let error = space(Search::random(2)).run(|_| Err("never".into())).unwrap_err().to_string();
    assert_eq!(error, "the objective, in every trial: never");
    let error = Search::random(2).log_uniform("rate", 0.0, 1.0).run(|_| Ok(0.0)).unwrap_err().to_string();
    assert!(error.starts_with("rate: Log { low: 0.0, high: 1.0 } is no range"), "{error}");
    let error = space(Search::random(1)).run(|trial| Ok(trial.get("rate")?)).unwrap_err().to_string();
    assert!(error.contains("there are learning_rate, warmup"), "{error}");
}
