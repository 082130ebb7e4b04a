//! Language models in pieces that one reads: each file is one idea, in the plainest code it can be written in.
//!
//! Everything here works on `&[f32]` and on ids, allocates freely and takes its time. The same ideas, written to be fast,
//! are in [`generation`](crate::generation) and in the layers of the models; tests hold each piece equal to its fast twin.
