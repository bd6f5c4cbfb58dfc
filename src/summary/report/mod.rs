//! A summary, for people and for programs.

mod data;
mod text;

use std::path::PathBuf;

use super::{joined, GroupSummary, Summary, HOLDER};

/// A summary, and the names of what it is of.
#[derive(Debug)]
pub struct SummaryReport {
    pub predictions: Vec<PathBuf>,
    /// The fields that part the corpus.
    pub by: Vec<String>,
    /// How many groups are shown to people.
    pub limit: usize,
    pub summary: Summary,
}

impl SummaryReport {
    fn files(&self) -> String {
        joined(self.predictions.iter().map(PathBuf::as_path))
    }

    /// The whole, and then the groups.
    fn all(&self) -> impl Iterator<Item = &GroupSummary> {
        std::iter::once(&self.summary.whole).chain(&self.summary.groups)
    }
}
