//! Figures with the intervals that say how far they can be trusted.

use super::intervals::{Bootstrap, Clusters};
use super::scores::Graded;
use super::{Figure, Interval, Outcome, Scores};
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
    /// See [`ClassScores::support`](super::ClassScores::support).
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
        let graded = Graded::new(outcomes);
        let whole = graded.scores();
        let numbers = |scores: &Scores| -> Vec<f64> {
            let headline = figures
                .iter()
                .map(|&figure| scores.figure_of_draw(&whole, figure));
            let classes = Stance::ALL
                .into_iter()
                .flat_map(|stance| scores.matrix.scores(stance).defined());
            headline.chain(classes).collect()
        };
        let intervals = bootstrap.intervals(clusters, |times| numbers(&graded.scores_of_draw(times)));
        let values = numbers(&whole);
        let of_figure = |(index, &figure): (usize, &Figure)| {
            let estimate = figure_estimate(figure, values[index], intervals[index], outcomes, clusters);
            (figure, estimate)
        };
        let of_class = |stance: Stance| {
            let scores = whole.matrix.scores(stance);
            let first = figures.len() + 3 * stance.index();
            let share = |index: usize, is_case: fn(&Outcome, Stance) -> bool| Estimate {
                value: values[index],
                interval: intervals[index].or_else(|| {
                    let is_case = |outcome: &Outcome| is_case(outcome, stance);
                    wilson_of(values[index], outcomes, clusters, is_case)
                }),
            };
            ClassEstimates {
                precision: share(first, |outcome, stance| outcome.guess.stance == stance),
                recall: share(first + 1, |outcome, stance| outcome.gold == stance),
                f1: Estimate {
                    value: values[first + 2],
                    interval: intervals[first + 2],
                },
                support: scores.support,
            }
        };
        Self {
            figures: figures.iter().enumerate().map(of_figure).collect(),
            classes: Stance::ALL.map(of_class),
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

/// A figure with the interval that suits it.
fn figure_estimate(
    figure: Figure,
    value: f64,
    interval: Option<Interval>,
    outcomes: &[Outcome],
    clusters: &Clusters,
) -> Estimate {
    let interval = match (figure, interval) {
        // A resample is further from calibration than what it is drawn from, by about as much as that is
        // further than the truth: the interval is turned round its value (Davison and Hinkley 1997, ch. 5).
        (Figure::CalibrationError, Some(interval)) => Some(Interval {
            low: (2.0 * value - interval.high).max(0.0),
            high: (2.0 * value - interval.low).max(value),
        }),
        // Too few to resample, or all alike; a share has Wilson's interval still.
        (Figure::Accuracy | Figure::OppositeConfusions, None) => {
            wilson_of(value, outcomes, clusters, |_| true)
        }
        (_, interval) => interval,
    };
    Estimate { value, interval }
}

/// Wilson's interval of a share of the cases among outcomes: of as many trials as their clusters are worth.
/// `None` where there is no case.
fn wilson_of(
    share: f64,
    outcomes: &[Outcome],
    clusters: &Clusters,
    is_case: impl Fn(&Outcome) -> bool,
) -> Option<Interval> {
    let weights = clusters.weights(|index| {
        let outcome = &outcomes[index];
        if is_case(outcome) {
            outcome.weight
        } else {
            0.0
        }
    });
    (weights.sum > 0.0).then(|| Interval::wilson_weighted(share, weights))
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
        let graded = Graded::new(outcomes);
        let whole = graded.scores();
        let numbers = |scores: &Scores| FIGURES.map(|figure| scores.figure_of_draw(&whole, figure));
        let intervals =
            bootstrap.intervals(clusters, |times| numbers(&graded.scores_of_draw(times)).to_vec());
        let values = numbers(&whole);
        let estimate = |index: usize| {
            figure_estimate(
                FIGURES[index],
                values[index],
                intervals[index],
                outcomes,
                clusters,
            )
        };
        Self {
            accuracy: estimate(0),
            macro_f1: estimate(1),
            opposite_confusions: estimate(2),
        }
    }
}
