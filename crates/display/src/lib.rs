//! Rich output: MIME bundles, tables, tensors, SVG plots, tokens in colour, progress bars.
