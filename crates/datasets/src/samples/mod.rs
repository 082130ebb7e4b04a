//! Data that the chapters work on and that needs no network: invented reviews, and a folder to try things in.
//!
//! ```no_run
//! use course_datasets::samples::{Reviews, work_on};
//!
//! # fn main() -> std::io::Result<()> {
//! work_on("05-datasets/data")?; // a fresh folder with a copy of the chapter's files; relative paths are its files from here on
//! Reviews::new(24_000).seed(0).write_tsv("reviews-train.tsv")?;
//! # Ok(())
//! # }
//! ```

mod html;
mod reviews;
mod sentences;
mod work;

pub use html::unescape_html;
pub use reviews::{Review, Reviews};
pub use work::{WorkFolder, work_on};
