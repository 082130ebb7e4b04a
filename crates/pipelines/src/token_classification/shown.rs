//! Names in their texts, as types that show themselves: each name in the colour of its kind.

use course_display::{Bundle, Rich};
use course_tokenization::entities::{Entity, TokenPrediction};
use serde::Serialize;

use crate::headed::Headed;
use crate::list::slice_of;
use crate::sentence_similarity::round;
use crate::spans::{Span, counted, counted_row, marked, with_table};

/// The names in one text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextEntities {
    /// The text.
    pub text: String,
    /// Its names in their order.
    pub entities: Vec<Entity>,
}

/// The labelled tokens of one text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextTokenLabels {
    /// The text.
    pub text: String,
    /// The tokens with a label other than `O`, in their order.
    pub tokens: Vec<TokenPrediction>,
}

macro_rules! list {
    ($(#[$doc:meta])* $list:ident, $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $list {
            items: Vec<$item>,
            /// The kinds that the model tells apart, which decide the colours.
            kinds: Vec<String>,
        }

        impl $list {
            pub(super) fn new(items: Vec<$item>, model: &Headed) -> Self {
                let mut kinds: Vec<String> = Vec::new();
                for name in &model.labels.names {
                    if !kinds.iter().any(|kind| kind == kind_of(name)) {
                        kinds.push(kind_of(name).to_owned());
                    }
                }
                Self { items, kinds }
            }

            fn tint(&self, label: &str) -> usize {
                self.kinds.iter().filter(|kind| *kind != "O").position(|kind| kind == kind_of(label)).unwrap_or(0)
            }
        }

        slice_of!($list, $item);

        impl std::fmt::Display for $list {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.rich().plain())
            }
        }
    };
}

list!(
    /// Texts with their names, in the texts' order. A slice of [`TextEntities`] in every other respect.
    Entities,
    TextEntities
);
list!(
    /// Texts with their labelled tokens, in the texts' order. A slice of [`TextTokenLabels`] in every other respect.
    TokenLabels,
    TextTokenLabels
);

/// `PER` of `B-PER`, as the colours go.
fn kind_of(label: &str) -> &str {
    label.strip_prefix("B-").or_else(|| label.strip_prefix("I-")).unwrap_or(label)
}

/// The names in their texts, and a table of them.
impl Rich for Entities {
    fn rich(&self) -> Bundle {
        let texts: Vec<_> = self
            .iter()
            .map(|item| {
                let spans: Vec<Span<'_>> = item
                    .entities
                    .iter()
                    .map(|entity| Span {
                        start: entity.start,
                        end: entity.end,
                        label: &entity.entity_group,
                        tint: self.tint(&entity.entity_group),
                    })
                    .collect();
                marked(&item.text, &spans)
            })
            .collect();
        let mut table = counted(self.len(), &["name", "kind", "score", "start", "end"]);
        for (number, item) in self.iter().enumerate() {
            for entity in &item.entities {
                let (word, kind, score) =
                    (entity.word.as_str().into(), entity.entity_group.as_str().into(), round(entity.score));
                let cells = [word, kind, score.into(), entity.start.into(), entity.end.into()];
                table = counted_row(table, self.len(), number, cells);
            }
        }
        with_table(&texts, &table.rich())
    }
}

/// The tokens in their texts, and a table of them.
impl Rich for TokenLabels {
    fn rich(&self) -> Bundle {
        let texts: Vec<_> = self
            .iter()
            .map(|item| {
                let spans: Vec<Span<'_>> = item
                    .tokens
                    .iter()
                    .map(|token| Span {
                        start: token.start,
                        end: token.end,
                        label: &token.entity,
                        tint: self.tint(&token.entity),
                    })
                    .collect();
                marked(&item.text, &spans)
            })
            .collect();
        let mut table = counted(self.len(), &["token", "label", "score", "place", "start", "end"]);
        for (number, item) in self.iter().enumerate() {
            for token in &item.tokens {
                let (word, label, score) =
                    (token.word.as_str().into(), token.entity.as_str().into(), round(token.score));
                let cells = [word, label, score.into(), token.index.into(), token.start.into(), token.end.into()];
                table = counted_row(table, self.len(), number, cells);
            }
        }
        with_table(&texts, &table.rich())
    }
}
