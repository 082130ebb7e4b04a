//! Types and bounds of rustdoc's JSON as text: with full paths for looking things up, with short ones for reading.

use rustdoc_types::{
    AssocItemConstraintKind, GenericArg, GenericArgs, GenericBound, GenericParamDef, GenericParamDefKind, Generics,
    Path, Term, Type, WherePredicate,
};

/// How paths are written.
pub struct Texts<'a> {
    /// The full path of what a path names; without it, paths are short.
    pub full: Option<&'a dyn Fn(&Path) -> String>,
}

impl Texts<'_> {
    /// A type.
    pub fn of(&self, kind: &Type) -> String {
        match kind {
            Type::ResolvedPath(path) => self.path(path),
            Type::Generic(name) | Type::Primitive(name) if name == "never" => "!".to_owned(),
            Type::Generic(name) | Type::Primitive(name) => name.clone(),
            Type::Tuple(parts) if parts.len() == 1 => format!("({},)", self.list(parts)),
            Type::Tuple(parts) => format!("({})", self.list(parts)),
            Type::Slice(inner) => format!("[{}]", self.of(inner)),
            Type::Array { type_, len } => format!("[{}; {len}]", self.of(type_)),
            Type::Pat { type_, .. } => self.of(type_),
            Type::BorrowedRef { lifetime, is_mutable, type_ } => {
                let lifetime = lifetime.as_ref().filter(|_| self.full.is_none());
                let lifetime = lifetime.map(|name| format!("{name} ")).unwrap_or_default();
                format!("&{lifetime}{}{}", if *is_mutable { "mut " } else { "" }, self.of(type_))
            }
            Type::RawPointer { is_mutable, type_ } => {
                format!("*{} {}", if *is_mutable { "mut" } else { "const" }, self.of(type_))
            }
            Type::ImplTrait(bounds) => format!("impl {}", self.bounds(bounds)),
            Type::DynTrait(object) => {
                let traits: Vec<String> = object.traits.iter().map(|bound| self.path(&bound.trait_)).collect();
                format!("dyn {}", traits.join(" + "))
            }
            Type::FunctionPointer(pointer) => {
                let inputs: Vec<Type> = pointer.sig.inputs.iter().map(|(_, input)| input.clone()).collect();
                format!("fn({}){}", self.list(&inputs), self.arrow(pointer.sig.output.as_ref()))
            }
            Type::QualifiedPath { name, self_type, trait_, .. } => match trait_ {
                Some(path) if self.full.is_some() => format!("<{} as {}>::{name}", self.of(self_type), self.path(path)),
                _ => format!("{}::{name}", self.of(self_type)),
            },
            Type::Infer => "_".to_owned(),
        }
    }

    /// ` -> T`, or nothing.
    pub fn arrow(&self, output: Option<&Type>) -> String {
        output.map(|output| format!(" -> {}", self.of(output))).unwrap_or_default()
    }

    fn list(&self, parts: &[Type]) -> String {
        parts.iter().map(|part| self.of(part)).collect::<Vec<_>>().join(", ")
    }

    /// A path with its arguments.
    pub fn path(&self, path: &Path) -> String {
        let name = match self.full {
            Some(full) => full(path),
            None => path.path.rsplit("::").next().unwrap_or_default().to_owned(),
        };
        name + &path.args.as_deref().map(|arguments| self.arguments(arguments)).unwrap_or_default()
    }

    fn arguments(&self, arguments: &GenericArgs) -> String {
        match arguments {
            GenericArgs::AngleBracketed { args, constraints } => {
                let kept = args.iter().filter_map(|argument| match argument {
                    GenericArg::Lifetime(name) => self.full.is_none().then(|| name.clone()),
                    GenericArg::Type(kind) => Some(self.of(kind)),
                    GenericArg::Const(constant) => Some(constant.expr.clone()),
                    GenericArg::Infer => Some("_".to_owned()),
                });
                let set = constraints.iter().map(|constraint| match &constraint.binding {
                    AssocItemConstraintKind::Equality(term) => format!("{} = {}", constraint.name, self.term(term)),
                    AssocItemConstraintKind::Constraint(bounds) => {
                        format!("{}: {}", constraint.name, self.bounds(bounds))
                    }
                });
                let all: Vec<String> = kept.chain(set).collect();
                if all.is_empty() { String::new() } else { format!("<{}>", all.join(", ")) }
            }
            GenericArgs::Parenthesized { inputs, output } => {
                format!("({}){}", self.list(inputs), self.arrow(output.as_ref()))
            }
            GenericArgs::ReturnTypeNotation => "(..)".to_owned(),
        }
    }

    fn term(&self, term: &Term) -> String {
        match term {
            Term::Type(kind) => self.of(kind),
            Term::Constant(constant) => constant.expr.clone(),
        }
    }

    /// `Clone + Send`.
    pub fn bounds(&self, bounds: &[GenericBound]) -> String {
        let texts = bounds.iter().filter_map(|bound| match bound {
            GenericBound::TraitBound { trait_, modifier, .. } => {
                let maybe = matches!(modifier, rustdoc_types::TraitBoundModifier::Maybe);
                Some(format!("{}{}", if maybe { "?" } else { "" }, self.path(trait_)))
            }
            GenericBound::Outlives(name) => self.full.is_none().then(|| name.clone()),
            GenericBound::Use(_) => None,
        });
        texts.collect::<Vec<_>>().join(" + ")
    }

    /// `<T: Clone, const N: usize>`, or nothing.
    pub fn parameters(&self, generics: &Generics) -> String {
        let texts: Vec<String> = generics.params.iter().filter_map(|parameter| self.parameter(parameter)).collect();
        if texts.is_empty() { String::new() } else { format!("<{}>", texts.join(", ")) }
    }

    fn parameter(&self, parameter: &GenericParamDef) -> Option<String> {
        match &parameter.kind {
            GenericParamDefKind::Lifetime { .. } => Some(parameter.name.clone()),
            GenericParamDefKind::Type { is_synthetic: true, .. } => None,
            GenericParamDefKind::Type { bounds, .. } if bounds.is_empty() => Some(parameter.name.clone()),
            GenericParamDefKind::Type { bounds, .. } => Some(format!("{}: {}", parameter.name, self.bounds(bounds))),
            GenericParamDefKind::Const { type_, .. } => Some(format!("const {}: {}", parameter.name, self.of(type_))),
        }
    }

    /// The `where` clause on a line of its own, or nothing.
    pub fn conditions(&self, generics: &Generics) -> String {
        let texts: Vec<String> = generics
            .where_predicates
            .iter()
            .filter_map(|condition| match condition {
                WherePredicate::BoundPredicate { type_, bounds, .. } => {
                    Some(format!("{}: {}", self.of(type_), self.bounds(bounds)))
                }
                WherePredicate::LifetimePredicate { .. } => None,
                WherePredicate::EqPredicate { lhs, rhs } => Some(format!("{} = {}", self.of(lhs), self.term(rhs))),
            })
            .collect();
        if texts.is_empty() { String::new() } else { format!("\nwhere {}", texts.join(", ")) }
    }
}

/// The names of the type and constant parameters.
pub fn parameter_names(generics: &Generics) -> Vec<String> {
    let wanted = generics.params.iter().filter(|parameter| match &parameter.kind {
        GenericParamDefKind::Lifetime { .. } => false,
        GenericParamDefKind::Type { is_synthetic, .. } => !is_synthetic,
        GenericParamDefKind::Const { .. } => true,
    });
    wanted.map(|parameter| parameter.name.clone()).collect()
}
