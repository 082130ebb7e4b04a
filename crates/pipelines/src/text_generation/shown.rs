//! Prompts and what was written on from them, as HTML with the new text marked and as plain text.

use course_display::{Bundle, escape};

use crate::Prompt;

/// How far a text has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The model is still writing.
    Growing,
    /// It ended by itself, or at a stop string.
    Whole,
    /// It ended at the length limit.
    Cut,
    /// The learner stopped it.
    Stopped,
}

/// One text to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) prompt: &'a Prompt,
    pub(super) text: &'a str,
    pub(super) state: State,
}

/// All of them, numbered if there are several.
pub(super) fn bundle(texts: &[Shown<'_>]) -> Bundle {
    let mut html = String::new();
    let mut plain = Vec::new();
    for (index, shown) in texts.iter().enumerate() {
        let text = format!(
            "<div style=\"white-space:pre-wrap;line-height:1.5;padding:4px 0;max-width:90ch\">{}</div>",
            shown.html()
        );
        if texts.len() == 1 {
            html += &text;
            plain.push(shown.plain());
        } else {
            let number = index + 1;
            html += &format!(
                "<div style=\"display:flex;gap:0.6em\"><b style=\"line-height:1.5;padding:4px 0\">{number}.</b>{text}</div>"
            );
            plain.push(format!("{number}. {}", shown.plain()));
        }
    }
    Bundle::html(html, plain.join("\n\n"))
}

impl Shown<'_> {
    fn html(&self) -> String {
        // A tint behind the new text, which keeps the page's own colour: readable in light and dark.
        let new = format!(
            "<span style=\"background:rgba(59,130,214,0.2);border-radius:3px\">{}</span>{}",
            escape(self.text_shown()),
            self.sign()
        );
        match self.prompt {
            Prompt::Text(prompt) => format!("{}{new}", escape(prompt)),
            Prompt::Chat(messages) => {
                let turns = messages.iter().map(|message| {
                    format!("<div><b>{}</b>  {}</div>", escape(&message.role), escape(message.content.trim()))
                });
                turns.collect::<String>() + &format!("<div><b>assistant</b>  {new}</div>")
            }
        }
    }

    fn plain(&self) -> String {
        match self.prompt {
            Prompt::Text(prompt) => format!("{prompt}{}{}", self.text_shown(), self.sign()),
            Prompt::Chat(messages) => {
                let turns = messages.iter().map(|message| format!("{}: {}\n", message.role, message.content.trim()));
                turns.collect::<String>() + &format!("assistant: {}{}", self.text_shown(), self.sign())
            }
        }
    }

    /// Answers are shown without the white space that the chat format puts around them.
    fn text_shown(&self) -> &str {
        match self.prompt {
            Prompt::Text(_) => self.text,
            Prompt::Chat(_) => self.text.trim(),
        }
    }

    fn sign(&self) -> &'static str {
        match self.state {
            State::Growing => "▌",
            State::Whole => "",
            State::Cut => " …",
            State::Stopped => " (stopped)",
        }
    }
}

#[cfg(test)]
mod tests {
    use course_tokenization::Message;

    use super::*;

    #[test]
    fn new_text_is_marked_and_markup_stays_text() {
        let prompt = Prompt::Text("2 < 3".into());
        let bundle = bundle(&[Shown { prompt: &prompt, text: " <b>", state: State::Cut }]);
        assert_eq!(bundle.plain(), "2 < 3 <b> …");
        assert_eq!(
            bundle.data["text/html"],
            "<div style=\"white-space:pre-wrap;line-height:1.5;padding:4px 0;max-width:90ch\">2 &lt; 3<span \
             style=\"background:rgba(59,130,214,0.2);border-radius:3px\"> &lt;b&gt;</span> …</div>"
        );
    }

    #[test]
    fn a_conversation_shows_its_turns_and_several_texts_their_numbers() {
        let chat = Prompt::Chat(vec![Message::system("Be brief."), Message::user("Why?")]);
        let answer = Shown { prompt: &chat, text: "\nBecause.", state: State::Whole };
        assert_eq!(bundle(&[answer]).plain(), "system: Be brief.\nuser: Why?\nassistant: Because.");
        let text = Prompt::Text("A".into());
        let one = Shown { prompt: &text, text: "b", state: State::Whole };
        let other = Shown { prompt: &text, text: "c", state: State::Stopped };
        assert_eq!(bundle(&[one, other]).plain(), "1. Ab\n\n2. Ac (stopped)");
    }
}
