//! Measuring a classifier on the machine at hand: throughput, latency, and how near both come to what
//! the arithmetic allows.

use std::time::Instant;

use serde::Serialize;

use crate::classifier::{Ceiling, Classifier, ClassifyError};

mod energy;
mod parity;

pub use energy::EnergyMeter;
pub use parity::{Disagreement, Parity};

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

/// How many statements a second, with all threads or all GPUs.
#[derive(Clone, Debug, Serialize)]
pub struct Throughput {
    /// How many statements were classified in each round.
    pub statements: usize,
    pub statements_per_second: Spread,
    pub tokens_per_second: f64,
    /// Multiplications and additions of the linear maps, in thousands of millions a second.
    pub giga_operations_per_second: f64,
    /// The same of the bare product with its operands at hand: on a CPU in the first-level cache, on as many threads; on
    /// GPUs in registers. `None` where that could not be measured.
    pub peak_giga_operations_per_second: Option<f64>,
    /// The former over the latter, from 0 to 1.
    pub share_of_peak: Option<f64>,
    /// Of GPUs: the bytes of states that kernels read and write, over what a copy within the GPU's memory reads and
    /// writes in the same time. Much of it stays in the second-level cache, so that it may come to more than 1.
    pub share_of_bandwidth: Option<f64>,
    /// Of GPUs: the share of the time in which they had a batch, from 0 to 1.
    pub gpu_busy: Option<f64>,
    /// Joules that GPUs consumed for a thousand statements, where their driver says so.
    pub joules_per_thousand: Option<f64>,
}

/// How long a statement alone takes, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

/// Classifies all statements `rounds` times, after once to warm up, and sets that against the device's ceiling where it
/// was measured.
///
/// # Errors
/// The classifier's.
pub fn throughput(
    classifier: &Classifier,
    statements: &[String],
    rounds: usize,
    ceiling: Option<Ceiling>,
) -> Result<Throughput, ClassifyError> {
    let tokens = classifier.token_count(statements)?;
    classifier.classify(statements)?;
    let buses = classifier.gpu_buses()?;
    let meter = EnergyMeter::start(&buses);
    let (mut rates, mut seconds) = (Vec::new(), 0.0);
    let in_network = classifier.seconds_in_network();
    for _ in 0..rounds.max(1) {
        let begun = Instant::now();
        classifier.classify(statements)?;
        let took = begun.elapsed().as_secs_f64();
        rates.push(statements.len() as f64 / took);
        seconds += took;
    }
    let joules = meter.joules();
    let in_network = classifier.seconds_in_network() - in_network;
    // `rounds.max(1)` measurements were made.
    let rate = Spread::of(&rates).unwrap_or(Spread {
        median: 0.0,
        min: 0.0,
        max: 0.0,
    });
    let tokens_per_second = rate.median * tokens as f64 / statements.len().max(1) as f64;
    let config = classifier.encoder_config();
    let operations = tokens_per_second * config.operations_per_token() as f64;
    let bytes =
        tokens_per_second * (config.state_numbers_per_token() * classifier.precision().bytes()) as f64;
    Ok(Throughput {
        statements: statements.len(),
        statements_per_second: rate,
        tokens_per_second,
        giga_operations_per_second: operations / 1e9,
        peak_giga_operations_per_second: ceiling.map(|ceiling| ceiling.operations_per_second / 1e9),
        share_of_peak: ceiling.map(|ceiling| operations / ceiling.operations_per_second),
        share_of_bandwidth: ceiling
            .and_then(|ceiling| ceiling.bytes_per_second)
            .map(|most| bytes / most),
        gpu_busy: (!buses.is_empty()).then(|| in_network / seconds / buses.len() as f64),
        joules_per_thousand: joules.map(|joules| joules / (rates.len() * statements.len()) as f64 * 1e3),
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

    #[test]
    fn the_middle_of_measurements() {
        assert_eq!(Spread::of(&[]), None);
        let spread = |median, min, max| Some(Spread { median, min, max });
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[4.0, 1.0]), spread(2.5, 1.0, 4.0));
    }
}
