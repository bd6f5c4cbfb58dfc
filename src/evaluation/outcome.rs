//! A statement's gold label beside what was predicted for it.

use crate::stance::{Prediction, Probabilities, Stance};

/// What was predicted for a statement, by a model or by whoever made a file of predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    pub stance: Stance,
    /// Where the predictions come with probabilities.
    pub probabilities: Option<Probabilities>,
}

/// A labelled statement and the prediction for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub gold: Stance,
    pub guess: Guess,
    /// How many statements of the population it stands for; greater than 0.
    pub weight: f64,
}

impl From<Prediction> for Guess {
    fn from(prediction: Prediction) -> Self {
        Self {
            stance: prediction.stance,
            probabilities: Some(prediction.probabilities),
        }
    }
}

impl From<Stance> for Guess {
    fn from(stance: Stance) -> Self {
        Self {
            stance,
            probabilities: None,
        }
    }
}

impl Guess {
    /// The probability of the predicted stance, from 0 to 1: how sure the model is. To a millionth, as
    /// files have it, so that a threshold found here selects the same rows of a file.
    pub fn confidence(&self) -> Option<f64> {
        self.probabilities
            .map(|probabilities| (f64::from(probabilities.of(self.stance)) * 1e6).round() / 1e6)
    }
}

impl Outcome {
    /// True where the prediction is the gold label.
    pub fn is_right(&self) -> bool {
        self.gold == self.guess.stance
    }
}
