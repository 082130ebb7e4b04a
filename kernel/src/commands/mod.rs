//! What `course-kernel` does on the command line.

mod cells;
mod check;
mod doctor;
mod install;
mod kernelspec;
mod parent;
mod run;

pub use cells::{Cells, cells};
pub use check::check;
pub use doctor::doctor;
pub use install::install;
pub use run::{cache_folder, run};
