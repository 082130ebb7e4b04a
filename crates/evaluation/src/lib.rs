//! Metrics: what a model got right, in numbers; each metric in one file.
