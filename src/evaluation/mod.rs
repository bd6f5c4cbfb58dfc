//! How good predictions are: labelled fixtures, and what predictions are worth on them.
//!
//! [`Fixture`]s and [`Predictions`] (or a classifier's) join into [`Outcome`]s, and everything else
//! is computed from those: [`Evaluation`] of one set of predictions, [`Comparison`] of two,
//! [`Agreement`] of coders. `docs/evaluation.md` says how to read the figures.

use std::collections::HashMap;

mod agreement;
mod annotated;
mod articles;
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
mod sample_record;
mod scores;
mod selection;

#[cfg(test)]
mod reference;

pub use agreement::{Agreement, LabelAgreement, PairKappa};
pub use annotated::{annotations_in, AnnotatedArticle, AnnotatedError, AnnotatedSentence};
pub use articles::{ArticleEvaluation, ArticleFigure, FoundSentence, ReadArticle, ReadSentence};
pub use baselines::keyword_stance;
pub use calibration::{Calibration, ReliabilityRow, BINS, SMALLEST_PROBABILITY};
pub use coders::{join, CoderError, CoderFile, ItemRatings, LabelField};
pub use comparison::{Comparison, Flip, McNemar, PairedFigure};
pub use confusion::{ClassScores, ConfusionMatrix};
pub use fixture::{Fixture, FixtureError, LabelledStatement};
pub use groups::{Group, Grouping};
pub use headline::{Brief, ClassEstimates, Estimate, Headline};
pub use intervals::{Bootstrap, Clusters, Interval};
pub use outcome::{Guess, Outcome};
pub use predictions::{Joined, Predictions, PredictionsError};
pub use sample_record::{RecordError, SampleRecord, Stratum, RECORD_FIELD};
pub use scores::{Figure, Scores};
pub use selection::{FoundThreshold, RiskCoverage, SelectionPoint, Threshold};

pub(crate) use intervals::Z;
pub(crate) use predictions::{guess_of, probabilities_of};

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
    /// How many articles they stand in, where there are enough to resample: intervals are then by article.
    pub articles: Option<usize>,
    /// True where they stand in articles that are too few to resample.
    pub few_articles: bool,
    /// How many predictions lack probabilities.
    pub without_probabilities: usize,
    /// True where statements weigh differently.
    pub weighted: bool,
    pub scores: Scores,
    pub headline: Headline,
    pub groupings: Vec<Grouping>,
    pub baselines: Vec<Baseline>,
    /// The calibration error that chance alone would give; `None` where predictions lack probabilities, as
    /// for what follows.
    pub chance_calibration_error: Option<f64>,
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
        let outcomes = scaled_outcomes(cases);
        let statements: Vec<&LabelledStatement> = cases.iter().map(|case| case.statement).collect();
        let cluster_of: Vec<Option<(usize, &str)>> = cases.iter().map(Case::article).collect();
        let clusters = Clusters::of_articles(cluster_of.iter().copied());
        let without_probabilities = cases
            .iter()
            .filter(|case| case.guess.probabilities.is_none())
            .count();
        let has_probabilities = without_probabilities == 0 && !cases.is_empty();
        let thresholds = std::iter::once(None).chain(Stance::ALL.map(Some));
        Self {
            statements: cases.len(),
            articles: clusters.are_grouped().then(|| clusters.len()),
            few_articles: clusters.ignore_articles,
            without_probabilities,
            weighted: are_weighted(&outcomes),
            scores: Scores::of(&outcomes),
            headline: Headline::of(&outcomes, &clusters, bootstrap),
            groupings: groups::groupings(&statements, &outcomes, &cluster_of, bootstrap),
            baselines: baselines(cases, &outcomes, &clusters, bootstrap),
            chance_calibration_error: has_probabilities
                .then(|| Calibration::expected_by_chance(&outcomes, CHANCE_DRAWS, bootstrap.seed())),
            risk_coverage: RiskCoverage::of(&outcomes),
            target_precision: options.target_precision,
            thresholds: thresholds
                .filter(|_| has_probabilities)
                .filter_map(|stance| Threshold::for_precision(&outcomes, stance, options.target_precision))
                .collect(),
            errors: confident_errors(cases, options.errors),
        }
    }
}

/// How often the calibration error of chance is drawn.
const CHANCE_DRAWS: u32 = 200;

/// The outcomes of cases, with weights that add up to statements: their mean is 1 in each fixture, so
/// that no fixture outweighs another by the size of what it was drawn from.
fn scaled_outcomes(cases: &[Case<'_>]) -> Vec<Outcome> {
    let mut sums: HashMap<usize, (f64, f64)> = HashMap::new();
    for case in cases {
        let (sum, count) = sums.entry(case.fixture).or_default();
        *sum += case.statement.weight;
        *count += 1.0;
    }
    let scaled = |case: &Case<'_>| {
        let (sum, count) = sums[&case.fixture];
        let weight = case.statement.weight * count / sum;
        Outcome {
            // Equal weights are 1 exactly, so that counts stay whole.
            weight: if (weight - 1.0).abs() < 1e-9 { 1.0 } else { weight },
            ..case.outcome()
        }
    };
    cases.iter().map(scaled).collect()
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
                number: index as u64 + 1,
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
        let mut statements = statements(&[Stance::None; 40]);
        for (index, statement) in statements.iter_mut().enumerate() {
            statement.article = Some((index % 7).to_string());
        }
        let mut cases = cases(&statements, &[Stance::None; 40]);
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let evaluation =
            |cases: &[Case<'_>]| Evaluation::of(cases, &bootstrap, &EvaluationOptions::default());
        let few = evaluation(&cases);
        assert_eq!((few.articles, few.few_articles), (None, true));
        for case in &mut cases[20..] {
            case.fixture = 1;
        }
        let enough = evaluation(&cases);
        assert_eq!((enough.articles, enough.few_articles), (Some(14), false));
    }

    #[test]
    fn no_fixture_outweighs_another_by_what_it_was_drawn_from() {
        let mut statements = statements(&[Stance::None; 30]);
        for statement in &mut statements[..10] {
            statement.weight = 100.0;
        }
        let mut predicted = [Stance::None; 30];
        predicted[10..].fill(Stance::Cooperative);
        let mut cases = cases(&statements, &predicted);
        for case in &mut cases[10..] {
            case.fixture = 1;
        }
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let evaluation = Evaluation::of(&cases, &bootstrap, &EvaluationOptions::default());
        assert!((evaluation.scores.matrix.accuracy() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_was_never_seen_has_no_score_and_what_is_perfect_has_an_interval() {
        let statements = statements(&[Stance::None; 30]);
        let cases = cases(&statements, &[Stance::None; 30]);
        let bootstrap = Bootstrap::new(200, 0).unwrap();
        let headline = Evaluation::of(&cases, &bootstrap, &EvaluationOptions::default()).headline;
        assert!(headline.classes[0].recall.value.is_nan());
        assert!(headline.figure(Figure::Mcc).unwrap().value.is_nan());
        let accuracy = headline.figure(Figure::Accuracy).unwrap();
        let interval = accuracy.interval.unwrap();
        assert!(accuracy.value == 1.0 && 0.85 < interval.low && interval.low < 0.9);
    }
}
