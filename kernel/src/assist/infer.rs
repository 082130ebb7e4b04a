//! The type of an expression, as far as it is plain: literals, paths, calls, chains of methods, `?`, `vec![…]`.
//!
//! Nothing here is a compiler. What cannot be read off is [`Type::Unknown`], and completion then has nothing to say.

use course_index::{Kind, MemberKind};

use super::lex::{Kind as Lexeme, Token, closing, opening};
use super::scope::{Local, Scope};
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

/// The first token of the expression that ends before `end`: `x.matmul(&y)?` of `let z = x.matmul(&y)?`.
pub fn chain_start(tokens: &[Token<'_>], end: usize) -> usize {
    let mut at = end;
    loop {
        let Some(last) = at.checked_sub(1).and_then(|last| tokens.get(last)) else { return at };
        if last.is("?") {
            at -= 1;
            continue;
        }
        if last.is(")") || last.is("]") || last.is("}") {
            let Some(open) = opening(tokens, at - 1) else { return at };
            let before = open.checked_sub(1).and_then(|before| tokens.get(before));
            match before {
                Some(before) if before.is("!") => at = open - 1,
                Some(before) if before.is(">") && !last.is("}") => {
                    let Some(less) = opening_angle(tokens, open - 1) else { return open };
                    at = less
                        .checked_sub(1)
                        .filter(|&colons| tokens.get(colons).is_some_and(|token| token.is("::")))
                        .unwrap_or(less);
                }
                Some(before) if before.kind == Lexeme::Word && !is_keyword(before.text) => at = open,
                Some(before) if !last.is("}") && (before.is(")") || before.is("]") || before.is("?")) => {
                    at = open;
                    continue;
                }
                _ => {
                    at = open;
                    return at;
                }
            }
            continue;
        }
        if last.is(">") {
            // `Vec::<f32>` before `::new`.
            let Some(less) = opening_angle(tokens, at - 1) else { return at };
            at = less;
            if at > 0 && tokens.get(at - 1).is_some_and(|token| token.is("::")) {
                at -= 1;
            }
            continue;
        }
        if !matches!(last.kind, Lexeme::Word | Lexeme::Number | Lexeme::Text | Lexeme::Character)
            || is_keyword(last.text)
        {
            return at;
        }
        at -= 1;
        match at.checked_sub(1).and_then(|before| tokens.get(before)) {
            Some(before) if before.is(".") || before.is("::") => at -= 1,
            _ => return at,
        }
    }
}

fn opening_angle(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0;
    for at in (0..=close).rev() {
        let token = tokens.get(at)?;
        depth += i32::from(token.is(">")) - i32::from(token.is("<"));
        if depth == 0 {
            return Some(at);
        }
        if token.is(";") || token.is("{") {
            return None;
        }
    }
    None
}

fn is_keyword(word: &str) -> bool {
    [
        "return", "in", "if", "match", "while", "else", "let", "mut", "move", "as", "break", "ref", "for", "loop",
        "unsafe",
    ]
    .contains(&word)
}

impl Scope<'_> {
    /// The type of the expression that these tokens are.
    pub fn infer(&self, tokens: &[Token<'_>]) -> Type {
        Expression { scope: self, tokens, at: 0, depth: 0 }.whole()
    }

    /// Takes up what the cell binds before the cursor: `let`, `for`, `if let`, parameters. Blocks that have ended take theirs along.
    pub fn learn(&mut self, tokens: &[Token<'_>]) {
        let mut blocks: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token.text {
                "{" if token.kind == Lexeme::Mark => blocks.push(self.locals.len()),
                "}" if token.kind == Lexeme::Mark => {
                    if let Some(before) = blocks.pop() {
                        self.locals.truncate(before);
                    }
                }
                "let" if token.kind == Lexeme::Word => self.learn_let(tokens, at + 1),
                "for" if token.kind == Lexeme::Word => self.learn_for(tokens, at + 1),
                "fn" if token.kind == Lexeme::Word => self.learn_parameters(tokens, at + 1),
                _ => {}
            }
            at += 1;
        }
    }

    fn learn_let(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let Some(equals) = outside(rest, &["=", ";"]) else { return };
        let (pattern, annotation) = match outside(rest.get(..equals).unwrap_or_default(), &[":"]) {
            Some(colon) => (&rest[..colon], Some(&rest[colon + 1..equals])),
            None => (&rest[..equals], None),
        };
        let value = rest.get(equals + 1..).unwrap_or_default();
        // `if let Some(x) = value {`: the value ends before the block.
        let conditional =
            start >= 2 && tokens.get(start - 2).is_some_and(|token| token.word("if") || token.word("while"));
        let end = outside(value, if conditional { &["{", ";"] } else { &[";"] });
        // A `let` that the cursor is in binds nothing yet.
        let Some(end) = end else { return };
        let value = value.get(..end).unwrap_or_default();
        let value = value.iter().position(|token| token.word("else")).map_or(value, |at| &value[..at]);
        let of = match annotation.map(Type::read) {
            Some(annotated) if !has_gaps(&annotated) => self.canonical(&annotated),
            Some(annotated) => {
                let inferred = self.infer(value);
                if inferred == Type::Unknown { self.canonical(&annotated) } else { inferred }
            }
            None => self.infer(value),
        };
        self.bind(pattern, &of);
    }

    fn learn_for(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let Some(of) = rest.iter().take(40).position(|token| token.word("in")) else { return };
        let value = rest.get(of + 1..).unwrap_or_default();
        let Some(end) = outside(value, &["{"]) else { return };
        let item = self.item_of(&self.infer(value.get(..end).unwrap_or_default()));
        self.bind(rest.get(..of).unwrap_or_default(), &item);
    }

    fn learn_parameters(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let open = if rest.get(1).is_some_and(|token| token.is("<")) { angles(rest, 1) } else { 1 };
        if !rest.get(open).is_some_and(|token| token.is("(")) {
            return;
        }
        let Some(close) = closing(rest, open) else { return };
        // They are bound only in its body; a function before the cursor has ended, and its block takes them along.
        let Some(body) = rest.get(close + 1..).and_then(|after| outside(after, &["{", ";"])) else { return };
        if closing(rest, close + 1 + body).is_some() {
            return;
        }
        for part in parts(rest.get(open + 1..close).unwrap_or_default()) {
            if let Some(colon) = outside(part, &[":"]) {
                let of = self.canonical(&Type::read(&part[colon + 1..]));
                self.bind(&part[..colon], &of);
            }
        }
    }

    /// Binds a pattern's names: a plain name, a tuple's, `Some(x)`'s.
    fn bind(&mut self, pattern: &[Token<'_>], of: &Type) {
        let mut pattern = pattern;
        let mut of = of.clone();
        while let Some((first, rest)) = pattern.split_first() {
            if first.is("&") {
                of = if let Type::Reference(inner) = of { *inner } else { of };
            } else if !(first.word("mut") || first.word("ref")) {
                break;
            }
            pattern = rest;
        }
        let Some(first) = pattern.first() else { return };
        let inside =
            |open: usize| closing(pattern, open).and_then(|close| pattern.get(open + 1..close)).unwrap_or_default();
        if first.is("(") {
            let parts = parts(inside(0));
            for (index, part) in parts.iter().enumerate() {
                let part_type = match &of {
                    Type::Tuple(types) => types.get(index).cloned().unwrap_or_default(),
                    Type::Reference(inner) => match inner.as_ref() {
                        Type::Tuple(types) => {
                            types.get(index).cloned().map(|part| Type::Reference(Box::new(part))).unwrap_or_default()
                        }
                        _ => Type::Unknown,
                    },
                    _ => Type::Unknown,
                };
                self.bind(part, &part_type);
            }
        } else if first.kind == Lexeme::Word && pattern.get(1).is_some_and(|token| token.is("(")) {
            let inner = match first.text {
                "Some" | "Ok" => of.argument(0),
                "Err" => of.argument(1),
                _ => Type::Unknown,
            };
            self.bind(inside(1), &inner);
        } else if first.kind == Lexeme::Word && pattern.len() == 1 && first.text != "_" {
            self.locals.push(Local { name: first.text.to_owned(), of });
        }
    }
}

/// The first of `marks` outside all brackets.
fn outside(tokens: &[Token<'_>], marks: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Lexeme::Mark) {
        if depth == 0 && marks.contains(&token.text) {
            // `==`, `<=` and their like are not the `=` of a binding.
            let next = tokens.get(at + 1).is_some_and(|next| next.is("=") && next.start == token.end());
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let after =
                before.is_some_and(|before| before.end() == token.start && ["=", "!", "<", ">"].contains(&before.text));
            if !(token.is("=") && (next || after)) {
                return Some(at);
            }
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// Whether `_` stands somewhere in the type.
fn has_gaps(of: &Type) -> bool {
    let gaps = std::cell::Cell::new(false);
    of.map(&|part| {
        gaps.set(gaps.get() || *part == Type::Unknown);
        None
    });
    gaps.get()
}

struct Expression<'s, 't, 'a> {
    scope: &'s Scope<'s>,
    tokens: &'t [Token<'a>],
    at: usize,
    depth: usize,
}

impl<'a> Expression<'_, '_, 'a> {
    fn peek(&self) -> Option<Token<'a>> {
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
    fn bracketed(&mut self) -> Vec<Token<'a>> {
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

    fn take_call(&mut self) -> bool {
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

    /// `.field`, `.method(…)`, `?`, `[…]`, `as T`, one after another.
    fn postfix(&mut self, mut of: Type) -> Type {
        while let Some(next) = self.peek() {
            if next.is("?") {
                self.at += 1;
                of = if of.is("Option") || of.is("Result") { of.argument(0) } else { Type::Unknown };
            } else if next.is("[") {
                let inside = self.bracketed();
                let ranged = inside.iter().any(|token| token.is(".."));
                of = self.indexed(&of, ranged);
            } else if next.is("(") {
                self.bracketed();
                of = callable(of);
            } else if next.word("as") {
                let rest = self.tokens.get(self.at + 1..).unwrap_or_default();
                of = self.scope.canonical(&Type::read(rest));
                self.at += 2;
            } else if next.is(".") {
                let Some(name) = self.tokens.get(self.at + 1).copied() else { return of };
                self.at += 2;
                let mut turbofish = Vec::new();
                if self.peek().is_some_and(|token| token.is("::")) {
                    let end = angles(self.tokens, self.at + 1);
                    let inside = self.tokens.get(self.at + 2..end.saturating_sub(1)).unwrap_or_default();
                    turbofish = parts(inside).into_iter().map(Type::read).collect();
                    self.at = end;
                }
                let call = self.take_call();
                // `x.0.1` is lexed as a name and one number.
                for part in name.text.split('.') {
                    of = self.member(&of, part, call, &turbofish);
                }
            } else {
                break;
            }
            if of == Type::Unknown {
                // The rest may still be stepped over, but nothing will be known of it.
                self.at = self.at.max(1);
            }
        }
        of
    }

    fn member(&self, of: &Type, name: &str, call: bool, turbofish: &[Type]) -> Type {
        if name == "await" {
            return self.scope.associated(of, "Output").unwrap_or_else(|| of.clone());
        }
        let wanted = if call { MemberKind::Method } else { MemberKind::Field };
        let members = self.scope.members(of);
        let found = members.into_iter().find(|found| found.member.name == name && found.member.kind == wanted);
        let found = found.map(|found| found.output(self.scope, turbofish)).unwrap_or_default();
        // A clone of a reference is the thing itself.
        match (name, &found) {
            ("clone" | "to_owned", Type::Unknown) => of.clone(),
            _ => found,
        }
    }

    fn indexed(&self, of: &Type, ranged: bool) -> Type {
        let inner = if let Type::Reference(inner) = of { (**inner).clone() } else { of.clone() };
        let item = match &inner {
            Type::Slice(item) | Type::Array(item) => (**item).clone(),
            Type::Path { arguments, .. } if inner.is("HashMap") || inner.is("BTreeMap") => {
                return arguments.get(1).cloned().unwrap_or_default();
            }
            Type::Path { arguments, .. } if inner.is("Vec") || inner.is("VecDeque") => {
                arguments.first().cloned().unwrap_or_default()
            }
            _ if inner.is("String") || inner.is("str") => return Type::named("str"),
            other => return self.scope.associated(other, "Output").unwrap_or_default(),
        };
        if ranged { Type::Slice(Box::new(item)) } else { item }
    }
}

/// What a call of a value gives.
fn callable(of: Type) -> Type {
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
