//! The confusion matrix and the scores computed from it.

use serde::Serialize;

use crate::stance::Stance;

/// How often each gold stance was predicted as each stance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Indexed by gold stance, then by predicted stance, in the order of [`Stance::ALL`].
    counts: [[usize; Stance::COUNT]; Stance::COUNT],
}

/// Precision, recall and F1 of one stance, each from 0 to 1.
///
/// A ratio without cases (nothing predicted, nothing in the gold) is 0, as in scikit-learn's
/// `zero_division=0`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassScores {
    /// Of the statements predicted as this stance, the share that are.
    pub precision: f64,
    /// Of the statements that have this stance, the share found.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// How many statements have this stance in the gold.
    pub support: usize,
}

impl ConfusionMatrix {
    /// Counts pairs of gold and predicted stances.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (Stance, Stance)>) -> Self {
        let mut matrix = Self::default();
        for (gold, predicted) in pairs {
            matrix.counts[gold.index()][predicted.index()] += 1;
        }
        matrix
    }

    /// How many statements of stance `gold` were predicted as `predicted`.
    pub fn count(&self, gold: Stance, predicted: Stance) -> usize {
        self.counts[gold.index()][predicted.index()]
    }

    /// How many statements were counted.
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// The share of statements predicted rightly; 0 of an empty matrix.
    pub fn accuracy(&self) -> f64 {
        let right = Stance::ALL.iter().map(|&stance| self.count(stance, stance)).sum();
        ratio(right, self.total())
    }

    /// Precision, recall and F1 of one stance.
    pub fn scores(&self, stance: Stance) -> ClassScores {
        let right = self.count(stance, stance);
        let predicted: usize = Stance::ALL.iter().map(|&gold| self.count(gold, stance)).sum();
        let support: usize = self.counts[stance.index()].iter().sum();
        ClassScores {
            precision: ratio(right, predicted),
            recall: ratio(right, support),
            // 2PR/(P+R), written over the counts.
            f1: ratio(2 * right, predicted + support),
            support,
        }
    }

    /// The unweighted mean of F1 over the stances that occur in the gold or the predictions:
    /// scikit-learn's `f1_score(average="macro")`. 0 of an empty matrix.
    pub fn macro_f1(&self) -> f64 {
        let present: Vec<f64> = Stance::ALL
            .into_iter()
            .filter(|&stance| self.occurs(stance))
            .map(|stance| self.scores(stance).f1)
            .collect();
        present.iter().sum::<f64>() / present.len().max(1) as f64
    }

    /// The share of statements on which pro and anti were taken for each other: the costly error.
    pub fn opposite_confusions(&self) -> f64 {
        let confused = self.count(Stance::ProIntervention, Stance::AntiIntervention)
            + self.count(Stance::AntiIntervention, Stance::ProIntervention);
        ratio(confused, self.total())
    }

    fn occurs(&self, stance: Stance) -> bool {
        Stance::ALL
            .iter()
            .any(|&other| self.count(stance, other) + self.count(other, stance) > 0)
    }
}

impl<'a> std::iter::Sum<&'a ConfusionMatrix> for ConfusionMatrix {
    fn sum<I: Iterator<Item = &'a ConfusionMatrix>>(matrices: I) -> Self {
        let mut sum = Self::default();
        for matrix in matrices {
            for (row, added) in sum.counts.iter_mut().zip(&matrix.counts) {
                for (count, added) in row.iter_mut().zip(added) {
                    *count += added;
                }
            }
        }
        sum
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Stance::{AntiIntervention as Anti, Cooperative as Coop, None as Neutral, ProIntervention as Pro};

    /// Worked by hand; scikit-learn 1.7 gives the same.
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
        assert_eq!(matrix.total(), 8);
        assert_eq!(matrix.accuracy(), 5.0 / 8.0);
        let pro = matrix.scores(Pro);
        assert!((pro.precision - 2.0 / 3.0).abs() < 1e-12);
        assert!((pro.recall - 2.0 / 3.0).abs() < 1e-12);
        assert!((pro.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(pro.support, 3);
        assert!((matrix.scores(Coop).f1 - 2.0 / 3.0).abs() < 1e-12);
        assert!((matrix.macro_f1() - (2.0 / 3.0 + 0.5 + 2.0 / 3.0 + 2.0 / 3.0) / 4.0).abs() < 1e-12);
        assert_eq!(matrix.opposite_confusions(), 2.0 / 8.0);
    }

    #[test]
    fn an_empty_matrix_scores_zero_and_a_perfect_one_scores_one() {
        let empty = ConfusionMatrix::default();
        assert_eq!((empty.accuracy(), empty.macro_f1()), (0.0, 0.0));
        let perfect = ConfusionMatrix::from_pairs([(Pro, Pro), (Neutral, Neutral)]);
        assert_eq!((perfect.accuracy(), perfect.macro_f1()), (1.0, 1.0));
    }
}
