//! What a corpus of predictions says, group by group: who takes which stance how often, where and when.
//!
//! Rows are counted as they are read, by group, article and voice; no text is kept. What somebody says in
//! an article is counted apart from what the article says itself: a newspaper that quotes a threat does
//! not share it. `docs/summaries.md` says how to read the figures.

mod fold;
mod groups;
mod holders;
mod merge;
mod report;
mod sums;
mod surnames;
mod tally;

use std::path::{Path, PathBuf};

pub use groups::{GroupSummary, StanceCount, Unit, Voice, VoiceSummary};
pub use merge::{Merge, MergeError};
pub use report::SummaryReport;
pub use surnames::{AmbiguousSurname, JoinedSurname, Surnames};

use crate::table::{first_reason, part_hint, RejectedRow, TableError};
use groups::{grouped, whole};
use holders::Holders;
use tally::Tally;

/// The field that says who holds a view; null is the article itself.
const HOLDER: &str = "holder";

/// How a corpus is summarised.
#[derive(Clone, Debug)]
pub struct SummaryOptions {
    /// The fields whose values part the corpus: none, one, or two that are crossed. `month` and `year`
    /// are taken from `date` where there is no such field.
    pub by: Vec<String>,
    /// The names that stand for one holder.
    pub merge: Option<Merge>,
    /// Join bare surnames with the full name of the same outlet.
    pub surnames: bool,
    /// Groups with fewer statements are left out.
    pub least: u64,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            by: Vec::new(),
            merge: None,
            surnames: true,
            least: 0,
        }
    }
}

/// A corpus of predictions, summarised.
#[derive(Debug)]
pub struct Summary {
    pub whole: GroupSummary,
    /// Largest first, times in their order; empty where the corpus was not parted.
    pub groups: Vec<GroupSummary>,
    /// Groups that had fewer statements than the least.
    pub left_out: LeftOut,
    /// What became of bare surnames.
    pub surnames: Surnames,
    /// Aliases that no holder had.
    pub unmatched_aliases: usize,
    /// Rows that could not be used, with their file.
    pub rejected: Vec<(PathBuf, RejectedRow)>,
    /// Files that could not be read at all: nothing of them is counted.
    pub unreadable: Vec<TableError>,
    /// How many rows were not UTF-8 and were read as Windows-1252, by file.
    pub windows_1252: Vec<(PathBuf, usize)>,
}

/// What was too small to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub groups: usize,
    pub statements: u64,
}

/// Why a corpus cannot be summarised.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{paths}: no line has a stance{}", first_reason(.first))]
    NothingPredicted {
        paths: String,
        first: Option<RejectedRow>,
    },
    #[error("{paths}: no prediction has anything in a field `{field}`{}", part_hint(.field))]
    NoField { paths: String, field: String },
    #[error("--by names {0} fields; one or two can be crossed")]
    TooManyFields(usize),
    #[error("--by names the field `{0}` twice")]
    RepeatedField(String),
    #[error("a table of aliases joins holders: it needs --by holder")]
    NothingToMerge,
}

impl SummaryOptions {
    fn has_holders(&self) -> bool {
        self.by.iter().any(|field| field == HOLDER)
    }

    fn check(&self) -> Result<(), SummaryError> {
        match self.by.as_slice() {
            [one, other] if one == other => Err(SummaryError::RepeatedField(one.clone())),
            fields if fields.len() > 2 => Err(SummaryError::TooManyFields(fields.len())),
            _ if self.merge.is_some() && !self.has_holders() => Err(SummaryError::NothingToMerge),
            _ => Ok(()),
        }
    }
}

impl Summary {
    /// Summarises files of predictions: JSONL, CSV or Parquet with the field `stance`, and `article`,
    /// `holder`, `outlet` and `date` where they have them, as `demarche classify` writes them.
    ///
    /// # Errors
    /// Options that contradict each other, files without any prediction, or one that fails halfway.
    pub fn of(paths: &[PathBuf], options: SummaryOptions) -> Result<Self, SummaryError> {
        options.check()?;
        let mut tally = Tally::new(&options.by, options.has_holders());
        let mut rejected = Vec::new();
        let mut unreadable = Vec::new();
        let mut windows_1252 = Vec::new();
        for path in paths {
            let before = tally.rows();
            match tally.read(path, &mut rejected) {
                Ok(rows) => windows_1252.push((path.clone(), rows)),
                // Half a file would be half counted.
                Err(error) if paths.len() == 1 || tally.rows() > before => return Err(error.into()),
                Err(error) => unreadable.push(error),
            }
        }
        let names = || joined(paths.iter().map(|path| path.as_path()));
        if tally.predicted() == 0 {
            if let Some(error) = unreadable.into_iter().next() {
                return Err(error.into());
            }
            return Err(SummaryError::NothingPredicted {
                paths: names(),
                first: rejected.into_iter().next().map(|(_, row)| row),
            });
        }
        if let Some(field) = tally.missing_field() {
            return Err(SummaryError::NoField {
                paths: names(),
                field: field.to_owned(),
            });
        }
        let holders = Holders::of(&mut tally, options.merge, options.surnames);
        let by = options.by.as_slice();
        let mut cells = tally.into_cells(&holders.now);
        let whole = whole(&mut cells.counted);
        let (groups, left_out) = match by {
            [] => (Vec::new(), LeftOut::default()),
            by => grouped(cells, by, options.least),
        };
        Ok(Self {
            whole,
            groups,
            left_out,
            surnames: holders.surnames,
            unmatched_aliases: holders.unmatched_aliases,
            rejected,
            unreadable,
            windows_1252,
        })
    }

    /// Predictions that abstained: they are in no share.
    pub fn abstained(&self) -> u64 {
        self.whole.voice(Voice::All).map_or(0, |voice| voice.abstained)
    }

    /// True where some statement has a holder: where none has, nobody looked for any.
    pub fn has_holders(&self) -> bool {
        self.whole.voice(Voice::Reported).is_some()
    }
}

/// Paths in a row, for people.
fn joined<'a>(paths: impl Iterator<Item = &'a Path>) -> String {
    let names: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    names.join(", ")
}
