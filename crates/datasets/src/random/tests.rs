//! Every number here was printed by NumPy 2.4.6.

use super::*;

/// A hash that both sides can compute: FNV-1a over whole numbers.
fn fingerprint(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0xcbf2_9ce4_8422_2325, |hash, number| (hash ^ number).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn a_seed_is_mixed_as_numpy_mixes_it() {
    let golden = [
        (
            0,
            [15793235383387715774, 12390638538380655177, 2361836109651742017, 3188717715514472916],
            [11749869230777074271, 4976686463289251617],
        ),
        (
            42,
            [11465652750463011511, 15382171918060459190, 9018504550953525431, 3703499796004394495],
            [14276969152011380360, 8095878257575067585],
        ),
        (
            (1 << 32) - 1,
            [3028043900922232328, 2320167514380599704, 17098690511671083926, 6235634683512324349],
            [4647538520743280031, 4041050679407036418],
        ),
        (
            1 << 32,
            [5836529245451711556, 8811601478698894690, 4323349454413245209, 13668837544996263139],
            [16412783775159424549, 10277383025879800780],
        ),
        (
            u64::MAX,
            [12591116029944179981, 1268942265879420026, 1998214320288580263, 12063755697402456310],
            [12544278110101001871, 15593249672699323225],
        ),
    ];
    for (seed, state, raw) in golden {
        let sequence = SeedSequence::new(seed);
        assert_eq!(sequence.state::<4>(), state, "seed {seed}");
        let mut bits = Pcg64::new(&sequence);
        assert_eq!([bits.next_u64(), bits.next_u64()], raw, "seed {seed}");
    }
    // Equivalent python code: np.random.SeedSequence([1, 2, 3, 4, 5, 6]).generate_state(2, np.uint64)
    let long = SeedSequence::from_words(&[1, 2, 3, 4, 5, 6]);
    assert_eq!(long.state::<2>(), [16991237094181161505, 14981931853785751691]);
}

#[test]
fn permutations_are_those_of_the_course() {
    assert_eq!(Generator::new(42).permutation(138514)[..5], [21219, 254, 138056, 73282, 137369]);
    assert_eq!(Generator::new(666).permutation(3019)[..3], [2174, 278, 2241]);
    for (count, seed, expected) in [
        (0, 1, 14695981039346656037),
        (1, 1, 12638153115695167455),
        (2, 9, 590682968308805178),
        (1000, 0, 17864580437829116307),
        (100_003, 12345, 14928665913787802886),
        (65_537, (1 << 33) + 7, 3618766448287434945),
    ] {
        assert_eq!(fingerprint(&Generator::new(seed).permutation(count)), expected, "{count} with seed {seed}");
    }
}

#[test]
fn draws_of_every_width_share_one_stream() {
    let mut generator = Generator::new(3);
    assert_eq!(generator.permutation(7), [5, 6, 2, 1, 4, 3, 0]);
    assert_eq!(generator.integers(-5, 1 << 40, 3), [476228107090, 526722472604, 175634794047]);
    assert_eq!(generator.integers(0, 1 << 32, 3), [2969613106, 3154984841, 140394751]);
    assert_eq!(generator.random(), 0.39122819049566204);
    assert_eq!(generator.integers(0, (1 << 32) - 1, 2), [488217607, 3813179372]);
    assert_eq!(generator.integers(i64::MIN, i64::MAX, 2), [-1279687153306265329, 1601151033282979118]);
    assert_eq!((generator.up_to(u64::MAX) as i64).wrapping_add(i64::MIN), 4387332793235849546);
    assert_eq!(generator.integers(3, 4, 3), [3, 3, 3]);
    assert_eq!(generator.up_to((1 << 63) - 1), 8820008658015151751);
}

#[test]
fn choices_are_numpys() {
    let mut generator = Generator::new(11);
    assert_eq!(generator.choices(5, 6), [0, 0, 3, 2, 2, 3]);
    assert_eq!(generator.sample(12, 5), [1, 0, 5, 4, 11]);
    assert_eq!(generator.sample(20_000, 3), [2595, 15087, 18966]);
    assert_eq!(generator.sample(20_000, 1000).len(), 1000);
    assert_eq!(generator.sample(20_000, 1000)[..4], [5752, 3949, 18803, 13743]);
    assert_eq!(generator.weighted_choices(&[0.2, 0.5, 0.3], 8), [1, 1, 2, 0, 1, 1, 1, 1]);
    assert_eq!(generator.sample(20_001, 20_001)[..4], [7770, 12115, 8189, 2872]);
}

#[test]
fn a_list_is_shuffled_as_numpy_shuffles_it() {
    let mut letters: Vec<char> = "abcdefgh".chars().collect();
    Generator::new(5).shuffle(&mut letters);
    assert_eq!(letters.iter().collect::<String>(), "becdhfga");
}

#[test]
fn nothing_to_choose_from_gives_nothing() {
    let mut generator = Generator::new(0);
    assert!(generator.permutation(0).is_empty());
    assert!(generator.choices(0, 3).is_empty());
    assert!(generator.sample(0, 3).is_empty());
    assert_eq!(generator.sample(2, 3).len(), 2);
    assert!(generator.weighted_choices(&[], 3).is_empty());
    assert!(generator.weighted_choices(&[0.0, f64::NAN], 3).is_empty());
    assert_eq!(generator.integer(4, 4), 4);
}
