//! Tables on disk that behave like lists of rows: loading, mapping, shuffling, saving, searching.

pub mod loopback;
pub mod random;
pub mod samples;
