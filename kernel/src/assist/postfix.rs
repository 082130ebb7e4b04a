//! What follows a value: fields, methods, `?`, indices, casts, and the type that each of them gives.

use course_index::MemberKind;

use super::infer::{Expression, callable};
use super::lex::Token;
use super::source::{angles, parts};
use super::types::Type;

impl<'a> Expression<'_, '_, 'a> {
    /// `.field`, `.method(…)`, `?`, `[…]`, `as T`, one after another.
    pub(super) fn postfix(&mut self, mut of: Type) -> Type {
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
                let Some(name): Option<Token<'a>> = self.tokens.get(self.at + 1).copied() else { return of };
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
