//! Sorting whole numbers by their digits, from the last to the first: as many passes over the rows as the numbers have digits, and no
//! comparisons. Equal numbers keep their order by themselves.

/// Bits of a digit: the places of its 2048 values stay in the cache nearest to the processor.
const DIGIT: u32 = 11;
/// With more passes than this, comparing is faster where there are many threads.
const PASSES: u32 = 3;

/// The numbers of the rows in the order of their keys, or of their keys backwards; `None` where the keys lie so far apart that
/// comparing them is the better way.
pub(super) fn order_of(keys: &[i64], descending: bool) -> Option<Vec<u64>> {
    let (Some(&least), Some(&most)) = (keys.iter().min(), keys.iter().max()) else { return Some(Vec::new()) };
    let bits = u64::BITS - most.abs_diff(least).leading_zeros();
    if bits > DIGIT * PASSES {
        return None;
    }
    // How far a key is from the one that comes first.
    let distance = |key: i64| if descending { most.abs_diff(key) } else { key.abs_diff(least) };
    if bits <= 32 && u32::try_from(keys.len()).is_ok() {
        // Key and number side by side in one word.
        let pairs: Vec<u64> = keys.iter().zip(0_u64..).map(|(key, row)| distance(*key) << 32 | row).collect();
        let sorted = by_digits(pairs, bits, |pair| pair >> 32);
        return Some(sorted.into_iter().map(|pair| pair & u64::from(u32::MAX)).collect());
    }
    let pairs: Vec<(u64, u64)> = keys.iter().zip(0_u64..).map(|(key, row)| (distance(*key), row)).collect();
    Some(by_digits(pairs, bits, |pair| pair.0).into_iter().map(|pair| pair.1).collect())
}

/// The items in the order of the lowest `bits` bits of their keys.
fn by_digits<T: Copy + Default>(mut items: Vec<T>, bits: u32, key: impl Fn(T) -> u64) -> Vec<T> {
    const VALUES: usize = 1 << DIGIT;
    let mut moved = vec![T::default(); items.len()];
    for shift in (0..bits).step_by(DIGIT as usize) {
        let digit = |item: T| (key(item) >> shift) as usize % VALUES;
        let mut places = [0_usize; VALUES];
        for &item in &items {
            places[digit(item)] += 1;
        }
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for &item in &items {
            let place = &mut places[digit(item)];
            moved[*place] = item;
            *place += 1;
        }
        std::mem::swap(&mut items, &mut moved);
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compared(keys: &[i64], descending: bool) -> Vec<u64> {
        let mut rows: Vec<u64> = (0..keys.len() as u64).collect();
        rows.sort_by(|one, other| {
            let order = keys[*one as usize].cmp(&keys[*other as usize]);
            if descending { order.reverse() } else { order }
        });
        rows
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_a_stable_sort(
            start in prop_oneof![Just(i64::MIN), Just(-1000), Just(0), Just(i64::MAX - (1 << 33))],
            spread in 0_u32..34,
            keys in prop::collection::vec(any::<u64>(), 0..300),
            descending in any::<bool>(),
        ) {
            let span = (1_u64 << spread) - 1;
            let keys: Vec<i64> = keys.iter().map(|key| start.wrapping_add_unsigned(key & span)).collect();
            prop_assert_eq!(order_of(&keys, descending), Some(compared(&keys, descending)));
        }
    }

    #[test]
    fn keys_that_lie_far_apart_are_left_to_comparing() {
        assert_eq!(order_of(&[i64::MIN, i64::MAX], false), None);
        assert_eq!(order_of(&[0, 1 << 33], false), None);
        assert_eq!(order_of(&[5, 5, 5], true), Some(vec![0, 1, 2]));
        assert_eq!(order_of(&[], false), Some(vec![]));
    }
}
