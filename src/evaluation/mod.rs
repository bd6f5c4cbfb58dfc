//! How good predictions are: labelled fixtures, and what predictions are worth on them.
//!
//! [`Fixture`]s and [`Predictions`] (or a classifier's) join into [`Outcome`]s, and everything else
//! is computed from those: [`Evaluation`] of one set of predictions, [`Comparison`] of two,
//! [`Agreement`] of coders. `docs/evaluation.md` says how to read the figures.

mod agreement;
mod baselines;
mod calibration;
mod coders;
mod comparison;
mod confusion;
mod fixture;
mod groups;
mod headline;
mod intervals;
mod outcome;
mod predictions;
pub mod report;
mod scores;
mod selection;

#[cfg(test)]
mod reference;

pub use agreement::{Agreement, LabelAgreement, PairKappa};
pub use baselines::keyword_stance;
pub use calibration::{Calibration, ReliabilityRow, BINS};
pub use coders::{join, CoderError, CoderFile, ItemRatings, LabelField};
pub use comparison::{Comparison, Flip, McNemar, PairedFigure};
pub use confusion::{ClassScores, ConfusionMatrix};
pub use fixture::{Fixture, FixtureError, LabelledStatement};
pub use groups::{Group, Grouping};
pub use headline::{Brief, ClassEstimates, Estimate, Headline};
pub use intervals::{Bootstrap, Clusters, Interval};
pub use outcome::{Guess, Outcome};
pub use predictions::{Joined, Predictions, PredictionsError};
pub use scores::{Figure, Scores};
pub use selection::{FoundThreshold, RiskCoverage, SelectionPoint, Threshold};

pub(crate) use predictions::guess_of;

use crate::stance::Stance;

/// A labelled statement and the prediction for it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub statement: &'a LabelledStatement,
    pub guess: Guess,
    /// The number of its fixture among several: articles are told apart by it.
    pub fixture: usize,
}

/// What an evaluation should look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvaluationOptions {
    /// The precision that thresholds are sought for, from 0 to 1.
    pub target_precision: f64,
    /// How many of the most confident errors are kept.
    pub errors: usize,
}

impl Default for EvaluationOptions {
    fn default() -> Self {
        Self {
            target_precision: 0.95,
            errors: 10,
        }
    }
}

/// Everything that is said of predictions on a fixture, or on several together.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// How many statements have a gold label and a prediction.
    pub statements: usize,
    /// How many articles they stand in, where the fixture names articles: intervals are then by article.
    pub articles: Option<usize>,
    /// True where statements weigh differently.
    pub weighted: bool,
    pub scores: Scores,
    pub headline: Headline,
    pub groupings: Vec<Grouping>,
    pub baselines: Vec<Baseline>,
    /// `None` without probabilities, as for the thresholds.
    pub risk_coverage: Option<RiskCoverage>,
    pub target_precision: f64,
    /// The first is for all stances together; stances never predicted have none.
    pub thresholds: Vec<Threshold>,
    /// The wrong predictions, surest first, as many as were asked for.
    pub errors: Vec<ConfidentError>,
}

/// How far one gets without a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub name: String,
    pub scores: Brief,
}

/// A wrong prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfidentError {
    pub id: Option<String>,
    pub text: String,
    pub gold: Stance,
    pub guess: Guess,
}

impl Case<'_> {
    fn outcome(&self) -> Outcome {
        Outcome {
            gold: self.statement.label,
            guess: self.guess,
            weight: self.statement.weight,
        }
    }

    fn article(&self) -> Option<(usize, &str)> {
        Some((self.fixture, self.statement.article.as_deref()?))
    }
}

impl ConfidentError {
    fn of(case: &Case<'_>) -> Self {
        Self {
            id: case.statement.key.clone(),
            text: case.statement.text.clone(),
            gold: case.statement.label,
            guess: case.guess,
        }
    }
}

impl Evaluation {
    /// Evaluates cases; every interval comes from `bootstrap`.
    pub fn of(cases: &[Case<'_>], bootstrap: &Bootstrap, options: &EvaluationOptions) -> Self {
        let outcomes = scaled(cases.iter().map(Case::outcome).collect());
        let statements: Vec<&LabelledStatement> = cases.iter().map(|case| case.statement).collect();
        let cluster_of: Vec<Option<(usize, &str)>> = cases.iter().map(Case::article).collect();
        let clusters = Clusters::by(cluster_of.iter().copied());
        let thresholds = std::iter::once(None).chain(Stance::ALL.map(Some));
        Self {
            statements: cases.len(),
            articles: clusters.are_grouped().then(|| clusters.len()),
            weighted: are_weighted(&outcomes),
            scores: Scores::of(&outcomes),
            headline: Headline::of(&outcomes, &clusters, bootstrap),
            groupings: groups::groupings(&statements, &outcomes, &cluster_of, bootstrap),
            baselines: baselines(cases, &outcomes, &clusters, bootstrap),
            risk_coverage: RiskCoverage::of(&outcomes),
            target_precision: options.target_precision,
            thresholds: thresholds
                .filter_map(|stance| Threshold::for_precision(&outcomes, stance, options.target_precision))
                .collect(),
            errors: confident_errors(cases, options.errors),
        }
    }
}

/// Outcomes whose weights have a mean of 1, so that weights add up to statements.
fn scaled(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let sum: f64 = outcomes.iter().map(|outcome| outcome.weight).sum();
    let mean = sum / outcomes.len() as f64;
    let weighted = are_weighted(&outcomes);
    for outcome in &mut outcomes {
        // Equal weights are 1 exactly, so that counts stay whole.
        outcome.weight = if weighted { outcome.weight / mean } else { 1.0 };
    }
    outcomes
}

fn are_weighted(outcomes: &[Outcome]) -> bool {
    outcomes.windows(2).any(|pair| pair[0].weight != pair[1].weight)
}

fn baselines(
    cases: &[Case<'_>],
    outcomes: &[Outcome],
    clusters: &Clusters,
    bootstrap: &Bootstrap,
) -> Vec<Baseline> {
    let majority = baselines::majority(outcomes);
    let scored = |name: String, guess: &dyn Fn(&str) -> Stance| {
        let outcomes: Vec<Outcome> = cases
            .iter()
            .zip(outcomes)
            .map(|(case, outcome)| Outcome {
                guess: guess(&case.statement.text).into(),
                ..*outcome
            })
            .collect();
        Baseline {
            name,
            scores: Brief::of(&outcomes, clusters, bootstrap),
        }
    };
    vec![
        scored(format!("always {majority}"), &|_| majority),
        scored("keywords".to_owned(), &keyword_stance),
    ]
}

fn confident_errors(cases: &[Case<'_>], count: usize) -> Vec<ConfidentError> {
    let mut wrong: Vec<&Case<'_>> = cases.iter().filter(|case| !case.outcome().is_right()).collect();
    let confidence = |case: &Case<'_>| case.guess.confidence().unwrap_or(0.0);
    // Stable: among equals the order of the fixture.
    wrong.sort_by(|one, other| confidence(other).total_cmp(&confidence(one)));
    wrong.into_iter().take(count).map(ConfidentError::of).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Statements with these labels, named by their number.
    pub(crate) fn statements(labels: &[Stance]) -> Vec<LabelledStatement> {
        labels
            .iter()
            .enumerate()
            .map(|(index, &label)| LabelledStatement {
                key: Some(index.to_string()),
                text: format!("statement {index}"),
                label,
                sure: true,
                rule: None,
                tags: Vec::new(),
                source: None,
                article: None,
                weight: 1.0,
                stratum: None,
            })
            .collect()
    }

    /// Those statements with these predictions.
    pub(crate) fn cases<'a>(statements: &'a [LabelledStatement], predicted: &[Stance]) -> Vec<Case<'a>> {
        statements
            .iter()
            .zip(predicted)
            .map(|(statement, &stance)| Case {
                statement,
                guess: stance.into(),
                fixture: 0,
            })
            .collect()
    }

    #[test]
    fn an_evaluation_of_nothing_says_nothing() {
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let evaluation = Evaluation::of(&[], &bootstrap, &EvaluationOptions::default());
        assert_eq!(evaluation.statements, 0);
        assert_eq!(
            evaluation.headline.figure(Figure::Accuracy).unwrap().interval,
            None
        );
        assert!(evaluation.groupings.is_empty() && evaluation.errors.is_empty());
        assert!(evaluation.risk_coverage.is_none() && evaluation.thresholds.is_empty());
    }

    #[test]
    fn articles_are_told_apart_by_their_fixture() {
        let mut statements = statements(&[Stance::None; 4]);
        for statement in &mut statements {
            statement.article = Some("01".to_owned());
        }
        let mut cases = cases(&statements, &[Stance::None; 4]);
        cases[3].fixture = 1;
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let evaluation = Evaluation::of(&cases, &bootstrap, &EvaluationOptions::default());
        assert_eq!(evaluation.articles, Some(2));
    }
}
