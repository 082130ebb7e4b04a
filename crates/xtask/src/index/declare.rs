//! Declarations as a reader of the documentation sees them: `fn matmul(&self, rhs: &Self) -> Result<Self>`.

use rustdoc_types::{Crate, Function, Id, Item, ItemEnum, MacroKind, StructKind, Type, VariantKind};

use super::types::Texts;

/// Writes the declarations of one crate.
pub struct Declare<'a> {
    /// The crate.
    pub json: &'a Crate,
}

const SHORT: Texts<'static> = Texts { full: None };
/// Structs with more fields than this are shown without them.
const FIELDS_SHOWN: usize = 12;

impl Declare<'_> {
    /// The declaration of an item or a member.
    pub fn item(&self, item: &Item) -> String {
        let name = item.name.as_deref().unwrap_or_default();
        match &item.inner {
            ItemEnum::Module(module) if module.is_crate => format!("crate {name}"),
            ItemEnum::Module(_) => format!("mod {name}"),
            ItemEnum::Struct(found) => {
                let (parameters, conditions) = (SHORT.parameters(&found.generics), SHORT.conditions(&found.generics));
                format!("struct {name}{parameters}{}{conditions}", self.body(&found.kind))
            }
            ItemEnum::Union(found) => format!("union {name}{}", SHORT.parameters(&found.generics)),
            ItemEnum::Enum(found) => {
                let variants: Vec<String> = found
                    .variants
                    .iter()
                    .filter_map(|id| self.json.index.get(id))
                    .map(|item| self.item(item))
                    .collect();
                let shown = match variants.len() {
                    0 => String::new(),
                    1..=FIELDS_SHOWN => format!(" {{ {} }}", variants.join(", ")),
                    _ => " { … }".to_owned(),
                };
                format!("enum {name}{}{shown}", SHORT.parameters(&found.generics))
            }
            ItemEnum::Variant(found) => format!("{name}{}", self.variant(&found.kind)),
            ItemEnum::Trait(found) => {
                let bounds = SHORT.bounds(&found.bounds);
                let colon = if bounds.is_empty() { "" } else { ": " };
                format!("trait {name}{}{colon}{bounds}", SHORT.parameters(&found.generics))
            }
            ItemEnum::TypeAlias(found) => {
                format!("type {name}{} = {}", SHORT.parameters(&found.generics), SHORT.of(&found.type_))
            }
            ItemEnum::Function(found) => function(name, found),
            ItemEnum::Constant { type_, const_ } => format!("const {name}: {} = {}", SHORT.of(type_), const_.expr),
            ItemEnum::Static(found) => format!("static {name}: {}", SHORT.of(&found.type_)),
            ItemEnum::Macro(source) => source.lines().take(20).collect::<Vec<_>>().join("\n"),
            ItemEnum::ProcMacro(found) => match found.kind {
                MacroKind::Bang => format!("{name}!()"),
                MacroKind::Attr => format!("#[{name}]"),
                MacroKind::Derive => format!("#[derive({name})]"),
            },
            ItemEnum::StructField(kind) => format!("{name}: {}", SHORT.of(kind)),
            ItemEnum::AssocConst { type_, value } => {
                let value = value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
                format!("const {name}: {}{value}", SHORT.of(type_))
            }
            ItemEnum::AssocType { bounds, type_, .. } => match (type_, bounds.is_empty()) {
                (Some(kind), _) => format!("type {name} = {}", SHORT.of(kind)),
                (None, true) => format!("type {name}"),
                (None, false) => format!("type {name}: {}", SHORT.bounds(bounds)),
            },
            _ => name.to_owned(),
        }
    }

    /// The fields of a struct that can be named.
    pub fn fields(&self, kind: &StructKind) -> Vec<Id> {
        match kind {
            StructKind::Unit => Vec::new(),
            StructKind::Tuple(fields) => fields.iter().copied().flatten().collect(),
            StructKind::Plain { fields, .. } => fields.clone(),
        }
    }

    fn body(&self, kind: &StructKind) -> String {
        match kind {
            StructKind::Unit => String::new(),
            StructKind::Tuple(fields) => format!("({})", self.tuple(fields)),
            StructKind::Plain { fields, has_stripped_fields } => self.braces(fields, *has_stripped_fields),
        }
    }

    fn variant(&self, kind: &VariantKind) -> String {
        match kind {
            VariantKind::Plain => String::new(),
            VariantKind::Tuple(fields) => format!("({})", self.tuple(fields)),
            VariantKind::Struct { fields, has_stripped_fields } => self.braces(fields, *has_stripped_fields),
        }
    }

    fn tuple(&self, fields: &[Option<Id>]) -> String {
        let field = |id: &Option<Id>| match id.and_then(|id| self.json.index.get(&id)).map(|item| &item.inner) {
            Some(ItemEnum::StructField(kind)) => SHORT.of(kind),
            _ => "_".to_owned(),
        };
        fields.iter().map(field).collect::<Vec<String>>().join(", ")
    }

    fn braces(&self, fields: &[Id], more: bool) -> String {
        let mut texts: Vec<String> =
            fields.iter().filter_map(|id| self.json.index.get(id)).map(|field| self.item(field)).collect();
        if texts.len() > FIELDS_SHOWN {
            texts.clear();
        }
        if more || texts.is_empty() {
            texts.push("…".to_owned());
        }
        format!(" {{ {} }}", texts.join(", "))
    }
}

fn function(name: &str, found: &Function) -> String {
    let inputs = found.sig.inputs.iter().map(|(name, kind)| match (name.as_str(), kind) {
        ("self", Type::Generic(own)) if own == "Self" => "self".to_owned(),
        ("self", Type::BorrowedRef { is_mutable, type_, .. }) if **type_ == Type::Generic("Self".into()) => {
            format!("&{}self", if *is_mutable { "mut " } else { "" })
        }
        (name, kind) => format!("{name}: {}", SHORT.of(kind)),
    });
    let inputs = inputs.collect::<Vec<_>>();
    let one_line = inputs.join(", ");
    let inputs = if one_line.len() > 90 { format!("\n    {},\n", inputs.join(",\n    ")) } else { one_line };
    let (asynchronous, dangerous) =
        (if found.header.is_async { "async " } else { "" }, if found.header.is_unsafe { "unsafe " } else { "" });
    let (parameters, conditions) = (SHORT.parameters(&found.generics), SHORT.conditions(&found.generics));
    let output = SHORT.arrow(found.sig.output.as_ref());
    format!("{asynchronous}{dangerous}fn {name}{parameters}({inputs}){output}{conditions}")
}
