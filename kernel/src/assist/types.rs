//! Types as completion reasons about them: read from the compiler's texts and the index's, with lifetimes left out.

use super::lex::{Kind, Token, closing, lex};

/// A type, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Type {
    /// A named type, a parameter or a type of the language.
    Path {
        /// Its path.
        name: String,
        /// Its type arguments.
        arguments: Vec<Type>,
        /// `Item = T` among the arguments of a trait.
        bindings: Vec<(String, Type)>,
    },
    /// `&T` or `&mut T`.
    Reference(Box<Type>),
    /// `[T]`.
    Slice(Box<Type>),
    /// `[T; n]`.
    Array(Box<Type>),
    /// `(A, B)`.
    Tuple(Vec<Type>),
    /// `dyn A + B` or `impl A + B`.
    Bounds(Vec<Type>),
    /// `<T as Trait>::Name`.
    Projection(Box<Type>, String),
    /// Something that can be called, with what it gives.
    Callable(Box<Type>),
    /// Not known.
    #[default]
    Unknown,
}

/// Types nest no deeper than this; what is deeper is not known.
const DEEPEST: usize = 40;

impl Type {
    /// A named type without arguments.
    pub fn named(name: &str) -> Self {
        Self::of(name, Vec::new())
    }

    /// A named type with arguments.
    pub fn of(name: &str, arguments: Vec<Self>) -> Self {
        Self::Path { name: name.to_owned(), arguments, bindings: Vec::new() }
    }

    /// Reads a type's text.
    pub fn parse(text: &str) -> Self {
        let tokens: Vec<Token<'_>> = lex(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        Self::read(&tokens)
    }

    /// Reads a type from tokens.
    pub fn read(tokens: &[Token<'_>]) -> Self {
        Reader { tokens, at: 0, depth: 0 }.whole()
    }

    /// Whether it is this type, by the last segment of its path.
    pub fn is(&self, last: &str) -> bool {
        matches!(self, Self::Path { name, .. } if name.rsplit("::").next() == Some(last))
    }

    /// A named type's argument.
    pub fn argument(&self, index: usize) -> Self {
        match self {
            Self::Path { arguments, .. } => arguments.get(index).cloned().unwrap_or_default(),
            _ => Self::Unknown,
        }
    }

    /// The type with every part replaced that `replace` gives something for.
    pub fn map(&self, replace: &dyn Fn(&Self) -> Option<Self>) -> Self {
        if let Some(new) = replace(self) {
            return new;
        }
        let all = |parts: &[Self]| parts.iter().map(|part| part.map(replace)).collect();
        let one = |part: &Self| Box::new(part.map(replace));
        match self {
            Self::Path { name, arguments, bindings } => Self::Path {
                name: name.clone(),
                arguments: all(arguments),
                bindings: bindings.iter().map(|(name, bound)| (name.clone(), bound.map(replace))).collect(),
            },
            Self::Reference(inner) => Self::Reference(one(inner)),
            Self::Slice(inner) => Self::Slice(one(inner)),
            Self::Array(inner) => Self::Array(one(inner)),
            Self::Tuple(parts) => Self::Tuple(all(parts)),
            Self::Bounds(parts) => Self::Bounds(all(parts)),
            Self::Projection(of, name) => Self::Projection(one(of), name.clone()),
            Self::Callable(output) => Self::Callable(one(output)),
            Self::Unknown => Self::Unknown,
        }
    }

    /// The type with parameters replaced by what they stand for.
    pub fn substitute(&self, bindings: &[(String, Self)]) -> Self {
        self.map(&|part| {
            let Self::Path { name, arguments, .. } = part else { return None };
            let bound = |wanted: &str| bindings.iter().find(|(name, _)| name == wanted).map(|(_, bound)| bound.clone());
            match name.split_once("::") {
                None if arguments.is_empty() => bound(name),
                // `Self::Item`, `I::Item`.
                Some((of, last)) if !last.contains("::") => {
                    bound(of).map(|of| Self::Projection(Box::new(of), last.to_owned()))
                }
                _ => None,
            }
        })
    }

    /// Whether `actual` has the form of `self` with `parameters` free; adds what they then stand for.
    pub fn matches(&self, actual: &Self, parameters: &[String], found: &mut Vec<(String, Self)>) -> bool {
        match (self, actual) {
            (Self::Path { name, arguments, .. }, _) if arguments.is_empty() && parameters.contains(name) => {
                if !found.iter().any(|(known, _)| known == name) {
                    found.push((name.clone(), actual.clone()));
                }
                true
            }
            (_, Self::Unknown) => true,
            (Self::Path { name, arguments, .. }, Self::Path { name: other, arguments: others, .. }) => {
                let last = |name: &str| name.rsplit("::").next().unwrap_or_default().to_owned();
                last(name) == last(other)
                    && arguments.iter().zip(others).all(|(one, other)| one.matches(other, parameters, found))
            }
            (Self::Reference(one), Self::Reference(other))
            | (Self::Slice(one), Self::Slice(other))
            | (Self::Array(one), Self::Array(other)) => one.matches(other, parameters, found),
            (Self::Tuple(ones), Self::Tuple(others)) => {
                ones.len() == others.len()
                    && ones.iter().zip(others).all(|(one, other)| one.matches(other, parameters, found))
            }
            (Self::Bounds(_), Self::Bounds(_)) | (Self::Callable(_), Self::Callable(_)) => true,
            _ => false,
        }
    }

    /// Its text for people: paths by their last segment.
    pub fn short(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::short).collect::<Vec<_>>().join(", ");
        match self {
            Self::Path { name, arguments, bindings } => {
                let name = name.rsplit("::").next().unwrap_or_default();
                let mut inside: Vec<String> = arguments.iter().map(Self::short).collect();
                inside.extend(bindings.iter().map(|(name, bound)| format!("{name} = {}", bound.short())));
                if inside.is_empty() { name.to_owned() } else { format!("{name}<{}>", inside.join(", ")) }
            }
            Self::Reference(inner) => format!("&{}", inner.short()),
            Self::Slice(inner) => format!("[{}]", inner.short()),
            Self::Array(inner) => format!("[{}; _]", inner.short()),
            Self::Tuple(parts) => format!("({})", list(parts)),
            Self::Bounds(parts) => format!("dyn {}", parts.iter().map(Self::short).collect::<Vec<_>>().join(" + ")),
            Self::Projection(of, name) => format!("{}::{name}", of.short()),
            Self::Callable(output) => format!("fn(…) -> {}", output.short()),
            Self::Unknown => "_".to_owned(),
        }
    }
}

struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(mark));
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.word(word));
        self.at += usize::from(found);
        found
    }

    fn whole(mut self) -> Type {
        self.one()
    }

    fn one(&mut self) -> Type {
        self.depth += 1;
        let read = if self.depth > DEEPEST { Type::Unknown } else { self.read() };
        self.depth -= 1;
        read
    }

    fn read(&mut self) -> Type {
        while self.peek().is_some_and(|token| token.kind == Kind::Lifetime) {
            self.at += 1;
        }
        let Some(first) = self.peek() else { return Type::Unknown };
        if self.take("&") {
            while self.peek().is_some_and(|token| token.kind == Kind::Lifetime) {
                self.at += 1;
            }
            self.take_word("mut");
            return Type::Reference(Box::new(self.one()));
        }
        if self.take("*") {
            let _ = self.take_word("const") || self.take_word("mut");
            return self.one().map(&|_| Some(Type::Unknown));
        }
        match first.text {
            "(" => self.group(")", |parts, comma| match parts.len() {
                1 if !comma => parts.into_iter().next().unwrap_or_default(),
                _ => Type::Tuple(parts),
            }),
            "[" => {
                let end = closing(self.tokens, self.at).unwrap_or(self.tokens.len());
                let inside = self.tokens.get(self.at + 1..end).unwrap_or_default();
                let array = inside.iter().any(|token| token.is(";"));
                let inner = Box::new(Reader { tokens: inside, at: 0, depth: self.depth }.one());
                self.at = end + 1;
                if array { Type::Array(inner) } else { Type::Slice(inner) }
            }
            "{" => {
                // `{closure@…}`
                self.at = closing(self.tokens, self.at).map_or(self.tokens.len(), |end| end + 1);
                Type::Callable(Box::default())
            }
            "<" => self.projection(),
            "?" | "~" => {
                self.at += 1;
                self.one()
            }
            "dyn" | "impl" => {
                self.at += 1;
                let mut parts = vec![self.one()];
                while self.take("+") {
                    match self.one() {
                        Type::Unknown => {}
                        bound => parts.push(bound),
                    }
                }
                Type::Bounds(parts)
            }
            "for" => {
                self.at += 1;
                if self.take("<") {
                    while self.at < self.tokens.len() && !self.take(">") {
                        self.at += 1;
                    }
                }
                self.one()
            }
            "unsafe" | "extern" | "const" => {
                self.at += 1;
                self.one()
            }
            _ if first.kind == Kind::Word || first.is("::") => self.path(),
            _ => {
                self.at += 1;
                Type::Unknown
            }
        }
    }

    /// What stands between the bracket here and `close`, separated by commas.
    fn group(&mut self, close: &str, make: impl FnOnce(Vec<Type>, bool) -> Type) -> Type {
        self.at += 1;
        let (mut parts, mut comma) = (Vec::new(), false);
        while self.at < self.tokens.len() && !self.take(close) {
            let before = self.at;
            if self.take(",") {
                comma = true;
                continue;
            }
            parts.push(self.one());
            self.at = self.at.max(before + 1);
        }
        make(parts, comma)
    }

    fn projection(&mut self) -> Type {
        self.at += 1;
        let of = self.one();
        if self.take_word("as") {
            self.one();
        }
        self.take(">");
        let mut projected = of;
        while self.take("::") {
            let Some(name) = self.peek() else { break };
            self.at += 1;
            projected = Type::Projection(Box::new(projected), name.text.to_owned());
        }
        projected
    }

    fn path(&mut self) -> Type {
        self.take("::");
        let (mut name, mut arguments, mut bindings) = (String::new(), Vec::new(), Vec::new());
        while let Some(word) = self.peek().filter(|token| token.kind == Kind::Word) {
            self.at += 1;
            if !name.is_empty() {
                name.push_str("::");
            }
            name.push_str(word.text);
            let turbofish = self.peek().is_some_and(|token| token.is("::"))
                && self.tokens.get(self.at + 1).is_some_and(|token| token.is("<"));
            self.at += usize::from(turbofish);
            if self.take("<") {
                self.arguments(&mut arguments, &mut bindings);
            } else if self.peek().is_some_and(|token| token.is("(")) {
                // `Fn(u8) -> u8`, `fn(u8) -> u8`
                let inputs = self.group(")", |parts, _| Type::Tuple(parts));
                let output = if self.take("->") { self.one() } else { Type::Tuple(Vec::new()) };
                if name == "fn" || ["Fn", "FnMut", "FnOnce"].iter().any(|own| name.rsplit("::").next() == Some(own)) {
                    return Type::Callable(Box::new(output));
                }
                arguments.push(inputs);
            }
            if !self.take("::") {
                break;
            }
        }
        Type::Path { name, arguments, bindings }
    }

    fn arguments(&mut self, arguments: &mut Vec<Type>, bindings: &mut Vec<(String, Type)>) {
        while self.at < self.tokens.len() && !self.take(">") {
            let before = self.at;
            let Some(first) = self.peek() else { break };
            let named = first.kind == Kind::Word && self.tokens.get(self.at + 1).is_some_and(|token| token.is("="));
            if named {
                self.at += 2;
                bindings.push((first.text.to_owned(), self.one()));
            } else if first.is(",") || first.kind == Kind::Lifetime {
                self.at += 1;
            } else if first.kind == Kind::Word && first.text == "_" {
                self.at += 1;
                arguments.push(Type::Unknown);
            } else {
                arguments.push(self.one());
            }
            self.at = self.at.max(before + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_shown_short() {
        for (text, short) in [
            ("course::candle_core::Tensor", "Tensor"),
            ("std::collections::HashMap<&str, std::vec::Vec<u8>>", "HashMap<&str, Vec<u8>>"),
            ("&'a mut [f32; 3]", "&[f32; _]"),
            ("(u8, &[std::string::String],)", "(u8, &[String])"),
            ("(u8)", "u8"),
            ("std::boxed::Box<dyn Fn(u8) -> u16 + Send>", "Box<dyn fn(…) -> u16 + Send>"),
            ("impl std::iter::Iterator<Item = &'a u32> + 'a", "dyn Iterator<Item = &u32>"),
            ("<&'a std::vec::Vec<T> as std::iter::IntoIterator>::IntoIter", "&Vec<T>::IntoIter"),
            ("fn(u8) -> bool", "fn(…) -> bool"),
            ("{closure@src/lib.rs:1:2: 3:4}", "fn(…) -> _"),
            ("std::slice::Iter<'_, u8>", "Iter<u8>"),
            ("Vec::<_>", "Vec<_>"),
            ("", "_"),
            ("Vec<", "Vec"),
        ] {
            assert_eq!(Type::parse(text).short(), short, "{text}");
        }
        assert_eq!(Type::parse(&"[".repeat(500)).short().len(), Type::parse(&"[".repeat(800)).short().len());
    }

    #[test]
    fn parameters_are_matched_and_put_in() {
        let mut found = Vec::new();
        let pattern = Type::parse("std::option::Option<(T, U)>");
        assert!(pattern.matches(&Type::parse("Option<(u8, &str)>"), &["T".into(), "U".into()], &mut found));
        assert_eq!(Type::parse("Result<U, T>").substitute(&found).short(), "Result<&str, u8>");
        assert_eq!(
            Type::parse("Option<Self::Item>").substitute(&[("Self".into(), Type::named("I"))]).short(),
            "Option<I::Item>"
        );
        assert!(!Type::parse("Option<Option<T>>").matches(&Type::parse("Option<u8>"), &["T".into()], &mut Vec::new()));
    }
}
