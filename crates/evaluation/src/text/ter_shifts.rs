//! Edits with moves: the search of Tercom, as sacrebleu has it.

/// The longest run that is moved, and how far at most; both in words.
const LONGEST: usize = 10;
const FARTHEST: usize = 50;
/// How far from the diagonal the table of edits is filled.
const BEAM: usize = 25;
/// How many moves are tried for a sentence.
const TRIES: usize = 1000;
/// More than any distance.
const FAR: usize = usize::MAX / 2;

/// One step from the first list to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Keep,
    Change,
    /// A word of the second list that the first does not have.
    Add,
    /// A word of the first list that the second does not have.
    Drop,
}

/// How many edits and moves turn `words` into `reference`.
pub(super) fn edits_with_shifts(words: &[String], reference: &[String]) -> usize {
    if reference.is_empty() {
        return words.len();
    }
    // Words as numbers, in the order of the words: moves that are equally good are chosen by it.
    let mut known: Vec<&String> = words.iter().chain(reference).collect();
    known.sort();
    known.dedup();
    let numbers = |list: &[String]| list.iter().map(|word| known.partition_point(|other| *other < word)).collect();
    let (mut words, reference): (Vec<usize>, Vec<usize>) = (numbers(words), numbers(reference));

    let (mut moves, mut tries) = (0, 0);
    while let Some(moved) = best_move(&words, &reference, &mut tries) {
        if tries >= TRIES {
            break;
        }
        words = moved;
        moves += 1;
    }
    moves + distance(&words, &reference).0
}

/// The words after the move that saves the most edits; none where no move saves any.
fn best_move(words: &[usize], reference: &[usize], tries: &mut usize) -> Option<Vec<usize>> {
    let (edits, steps) = distance(words, reference);
    let alignment = Alignment::of(&steps);
    let mut best: Option<Candidate> = None;
    for (start, target, length) in common_runs(words, reference) {
        // Only what is wrong is moved, and only to where something is wrong.
        let wrong = |flags: &[bool], from: usize| flags.iter().skip(from).take(length).any(|&wrong| wrong);
        if !wrong(&alignment.wrong_words, start) || !wrong(&alignment.wrong_reference, target) {
            continue;
        }
        let Some(&there) = alignment.after.get(target) else { continue };
        // `there` is one more than the aligned word, 0 for none: this is start ≤ aligned < start + length.
        if (start + 1..start + length + 1).contains(&there) {
            continue;
        }
        // Before the target, and behind each word of the run, as far as the reference goes.
        let mut before = None;
        let places = std::iter::once(target.checked_sub(1)).chain((target..target + length).map(Some));
        for place in places {
            let goal = match place {
                None => 0,
                Some(place) => match alignment.after.get(place) {
                    Some(&goal) => goal,
                    None => break,
                },
            };
            if before.replace(goal) == Some(goal) {
                continue;
            }
            let moved = shifted(words, start, length, goal);
            let saved = edits as i64 - distance(&moved, reference).0 as i64;
            *tries += 1;
            let candidate = Candidate { saved, length, start: -(start as i64), goal: -(goal as i64), moved };
            if best.as_ref().is_none_or(|known| candidate > *known) {
                best = Some(candidate);
            }
        }
        if *tries >= TRIES {
            break;
        }
    }
    best.filter(|best| best.saved > 0).map(|best| best.moved)
}

/// A move; the better one is the larger: more edits saved, then the longer run, the earlier one, the earlier goal.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    saved: i64,
    length: usize,
    start: i64,
    goal: i64,
    moved: Vec<usize>,
}

/// Runs that both lists have, `(place in words, place in reference, length)`, those of each length up to the longest.
fn common_runs(words: &[usize], reference: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut runs = Vec::new();
    for start in 0..words.len() {
        for target in 0..reference.len() {
            if start.abs_diff(target) > FARTHEST {
                continue;
            }
            let pairs = words.iter().skip(start).zip(reference.iter().skip(target));
            let same = pairs.take(LONGEST).take_while(|(one, other)| one == other).count();
            runs.extend((1..=same).map(|length| (start, target, length)));
        }
    }
    runs
}

/// The words with a run of them moved to `goal`.
fn shifted(words: &[usize], start: usize, length: usize, goal: usize) -> Vec<usize> {
    let run = words.iter().skip(start).take(length);
    let rest: Vec<usize> = words.iter().take(start).chain(words.iter().skip(start + length)).copied().collect();
    // Where the goal lies among the words that stay; one within the run moves it on by as much.
    let place = if goal < start {
        goal
    } else if goal > start + length {
        goal - length
    } else {
        goal
    };
    let place = place.min(rest.len());
    rest.iter().take(place).chain(run).chain(rest.iter().skip(place)).copied().collect()
}

/// Where the words of the reference stand in the words, and which of both are wrong.
#[derive(Debug, Default)]
struct Alignment {
    /// For each word of the reference, how many words stand up to the one it is aligned with.
    after: Vec<usize>,
    wrong_reference: Vec<bool>,
    wrong_words: Vec<bool>,
}

impl Alignment {
    fn of(steps: &[Step]) -> Self {
        let mut alignment = Self::default();
        let mut read = 0;
        for step in steps {
            if *step != Step::Add {
                read += 1;
                alignment.wrong_words.push(*step != Step::Keep);
            }
            if *step != Step::Drop {
                alignment.after.push(read);
                alignment.wrong_reference.push(*step != Step::Keep);
            }
        }
        alignment
    }
}

/// How many words must be changed, added or dropped, and the steps; only near the diagonal of the table, which is exact but for texts whose
/// words stand far from where they belong.
fn distance(words: &[usize], reference: &[usize]) -> (usize, Vec<Step>) {
    let columns = reference.len() + 1;
    let ratio = if words.is_empty() { 1.0 } else { reference.len() as f64 / words.len() as f64 };
    // Where the lengths differ so much that neighbouring rows would not overlap, the beam is wider.
    let beam = if (BEAM as f64) < ratio / 2.0 { (ratio / 2.0 + BEAM as f64).ceil() as usize } else { BEAM };
    let first: Vec<(usize, Step)> = (0..columns).map(|column| (column, Step::Add)).collect();
    let mut table = vec![first];
    for (row, word) in words.iter().enumerate() {
        let above = table.last().map_or(&[][..], Vec::as_slice);
        let cost = |column: usize| above.get(column).map_or(FAR, |cell| cell.0);
        let middle = ((row + 1) as f64 * ratio).floor() as usize;
        let low = middle.saturating_sub(beam);
        let high = if row + 1 == words.len() { columns } else { columns.min(middle + beam) };
        let mut next = vec![(FAR, Step::Drop); columns];
        let mut left = FAR;
        for (column, cell) in next.iter_mut().enumerate().take(high).skip(low) {
            // Of equal costs the first: keep or change, then drop, then add.
            let mut best = (FAR, Step::Drop);
            let mut offer = |cost: usize, step: Step| {
                if cost < best.0 {
                    best = (cost, step);
                }
            };
            match column.checked_sub(1) {
                None => offer(cost(0) + 1, Step::Drop),
                Some(before) => {
                    let same = reference.get(before) == Some(word);
                    offer(cost(before) + usize::from(!same), if same { Step::Keep } else { Step::Change });
                    offer(cost(column) + 1, Step::Drop);
                    offer(left + 1, Step::Add);
                }
            }
            *cell = best;
            left = best.0;
        }
        table.push(next);
    }

    let mut steps = Vec::new();
    let (mut row, mut column) = (words.len(), reference.len());
    while row > 0 || column > 0 {
        let Some(&(_, step)) = table.get(row).and_then(|cells| cells.get(column)) else { break };
        steps.push(step);
        row -= usize::from(step != Step::Add).min(row);
        column -= usize::from(step != Step::Drop).min(column);
    }
    steps.reverse();
    let edits = table.last().and_then(|cells| cells.last()).map_or(0, |cell| cell.0);
    (edits, steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_run_moves_to_before_and_behind() {
        let words = [0, 1, 2, 3, 4, 5];
        assert_eq!(shifted(&words, 3, 2, 1), [0, 3, 4, 1, 2, 5]);
        assert_eq!(shifted(&words, 1, 2, 5), [0, 3, 4, 1, 2, 5]);
        assert_eq!(shifted(&words, 1, 2, 2), [0, 3, 1, 2, 4, 5]);
        assert_eq!(shifted(&words, 4, 2, 6), [0, 1, 2, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn the_table_gives_the_plain_distance(one in prop::collection::vec(0..4usize, 0..12), other in prop::collection::vec(0..4usize, 1..12)) {
            let (edits, steps) = distance(&one, &other);
            prop_assert_eq!(edits, crate::speech::edits(&one, &other));
            prop_assert_eq!(steps.iter().filter(|step| **step != Step::Keep).count(), edits);
        }

        #[test]
        fn moves_never_cost_more(one in prop::collection::vec("[a-d]", 0..10), other in prop::collection::vec("[a-d]", 1..10)) {
            let edits = edits_with_shifts(&one, &other);
            prop_assert!(edits <= crate::speech::edits(&one, &other));
            prop_assert!(edits >= one.len().abs_diff(other.len()));
        }
    }
}
