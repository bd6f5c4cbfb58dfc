//! Stance shares of a corpus of predictions, or of its parts: as predicted, and corrected.

use std::path::Path;

use super::corpus::{Corpus, Group};
use super::design::Design;
use super::difference::{corrected, effective_size, Corrected, GoldStatement};
use super::sheet::sha256_of;
use crate::evaluation::{Estimate, Fixture, Interval, LabelledStatement};
use crate::stance::Stance;
use crate::table::{self, first_reason, is_of_time, part_hint, RejectedRow, TableError};

/// How shares are computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharesOptions {
    /// The field whose values part the corpus; `month` and `year` are taken from `date` where there is
    /// no such field.
    pub by: Option<String>,
    /// Correct although the sample is too small, or seems not to be a whole random one of these predictions.
    pub force: bool,
}

impl SharesOptions {
    /// How many gold statements a part of the corpus needs to be corrected.
    pub fn least_gold_of_group(&self) -> usize {
        match self.force {
            true => Shares::LEAST_FORCED_GOLD_OF_GROUP,
            false => Shares::LEAST_GOLD_OF_GROUP,
        }
    }
}

/// Stance shares of a corpus.
#[derive(Clone, Debug)]
pub struct Shares {
    pub whole: GroupShares,
    /// The corpus's parts, largest first (months and years in their order); empty where it was not parted.
    pub groups: Vec<GroupShares>,
    /// How many statements drawn alike the sample is worth.
    pub effective_gold: f64,
    /// Predictions that abstained: they are in no share.
    pub abstained: usize,
    /// Gold statements without a prediction: they corrected nothing.
    pub unmatched: usize,
    /// Gold statements whose prediction has another text.
    pub texts_differ: usize,
    /// True where the sample's record names other predictions than these.
    pub drawn_from_another: bool,
    /// Rows of the predictions that could not be used, with the reason.
    pub rejected: Vec<RejectedRow>,
    /// How many rows of them were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
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
    #[error("{path}: no line has a stance{}", first_reason(.first))]
    NothingPredicted {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: no prediction has anything in a field `{field}`{}", part_hint(.field))]
    NoField { path: String, field: String },
    #[error("{gold:.0} gold statements{} are too few to correct shares by: at least {} are needed, and from {} on intervals can be relied on. Label more (demarche sample), or see what there is with --force", if *.weighted { " (in worth: they were drawn unequally)" } else { "" }, Shares::LEAST_GOLD, Shares::ENOUGH_GOLD)]
    TooFewGold { gold: f64, weighted: bool },
    #[error("{path}: {rows} rows could not be used, so this is not the whole sample, and shares would be biased; mend them, or go on with --force")]
    RejectedGold { path: String, rows: usize },
    #[error("{path}: its statements have no `id` (nor `article` and `statement`) to be joined with predictions by")]
    NoIds { path: String },
    #[error("{path}: none of its statements has a prediction; its ids are like `{gold}`, those of the predictions like `{predicted}`")]
    NothingJoined {
        path: String,
        gold: String,
        predicted: String,
    },
    #[error("{path}: {differ} of {gold} gold statements have another text than the prediction with their id: this is a sample of something else")]
    OtherTexts {
        path: String,
        differ: usize,
        gold: usize,
    },
    #[error("{path}: a weight is {weight:.3}; a weight must be the inverse of a sampling probability, and so at least 1")]
    NoProbability { path: String, weight: f64 },
    #[error("{path}: {missing} of the {drawn} statements that were drawn are not in it; which ones are gone may hang on what they say, so shares would be biased (--force goes on)")]
    RowsMissing {
        path: String,
        missing: usize,
        drawn: usize,
    },
    #[error("{path}: the sample was drawn from {} too, of which nothing is labelled; shares would leave it out", .value.as_deref().unwrap_or("statements without a value"))]
    StratumMissing { path: String, value: Option<String> },
    #[error("{path}: stands for {drawn_from:.0} statements by its sampling probabilities, but there are {corpus} predictions: it was not drawn from these, or is not whole (--force goes on)")]
    OtherCorpus {
        path: String,
        drawn_from: f64,
        corpus: u64,
    },
    #[error("{path}: is no simple random sample of these predictions: {sample:.0}% of it is predicted {stance}, but {corpus:.0}% of them. Was it stratified, and has lost its column sample_record or sampling_probability? (--force goes on)")]
    NotRandom {
        path: String,
        stance: Stance,
        sample: f64,
        corpus: f64,
    },
}

/// A sample may be worth so much less than its size before it is called unequal, or too small: rounding
/// alone makes strata a little unequal.
pub(crate) const SLACK: f64 = 0.98;

impl Shares {
    /// Fewer gold statements than this are refused.
    pub const LEAST_GOLD: usize = 200;
    /// Fewer gold statements than this deserve a warning.
    pub const ENOUGH_GOLD: usize = 600;
    /// A part of the corpus with fewer gold statements than this is not corrected.
    pub const LEAST_GOLD_OF_GROUP: usize = 50;
    /// The same where correction is forced.
    const LEAST_FORCED_GOLD_OF_GROUP: usize = 30;

    /// The shares of the predictions in a JSONL, CSV or Parquet file, corrected by a random sample of
    /// them that was labelled by hand. The predictions are read in one pass and not held in memory.
    ///
    /// # Errors
    /// [`SharesError`]; a row that is no prediction is rejected by itself.
    pub fn of(predictions: &Path, gold: &Fixture, options: &SharesOptions) -> Result<Self, SharesError> {
        check_gold(gold, options.force)?;
        let mut corpus = Corpus::new(gold, options.by.as_deref());
        let mut rejected = Vec::new();
        let windows_1252 = table::read_file(predictions, &["stance"], &mut |row| {
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
        corpus.check_joined(gold)?;
        let design = Design::of(gold, &corpus, options.force)?;
        let statements: Vec<GoldStatement> = corpus
            .gold()
            .map(|(statement, predicted)| gold_statement(statement, *predicted, &design))
            .collect();
        let effective_gold = effective_size(&statements);
        if effective_gold < SLACK * Self::LEAST_GOLD as f64 && !options.force {
            return Err(SharesError::TooFewGold {
                gold: effective_gold,
                weighted: effective_gold < SLACK * statements.len() as f64,
            });
        }
        let drawn_from_another = match &gold.record {
            Some(record) => sha256_of(predictions)? != record.predictions_sha256,
            None => false,
        };
        let (abstained, texts_differ) = (corpus.abstained, corpus.texts_differ);
        let unmatched = gold.statements.len() - corpus.found();
        let (whole, groups) = grouped(corpus, &design, options);
        Ok(Self {
            whole,
            groups,
            effective_gold,
            abstained,
            unmatched,
            texts_differ,
            drawn_from_another,
            rejected,
            windows_1252,
        })
    }
}

/// Refuses a gold fixture that cannot be a whole sample with known probabilities.
fn check_gold(gold: &Fixture, force: bool) -> Result<(), SharesError> {
    let path = || gold.path.display().to_string();
    if !gold.rejected.is_empty() && !force {
        return Err(SharesError::RejectedGold {
            path: path(),
            rows: gold.rejected.len(),
        });
    }
    if gold.statements.iter().all(|statement| statement.key.is_none()) {
        return Err(SharesError::NoIds { path: path() });
    }
    // Inverses of rounded probabilities may be a little less than 1.
    match gold.statements.iter().find(|statement| statement.weight < 0.999) {
        Some(statement) => Err(SharesError::NoProbability {
            path: path(),
            weight: statement.weight,
        }),
        None => Ok(()),
    }
}

/// The shares of the whole corpus, and of each part.
fn grouped<'a>(
    corpus: Corpus<'a>,
    design: &Design<'a>,
    options: &SharesOptions,
) -> (GroupShares, Vec<GroupShares>) {
    let mut whole = Group {
        predicted: corpus.predicted(),
        gold: Vec::new(),
    };
    let least = options.least_gold_of_group();
    let mut groups = Vec::new();
    for (value, group) in corpus.groups {
        if options.by.is_some() {
            groups.push(shares_of(&group, value, design, least));
        }
        whole.gold.extend(group.gold);
    }
    if !options.by.as_deref().is_some_and(is_of_time) {
        // Stable: among equals the order of their values.
        groups.sort_by_key(|group| std::cmp::Reverse(group.statements));
    }
    (shares_of(&whole, None, design, 2), groups)
}

fn gold_statement(statement: &LabelledStatement, predicted: Stance, design: &Design<'_>) -> GoldStatement {
    let (stratum, weight) = design.place_and_weight(statement);
    GoldStatement {
        gold: statement.label,
        predicted,
        stratum,
        weight,
    }
}

/// The shares of one part; they are corrected where it has at least `least_gold` gold statements.
fn shares_of(
    group: &Group<'_>,
    value: Option<String>,
    design: &Design<'_>,
    least_gold: usize,
) -> GroupShares {
    let statements: u64 = group.predicted.iter().sum();
    let gold: Vec<GoldStatement> = group
        .gold
        .iter()
        .map(|&(statement, predicted)| gold_statement(statement, predicted, design))
        .collect();
    let correction: Option<Corrected> =
        (gold.len() >= least_gold).then(|| corrected(&group.predicted, &gold, &design.strata));
    GroupShares {
        value,
        statements,
        gold: gold.len(),
        shares: Stance::ALL.map(|stance| {
            let naive = group.predicted[stance.index()] as f64 / statements as f64;
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
            Err(SharesError::TooFewGold { weighted: false, .. })
        ));
        assert_eq!(shares(&folder, None, true).unwrap().whole.gold, 60);
        assert!(matches!(
            shares(&folder, Some("outlets"), true),
            Err(SharesError::NoField { .. })
        ));
    }

    #[test]
    fn what_is_no_whole_random_sample_is_refused() {
        let folder = files(4000, 300);
        let gold = |rows: &dyn Fn(usize) -> Option<String>| {
            let rows: String = (0..4000).filter_map(rows).collect();
            std::fs::write(folder.path().join("gold.csv"), rows).unwrap();
            shares(&folder, None, false).unwrap_err()
        };
        // Only of what is predicted cooperative.
        let picked = gold(&|id| match id {
            0 => Some("id,text,label\n".to_owned()),
            _ => (id % 4 == 2).then(|| format!("{id},x,cooperative\n")),
        });
        assert!(matches!(picked, SharesError::NotRandom { .. }), "{picked}");
        let with_probability = |probability: f64| {
            gold(&|id| match id {
                0 => Some("id,text,label,sampling_probability\n".to_owned()),
                _ => (id < 300).then(|| format!("{id},x,{},{probability}\n", Stance::ALL[id % 4])),
            })
        };
        let half = with_probability(0.2);
        assert!(matches!(half, SharesError::OtherCorpus { .. }), "{half}");
        let weights = gold(&|id| match id {
            0 => Some("id,text,label,weight\n".to_owned()),
            _ => (id < 300).then(|| format!("{id},x,none,0.5\n")),
        });
        assert!(matches!(weights, SharesError::NoProbability { .. }), "{weights}");
        let unusable = gold(&|id| match id {
            0 => Some("id,text,label\n".to_owned()),
            _ => (id < 300).then(|| format!("{id},x,{}\n", if id == 7 { "anti" } else { "none" })),
        });
        assert!(
            matches!(unusable, SharesError::RejectedGold { rows: 1, .. }),
            "{unusable}"
        );
    }

    #[test]
    fn a_sample_of_something_else_is_refused() {
        let folder = files(1000, 300);
        std::fs::write(folder.path().join("gold.csv"), "id,text,label\nx7,x,none\n").unwrap();
        let error = shares(&folder, None, true).unwrap_err().to_string();
        assert!(error.contains("`x7`") && error.contains("`0`"), "{error}");
    }
}
