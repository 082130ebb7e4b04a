//! Fewer points for the same picture.

/// Columns that a chart tells apart; it is about as many pixels wide.
const COLUMNS: usize = 600;

/// The points that show: of each column of pixels its first, lowest, highest and last, in their order. Short series stay as they are.
pub(super) fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 4 * COLUMNS {
        return points.to_vec();
    }
    let size = points.len().div_ceil(COLUMNS);
    let mut kept = Vec::with_capacity(4 * COLUMNS);
    for column in points.chunks(size) {
        let by_value = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        // What is not finite ends a line: a gap stays a gap.
        let gap = column.iter().position(|(_, y)| !y.is_finite());
        let finite = || (0..column.len()).filter(|index| column[*index].1.is_finite());
        let mut indices = vec![0, column.len() - 1];
        indices.extend(gap);
        indices.extend(finite().min_by(by_value));
        indices.extend(finite().max_by(by_value));
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| column[index]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_ends_and_gaps_stay() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|x| (f64::from(x), 1.0)).collect();
        points[12_345].1 = 9.0;
        points[54_321].1 = -9.0;
        points[77_777].1 = f64::NAN;
        let thinned = thin(&points);
        assert!(thinned.len() <= 5 * COLUMNS, "{}", thinned.len());
        assert!(thinned.contains(&(12_345.0, 9.0)) && thinned.contains(&(54_321.0, -9.0)));
        assert!(thinned.iter().any(|(_, y)| y.is_nan()));
        assert_eq!((thinned[0].0, thinned[thinned.len() - 1].0), (0.0, 99_999.0));
        assert!(thinned.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(thin(&points[..100]), points[..100]);
    }
}
