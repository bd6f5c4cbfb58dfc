//! Evaluations for people, for programs and for a browser.

mod agreement;
mod articles;
mod charts;
mod comparison;
mod evaluation;
mod html;
mod json;
mod text;

pub use agreement::AgreementReport;
pub use articles::ArticlesReport;
pub use comparison::ComparisonReport;
pub use evaluation::EvaluationReport;
pub use html::page;

pub(crate) use json::estimate_json;
pub(crate) use text::{estimate_cells, number_cell, shown_percent, COLUMN};
