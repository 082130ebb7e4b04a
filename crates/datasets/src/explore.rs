//! A dataset to page through: a table of some rows, and buttons for the others.

use course_display::{Bundle, Rich, escape};
use course_widgets::{AnyWidget, Widget as _};
use course_wire::link;

use crate::memory::size;
use crate::{Dataset, show};

/// Rows on a page unless told otherwise.
const PAGE: usize = 10;
/// The front end: buttons, a field for the row to go to, and the table.
const MODULE: &str = include_str!("explore.js");

/// A dataset to page through.
///
/// In a notebook it has buttons, and a field for the row to go to; where nothing can be clicked it is a table of the first rows.
///
/// ```
/// use course_datasets::{Dataset, row};
///
/// let data = Dataset::from_rows((0..1000).map(|n| row! { "n" => n, "square" => n * n }))?;
/// data.explore().page_size(20)
/// # ;
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explorer {
    data: Dataset,
    size: usize,
}

impl Dataset {
    /// The dataset as a table with buttons to page through it.
    pub fn explore(&self) -> Explorer {
        Explorer { data: self.clone(), size: PAGE }
    }
}

impl Explorer {
    /// Shows so many rows at once, 1 to 200.
    #[must_use]
    pub fn page_size(mut self, rows: usize) -> Self {
        self.size = rows.clamp(1, 200);
        self
    }

    /// The widget; it can go into a box with others.
    pub fn widget(&self) -> AnyWidget {
        let widget = AnyWidget::new(MODULE)
            .with("total", self.data.len())
            .with("size", self.size)
            .with("first", 0)
            .with("html", self.page(0));
        widget.on_change("first", {
            let (widget, pages) = (widget.clone(), self.clone());
            move |first: usize| widget.set("html", pages.page(first))
        });
        widget.with_width("100%")
    }

    /// The rows from `first` on, as HTML.
    fn page(&self, first: usize) -> String {
        match self.data.plain().slice(first..first.saturating_add(self.size)) {
            Ok(batch) => show::table(&batch, first, &self.summary()),
            Err(error) => format!("<pre>{}</pre>", escape(&error.to_string())),
        }
    }

    /// "25,000 rows · 33.4 MB on disk · split train".
    fn summary(&self) -> String {
        let mut parts = vec![show::counted(self.data.len())];
        if self.data.dataset_size() > 0 {
            parts.push(format!("{} on disk", size(self.data.dataset_size() as u64)));
        }
        if let Some(split) = self.data.split() {
            parts.push(format!("split {}", escape(split)));
        }
        parts.join(" · ")
    }
}

impl Rich for Explorer {
    fn rich(&self) -> Bundle {
        let still = Bundle::html(self.page(0), self.data.to_string());
        if !link::connected() || self.data.len() <= self.size {
            return still;
        }
        // Where the widget's front end is missing, in a file that was saved say, the table of the first rows still shows.
        let mut bundle = self.widget().rich();
        bundle.data.extend(still.data);
        bundle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn numbers(count: i64) -> Dataset {
        Dataset::from_rows((0..count).map(|n| row! { "n" => n, "text" => format!("<{n}>") })).unwrap()
    }

    #[test]
    fn a_page_has_its_rows_with_their_numbers() {
        let explorer = numbers(25).explore().page_size(10);
        let html = explorer.page(20);
        assert!(html.contains("&lt;24&gt;") && !html.contains("&lt;19&gt;") && html.contains(">int64</div>"), "{html}");
        assert!(explorer.page(100).contains("<thead>"), "past the end there are headers and no rows");
    }

    #[test]
    fn the_page_that_is_asked_for_is_the_page_that_is_sent() {
        let widget = numbers(25).explore().widget();
        assert!(widget.get::<String>("html").unwrap().contains("&lt;9&gt;"));
        widget.set("first", 10);
        let html = widget.get::<String>("html").unwrap();
        assert!(html.contains("&lt;10&gt;") && !html.contains("&lt;9&gt;"), "{html}");
    }

    #[test]
    fn a_terminal_gets_the_words_and_a_still_page_the_first_rows() {
        let bundle = numbers(12).explore().rich();
        assert!(bundle.plain().contains("num_rows: 12"), "{}", bundle.plain());
        let html = bundle.data["text/html"].as_str().unwrap();
        assert!(html.contains("&lt;9&gt;") && !html.contains("&lt;10&gt;") && html.contains("12 rows"), "{html}");
    }
}
