//! Every metric beside what scikit-learn, statsmodels and krippendorff give on random cases
//! (`scripts/reference_metrics.py`).

use serde::Deserialize;

use super::*;
use crate::stance::Probabilities;

#[derive(Deserialize)]
struct Reference {
    classification: Vec<Classification>,
    selective: Vec<Selective>,
    wilson: Vec<Wilson>,
    mcnemar: Vec<McNemarCase>,
    agreement: Vec<AgreementCase>,
    bootstrap: BootstrapCase,
}

#[derive(Deserialize)]
struct Classification {
    name: String,
    gold: Vec<usize>,
    predicted: Vec<usize>,
    weights: Option<Vec<f64>>,
    probabilities: Option<Vec<[f32; 4]>>,
    expected: ExpectedScores,
}

#[derive(Deserialize)]
struct ExpectedScores {
    accuracy: f64,
    balanced_accuracy: f64,
    macro_f1: f64,
    weighted_f1: f64,
    mcc: f64,
    precision: [f64; 4],
    recall: [f64; 4],
    f1: [f64; 4],
    support: [f64; 4],
    log_loss: Option<f64>,
    brier: Option<f64>,
    ece: Option<f64>,
}

#[derive(Deserialize)]
struct Selective {
    confidence: Vec<f32>,
    right: Vec<u8>,
    expected: ExpectedCurve,
}

#[derive(Deserialize)]
struct ExpectedCurve {
    aurc: f64,
    curve: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct Wilson {
    successes: f64,
    trials: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct McNemarCase {
    b: u64,
    c: u64,
    p: f64,
}

#[derive(Deserialize)]
struct AgreementCase {
    ratings: Vec<Vec<Option<usize>>>,
    expected: ExpectedAgreement,
}

#[derive(Deserialize)]
struct ExpectedAgreement {
    cohen: Vec<(usize, usize, f64)>,
    fleiss: Option<f64>,
    krippendorff: f64,
}

#[derive(Deserialize)]
struct BootstrapCase {
    gold: Vec<usize>,
    predicted: Vec<usize>,
    clusters: Vec<usize>,
    expected: ExpectedIntervals,
}

#[derive(Deserialize)]
struct ExpectedIntervals {
    accuracy: [f64; 2],
    macro_f1: [f64; 2],
    clustered_accuracy: [f64; 2],
    clustered_macro_f1: [f64; 2],
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/data/reference/metrics.json")).unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} instead of {expected}"
    );
}

impl Classification {
    fn outcomes(&self) -> Vec<Outcome> {
        (0..self.gold.len())
            .map(|index| Outcome {
                gold: Stance::ALL[self.gold[index]],
                guess: Guess {
                    stance: Stance::ALL[self.predicted[index]],
                    probabilities: self
                        .probabilities
                        .as_ref()
                        .map(|probabilities| Probabilities::new(probabilities[index]).unwrap()),
                },
                weight: self.weights.as_ref().map_or(1.0, |weights| weights[index]),
            })
            .collect()
    }
}

#[test]
fn scores_are_those_of_scikit_learn() {
    for case in reference().classification {
        let scores = Scores::of(&case.outcomes());
        let expected = &case.expected;
        for (figure, expected, tolerance) in [
            (Figure::Accuracy, Some(expected.accuracy), 1e-9),
            (Figure::BalancedAccuracy, Some(expected.balanced_accuracy), 1e-9),
            (Figure::MacroF1, Some(expected.macro_f1), 1e-9),
            (Figure::WeightedF1, Some(expected.weighted_f1), 1e-9),
            (Figure::Mcc, Some(expected.mcc), 1e-9),
            // Probabilities are float32 here.
            (Figure::LogLoss, expected.log_loss, 1e-6),
            (Figure::Brier, expected.brier, 1e-6),
            (Figure::CalibrationError, expected.ece, 1e-6),
        ] {
            let found = match figure {
                // A report calls it undefined where scikit-learn says 0.
                Figure::Mcc => Some(scores.matrix.mcc()),
                _ => scores.figure(figure),
            };
            assert_eq!(found.is_some(), expected.is_some(), "{}", case.name);
            if let (Some(found), Some(expected)) = (found, expected) {
                assert_close(
                    found,
                    expected,
                    tolerance,
                    &format!("{} of {}", figure.name(), case.name),
                );
            }
        }
        for stance in Stance::ALL {
            let found = scores.matrix.scores(stance);
            let index = stance.index();
            for (found, expected) in [
                (found.precision, expected.precision),
                (found.recall, expected.recall),
                (found.f1, expected.f1),
                (found.support, expected.support),
            ] {
                assert_close(found, expected[index], 1e-9, &case.name);
            }
        }
    }
}

#[test]
fn risk_coverage_curves_are_those_of_numpy() {
    for case in reference().selective {
        let outcomes: Vec<Outcome> = case
            .confidence
            .iter()
            .zip(&case.right)
            .map(|(&confidence, &right)| Outcome {
                gold: if right == 1 {
                    Stance::None
                } else {
                    Stance::Cooperative
                },
                guess: Guess {
                    stance: Stance::None,
                    probabilities: Probabilities::new([1.0 - confidence, 0.0, 0.0, confidence]).ok(),
                },
                weight: 1.0,
            })
            .collect();
        let found = RiskCoverage::of(&outcomes).unwrap();
        assert_close(found.area, case.expected.aurc, 1e-9, "area");
        assert_eq!(found.points.len(), case.expected.curve.len());
        for (point, [threshold, coverage, risk]) in found.points.iter().zip(case.expected.curve) {
            assert_close(point.threshold, threshold, 1e-6, "threshold");
            assert_close(point.coverage, coverage, 1e-9, "coverage");
            assert_close(point.risk, risk, 1e-9, "risk");
        }
    }
}

#[test]
fn intervals_of_shares_and_mcnemars_test_are_those_of_statsmodels() {
    for case in reference().wilson {
        let found = Interval::wilson(case.successes / case.trials, case.trials);
        assert_close(found.low, case.low, 1e-9, "low");
        assert_close(found.high, case.high, 1e-9, "high");
    }
    for McNemarCase { b, c, p } in reference().mcnemar {
        let found = McNemar {
            a_alone: b,
            b_alone: c,
        };
        assert_close(found.p_value(), p, 1e-9, &format!("{b} against {c}"));
    }
}

#[test]
fn agreement_is_that_of_scikit_learn_statsmodels_and_krippendorff() {
    let bootstrap = Bootstrap::new(20, 0).unwrap();
    for case in reference().agreement {
        let items = agreement::tests::items(&case.ratings);
        let found = Agreement::of(&items, &bootstrap, 0);
        assert_close(found.alpha.value, case.expected.krippendorff, 1e-9, "alpha");
        assert_eq!(found.cohen.len(), case.expected.cohen.len());
        for (pair, (one, other, kappa)) in found.cohen.iter().zip(case.expected.cohen) {
            assert_eq!(pair.coders, [one, other]);
            assert_close(pair.kappa.value, kappa, 1e-9, "Cohen's kappa");
        }
        if let Some(fleiss) = case.expected.fleiss {
            assert_close(found.fleiss.value, fleiss, 1e-9, "Fleiss' kappa");
        }
    }
}

#[test]
fn bootstrap_intervals_are_those_of_scipy_and_numpy() {
    let BootstrapCase {
        gold,
        predicted,
        clusters,
        expected,
    } = reference().bootstrap;
    let statements = tests::statements(&gold.iter().map(|&gold| Stance::ALL[gold]).collect::<Vec<_>>());
    let predicted: Vec<Stance> = predicted.iter().map(|&stance| Stance::ALL[stance]).collect();
    let outcomes: Vec<Outcome> = tests::cases(&statements, &predicted)
        .iter()
        .map(Case::outcome)
        .collect();
    let bootstrap = Bootstrap::new(20_000, 3).unwrap();
    let by_cluster = Clusters::by(clusters.into_iter().map(Some));
    for (clusters, accuracy, macro_f1) in [
        (Clusters::single(gold.len()), expected.accuracy, expected.macro_f1),
        (
            by_cluster,
            expected.clustered_accuracy,
            expected.clustered_macro_f1,
        ),
    ] {
        let headline = Headline::of(&outcomes, &clusters, &bootstrap);
        for (figure, [low, high]) in [(Figure::Accuracy, accuracy), (Figure::MacroF1, macro_f1)] {
            let found = headline.figure(figure).unwrap().interval.unwrap();
            // Two runs of 20,000 resamples differ by a few thousandths.
            assert_close(found.low, low, 0.008, figure.name());
            assert_close(found.high, high, 0.008, figure.name());
        }
    }
}
