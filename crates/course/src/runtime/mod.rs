//! What a running cell stands on: the child's main loop, the variables, and the glue that generated code calls.
//!
//! The kernel compiles a cell into a library whose entry point takes the variables it mentions ([`cell::take`]), runs the
//! learner's lines in a closure ([`cell::run`]) and stores what is new ([`cell::put`]). Nothing here is for learners to call.

pub mod cell;
mod child;
mod comms;
mod panic;
mod store;
pub mod timing;
