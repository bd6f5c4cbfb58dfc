//! The four labels of the codebook, and a probability for each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a statement's holder thinks of foreign intervention; `docs/codebook.md` defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// Advocates, threatens, orders, justifies or praises intervention.
    ProIntervention,
    /// Rejects, condemns or rules out intervention, or asserts sovereignty against it.
    AntiIntervention,
    /// Offers, asks for or announces work with the other side by consent.
    Cooperative,
    /// Takes none of these positions.
    None,
}

impl Stance {
    /// Every stance, in the order in which all tables and arrays list them.
    pub const ALL: [Stance; 4] = [
        Stance::ProIntervention,
        Stance::AntiIntervention,
        Stance::Cooperative,
        Stance::None,
    ];

    /// How many stances there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name used in every file that Demarche reads or writes.
    pub const fn name(self) -> &'static str {
        match self {
            Stance::ProIntervention => "pro_intervention",
            Stance::AntiIntervention => "anti_intervention",
            Stance::Cooperative => "cooperative",
            Stance::None => "none",
        }
    }

    /// The place of this stance in [`Stance::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that is none of the four labels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown stance `{0}`: expected pro_intervention, anti_intervention, cooperative or none")]
pub struct UnknownStance(pub String);

impl Stance {
    /// The stance that a person's spelling means: case, and how the words are joined, are forgiven, so that
    /// `Anti-intervention` is `anti_intervention`.
    ///
    /// # Errors
    /// [`UnknownStance`].
    pub fn from_spelling(name: &str) -> Result<Self, UnknownStance> {
        let spelt = name.trim().to_lowercase().replace(['-', ' '], "_");
        spelt.parse().map_err(|_| UnknownStance(name.to_owned()))
    }
}

impl FromStr for Stance {
    type Err = UnknownStance;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|stance| stance.name() == name)
            .ok_or_else(|| UnknownStance(name.to_owned()))
    }
}

/// One probability for each stance, in the order of [`Stance::ALL`]; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probabilities([f32; Stance::COUNT]);

/// Four numbers that are no probabilities of the four stances.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotProbabilities {
    #[error("the probability of {stance} is {value}; it must be from 0 to 1")]
    Range { stance: Stance, value: f32 },
    #[error("the probabilities sum to {sum:.3}; they must sum to 1")]
    Sum { sum: f32 },
}

/// How far from 1 the sum of probabilities may be that somebody rounded.
const SUM_TOLERANCE: f32 = 0.015;

impl Probabilities {
    /// Probabilities that somebody else computed, in the order of [`Stance::ALL`]; they may be rounded.
    ///
    /// # Errors
    /// [`NotProbabilities`].
    pub fn new(probabilities: [f32; Stance::COUNT]) -> Result<Self, NotProbabilities> {
        for (stance, value) in Stance::ALL.into_iter().zip(probabilities) {
            if !(0.0..=1.0).contains(&value) {
                return Err(NotProbabilities::Range { stance, value });
            }
        }
        let sum: f32 = probabilities.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(NotProbabilities::Sum { sum });
        }
        Ok(Self(probabilities))
    }

    /// The softmax of one logit for each stance, in the order of [`Stance::ALL`].
    ///
    /// The sum runs in float64 and in a fixed order, so that equal logits give equal bytes.
    pub fn from_logits(logits: [f32; Stance::COUNT]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponentials = logits.map(|logit| f64::from(logit - largest).exp());
        let total: f64 = exponentials.iter().sum();
        Self(exponentials.map(|exponential| (exponential / total) as f32))
    }

    /// The mean of several, each weighing the same; `None` of none.
    pub fn mean(some: &[Self]) -> Option<Self> {
        let count = some.len() as f64;
        let mean = |index: usize| {
            let values = some.iter().map(|probabilities| f64::from(probabilities.0[index]));
            (values.sum::<f64>() / count) as f32
        };
        (!some.is_empty()).then(|| Self(std::array::from_fn(mean)))
    }

    /// The softmax of the same logits divided by `temperature`: above 1 it makes sure statements less sure, and never
    /// changes which stance is the most likely (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    pub fn at_temperature(&self, temperature: f64) -> Self {
        // Logarithms of probabilities are logits, up to a constant that the softmax removes.
        Self::from_logits(
            self.0
                .map(|p| (f64::from(p).max(f64::MIN_POSITIVE).ln() / temperature) as f32),
        )
    }

    /// The probability of one stance, from 0 to 1.
    pub fn of(&self, stance: Stance) -> f32 {
        self.0[stance.index()]
    }

    /// The stance of the largest probability; the first in [`Stance::ALL`] where two are equal.
    pub fn most_likely(&self) -> Stance {
        Stance::ALL
            .into_iter()
            .reduce(|best, stance| {
                if self.of(stance) > self.of(best) {
                    stance
                } else {
                    best
                }
            })
            .unwrap_or(Stance::None)
    }
}

/// What the model says of one statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The most likely stance.
    pub stance: Stance,
    /// The probability of each stance.
    pub probabilities: Probabilities,
    /// True when the statement had more tokens than the model reads: its end was not seen.
    pub truncated: bool,
}

impl Prediction {
    /// The stance, where its probability is at least `min_confidence`; `None` where the model had better abstain.
    pub fn stance_from(&self, min_confidence: f64) -> Option<Stance> {
        (f64::from(self.probabilities.of(self.stance)) >= min_confidence).then_some(self.stance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_match_serde() {
        for stance in Stance::ALL {
            assert_eq!(stance.name().parse(), Ok(stance));
            assert_eq!(
                serde_json::to_value(stance).unwrap(),
                serde_json::Value::from(stance.name())
            );
        }
        assert!("neutral".parse::<Stance>().is_err());
    }

    #[test]
    fn softmax_sums_to_one_and_survives_large_logits() {
        let probabilities = Probabilities::from_logits([1000.0, 999.0, -1000.0, 0.0]);
        let sum: f32 = Stance::ALL.iter().map(|&stance| probabilities.of(stance)).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(probabilities.most_likely(), Stance::ProIntervention);
        assert!((probabilities.of(Stance::ProIntervention) - 0.731_058_6).abs() < 1e-6);
    }

    #[test]
    fn what_are_no_probabilities_is_said() {
        assert!(Probabilities::new([0.33, 0.33, 0.33, 0.0]).is_ok());
        let error = Probabilities::new([0.5, 1.5, 0.0, -1.0]).unwrap_err();
        assert!(error.to_string().contains("anti_intervention is 1.5"), "{error}");
        let error = Probabilities::new([0.5, 0.5, 0.5, 0.0]).unwrap_err();
        assert!(error.to_string().contains("sum to 1.500"), "{error}");
        assert!(Probabilities::new([f32::NAN, 0.5, 0.5, 0.0]).is_err());
    }

    #[test]
    fn a_temperature_softens_and_keeps_the_order() {
        let sure = Probabilities::from_logits([6.0, 0.0, 2.0, -300.0]);
        let softer = sure.at_temperature(2.0);
        let expected = Probabilities::from_logits([3.0, 0.0, 1.0, -150.0]);
        for stance in Stance::ALL {
            assert!((softer.of(stance) - expected.of(stance)).abs() < 1e-6);
        }
        assert_eq!(softer.most_likely(), sure.most_likely());
    }

    #[test]
    fn the_model_abstains_below_the_least_confidence() {
        let probabilities = Probabilities::new([0.0, 0.6, 0.4, 0.0]).unwrap();
        let prediction = Prediction {
            stance: probabilities.most_likely(),
            probabilities,
            truncated: false,
        };
        assert_eq!(prediction.stance_from(0.59), Some(Stance::AntiIntervention));
        assert_eq!(prediction.stance_from(0.61), None);
    }

    #[test]
    fn a_tie_goes_to_the_first_stance() {
        let probabilities = Probabilities::from_logits([0.0; 4]);
        assert_eq!(probabilities.most_likely(), Stance::ProIntervention);
    }
}
