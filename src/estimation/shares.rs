//! Stance shares of a corpus of predictions, or of its parts: as predicted, and corrected.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::difference::{corrected, Corrected, GoldStatement};
use crate::evaluation::{guess_of, Estimate, Fixture, Interval, LabelledStatement};
use crate::stance::Stance;
use crate::table::{self, RejectedRow, Row, TableError};

/// How shares are computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharesOptions {
    /// The field whose values part the corpus; `month` is taken from `date` where there is no such field.
    pub by: Option<String>,
    /// Correct with fewer gold statements than would be safe.
    pub force: bool,
}

/// Stance shares of a corpus.
#[derive(Clone, Debug)]
pub struct Shares {
    pub whole: GroupShares,
    /// The corpus's parts, largest first (months in their order); empty where it was not parted.
    pub groups: Vec<GroupShares>,
    /// Predictions that abstained: they are in no share.
    pub abstained: usize,
    /// Gold statements without a prediction: they corrected nothing.
    pub unmatched: usize,
    /// What the weights of the gold statements sum to, where they say any: the corpus they were drawn from.
    pub drawn_from: Option<f64>,
    /// Rows of the predictions that could not be used, with the reason.
    pub rejected: Vec<RejectedRow>,
}

/// The shares of a corpus or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupShares {
    /// The value of the field that parts the corpus; `None` for the whole and for rows without one.
    pub value: Option<String>,
    pub statements: u64,
    /// How many gold statements stand in it.
    pub gold: usize,
    /// In the order of [`Stance::ALL`].
    pub shares: [StanceShare; Stance::COUNT],
    /// How far the predictions were trusted; `None` where nothing was corrected.
    pub lambda: Option<f64>,
}

/// The share of one stance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StanceShare {
    pub stance: Stance,
    /// The share of predictions, with Wilson's interval: what it would be worth if no prediction erred.
    pub naive: Estimate,
    /// The corrected share; `None` where there are too few gold statements.
    pub corrected: Option<Estimate>,
}

/// Why shares cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum SharesError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has a stance{}", .first.as_ref().map(|row| format!(" (line {}: {})", row.number, row.reason)).unwrap_or_default())]
    NothingPredicted {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: no prediction has the field `{field}`")]
    NoField { path: String, field: String },
    #[error("{gold} gold statements are too few to correct shares by: at least {} are needed, and from {} on intervals can be relied on. Draw more with `demarche sample`, or see what there is with --force", Shares::LEAST_GOLD, Shares::ENOUGH_GOLD)]
    TooFewGold { gold: usize },
    #[error("{path}: none of its statements has a prediction; its ids are like `{gold}`, those of the predictions like `{predicted}`")]
    NothingJoined {
        path: String,
        gold: String,
        predicted: String,
    },
}

impl Shares {
    /// Fewer gold statements than this are refused.
    pub const LEAST_GOLD: usize = 200;
    /// Fewer gold statements than this deserve a warning.
    pub const ENOUGH_GOLD: usize = 600;
    /// A part of the corpus with fewer gold statements than this is not corrected.
    pub const LEAST_GOLD_OF_GROUP: usize = 50;

    /// The shares of the predictions in a JSONL, CSV or Parquet file, corrected by a random sample of
    /// them that was labelled by hand. The predictions are read in one pass and not held in memory.
    ///
    /// # Errors
    /// [`SharesError`]; a row that is no prediction is rejected by itself.
    pub fn of(predictions: &Path, gold: &Fixture, options: &SharesOptions) -> Result<Self, SharesError> {
        let mut corpus = Corpus::new(gold, options.by.as_deref());
        let mut rejected = Vec::new();
        table::read_file(predictions, &["stance"], &mut |row| {
            if let Err(row) = row.and_then(|row| corpus.add(&row)) {
                rejected.push(row);
            }
        })?;
        let path = predictions.display().to_string();
        if corpus.groups.is_empty() {
            return Err(SharesError::NothingPredicted {
                path,
                first: rejected.into_iter().next(),
            });
        }
        if let Some(field) = options
            .by
            .clone()
            .filter(|_| corpus.groups.keys().all(Option::is_none))
        {
            return Err(SharesError::NoField { path, field });
        }
        let found: usize = corpus.groups.values().map(|group| group.gold.len()).sum();
        if found == 0 {
            return Err(SharesError::NothingJoined {
                path: gold.path.display().to_string(),
                gold: gold
                    .statements
                    .iter()
                    .find_map(|statement| statement.key.clone())
                    .unwrap_or_default(),
                predicted: corpus.a_key.unwrap_or_default(),
            });
        }
        if found < Self::LEAST_GOLD && !options.force {
            return Err(SharesError::TooFewGold { gold: found });
        }
        Ok(corpus.shares(found, options, rejected, gold.statements.len()))
    }
}

/// The corpus as it is read: counts of predictions, and the gold statements met so far, by group.
struct Corpus<'a> {
    by: Option<&'a str>,
    gold: HashMap<&'a str, &'a LabelledStatement>,
    /// True where the gold statements were drawn with unequal probabilities.
    weighted: bool,
    strata: HashMap<Option<&'a str>, usize>,
    groups: BTreeMap<Option<String>, Group>,
    abstained: usize,
    a_key: Option<String>,
}

#[derive(Clone, Default)]
struct Group {
    predicted: [u64; Stance::COUNT],
    gold: Vec<GoldStatement>,
}

impl<'a> Corpus<'a> {
    fn new(gold: &'a Fixture, by: Option<&'a str>) -> Self {
        let mut strata = HashMap::new();
        for statement in &gold.statements {
            let next = strata.len();
            strata.entry(statement.stratum.as_deref()).or_insert(next);
        }
        Self {
            by,
            gold: gold
                .statements
                .iter()
                .filter_map(|statement| Some((statement.key.as_deref()?, statement)))
                .collect(),
            weighted: gold.statements.iter().any(|statement| statement.weight != 1.0),
            strata,
            groups: BTreeMap::new(),
            abstained: 0,
            a_key: None,
        }
    }

    fn add(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let Some(guess) = guess_of(row).map_err(|reason| row.rejected(reason))? else {
            self.abstained += 1;
            return Ok(());
        };
        let value = self.by.and_then(|field| group_of(row, field));
        let group = self.groups.entry(value).or_default();
        group.predicted[guess.stance.index()] += 1;
        let Some(key) = row.key() else {
            return Ok(());
        };
        // Removed, so that an id that stands twice corrects once.
        if let Some(statement) = self.gold.remove(key.as_str()) {
            group.gold.push(GoldStatement {
                gold: statement.label,
                predicted: guess.stance,
                stratum: self.strata[&statement.stratum.as_deref()],
                weight: statement.weight,
            });
        }
        self.a_key.get_or_insert(key);
        Ok(())
    }

    fn shares(
        mut self,
        found: usize,
        options: &SharesOptions,
        rejected: Vec<RejectedRow>,
        gold: usize,
    ) -> Shares {
        let corpus: u64 = self.groups.values().flat_map(|group| group.predicted).sum();
        let mut drawn_from = 0.0;
        for statement in self.groups.values_mut().flat_map(|group| &mut group.gold) {
            if !self.weighted {
                // A simple random sample: each statement stands for as many as any other.
                statement.weight = corpus as f64 / found as f64;
            }
            drawn_from += statement.weight;
        }
        let mut whole = Group::default();
        for group in self.groups.values() {
            for (sum, count) in whole.predicted.iter_mut().zip(group.predicted) {
                *sum += count;
            }
            whole.gold.extend_from_slice(&group.gold);
        }
        let mut groups: Vec<GroupShares> = match options.by {
            None => Vec::new(),
            Some(_) => self
                .groups
                .into_iter()
                .map(|(value, group)| {
                    let least = if options.force {
                        2
                    } else {
                        Shares::LEAST_GOLD_OF_GROUP
                    };
                    group.shares(value, least)
                })
                .collect(),
        };
        if options.by.as_deref() != Some("month") {
            // Stable: among equals the order of their values.
            groups.sort_by_key(|group| std::cmp::Reverse(group.statements));
        }
        Shares {
            whole: whole.shares(None, 2),
            groups,
            abstained: self.abstained,
            unmatched: gold - found,
            drawn_from: self.weighted.then_some(drawn_from),
            rejected,
        }
    }
}

impl Group {
    fn shares(&self, value: Option<String>, least_gold: usize) -> GroupShares {
        let statements: u64 = self.predicted.iter().sum();
        let correction: Option<Corrected> =
            (self.gold.len() >= least_gold).then(|| corrected(&self.predicted, &self.gold));
        GroupShares {
            value,
            statements,
            gold: self.gold.len(),
            shares: Stance::ALL.map(|stance| {
                let naive = self.predicted[stance.index()] as f64 / statements as f64;
                StanceShare {
                    stance,
                    naive: Estimate {
                        value: naive,
                        interval: Some(Interval::wilson(naive, statements as f64)),
                    },
                    corrected: correction.map(|corrected| corrected.shares[stance.index()]),
                }
            }),
            lambda: correction.map(|corrected| corrected.lambda),
        }
    }
}

/// The value of the field that parts the corpus. A month is the beginning of an ISO 8601 date.
fn group_of(row: &Row, field: &str) -> Option<String> {
    if field != "month" || row.fields.contains_key("month") {
        return row.text(field);
    }
    let date = row.text("date")?;
    let month = date.get(..7)?;
    let is_month = month.bytes().enumerate().all(|(index, byte)| {
        if index == 4 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    });
    is_month.then(|| month.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A corpus of `size` predictions, every tenth of them wrong, and its files.
    fn files(size: usize, gold: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut predictions = "id,stance,outlet,date\n".to_owned();
        let mut labelled = "id,text,label\n".to_owned();
        for id in 0..size {
            let truth = Stance::ALL[id % 4];
            let predicted = if id % 10 == 0 { Stance::None } else { truth };
            let outlet = if id % 3 == 0 { "A" } else { "B" };
            predictions += &format!("{id},{predicted},{outlet},2024-0{}-11\n", 1 + id % 2);
            if id < gold {
                labelled += &format!("{id},x,{truth}\n");
            }
        }
        std::fs::write(folder.path().join("predictions.csv"), predictions).unwrap();
        std::fs::write(folder.path().join("gold.csv"), labelled).unwrap();
        folder
    }

    fn shares(folder: &tempfile::TempDir, by: Option<&str>, force: bool) -> Result<Shares, SharesError> {
        let gold = Fixture::read(&folder.path().join("gold.csv")).unwrap();
        let options = SharesOptions {
            by: by.map(str::to_owned),
            force,
        };
        Shares::of(&folder.path().join("predictions.csv"), &gold, &options)
    }

    #[test]
    fn the_correction_brings_back_what_predictions_took() {
        let folder = files(4000, 400);
        let shares = shares(&folder, None, false).unwrap();
        for share in shares.whole.shares {
            let (naive, corrected) = (share.naive, share.corrected.unwrap());
            assert!((naive.value - 0.25).abs() > 0.01 || share.stance == Stance::AntiIntervention);
            assert!((corrected.value - 0.25).abs() < 1e-9, "{share:?}");
        }
        assert_eq!(
            (shares.whole.statements, shares.whole.gold, shares.unmatched),
            (4000, 400, 0)
        );
    }

    #[test]
    fn parts_are_corrected_where_there_is_gold_enough() {
        let folder = files(4000, 220);
        let by_outlet = shares(&folder, Some("outlet"), false).unwrap();
        let values: Vec<_> = by_outlet
            .groups
            .iter()
            .map(|group| group.value.as_deref())
            .collect();
        assert_eq!(values, [Some("B"), Some("A")]);
        assert!(by_outlet.groups.iter().all(|group| group.lambda.is_some()));
        let by_month = shares(&folder, Some("month"), false).unwrap();
        let months: Vec<_> = by_month
            .groups
            .iter()
            .map(|group| group.value.as_deref())
            .collect();
        assert_eq!(months, [Some("2024-01"), Some("2024-02")]);
        let by_day = shares(&folder, Some("id"), false).unwrap();
        assert!(by_day.groups.iter().all(|group| group.lambda.is_none()));
    }

    #[test]
    fn too_little_gold_is_refused_unless_forced() {
        let folder = files(1000, 60);
        assert!(matches!(
            shares(&folder, None, false),
            Err(SharesError::TooFewGold { gold: 60 })
        ));
        assert_eq!(shares(&folder, None, true).unwrap().whole.gold, 60);
        assert!(matches!(
            shares(&folder, Some("outlets"), true),
            Err(SharesError::NoField { .. })
        ));
    }

    #[test]
    fn a_sample_of_something_else_is_refused() {
        let folder = files(1000, 300);
        std::fs::write(folder.path().join("gold.csv"), "id,text,label\nx7,x,none\n").unwrap();
        let error = shares(&folder, None, true).unwrap_err().to_string();
        assert!(error.contains("`x7`") && error.contains("`0`"), "{error}");
    }
}
