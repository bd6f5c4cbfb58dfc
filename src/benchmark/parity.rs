//! How far the results of two classifiers lie apart.

use serde::Serialize;

use crate::stance::{Prediction, Stance};

/// What two classifiers' predictions of the same statements have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parity {
    pub statements: usize,
    /// Statements of which both give the same label.
    pub same_label: usize,
    /// The largest difference of any stance's probability.
    pub largest_difference: f32,
    /// The statements whose probabilities differ most, the worst first.
    pub worst: Vec<Disagreement>,
}

/// A statement whose probabilities differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    pub text: String,
    pub reference: Stance,
    pub found: Stance,
    /// The largest difference of any stance's probability.
    pub difference: f32,
}

impl Parity {
    /// The most statements that are named.
    pub const NAMED: usize = 5;

    /// Compares predictions of `texts` with a reference.
    pub fn of(texts: &[String], reference: &[Prediction], found: &[Prediction]) -> Self {
        let mut differences: Vec<(usize, f32)> =
            reference.iter().zip(found).map(largest).enumerate().collect();
        let statements = differences.len();
        let is_same = |&(index, _): &(usize, f32)| reference[index].stance == found[index].stance;
        let same_label = differences.iter().filter(|each| is_same(each)).count();
        differences.retain(|(_, difference)| *difference > 0.0);
        differences.sort_by(|a, b| b.1.total_cmp(&a.1));
        let worst = differences.iter().take(Self::NAMED);
        Self {
            statements,
            same_label,
            largest_difference: differences.first().map_or(0.0, |(_, difference)| *difference),
            worst: worst
                .map(|&(index, difference)| Disagreement {
                    text: texts[index].clone(),
                    reference: reference[index].stance,
                    found: found[index].stance,
                    difference,
                })
                .collect(),
        }
    }

    /// Statements of which the two give another label.
    pub fn flips(&self) -> usize {
        self.statements - self.same_label
    }
}

fn largest((a, b): (&Prediction, &Prediction)) -> f32 {
    let differences =
        Stance::ALL.map(|stance| (a.probabilities.of(stance) - b.probabilities.of(stance)).abs());
    differences.into_iter().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::Probabilities;

    #[test]
    fn it_counts_labels_and_names_the_worst() {
        let prediction = |logits| {
            let probabilities = Probabilities::from_logits(logits);
            Prediction {
                stance: probabilities.most_likely(),
                probabilities,
                truncated: false,
            }
        };
        let texts = ["one", "two", "three"].map(str::to_owned);
        let some = [
            prediction([0.0, 0.0, 0.0, 0.0]),
            prediction([9.0, 0.0, 0.0, 0.0]),
            prediction([1.0, 0.0, 0.0, 0.0]),
        ];
        let others = [
            prediction([0.0, 0.0, 0.0, 0.0]),
            prediction([0.0, 9.0, 0.0, 0.0]),
            prediction([1.1, 0.0, 0.0, 0.0]),
        ];
        let found = Parity::of(&texts, &some, &others);
        assert_eq!((found.statements, found.same_label, found.flips()), (3, 2, 1));
        assert!((found.largest_difference - 0.9995).abs() < 1e-3, "{found:?}");
        let worst: Vec<&str> = found.worst.iter().map(|worst| worst.text.as_str()).collect();
        assert_eq!(worst, ["two", "three"]);
        assert_eq!(
            (found.worst[0].reference, found.worst[0].found),
            (some[1].stance, others[1].stance)
        );
        let same = Parity::of(&texts, &some, &some);
        assert_eq!((same.largest_difference, same.worst.len()), (0.0, 0));
    }
}
