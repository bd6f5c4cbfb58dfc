//! Figures with the intervals that say how far they can be trusted.

use super::intervals::{Bootstrap, Clusters};
use super::{ClassScores, Figure, Interval, Outcome, Scores};
use crate::stance::Stance;

/// A number and its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    /// `None` where too little was seen to tell.
    pub interval: Option<Interval>,
}

/// The scores of one stance with their intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassEstimates {
    pub precision: Estimate,
    pub recall: Estimate,
    pub f1: Estimate,
    /// See [`ClassScores::support`].
    pub support: f64,
}

/// The headline figures and the scores of each stance, all from the same resamples.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// Those of [`Figure::ALL`] that the outcomes allow.
    pub figures: Vec<(Figure, Estimate)>,
    /// In the order of [`Stance::ALL`].
    pub classes: [ClassEstimates; Stance::COUNT],
}

impl Headline {
    /// The figures of outcomes, resampled by cluster.
    pub fn of(outcomes: &[Outcome], clusters: &Clusters, bootstrap: &Bootstrap) -> Self {
        let has_probabilities = outcomes
            .iter()
            .all(|outcome| outcome.guess.probabilities.is_some());
        let figures: Vec<Figure> = Figure::ALL
            .into_iter()
            .filter(|&figure| has_probabilities || figure < Figure::CalibrationError)
            .collect();
        let numbers = |scores: &Scores| -> Vec<f64> {
            let headline = figures
                .iter()
                .map(|&figure| scores.figure(figure).unwrap_or(f64::NAN));
            let classes = Stance::ALL.into_iter().flat_map(|stance| {
                let ClassScores {
                    precision,
                    recall,
                    f1,
                    ..
                } = scores.matrix.scores(stance);
                [precision, recall, f1]
            });
            headline.chain(classes).collect()
        };
        let scores = Scores::of(outcomes);
        let intervals = bootstrap.intervals(clusters, |times| numbers(&Scores::of_draw(outcomes, times)));
        let estimates: Vec<Estimate> = numbers(&scores)
            .into_iter()
            .zip(intervals)
            .map(|(value, interval)| Estimate { value, interval })
            .collect();
        let (headline, classes) = estimates.split_at(figures.len());
        Self {
            classes: Stance::ALL.map(|stance| {
                let first = 3 * stance.index();
                ClassEstimates {
                    precision: classes[first],
                    recall: classes[first + 1],
                    f1: classes[first + 2],
                    support: scores.matrix.scores(stance).support,
                }
            }),
            figures: figures.into_iter().zip(headline.iter().copied()).collect(),
        }
    }

    /// One figure; `None` where the outcomes do not allow it.
    pub fn figure(&self, figure: Figure) -> Option<Estimate> {
        self.figures
            .iter()
            .find(|(found, _)| *found == figure)
            .map(|(_, estimate)| *estimate)
    }
}

/// The three figures that tell one set of predictions from another at a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brief {
    pub accuracy: Estimate,
    pub macro_f1: Estimate,
    pub opposite_confusions: Estimate,
}

impl Brief {
    /// The brief of outcomes, resampled by cluster.
    pub(super) fn of(outcomes: &[Outcome], clusters: &Clusters, bootstrap: &Bootstrap) -> Self {
        const FIGURES: [Figure; 3] = [Figure::Accuracy, Figure::MacroF1, Figure::OppositeConfusions];
        let numbers = |scores: Scores| FIGURES.map(|figure| scores.figure(figure).unwrap_or(f64::NAN));
        let intervals = bootstrap.intervals(clusters, |times| {
            numbers(Scores::of_draw(outcomes, times)).to_vec()
        });
        let values = numbers(Scores::of(outcomes));
        let estimate = |index: usize| Estimate {
            value: values[index],
            interval: intervals[index],
        };
        Self {
            accuracy: estimate(0),
            macro_f1: estimate(1),
            opposite_confusions: estimate(2),
        }
    }
}
