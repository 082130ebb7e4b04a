//! Metrics of answers.

mod answer;
mod exact_match;
mod squad;
mod squad_v2;

pub use answer::{Answer, AnswerKey, normalize_answer};
pub use exact_match::ExactMatch;
pub use squad::Squad;
pub use squad_v2::SquadV2;
