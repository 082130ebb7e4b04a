//! What an index holds: items, and what belongs to them.

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A module, or the root of a crate.
    #[default]
    Module,
    /// A struct or union.
    Struct,
    /// An enum.
    Enum,
    /// A trait.
    Trait,
    /// `type Name = …`.
    Alias,
    /// A free function.
    Function,
    /// A constant or static.
    Constant,
    /// `name!`.
    Macro,
    /// `#[derive(Name)]` or an attribute.
    Derive,
    /// A type of the language: `str`, `[T]`, `f32`.
    Primitive,
    /// A word of the language.
    Keyword,
    /// Traits that one crate implements for a type of another; the path is the type's.
    Extension,
}

impl Kind {
    /// Every kind, with the letter it is written as and the word it is called by.
    pub const ALL: [(Self, &'static str, &'static str); 12] = [
        (Self::Module, "m", "module"),
        (Self::Struct, "s", "struct"),
        (Self::Enum, "e", "enum"),
        (Self::Trait, "t", "trait"),
        (Self::Alias, "a", "type"),
        (Self::Function, "f", "function"),
        (Self::Constant, "c", "constant"),
        (Self::Macro, "x", "macro"),
        (Self::Derive, "d", "derive"),
        (Self::Primitive, "p", "type"),
        (Self::Keyword, "k", "keyword"),
        (Self::Extension, "n", "extension"),
    ];

    /// The word for it, as a completion's `type` names it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, _, word)| word)
    }

    /// Something that can stand where a type stands.
    pub fn is_type(self) -> bool {
        matches!(self, Self::Struct | Self::Enum | Self::Trait | Self::Alias | Self::Primitive)
    }
}

/// One documented thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Where it is defined: `candle_core::tensor::Tensor`. A macro's ends in `!`.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its type parameters.
    pub generics: Vec<String>,
    /// Its declaration, as it is shown.
    pub signature: String,
    /// The type it stands for: an alias's target, a constant's type, a function's result, a trait's supertraits.
    pub target: String,
    /// Its documentation, in Markdown.
    pub docs: String,
    /// What a module holds.
    pub children: Vec<Child>,
    /// Fields, variants, a trait's members.
    pub members: Vec<Member>,
    /// The `impl`s of a type.
    pub impls: Vec<Impl>,
}

impl Item {
    /// The last segment of its path, without a macro's `!`.
    pub fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or_default().trim_end_matches('!')
    }

    /// The paragraph that its documentation begins with.
    pub fn summary(&self) -> &str {
        self.docs.split("\n\n").next().unwrap_or_default()
    }
}

/// A name in a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Child {
    /// The name, or `*` for everything that `path` holds.
    pub name: String,
    /// Where the thing of that name is defined.
    pub path: String,
}

/// An `impl` of a type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impl {
    /// Its type parameters.
    pub generics: Vec<String>,
    /// The type it is for.
    pub for_type: String,
    /// The trait with its arguments; empty for the type's own methods.
    pub of_trait: String,
    /// What it sets the trait's associated types to.
    pub types: Vec<(String, String)>,
    /// The type's own methods; those of a trait stand in the trait.
    pub members: Vec<Member>,
}

/// Something that belongs to an item: a method, a field, a variant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// What it is.
    pub kind: MemberKind,
    /// Its name; a tuple's fields have numbers.
    pub name: String,
    /// Its declaration, as it is shown.
    pub signature: String,
    /// A method's result, a field's or constant's type; `Self` and type parameters are those of the `impl` and the method.
    pub output: String,
    /// Its documentation, in Markdown.
    pub docs: String,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemberKind {
    /// Called after a dot.
    #[default]
    Method,
    /// Called after `Type::`.
    Function,
    /// A field.
    Field,
    /// An enum's variant.
    Variant,
    /// An associated constant.
    Constant,
    /// An associated type.
    Type,
}

impl MemberKind {
    /// Every kind, with the letter it is written as and the word it is called by.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Method, "M", "method"),
        (Self::Function, "N", "function"),
        (Self::Field, "F", "field"),
        (Self::Variant, "V", "variant"),
        (Self::Constant, "K", "constant"),
        (Self::Type, "T", "type"),
    ];

    /// The word for it, as a completion's `type` names it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, _, word)| word)
    }
}
