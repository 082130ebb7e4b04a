//! The type of an expression, as far as it is plain: literals, paths, calls, chains of methods, `?`, `vec![…]`.
//!
//! Nothing here is a compiler. What cannot be read off is [`Type::Unknown`], and completion then has nothing to say.

use course_index::{Kind, MemberKind};

use super::chain::{is_keyword, outside};
use super::lex::{Kind as Lexeme, Token, closing};
use super::scope::Scope;
use super::source::{angles, parts};
use super::types::Type;

/// Expressions nest no deeper than this; what is deeper is not known.
const DEEPEST: usize = 24;

/// Macros with a type that their name says.
const MACROS: [(&str, &str); 8] = [
    ("format", "std::string::String"),
    ("concat", "&str"),
    ("stringify", "&str"),
    ("include_str", "&str"),
    ("matches", "bool"),
    ("df", "std::result::Result<polars_core::frame::DataFrame, polars_error::PolarsError>"),
    ("json", "serde_json::value::Value"),
    ("env", "&str"),
];

impl Scope<'_> {
    /// The type of the expression that these tokens are.
    pub fn infer(&self, tokens: &[Token<'_>]) -> Type {
        Expression { scope: self, tokens, at: 0, depth: 0 }.whole()
    }
}

/// An expression that is being read.
pub(super) struct Expression<'s, 't, 'a> {
    pub(super) scope: &'s Scope<'s>,
    pub(super) tokens: &'t [Token<'a>],
    pub(super) at: usize,
    depth: usize,
}

impl<'a> Expression<'_, '_, 'a> {
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(mark));
        self.at += usize::from(found);
        found
    }

    fn inner(&self, tokens: &[Token<'a>]) -> Type {
        Expression { scope: self.scope, tokens, at: 0, depth: self.depth + 1 }.whole()
    }

    /// The tokens between the bracket here and its partner, which is stepped over.
    pub(super) fn bracketed(&mut self) -> Vec<Token<'a>> {
        let end = closing(self.tokens, self.at).unwrap_or(self.tokens.len());
        let inside = self.tokens.get(self.at + 1..end).unwrap_or_default().to_vec();
        self.at = (end + 1).min(self.tokens.len());
        inside
    }

    fn whole(mut self) -> Type {
        if self.depth > DEEPEST {
            return Type::Unknown;
        }
        let left = self.operand();
        let Some(operator) = self.peek() else { return left };
        let next = self.tokens.get(self.at + 1);
        let doubled = next.is_some_and(|next| next.start == operator.end());
        match operator.text {
            "=" | "!" | "<" | ">"
                if !(doubled && next.is_some_and(|next| next.text == operator.text && operator.text != "=")) =>
            {
                Type::named("bool")
            }
            "&" | "|" if doubled => Type::named("bool"),
            ".." => Type::of("std::ops::Range", vec![left]),
            "+" | "-" | "*" | "/" | "%" => {
                let owned = if let Type::Reference(inner) = &left { (**inner).clone() } else { left };
                // candle's operators give a Result for two tensors.
                match self.scope.associated(&owned, "Output") {
                    Some(output) if output != Type::Unknown => output,
                    _ => owned,
                }
            }
            _ => left,
        }
    }

    fn operand(&mut self) -> Type {
        self.depth += 1;
        let of = if self.depth > DEEPEST { Type::Unknown } else { self.prefixed() };
        self.depth -= 1;
        of
    }

    fn prefixed(&mut self) -> Type {
        let Some(first) = self.peek() else { return Type::Unknown };
        match first.text {
            "&" if first.kind == Lexeme::Mark => {
                self.at += 1;
                if self.peek().is_some_and(|token| token.word("mut")) {
                    self.at += 1;
                }
                Type::Reference(Box::new(self.operand()))
            }
            "*" if first.kind == Lexeme::Mark => {
                self.at += 1;
                match self.operand() {
                    Type::Reference(inner) => *inner,
                    other => self.scope.associated(&other, "Target").unwrap_or_default(),
                }
            }
            "-" | "!" if first.kind == Lexeme::Mark => {
                self.at += 1;
                self.operand()
            }
            _ => {
                let of = self.primary(first);
                self.postfix(of)
            }
        }
    }

    fn primary(&mut self, first: Token<'a>) -> Type {
        match first.kind {
            Lexeme::Number => {
                self.at += 1;
                number(first.text)
            }
            Lexeme::Text => {
                self.at += 1;
                let string = || Type::named("str");
                Type::Reference(Box::new(match first.text.starts_with('b') {
                    true => Type::Array(Box::new(Type::named("u8"))),
                    false if first.text.starts_with('c') => Type::named("std::ffi::CStr"),
                    false => string(),
                }))
            }
            Lexeme::Character => {
                self.at += 1;
                Type::named("char")
            }
            Lexeme::Word => self.path(),
            Lexeme::Mark if first.is("(") => {
                let inside = self.bracketed();
                let parts = parts(&inside);
                match parts.as_slice() {
                    [one] if !inside.last().is_some_and(|last| last.is(",")) => self.inner(one),
                    all => Type::Tuple(all.iter().map(|part| self.inner(part)).collect()),
                }
            }
            Lexeme::Mark if first.is("[") => {
                let inside = self.bracketed();
                Type::Array(Box::new(self.element(&inside)))
            }
            _ => {
                self.at += 1;
                Type::Unknown
            }
        }
    }

    /// The type of the elements in `[a, b]` or `[a; n]`.
    fn element(&self, inside: &[Token<'a>]) -> Type {
        let end = outside(inside, &[",", ";"]).unwrap_or(inside.len());
        if inside.is_empty() { Type::Unknown } else { self.inner(&inside[..end]) }
    }

    fn path(&mut self) -> Type {
        let start = self.at;
        let mut path = String::new();
        let mut turbofish = Vec::new();
        while let Some(word) = self.peek().filter(|token| token.kind == Lexeme::Word) {
            self.at += 1;
            path.push_str(word.text);
            if self.peek().is_some_and(|token| token.is("::"))
                && self.tokens.get(self.at + 1).is_some_and(|token| token.is("<"))
            {
                let end = angles(self.tokens, self.at + 1);
                let inside = self.tokens.get(self.at + 2..end.saturating_sub(1)).unwrap_or_default();
                turbofish = parts(inside).into_iter().map(|part| self.scope.canonical(&Type::read(part))).collect();
                self.at = end;
            }
            if !self.take("::") {
                break;
            }
            path.push_str("::");
        }
        if is_keyword(&path) || path == "fn" || path == "move" {
            self.at = self.tokens.len();
            return Type::Unknown;
        }
        if self.peek().is_some_and(|token| token.is("!"))
            && self.tokens.get(self.at + 1).is_some_and(|token| token.kind == Lexeme::Mark && token.text != "=")
        {
            self.at += 1;
            let inside = self.bracketed();
            return self.macro_call(&path, &inside);
        }
        if path == "true" || path == "false" {
            return Type::named("bool");
        }
        if !path.contains("::")
            && let Some(of) = self.scope.variable(&path)
        {
            let of = self.scope.canonical(&of);
            return if self.take_call() { callable(of) } else { of };
        }
        match self.peek() {
            Some(token) if token.is("(") => {
                let inside = self.bracketed();
                self.called(&path, &turbofish, &inside)
            }
            Some(token) if token.is("{") && self.at > start => {
                let of = self.scope.canonical(&Type::parse(&path));
                let known = self.scope.resolve(&path).iter().any(|item| item.kind == Kind::Struct);
                self.bracketed();
                if known { of } else { Type::Unknown }
            }
            _ => self.named(&path),
        }
    }

    pub(super) fn take_call(&mut self) -> bool {
        let call = self.peek().is_some_and(|token| token.is("("));
        if call {
            self.bracketed();
        }
        call
    }

    /// What a path that is not called stands for: a constant, a unit struct, a variant.
    fn named(&self, path: &str) -> Type {
        for item in self.scope.resolve(path) {
            match item.kind {
                Kind::Constant => return self.scope.canonical(&Type::parse(&item.target)),
                Kind::Struct => return Type::of(&item.path, Vec::new()),
                _ => {}
            }
        }
        match path {
            "None" => return Type::of("std::option::Option", vec![Type::Unknown]),
            _ if !path.contains("::") => return Type::Unknown,
            _ => {}
        }
        self.scope.member_of(path).map(|found| found.output(self.scope, &[])).unwrap_or_default()
    }

    /// What a call of a path gives.
    fn called(&self, path: &str, turbofish: &[Type], inside: &[Token<'a>]) -> Type {
        let argument = || parts(inside).first().map(|first| self.inner(first)).unwrap_or_default();
        match path {
            "Some" => return Type::of("std::option::Option", vec![argument()]),
            "Ok" => return Type::of("std::result::Result", vec![argument(), Type::Unknown]),
            "Err" => return Type::of("std::result::Result", vec![Type::Unknown, argument()]),
            _ => {}
        }
        for item in self.scope.resolve(path) {
            match item.kind {
                Kind::Function => {
                    let given: Vec<_> = item.generics.iter().cloned().zip(turbofish.iter().cloned()).collect();
                    let free = |part: &Type| match part {
                        Type::Path { name, .. } if item.generics.contains(name) => Some(Type::Unknown),
                        _ => None,
                    };
                    return self.scope.normal(&Type::parse(&item.target).substitute(&given).map(&free));
                }
                Kind::Struct => return Type::of(&item.path, Vec::new()),
                _ => {}
            }
        }
        let Some(found) = self.scope.member_of(path) else { return Type::Unknown };
        // `Box::new(x)`, `Vec::<u8>::new()`, `Arc::new(x)`: the parameter that the first argument decides.
        let mut found = found;
        if found.member.kind == MemberKind::Function {
            let first = found.member.signature.split_once('(').map(|(_, inputs)| inputs).unwrap_or_default();
            let kind =
                first.split([',', ')']).next().and_then(|input| input.split_once(": ")).map(|(_, kind)| kind.trim());
            for (index, (name, bound)) in found.bindings.iter_mut().filter(|(name, _)| name != "Self").enumerate() {
                if *bound == Type::Unknown {
                    *bound = match turbofish.get(index) {
                        Some(given) => given.clone(),
                        None if kind == Some(name) => argument(),
                        None => Type::Unknown,
                    };
                }
            }
            let known = found.bindings.clone();
            if let Some((_, own)) = found.bindings.iter_mut().find(|(name, _)| name == "Self")
                && let Type::Path { name, arguments, .. } = own
                && arguments.is_empty()
            {
                let parameters =
                    self.scope.at(name).into_iter().find(|item| item.kind.is_type()).map(|item| item.generics);
                let filled = parameters.unwrap_or_default().into_iter().filter_map(|parameter| {
                    known.iter().find(|(name, _)| *name == parameter).map(|(_, bound)| bound.clone())
                });
                *own = Type::of(&name.clone(), filled.collect());
            }
        }
        found.output(self.scope, turbofish)
    }

    fn macro_call(&self, path: &str, inside: &[Token<'a>]) -> Type {
        let name = path.rsplit("::").next().unwrap_or_default();
        if name == "vec" {
            return Type::of("std::vec::Vec", vec![self.element(inside)]);
        }
        if name == "dbg" {
            return self.inner(inside);
        }
        let known = MACROS.iter().find(|(known, _)| *known == name);
        known.map(|(_, of)| self.scope.canonical(&Type::parse(of))).unwrap_or_default()
    }
}

/// What a call of a value gives.
pub(super) fn callable(of: Type) -> Type {
    match of {
        Type::Callable(output) => *output,
        Type::Bounds(bounds) => bounds.into_iter().map(callable).next().unwrap_or_default(),
        Type::Reference(inner) => callable(*inner),
        _ if of.is("Box") || of.is("Rc") || of.is("Arc") => callable(of.argument(0)),
        _ => Type::Unknown,
    }
}

fn number(text: &str) -> Type {
    let suffixes =
        ["f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
    let hexadecimal = text.starts_with("0x");
    match suffixes.iter().find(|suffix| text.ends_with(**suffix) && !(hexadecimal && suffix.starts_with('f'))) {
        Some(suffix) => Type::named(suffix),
        None if text.contains('.') || !hexadecimal && text.contains(['e', 'E']) => Type::named("f64"),
        None => Type::named("i32"),
    }
}
