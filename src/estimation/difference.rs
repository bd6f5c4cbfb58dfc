//! The estimator: predictions of the whole corpus, corrected by a random sample with gold labels.

use crate::evaluation::{Estimate, Interval};
use crate::stance::Stance;

/// A labelled statement of the sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoldStatement {
    pub gold: Stance,
    pub predicted: Stance,
    /// The place of its stratum among the sample's.
    pub stratum: usize,
    /// How many statements of the corpus it stands for.
    pub weight: f64,
}

/// A part of the corpus that was drawn from by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StratumSize {
    /// How many statements the corpus has in it.
    pub statements: f64,
    /// How many of them have a gold label.
    pub labelled: f64,
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

/// How many more errors than were seen the sample is taken to hold, for the variance, at the weight of
/// its heaviest statement.
///
/// A sample in which no error was seen is not free of them: without this, its variance is 0 and a rare
/// stance's interval a point. `docs/evaluation.md` has how often intervals then hold the truth.
pub const UNSEEN_ERRORS: f64 = 1.0;

impl StratumSize {
    /// The share of its statements that is not labelled: what is not known of it.
    fn unknown(&self) -> f64 {
        (1.0 - self.labelled / self.statements).clamp(0.0, 1.0)
    }
}

/// How many statements drawn with equal probabilities the sample is worth (Kish 1965): `(Σ w)² / Σ w²`.
pub fn effective_size(gold: &[GoldStatement]) -> f64 {
    let sum: f64 = gold.iter().map(|statement| statement.weight).sum();
    let squares: f64 = gold.iter().map(|statement| statement.weight.powi(2)).sum();
    sum * sum / squares
}

/// The shares of a corpus, or of a part of it, in which `predicted` counts each predicted stance, from
/// the labelled statements in it, `gold`. `strata` are those of the whole sample.
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
/// var    = (Σ over strata of (1 - n_h/N_h) n_h/(n_h - 1) Σ (z - mean z)² + max (1 - n_h/N_h) w²) / (Σ w)²
///          + share (1 - share) / N
/// ```
///
/// with `z` the sample's `w (Y - λ f)` less its weighted mean, and 0 outside the part (Särndal,
/// Swensson and Wretman 1992, ch. 10); `max` is over the part's statements, and the error of
/// [`UNSEEN_ERRORS`]. Weights that differ within a stratum are taken as drawn with replacement. One lambda
/// for all stances keeps the sum of their shares whole. The last term takes the corpus for a sample itself, as
/// prediction-powered inference does; for a simple random sample the estimate is that of PPI++.
///
/// Shares are not numbers where the corpus or the sample is empty, and have no interval where the
/// sample has one statement alone.
pub fn corrected(
    predicted: &[u64; Stance::COUNT],
    gold: &[GoldStatement],
    strata: &[StratumSize],
) -> Corrected {
    corrected_with(predicted, gold, strata, UNSEEN_ERRORS)
}

fn corrected_with(
    predicted: &[u64; Stance::COUNT],
    gold: &[GoldStatement],
    strata: &[StratumSize],
    unseen_errors: f64,
) -> Corrected {
    let sample = Sample { gold, strata };
    let n = predicted.iter().sum::<u64>() as f64;
    let corpus = predicted.map(|count| count as f64 / n);
    let lambda = sample.tuned_lambda(&corpus);
    let mut standard_errors = [f64::NAN; Stance::COUNT];
    let shares = Stance::ALL.map(|stance| {
        let residual = |statement: &GoldStatement| {
            indicator(statement.gold == stance) - lambda * indicator(statement.predicted == stance)
        };
        let correction = sample.mean(residual);
        let share = lambda * corpus[stance.index()] + correction;
        let centred = |statement: &GoldStatement| residual(statement) - correction;
        let variance = sample.variance(centred, unseen_errors) + (share * (1.0 - share)).max(0.0) / n;
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

/// The labelled statements in a part of the corpus, and the strata of all of them.
struct Sample<'a> {
    gold: &'a [GoldStatement],
    strata: &'a [StratumSize],
}

impl Sample<'_> {
    fn total_weight(&self) -> f64 {
        self.gold.iter().map(|statement| statement.weight).sum()
    }

    /// A weighted mean.
    fn mean(&self, value: impl Fn(&GoldStatement) -> f64) -> f64 {
        let values = self
            .gold
            .iter()
            .map(|statement| statement.weight * value(statement));
        values.sum::<f64>() / self.total_weight()
    }

    /// The lambda of the least variance summed over the stances.
    fn tuned_lambda(&self, corpus: &[f64; Stance::COUNT]) -> f64 {
        let covariance: f64 = Stance::ALL
            .into_iter()
            .map(|stance| {
                let y = |statement: &GoldStatement| indicator(statement.gold == stance);
                let f = |statement: &GoldStatement| indicator(statement.predicted == stance);
                self.mean(|statement| y(statement) * f(statement)) - self.mean(y) * self.mean(f)
            })
            .sum();
        let variance: f64 = corpus.iter().map(|share| share * (1.0 - share)).sum();
        if variance > 0.0 {
            (covariance / variance).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// The variance that the draw alone gives a weighted mean whose residuals are `centred`.
    fn variance(&self, centred: impl Fn(&GoldStatement) -> f64, unseen_errors: f64) -> f64 {
        let mut sums = vec![(0.0, 0.0); self.strata.len()];
        for statement in self.gold {
            let z = statement.weight * centred(statement);
            let (sum, squares) = &mut sums[statement.stratum];
            *sum += z;
            *squares += z * z;
        }
        let strata = self
            .strata
            .iter()
            .zip(sums)
            .filter(|(stratum, _)| stratum.labelled > 0.0);
        let sum: f64 = strata
            .map(|(stratum, (sum, squares))| {
                if stratum.labelled < 2.0 {
                    // One statement shows no spread of its own stratum: its distance from the whole's mean
                    // stands in for it, which is too much rather than too little.
                    return stratum.unknown() * squares;
                }
                let spread = squares - sum * sum / stratum.labelled;
                stratum.unknown() * stratum.labelled / (stratum.labelled - 1.0) * spread
            })
            .sum();
        let unseen = self
            .gold
            .iter()
            .map(|statement| self.strata[statement.stratum].unknown() * statement.weight.powi(2))
            .fold(0.0, f64::max);
        (sum + unseen_errors * unseen) / self.total_weight().powi(2)
    }
}

fn indicator(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
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

    /// How often each stance stands among these, given by their places in [`Stance::ALL`].
    pub(crate) fn counts(predicted: impl IntoIterator<Item = usize>) -> [u64; 4] {
        let mut counts = [0; 4];
        for stance in predicted {
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

    impl Case {
        fn gold(&self) -> Vec<GoldStatement> {
            (0..self.gold.len())
                .map(|index| GoldStatement {
                    gold: Stance::ALL[self.gold[index]],
                    predicted: Stance::ALL[self.corpus_predicted[self.gold_index[index]]],
                    stratum: self.strata.as_ref().map_or(0, |strata| strata[index]),
                    weight: match &self.probabilities {
                        Some(probabilities) => 1.0 / probabilities[index],
                        None => self.corpus_predicted.len() as f64 / self.gold.len() as f64,
                    },
                })
                .collect()
        }

        fn strata(&self, gold: &[GoldStatement]) -> Vec<StratumSize> {
            let count = 1 + gold.iter().map(|statement| statement.stratum).max().unwrap();
            let mut strata = vec![
                StratumSize {
                    statements: 0.0,
                    labelled: 0.0
                };
                count
            ];
            for statement in gold {
                strata[statement.stratum].statements += statement.weight;
                strata[statement.stratum].labelled += 1.0;
            }
            strata
        }
    }

    /// Simple random samples as `ppi_py` has them, stratified ones as a survey estimator in NumPy and
    /// samplics (`scripts/reference_metrics.py`). None of those reckons with unseen errors.
    #[test]
    fn shares_are_those_of_the_reference_implementations() {
        let reference: Reference =
            serde_json::from_str(include_str!("../../tests/data/reference/metrics.json")).unwrap();
        for case in reference.shares {
            let (n, corpus) = (case.gold.len(), case.corpus_predicted.len());
            let gold = case.gold();
            let predicted = counts(case.corpus_predicted.iter().copied());
            let found = corrected_with(&predicted, &gold, &case.strata(&gold), 0.0);
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
        let strata = [StratumSize {
            statements: 400.0,
            labelled: 40.0,
        }];
        let perfect: Vec<GoldStatement> = (0..40)
            .map(|index| GoldStatement {
                gold: Stance::ALL[index % 4],
                predicted: Stance::ALL[index % 4],
                stratum: 0,
                weight: 10.0,
            })
            .collect();
        let found = corrected(&[200, 100, 50, 50], &perfect, &strata);
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
        let found = corrected(&[200, 100, 50, 50], &useless, &strata);
        assert_eq!(found.lambda, 0.0);
        for estimate in found.shares {
            assert_close(estimate.value, 0.25, 1e-12);
        }
    }

    #[test]
    fn a_stance_that_the_sample_lacks_may_still_be_there() {
        let strata = [StratumSize {
            statements: 10_000.0,
            labelled: 50.0,
        }];
        let gold = [GoldStatement {
            gold: Stance::None,
            predicted: Stance::None,
            stratum: 0,
            weight: 200.0,
        }; 50];
        let found = corrected(&[200, 0, 0, 9800], &gold, &strata);
        let interval = found.shares[0].interval.unwrap();
        assert!(interval.low == 0.0 && interval.high > 0.03, "{interval:?}");
    }

    #[test]
    fn statements_drawn_unequally_are_worth_fewer() {
        let gold = |weights: &[(f64, usize)]| -> Vec<GoldStatement> {
            let statement = |weight| GoldStatement {
                gold: Stance::None,
                predicted: Stance::None,
                stratum: 0,
                weight,
            };
            weights
                .iter()
                .flat_map(|&(weight, count)| vec![statement(weight); count])
                .collect()
        };
        assert_close(effective_size(&gold(&[(10.0, 100)])), 100.0, 1e-9);
        assert_close(effective_size(&gold(&[(18.0, 50), (2.0, 50)])), 60.98, 0.01);
    }

    #[test]
    fn what_is_all_labelled_is_known_and_other_strata_do_not_blur_it() {
        let strata = [(200.0, 200.0), (9000.0, 100.0)]
            .map(|(statements, labelled)| StratumSize { statements, labelled });
        let gold: Vec<GoldStatement> = (0..200)
            .map(|index| GoldStatement {
                gold: Stance::ALL[index % 4],
                predicted: Stance::None,
                stratum: 0,
                weight: 1.0,
            })
            .collect();
        let found = corrected(&[0, 0, 0, 200], &gold, &strata);
        for (estimate, error) in found.shares.iter().zip(found.standard_errors) {
            assert_close(estimate.value, 0.25, 1e-12);
            // Only the corpus as a sample of what could have been written is left.
            assert_close(error, (0.25 * 0.75 / 200.0f64).sqrt(), 1e-12);
        }
    }
}
