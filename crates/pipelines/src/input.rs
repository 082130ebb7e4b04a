//! What a pipeline takes: one text or several, and for text generation conversations too.
//!
//! A call takes what is at hand: `"text"`, a `String`, an array, a vector or a slice of either, messages.

use course_tokenization::Message;

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(
    /// The texts in order.
    pub Vec<String>,
);

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }
}

impl From<String> for Texts {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

impl From<&String> for Texts {
    fn from(text: &String) -> Self {
        Self(vec![text.clone()])
    }
}

impl<T: AsRef<str>> From<&[T]> for Texts {
    fn from(texts: &[T]) -> Self {
        Self(texts.iter().map(|text| text.as_ref().to_owned()).collect())
    }
}

impl<T: AsRef<str>> From<&Vec<T>> for Texts {
    fn from(texts: &Vec<T>) -> Self {
        texts.as_slice().into()
    }
}

impl<T: AsRef<str>> From<Vec<T>> for Texts {
    fn from(texts: Vec<T>) -> Self {
        texts.as_slice().into()
    }
}

impl<T: AsRef<str>, const N: usize> From<[T; N]> for Texts {
    fn from(texts: [T; N]) -> Self {
        texts.as_slice().into()
    }
}

impl<T: AsRef<str>, const N: usize> From<&[T; N]> for Texts {
    fn from(texts: &[T; N]) -> Self {
        texts.as_slice().into()
    }
}

/// What a language model writes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// A text to continue as it stands.
    Text(String),
    /// A conversation to answer, put into the model's chat format.
    Chat(Vec<Message>),
}

/// One prompt or several.
///
/// Texts are a prompt each. Messages are the turns of one conversation; several conversations are vectors of messages.
///
/// ```
/// use course_pipelines::{Message, Prompts};
///
/// assert_eq!(Prompts::from(["Once", "Twice"]).0.len(), 2);
/// assert_eq!(Prompts::from([Message::system("Be brief."), Message::user("Why?")]).0.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts(
    /// The prompts in order.
    pub Vec<Prompt>,
);

/// What several of make up [`Prompts`]: texts, messages, conversations.
pub trait PromptItem: Sized {
    /// The prompts that these items are.
    fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt>;
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl PromptItem for $text {
            fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt> {
                items.map(|text| Prompt::Text(text.to_string())).collect()
            }
        }

        impl From<$text> for Prompts {
            fn from(text: $text) -> Self {
                Self(vec![Prompt::Text(text.to_string())])
            }
        }
    )*};
}
texts!(&str, &&str, String, &String);

impl PromptItem for Message {
    fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt> {
        vec![Prompt::Chat(items.collect())]
    }
}

impl PromptItem for &Message {
    fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt> {
        vec![Prompt::Chat(items.cloned().collect())]
    }
}

impl PromptItem for Vec<Message> {
    fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt> {
        items.map(Prompt::Chat).collect()
    }
}

impl PromptItem for &Vec<Message> {
    fn gather(items: impl Iterator<Item = Self>) -> Vec<Prompt> {
        items.cloned().map(Prompt::Chat).collect()
    }
}

impl From<Message> for Prompts {
    fn from(message: Message) -> Self {
        Self(vec![Prompt::Chat(vec![message])])
    }
}

impl From<Prompt> for Prompts {
    fn from(prompt: Prompt) -> Self {
        Self(vec![prompt])
    }
}

impl<I: PromptItem> From<Vec<I>> for Prompts {
    fn from(items: Vec<I>) -> Self {
        Self(I::gather(items.into_iter()))
    }
}

impl<I: PromptItem, const N: usize> From<[I; N]> for Prompts {
    fn from(items: [I; N]) -> Self {
        Self(I::gather(items.into_iter()))
    }
}

impl<'a, I> From<&'a [I]> for Prompts
where
    &'a I: PromptItem,
{
    fn from(items: &'a [I]) -> Self {
        Self(<&I>::gather(items.iter()))
    }
}

impl<'a, I> From<&'a Vec<I>> for Prompts
where
    &'a I: PromptItem,
{
    fn from(items: &'a Vec<I>) -> Self {
        items.as_slice().into()
    }
}

impl<'a, I, const N: usize> From<&'a [I; N]> for Prompts
where
    &'a I: PromptItem,
{
    fn from(items: &'a [I; N]) -> Self {
        items.as_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_in_every_shape() {
        let two = Texts(vec!["a".into(), "b".into()]);
        assert_eq!(Texts::from(["a", "b"]), two);
        assert_eq!(Texts::from(&["a".to_owned(), "b".to_owned()]), two);
        assert_eq!(Texts::from(vec!["a".to_owned(), "b".to_owned()]), two);
        assert_eq!(Texts::from(&vec!["a", "b"]), two);
        assert_eq!(Texts::from("a").0, ["a"]);
    }

    #[test]
    fn messages_are_one_conversation_and_vectors_of_them_several() {
        let turns = vec![Message::user("a"), Message::assistant("b")];
        let one = Prompts(vec![Prompt::Chat(turns.clone())]);
        assert_eq!(Prompts::from(turns.clone()), one);
        assert_eq!(Prompts::from(&turns), one);
        assert_eq!(Prompts::from(&turns[..]), one);
        assert_eq!(Prompts::from([turns.clone(), turns.clone()]).0.len(), 2);
        assert_eq!(Prompts::from(Message::user("a")).0, [Prompt::Chat(vec![Message::user("a")])]);
    }

    #[test]
    fn texts_are_a_prompt_each() {
        let two = Prompts(vec![Prompt::Text("a".into()), Prompt::Text("b".into())]);
        assert_eq!(Prompts::from(["a", "b"]), two);
        assert_eq!(Prompts::from(&["a", "b"]), two);
        assert_eq!(Prompts::from(vec!["a".to_owned(), "b".to_owned()]), two);
        assert_eq!(Prompts::from(&vec!["a".to_owned(), "b".to_owned()]), two);
    }
}
