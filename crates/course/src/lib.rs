//! The facade that notebooks see: the prelude, the re-exports, and the glue a cell needs.
