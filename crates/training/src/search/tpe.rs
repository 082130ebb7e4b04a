//! The tree-structured Parzen estimator: where good trials are dense and others are not, there the next one goes.

use course_datasets::random::Generator;

use super::Study;
use super::space::{Parameter, Range, index};

/// So many trials are random, before there is something to go by.
const RANDOM: usize = 8;
/// The best quarter counts as good.
const GOOD: f64 = 0.25;
/// So many candidates are drawn from the good ones, and the most promising is taken.
const CANDIDATES: usize = 24;

/// The places of the next trial.
pub(super) fn next(parameters: &[Parameter], study: &Study, generator: &mut Generator) -> Vec<f64> {
    let ranked = study.ranked();
    if ranked.len() < RANDOM {
        return parameters.iter().map(|_| generator.random()).collect();
    }
    let (good, rest) = ranked.split_at(((ranked.len() as f64 * GOOD).ceil() as usize).max(2));
    let places = |trials: &[&super::Trial], place: usize| -> Vec<f64> {
        trials.iter().filter_map(|trial| trial.places.get(place)).copied().collect()
    };
    parameters
        .iter()
        .enumerate()
        .map(|(place, parameter)| {
            let (good, rest) = (places(good, place), places(rest, place));
            let candidates: Vec<f64> = (0..CANDIDATES).map(|_| draw(&good, generator)).collect();
            let gain = |candidate: &f64| density(&good, *candidate, parameter) / density(&rest, *candidate, parameter);
            candidates.into_iter().max_by(|one, other| gain(one).total_cmp(&gain(other))).unwrap_or(0.5)
        })
        .collect()
}

/// How far a trial reaches: less, the more there are.
fn width(trials: usize) -> f64 {
    (1.0 / (trials.max(1) as f64).powf(0.8)).clamp(0.03, 0.3)
}

/// A place near one of the good ones, or now and then anywhere.
fn draw(good: &[f64], generator: &mut Generator) -> f64 {
    let around = generator.integer(0, good.len() as i64 + 1);
    let Some(centre) = usize::try_from(around).ok().and_then(|around| good.get(around)) else {
        return generator.random();
    };
    // Box and Muller: a normal number from two even ones.
    let (one, other) = (1.0 - generator.random(), generator.random());
    let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
    (centre + width(good.len()) * normal).clamp(0.0, 1.0 - f64::EPSILON)
}

/// How dense the trials are at a place: a bell around each, and a little everywhere. Choices are counted.
fn density(trials: &[f64], place: f64, parameter: &Parameter) -> f64 {
    if let Range::Choice(values) = &parameter.range {
        let same = trials.iter().filter(|trial| index(**trial, values.len()) == index(place, values.len())).count();
        return (same as f64 + 1.0) / (trials.len() + values.len()) as f64;
    }
    let width = width(trials.len());
    let bell = |trial: &f64| (-0.5 * ((place - trial) / width).powi(2)).exp() / (width * std::f64::consts::TAU.sqrt());
    (trials.iter().map(bell).sum::<f64>() + 1.0) / (trials.len() + 1) as f64
}
