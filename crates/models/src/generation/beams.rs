//! Beam search on the KV cache: the likeliest texts so far all go on as one batch, and the best text of all is taken.
//!
//! The semantics are those of `transformers`: of the 2 · `num_beams` best candidates of a step, one that ends its text is
//! finished if it is among the best `num_beams`, and the best that do not end go on. [`from_scratch`](crate::from_scratch) has
//! the same in its plainest form, where the reasons stand.

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use course_tokenization::Tokenizer;

use super::sample::log_sum_exp;
use super::sequence::Sequence;
use super::{FinishReason, Generated, GenerationConfig, LogitsProcessors, Step, read_prompts, rows_of};
use crate::{CausalLm, ForwardOptions, Result};

/// What all beams of all prompts share.
pub(super) struct Search<'a> {
    pub model: &'a dyn CausalLm,
    pub config: &'a GenerationConfig,
    pub tokenizer: Option<&'a Tokenizer>,
    pub ends: &'a [u32],
    pub processors: LogitsProcessors<'a>,
}

/// The search of one prompt.
struct Beams {
    prompt: usize,
    prompt_length: usize,
    /// The texts that go on, the likeliest first.
    going_on: Vec<Beam>,
    /// The best finished texts, at most `num_beams`, the best score first.
    finished: Vec<Finished>,
}

/// One text that goes on.
#[derive(Clone)]
struct Beam {
    ids: Vec<u32>,
    log_probabilities: Vec<f32>,
    log_probability: f32,
}

struct Finished {
    beam: Beam,
    score: f32,
    reason: FinishReason,
}

/// A token that may come next in one of the beams.
struct Candidate {
    row: usize,
    token: u32,
    log_probability: f32,
    /// Of the whole text with it.
    sum: f32,
}

impl Search<'_> {
    /// Continues every prompt with its best texts; the callback hears of them when the search is over.
    pub(super) fn run<P: AsRef<[u32]>>(
        &self,
        prompts: &[P],
        mut on_token: impl FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Generated>> {
        let start = |(prompt, ids): (usize, &P)| {
            let ids = ids.as_ref().to_vec();
            let prompt_length = ids.len();
            let beam = Beam { ids, log_probabilities: Vec::new(), log_probability: 0.0 };
            Beams { prompt, prompt_length, going_on: vec![beam], finished: Vec::new() }
        };
        let mut searches = prompts.iter().enumerate().map(start).collect::<Vec<_>>();
        let (mut cache, mut logits) = read_prompts(self.model, prompts)?;
        loop {
            course_wire::interrupt::check()?;
            // The row of the batch that each beam of the next step goes on from.
            let (mut parents, mut first_row) = (Vec::new(), 0);
            for search in searches.iter_mut().filter(|search| !search.going_on.is_empty()) {
                let rows = search.going_on.len();
                let chosen = search.step(self, &mut logits[first_row..first_row + rows])?;
                parents.extend(chosen.into_iter().map(|row| first_row + row));
                first_row += rows;
            }
            if parents.is_empty() {
                break;
            }
            let beams = searches.iter().flat_map(|search| &search.going_on).collect::<Vec<_>>();
            logits = if self.config.use_cache {
                if !(parents.len() == first_row && parents.iter().copied().eq(0..first_row)) {
                    cache = cache.select(&parents);
                }
                let last = beams.iter().filter_map(|beam| beam.ids.last().copied()).collect::<Vec<_>>();
                let input = Tensor::from_vec(last, (beams.len(), 1), &Device::Cpu)?;
                rows_of(&self.model.forward_with(&input, ForwardOptions::new().cache(&mut cache).last_only())?)?
            } else {
                read_prompts(self.model, &beams.iter().map(|beam| &beam.ids[..]).collect::<Vec<_>>())?.1
            };
        }
        let mut texts = Vec::with_capacity(prompts.len() * self.config.num_return_sequences);
        for search in searches {
            let best = search.finished.into_iter().take(self.config.num_return_sequences).enumerate();
            for (copy, finished) in best {
                let number = search.prompt * self.config.num_return_sequences + copy;
                texts.push(self.tell(number, search.prompt, search.prompt_length, finished, &mut on_token)?);
            }
        }
        Ok(texts)
    }

    /// A finished text as the one who asked sees it.
    fn tell(
        &self,
        number: usize,
        prompt: usize,
        prompt_length: usize,
        Finished { beam, score, reason }: Finished,
        on_token: &mut impl FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<Generated> {
        let (ids, new) = beam.ids.split_at(prompt_length);
        let mut sequence = Sequence::new(number, prompt, ids, self.config, self.tokenizer);
        for (token, log_probability) in new.iter().zip(&beam.log_probabilities) {
            if sequence.is_finished() {
                break;
            }
            sequence.take(*token, *log_probability, self.ends, self.config, on_token)?;
        }
        sequence.finish(reason);
        Ok(Generated { score: Some(score), ..sequence.into_generated(on_token)? })
    }

    /// Why a text ends with `beam`, whose last token is the newest; none if it goes on.
    fn end_of(&self, beam: &Beam, prompt_length: usize) -> Result<Option<FinishReason>> {
        let new = &beam.ids[prompt_length..];
        if let Some(end) = new.last().filter(|token| self.ends.contains(token)) {
            return Ok(Some(FinishReason::EndOfText(*end)));
        }
        if let (Some(tokenizer), false) = (self.tokenizer, self.config.stop_strings.is_empty()) {
            let text = tokenizer.decode(new)?;
            if let Some(stop) = self.config.stop_strings.iter().find(|stop| text.contains(stop.as_str())) {
                return Ok(Some(FinishReason::StopString(stop.clone())));
            }
        }
        let full = beam.ids.len() >= self.model.max_position_embeddings();
        Ok((full || new.len() >= self.config.max_new_tokens).then_some(FinishReason::Length))
    }
}

impl Beams {
    /// One step: `logits` has a row for every beam. Gives the row that each of the new beams goes on from; none when the
    /// search is over.
    fn step(&mut self, search: &Search<'_>, logits: &mut [Vec<f32>]) -> Result<Vec<usize>> {
        let GenerationConfig { num_beams, length_penalty, early_stopping, .. } = *search.config;
        let candidates = self.candidates(search, logits);
        let (mut going_on, mut parents) = (Vec::with_capacity(num_beams), Vec::with_capacity(num_beams));
        let score = |beam: &Beam| beam.log_probability / (beam.log_probabilities.len() as f32).powf(length_penalty);
        for (rank, candidate) in candidates.into_iter().enumerate() {
            let mut beam = self.going_on[candidate.row].clone();
            beam.ids.push(candidate.token);
            beam.log_probabilities.push(candidate.log_probability);
            beam.log_probability = candidate.sum;
            match search.end_of(&beam, self.prompt_length)? {
                Some(reason) if rank < num_beams => {
                    let score = score(&beam);
                    if let FinishReason::EndOfText(_) = reason {
                        beam.ids.pop();
                        beam.log_probabilities.pop();
                    }
                    let place = self.finished.partition_point(|other| other.score >= score);
                    self.finished.insert(place, Finished { beam, score, reason });
                }
                None if going_on.len() < num_beams => {
                    going_on.push(beam);
                    parents.push(candidate.row);
                }
                _ => {}
            }
        }
        self.finished.truncate(num_beams);
        let full = self.finished.len() == num_beams;
        let worst = self.finished.last().map(|finished| finished.score);
        if full && (early_stopping || worst >= going_on.first().map(score)) {
            going_on.clear();
            parents.clear();
        }
        self.going_on = going_on;
        Ok(parents)
    }

    /// The best candidates of all beams together, the likeliest text first: enough that `num_beams` are left to go on when as
    /// many as possible end.
    fn candidates(&self, search: &Search<'_>, logits: &mut [Vec<f32>]) -> Vec<Candidate> {
        let wanted = search.config.num_beams * (1 + search.ends.len().max(1));
        let mut candidates = Vec::with_capacity(wanted * self.going_on.len());
        for (row, (beam, logits)) in self.going_on.iter().zip(logits).enumerate() {
            let total = log_sum_exp(logits);
            logits.iter_mut().for_each(|logit| *logit -= total);
            // As in `transformers`, on log-probabilities, which are not made to add up again.
            search.processors.apply(logits, &beam.ids, beam.log_probabilities.len());
            let candidate = |(token, log_probability)| Candidate {
                row,
                token,
                log_probability,
                sum: beam.log_probability + log_probability,
            };
            candidates.extend(largest(logits, wanted).into_iter().map(candidate));
        }
        candidates.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        candidates.truncate(wanted);
        candidates
    }
}

/// The `count` largest numbers above −∞ with their places, the largest first, of equal ones the first.
fn largest(numbers: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (place, number) in (0..).zip(numbers.iter().copied()) {
        // True for nearly all of a large vocabulary.
        if number > least {
            let at = best.partition_point(|(_, other)| *other >= number);
            best.insert(at, (place, number));
            if best.len() > count {
                best.pop();
            }
            if best.len() == count {
                least = best.last().map_or(f32::NEG_INFINITY, |(_, last)| *last);
            }
        }
    }
    best
}
