//! What `course-kernel` does on the command line.

mod doctor;
mod install;
mod kernelspec;
mod parent;
mod run;

pub use doctor::doctor;
pub use install::install;
pub use run::run;
