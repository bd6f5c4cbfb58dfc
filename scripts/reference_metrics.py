#!/usr/bin/env python3
"""Random cases and the values that established libraries give for them, as one JSON document on stdout.

Our own implementations of these metrics are tested against the numbers. To make them again:

    pip install -r scripts/requirements-metrics.txt
    scripts/reference_metrics.py > tests/data/reference/metrics.json

The four classes are coded 0 = pro_intervention, 1 = anti_intervention, 2 = cooperative, 3 = none. Inputs are
rounded before anything is computed from them, so the file holds exactly what the libraries saw. Results are
rounded to ten significant digits, and what is smaller than 1e-15 (rounding noise) is written as 0.
"""

import itertools
import json
import sys
import warnings
from importlib.metadata import version

import krippendorff
import numpy as np
import pandas as pd
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from ppi_py.ppi import _calc_lam_glm
from samplics import TaylorEstimator
from samplics.utils.types import PopParam
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

SEED = 20250917
CLASSES = [0, 1, 2, 3]
PACKAGES = "numpy scipy pandas scikit-learn statsmodels krippendorff ppi-python samplics".split()
EXPECTED_WARNINGS = [
    "y_pred contains classes not in y_true",
    "A single label was found",
    # Those that are rounded or clipped.
    "The y_prob values do not sum to one",
]
SMALLEST_PROBABILITY = 1e-6
RESAMPLES = 20000

# How a classifier that is right about three times in four errs: one row per true class.
CONFUSION = np.array(
    [[0.70, 0.05, 0.15, 0.10], [0.03, 0.80, 0.07, 0.10], [0.12, 0.04, 0.60, 0.24], [0.02, 0.03, 0.10, 0.85]]
)


def one_hot(labels):
    return np.eye(len(CLASSES))[labels]


def classify(rng, gold):
    """Predictions for the gold labels, with the errors of CONFUSION."""
    return np.array([rng.choice(CLASSES, p=CONFUSION[label]) for label in gold])


def tidy(value):
    """The same nested value in plain Python types, its floats rounded."""
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return tidy(value.tolist())
    if isinstance(value, (list, tuple)):
        return [tidy(item) for item in value]
    if isinstance(value, float):
        return 0.0 if abs(value) < 1e-15 else float(format(value, ".10g"))
    return value


def calibration_error(gold, predicted, weights, probabilities):
    """Expected calibration error of the top label's probability, in ten bins of equal width."""
    confidence = probabilities.max(axis=1)
    table = pd.DataFrame({"bin": np.minimum(np.floor(10 * confidence), 9), "weight": weights})
    table["confidence"] = weights * confidence
    table["right"] = weights * (gold == predicted)
    sums = table.groupby("bin").sum()
    return (sums["right"] - sums["confidence"]).abs().sum() / sums["weight"].sum()


def probability_scores(gold, predicted, weights, probabilities):
    """Scores of the probabilities: scikit-learn's, each checked against its definition."""
    everyone = np.ones(len(gold)) if weights is None else weights
    clipped = np.maximum(probabilities, SMALLEST_PROBABILITY)
    log_loss = metrics.log_loss(gold, clipped, labels=CLASSES, sample_weight=weights)
    brier = metrics.brier_score_loss(
        gold, probabilities, labels=CLASSES, scale_by_half=False, sample_weight=weights
    )
    surprise = -np.log(clipped[np.arange(len(gold)), gold])
    distance = ((probabilities - one_hot(gold)) ** 2).sum(axis=1)
    np.testing.assert_allclose(log_loss, np.average(surprise, weights=everyone), rtol=1e-12)
    np.testing.assert_allclose(brier, np.average(distance, weights=everyone), rtol=1e-12)
    ece = calibration_error(gold, predicted, everyone, probabilities)
    return {"log_loss": log_loss, "brier": brier, "ece": ece}


def classification_case(name, gold, predicted, weights=None, probabilities=None):
    gold, predicted = np.asarray(gold), np.asarray(predicted)
    options = {"zero_division": 0, "sample_weight": weights}
    per_class = metrics.precision_recall_fscore_support(gold, predicted, labels=CLASSES, **options)
    expected = {
        "accuracy": metrics.accuracy_score(gold, predicted, sample_weight=weights),
        "balanced_accuracy": metrics.balanced_accuracy_score(gold, predicted, sample_weight=weights),
        "macro_f1": metrics.f1_score(gold, predicted, average="macro", **options),
        "weighted_f1": metrics.f1_score(gold, predicted, average="weighted", **options),
        "mcc": metrics.matthews_corrcoef(gold, predicted, sample_weight=weights),
        **dict(zip(["precision", "recall", "f1", "support"], per_class, strict=True)),
    }
    if probabilities is not None:
        expected |= probability_scores(gold, predicted, weights, probabilities)
    case = {"name": name, "gold": gold, "predicted": predicted, "weights": weights}
    return case | {"probabilities": probabilities, "expected": expected}


def classification(rng):
    def draw(size, shares):
        return rng.choice(CLASSES, size=size, p=shares)

    def draw_weights(size):
        return rng.uniform(0.2, 3, size).round(3)

    def draw_probabilities(gold):
        return np.array([rng.dirichlet(row) for row in 0.5 + 1.2 * one_hot(gold)])

    def with_probabilities(name, gold, probabilities, weights=None):
        probabilities = probabilities.round(6)
        return classification_case(name, gold, probabilities.argmax(axis=1), weights, probabilities)

    mixed, mostly_none = [0.2, 0.2, 0.25, 0.35], [0.1, 0.06, 0.14, 0.7]
    balanced = rng.permutation(np.repeat(CLASSES, 15))
    imbalanced, perfect, wrong = draw(120, mostly_none), draw(20, mixed), draw(15, mixed)
    no_anti, no_pro = draw(40, [0.4, 0, 0.3, 0.3]), draw(40, [0, 0.3, 0.3, 0.4])
    weighted, probable, both = draw(80, mixed), draw(100, mixed), draw(90, mostly_none)
    cases = [
        classification_case("balanced", balanced, classify(rng, balanced)),
        classification_case("imbalanced", imbalanced, classify(rng, imbalanced)),
        classification_case("perfect", perfect, perfect),
        classification_case("all wrong", wrong, (wrong + rng.integers(1, 4, len(wrong))) % 4),
        classification_case("class missing in gold", no_anti, draw(40, mixed)),
        classification_case("class missing in gold and predictions", no_pro, draw(40, [0, 0.2, 0.3, 0.5])),
        classification_case("one class", [3] * 5, [3] * 5),
        classification_case("single statement", [2], [2]),
        classification_case("single statement, wrong", [0], [1]),
        classification_case("weighted", weighted, classify(rng, weighted), draw_weights(80)),
        with_probabilities("probabilities", probable, draw_probabilities(probable)),
        with_probabilities("weighted, probabilities", both, draw_probabilities(both), draw_weights(90)),
    ]
    gold = draw(30, mixed)
    probabilities = draw_probabilities(gold)
    probabilities[np.arange(0, 30, 3), gold[::3]] = 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    probabilities[1], probabilities[3] = one_hot(gold[1]), one_hot((gold[3] + 1) % 4)
    cases.append(with_probabilities("gold probability zero", gold, probabilities))
    return cases


def selective_case(confidence, right):
    table = pd.DataFrame({"confidence": confidence, "n": 1, "wrong": 1 - np.asarray(right)})
    sums = table.groupby("confidence").sum().sort_index(ascending=False).cumsum()
    coverage, risk = sums["n"] / len(table), sums["wrong"] / sums["n"]
    curve = [list(point) for point in zip(sums.index, coverage, risk, strict=True)]
    aurc = table["confidence"].map(risk).mean()
    return {"confidence": confidence, "right": right, "expected": {"aurc": aurc, "curve": curve}}


def selective(rng):
    cases = []
    for size, digits in [(60, 2), (40, 1), (25, 6)]:
        confidence = rng.uniform(0.3, 1, size).round(digits)
        cases.append(selective_case(confidence, (rng.random(size) < confidence).astype(int)))
    cases.append(selective_case([0.8] * 6, [1, 0, 1, 1, 0, 1]))
    cases.append(selective_case([0.9, 0.5, 0.7, 0.5], [1, 1, 1, 1]))
    cases.append(selective_case([0.9, 0.5, 0.7, 0.5], [0, 0, 0, 0]))
    cases.append(selective_case([0.6], [0]))
    return cases


def wilson():
    counts = [(0, 1), (1, 1), (0, 12), (12, 12), (1, 10), (17, 60), (119, 120), (300, 1000), (4999, 5000)]
    cases = []
    for successes, trials in counts:
        low, high = proportion_confint(successes, trials, alpha=0.05, method="wilson")
        cases.append({"successes": successes, "trials": trials, "low": low, "high": high})
    return cases


def mcnemar_tests():
    counts = [(0, 0), (0, 1), (0, 7), (20, 0), (5, 5), (3, 10), (12, 4), (1, 30), (25, 40), (400, 350)]
    return [{"b": b, "c": c, "p": mcnemar([[10, b], [c, 10]], exact=True).pvalue} for b, c in counts]


def agreement_case(ratings):
    """Ratings: one row per item, one column per coder, NaN where the coder did not rate the item."""
    rated = ~np.isnan(ratings)
    cohen = []
    for one, other in itertools.combinations(range(ratings.shape[1]), 2):
        pair = ratings[rated[:, one] & rated[:, other]][:, [one, other]].astype(int)
        cohen.append([one, other, metrics.cohen_kappa_score(pair[:, 0], pair[:, 1])])
    complete = ratings[rated.all(axis=1)].astype(int)
    fleiss = fleiss_kappa(aggregate_raters(complete)[0]) if len(complete) >= 2 else None
    alpha = krippendorff.alpha(reliability_data=ratings.T, level_of_measurement="nominal")
    items = [[None if np.isnan(label) else int(label) for label in row] for row in ratings]
    return {"ratings": items, "expected": {"cohen": cohen, "fleiss": fleiss, "krippendorff": alpha}}


def agreement(rng):
    designs = [
        # items, coders, chance that a coder finds the right label, chance that a rating is missing
        (40, 2, 0.9, 0.0),
        (30, 2, 0.3, 0.0),
        (60, 2, 0.8, 0.2),
        (50, 3, 0.9, 0.0),
        (60, 3, 0.4, 0.25),
        (60, 5, 0.85, 0.1),
        (20, 5, 0.3, 0.0),
        (60, 5, 0.7, 0.68),
        (25, 3, 1.0, 0.0),
    ]
    cases = []
    for items, coders, skill, missing in designs:
        truth = rng.choice(CLASSES, size=(items, 1), p=[0.15, 0.15, 0.3, 0.4])
        guess = rng.choice(CLASSES, size=(items, coders))
        ratings = np.where(rng.random((items, coders)) < skill, truth, guess).astype(float)
        ratings[rng.random((items, coders)) < missing] = np.nan
        cases.append(agreement_case(ratings))
    # One design is to leave too few items that every coder rated.
    assert any(case["expected"]["fleiss"] is None for case in cases)
    return cases


def confusion_scores(confusions):
    """Accuracy and macro F1 of many confusion matrices (gold in rows), as scikit-learn defines them."""
    right = np.diagonal(confusions, axis1=1, axis2=2)
    either = confusions.sum(axis=1) + confusions.sum(axis=2)
    f1 = 2 * right / np.maximum(either, 1)
    return {
        "accuracy": right.sum(axis=1) / confusions.sum(axis=(1, 2)),
        "macro_f1": f1.sum(axis=1) / (either > 0).sum(axis=1),
    }


def bootstrap_intervals(rng, gold, predicted, groups):
    """Percentile intervals when whole groups are drawn with replacement."""
    codes, labels = pd.factorize(groups)
    confusions = np.zeros((len(labels), 4, 4), dtype=int)
    np.add.at(confusions, (codes, gold, predicted), 1)
    drawn = rng.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=RESAMPLES)
    scores = confusion_scores((drawn @ confusions.reshape(-1, 16)).reshape(-1, 4, 4))
    for resample in range(5):
        index = np.repeat(np.arange(len(gold)), drawn[resample, codes])
        macro_f1 = metrics.f1_score(gold[index], predicted[index], average="macro", zero_division=0)
        np.testing.assert_allclose(scores["macro_f1"][resample], macro_f1, rtol=1e-12)
    return {name: np.percentile(values, [2.5, 97.5]) for name, values in scores.items()}


def bootstrap(rng):
    size, count = 150, 30
    cluster_shares = rng.dirichlet(np.full(count, 1.5))
    clusters = np.concatenate([np.arange(count), rng.choice(count, size=size - count, p=cluster_shares)])
    clusters = rng.permutation(clusters)
    # A label mix of its own in each cluster makes the clustered intervals differ.
    mixes = rng.dirichlet([0.6, 0.5, 0.8, 1.1], size=count)
    gold = np.array([rng.choice(CLASSES, p=mixes[cluster]) for cluster in clusters])
    predicted = classify(rng, gold)
    plain = bootstrap_intervals(rng, gold, predicted, np.arange(size))
    clustered = bootstrap_intervals(rng, gold, predicted, clusters)
    check = stats.bootstrap(
        (gold == predicted,), np.mean, n_resamples=RESAMPLES, batch=1000, method="percentile", rng=rng
    ).confidence_interval
    # Resampled accuracies lie on a grid with steps of 1 / 150.
    np.testing.assert_allclose(plain["accuracy"], [check.low, check.high], atol=1.01 / size)
    expected = plain | {"clustered_" + name: interval for name, interval in clustered.items()}
    return {"gold": gold, "predicted": predicted, "clusters": clusters, "expected": expected}


def simple_sample_case(rng, population, size, shares):
    """Prediction-powered shares (PPI++) from a simple random sample."""
    truth = rng.choice(CLASSES, size=population, p=shares)
    predicted = classify(rng, truth)
    index = np.sort(rng.choice(population, size=size, replace=False))
    y, f, rest = one_hot(truth[index]), one_hot(predicted[index]), one_hot(np.delete(predicted, index))
    point = ppi_mean_pointestimate(y, f, rest, lam=None, coord=None)
    low, high = ppi_mean_ci(y, f, rest, alpha=0.05, alternative="two-sided", lam=None, coord=None)
    tuned = float(_calc_lam_glm(y, f, rest, np.eye(4), coord=None, clip=True))
    np.testing.assert_allclose(point, ppi_mean_pointestimate(y, f, rest, lam=tuned), rtol=1e-12)
    np.testing.assert_allclose(low, ppi_mean_ci(y, f, rest, alpha=0.05, lam=tuned)[0], rtol=1e-12)
    return {
        "corpus_predicted": predicted,
        "gold_index": index,
        "gold": truth[index],
        "strata": None,
        "probabilities": None,
        "expected": {"lambda": tuned, "point": point, "low": low, "high": high},
    }


def difference_estimate(y, f, corpus, strata, probabilities):
    """Hajek difference estimator of the corpus's shares under stratified sampling.

    The samplics package checks the part of the standard error that comes from the sampling.
    """
    w, population = 1 / probabilities, len(corpus)
    covariance = np.average((y - np.average(y, axis=0, weights=w)) * f, axis=0, weights=w)
    tuned = float(np.clip(covariance.sum() / corpus.var(axis=0).sum(), 0, 1))
    e = y - tuned * f
    correction = np.average(e, axis=0, weights=w)
    point = tuned * corpus.mean(axis=0) + correction
    variance = np.zeros(len(CLASSES))
    unsampled = {}
    for stratum in np.unique(strata):
        here = strata == stratum
        size = here.sum()
        unsampled[stratum] = float(1 - probabilities[here][0])
        wu = w[here, None] * (e[here] - correction)
        variance += unsampled[stratum] * size / (size - 1) * ((wu - wu.mean(axis=0)) ** 2).sum(axis=0)
    variance /= w.sum() ** 2
    for label in CLASSES:
        survey = TaylorEstimator(PopParam.mean)
        survey.estimate(y=e[:, label], samp_weight=w, stratum=strata, fpc=unsampled)
        np.testing.assert_allclose(survey.point_est, correction[label], rtol=1e-9)
        np.testing.assert_allclose(survey.stderror, np.sqrt(variance[label]), rtol=1e-9)
    standard_error = np.sqrt(variance + point * (1 - point) / population)
    return {"lambda": tuned, "point": point, "standard_error": standard_error}


def stratified_case(rng, designs):
    """Designs: for each stratum its size in the corpus, how many statements are sampled, its label mix."""
    sizes = [size for size, _, _ in designs]
    corpus_strata = rng.permutation(np.repeat(np.arange(len(designs)), sizes))
    truth = np.array([rng.choice(CLASSES, p=designs[stratum][2]) for stratum in corpus_strata])
    predicted = classify(rng, truth)
    chosen = [
        rng.choice(np.flatnonzero(corpus_strata == stratum), size=sampled, replace=False)
        for stratum, (_, sampled, _) in enumerate(designs)
    ]
    index = np.sort(np.concatenate(chosen))
    strata = corpus_strata[index]
    probabilities = np.array(tidy([designs[stratum][1] / designs[stratum][0] for stratum in strata]))
    y, f = one_hot(truth[index]), one_hot(predicted[index])
    return {
        "corpus_predicted": predicted,
        "gold_index": index,
        "gold": truth[index],
        "strata": strata,
        "probabilities": probabilities,
        "expected": difference_estimate(y, f, one_hot(predicted), strata, probabilities),
    }


def shares(rng):
    three = [
        (1400, 90, [0.05, 0.05, 0.2, 0.7]),
        (440, 80, [0.3, 0.1, 0.4, 0.2]),
        (160, 75, [0.2, 0.6, 0.1, 0.1]),
    ]
    four = [
        (1250, 120, [0.1, 0.1, 0.2, 0.6]),
        (560, 100, [0.4, 0.1, 0.2, 0.3]),
        (230, 70, [0.1, 0.5, 0.3, 0.1]),
        (60, 40, [0.15, 0.15, 0.65, 0.05]),
    ]
    return [
        simple_sample_case(rng, 2000, 200, [0.18, 0.12, 0.25, 0.45]),
        simple_sample_case(rng, 1900, 400, [0.08, 0.07, 0.15, 0.7]),
        stratified_case(rng, three),
        stratified_case(rng, four),
    ]


def write_json(sections, stream):
    """Write the document with one case a line."""

    def compact(value):
        return json.dumps(value, separators=(",", ":"), allow_nan=False)

    blocks = []
    for name, content in sections.items():
        text = compact(content)
        if isinstance(content, list):
            text = "[\n" + ",\n".join(compact(case) for case in content) + "\n]"
        blocks.append(compact(name) + ":" + text)
    stream.write("{\n" + ",\n".join(blocks) + "\n}\n")


def main():
    # ppi_py silences every warning when it is imported; here an unexpected one is an error.
    warnings.resetwarnings()
    warnings.simplefilter("error")
    for message in EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    rngs = [np.random.default_rng([SEED, section]) for section in range(5)]
    sections = {
        "made_with": {package: version(package) for package in PACKAGES},
        "classification": classification(rngs[0]),
        "selective": selective(rngs[1]),
        "wilson": wilson(),
        "mcnemar": mcnemar_tests(),
        "agreement": agreement(rngs[2]),
        "bootstrap": bootstrap(rngs[3]),
        "shares": shares(rngs[4]),
    }
    write_json(tidy(sections), sys.stdout)


if __name__ == "__main__":
    main()
