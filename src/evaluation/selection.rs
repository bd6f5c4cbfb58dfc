//! Keeping only the predictions that the model is surest of: what is gained, and what it costs.

use serde::Serialize;

use super::confusion::ratio;
use super::intervals::Weights;
use super::{Interval, Outcome};
use crate::stance::Stance;

/// The predictions at least as sure as a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SelectionPoint {
    /// The least confidence that is kept.
    pub threshold: f64,
    /// The share of statements that are kept.
    pub coverage: f64,
    /// The share of those that are wrong.
    pub risk: f64,
}

/// Risk against coverage, from the surest prediction alone to all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// One point for each confidence that occurs, highest first.
    pub points: Vec<SelectionPoint>,
    /// The area under the curve: the mean over statements of the risk at their own confidence
    /// (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017). Less is better.
    pub area: f64,
}

/// The least confidence at which predictions are as precise as was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// Of predictions of this stance; `None`: of all predictions.
    pub stance: Option<Stance>,
    /// `None` where no threshold is precise enough.
    pub found: Option<FoundThreshold>,
}

/// A threshold, and what is kept with it on the statements that it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FoundThreshold {
    pub threshold: f64,
    /// The share of the kept predictions that are right.
    pub precision: f64,
    /// Wilson's interval of `precision`: the threshold was chosen to look good, so read its low end.
    pub interval: Interval,
    /// The share kept: of these predictions.
    pub coverage: f64,
    /// How many statements are kept.
    pub kept: usize,
}

impl RiskCoverage {
    /// The curve of outcomes; `None` where there are none, or any lacks a probability.
    pub fn of(outcomes: &[Outcome]) -> Option<Self> {
        let groups = by_confidence(outcomes.iter())?;
        let total = total_weight(&groups);
        let (mut kept, mut wrong, mut area) = (0.0, 0.0, 0.0);
        let points = groups
            .iter()
            .map(|group| {
                kept += group.weights.sum;
                wrong += group.weights.sum - group.right;
                area += group.weights.sum * wrong / kept;
                SelectionPoint {
                    threshold: group.confidence,
                    coverage: kept / total,
                    risk: wrong / kept,
                }
            })
            .collect();
        Some(Self {
            points,
            area: area / total,
        })
    }
}

impl Threshold {
    /// The least threshold at which the predictions of `stance` (of all stances for `None`) that are
    /// kept are right in at least a share `precision`. No probabilities: nothing to choose by.
    pub fn for_precision(outcomes: &[Outcome], stance: Option<Stance>, precision: f64) -> Option<Self> {
        let chosen = outcomes
            .iter()
            .filter(|outcome| stance.is_none_or(|stance| outcome.guess.stance == stance));
        let groups = by_confidence(chosen.clone())?;
        let total = total_weight(&groups);
        let (mut kept, mut right, mut statements) = (Weights::default(), 0.0, 0);
        let mut found = None;
        for group in &groups {
            kept.merge(group.weights);
            right += group.right;
            statements += group.statements;
            let reached = ratio(right, kept.sum);
            if reached >= precision {
                found = Some(FoundThreshold {
                    threshold: group.confidence,
                    precision: reached,
                    interval: Interval::wilson_weighted(reached, kept),
                    coverage: kept.sum / total,
                    kept: statements,
                });
            }
        }
        Some(Self { stance, found })
    }
}

/// Predictions of the same confidence: no threshold parts them.
struct Tied {
    confidence: f64,
    weights: Weights,
    right: f64,
    statements: usize,
}

fn total_weight(groups: &[Tied]) -> f64 {
    groups.iter().map(|group| group.weights.sum).sum()
}

/// Predictions grouped by confidence, surest first; `None` where any has none, or there are none.
fn by_confidence<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Option<Vec<Tied>> {
    let mut sorted: Vec<(f64, &Outcome)> = outcomes
        .map(|outcome| Some((outcome.guess.confidence()?, outcome)))
        .collect::<Option<_>>()?;
    sorted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut groups: Vec<Tied> = Vec::new();
    for (confidence, outcome) in sorted {
        if groups.last().is_none_or(|last| last.confidence != confidence) {
            groups.push(Tied {
                confidence,
                weights: Weights::default(),
                right: 0.0,
                statements: 0,
            });
        }
        if let Some(group) = groups.last_mut() {
            group.weights.add(outcome.weight);
            group.right += outcome.weight * f64::from(u8::from(outcome.is_right()));
            group.statements += 1;
        }
    }
    (!groups.is_empty()).then_some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Guess;
    use crate::stance::Probabilities;

    /// Predictions of `none` with a confidence, right or wrong.
    fn outcome(confidence: f32, right: bool) -> Outcome {
        let rest = (1.0 - confidence) / 3.0;
        Outcome {
            gold: if right { Stance::None } else { Stance::Cooperative },
            guess: Guess {
                stance: Stance::None,
                probabilities: Probabilities::new([rest, rest, rest, confidence]).ok(),
            },
            weight: 1.0,
        }
    }

    #[test]
    fn a_threshold_is_the_least_that_is_precise_enough() {
        let outcomes = [
            outcome(0.9, true),
            outcome(0.8, false),
            outcome(0.7, true),
            outcome(0.7, true),
            outcome(0.6, false),
        ];
        let found = |precision| {
            let threshold = Threshold::for_precision(&outcomes, None, precision).unwrap();
            threshold.found.map(|found| (found.threshold as f32, found.kept))
        };
        assert_eq!(found(1.0), Some((0.9, 1)));
        assert_eq!(found(0.75), Some((0.7, 4)));
        assert_eq!(found(0.6), Some((0.6, 5)));
        let none = Threshold::for_precision(&[outcome(0.9, false)], None, 0.5).unwrap();
        assert_eq!(none.found, None);
    }

    #[test]
    fn a_stance_never_predicted_has_no_threshold() {
        let outcomes = [outcome(0.9, true)];
        assert!(Threshold::for_precision(&outcomes, Some(Stance::None), 0.9).is_some());
        assert!(Threshold::for_precision(&outcomes, Some(Stance::Cooperative), 0.9).is_none());
    }

    #[test]
    fn without_probabilities_there_is_no_curve() {
        let mut bare = outcome(0.9, true);
        bare.guess.probabilities = None;
        assert!(RiskCoverage::of(&[outcome(0.8, true), bare]).is_none());
        assert!(RiskCoverage::of(&[]).is_none());
    }
}
