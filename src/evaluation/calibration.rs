//! Whether probabilities can be taken at their word.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::confusion::ratio;
use super::intervals::Weights;
use super::{Interval, Outcome};
use crate::stance::{Probabilities, Stance};

/// How many bins of equal width the reliability table and the calibration error have.
pub const BINS: usize = 10;

/// A probability below this counts as this in the log loss: files have probabilities to a millionth.
pub const SMALLEST_PROBABILITY: f64 = 1e-6;

/// The predictions whose confidence lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    weights: Weights,
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
    /// Wilson's interval of `accuracy`.
    pub interval: Interval,
}

impl Calibration {
    /// Adds a statement that counts `weight`.
    pub(super) fn add(&mut self, marks: &Marks, weight: f64) {
        self.bins[marks.bin].add(marks.confidence, marks.is_right, weight);
        self.weight += weight;
        self.squared_error += weight * marks.squared_error;
        self.surprise += weight * marks.surprise;
    }

    /// The expected calibration error, from 0 to 1: the mean over predictions of the distance between
    /// confidence and accuracy in their bin, in ten bins of equal width (Naeini, Cooper and Hauskrecht
    /// 2015; Guo et al. 2017). Confidence is the probability of the predicted stance.
    pub fn expected_error(&self) -> f64 {
        ratio(self.bins.iter().map(Bin::distance).sum(), self.weight)
    }

    /// The calibration error that predictions as sure as these have if their confidence is exactly right:
    /// chance alone keeps it above 0. The mean over draws of which predictions are right.
    pub(super) fn expected_by_chance(outcomes: &[Outcome], draws: u32, seed: u64) -> f64 {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let sum: f64 = (0..draws)
            .map(|_| {
                let mut bins = [Bin::default(); BINS];
                let mut total = 0.0;
                for outcome in outcomes {
                    let confidence = outcome.guess.confidence().unwrap_or(0.0);
                    let is_right = generator.random_bool(confidence.clamp(0.0, 1.0));
                    bins[bin_of(confidence)].add(confidence, is_right, outcome.weight);
                    total += outcome.weight;
                }
                ratio(bins.iter().map(Bin::distance).sum(), total)
            })
            .sum();
        sum / f64::from(draws)
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
            .filter(|(_, bin)| bin.weights.sum > 0.0)
            .map(|(index, bin)| ReliabilityRow {
                from: index as f64 / BINS as f64,
                to: (index + 1) as f64 / BINS as f64,
                weight: bin.weights.sum,
                confidence: bin.confidence / bin.weights.sum,
                accuracy: bin.right / bin.weights.sum,
                interval: Interval::wilson_weighted(bin.right / bin.weights.sum, bin.weights),
            })
            .collect()
    }
}

/// What one prediction adds to the calibration: computed once, added up in thousands of resamples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    bin: usize,
    confidence: f64,
    is_right: bool,
    squared_error: f64,
    surprise: f64,
}

impl Marks {
    /// The marks of an outcome; `None` where it has no probabilities.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        let probabilities = outcome.guess.probabilities.as_ref()?;
        let confidence = outcome.guess.confidence()?;
        let truth = f64::from(probabilities.of(outcome.gold));
        Some(Self {
            bin: bin_of(confidence),
            confidence,
            is_right: outcome.is_right(),
            squared_error: squared_error(probabilities, outcome.gold),
            surprise: -truth.max(SMALLEST_PROBABILITY).ln(),
        })
    }
}

impl Bin {
    fn add(&mut self, confidence: f64, is_right: bool, weight: f64) {
        self.weights.add(weight);
        self.confidence += weight * confidence;
        self.right += weight * f64::from(u8::from(is_right));
    }

    /// How far confidence and accuracy are apart, times the bin's weight.
    fn distance(&self) -> f64 {
        (self.right - self.confidence).abs()
    }
}

fn bin_of(confidence: f64) -> usize {
    ((BINS as f64 * confidence) as usize).min(BINS - 1)
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
