//! A corpus of predictions, read once: counts by part, and the predictions of the gold statements.

use std::collections::{BTreeMap, HashMap};

use super::SharesError;
use crate::evaluation::{guess_of, Fixture, LabelledStatement};
use crate::stance::Stance;
use crate::table::{RejectedRow, Row};

/// The corpus as it is read: counts of predictions, and the gold statements met so far, by part.
pub(super) struct Corpus<'a> {
    by: Option<&'a str>,
    gold: HashMap<&'a str, &'a LabelledStatement>,
    pub(super) groups: BTreeMap<Option<String>, Group<'a>>,
    pub(super) abstained: usize,
    pub(super) texts_differ: usize,
    a_key: Option<String>,
}

/// A part of the corpus.
#[derive(Clone, Default)]
pub(super) struct Group<'a> {
    /// How often each stance was predicted.
    pub(super) predicted: [u64; Stance::COUNT],
    /// The gold statements in it, with what was predicted for them.
    pub(super) gold: Vec<(&'a LabelledStatement, Stance)>,
}

impl<'a> Corpus<'a> {
    /// Before anything is read.
    pub(super) fn new(gold: &'a Fixture, by: Option<&'a str>) -> Self {
        Self {
            by,
            gold: gold
                .statements
                .iter()
                .filter_map(|statement| Some((statement.key.as_deref()?, statement)))
                .collect(),
            groups: BTreeMap::new(),
            abstained: 0,
            texts_differ: 0,
            a_key: None,
        }
    }

    /// Counts a row of the predictions.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let Some(guess) = guess_of(row).map_err(|reason| row.rejected(reason))? else {
            self.abstained += 1;
            return Ok(());
        };
        let value = self.by.and_then(|field| row.part(field));
        let group = self.groups.entry(value).or_default();
        group.predicted[guess.stance.index()] += 1;
        let Some(key) = row.key() else {
            return Ok(());
        };
        // Removed, so that an id that stands twice corrects once.
        if let Some(statement) = self.gold.remove(key.as_str()) {
            let differs = row.text("text").is_some_and(|text| text != statement.text);
            self.texts_differ += usize::from(differs);
            group.gold.push((statement, guess.stance));
        }
        self.a_key.get_or_insert(key);
        Ok(())
    }

    /// The gold statements met, with what was predicted for each.
    pub(super) fn gold(&self) -> impl Iterator<Item = &(&'a LabelledStatement, Stance)> {
        self.groups.values().flat_map(|group| &group.gold)
    }

    /// How many gold statements were met.
    pub(super) fn found(&self) -> usize {
        self.gold().count()
    }

    /// How often each stance was predicted.
    pub(super) fn predicted(&self) -> [u64; Stance::COUNT] {
        let mut sums = [0; Stance::COUNT];
        for group in self.groups.values() {
            for (sum, count) in sums.iter_mut().zip(group.predicted) {
                *sum += count;
            }
        }
        sums
    }

    /// Refuses gold statements that are of something else than these predictions.
    pub(super) fn check_joined(&self, gold: &Fixture) -> Result<(), SharesError> {
        let path = gold.path.display().to_string();
        let found = self.found();
        if found == 0 {
            return Err(SharesError::NothingJoined {
                path,
                gold: gold
                    .statements
                    .iter()
                    .find_map(|statement| statement.key.clone())
                    .unwrap_or_default(),
                predicted: self.a_key.clone().unwrap_or_default(),
            });
        }
        if 2 * self.texts_differ > found {
            return Err(SharesError::OtherTexts {
                path,
                differ: self.texts_differ,
                gold: found,
            });
        }
        Ok(())
    }
}
