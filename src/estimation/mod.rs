//! From predictions to shares of a corpus: a random sample for coders, and shares corrected by it.
//!
//! Predicted labels err, and their errors do not cancel: counting them as they are biases a share
//! even where nine in ten are right. A [`Sample`] drawn at random and labelled by hand says by how much,
//! and [`Shares`] corrects for it. `docs/evaluation.md` has the method and how to read the intervals.

mod allocation;
mod corpus;
#[cfg(test)]
mod coverage;
mod design;
mod difference;
mod report;
mod sample;
mod shares;
mod sheet;

pub use allocation::Allocation;
pub use difference::{corrected, effective_size, Corrected, GoldStatement, StratumSize, UNSEEN_ERRORS};
pub use report::SharesReport;
pub use sample::{Sample, SampleError, SampleOptions, Sampled};
pub(crate) use shares::SLACK;
pub use shares::{GroupShares, Shares, SharesError, SharesOptions, StanceShare};
pub use sheet::{record_of, CodingSheet};
