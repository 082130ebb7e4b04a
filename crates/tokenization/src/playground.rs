//! A field to type into, with the tokens of what is typed in colour below it.

use course_display::{Bundle, Rich};
use course_widgets::{Text, VBox, View, Widget};

use crate::{Result, Tokenizer};

/// A field to type into, with the tokens of what is typed in colour below it; made by [`Tokenizer::playground`].
#[derive(Debug, Clone)]
pub struct Playground {
    /// The field.
    pub text: Text,
    whole: VBox,
}

impl Tokenizer {
    /// A field with `text` in it that shows, while one types, how this tokenizer cuts it.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn playground(&self, text: &str) -> Result<Playground> {
        let (field, view) = (Text::area("", 3).with_width("auto").with_value(text), View::new());
        let tokenizer = self.clone();
        let show = {
            let view = view.clone();
            move |text: String| -> Result<()> {
                view.show(&tokenizer.tokens(&text)?);
                Ok(())
            }
        };
        show(field.value())?;
        field.on_change(show);
        Ok(Playground { whole: VBox::new((&field, &view)).with_width("100%"), text: field })
    }
}

impl Rich for Playground {
    fn rich(&self) -> Bundle {
        self.whole.rich()
    }
}
