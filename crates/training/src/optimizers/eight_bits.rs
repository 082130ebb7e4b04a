//! Numbers in one byte each: blocks of 256 with their greatest value, and a table of 256 values between −1 and 1 that is dense near 0.
//!
//! Dettmers et al., "8-bit optimizers via block-wise quantization", 2022. Moments span many orders of magnitude, so that the table spends its codes evenly
//! on seven decades, not evenly from −1 to 1.

use std::sync::OnceLock;

/// How many numbers share a scale.
pub(super) const BLOCK: usize = 256;

/// 256 values in rising order.
pub(super) struct Table {
    values: [f32; 256],
    /// The greatest number that still rounds to each value.
    limits: [f32; 255],
}

impl Table {
    /// For numbers of both signs.
    pub(super) fn signed() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Table::new(true))
    }

    /// For numbers that are not below 0.
    pub(super) fn unsigned() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Table::new(false))
    }

    /// Seven decades, 1 (2) values in the lowest and twice as many in each next, 0 and 1.
    fn new(signed: bool) -> Self {
        let mut values = vec![0.0, 1.0];
        for decade in 0..7_i32 {
            let count = if signed { 1 << decade } else { 2 << decade };
            let scale = 10_f64.powi(decade - 6);
            for item in 0..count {
                let value = scale * (0.1 + 0.9 * (f64::from(item) + 0.5) / f64::from(count));
                values.push(value);
                if signed {
                    values.push(-value);
                }
            }
        }
        values.sort_by(f64::total_cmp);
        let value = |index: usize| values.get(index).copied().unwrap_or(1.0);
        Self {
            values: std::array::from_fn(|index| value(index) as f32),
            limits: std::array::from_fn(|index| ((value(index) + value(index + 1)) / 2.0) as f32),
        }
    }

    /// The code of 0.
    pub(super) fn zero(&self) -> u8 {
        self.code(0.0)
    }

    /// The code of the nearest value.
    fn code(&self, number: f32) -> u8 {
        self.limits.partition_point(|limit| *limit < number) as u8
    }

    /// Numbers from their codes and the block's greatest.
    pub(super) fn decode(&self, codes: &[u8], greatest: f32, numbers: &mut [f32]) {
        codes.iter().zip(numbers).for_each(|(code, number)| *number = self.values[usize::from(*code)] * greatest);
    }

    /// Codes of a block; gives its greatest magnitude.
    pub(super) fn encode(&self, numbers: &[f32], codes: &mut [u8]) -> f32 {
        let greatest = numbers.iter().fold(0_f32, |greatest, number| greatest.max(number.abs()));
        let scale = if greatest > 0.0 { 1.0 / greatest } else { 0.0 };
        numbers.iter().zip(codes).for_each(|(number, code)| *code = self.code(number * scale));
        greatest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bitsandbytes' `create_dynamic_map(signed=True)` has these at its ends and around 0; they follow from the paper's data type.
    #[test]
    fn the_table_has_256_values_dense_near_zero() {
        let table = Table::signed();
        assert!(table.values.is_sorted() && table.values.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((table.values[0], table.values[127], table.values[255]), (-0.992_968_75, 0.0, 1.0));
        assert_eq!((table.values[126], table.values[128]), (-5.5e-7, 5.5e-7));
        assert_eq!((Table::unsigned().values[0], Table::unsigned().values[255]), (0.0, 1.0));
        assert_eq!((table.zero(), Table::unsigned().zero()), (127, 0));
    }

    #[test]
    fn values_of_the_table_come_back_and_others_nearly() {
        for table in [Table::signed(), Table::unsigned()] {
            let mut codes = [0; 256];
            assert_eq!(table.encode(&table.values, &mut codes), 1.0);
            assert_eq!(codes, std::array::from_fn(|index| index as u8));
        }
        let numbers: Vec<f32> = (0..BLOCK).map(|index| (index as f32).sin() * 1e-3).collect();
        let (mut codes, mut back) = ([0; BLOCK], [0.0; BLOCK]);
        let greatest = Table::signed().encode(&numbers, &mut codes);
        Table::signed().decode(&codes, greatest, &mut back);
        assert!(numbers.iter().zip(back).all(|(number, back)| (number - back).abs() <= greatest * 0.0071));
    }
}
