//! Every kernel against its plain twin, and the plain twins against the definition.

use half::f16;
use proptest::prelude::*;

use super::Kernels;
use super::elementwise::{erf, exp, softmax};
use super::matmul::{Finish, matmul_with};
use super::packed::{LANES, Packed};
use super::pool::Pool;
use crate::Philox;

/// Numbers in [-1, 1).
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut random = Philox::new(seed);
    (0..count).map(|_| random.next_f32() * 2.0 - 1.0).collect()
}

/// Q4_1 blocks with scales and minimums of ordinary size.
fn q4_1(seed: u64, rows: usize, columns: usize) -> Vec<u8> {
    let mut random = Philox::new(seed);
    let mut block = || {
        let (scale, minimum) = (f16::from_f32(random.next_f32() * 0.1), f16::from_f32(random.next_f32() - 0.5));
        let quants = [(); 4].map(|()| random.next_u32().to_le_bytes());
        [&scale.to_le_bytes()[..], &minimum.to_le_bytes(), quants.as_flattened()].concat()
    };
    (0..rows * columns / 32).flat_map(|_| block()).collect()
}

/// The weights one by one, as ggml's documentation defines the format.
fn q4_1_to_f32(bytes: &[u8]) -> Vec<f32> {
    let half = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
    let block = |block: &[u8]| {
        let (scale, minimum) = (half(block), half(&block[2..]));
        let low = block[4..].iter().map(|byte| byte & 15);
        let quants = low.chain(block[4..].iter().map(|byte| byte >> 4)).collect::<Vec<_>>();
        quants.into_iter().map(move |quant| scale * f32::from(quant) + minimum)
    };
    bytes.chunks_exact(20).flat_map(block).collect()
}

/// `x · Wᵀ + b` in f64.
fn expected(weights: &[f32], bias: Option<&[f32]>, x: &[f32], columns: usize) -> Vec<f64> {
    let dot = |row: &[f32], x: &[f32]| row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
    let rows = |x: &[f32]| {
        let biases = (0..).map(|row| bias.map_or(0.0, |bias| f64::from(bias[row])));
        weights.chunks_exact(columns).zip(biases).map(|(row, bias)| dot(row, x) + bias).collect::<Vec<_>>()
    };
    x.chunks_exact(columns).flat_map(rows).collect()
}

fn row_by_row(packed: &Packed) -> Vec<f32> {
    let mut rows = vec![0.0; packed.rows() * packed.columns()];
    for (number, row) in rows.chunks_exact_mut(packed.columns()).enumerate() {
        packed.row(number, row);
    }
    rows
}

#[test]
fn packing_keeps_every_weight() {
    let bytes = q4_1(1, 20, 96);
    assert_eq!(row_by_row(&Packed::from_q4_1(&bytes, 20, 96)), q4_1_to_f32(&bytes));
    let weights = numbers(2, 20 * 7);
    assert_eq!(row_by_row(&Packed::from_f32(&weights, 20, 7)), weights);
}

#[test]
fn four_bits_without_a_minimum_are_four_bits_with_one() {
    // One block: scale 0.5, and the half-bytes 0, 8, 15 and 3 among zeros (which stand for -8).
    let mut block = vec![0; 18];
    block[..2].copy_from_slice(&f16::from_f32(0.5).to_le_bytes());
    block[2] = 0x80;
    block[3] = 0x3f;
    let weights = row_by_row(&Packed::from_q4_0(&block, 1, 32));
    assert_eq!([weights[0], weights[1], weights[16], weights[17]], [-4.0, 3.5, 0.0, -2.5]);
}

#[test]
fn eight_bits_are_off_by_half_a_step_at_most() {
    let weights = numbers(3, 16 * 64);
    let quantized = row_by_row(&Packed::quantize(&weights, 16, 64));
    for (block, quantized) in weights.chunks_exact(32).zip(quantized.chunks_exact(32)) {
        let step = block.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs())) / 127.0;
        let worst = block.iter().zip(quantized).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // The scale itself is rounded to 11 bits.
        assert!(worst <= step * 0.5 + 1.0 / 2048.0, "{worst} for a step of {step}");
    }
}

#[test]
fn matrices_times_vectors_are_what_the_definition_says() {
    let pool = Pool::new(3);
    // 40 rows: two full groups and half a one. 1, 3, 4 vectors go through the dot kernels, 5 and 27 through tiles.
    let (rows, columns) = (40, 96);
    let bias = numbers(4, rows + rows);
    for vectors in [1, 3, 4, 5, 27] {
        let x = numbers(5, vectors * columns);
        let q4 = Packed::from_q4_1(&q4_1(6, rows, columns), rows, columns);
        let q8 = Packed::quantize(&numbers(7, rows * columns), rows, columns);
        let f32 = Packed::from_f32(&numbers(8, rows * columns), rows, columns);
        for parts in [[q4.clone(), q8.clone()], [f32, q4]] {
            let weights = parts.iter().flat_map(row_by_row).collect::<Vec<_>>();
            let expected = expected(&weights, Some(&bias), &x, columns);
            for kernels in Kernels::all() {
                let mut y = vec![f32::NAN; vectors * rows * 2];
                let finish = Finish { bias: Some(&bias), gelu: false };
                matmul_with(kernels, &pool, &parts, finish, &x, vectors, &mut y);
                for (y, expected) in y.iter().zip(&expected) {
                    let error = (f64::from(*y) - expected).abs();
                    assert!(error < 2e-5, "{}: {y} for {expected}, {vectors} vectors", kernels.name());
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn wide_kernels_equal_the_plain_ones_bit_for_bit(seed: u64, blocks in 1_usize..4, extra in 0_usize..32) {
        let columns = blocks * 32;
        let q4 = Packed::from_q4_1(&q4_1(seed, LANES, columns), LANES, columns);
        let q8 = Packed::quantize(&numbers(seed, LANES * columns), LANES, columns);
        let f32 = Packed::from_f32(&numbers(seed, 2 * LANES * (columns + extra)), 2 * LANES, columns + extra);
        let x = numbers(seed + 1, 12 * (columns + extra));
        let vector = |m: usize| &x[m * (columns + extra)..][..columns];
        let sums = x.chunks_exact(32).map(|block| block.iter().sum()).collect::<Vec<f32>>();
        let [plain, wide @ ..] = &Kernels::all()[..] else { unreachable!("the plain kernels run anywhere") };
        use super::packed::Group::{F32, Q4, Q8};
        let (Q4(q4_group), Q8(q8_group), F32(first), F32(second)) = (q4.group(0), q8.group(0), f32.group(0), f32.group(1))
        else { unreachable!("packed above in these formats") };
        for wide in wide {
            let (a, b) = (&sums[..blocks], &sums[1..][..blocks.min(sums.len() - 1)]);
            let b = if b.len() == blocks { b } else { a };
            prop_assert_eq!(plain.dot_q4(q4_group, [vector(0)], [a]), wide.dot_q4(q4_group, [vector(0)], [a]));
            prop_assert_eq!(
                plain.dot_q4(q4_group, [vector(0), vector(1)], [a, b]),
                wide.dot_q4(q4_group, [vector(0), vector(1)], [a, b])
            );
            let three = [vector(0), vector(1), vector(2)];
            prop_assert_eq!(plain.dot_q8(q8_group, three), wide.dot_q8(q8_group, three));
            let whole = |m: usize| &x[m * (columns + extra)..][..columns + extra];
            let twelve = std::array::from_fn::<_, 12, _>(whole);
            prop_assert_eq!(plain.tile([first, second], twelve), wide.tile([first, second], twelve));
            prop_assert_eq!(plain.tile([second], [whole(3)]), wide.tile([second], [whole(3)]));
            for group in [q4.group(0), q8.group(0)] {
                let [mut expected, mut unpacked] = [(); 2].map(|()| vec![[0.0; LANES]; columns]);
                plain.unpack(group, &mut expected);
                wide.unpack(group, &mut unpacked);
                prop_assert_eq!(expected, unpacked);
            }
        }
    }

    #[test]
    fn exp_and_erf_are_exact_to_a_few_last_places(x in -80.0_f32..80.0) {
        let expected = f64::from(x).exp();
        prop_assert!((f64::from(exp(x)) - expected).abs() <= 2.5e-7 * expected, "exp({x})");
        // erf by its own series, where it converges well.
        let small = x / 40.0;
        let mut term = f64::from(small);
        let mut sum = term;
        for n in 1..40 {
            let n = f64::from(n);
            term *= -f64::from(small).powi(2) / n;
            sum += term / (2.0 * n + 1.0);
        }
        let expected = sum * 2.0 / std::f64::consts::PI.sqrt();
        prop_assert!((f64::from(erf(small)) - expected).abs() <= 3e-7, "erf({small})");
    }

    #[test]
    fn probabilities_sum_to_one(mut scores in prop::collection::vec(-50.0_f32..50.0, 1..70)) {
        let likeliest = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place);
        softmax(&mut scores);
        prop_assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let after = scores.iter().copied().fold(0.0, f32::max);
        prop_assert_eq!(likeliest.map(|place| scores[place]), Some(after));
    }
}

mod pool {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::pool::Pool;

    #[test]
    fn every_piece_is_done_once() {
        let pool = Pool::new(4);
        for pieces in [0, 1, 2, 7, 100, 1000] {
            let counts = (0..pieces).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>();
            pool.run(pieces, &|piece| {
                counts[piece].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1), "{pieces} pieces");
        }
    }

    #[test]
    fn callers_on_many_threads_do_not_disturb_each_other() {
        let pool = Pool::new(3);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..500 {
                        let sum = AtomicUsize::new(0);
                        pool.run(round % 9, &|piece| {
                            sum.fetch_add(piece + 1, Ordering::Relaxed);
                        });
                        assert_eq!(sum.into_inner(), (round % 9) * (round % 9 + 1) / 2);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_in_a_piece_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(2);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(50, &|piece| assert!(piece != 20, "piece 20"));
        }));
        assert!(panicked.is_err());
        let done = AtomicUsize::new(0);
        pool.run(50, &|_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 50);
    }

    #[test]
    fn parts_are_filled_by_number() {
        let mut numbers = vec![0.0; 10];
        Pool::new(2).run_parts(numbers.chunks_mut(3).collect(), |part, to| to.fill(part as f32));
        assert_eq!(numbers, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0]);
    }
}
