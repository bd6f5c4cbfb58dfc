//! The estimator: predictions of the whole corpus, corrected by a random sample with gold labels.

use crate::evaluation::{Estimate, Interval};
use crate::stance::Stance;

/// A statement of the sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoldStatement {
    pub gold: Stance,
    pub predicted: Stance,
    /// The stratum that it was drawn from.
    pub stratum: usize,
    /// The inverse of the probability with which it was drawn; at least 1.
    pub weight: f64,
}

/// Shares of a corpus and how far the predictions were trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corrected {
    /// In the order of [`Stance::ALL`]; they sum to 1 unless one had to be cut to 0.
    pub shares: [Estimate; Stance::COUNT],
    /// The standard errors of the shares.
    pub standard_errors: [f64; Stance::COUNT],
    /// From 0, the sample alone, to 1, the predictions and the mean of their errors.
    pub lambda: f64,
}

/// The shares of a corpus in which `predicted` counts each predicted stance, from the sample `gold`.
///
/// The difference estimator of survey sampling (Särndal, Swensson and Wretman 1992, ch. 6) with the
/// power tuning of prediction-powered inference (Angelopoulos, Duchi and Zrnic 2023, "PPI++"); at
/// lambda 1 and known probabilities it is design-based supervised learning (Egami, Hinck, Stewart and
/// Wei 2023). With `f` the predicted stance and `Y` the gold one, both as indicators, and `w` the
/// weights:
///
/// ```text
/// share  = λ mean f over the corpus + Σ w (Y - λ f) / Σ w over the sample
/// λ      = Σ over stances of cov_w(Y, f) / Σ over stances of var f over the corpus, cut to [0, 1]
/// var    = Σ over strata of (1 - n_h/N_h) n_h/(n_h - 1) Σ (w u - mean w u)² / (Σ w)² + share (1 - share) / N
/// ```
///
/// with `u` the sample's `Y - λ f` less its weighted mean. One lambda for all stances keeps the sum of
/// their shares whole. The last term takes the corpus for a sample itself, as prediction-powered
/// inference does; for a simple random sample the estimate is that of PPI++.
///
/// Shares are not numbers where the corpus or the sample is empty, and have no interval where the
/// sample has one statement alone.
pub fn corrected(predicted: &[u64; Stance::COUNT], gold: &[GoldStatement]) -> Corrected {
    let n = predicted.iter().sum::<u64>() as f64;
    let corpus = predicted.map(|count| count as f64 / n);
    let lambda = tuned_lambda(&corpus, gold);
    let mut standard_errors = [f64::NAN; Stance::COUNT];
    let shares = Stance::ALL.map(|stance| {
        let residuals: Vec<f64> = gold
            .iter()
            .map(|statement| {
                indicator(statement.gold == stance) - lambda * indicator(statement.predicted == stance)
            })
            .collect();
        let correction = weighted_mean(gold, |index| residuals[index]);
        let share = lambda * corpus[stance.index()] + correction;
        let centred = |index: usize| residuals[index] - correction;
        let variance = design_variance(gold, centred) + (share * (1.0 - share)).max(0.0) / n;
        standard_errors[stance.index()] = variance.sqrt();
        Estimate {
            value: share.clamp(0.0, 1.0),
            interval: (gold.len() > 1).then(|| Interval::of_share(share, variance.sqrt())),
        }
    });
    Corrected {
        shares,
        standard_errors,
        lambda,
    }
}

/// The lambda of the least variance summed over the stances.
fn tuned_lambda(corpus: &[f64; Stance::COUNT], gold: &[GoldStatement]) -> f64 {
    let covariance: f64 = Stance::ALL
        .into_iter()
        .map(|stance| {
            let y = |index: usize| indicator(gold[index].gold == stance);
            let f = |index: usize| indicator(gold[index].predicted == stance);
            weighted_mean(gold, |index| y(index) * f(index)) - weighted_mean(gold, y) * weighted_mean(gold, f)
        })
        .sum();
    let variance: f64 = corpus.iter().map(|share| share * (1.0 - share)).sum();
    if variance > 0.0 {
        (covariance / variance).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn weighted_mean(gold: &[GoldStatement], value: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (index, statement) in gold.iter().enumerate() {
        sum += statement.weight * value(index);
        weights += statement.weight;
    }
    sum / weights
}

/// The variance that the draw alone gives a weighted mean whose residuals are `centred`.
fn design_variance(gold: &[GoldStatement], centred: impl Fn(usize) -> f64) -> f64 {
    let strata = gold
        .iter()
        .map(|statement| statement.stratum + 1)
        .max()
        .unwrap_or(0);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); strata];
    for (index, statement) in gold.iter().enumerate() {
        members[statement.stratum].push(index);
    }
    let weights: f64 = gold.iter().map(|statement| statement.weight).sum();
    let sum: f64 = members
        .iter()
        .filter(|members| !members.is_empty())
        .map(|members| {
            let drawn = members.len() as f64;
            let terms = members.iter().map(|&index| gold[index].weight * centred(index));
            let left_out = 1.0 - drawn / members.iter().map(|&index| gold[index].weight).sum::<f64>();
            if members.len() == 1 {
                // One statement shows no spread of its own stratum: its distance from the whole's mean
                // stands in for it, which is too much rather than too little.
                return left_out * terms.map(|term| term * term).sum::<f64>();
            }
            let mean = terms.clone().sum::<f64>() / drawn;
            let squares: f64 = terms.map(|term| (term - mean).powi(2)).sum();
            left_out * drawn / (drawn - 1.0) * squares
        })
        .sum();
    sum / (weights * weights)
}

fn indicator(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Reference {
        shares: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        corpus_predicted: Vec<usize>,
        gold_index: Vec<usize>,
        gold: Vec<usize>,
        strata: Option<Vec<usize>>,
        probabilities: Option<Vec<f64>>,
        expected: Expected,
    }

    #[derive(Deserialize)]
    struct Expected {
        lambda: f64,
        point: [f64; 4],
        low: Option<[f64; 4]>,
        high: Option<[f64; 4]>,
        standard_error: Option<[f64; 4]>,
    }

    fn counts(predicted: &[usize]) -> [u64; 4] {
        let mut counts = [0; 4];
        for &stance in predicted {
            counts[stance] += 1;
        }
        counts
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} instead of {expected}"
        );
    }

    /// Simple random samples as `ppi_py` has them, stratified ones as a survey estimator in NumPy and
    /// samplics (`scripts/reference_metrics.py`).
    #[test]
    fn shares_are_those_of_the_reference_implementations() {
        let reference: Reference =
            serde_json::from_str(include_str!("../../tests/data/reference/metrics.json")).unwrap();
        for case in reference.shares {
            let (n, corpus) = (case.gold.len(), case.corpus_predicted.len());
            let gold: Vec<GoldStatement> = (0..n)
                .map(|index| GoldStatement {
                    gold: Stance::ALL[case.gold[index]],
                    predicted: Stance::ALL[case.corpus_predicted[case.gold_index[index]]],
                    stratum: case.strata.as_ref().map_or(0, |strata| strata[index]),
                    weight: match &case.probabilities {
                        Some(probabilities) => 1.0 / probabilities[index],
                        None => corpus as f64 / n as f64,
                    },
                })
                .collect();
            let found = corrected(&counts(&case.corpus_predicted), &gold);
            let expected = case.expected;
            // ppi_py weighs the corpus without the sample, where lambda is smaller by the sample's share;
            // its variances divide by n or n - 1 in other places.
            let (share, exact) = match case.probabilities {
                Some(_) => (1.0, 1e-8),
                None => (1.0 - n as f64 / corpus as f64, 5e-4),
            };
            assert_close(found.lambda * share, expected.lambda, 10.0 * exact);
            for index in 0..4 {
                assert_close(found.shares[index].value, expected.point[index], exact);
                let interval = found.shares[index].interval.unwrap();
                if let (Some(low), Some(high)) = (expected.low, expected.high) {
                    assert_close(interval.low, low[index], 1e-3);
                    assert_close(interval.high, high[index], 1e-3);
                }
                if let Some(standard_error) = expected.standard_error {
                    assert_close(found.standard_errors[index], standard_error[index], 1e-8);
                }
            }
        }
    }

    #[test]
    fn perfect_predictions_need_no_correction_and_useless_ones_are_not_heeded() {
        let perfect: Vec<GoldStatement> = (0..40)
            .map(|index| GoldStatement {
                gold: Stance::ALL[index % 4],
                predicted: Stance::ALL[index % 4],
                stratum: 0,
                weight: 10.0,
            })
            .collect();
        let found = corrected(&[200, 100, 50, 50], &perfect);
        for (estimate, share) in found.shares.iter().zip([0.5, 0.25, 0.125, 0.125]) {
            assert_close(estimate.value, share, 1e-12);
        }
        let useless: Vec<GoldStatement> = perfect
            .iter()
            .map(|statement| GoldStatement {
                predicted: Stance::None,
                ..*statement
            })
            .collect();
        let found = corrected(&[200, 100, 50, 50], &useless);
        assert_eq!(found.lambda, 0.0);
        for estimate in found.shares {
            assert_close(estimate.value, 0.25, 1e-12);
        }
    }

    /// What the interval promises: over many corpora and samples, it holds the true share 95 times in
    /// 100, while the naive share is never right.
    #[test]
    fn intervals_cover_the_true_share_as_often_as_they_say() {
        let mut generator = ChaCha8Rng::seed_from_u64(11);
        let truth = [0.08, 0.17, 0.15, 0.60];
        let (corpus_size, sample_size, rounds) = (3000, 300, 400);
        let mut covered = [0; 4];
        for _ in 0..rounds {
            let corpus: Vec<(Stance, Stance)> = (0..corpus_size)
                .map(|_| {
                    let gold = draw(&mut generator, &truth);
                    // One statement in four is taken for another, most of those for `none`.
                    let predicted = match generator.random_range(0..8) {
                        0 => draw(&mut generator, &truth),
                        1 => Stance::None,
                        _ => gold,
                    };
                    (gold, predicted)
                })
                .collect();
            let predicted: Vec<usize> = corpus.iter().map(|(_, predicted)| predicted.index()).collect();
            // The corpus is in random order already.
            let gold: Vec<GoldStatement> = corpus[..sample_size]
                .iter()
                .map(|&(gold, predicted)| GoldStatement {
                    gold,
                    predicted,
                    stratum: 0,
                    weight: corpus_size as f64 / sample_size as f64,
                })
                .collect();
            let found = corrected(&counts(&predicted), &gold);
            for index in 0..4 {
                let interval = found.shares[index].interval.unwrap();
                covered[index] += i32::from(interval.low <= truth[index] && truth[index] <= interval.high);
            }
        }
        for covered in covered {
            let share = f64::from(covered) / f64::from(rounds);
            assert!((0.92..=0.98).contains(&share), "{share}");
        }
    }

    fn draw(generator: &mut ChaCha8Rng, shares: &[f64; 4]) -> Stance {
        let mut left: f64 = generator.random();
        for (stance, share) in Stance::ALL.into_iter().zip(shares) {
            left -= share;
            if left < 0.0 {
                return stance;
            }
        }
        Stance::None
    }
}
