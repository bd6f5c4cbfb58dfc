//! How good a classifier is: labelled fixtures, and the scores of predictions on them.

mod fixture;
mod metrics;
mod report;

pub use fixture::{Fixture, FixtureError, LabelledStatement};
pub use metrics::{ClassScores, ConfusionMatrix};
pub use report::Report;
