//! What a run has done so far, in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::output::Record;
use crate::stance::Stance;

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Inputs that were read to their end and held something.
    pub inputs: u64,
    /// Articles; of lists of statements, none.
    pub articles: u64,
    pub statements: u64,
    /// Of each stance.
    pub stances: StanceCounts,
    /// Statements without a stance: the model was less sure than was asked for.
    #[serde(default)]
    pub abstained: u64,
    /// Statements longer than the model reads.
    pub truncated: u64,
    /// Articles that repeat an earlier one.
    pub duplicates: u64,
    /// Articles whose id another before them had, and that have their input's name before it.
    pub repeated_ids: u64,
    /// Records, files and parts of archives that could not be used.
    pub rejected: u64,
    pub articles_without_statements: u64,
    /// Articles, and rows of tables, that were not UTF-8.
    pub windows_1252: u64,
    /// Files of folders and archives that are no articles by their name, counted by their ending.
    pub left_alone: BTreeMap<String, usize>,
}

/// How many statements take each stance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StanceCounts {
    pub pro_intervention: u64,
    pub anti_intervention: u64,
    pub cooperative: u64,
    pub none: u64,
}

impl StanceCounts {
    fn of(&mut self, stance: Stance) -> &mut u64 {
        match stance {
            Stance::ProIntervention => &mut self.pro_intervention,
            Stance::AntiIntervention => &mut self.anti_intervention,
            Stance::Cooperative => &mut self.cooperative,
            Stance::None => &mut self.none,
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, record: &Record) {
        self.statements += 1;
        match record.stance {
            Some(stance) => *self.stances.of(stance) += 1,
            None => self.abstained += 1,
        }
        self.truncated += u64::from(record.prediction.truncated);
    }

    /// Adds what was left alone somewhere.
    pub fn leave_alone(&mut self, left_alone: &BTreeMap<String, usize>) {
        for (ending, count) in left_alone {
            *self.left_alone.entry(ending.clone()).or_default() += count;
        }
    }
}
