//! A hash of bytes that is quick on long ones, to find equal ones by: four words go into four sums that do not wait for each other.
//!
//! It is no defence against data made to fall together, which only makes finding slow: whether two are equal, the bytes themselves say.

/// Where the sums begin, and by what they are multiplied: the golden ratio, whose multiples spread best, and digits of π.
const SEEDS: [u64; 4] = [0x9e37_79b9_7f4a_7c15, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// The hash of these bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut sums = SEEDS;
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for ((sum, word), seed) in sums.iter_mut().zip(words).zip(SEEDS) {
            *sum = folded(*sum ^ u64::from_le_bytes(*word), seed);
        }
    }
    let (words, rest) = rest.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    for ((sum, word), seed) in sums.iter_mut().zip(words.iter().chain([&last])).zip(SEEDS) {
        *sum = folded(*sum ^ u64::from_le_bytes(*word), seed);
    }
    sums.into_iter().fold(bytes.len() as u64, |hash, sum| folded(hash ^ sum, SEEDS[0]))
}

/// The hash of a number.
pub(super) fn of_number(number: u64) -> u64 {
    folded(number ^ SEEDS[1], SEEDS[0])
}

/// Both halves of the product, put over each other.
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_changed_byte_or_length_is_another_hash() {
        let mut seen = HashSet::new();
        let text: Vec<u8> = (0..100).collect();
        for length in 0..=text.len() {
            assert!(seen.insert(of_bytes(&text[..length])), "{length}");
            for place in 0..length {
                let mut other = text[..length].to_vec();
                other[place] ^= 1;
                assert!(seen.insert(of_bytes(&other)), "{length} {place}");
            }
        }
        // Zeros are told by their number, and numbers in a row fall apart in their first bits and their last.
        let mut seen = HashSet::new();
        assert!((0..100).all(|length| seen.insert(of_bytes(&vec![0; length]))));
        let first: HashSet<u64> = (0..1000).map(|number| of_number(number) >> 54).collect();
        let last: HashSet<u64> = (0..1000).map(|number| of_number(number) & 1023).collect();
        assert!(first.len() > 550 && last.len() > 550, "{} {}", first.len(), last.len());
    }
}
