//! Measuring a classifier on the machine at hand: throughput, latency, and how near both come to what
//! the arithmetic allows.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::classifier::{Classifier, ClassifyError};
use crate::stance::{Prediction, Stance};

/// The middle of several measurements, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// `None` of no measurements.
    pub fn of(measurements: &[f64]) -> Option<Self> {
        let mut sorted = measurements.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            (sorted[middle - 1] + sorted[middle]) / 2.0
        };
        Some(Self { median, min, max })
    }
}

/// How many statements a second, with all threads.
#[derive(Clone, Debug, Serialize)]
pub struct Throughput {
    pub statements_per_second: Spread,
    pub tokens_per_second: f64,
    /// Multiplications and additions of the linear maps, in thousands of millions a second.
    pub giga_operations_per_second: f64,
    /// The same of the bare matrix product in the first-level cache, on as many threads.
    pub peak_giga_operations_per_second: f64,
    /// The former over the latter, from 0 to 1.
    pub share_of_peak: f64,
}

/// How long a statement alone takes, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

/// How far the results of two classifiers lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Parity {
    pub statements: usize,
    /// Statements of which both give the same label.
    pub same_label: usize,
    /// The largest difference of any stance's probability.
    pub largest_difference: f32,
}

/// Classifies all statements `rounds` times, after once to warm up.
///
/// # Errors
/// The classifier's.
pub fn throughput(
    classifier: &Classifier,
    statements: &[String],
    rounds: usize,
) -> Result<Throughput, ClassifyError> {
    let tokens = classifier.token_count(statements)?;
    classifier.classify(statements)?;
    let mut rates = Vec::new();
    for _ in 0..rounds.max(1) {
        let begun = Instant::now();
        classifier.classify(statements)?;
        rates.push(statements.len() as f64 / begun.elapsed().as_secs_f64());
    }
    // `rounds.max(1)` measurements were made.
    let rate = Spread::of(&rates).unwrap_or(Spread {
        median: 0.0,
        min: 0.0,
        max: 0.0,
    });
    let tokens_per_second = rate.median * tokens as f64 / statements.len().max(1) as f64;
    let giga = tokens_per_second * classifier.operations_per_token() as f64 / 1e9;
    let peak = classifier.peak_operations_per_second(Duration::from_millis(300))? / 1e9;
    Ok(Throughput {
        statements_per_second: rate,
        tokens_per_second,
        giga_operations_per_second: giga,
        peak_giga_operations_per_second: peak,
        share_of_peak: giga / peak,
    })
}

/// Classifies statements one by one; `None` where there are none.
///
/// # Errors
/// The classifier's.
pub fn latency(classifier: &Classifier, statements: &[String]) -> Result<Option<Latency>, ClassifyError> {
    let mut milliseconds = Vec::with_capacity(statements.len());
    for statement in statements {
        let begun = Instant::now();
        classifier.classify(std::slice::from_ref(statement))?;
        milliseconds.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    let Some(last) = milliseconds.len().checked_sub(1) else {
        return Ok(None);
    };
    let percentile = |share: f64| milliseconds[(last as f64 * share).round() as usize];
    Ok(Some(Latency {
        p50: percentile(0.5),
        p90: percentile(0.9),
        p99: percentile(0.99),
    }))
}

/// Compares two classifiers' predictions of the same statements.
pub fn parity(some: &[Prediction], others: &[Prediction]) -> Parity {
    let pairs = || some.iter().zip(others);
    let difference = |(a, b): (&Prediction, &Prediction)| {
        let differences =
            Stance::ALL.map(|stance| (a.probabilities.of(stance) - b.probabilities.of(stance)).abs());
        differences.into_iter().fold(0.0, f32::max)
    };
    Parity {
        statements: pairs().count(),
        same_label: pairs().filter(|(a, b)| a.stance == b.stance).count(),
        largest_difference: pairs().map(difference).fold(0.0, f32::max),
    }
}

/// The most memory that this process has held so far, in bytes; `None` where the system does not say.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::Probabilities;

    #[test]
    fn the_middle_of_measurements() {
        assert_eq!(Spread::of(&[]), None);
        let spread = |median, min, max| Some(Spread { median, min, max });
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[4.0, 1.0]), spread(2.5, 1.0, 4.0));
    }

    #[test]
    fn parity_counts_labels_and_finds_the_largest_difference() {
        let prediction = |logits| {
            let probabilities = Probabilities::from_logits(logits);
            Prediction {
                stance: probabilities.most_likely(),
                probabilities,
                truncated: false,
            }
        };
        let some = [prediction([9.0, 0.0, 0.0, 0.0]), prediction([0.0, 0.0, 0.0, 0.0])];
        let others = [prediction([0.0, 9.0, 0.0, 0.0]), prediction([0.0, 0.0, 0.0, 0.0])];
        let found = parity(&some, &others);
        assert_eq!((found.statements, found.same_label), (2, 1));
        assert!((found.largest_difference - 0.9995).abs() < 1e-3, "{found:?}");
        assert_eq!(parity(&some, &some).largest_difference, 0.0);
    }
}
