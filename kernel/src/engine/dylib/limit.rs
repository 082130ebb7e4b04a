//! How much a cell may show: what it prints is cut past a limit, and a display that is larger is replaced by a notice.

use course_wire::size;

use crate::engine::{Event, Output};

/// The variable that sets the limit, such as `COURSE_OUTPUT_LIMIT="50 MB"`, or `off`.
const VARIABLE: &str = "COURSE_OUTPUT_LIMIT";
/// The limit where nothing is said, in bytes. JupyterLab lays out as much text in a second or two, and saves it with the notebook.
const DEFAULT: u64 = 8_000_000;

/// The limit that the environment asks for; what is no size counts as not said.
pub fn from_environment() -> Option<u64> {
    std::env::var(VARIABLE).ok().and_then(|text| size::parse(&text)).unwrap_or(Some(DEFAULT))
}

/// What `:output` says of a limit.
pub fn describe(limit: Option<u64>) -> String {
    match limit {
        Some(bytes) => format!(
            "what a cell prints is cut after {0}, and a display of more than {0} is not shown; \
             `:output 50 MB` or `:output off` changes that for this notebook, {VARIABLE} for all",
            size::text(bytes)
        ),
        None => "output is not limited; `:output 8 MB` limits it again".to_owned(),
    }
}

/// An output in which no display is larger than the limit.
pub struct Limited<'a> {
    /// Where the output goes.
    pub output: &'a dyn Output,
    /// The limit in bytes.
    pub limit: Option<u64>,
}

impl Output for Limited<'_> {
    fn emit(&self, event: Event) {
        self.output.emit(match event {
            Event::Display { bundle, display_id, update } => {
                Event::Display { bundle: bundle.within(self.limit), display_id, update }
            }
            Event::Result(bundle) => Event::Result(bundle.within(self.limit)),
            event => event,
        });
    }
}
