//! Whether probabilities can be taken at their word.

use serde::Serialize;

use super::confusion::ratio;
use super::Outcome;
use crate::stance::{Probabilities, Stance};

/// How many bins of equal width the reliability table and the calibration error have.
pub const BINS: usize = 10;

/// A probability below this counts as this in the log loss: files have probabilities to a millionth.
pub const SMALLEST_PROBABILITY: f64 = 1e-6;

/// The predictions whose confidence lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many predictions, by weight.
    pub weight: f64,
    confidence: f64,
    right: f64,
}

/// How far the probabilities of predictions are from what came true.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    bins: [Bin; BINS],
    weight: f64,
    squared_error: f64,
    surprise: f64,
}

/// One row of the reliability table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityRow {
    /// The bin's bounds; a confidence of 1 lies in the last.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// How many predictions lie in it, by weight.
    pub weight: f64,
    /// The mean confidence of those predictions.
    pub confidence: f64,
    /// The share of them that are right.
    pub accuracy: f64,
}

impl Calibration {
    /// Adds a statement that counts `weight`. One without probabilities adds nothing.
    pub(super) fn add(&mut self, outcome: &Outcome, weight: f64) {
        let (Some(probabilities), Some(confidence)) =
            (&outcome.guess.probabilities, outcome.guess.confidence())
        else {
            return;
        };
        let bin = &mut self.bins[((BINS as f64 * confidence) as usize).min(BINS - 1)];
        bin.weight += weight;
        bin.confidence += weight * confidence;
        bin.right += weight * f64::from(u8::from(outcome.is_right()));
        self.weight += weight;
        self.squared_error += weight * squared_error(probabilities, outcome.gold);
        let truth = f64::from(probabilities.of(outcome.gold));
        self.surprise -= weight * truth.max(SMALLEST_PROBABILITY).ln();
    }

    /// The expected calibration error, from 0 to 1: the mean over predictions of the distance between
    /// confidence and accuracy in their bin, in ten bins of equal width (Naeini, Cooper and Hauskrecht
    /// 2015; Guo et al. 2017). Confidence is the probability of the predicted stance.
    pub fn expected_error(&self) -> f64 {
        let distances: f64 = self
            .bins
            .iter()
            .map(|bin| (bin.right - bin.confidence).abs())
            .sum();
        ratio(distances, self.weight)
    }

    /// The Brier score for several classes, from 0 to 2 (Brier 1950): the mean over statements of the
    /// squared distance between the probabilities and 1 for the gold stance, 0 for the others.
    pub fn brier(&self) -> f64 {
        ratio(self.squared_error, self.weight)
    }

    /// The mean over statements of `-ln p` of the gold stance, in nats; `p` is at least
    /// [`SMALLEST_PROBABILITY`].
    pub fn log_loss(&self) -> f64 {
        ratio(self.surprise, self.weight)
    }

    /// The bins that hold a prediction, least confident first.
    pub fn table(&self) -> Vec<ReliabilityRow> {
        (0..BINS)
            .zip(&self.bins)
            .filter(|(_, bin)| bin.weight > 0.0)
            .map(|(index, bin)| ReliabilityRow {
                from: index as f64 / BINS as f64,
                to: (index + 1) as f64 / BINS as f64,
                weight: bin.weight,
                confidence: bin.confidence / bin.weight,
                accuracy: bin.right / bin.weight,
            })
            .collect()
    }
}

fn squared_error(probabilities: &Probabilities, gold: Stance) -> f64 {
    Stance::ALL
        .into_iter()
        .map(|stance| {
            let truth = f64::from(u8::from(stance == gold));
            (f64::from(probabilities.of(stance)) - truth).powi(2)
        })
        .sum()
}
