//! What a network's outputs say of a statement's stance.

use crate::model::{Entailment, Hypotheses};
use crate::stance::{Probabilities, Stance};

/// How outputs are read.
pub(super) enum Meaning {
    /// An output for each stance, of a window of the statement each time.
    Stances {
        labels: [Stance; Stance::COUNT],
        /// What logits are divided by.
        temperature: f64,
    },
    /// Whether the statement entails a hypothesis: another one each time.
    Entailment {
        entailment: Entailment,
        /// What each hypothesis is for.
        stances: Vec<Stance>,
    },
}

impl Meaning {
    pub(super) fn of_hypotheses(entailment: Entailment, hypotheses: &Hypotheses) -> Self {
        Self::Entailment {
            entailment,
            stances: hypotheses.stances(),
        }
    }

    /// How many outputs the network has.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Stances { .. } => Stance::COUNT,
            Self::Entailment { entailment, .. } => entailment.outputs,
        }
    }

    /// The probabilities of a statement by the outputs of all its windows, row by row; `None` of none.
    ///
    /// Windows weigh the same. Of hypotheses, a stance's score is the mean of the logits of entailment, and probabilities are
    /// the softmax of scores, as in the zero-shot pipeline of transformers where each label has one hypothesis.
    pub(super) fn probabilities(&self, rows: &[f32]) -> Option<Probabilities> {
        match self {
            Self::Stances { labels, temperature } => {
                let of_window = |outputs: &[f32]| {
                    let mut logits = [f32::NEG_INFINITY; Stance::COUNT];
                    for (stance, &output) in labels.iter().zip(outputs) {
                        logits[stance.index()] = (f64::from(output) / temperature) as f32;
                    }
                    Probabilities::from_logits(logits)
                };
                match rows.len() {
                    Stance::COUNT => Some(of_window(rows)),
                    _ => {
                        let windows: Vec<_> = rows.chunks_exact(Stance::COUNT).map(of_window).collect();
                        Probabilities::mean(&windows)
                    }
                }
            }
            Self::Entailment { entailment, stances } => {
                let (mut sums, mut counts) = ([0.0; Stance::COUNT], [0u32; Stance::COUNT]);
                for (stance, outputs) in stances.iter().zip(rows.chunks_exact(entailment.outputs)) {
                    sums[stance.index()] += f64::from(outputs[entailment.output]);
                    counts[stance.index()] += 1;
                }
                let scores = std::array::from_fn(|stance| (sums[stance] / f64::from(counts[stance])) as f32);
                (!rows.is_empty()).then(|| Probabilities::from_logits(scores))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stance_is_the_mean_of_its_hypotheses() {
        let meaning = Meaning::Entailment {
            entailment: Entailment {
                output: 1,
                outputs: 3,
            },
            stances: vec![
                Stance::None,
                Stance::ProIntervention,
                Stance::ProIntervention,
                Stance::Cooperative,
                Stance::AntiIntervention,
            ],
        };
        let rows = [
            1.0, 2.0, 3.0, 0.0, 6.0, 0.0, 0.0, -2.0, 0.0, 9.0, 1.0, 9.0, 0.0, 0.5, 0.0,
        ];
        let found = meaning.probabilities(&rows).unwrap();
        let expected = Probabilities::from_logits([2.0, 0.5, 1.0, 2.0]);
        assert_eq!(found, expected);
        assert!(meaning.probabilities(&[]).is_none());
    }

    #[test]
    fn windows_are_averaged_and_logits_divided() {
        let meaning = Meaning::Stances {
            labels: [
                Stance::None,
                Stance::Cooperative,
                Stance::ProIntervention,
                Stance::AntiIntervention,
            ],
            temperature: 2.0,
        };
        let one = Probabilities::from_logits([1.5, 2.0, 1.0, 0.5]);
        assert_eq!(meaning.probabilities(&[1.0, 2.0, 3.0, 4.0]), Some(one));
        let other = Probabilities::from_logits([0.0; 4]);
        let both = meaning.probabilities(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(both, Probabilities::mean(&[one, other]));
    }
}
