//! A split in which both sides have the classes in the same proportions, drawn as scikit-learn and `datasets` draw it.

use std::collections::BTreeMap;

use crate::random::Generator;

/// The row numbers of both sides; in the error, what does not fit.
pub(super) fn indices(
    labels: &[i64],
    train_count: usize,
    test_count: usize,
    generator: &mut Generator,
) -> Result<(Vec<u64>, Vec<u64>), String> {
    // Rows of each class, classes in order.
    let mut classes: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        classes.entry(*label).or_default().push(row as u64);
    }
    if let Some((class, _)) = classes.iter().find(|(_, rows)| rows.len() < 2) {
        return Err(format!(
            "class {class} has only one row, and each side needs one; leave the class out with `filter`, or split without it"
        ));
    }
    for (side, count) in [("train", train_count), ("test", test_count)] {
        if count < classes.len() {
            return Err(format!(
                "the {side} side has {count} rows for {} classes; it needs at least one of each, so make {side}_size larger",
                classes.len()
            ));
        }
    }
    let counts: Vec<usize> = classes.values().map(Vec::len).collect();
    let for_train = shares(&counts, train_count, generator);
    let left: Vec<usize> = counts.iter().zip(&for_train).map(|(all, taken)| all - taken).collect();
    let for_test = shares(&left, test_count, generator);
    let (mut train, mut test) = (Vec::with_capacity(train_count), Vec::with_capacity(test_count));
    for ((rows, train_share), test_share) in classes.values().zip(for_train).zip(for_test) {
        let order = generator.permutation(rows.len());
        let mut shuffled = order.iter().filter_map(|place| rows.get(*place as usize).copied());
        train.extend(shuffled.by_ref().take(train_share));
        test.extend(shuffled.take(test_share));
    }
    generator.shuffle(&mut train);
    generator.shuffle(&mut test);
    Ok((train, test))
}

/// How many of `draws` each class gets: its proportion rounded down, and one more for those that lost most by rounding;
/// among equals the generator decides.
fn shares(counts: &[usize], draws: usize, generator: &mut Generator) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let exact: Vec<f64> = counts.iter().map(|count| (draws * count) as f64 / total.max(1) as f64).collect();
    let mut shares: Vec<f64> = exact.iter().map(|share| share.floor()).collect();
    let mut missing = draws.saturating_sub(shares.iter().sum::<f64>() as usize);
    let lost: Vec<f64> = exact.iter().zip(&shares).map(|(exact, share)| exact - share).collect();
    let mut losses = lost.clone();
    losses.sort_by(|a, b| b.total_cmp(a));
    losses.dedup();
    for loss in losses {
        if missing == 0 {
            break;
        }
        let equals: Vec<usize> = (0..lost.len()).filter(|class| lost[*class] == loss).collect();
        let served = generator.sample(equals.len(), missing.min(equals.len()));
        missing -= served.len();
        for class in served {
            shares[equals[class]] += 1.0;
        }
    }
    // No class can give more than it has.
    shares.iter().zip(counts).map(|(share, count)| (*share as usize).min(*count)).collect()
}
