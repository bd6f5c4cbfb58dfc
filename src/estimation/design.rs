//! How a gold fixture was drawn from a corpus of predictions, and whether that can be.

use std::collections::HashMap;

use super::corpus::Corpus;
use super::difference::StratumSize;
use super::SharesError;
use crate::evaluation::{Fixture, LabelledStatement, SampleRecord};
use crate::stance::Stance;

/// The 0.9999 quantile of chi-square with three degrees of freedom: a random sample of four stances is
/// further from the corpus once in 10,000.
const UNLIKELY: f64 = 21.108;

/// How far the strata may be from the corpus's size, for rounded probabilities.
const SIZE_TOLERANCE: f64 = 0.01;

/// The strata of a sample, and what its statements stand for.
pub(super) struct Design<'a> {
    pub(super) strata: Vec<StratumSize>,
    place: HashMap<Option<&'a str>, usize>,
    weights: Weights,
}

/// How many statements of the corpus each labelled one stands for.
enum Weights {
    /// As many as any other of its stratum.
    Equal,
    /// As many as its fixture says.
    Given,
}

impl<'a> Design<'a> {
    /// The design of `gold`, as far as its statements are in `corpus`.
    ///
    /// # Errors
    /// Where it cannot be a whole random sample of the corpus, unless that is forced.
    pub(super) fn of(gold: &'a Fixture, corpus: &Corpus<'a>, force: bool) -> Result<Self, SharesError> {
        let path = gold.path.display().to_string();
        let mut design = Self::as_given(corpus);
        let predictions: u64 = corpus.predicted().iter().sum();
        let is_weighted = gold.statements.iter().any(|statement| statement.weight != 1.0);
        match &gold.record {
            Some(record) => {
                if !force {
                    check_whole(gold, record)?;
                }
                design.size_by_record(record, &path)?;
            }
            None if is_weighted => {}
            None => {
                if !force {
                    check_random(corpus, path.clone())?;
                }
                design.size_alike(predictions as f64 / corpus.found() as f64);
            }
        }
        let drawn_from: f64 = design.strata.iter().map(|stratum| stratum.statements).sum();
        if (drawn_from / predictions as f64 - 1.0).abs() > SIZE_TOLERANCE && !force {
            return Err(SharesError::OtherCorpus {
                path,
                drawn_from,
                corpus: predictions,
            });
        }
        Ok(design)
    }

    /// Strata by name, as large as their statements' weights say.
    fn as_given(corpus: &Corpus<'a>) -> Self {
        let mut place = HashMap::new();
        let mut strata: Vec<StratumSize> = Vec::new();
        for (statement, _) in corpus.gold() {
            let stratum = *place.entry(statement.stratum.as_deref()).or_insert_with(|| {
                strata.push(StratumSize {
                    statements: 0.0,
                    labelled: 0.0,
                });
                strata.len() - 1
            });
            strata[stratum].statements += statement.weight;
            strata[stratum].labelled += 1.0;
        }
        Self {
            strata,
            place,
            weights: Weights::Given,
        }
    }

    /// A simple random sample: each labelled statement stands for as many.
    fn size_alike(&mut self, each: f64) {
        self.weights = Weights::Equal;
        for stratum in &mut self.strata {
            stratum.statements = each * stratum.labelled;
        }
    }

    /// Strata as large as the record says. What was drawn and not labelled is taken for no different from
    /// the rest of its stratum.
    fn size_by_record(&mut self, record: &SampleRecord, path: &str) -> Result<(), SharesError> {
        self.weights = Weights::Equal;
        let drawn = record.strata.iter().enumerate();
        for (number, stratum) in drawn.filter(|(_, stratum)| stratum.drawn > 0) {
            let Some(&known) = self.place.get(&Some(number.to_string().as_str())) else {
                return Err(SharesError::StratumMissing {
                    path: path.to_owned(),
                    value: stratum.value.clone(),
                });
            };
            self.strata[known].statements = stratum.statements as f64;
        }
        Ok(())
    }

    /// The place of a labelled statement's stratum, and how many statements it stands for.
    pub(super) fn place_and_weight(&self, statement: &LabelledStatement) -> (usize, f64) {
        let place = self.place[&statement.stratum.as_deref()];
        let stratum = &self.strata[place];
        match self.weights {
            Weights::Equal => (place, stratum.statements / stratum.labelled),
            Weights::Given => (place, statement.weight),
        }
    }
}

/// Refuses a sheet from which rows are gone: which ones went may hang on what they say.
fn check_whole(gold: &Fixture, record: &SampleRecord) -> Result<(), SharesError> {
    let there = gold.statements.len() + gold.unlabelled.len() + gold.rejected.len();
    match record.statements.len().saturating_sub(there) {
        0 => Ok(()),
        missing => Err(SharesError::RowsMissing {
            path: gold.path.display().to_string(),
            missing,
            drawn: record.statements.len(),
        }),
    }
}

/// Refuses a sample whose predictions are too far from the corpus's to be a simple random one.
fn check_random(corpus: &Corpus<'_>, path: String) -> Result<(), SharesError> {
    let predicted = corpus.predicted();
    let (n, found) = (predicted.iter().sum::<u64>() as f64, corpus.found() as f64);
    let mut in_sample = [0.0; Stance::COUNT];
    for (_, stance) in corpus.gold() {
        in_sample[stance.index()] += 1.0;
    }
    let expected = predicted.map(|count| found * count as f64 / n);
    let distance = |stance: Stance| {
        let (found, expected) = (in_sample[stance.index()], expected[stance.index()]);
        // Pearson's statistic; half a statement keeps a stance never predicted from dividing by 0.
        (found - expected).powi(2) / expected.max(0.5)
    };
    let furthest = Stance::ALL
        .into_iter()
        .max_by(|&one, &other| distance(one).total_cmp(&distance(other)));
    match furthest {
        Some(stance) if Stance::ALL.into_iter().map(distance).sum::<f64>() > UNLIKELY => {
            Err(SharesError::NotRandom {
                path,
                stance,
                sample: 100.0 * in_sample[stance.index()] / found,
                corpus: 100.0 * predicted[stance.index()] as f64 / n,
            })
        }
        _ => Ok(()),
    }
}
