//! What a running cell stands on: the child's main loop, and the glue that generated code calls besides `course_cell`'s.

pub mod cell;
mod child;
mod comms;
mod descriptors;
mod limits;
mod overflow;
mod panic;
pub mod timing;
