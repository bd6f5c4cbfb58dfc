//! The headline figures of a set of outcomes.

use super::calibration::{Calibration, Marks};
use super::{ConfusionMatrix, Outcome};
use crate::stance::Stance;

/// One number that says how good predictions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    Accuracy,
    BalancedAccuracy,
    MacroF1,
    WeightedF1,
    Mcc,
    OppositeConfusions,
    CalibrationError,
    Brier,
    LogLoss,
}

impl Figure {
    /// Every figure, in the order of reports; those from [`Figure::CalibrationError`] on need
    /// probabilities.
    pub const ALL: [Figure; 9] = [
        Figure::Accuracy,
        Figure::BalancedAccuracy,
        Figure::MacroF1,
        Figure::WeightedF1,
        Figure::Mcc,
        Figure::OppositeConfusions,
        Figure::CalibrationError,
        Figure::Brier,
        Figure::LogLoss,
    ];

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Figure::Accuracy => "accuracy",
            Figure::BalancedAccuracy => "balanced_accuracy",
            Figure::MacroF1 => "macro_f1",
            Figure::WeightedF1 => "weighted_f1",
            Figure::Mcc => "mcc",
            Figure::OppositeConfusions => "pro_anti_confusions",
            Figure::CalibrationError => "calibration_error",
            Figure::Brier => "brier_score",
            Figure::LogLoss => "log_loss",
        }
    }

    /// Its name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Figure::Accuracy => "accuracy",
            Figure::BalancedAccuracy => "balanced accuracy",
            Figure::MacroF1 => "macro-F1",
            Figure::WeightedF1 => "weighted F1",
            Figure::Mcc => "Matthews correlation",
            Figure::OppositeConfusions => "pro and anti confused",
            Figure::CalibrationError => "calibration error (ECE)",
            Figure::Brier => "Brier score (0 to 2)",
            Figure::LogLoss => "log loss (nats)",
        }
    }

    /// True where less is better.
    pub const fn is_error(self) -> bool {
        matches!(
            self,
            Figure::OppositeConfusions | Figure::CalibrationError | Figure::Brier | Figure::LogLoss
        )
    }
}

/// What figures are computed from: the outcomes, added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    pub matrix: ConfusionMatrix,
    /// `None` where any outcome lacks probabilities.
    pub calibration: Option<Calibration>,
}

impl Scores {
    /// The scores of outcomes, each counted by its weight.
    pub fn of(outcomes: &[Outcome]) -> Self {
        Graded::new(outcomes).scores()
    }

    /// One figure of a resample of `whole`. The means over stances are not a number where the resample has
    /// no statement of a stance that `whole` has: they would be means over fewer.
    pub(super) fn figure_of_draw(&self, whole: &Scores, figure: Figure) -> f64 {
        let support = |scores: &Scores, stance| scores.matrix.scores(stance).support;
        let lacks = |stance| support(self, stance) == 0.0 && support(whole, stance) > 0.0;
        match figure {
            Figure::MacroF1 | Figure::BalancedAccuracy if Stance::ALL.into_iter().any(lacks) => f64::NAN,
            _ => self.figure(figure).unwrap_or(f64::NAN),
        }
    }

    /// One figure; `None` where it needs probabilities and there are none, not a number where there is
    /// nothing to judge by.
    pub fn figure(&self, figure: Figure) -> Option<f64> {
        let matrix = &self.matrix;
        let calibration = self.calibration.as_ref();
        match figure {
            Figure::Accuracy => Some(matrix.accuracy()),
            Figure::BalancedAccuracy => Some(matrix.balanced_accuracy()),
            Figure::MacroF1 => Some(matrix.macro_f1()),
            Figure::WeightedF1 => Some(matrix.weighted_f1()),
            Figure::Mcc if !matrix.shows_correlation() => Some(f64::NAN),
            Figure::Mcc => Some(matrix.mcc()),
            Figure::OppositeConfusions => Some(matrix.opposite_confusions()),
            Figure::CalibrationError => calibration.map(Calibration::expected_error),
            Figure::Brier => calibration.map(Calibration::brier),
            Figure::LogLoss => calibration.map(Calibration::log_loss),
        }
    }
}

/// Outcomes made ready to be added up again and again.
pub(super) struct Graded<'a> {
    outcomes: &'a [Outcome],
    /// `None` where any outcome lacks probabilities.
    marks: Option<Vec<Marks>>,
}

impl<'a> Graded<'a> {
    pub(super) fn new(outcomes: &'a [Outcome]) -> Self {
        Self {
            outcomes,
            marks: outcomes.iter().map(Marks::of).collect(),
        }
    }

    /// The scores of all, each counted by its weight.
    pub(super) fn scores(&self) -> Scores {
        self.sum(|_| 1)
    }

    /// The scores of a resample: each counted by its weight as often as it was drawn.
    pub(super) fn scores_of_draw(&self, times: &[u32]) -> Scores {
        self.sum(|index| times[index])
    }

    fn sum(&self, times: impl Fn(usize) -> u32) -> Scores {
        let mut matrix = ConfusionMatrix::default();
        let mut calibration = self.marks.as_ref().map(|_| Calibration::default());
        for (index, outcome) in self.outcomes.iter().enumerate() {
            let times = times(index);
            if times == 0 {
                continue;
            }
            let weight = f64::from(times) * outcome.weight;
            matrix.add(outcome.gold, outcome.guess.stance, weight);
            if let (Some(calibration), Some(marks)) = (&mut calibration, &self.marks) {
                calibration.add(&marks[index], weight);
            }
        }
        Scores { matrix, calibration }
    }
}
