//! Small things that messages need: sizes in words, the nearest name.

/// A size in bytes as a learner reads it: `98.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, f64); 4] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1.0)];
    let value = bytes as f64;
    match UNITS.iter().find(|(_, scale)| value >= *scale) {
        Some((unit, scale)) if *scale > 1.0 => format!("{:.1} {unit}", value / scale),
        _ if bytes == 1 => "1 byte".into(),
        _ => format!("{bytes} bytes"),
    }
}

/// The candidate that a typing mistake could have turned into `name`, if one is near enough.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// The first seven digits of a commit, as everyone writes it.
pub(crate) fn short_commit(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_decimal_units() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(466_247), "466.2 kB");
        assert_eq!(size(98_362_432), "98.4 MB");
        assert_eq!(size(7_000_000_000), "7.0 GB");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["general.architecture", "llama.block_count"];
        assert_eq!(nearest("lama.block_count", names), Some("llama.block_count"));
        assert_eq!(nearest("LLAMA.block_count", names), Some("llama.block_count"));
        assert_eq!(nearest("tokenizer.ggml.tokens", names), None);
    }
}
