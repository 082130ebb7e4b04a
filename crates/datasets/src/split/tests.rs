//! Every list here was printed by Python's `datasets` 5.2.0.

use super::*;

fn fingerprint(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0xcbf2_9ce4_8422_2325, |hash, number| (hash ^ number).wrapping_mul(0x0100_0000_01b3))
}

fn labels(rows: i64, classes: i64) -> Vec<i64> {
    (0..rows).map(|row| (row * row + row / 3) % classes).collect()
}

#[test]
fn the_drug_reviews_are_split_as_in_the_course() {
    let (train, test) = Split::train(0.8).seed(42).indices(138_514, None).unwrap();
    assert_eq!((train.len(), test.len()), (110_811, 27_703));
    assert_eq!(train[..4], [110020, 49791, 32751, 60946]);
    assert_eq!(test[..4], [21219, 254, 138056, 73282]);
    assert_eq!((fingerprint(&train), fingerprint(&test)), (14514071337551494554, 4457042254334010741));
}

#[test]
fn sizes_may_be_rows_or_shares_of_either_side() {
    let (train, test) = Split::test(7).train_size(11).seed(3).indices(50, None).unwrap();
    assert_eq!(train, [41, 25, 39, 4, 3, 40, 46, 35, 18, 43, 48]);
    assert_eq!(test, [2, 11, 17, 28, 32, 23, 30]);
    let (train, test) = Split::default().seed(0).indices(50, None).unwrap();
    assert_eq!((train.len(), &train[..3]), (37, &[22, 10, 45][..]));
    assert_eq!(test, [18, 23, 36, 4, 2, 3, 34, 24, 20, 26, 1, 11, 47]);
    // 14.5 rows: a share to train on is rounded down, one to test on up.
    let (train, test) = Split::train(0.29).test_size(0.29).seed(1).indices(50, None).unwrap();
    assert_eq!((train.len(), test.len()), (14, 15));
    assert_eq!((train[0], test[0]), (20, 15));
    let (train, test) = Split::test(20).shuffle(false).indices(50, None).unwrap();
    assert_eq!((train, test), ((0..30).collect::<Vec<_>>(), (30..50).collect::<Vec<_>>()));
}

#[test]
fn a_stratified_split_takes_pythons_rows() {
    let by_label = |split: Split, rows, classes| {
        split.stratify_by("label").indices(rows as usize, Some(&labels(rows, classes))).unwrap()
    };
    let (train, test) = by_label(Split::test(0.25).seed(5), 40, 3);
    assert_eq!((&train[..6], &test[..6]), (&[23, 25, 6, 15, 39, 18][..], &[26, 17, 12, 14, 33, 13][..]));
    assert_eq!((fingerprint(&train), fingerprint(&test)), (8209547480751415523, 6706172695577273617));
    let (train, test) = by_label(Split::train(60).test_size(21).seed(9), 101, 7);
    assert_eq!((fingerprint(&train), fingerprint(&test)), (3460877929819765286, 12828742496922655732));
    let (train, test) = by_label(Split::test(0.1).seed(77), 20_000, 5);
    assert_eq!((fingerprint(&train), fingerprint(&test)), (12565578750562742418, 6339072020483304006));
}

#[test]
fn what_does_not_fit_is_said_with_what_to_do() {
    let problem = |split: Split, labels: Option<&[i64]>| split.indices(10, labels).unwrap_err().to_string();
    assert!(problem(Split::test(10), None).contains("there are only 10"));
    assert!(problem(Split::test(0), None).contains("0 rows"));
    assert!(problem(Split::test(1.5), None).contains("a share lies between 0 and 1"));
    assert!(problem(Split::train(f64::NAN), None).contains("share"));
    assert!(problem(Split::train(0.7).test_size(0.4), None).contains("more than 1"));
    assert!(problem(Split::train(7).test_size(4), None).contains("more than the 10"));
    assert!(problem(Split::train(0.05), None).contains("none are left"));
    let lonely = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert!(problem(Split::test(5).stratify_by("label"), Some(&lonely)).contains("class 1 has only one row"));
    let pairs = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4];
    let few = problem(Split::test(2).stratify_by("label"), Some(&pairs));
    assert!(few.contains("the test side has 2 rows for 5 classes"), "{few}");
    assert!(problem(Split::test(5).stratify_by("label").shuffle(false), Some(&pairs)).contains("shuffles"));
}
