//! The confusion matrix and the scores computed from it.

use serde::Serialize;

use super::Outcome;
use crate::stance::Stance;

/// How often each gold stance was predicted as each stance, each statement counted by its weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfusionMatrix {
    /// Indexed by gold stance, then by predicted stance, in the order of [`Stance::ALL`].
    weights: [[f64; Stance::COUNT]; Stance::COUNT],
}

/// Precision, recall and F1 of one stance, each from 0 to 1.
///
/// A ratio without cases (nothing predicted, nothing in the gold) is 0, as in scikit-learn's
/// `zero_division=0`: the means over stances need a number. [`ClassScores::defined`] tells it from a
/// score of 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassScores {
    /// Of the statements predicted as this stance, the share that are.
    pub precision: f64,
    /// Of the statements that have this stance, the share found.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The weight of the statements that have this stance in the gold: their number where all weigh 1.
    pub support: f64,
    /// The weight of the statements that were predicted as this stance.
    pub predicted: f64,
}

impl ClassScores {
    /// Precision, recall and F1, not a number where there is no case to judge by.
    pub fn defined(&self) -> [f64; 3] {
        let defined = |score: f64, cases: f64| if cases > 0.0 { score } else { f64::NAN };
        [
            defined(self.precision, self.predicted),
            defined(self.recall, self.support),
            defined(self.f1, self.predicted + self.support),
        ]
    }
}

impl ConfusionMatrix {
    /// Counts pairs of gold and predicted stances, each as 1.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (Stance, Stance)>) -> Self {
        let mut matrix = Self::default();
        for (gold, predicted) in pairs {
            matrix.add(gold, predicted, 1.0);
        }
        matrix
    }

    /// Counts outcomes, each by its weight.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut matrix = Self::default();
        for outcome in outcomes {
            matrix.add(outcome.gold, outcome.guess.stance, outcome.weight);
        }
        matrix
    }

    /// Counts one more statement.
    pub(super) fn add(&mut self, gold: Stance, predicted: Stance, weight: f64) {
        self.weights[gold.index()][predicted.index()] += weight;
    }

    /// The weight of the statements of stance `gold` that were predicted as `predicted`.
    pub fn weight(&self, gold: Stance, predicted: Stance) -> f64 {
        self.weights[gold.index()][predicted.index()]
    }

    /// The weight of all statements.
    pub fn total(&self) -> f64 {
        self.weights.iter().flatten().sum()
    }

    /// The share of statements predicted rightly; 0 of an empty matrix.
    pub fn accuracy(&self) -> f64 {
        ratio(self.right(), self.total())
    }

    /// The mean of recall over the stances that occur in the gold: scikit-learn's
    /// `balanced_accuracy_score`. 0 of an empty matrix.
    pub fn balanced_accuracy(&self) -> f64 {
        mean(
            Stance::ALL
                .into_iter()
                .filter(|&stance| self.gold(stance) > 0.0)
                .map(|stance| self.scores(stance).recall),
        )
    }

    /// Precision, recall and F1 of one stance.
    pub fn scores(&self, stance: Stance) -> ClassScores {
        let right = self.weight(stance, stance);
        let (predicted, support) = (self.predicted(stance), self.gold(stance));
        ClassScores {
            precision: ratio(right, predicted),
            recall: ratio(right, support),
            // 2PR/(P+R), written over the counts.
            f1: ratio(2.0 * right, predicted + support),
            support,
            predicted,
        }
    }

    /// The unweighted mean of F1 over the stances that occur in the gold or the predictions:
    /// scikit-learn's `f1_score(average="macro")`. 0 of an empty matrix.
    pub fn macro_f1(&self) -> f64 {
        mean(
            Stance::ALL
                .into_iter()
                .filter(|&stance| self.gold(stance) + self.predicted(stance) > 0.0)
                .map(|stance| self.scores(stance).f1),
        )
    }

    /// The mean of F1 over the stances, each counted by its share of the gold: scikit-learn's
    /// `f1_score(average="weighted")`. 0 of an empty matrix.
    pub fn weighted_f1(&self) -> f64 {
        let sum: f64 = Stance::ALL
            .into_iter()
            .map(|stance| self.gold(stance) * self.scores(stance).f1)
            .sum();
        ratio(sum, self.total())
    }

    /// Matthews' correlation coefficient for several classes, from -1 to 1: the covariance of gold
    /// and prediction over the root of the product of their variances (Gorodkin 2004). 0 where
    /// either has one stance alone, as in scikit-learn: see [`ConfusionMatrix::shows_correlation`].
    pub fn mcc(&self) -> f64 {
        if !self.shows_correlation() {
            return 0.0;
        }
        let total = self.total();
        let sum = |term: &dyn Fn(Stance) -> f64| Stance::ALL.into_iter().map(term).sum::<f64>();
        let covariance = self.right() * total - sum(&|stance| self.gold(stance) * self.predicted(stance));
        let gold = total * total - sum(&|stance| self.gold(stance).powi(2));
        let predicted = total * total - sum(&|stance| self.predicted(stance).powi(2));
        covariance / (gold * predicted).sqrt()
    }

    /// True where gold and predictions both have more than one stance.
    pub fn shows_correlation(&self) -> bool {
        let occur = |weight: &dyn Fn(Stance) -> f64| {
            let stances = Stance::ALL.into_iter();
            stances.filter(|&stance| weight(stance) > 0.0).count()
        };
        occur(&|stance| self.gold(stance)) > 1 && occur(&|stance| self.predicted(stance)) > 1
    }

    /// The share of statements on which pro and anti were taken for each other: the costly error.
    pub fn opposite_confusions(&self) -> f64 {
        let confused = self.weight(Stance::ProIntervention, Stance::AntiIntervention)
            + self.weight(Stance::AntiIntervention, Stance::ProIntervention);
        ratio(confused, self.total())
    }

    fn right(&self) -> f64 {
        Stance::ALL
            .iter()
            .map(|&stance| self.weight(stance, stance))
            .sum()
    }

    fn gold(&self, stance: Stance) -> f64 {
        self.weights[stance.index()].iter().sum()
    }

    fn predicted(&self, stance: Stance) -> f64 {
        self.weights.iter().map(|row| row[stance.index()]).sum()
    }
}

/// `part / whole`, and 0 where there is no whole.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 {
        0.0
    } else {
        part / whole
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    sum / f64::from(count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use Stance::{AntiIntervention as Anti, Cooperative as Coop, None as Neutral, ProIntervention as Pro};

    /// Worked by hand.
    #[test]
    fn scores_of_a_small_case() {
        let matrix = ConfusionMatrix::from_pairs([
            (Pro, Pro),
            (Pro, Pro),
            (Pro, Anti),
            (Anti, Anti),
            (Anti, Pro),
            (Coop, Coop),
            (Coop, Neutral),
            (Neutral, Neutral),
        ]);
        assert_eq!(matrix.total(), 8.0);
        assert_eq!(matrix.accuracy(), 5.0 / 8.0);
        let pro = matrix.scores(Pro);
        assert!((pro.precision - 2.0 / 3.0).abs() < 1e-12);
        assert!((pro.recall - 2.0 / 3.0).abs() < 1e-12);
        assert!((pro.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(pro.support, 3.0);
        assert!((matrix.macro_f1() - (2.0 / 3.0 + 0.5 + 2.0 / 3.0 + 2.0 / 3.0) / 4.0).abs() < 1e-12);
        assert_eq!(matrix.opposite_confusions(), 2.0 / 8.0);
    }

    #[test]
    fn an_empty_matrix_scores_zero_and_a_perfect_one_scores_one() {
        let scores = |matrix: &ConfusionMatrix| {
            [
                matrix.accuracy(),
                matrix.balanced_accuracy(),
                matrix.macro_f1(),
                matrix.weighted_f1(),
                matrix.mcc(),
            ]
        };
        assert_eq!(scores(&ConfusionMatrix::default()), [0.0; 5]);
        let perfect = ConfusionMatrix::from_pairs([(Pro, Pro), (Neutral, Neutral)]);
        assert_eq!(scores(&perfect), [1.0; 5]);
        let worst = ConfusionMatrix::from_pairs([(Pro, Anti), (Anti, Pro)]);
        assert_eq!(scores(&worst), [0.0, 0.0, 0.0, 0.0, -1.0]);
        assert_eq!(worst.opposite_confusions(), 1.0);
    }

    /// What does not depend on which stance is which.
    fn symmetric_scores(matrix: &ConfusionMatrix) -> [f64; 5] {
        [
            matrix.accuracy(),
            matrix.balanced_accuracy(),
            matrix.macro_f1(),
            matrix.weighted_f1(),
            matrix.mcc(),
        ]
    }

    fn pairs() -> impl Strategy<Value = Vec<(usize, usize, f64)>> {
        proptest::collection::vec((0..4usize, 0..4usize, 0.1..5.0f64), 0..60)
    }

    fn matrix_of(
        pairs: &[(usize, usize, f64)],
        scale: f64,
        name: impl Fn(usize) -> Stance,
    ) -> ConfusionMatrix {
        let mut matrix = ConfusionMatrix::default();
        for &(gold, predicted, weight) in pairs {
            matrix.add(name(gold), name(predicted), scale * weight);
        }
        matrix
    }

    proptest! {
        #[test]
        fn renaming_the_stances_or_scaling_the_weights_changes_nothing(
            pairs in pairs(),
            order in Just([0, 1, 2, 3usize]).prop_shuffle(),
            scale in 0.1..10.0f64,
        ) {
            let expected = symmetric_scores(&matrix_of(&pairs, 1.0, |index| Stance::ALL[index]));
            let renamed = symmetric_scores(&matrix_of(&pairs, 1.0, |index| Stance::ALL[order[index]]));
            let scaled = symmetric_scores(&matrix_of(&pairs, scale, |index| Stance::ALL[index]));
            for ((expected, renamed), scaled) in expected.into_iter().zip(renamed).zip(scaled) {
                prop_assert!((expected - renamed).abs() < 1e-9);
                prop_assert!((expected - scaled).abs() < 1e-9);
            }
        }

        #[test]
        fn a_weight_of_two_is_a_statement_twice(pairs in pairs()) {
            let twice: Vec<_> = pairs.iter().flat_map(|&pair| [pair, pair]).collect();
            let doubled = matrix_of(&pairs, 2.0, |index| Stance::ALL[index]);
            let repeated = matrix_of(&twice, 1.0, |index| Stance::ALL[index]);
            for (doubled, repeated) in symmetric_scores(&doubled).into_iter().zip(symmetric_scores(&repeated)) {
                prop_assert!((doubled - repeated).abs() < 1e-9);
            }
        }

        #[test]
        fn scores_stay_in_their_range(pairs in pairs()) {
            let matrix = matrix_of(&pairs, 1.0, |index| Stance::ALL[index]);
            for score in &symmetric_scores(&matrix)[..4] {
                prop_assert!((0.0..=1.0 + 1e-12).contains(score), "{score}");
            }
            prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&matrix.mcc()));
        }
    }
}
